/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TASK_RING_H
#define WEFT_TASK_RING_H

/*
 * Tasks in their order, as a ring of pointers that can grow.
 *
 * A list through the tasks themselves would cost a cache miss per task under the pool's
 * mutex: each was written by another CPU. Here eight places share a line. A place also
 * says whether the task's time of submit was taken, by the lowest bit. The pool's mutex
 * guards it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "weft/future.h"

struct weft__task_ring {
    char **places;
    size_t capacity; /* a power of two, or 0 */
    size_t first, count;
};

/* For one more, and `others` that will come. */
static inline bool weft__ring_has_room(const struct weft__task_ring *ring, size_t others)
{
    return ring->count + others < ring->capacity;
}

static inline void weft__ring_push(struct weft__task_ring *ring, weft_future *task, bool stamped)
{
    ring->places[(ring->first + ring->count++) & (ring->capacity - 1)] = (char *)task + stamped;
}

/* The oldest; the ring is not empty. */
static inline weft_future *weft__ring_pop(struct weft__task_ring *ring, bool *stamped)
{
    char *place = ring->places[ring->first];

    ring->first = (ring->first + 1) & (ring->capacity - 1);
    ring->count--;
    *stamped = ((size_t)place & 1) != 0;
    return (weft_future *)(void *)(place - *stamped);
}

/* The larger array takes the place of the present one, which is returned. */
static inline char **weft__ring_move(struct weft__task_ring *ring, char **places, size_t capacity)
{
    char **before = ring->places;

    for (size_t i = 0; i < ring->count; i++)
        places[i] = before[(ring->first + i) & (ring->capacity - 1)];
    ring->places = places;
    ring->capacity = capacity;
    ring->first = 0;
    return before;
}

#endif
