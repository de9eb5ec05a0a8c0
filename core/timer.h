/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TIMER_PRIVATE_H
#define WEFT_TIMER_PRIVATE_H

/* The thread that all timers share: what weft/timer.h and delayed tasks are built on.
 * timer_thread.c */

#include <stdbool.h>

#include "timer_heap.h"

/*
 * `call(context)` will be called once at the instant `at`, or soon after, in the timers'
 * thread with no lock held; earlier instants first, equal ones in the order of arming. The
 * entry is the caller's memory, all zero before its first use, and the thread's from here
 * until `call` begins or the entry is withdrawn: `call` may free it or arm it again.
 *
 * An entry that is armed is moved; that, and any use inside a `call`, cannot fail. Else:
 * 0; WEFT_ENOMEM, WEFT_ELIMIT: there is no thread, and nothing will be called.
 */
int weft__timer_call(weft__timer_entry *entry, weft_time at, void (*call)(void *context),
                     void *context);

/* True: it will not be called, and the entry is the caller's again. False: it was called,
 * or is about to be, or was never armed. */
bool weft__timer_withdraw(weft__timer_entry *entry);

/* The clock of the timers. */
weft_time weft__timer_now(void);

/* ---- for tests ---------------------------------------------------------------- */

/* The thread has ended, without the second that it waits for more. 0; WEFT_ETIMEDOUT: some
 * entry is armed, or a call runs. Its memory goes a moment later. */
int weft__timers_end(weft_time until);

/* Whether the thread is there. */
bool weft__timers_running(void);

#endif
