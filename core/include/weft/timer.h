/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TIMER_H
#define WEFT_TIMER_H

/*
 * Something to be done later, once or again and again.
 *
 *     weft_timer *alarm;
 *     CHECK(weft_timer_start(&alarm, weft_in(WEFT_S(5)), ring, &bell, sizeof(bell)));
 *     ...
 *     weft_timer_cancel(alarm, WEFT_NOW);
 *     weft_timer_close(alarm);
 *
 * All timers of a program share one thread, which is there while there are timers. What
 * takes long runs in a pool: .executor.
 */

#include <stddef.h>

#include <weft/compiler.h>
#include "executor.h"
#include <weft/task.h>
#include <weft/time.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_timer weft_timer;

/* All zero is the default. */
typedef struct weft_timer_options {
    weft_time every;         /* again so long after the time before, in ns; 0: once. Times that
                                passed while the function ran are left out */
    weft_executor *executor; /* runs the function, and must outlive the timer; NULL: the timers'
                                own thread, where it delays all other timers */
} weft_timer_options;

/**
 * `function` will run at the instant `at`, or soon after.
 *
 * @param timer     receives the handle; NULL: none wanted, a single shot frees itself
 * @param at        absolute, monotonic ns: weft_in(); the past: at once
 * @param argument  `size` bytes, copied
 * @return 0; WEFT_ENOMEM; WEFT_ELIMIT: no thread for the timers; WEFT_EINVAL: misuse, no
 *         function, or an endless repetition without a handle. Nothing runs after an error.
 *
 * Threads: any, timers too.   Python: threading.Timer(interval, function, args).start().
 * An error of the function is told to weft_on_failure(), unless the timer was cancelled and
 * it says WEFT_ECANCELED; so is a refusal by the executor, which is asked again the next time.
 */
WEFT_MUST_CHECK int weft_timer_start(weft_timer **timer, weft_time at, weft_function *function,
                                     const void *argument, size_t size);

/** The same with options (NULL: none). */
WEFT_MUST_CHECK int weft_timer_start_with(weft_timer **timer, weft_time at,
                                          weft_function *function, const void *argument,
                                          size_t size, const weft_timer_options *options);

/**
 * The function does not run now and will not run any more.
 *
 * Its token is cancelled too, if it runs just now (weft/cancel.h).
 *
 * @param until  how long to wait for the end of a run that has begun; with WEFT_NOW 0 says of a
 *               single shot that it was prevented
 * @return 0: it was prevented, or its last repetition has ended; WEFT_ECLOSED: a single
 *         shot had run before; WEFT_ETIMEDOUT: it still runs; WEFT_ECANCELED: it still runs,
 *         and the caller was cancelled; WEFT_EDEADLK: misuse, called by the timer's own
 *         function with a deadline other than WEFT_NOW, and it goes on
 *
 * Threads: any.   Python: Timer.cancel.
 */
int weft_timer_cancel(weft_timer *timer, weft_time until);

/** Cancelled, waited for unless its own function calls, and gone. NULL is allowed. */
void weft_timer_close(weft_timer *timer);

#ifdef __cplusplus
}
#endif

#endif
