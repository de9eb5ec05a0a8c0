/* SPDX-License-Identifier: MIT */
/* A child's folder where posix_spawn can see to it: glibc 2.29, musl 1.1.24, macOS 10.15. */
#include "spawn.h"

static int change_folder(posix_spawn_file_actions_t *actions, const char *folder)
{
    return posix_spawn_file_actions_addchdir_np(actions, folder);
}

int weft__spawn_in_folder(const struct weft__spawn *spawn, pid_t *pid)
{
    return weft__spawn_with(spawn, pid, change_folder);
}
