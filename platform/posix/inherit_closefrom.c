/* SPDX-License-Identifier: MIT */
/* Inheritance on Linux: the spawn itself closes the rest (glibc 2.34, musl 1.2.5). */
#include "spawn.h"

int weft__inherit(const struct weft__spawn *spawn, posix_spawn_file_actions_t *actions,
                  posix_spawnattr_t *attributes)
{
    (void)attributes;
    return posix_spawn_file_actions_addclosefrom_np(actions, spawn->count);
}

void weft__close_from(int first)
{
    (void)first; /* nothing is left to close */
}
