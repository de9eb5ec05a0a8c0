/* SPDX-License-Identifier: MIT */
#ifndef WEFT_EVENT_H
#define WEFT_EVENT_H

/* A flag that threads wait for. All zero bits are an event that is not set. */

#include "atomic.h"
#include "time.h"
#include "wait_any.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_event {
    weft_atomic_u32 state; /* lowest bits: 0 clear, 1 clear and threads may sleep, 2 set;
                              the others count the sets */
} weft_event;

#define WEFT_EVENT_INIT {{0}}

/** The event is set, and all who wait for it go on. Threads: any. Python: Event.set. */
void weft_event_set(weft_event *event);

/** The event is not set. Threads: any. Python: Event.clear. */
void weft_event_clear(weft_event *event);

/** Whether it is set. What came before the set is visible then. Threads: any. Python: is_set. */
bool weft_event_is_set(const weft_event *event);

/**
 * The event was set at some instant of the call.
 *
 * @param until  absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT: it was not set in time; WEFT_ECANCELED: nor before the calling
 *         task was cancelled
 *
 * Threads: any.   Python: Event.wait.
 */
int weft_event_wait(weft_event *event, weft_time until);

/** For weft_wait_any(): ready while the event is set. Threads: any. */
weft_waitable weft_event_waitable(weft_event *event);

/**
 * The event is not used any more. Nothing has to be freed: this only checks.
 *
 * @return 0; WEFT_EBUSY: misuse, threads wait for it
 *
 * Threads: any.   POSIX: pthread_cond_destroy is nearest.
 */
int weft_event_destroy(weft_event *event);

#ifdef __cplusplus
}
#endif

#endif
