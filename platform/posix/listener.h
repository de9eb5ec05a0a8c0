/* SPDX-License-Identifier: MIT */
#ifndef WEFT_POSIX_LISTENER_H
#define WEFT_POSIX_LISTENER_H

/*
 * A signal that a thread answers. A handler may hardly do anything: it writes a byte into a
 * pipe, and a thread that reads from it does the work. The thread is never joined and ends
 * with the process; so the pipe stays, too.
 */

#include <signal.h>
#include <stdbool.h>

#include "seam.h"

/* Static and all zero at first, one for each signal. What is here does not change once the
 * handler and the thread exist. */
struct weft__listener {
    bool listens;          /* there are a pipe and a thread */
    int ends[2];           /* of the pipe */
    void (*answer)(void);
    weft_seam_start start; /* of the thread */
};

/* There are a pipe, and a thread of that name that answers what comes through it. Calls are
 * kept apart by the caller; after the first success they do nothing. */
int weft__listener_begin(struct weft__listener *listener, const char *name, void (*answer)(void));

/* The signal has this handler, which calls weft__listener_ring(), and does nothing else any
 * more. *before receives what it did. */
int weft__listener_handle(int number, void (*handler)(int number), struct sigaction *before);

/* The thread will answer once more. */
void weft__listener_ring(const struct weft__listener *listener);

#endif
