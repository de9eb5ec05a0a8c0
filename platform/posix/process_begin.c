/* SPDX-License-Identifier: MIT */
/* What a process does first: it finds out whether it is a child, a guard, or neither. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "forked.h"
#include "internal.h"
#include "seam.h"
#include "spawn.h"

/* For children to be called the same; written once, by weft_main. */
static const char *program_name;

const char *weft__program_name(void)
{
    return program_name;
}

/* A program may be started with a standard stream closed; a file that it opens later
 * must not be taken for one. The wrong direction, so that using it still fails. */
static void keep_standard_streams(void)
{
    for (int stream = 0; stream <= 2; stream++)
        if (fcntl(stream, F_GETFD) == -1 && errno == EBADF)
            (void)open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
}

/* Somebody may have typed the mark, without the descriptors that belong to it. */
static int expect_descriptors(const char *mark, int first, int second)
{
    if (fcntl(first, F_GETFD) != -1 && fcntl(second, F_GETFD) != -1)
        return 0;
    return weft__fail(WEFT_EPERM, "%s is for weft itself: it starts its own processes so", mark);
}

static int be_a_child(const char *mark, weft_seam_arena *arena)
{
    const char *next = mark + strlen(WEFT__CHILD_MARK);
    size_t size = (size_t)weft__parse_hex(&next);
    size_t heirs = *next++ == ',' ? (size_t)weft__parse_hex(&next) : 0;
    int arena_file = WEFT__CHILD_ARENA, life = WEFT__CHILD_LIFE;
    int err = expect_descriptors(mark, arena_file, life);

    if (err != 0)
        return err;
    weft__close_from(WEFT__CHILD_HEIRS + (int)heirs);
    weft__heirs_inherited(heirs);
    err = weft__out_of_the_way(&arena_file);
    if (err == 0)
        err = weft__out_of_the_way(&life);
    if (err == 0)
        err = weft__watch_parent(life);
    if (err == 0)
        err = weft_seam_arena_attach(arena, (uintptr_t)arena_file, size);
    return err;
}

int weft_seam_process_begin(int *argc, char ***argv, const char **start, weft_seam_arena *arena)
{
    const char *mark = *argc > 1 ? (*argv)[1] : "";

    *start = NULL;
    weft__watch_forks();
    keep_standard_streams();
    program_name = *argc > 0 ? (*argv)[0] : "";
    weft__program_begin(*argc > 0 ? (*argv)[0] : NULL);
    if (*argc == 2 && strcmp(mark, WEFT__GUARD_MARK) == 0) {
        int err = expect_descriptors(mark, WEFT__GUARD_TABLE, WEFT__GUARD_LIFE);

        if (err != 0)
            return err;
        weft__close_from(WEFT__GUARD_LIFE + 1);
        weft__guard_be();
    }
    if (*argc != 3 || strncmp(mark, WEFT__CHILD_MARK, strlen(WEFT__CHILD_MARK)) != 0)
        return 0;
    *start = (*argv)[2];
    return be_a_child(mark, arena);
}

uint64_t weft_seam_process_pid(void)
{
    return (uint64_t)getpid();
}

void weft_seam_process_ignore_interrupt(void)
{
    signal(SIGINT, SIG_IGN);
}

void weft_seam_process_exit(int code)
{
    _exit(code);
}
