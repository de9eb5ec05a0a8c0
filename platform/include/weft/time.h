/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TIME_H
#define WEFT_TIME_H

/*
 * Instants of the monotonic clock, in nanoseconds.
 *
 * Every call of weft that can block ends in `weft_time until`: the instant at
 * which it gives up. There is no other unit and no other kind of timeout, so a
 * deadline can be handed from call to call without arithmetic, and setting the
 * wall clock never matters.
 *
 *     weft_time until = weft_in(WEFT_S(2));
 *     err = weft_queue_get(q, &item, until);
 *     err = weft_socket_send(s, item, size, &sent, until);  // what is left of the 2 s
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int64_t weft_time;

#define WEFT_NOW ((weft_time)0)               /* do not block */
#define WEFT_FOREVER ((weft_time)INT64_MAX)   /* no deadline */

#define WEFT_NS(n) ((weft_time)(n))
#define WEFT_US(n) ((weft_time)(n) * 1000)
#define WEFT_MS(n) ((weft_time)(n) * 1000000)
#define WEFT_S(n) ((weft_time)(n) * 1000000000)

/**
 * The present instant.
 *
 * @return ns since an arbitrary moment before the program began, always > 0 and
 *         never going back, whatever happens to the wall clock
 *
 * Threads: any.   Python: time.monotonic_ns.
 */
weft_time weft_clock(void);

/**
 * The instant that lies `duration` after now.
 *
 * @param duration  ns, e.g. WEFT_MS(50); zero or negative means now. Sums that
 *                  pass the end of time are WEFT_FOREVER.
 *
 * Threads: any.   Python: time.monotonic() + seconds.
 */
weft_time weft_in(weft_time duration);

/**
 * The calling thread has slept for at least `duration`.
 *
 * @param duration  ns, e.g. WEFT_S(2); zero or negative: returns at once
 * @return 0; WEFT_ECANCELED: the calling task was cancelled before (weft/cancel.h)
 *
 * Threads: any.   Python: time.sleep.
 */
int weft_sleep(weft_time duration);

#ifdef __cplusplus
}
#endif

#endif
