/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BENCH_SPIN_RING_H
#define WEFT_BENCH_SPIN_RING_H

/*
 * A bounded queue that spins: Dmitry Vyukov's, for any number of producers and
 * consumers. A cell's sequence says whose turn it is: n, the n-th put; n + 1, the
 * n-th get. Spinners yield after a while, or more threads than CPUs would starve.
 */

#include <sched.h>
#include <stdlib.h>

#include <weft/atomic.h>

#include "bench.h"

struct spin_cell {
    weft_atomic_u64 sequence;
    uint64_t item;
};

struct spin_ring {
    size_t mask;
    struct spin_cell *cells;
    char rest_of_line[48];
    weft_atomic_u64 put;
    char rest_of_next_line[56];
    weft_atomic_u64 get;
    char rest_of_last_line[56];
};

static inline void spin_once(unsigned *spins)
{
    if (++*spins % 256 == 0)
        sched_yield();
    else
        weft_cpu_pause();
}

static inline void spin_while_equal(const weft_atomic_u64 *word, uint64_t value)
{
    unsigned spins = 0;

    while (weft_load_u64(word, WEFT_ACQUIRE) == value)
        spin_once(&spins);
}

/* capacity: a power of two */
static inline struct spin_ring *spin_ring_create(size_t capacity)
{
    struct spin_ring *ring = (struct spin_ring *)calloc(1, sizeof(*ring));

    need(ring != NULL, "malloc");
    ring->mask = capacity - 1;
    ring->cells = (struct spin_cell *)calloc(capacity, sizeof(*ring->cells));
    need(ring->cells != NULL, "malloc");
    for (size_t i = 0; i < capacity; i++)
        weft_store_u64(&ring->cells[i].sequence, i, WEFT_RELAXED);
    return ring;
}

/* The cell of which `counter`'s value plus `ahead` is the sequence, and it is the caller's. */
static inline struct spin_cell *spin_ring_claim(struct spin_ring *ring, weft_atomic_u64 *counter,
                                                uint64_t ahead, uint64_t *place)
{
    uint64_t position = weft_load_u64(counter, WEFT_RELAXED);
    unsigned spins = 0;

    for (;;) {
        struct spin_cell *cell = &ring->cells[position & ring->mask];
        if (weft_load_u64(&cell->sequence, WEFT_ACQUIRE) != position + ahead) {
            spin_once(&spins);
            position = weft_load_u64(counter, WEFT_RELAXED);
        } else if (weft_cas_u64(counter, &position, position + 1, WEFT_RELAXED)) {
            *place = position;
            return cell;
        }
    }
}

static inline void spin_ring_put(struct spin_ring *ring, uint64_t item)
{
    uint64_t place;
    struct spin_cell *cell = spin_ring_claim(ring, &ring->put, 0, &place);

    cell->item = item;
    weft_store_u64(&cell->sequence, place + 1, WEFT_RELEASE);
}

static inline uint64_t spin_ring_get(struct spin_ring *ring)
{
    uint64_t place, item;
    struct spin_cell *cell = spin_ring_claim(ring, &ring->get, 1, &place);

    item = cell->item;
    weft_store_u64(&cell->sequence, place + ring->mask + 1, WEFT_RELEASE);
    return item;
}

#endif
