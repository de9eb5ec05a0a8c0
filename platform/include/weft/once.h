/* SPDX-License-Identifier: MIT */
#ifndef WEFT_ONCE_H
#define WEFT_ONCE_H

/* Something that is done once, by whoever comes first. All zero bits: not done yet. */

#include "atomic.h"
#include "time.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_once {
    weft_atomic_u32 state; /* 0 not done, 1 under way, 2 under way with sleepers, 3 done */
    weft_atomic_u32 runner; /* weft_thread_current_id() of who does it */
} weft_once;

#define WEFT_ONCE_INIT {{0}, {0}}

/**
 * `function` has been run, by this call or another, and what it wrote is visible.
 *
 * If it returns an error, that is returned and the next call tries again.
 *
 * @param function  returns 0 or an error
 * @param context   handed to it
 * @param until     how long to wait for another thread that runs it
 * @return 0; WEFT_ETIMEDOUT: another thread is still at it; WEFT_ECANCELED: so it was
 *         when the calling task was cancelled; WEFT_EDEADLK: misuse, called from inside
 *         the function; what the function returned
 *
 * Threads: any.   Standard: C11 call_once, with error and deadline.
 */
int weft_once_run(weft_once *once, int (*function)(void *context), void *context, weft_time until);

/** Whether it has been done. Threads: any. */
bool weft_once_done(const weft_once *once);

#ifdef __cplusplus
}
#endif

#endif
