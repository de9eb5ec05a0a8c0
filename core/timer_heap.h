/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TIMER_HEAP_H
#define WEFT_TIMER_HEAP_H

/* What is to be called at some instant, ordered by it: the structure alone, without a
 * lock, a clock or a thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weft/time.h"

/* Embedded by whoever wants a call; all zero is valid, and in no heap. */
typedef struct weft__timer_entry weft__timer_entry;

struct weft__timer_entry {
    weft_time at;
    uint64_t number; /* equal instants go by it */
    void (*call)(void *context);
    void *context;
    weft__timer_entry *parent, *children[2]; /* the heap's */
    bool armed;                              /* in the heap */
};

/* All zero is an empty one. */
typedef struct weft__timer_heap {
    weft__timer_entry *root; /* the first of all; NULL: none */
    size_t count;
} weft__timer_heap;

/* Whether a comes before b. */
bool weft__timer_before(const weft__timer_entry *a, const weft__timer_entry *b);

/* O(log n) each. The entry is in no heap, or in this one; at and number stay while it is. */
void weft__timer_heap_add(weft__timer_heap *heap, weft__timer_entry *entry);
void weft__timer_heap_remove(weft__timer_heap *heap, weft__timer_entry *entry);

#endif
