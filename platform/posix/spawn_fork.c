/* SPDX-License-Identifier: MIT */
/*
 * A child's folder on plain POSIX, whose posix_spawn cannot change it: fork and exec by hand.
 *
 * Other threads of ours may hold any lock while we fork, so the child does nothing but
 * system calls that are safe in signal handlers; what it needs is made ready before. What
 * goes wrong in it, it tells by a pipe that exec closes.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "internal.h"
#include "spawn.h"

extern char **environ;

enum { SIGNALS = 64, DESCRIPTORS_MOST = 4096 };

/* Signal handlers are the parent's: none may run here once signals are let in. */
static void reset_signals(const struct weft__spawn *spawn)
{
    struct sigaction action;
    sigset_t none;

    for (int number = 1; number <= SIGNALS; number++) {
        if (sigaction(number, NULL, &action) != 0)
            continue;
        if (number != SIGPIPE && (action.sa_handler == SIG_IGN || action.sa_handler == SIG_DFL))
            continue;
        memset(&action, 0, sizeof(action));
        action.sa_handler = SIG_DFL;
        sigaction(number, &action, NULL);
    }
    sigemptyset(&none);
    if (!spawn->deaf)
        sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool place_descriptors(const struct weft__spawn *spawn)
{
    for (int i = 0; i < spawn->count; i++) {
        int source = spawn->sources[i];

        if (source == WEFT__NULL)
            source = open("/dev/null", i == 0 ? O_RDONLY : O_WRONLY);
        if (source != i && source != WEFT__SAME && (source < 0 || dup2(source, i) == -1))
            return false;
        if (spawn->sources[i] == WEFT__NULL && source != i)
            close(source);
    }
    for (int i = spawn->count; i < DESCRIPTORS_MOST; i++)
        fcntl(i, F_SETFD, FD_CLOEXEC);
    return true;
}

/* Does not return. */
static void be_the_child(const struct weft__spawn *spawn, const char *path, int tell)
{
    char **environment = spawn->environment ? weft__writable(spawn->environment) : environ;
    int error;

    if ((!spawn->group || setpgid(0, 0) == 0) && place_descriptors(spawn) &&
        chdir(spawn->folder) == 0) {
        reset_signals(spawn);
        execve(path, weft__writable(spawn->arguments), environment);
    }
    error = errno;
    /* A parent that is gone by now is told by nobody. */
    _exit(write(tell, &error, sizeof(error)) == (ssize_t)sizeof(error) ? 127 : 126);
}

static pid_t fork_deaf(sigset_t *before)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, before);
    return fork();
}

/* What the child tells; 0: it has become the program. */
static int hear(int tell)
{
    int error = 0;
    ssize_t got;

    do
        got = read(tell, &error, sizeof(error));
    while (got == -1 && errno == EINTR);
    return got == (ssize_t)sizeof(error) ? error : 0;
}

int weft__spawn_in_folder(const struct weft__spawn *spawn, pid_t *pid)
{
    char path[WEFT__PATH_SIZE];
    sigset_t before;
    int tell[2];
    int error = weft__program_find(spawn->path, path);

    if (error != 0)
        return error;
    if (weft__pipe_pair(tell) != 0)
        return EMFILE;
    *pid = fork_deaf(&before);
    if (*pid == 0)
        be_the_child(spawn, path, tell[1]);
    error = *pid == -1 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(tell[1]);
    if (error == 0)
        error = hear(tell[0]);
    if (error != 0 && *pid > 0)
        weft__child_collect(*pid);
    close(tell[0]);
    return error;
}
