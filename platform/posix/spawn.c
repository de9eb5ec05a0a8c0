/* SPDX-License-Identifier: MIT */
/*
 * posix_spawn, and descriptors for it.
 *
 * A child's descriptors are copies of ours whose numbers are beyond its own, so that
 * putting one in its place never treads on another, in whatever order.
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

extern char **environ;

enum { OUT_OF_THE_WAY = 32 };

_Static_assert((int)OUT_OF_THE_WAY >= (int)WEFT__SPAWN_MOST, "children use numbers below it");

int weft__out_of_the_way(int *descriptor)
{
    int moved = fcntl(*descriptor, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
    int error = errno;

    close(*descriptor);
    if (moved != -1 && weft_fault_point("process.descriptor") != 0) {
        close(moved);
        moved = -1;
        error = EMFILE;
    }
    *descriptor = moved;
    if (moved != -1)
        return 0;
    /* EINVAL: the limit of descriptors is below these numbers. */
    return weft__fail_system(error == EINVAL ? EMFILE : error, "process: no descriptor left");
}

int weft__pipe_pair(int ends[2])
{
    int err;

    /* Between pipe and F_DUPFD_CLOEXEC a child that another thread starts could inherit
     * them; every start closes what is not its own, so it does not matter. */
    if (pipe(ends) == -1)
        return weft__fail_system(errno, "process: no pipe");
    err = weft__out_of_the_way(&ends[0]);
    if (err != 0) {
        close(ends[1]);
        return err;
    }
    err = weft__out_of_the_way(&ends[1]);
    if (err != 0)
        close(ends[0]);
    return err;
}

char **weft__writable(const char *const *texts)
{
    char **result;

    memcpy(&result, &texts, sizeof(result));
    return result;
}

/* ---- attributes and actions -------------------------------------------------------------- */

static int set_attributes(const struct weft__spawn *spawn, posix_spawnattr_t *attributes)
{
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    sigset_t mask, defaults;

    sigemptyset(&mask);
    if (spawn->deaf)
        sigfillset(&mask);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigmask(attributes, &mask);
    posix_spawnattr_setsigdefault(attributes, &defaults);
    if (spawn->group)
        flags |= POSIX_SPAWN_SETPGROUP; /* of the default number, 0: its own */
    return posix_spawnattr_setflags(attributes, flags);
}

static int add_actions(const struct weft__spawn *spawn, posix_spawn_file_actions_t *actions)
{
    int error = 0;

    for (int i = 0; i < spawn->count && error == 0; i++) {
        if (spawn->sources[i] >= 0)
            error = posix_spawn_file_actions_adddup2(actions, spawn->sources[i], i);
        else if (spawn->sources[i] == WEFT__NULL)
            error = posix_spawn_file_actions_addopen(actions, i, "/dev/null",
                                                     i == 0 ? O_RDONLY : O_WRONLY, 0);
    }
    return error;
}

static int run(const struct weft__spawn *spawn, pid_t *pid,
               const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes)
{
    char **arguments = weft__writable(spawn->arguments);
    char **environment = spawn->environment ? weft__writable(spawn->environment) : environ;

    if (strchr(spawn->path, '/'))
        return posix_spawn(pid, spawn->path, actions, attributes, arguments, environment);
    return posix_spawnp(pid, spawn->path, actions, attributes, arguments, environment);
}

int weft__spawn_with(const struct weft__spawn *spawn, pid_t *pid,
                     int (*prepare)(posix_spawn_file_actions_t *actions, const char *folder))
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);

    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error != 0)
        goto no_attributes;
    error = set_attributes(spawn, &attributes);
    if (error == 0)
        error = add_actions(spawn, &actions);
    if (error == 0 && prepare)
        error = prepare(&actions, spawn->folder);
    if (error == 0)
        error = weft__inherit(spawn, &actions, &attributes);
    if (error == 0)
        error = run(spawn, pid, &actions, &attributes);
    posix_spawnattr_destroy(&attributes);
no_attributes:
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int weft__spawn(const struct weft__spawn *spawn, pid_t *pid)
{
    if (weft_fault_point("process.spawn") != 0)
        return EAGAIN;
    return spawn->folder ? weft__spawn_in_folder(spawn, pid) : weft__spawn_with(spawn, pid, NULL);
}
