/* SPDX-License-Identifier: MIT */
#ifndef WEFT_POSIX_SPAWN_H
#define WEFT_POSIX_SPAWN_H

/* Starting programs: what the files process*.c, guard.c and spawn*.c share, and what systems
 * do differently. */

#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "weft/process.h"

/* Where a child of weft_seam_process_start() finds what it inherits, and behind that what
 * is handed over; and a guard. */
enum {
    WEFT__CHILD_ARENA = 3,
    WEFT__CHILD_LIFE = 4,
    WEFT__CHILD_HEIRS = 5,
    WEFT__GUARD_TABLE = 3,
    WEFT__GUARD_LIFE = 4,
    WEFT__HEIRS_MOST = 16,
    WEFT__SPAWN_MOST = WEFT__CHILD_HEIRS + WEFT__HEIRS_MOST
};

/* ---- spawn.c ------------------------------------------------------------------------ */

/* Instead of a descriptor: the child has the one of the same number, or /dev/null. */
enum { WEFT__SAME = -1, WEFT__NULL = -2 };

/* A child that is to be. It begins with no signal blocked, and with SIGPIPE as programs
 * expect it. */
struct weft__spawn {
    const char *path;               /* without a '/': it is looked up in PATH */
    const char *const *arguments;   /* the last one NULL */
    const char *const *environment; /* likewise; NULL: ours */
    const char *folder;             /* NULL: ours */
    bool group;                     /* leads one of its own */
    bool deaf;                      /* it begins with all signals blocked instead */
    bool ours;                      /* it closes what it should not have by itself */
    int count;                      /* it has descriptors 0 to count - 1: */
    int sources[WEFT__SPAWN_MOST];  /* copies of these, all of them out of the way or below 3 */
};

/* 0, or an error of the system. */
int weft__spawn(const struct weft__spawn *spawn, pid_t *pid);

/* Moves a descriptor out of the numbers that children use; closed at exec. On failure
 * the old one is closed too, and it is -1. */
int weft__out_of_the_way(int *descriptor);

/* pipe(2), both ends out of the way and closed at exec. */
int weft__pipe_pair(int ends[2]);

/* argv of an exec is not const, but exec does not change it. */
char **weft__writable(const char *const *texts);

/* ---- what systems do differently ----------------------------------------------------- */

/* spawn_*.c: weft__spawn() of a child with a folder of its own. */
int weft__spawn_in_folder(const struct weft__spawn *spawn, pid_t *pid);

/* spawn.c: the same without looking at the folder; `prepare` may add to the actions. */
int weft__spawn_with(const struct weft__spawn *spawn, pid_t *pid,
                     int (*prepare)(posix_spawn_file_actions_t *actions, const char *folder));

/* inherit_*.c: the child gets what is in spawn->sources and nothing else. Called last. */
int weft__inherit(const struct weft__spawn *spawn, posix_spawn_file_actions_t *actions,
                  posix_spawnattr_t *attributes);

/* The same from inside the child, for systems where the above cannot see to it. */
void weft__close_from(int first);

/* watch_thread.c: this process ends, by a thread, when its parent has ended; the life line
 * tells the thread when to look. */
int weft__watch_by_thread(int life);

/* program_*.c: the path of this program, as posix_spawn takes it. NULL: unknown. */
const char *weft__program_path(void);

/* Called with main's argv[0] before anything changes the working folder. */
void weft__program_begin(const char *name);

/* program_argv.c: where a shell would find a program; 0, or an error of the system. */
enum { WEFT__PATH_SIZE = 4096 };
int weft__program_find(const char *name, char path[WEFT__PATH_SIZE]);

/* watch_*.c: this process ends, at once, when nobody holds the other end of the life line
 * any more; and whether its parent has to keep the end that it gave away, too. */
int weft__watch_parent(int life);
extern const bool weft__parent_keeps_both_ends;

/* watch_thread.c: the same by a thread that reads; works everywhere. */
int weft__watch_by_thread(int life);

/* ---- process.c ----------------------------------------------------------------------------- */

/* A child that has ended, or is about to, is collected. */
void weft__child_collect(pid_t pid);

/* ---- process_begin.c -------------------------------------------------------------------- */

/* main's argv[0]; NULL: weft_main() was not called. */
const char *weft__program_name(void);

/* argv[1] of a guard, and what a child's begins with: in hex the arena's size, a comma, and
 * how much is handed over. */
#define WEFT__GUARD_MARK "--weft-guard"
#define WEFT__CHILD_MARK "--weft-child="

/* ---- process_stream.c ----------------------------------------------------------------- */

/* The child's standard streams; `ends` receive ours of the pipes. What was opened for it is
 * in sources[0..2] until weft__streams_close(). On failure everything is closed. */
int weft__streams_open(const weft_process_options *options, int sources[3], uintptr_t ends[3]);
void weft__streams_close(int sources[3]);

/* ---- process_heir.c --------------------------------------------------------------------- */

/* Copies of what is handed over, out of the way, until weft__heirs_close(). On failure there
 * are none. */
int weft__heirs_open(const weft_process_options *options, int *copies);
void weft__heirs_close(const weft_process_options *options, const int *copies);

/* The environment of another program whose heirs have numbers from 3 on. NULL: it is ours,
 * unchanged. To be freed by weft_free(). */
int weft__heirs_environment(const weft_process_options *options, const char ***environment);

/* In a child: it has so many of them. */
void weft__heirs_inherited(size_t count);

/* ---- guard.c ----------------------------------------------------------------------------- */

/* There is a guard from now on, if there can be one. */
void weft__guard_begin(void);

/* It kills the program, or all of its group, when this process is no more; until it is told
 * to forget that. UINTPTR_MAX: nobody guards it. */
uintptr_t weft__guard_add(pid_t pid, bool group);
void weft__guard_forget(uintptr_t place);

/* What a guard does, in main(): does not return. */
void weft__guard_be(void);

#endif
