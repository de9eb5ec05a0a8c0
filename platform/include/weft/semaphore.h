/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SEMAPHORE_H
#define WEFT_SEMAPHORE_H

/*
 * A number of permits: acquire takes one, release gives one back.
 *
 *     static weft_semaphore connections = WEFT_SEMAPHORE_INIT(5);
 */

#include "atomic.h"
#include "time.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_semaphore {
    weft_atomic_u32 permits; /* free ones, + 2^31: threads may sleep, which they do on this */
    weft_atomic_u32 waiters; /* threads in acquire, for destroy */
} weft_semaphore;

#define WEFT_SEMAPHORE_INIT(permits) {{(permits)}, {0}}

/**
 * The caller has a permit.
 *
 * @param until  absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT: none became free in time; WEFT_ECANCELED: nor before the
 *         calling task was cancelled
 *
 * Threads: any.   Python: Semaphore.acquire.
 */
int weft_semaphore_acquire(weft_semaphore *semaphore, weft_time until);

/**
 * `count` more permits are free, and as many waiters go on.
 *
 * @return 0; WEFT_ETOOBIG: misuse, there would be more than INT32_MAX, none is released
 *
 * Threads: any, also one that acquired none.   Python: Semaphore.release(n).
 */
int weft_semaphore_release(weft_semaphore *semaphore, uint32_t count);

/** Checks that no thread waits in it, as weft_event_destroy(): 0; WEFT_EBUSY: misuse. */
int weft_semaphore_destroy(weft_semaphore *semaphore);

#ifdef __cplusplus
}
#endif

#endif
