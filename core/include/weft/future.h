/* SPDX-License-Identifier: MIT */
#ifndef WEFT_FUTURE_H
#define WEFT_FUTURE_H

/*
 * The result of a task that may not have run yet.
 *
 *     weft_future *f;
 *     CHECK(weft_submit(pool, &f, square, &x, sizeof(x)));
 *     CHECK(weft_future_result(f, &y, sizeof(y), weft_in(WEFT_S(5))));
 *     weft_future_release(f);
 *
 * A future ends in exactly one result, error or cancellation. It may be released
 * at any time, also before the task has run.
 */

#include <stdbool.h>
#include <stddef.h>

#include <weft/compiler.h>
#include <weft/time.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_future weft_future;

/**
 * The task's result.
 *
 * @param result  receives `size` bytes; untouched on error; NULL: not wanted
 * @param size    bytes, as the task returned; 0 with NULL
 * @param until   absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT: not done yet; WEFT_ECANCELED; WEFT_ELOST: its worker
 *         process died, and the sentence says how; WEFT_EINVAL: misuse, the result has
 *         another size; or the code that the task returned, with its sentence in
 *         weft_last_error(). (A task may return WEFT_ETIMEDOUT itself: weft_future_done
 *         tells.)
 *
 * Threads: any, any number of times.   Python: Future.result(timeout).
 */
WEFT_MUST_CHECK int weft_future_result(weft_future *future, void *result, size_t size,
                                       weft_time until);

/** The result's size in bytes once it is done; 0 before, or without a result. Threads: any. */
size_t weft_future_size(weft_future *future);

/** Done: with a result, an error or cancelled. Threads: any. Python: Future.done. */
bool weft_future_done(weft_future *future);

/** The task has begun and not ended. Threads: any. Python: Future.running. */
bool weft_future_running(weft_future *future);

/**
 * The task will never run.
 *
 * @return 0: it is cancelled, now or before; WEFT_EBUSY: it runs already; WEFT_ECLOSED:
 *         it is done
 *
 * Threads: any.   Python: Future.cancel.
 */
int weft_future_cancel(weft_future *future);

/* Told that a future is done. May use it, not keep it. */
typedef void weft_done_function(weft_future *future, void *context);

/**
 * `tell` is called once when the future is done: in the thread that finishes it
 * (a worker, or the thread that cancels), or in this one if it is done already. No
 * lock is held then; it must not block.
 *
 * @return 0; WEFT_ENOMEM: it will not be called
 *
 * Threads: any.   Python: Future.add_done_callback.
 */
int weft_future_on_done(weft_future *future, weft_done_function *tell, void *context);

/**
 * The caller is done with the future. Its task is not cancelled.
 *
 * @param future  NULL: nothing happens
 *
 * Threads: any, once per future.
 */
void weft_future_release(weft_future *future);

enum weft_wait_for { WEFT_ALL_COMPLETED, WEFT_FIRST_COMPLETED };

/**
 * All, or the first, of the futures are done.
 *
 * @param futures  `count` of them; still the caller's
 * @return 0; WEFT_ETIMEDOUT: ask weft_future_done() of each; WEFT_ENOMEM; WEFT_EINVAL:
 *         count is 0 for the first
 *
 * Threads: any.   Python: concurrent.futures.wait.
 */
int weft_future_wait(weft_future *const *futures, size_t count, enum weft_wait_for what,
                     weft_time until);

typedef struct weft_completion weft_completion;

/**
 * The futures, one after another in the order in which they get done.
 *
 *     CHECK(weft_as_completed(&done, futures, 100));
 *     while (weft_completion_next(done, &i, WEFT_FOREVER) == 0)
 *         ... futures[i] ...
 *     weft_completion_close(done);
 *
 * @param completion  receives the iterator
 * @param futures     `count` of them; still the caller's
 * @return 0; WEFT_ENOMEM
 *
 * Threads: any.   Python: concurrent.futures.as_completed.
 */
WEFT_MUST_CHECK int weft_as_completed(weft_completion **completion, weft_future *const *futures,
                                      size_t count);

/**
 * Another future is done.
 *
 * @param index  receives its place in the array
 * @return 0; WEFT_ETIMEDOUT: none got done in time; WEFT_ECLOSED: all have been told
 *
 * Threads: any.   Python: next().
 */
WEFT_MUST_CHECK int weft_completion_next(weft_completion *completion, size_t *index,
                                         weft_time until);

/** The iterator is gone, the futures stay; NULL is allowed. */
void weft_completion_close(weft_completion *completion);

#ifdef __cplusplus
}
#endif

#endif
