/* SPDX-License-Identifier: MIT */
/* Programs started by posix_spawn(), and by vfork() and exec. */
#include "processes.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

static int wait_for(pid_t child)
{
    int status;

    need(waitpid(child, &status, 0) == child, "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int by_posix_spawn(char **argv)
{
    pid_t child;

    need(posix_spawn(&child, argv[0], NULL, NULL, argv, environ) == 0, "posix_spawn");
    return wait_for(child);
}

static int by_vfork(char **argv)
{
    pid_t child = vfork();

    need(child >= 0, "vfork");
    if (child == 0) {
        execv(argv[0], argv);
        _exit(127);
    }
    return wait_for(child);
}

static int by_fork(char **argv)
{
    pid_t child = fork();

    need(child >= 0, "fork");
    if (child == 0) {
        execv(argv[0], argv);
        _exit(127);
    }
    return wait_for(child);
}

static const struct spawn_calls posix_calls = {"posix_spawn + waitpid", by_posix_spawn};
static const struct spawn_calls vfork_calls = {"vfork + exec + waitpid", by_vfork};
static const struct spawn_calls fork_calls = {"fork + exec + waitpid", by_fork};

const struct peer peer_posix_spawn = {
    .name = "posix_spawn", .kind = KIND_NAIVE, .spawn = &posix_calls};
const struct peer peer_vfork = {.name = "vfork", .kind = KIND_NAIVE, .spawn = &vfork_calls};
const struct peer peer_fork = {.name = "fork", .kind = KIND_NAIVE, .spawn = &fork_calls};
