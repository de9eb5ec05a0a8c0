/* SPDX-License-Identifier: MIT */
/*
 * A thread that reads from the life line, to which nobody writes: it ends when the parent
 * does. A program may close the line with all its other descriptors, and give its number
 * to a file that does have an end; then its parent's number tells when that is gone.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"
#include "spawn.h"

/* Written before the thread starts. */
static int life_line;
static struct stat line_was;
static pid_t parent;

static bool is_open(void)
{
    struct stat now;

    return fstat(life_line, &now) == 0 && now.st_dev == line_was.st_dev &&
           now.st_ino == line_was.st_ino;
}

static void *watch_parent(void *argument)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    char byte;

    (void)argument;
    while (read(life_line, &byte, 1) == -1 && errno == EINTR)
        continue;
    while (!is_open() && getppid() == parent)
        nanosleep(&pause, NULL);
    _exit(1);
}

int weft__watch_by_thread(int life)
{
    pthread_attr_t attributes;
    pthread_t watcher;
    sigset_t all, before;
    int error = fstat(life, &line_was) == 0 ? pthread_attr_init(&attributes) : errno;

    if (error != 0)
        return weft__fail_system(error, "process: no watch on its parent");
    life_line = life;
    parent = getppid();
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    /* Signals are for the program's own threads. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&watcher, &attributes, watch_parent, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error == 0 ? 0 : weft__fail_system(error, "process: no watch on its parent");
}
