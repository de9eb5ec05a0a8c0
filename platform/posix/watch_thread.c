/* SPDX-License-Identifier: MIT */
/* A thread that reads from the life line, to which nobody writes. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "internal.h"
#include "spawn.h"

enum { STACK = 65536 };

static int life_line; /* written before the thread starts */

static void *watch_parent(void *argument)
{
    char byte;

    while (read(life_line, &byte, 1) == -1 && errno == EINTR)
        continue;
    _exit(1);
    return argument;
}

int weft__watch_by_thread(int life)
{
    pthread_attr_t attributes;
    pthread_t watcher;
    sigset_t all, before;
    int error = pthread_attr_init(&attributes);

    if (error != 0)
        return weft__fail_system(error, "process: no watch on its parent");
    life_line = life;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK); /* refused where it is too little: no harm */
    /* Signals are for the program's own threads. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&watcher, &attributes, watch_parent, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error == 0 ? 0 : weft__fail_system(error, "process: no watch on its parent");
}
