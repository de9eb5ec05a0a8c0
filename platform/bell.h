/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BELL_H
#define WEFT_BELL_H

/*
 * Threads that wait in the system for sockets, where no weft_wake() reaches them
 * (portable/bell.c). Each has a bell; who lists itself as a waiter is rung out of its wait
 * by a cancel of its token and by weft__waiters_ring().
 */

#include <stdbool.h>
#include <stdint.h>

#include "weft/cancel.h"

/* On the stack of the thread, which sets the first two; the rest is bell.c's. */
typedef struct weft__waiter {
    const void *object;        /* that is waited for */
    const weft_cancel *cancel; /* that ends the wait; NULL: none */
    uintptr_t bell;            /* to be waited for as well; 0: there is none, so the thread has to
                                  look around itself every now and then */
    struct weft__waiter *next, **link;
    bool rung;
} weft__waiter;

/* It is in the list, with the bell of the thread. False: it is not, its token was requested. */
bool weft__waiter_join(weft__waiter *waiter);

/* It is no more, and its bell is silent. */
void weft__waiter_leave(weft__waiter *waiter);

/* All that wait for the object look around. */
void weft__waiters_ring(const void *object);

/* And all whose token was requested. */
void weft__waiters_ring_cancelled(void);

#endif
