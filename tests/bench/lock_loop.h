/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BENCH_LOCK_LOOP_H
#define WEFT_BENCH_LOCK_LOOP_H

/*
 * The loops around a lock, the same for all peers. With constant functions for
 * `acquire` and `release` the compiler calls them directly.
 */

#include <stdbool.h>
#include <stdint.h>

#include <weft/atomic.h>

#define LOCK_STEPS_INSIDE 8
#define LOCK_STEPS_OUTSIDE 32

/* What the lock guards. */
struct guarded {
    uint64_t state;
    uint64_t count;
};

struct turns {
    struct guarded *guarded;
    const weft_atomic_u32 *stop;
    uint64_t taken; /* by this thread */
    uint64_t state; /* of this thread */
};

/* Each step needs the one before: two cycles. */
static inline uint64_t lock_steps(uint64_t state, int count)
{
    for (int i = 0; i < count; i++)
        state += (state >> 7) | 1;
    return state;
}

static inline __attribute__((always_inline)) void
lock_turns(void *lock, void (*acquire)(void *), void (*release)(void *), struct turns *turns)
{
    struct guarded *guarded = turns->guarded;
    uint64_t taken = 0, state = turns->state;

    while (weft_load_u32(turns->stop, WEFT_RELAXED) == 0) {
        acquire(lock);
        guarded->state = lock_steps(guarded->state, LOCK_STEPS_INSIDE);
        guarded->count++;
        release(lock);
        state = lock_steps(state, LOCK_STEPS_OUTSIDE);
        taken++;
    }
    turns->taken = taken;
    turns->state = state;
}

static inline __attribute__((always_inline)) void
lock_pairs(void *lock, void (*acquire)(void *), void (*release)(void *), uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        acquire(lock);
        release(lock);
    }
}

#endif
