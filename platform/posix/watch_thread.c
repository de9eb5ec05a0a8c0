/* SPDX-License-Identifier: MIT */
/*
 * A thread that ends this process when its parent has ended, which getppid() tells. The
 * other end of the life line closes a moment before, so the thread waits for that.
 *
 * A program may close the line with all its other descriptors, and give its number to
 * another file, even before this thread first looks. So the thread only polls, which takes
 * nothing from a stranger's file, and what it hears is no more than a reason to ask for the
 * parent; without a reason it asks once a second.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"
#include "spawn.h"

/* Written before the thread starts. */
static struct pollfd life_line;
static pid_t parent;

static void *watch_parent(void *argument)
{
    struct pollfd line = life_line;
    struct timespec pause = {.tv_nsec = 1000000};

    (void)argument;
    while (getppid() == parent && poll(&line, 1, 1000) <= 0)
        continue;
    while (getppid() == parent) {
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < 20000000)
            pause.tv_nsec *= 2;
    }
    _exit(1);
}

int weft__watch_by_thread(int life)
{
    pthread_attr_t attributes;
    pthread_t watcher;
    sigset_t all, before;
    int error;

    parent = getppid();
    life_line = (struct pollfd){.fd = life, .events = POLLIN};
    /* If it has ended already, that number may be the one of whoever adopted us. */
    if (poll(&life_line, 1, 0) == 1)
        _exit(1);
    error = pthread_attr_init(&attributes);
    if (error != 0)
        return weft__fail_system(error, "process: no watch on its parent");
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    /* Signals are for the program's own threads. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&watcher, &attributes, watch_parent, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error == 0 ? 0 : weft__fail_system(error, "process: no watch on its parent");
}
