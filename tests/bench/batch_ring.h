/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BENCH_BATCH_RING_H
#define WEFT_BENCH_BATCH_RING_H

/*
 * A bounded queue that spins, for one producer and one consumer; each tells the other
 * every BATCH items, and when it says so. Each keeps its own place to itself meanwhile.
 */

#include <string.h>

#include "spin_ring.h"

#define BATCH 32

struct batch_ring {
    weft_atomic_u64 put; /* items that the consumer may take */
    char rest_of_line[56];
    weft_atomic_u64 got; /* places that the producer may fill again */
    char rest_of_next_line[56];
    size_t mask;
    uint64_t items[];
};

/* One side of it: where it is, and how far it may go. */
struct batch_side {
    struct batch_ring *ring;
    uint64_t at, limit;
    unsigned spins;
};

static inline size_t batch_ring_size(size_t capacity, size_t words)
{
    return sizeof(struct batch_ring) + capacity * words * sizeof(uint64_t);
}

/* In zeroed memory; capacity: a power of two. */
static inline void batch_ring_init(struct batch_ring *ring, size_t capacity)
{
    ring->mask = capacity - 1;
}

static inline struct batch_side batch_producer(struct batch_ring *ring)
{
    return (struct batch_side){ring, weft_load_u64(&ring->put, WEFT_RELAXED),
                               weft_load_u64(&ring->got, WEFT_ACQUIRE) + ring->mask + 1, 0};
}

static inline struct batch_side batch_consumer(struct batch_ring *ring)
{
    return (struct batch_side){ring, weft_load_u64(&ring->got, WEFT_RELAXED),
                               weft_load_u64(&ring->put, WEFT_ACQUIRE), 0};
}

/* False: there is no place at this moment. */
static inline int batch_try_put(struct batch_side *side, const void *item, size_t words)
{
    struct batch_ring *ring = side->ring;

    if (side->at == side->limit) {
        side->limit = weft_load_u64(&ring->got, WEFT_ACQUIRE) + ring->mask + 1;
        if (side->at == side->limit)
            return 0;
    }
    memcpy(&ring->items[(side->at++ & ring->mask) * words], item, words * sizeof(uint64_t));
    if (side->at % BATCH == 0)
        weft_store_u64(&ring->put, side->at, WEFT_RELEASE);
    return 1;
}

/* False: there is no item at this moment. */
static inline int batch_try_get(struct batch_side *side, void *item, size_t words)
{
    struct batch_ring *ring = side->ring;

    if (side->at == side->limit) {
        side->limit = weft_load_u64(&ring->put, WEFT_ACQUIRE);
        if (side->at == side->limit)
            return 0;
    }
    memcpy(item, &ring->items[(side->at++ & ring->mask) * words], words * sizeof(uint64_t));
    if (side->at % BATCH == 0)
        weft_store_u64(&ring->got, side->at, WEFT_RELEASE);
    return 1;
}

static inline void batch_put(struct batch_side *side, const void *item, size_t words)
{
    while (!batch_try_put(side, item, words))
        spin_once(&side->spins);
}

static inline void batch_get(struct batch_side *side, void *item, size_t words)
{
    while (!batch_try_get(side, item, words))
        spin_once(&side->spins);
}

/* The other one may see all that was put, or got, by now. */
static inline void batch_put_all(struct batch_side *side)
{
    weft_store_u64(&side->ring->put, side->at, WEFT_RELEASE);
}

static inline void batch_got_all(struct batch_side *side)
{
    weft_store_u64(&side->ring->got, side->at, WEFT_RELEASE);
}

#endif
