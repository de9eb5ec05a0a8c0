/* SPDX-License-Identifier: MIT */
#ifndef WEFT_CANCEL_H
#define WEFT_CANCEL_H

/*
 * A token that asks work to stop: a bit, with a parent and an expiry if wanted.
 *
 *     weft_cancel stop = WEFT_CANCEL_INIT;
 *     weft_submit_with(pool, &f, crawl, &site, sizeof(site),
 *                      &(weft_submit_options){.cancel = &stop}, WEFT_FOREVER);
 *     ...
 *     weft_cancel_request(&stop);       // whatever crawl() waits for returns WEFT_ECANCELED
 *
 *     weft_cancel part = {.parent = &stop, .expires = weft_in(WEFT_S(2))};
 *
 * Every task runs under a token of its own, whose parent its starter may choose. A
 * cancelled token ends each wait of the task: sleep, condition, semaphore, event,
 * barrier, once, queue, future, join, those between processes (weft/shared.h), and those
 * of sockets (weft/socket.h; sdl2: within 50 ms). What the wait was for is not lost: an
 * item, a permit, a byte or a notification that was there first is taken, and the next
 * wait fails.
 * Locks (mutex, rmutex, rwlock) are ended only where a deadline was given: who acquires
 * with WEFT_FOREVER may rely on having it. Calls with WEFT_NOW do not wait, and are told
 * what they would be told without a token.
 *
 * Tokens are ended from outside and looked at from inside; none kills anything. A task
 * that computes asks weft_cancel_check() now and then. All zero is valid; there is
 * nothing to close. A token must outlive the tasks under it and the tokens whose parent
 * it is.
 */

#include <stdbool.h>

#include "atomic.h"
#include "time.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_cancel {
    weft_atomic_u32 requested;        /* 1 from the request on; written with seq_cst */
    const struct weft_cancel *parent; /* its end is this one's too; NULL: none. Set, like
                                         expires, before the token is used */
    weft_time expires;                /* an instant at which it is cancelled by itself; 0: never */
} weft_cancel;

#define WEFT_CANCEL_INIT {{0}, 0, 0}

/**
 * The token is cancelled, for good, and all that its tasks wait on goes on.
 *
 * Costs a look at every sleeping thread: made to be called seldom.
 *
 * Threads: any, any number of times.   Python: none (nearest: threading.Event).
 * Go: context.CancelFunc. nsync: nsync_note_notify.
 */
void weft_cancel_request(weft_cancel *cancel);

/** Whether it or one of its parents was cancelled or has expired. NULL: false. Threads: any. */
bool weft_cancel_requested(const weft_cancel *cancel);

/** The token that the calling thread works under; NULL: none. Threads: any. */
const weft_cancel *weft_cancel_current(void);

/**
 * The calling thread works under this token until the next call.
 *
 *     const weft_cancel *before = weft_cancel_enter(&part);
 *     ...
 *     weft_cancel_enter(before);
 *
 * @param cancel  NULL: under none, for clean-up that must be able to wait
 * @return the token before
 *
 * Threads: any, each for itself.   Go: context.WithTimeout for a part of a function.
 */
const weft_cancel *weft_cancel_enter(const weft_cancel *cancel);

/**
 * Whether the calling task may go on.
 *
 * @return 0; WEFT_ECANCELED: its token was cancelled or has expired, and the sentence
 *         says which
 *
 * Threads: any.   Java: Thread.interrupted.
 */
int weft_cancel_check(void);

/**
 * From now on Ctrl-C asks the program to stop instead of ending it.
 *
 *     weft_cancel stop = WEFT_CANCEL_INIT;
 *     CHECK(weft_cancel_on_interrupt(&stop));
 *     weft_cancel_enter(&stop);                  // main()'s own waits end, too
 *     pool = weft_process_pool(&(weft_pool_options){.cancel = &stop});
 *     ...
 *     return weft_interrupted() ? 130 : 0;
 *
 * The first Ctrl-C (SIGINT, CTRL_C_EVENT) requests the token. The second one ends the
 * process at once, with code 130; its children end with it. Without this call Ctrl-C does
 * what the system does: it ends the program, and weft's children with it.
 *
 * @param cancel  must live as long as the program; NULL: the system's behaviour again
 * @return 0; WEFT_ELIMIT, WEFT_ENOMEM: no thread or no pipe to listen with
 *
 * Threads: any.   Python: KeyboardInterrupt. Go: signal.NotifyContext.
 */
int weft_cancel_on_interrupt(weft_cancel *cancel);

/** Whether Ctrl-C has come since weft_cancel_on_interrupt(). Threads: any. */
bool weft_interrupted(void);

#ifdef __cplusplus
}
#endif

#endif
