/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SHARED_RING_PRIVATE_H
#define WEFT_SHARED_RING_PRIVATE_H

/* Positions, and sleeping: between shared_ring.c and shared_ring_wait.c. */

#include <stdbool.h>

#include "shared_ring.h"

/* The lower 40 bits of a position are the place of the next item, in units; above them is
 * how many items went by, modulo 2^24. */
enum { WEFT__RING_SHIFT = 40 };

#define WEFT__RING_PLACE (((uint64_t)1 << WEFT__RING_SHIFT) - 1)

/* Bits of weft__shared_ring.ended. */
enum { WEFT__RING_CLOSED = 1, WEFT__RING_LOST = 2 };

/* In place of the units that a putter waits for. */
enum { WEFT__RING_GET = 0 };

static inline uint64_t weft__ring_items(uint64_t from, uint64_t to)
{
    return ((to >> WEFT__RING_SHIFT) - (from >> WEFT__RING_SHIFT)) & WEFT__SHARED_ITEMS;
}

static inline uint64_t weft__ring_units(const struct weft__shared_ring *ring, uint64_t from,
                                        uint64_t to)
{
    uint64_t start = from & WEFT__RING_PLACE, end = to & WEFT__RING_PLACE;

    if (weft__ring_items(from, to) == 0)
        return 0;
    return end > start ? end - start : ring->units - start + end;
}

static inline bool weft__ring_has_room(const struct weft__shared_ring *ring, uint64_t from,
                                       uint64_t to, uint64_t units, uint64_t items)
{
    return weft__ring_items(from, to) + items <= ring->items &&
           weft__ring_units(ring, from, to) + units <= ring->units;
}

/* There is something to do for those who sleep at the door. */
void weft__shared_ring_wake(struct weft__shared_door *door);

/*
 * Waits until it is worth trying to put an item of so many units, or WEFT__RING_GET.
 *
 * *slept is set if others may depend on the caller now: it calls _pass_on() when it has
 * done what it came for, or gives up. 0; WEFT_ETIMEDOUT, WEFT_ECANCELED.
 */
int weft__shared_ring_wait(struct weft__shared_ring *ring, uint64_t units, weft_time until,
                           bool *slept);
void weft__shared_ring_pass_on(struct weft__shared_ring *ring, uint64_t units);

#endif
