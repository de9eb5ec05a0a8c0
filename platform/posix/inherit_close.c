/* SPDX-License-Identifier: MIT */
/*
 * Inheritance on plain POSIX, which has no "close the rest". weft's own descriptors are
 * closed at exec. The program's others are closed by weft_main() in a child of ours, and
 * one by one for another program; one that another thread opens meanwhile slips through.
 */
#include <fcntl.h>
#include <unistd.h>

#include "spawn.h"

/* A huge limit says nothing about how many are open: look at what programs use. */
static int most(void)
{
    long limit = sysconf(_SC_OPEN_MAX);

    return limit < 0 || limit > 4096 ? 4096 : (int)limit;
}

int weft__inherit(const struct weft__spawn *spawn, posix_spawn_file_actions_t *actions,
                  posix_spawnattr_t *attributes)
{
    int error = 0;

    (void)attributes;
    for (int i = spawn->count; i < most() && !spawn->ours && error == 0; i++) {
        int flags = fcntl(i, F_GETFD);

        if (flags != -1 && (flags & FD_CLOEXEC) == 0)
            error = posix_spawn_file_actions_addclose(actions, i);
    }
    return error;
}

void weft__close_from(int first)
{
    for (int i = first; i < most(); i++)
        close(i);
}
