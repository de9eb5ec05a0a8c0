/* SPDX-License-Identifier: MIT */
#ifndef WEFT_PROMISE_STUB_H
#define WEFT_PROMISE_STUB_H

/* What promise.h is about to declare, as chains and groups of futures need it. */

#include "promise.h"
#include "weft/atomic.h"
#include "weft/time.h"

/* One more reference, dropped by weft_future_release(). */
void weft__future_retain(weft_future *future);

/* `future` cannot be done before `source`: a worker that waits for it helps the source
 * first. Keeps a reference of the source until `future` is done. */
void weft__future_follow(weft_future *future, weft_future *source);

/* weft_future_interrupt() of a pending future that has no task of its own calls this
 * instead of cancelling it. Set before others have the future. The call may come while
 * the future gets done, or after. */
void weft__future_on_interrupt(weft_future *future,
                               void (*interrupt)(weft_future *future, void *context),
                               void *context);

/* The result in place, NULL if there is none. */
const void *weft__future_bytes(weft_future *done, size_t *size);

/* Code and sentence (NULL: none was kept); leaves weft_last_error() alone. */
int weft__future_error(weft_future *done, const char **sentence);

/* The word that changes, and is woken, when the future gets done. */
weft_atomic_u32 *weft__future_word(weft_future *future);

/* future_wait.c: one has failed or was cancelled, or all are done. */
int weft__future_wait_first_failed(weft_future *const *futures, size_t count, weft_time until);

#endif
