/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BARRIER_H
#define WEFT_BARRIER_H

/*
 * A place where `parties` threads wait for each other, again and again.
 *
 *     static weft_barrier start = WEFT_BARRIER_INIT(4);
 */

#include "condition.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_barrier {
    weft_mutex mutex;       /* guards the fields below */
    weft_condition changed; /* a round ended, or the barrier broke */
    uint32_t parties;       /* set by the initialiser */
    uint32_t waiting;       /* threads of this round that have come */
    uint32_t broken;        /* 1 from a deadline or abort until reset */
    struct weft_barrier_waiter *waiters; /* of this round, each on its thread's stack */
} weft_barrier;

#define WEFT_BARRIER_INIT(parties) {WEFT_MUTEX_INIT, WEFT_CONDITION_INIT, (parties), 0, 0, 0}

/**
 * All parties have come.
 *
 * A deadline that passes, or a cancel, breaks the barrier: the others, and later
 * comers, get WEFT_EBROKEN until weft_barrier_reset().
 *
 * @param index  receives 0 in one thread of the round, 1, 2, ... in the others,
 *               in the order of arrival; NULL: not wanted
 * @param until  absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT, WEFT_ECANCELED: the caller broke it; WEFT_EBROKEN: it is
 *         broken; WEFT_EINVAL: misuse, the barrier is for 0 parties
 *
 * Threads: any.   Python: Barrier.wait.
 */
int weft_barrier_wait(weft_barrier *barrier, uint32_t *index, weft_time until);

/** Breaks the barrier: all who wait get WEFT_EBROKEN. Threads: any. Python: Barrier.abort. */
void weft_barrier_abort(weft_barrier *barrier);

/** As new; who waits gets WEFT_EBROKEN. Threads: any. Python: Barrier.reset. */
void weft_barrier_reset(weft_barrier *barrier);

/** Checks that no thread waits in it, as weft_event_destroy(): 0; WEFT_EBUSY: misuse. */
int weft_barrier_destroy(weft_barrier *barrier);

#ifdef __cplusplus
}
#endif

#endif
