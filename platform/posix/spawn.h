/* SPDX-License-Identifier: MIT */
#ifndef WEFT_POSIX_SPAWN_H
#define WEFT_POSIX_SPAWN_H

/* What process.c needs, and systems do differently. */

#include <spawn.h>
#include <stddef.h>

/* Where a child of weft_seam_process_start() finds what it inherits. */
enum { WEFT__CHILD_ARENA = 3, WEFT__CHILD_LIFE = 4, WEFT__CHILD_DESCRIPTORS = 5 };

/* Moves a descriptor out of the numbers that children use; closed at exec. On failure
 * the old one is closed too. */
int weft__out_of_the_way(int *descriptor);

/* pipe(2), both ends out of the way and closed at exec. */
int weft__pipe_pair(int ends[2]);

/* inherit_*.c: the child gets descriptors below `kept` and no others. Called last. */
int weft__inherit_below(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes,
                        int kept);

/* The same from inside the child, for systems where the above cannot see to it. */
void weft__close_from(int first);

/* watch_thread.c: this process ends, by a thread that reads from the life line, when nobody
 * holds its other end any more. */
int weft__watch_by_thread(int life);

/* program_*.c: the path of this program, as posix_spawn takes it. NULL: unknown. */
const char *weft__program_path(void);

/* Called with main's argv[0] before anything changes the working folder. */
void weft__program_begin(const char *name);

#endif
