/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SHARED_RING_H
#define WEFT_SHARED_RING_H

/*
 * A bounded queue of byte strings between processes: what the shared queue and the two
 * directions of the shared pipe are made of. It lies in the arena. Nothing here sets a
 * last error.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weft/atomic.h"
#include "weft/ending.h"
#include "weft/time.h"

enum {
    WEFT__SHARED_ITEMS = 0xFFFFFF, /* the most a ring can hold */
    WEFT__SHARED_BYTES = 65536     /* of a ring where none are asked for */
};

/* Those who put, or those who get. Each side has a cache line of its own. */
struct weft__shared_side {
    _Alignas(64) weft_atomic_u32 lock; /* its flag: somebody of the other side may sleep */
    weft_atomic_u64 at;    /* position of this side; moved under the lock, with release, when
                              the copy is complete */
    weft_atomic_u64 other; /* the other side's position when it was last looked at; under the
                              lock, relaxed */
    weft_atomic_u64 total; /* putters: items ever put, or one less; under the lock, relaxed */
};

/* Where a side sleeps. */
struct weft__shared_door {
    weft_atomic_u32 changes;  /* raised before each wake-up; what they sleep on */
    weft_atomic_u32 sleepers; /* raised before a sleep, lowered after it; stays too high when
                                 a sleeper is killed, which costs wake-ups of nobody */
    weft_atomic_u32 units;    /* putters: what all sleepers so far needed room for; 0: there
                                 were none; written before the flag is set */
};

struct weft__shared_ring {
    uint64_t start; /* bytes from here to the records; these three are written at creation */
    uint64_t units; /* of 8 bytes, that there is room for */
    uint64_t items; /* at most */
    weft_atomic_u32 ended; /* 1: nothing can be put; 3: nothing can be got either; written
                              under the putters' lock, unless a stopped process holds that */
    struct weft__shared_side putters;
    _Alignas(64) struct weft__shared_door room;
    struct weft__shared_door arrival;
    struct weft__shared_side getters;
};

/* Bytes of the arena, a multiple of 64, for a ring of `bytes` and what is behind it; 0: no
 * ring is as large. */
size_t weft__shared_ring_size(size_t bytes);

/* In zeroed memory. `items` is 1 to WEFT__SHARED_ITEMS. */
void weft__shared_ring_init(struct weft__shared_ring *ring, size_t items, size_t bytes);

/* Asked each 5 ms by one who waits: is it in vain? */
struct weft__shared_watch {
    bool (*is_in_vain)(const void *context);
    const void *context;
};

/* Arguments and errors as of weft_shared_queue_put() and weft_shared_queue_get(). With a watch,
 * which may be NULL, also WEFT_ECLOSED: waiting was in vain. */
int weft__shared_ring_put(struct weft__shared_ring *ring, const void *item, size_t size,
                          weft_time until, const struct weft__shared_watch *watch);
int weft__shared_ring_get(struct weft__shared_ring *ring, void *item, size_t size, size_t *length,
                          weft_time until, const struct weft__shared_watch *watch);

/* Nothing can be put from now on; with WEFT_DISCARD nothing can be got either. */
void weft__shared_ring_shut(struct weft__shared_ring *ring, enum weft_ending ending);

/* Items that can be got; that were ever put; that were dropped. */
uint64_t weft__shared_ring_count(const struct weft__shared_ring *ring);
uint64_t weft__shared_ring_put_count(const struct weft__shared_ring *ring);
uint64_t weft__shared_ring_lost_count(const struct weft__shared_ring *ring);

#endif
