/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SHARED_RING_PRIVATE_H
#define WEFT_SHARED_RING_PRIVATE_H

/* Positions, and sleeping: between shared_ring.c and shared_ring_wait.c. */

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

/* One call that waits. */
struct weft__shared_wait {
    uint64_t units; /* that it needs room for, or WEFT__RING_GET */
    weft_time until;
    const struct weft__shared_watch *watch;
    bool slept; /* others may depend on the caller: _pass_on() when it is through */
};

/* 0: it is worth trying again; WEFT_ETIMEDOUT, WEFT_ECANCELED; WEFT_ECLOSED: the watch said so. */
int weft__shared_ring_wait(struct weft__shared_ring *ring, struct weft__shared_wait *wait);
void weft__shared_ring_pass_on(struct weft__shared_ring *ring, const struct weft__shared_wait *wait);

#endif
