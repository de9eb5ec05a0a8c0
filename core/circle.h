/* SPDX-License-Identifier: MIT */
#ifndef WEFT_CIRCLE_H
#define WEFT_CIRCLE_H

/* Whether a worker of a pool waits for itself, by way of other workers. */

#include <stdbool.h>
#include <stddef.h>

struct weft__worker;

/* The way of a search. */
typedef struct weft__circle {
    const struct weft__worker *start;
    unsigned steps;
    size_t length;
    char text[400]; /* "Pool-1 waits for future 0x.., run by Pool-2; ..." */
} weft__circle;

/* True: from what the worker waits for the way leads back to it, and circle->text tells how.
 * The caller holds the lock of thread_help.c. Very long ways are given up. */
bool weft__circle_find(weft__circle *circle, const struct weft__worker *worker);

#endif
