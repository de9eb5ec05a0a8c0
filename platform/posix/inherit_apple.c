/* SPDX-License-Identifier: MIT */
/* Inheritance on macOS: everything closes at exec but what an action names. */
#include <fcntl.h>

#include "spawn.h"

int weft__inherit(const struct weft__spawn *spawn, posix_spawn_file_actions_t *actions,
                  posix_spawnattr_t *attributes)
{
    short flags = 0;
    int error = posix_spawnattr_getflags(attributes, &flags);

    if (error == 0)
        error = posix_spawnattr_setflags(attributes, (short)(flags | POSIX_SPAWN_CLOEXEC_DEFAULT));
    for (int i = 0; i < spawn->count && error == 0; i++)
        if (spawn->sources[i] == WEFT__SAME && fcntl(i, F_GETFD) != -1)
            error = posix_spawn_file_actions_addinherit_np(actions, i);
    return error;
}

void weft__close_from(int first)
{
    (void)first; /* nothing is left to close */
}
