/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SEQUEL_H
#define WEFT_SEQUEL_H

/*
 * What a future sets off when it is done: the next one of a chain, the count of a group.
 *
 * A future that ends may end another, and so on. One inside the other, a failure at the
 * head of a chain of a thousand would need a thousand stack frames; so the thread that
 * ends the first runs one sequel after the other, and what is set off meanwhile waits
 * in a list of this thread until the running one has returned.
 */

#include "promise.h"

struct weft__sequel {
    void (*run)(struct weft__sequel *sequel, weft_future *done); /* may free the sequel */
    struct weft__sequel *next; /* these two: while it waits to be run */
    weft_future *done;         /* a reference */
};

/* sequel->run, set by the caller, is called once when `future` is done: with no lock
 * held, before this returns if it is done already (unless a sequel runs in this thread).
 * WEFT_ENOMEM: it will not be called. */
int weft__sequel_add(weft_future *future, struct weft__sequel *sequel);

/* The future, which has no task yet, ends with this unless it was cancelled. */
void weft__sequel_finish(weft_future *future, int code, const char *sentence);

#endif
