/* SPDX-License-Identifier: MIT */
/*
 * Inheritance on plain POSIX, which has no "close the rest": weft's own descriptors
 * are closed at exec; the program's others are closed by the child in weft_main().
 */
#include <unistd.h>

#include "spawn.h"

int weft__inherit_below(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes,
                        int kept)
{
    (void)actions;
    (void)attributes;
    (void)kept;
    return 0;
}

void weft__close_from(int first)
{
    long most = sysconf(_SC_OPEN_MAX);

    /* A huge limit says nothing about how many are open: look at what programs use. */
    if (most < 0 || most > 4096)
        most = 4096;
    for (int i = first; i < most; i++)
        close(i);
}
