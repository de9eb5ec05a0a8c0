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
#include <weft/task.h>
#include <weft/time.h>
#include <weft/wait_any.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_future weft_future;
typedef struct weft_executor weft_executor;

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
 *         tells.) WEFT_EDEADLK: misuse, a task of a thread pool asks, and the future waits
 *         for that task; the sentence names the chain.
 *
 * A task that asks for a future of its own thread pool which has not begun runs it itself.
 *
 * Threads: any, any number of times.   Python: Future.result(timeout).
 */
WEFT_MUST_CHECK int weft_future_result(weft_future *future, void *result, size_t size,
                                       weft_time until);

/**
 * The result where it lies, without a copy.
 *
 * @param view  receives its address, aligned for any type, valid until the caller releases
 *              the future; NULL for a result of no bytes
 * @param size  receives its size in bytes
 * @return as weft_future_result()
 *
 * Threads: any, any number of times.   Python: none.
 */
WEFT_MUST_CHECK int weft_future_view(weft_future *future, const void **view, size_t *size,
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

/**
 * The task is asked to stop: what has not begun is cancelled; in what runs, every wait
 * returns WEFT_ECANCELED from now on (weft/cancel.h). The future is done when the task
 * has returned, or, in a pool of processes, when its worker was killed because the pool's
 * `grace` was over (WEFT_ECANCELED; the sentence says so).
 *
 * @return 0: also if it was cancelled before; WEFT_ECLOSED: it is done
 *
 * Threads: any.   Python: none. Java: Future.cancel(true).
 */
int weft_future_interrupt(weft_future *future);

/* Told that a future is done. May use it, not keep it. */
typedef void weft_done_function(weft_future *future, void *context);

/**
 * `tell` is called once when the future is done: in the thread that finishes it
 * (a worker, a process pool's own thread, or the thread that cancels), or in this one if
 * it is done already. No lock is held then; it must not block.
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

enum weft_wait_for {
    WEFT_ALL_COMPLETED,
    WEFT_FIRST_COMPLETED,
    WEFT_FIRST_FAILED /* one has failed or was cancelled, or all are done */
};

/**
 * All of the futures are done, or one is, or one has failed.
 *
 * @param futures  `count` of them; still the caller's
 * @return 0; WEFT_ETIMEDOUT: ask weft_future_done() of each; WEFT_ENOMEM; WEFT_EINVAL:
 *         count is 0 for the first; WEFT_ECANCELED: the caller was cancelled meanwhile
 *
 * Threads: any.   Python: concurrent.futures.wait.
 */
int weft_future_wait(weft_future *const *futures, size_t count, enum weft_wait_for what,
                     weft_time until);

/**
 * `function` will run in the pool with the result of `future` as its argument.
 *
 *     CHECK(weft_submit(pool, &page, fetch, &url, sizeof(url)));
 *     CHECK(weft_then(pool, &words, page, count_words));      // WEFT_ARG: what fetch returned
 *
 * If `future` fails, so does the new one, with the same code and sentence; if it is
 * cancelled, so is the new one. The function does not run then. Cancelling the new one
 * leaves `future` alone.
 *
 * @param executor  must live until `future` is done; closing a pool ends its own futures first
 * @param next      receives the new future
 * @param future    still the caller's, and may be released at once
 * @return 0; WEFT_ENOMEM; WEFT_EINVAL: misuse, no function. What the pool refuses when
 *         `future` is done is the error of *next: WEFT_ECLOSED, it is shut down.
 *
 * Threads: any.   JavaScript: Promise.then. Python: none (PR 5335).
 */
WEFT_MUST_CHECK int weft_then(weft_executor *executor, weft_future **next, weft_future *future,
                              weft_function *function);

/**
 * The same for a future that failed or was cancelled: `function` gets a weft_failure as its
 * argument, and its result is that of the new future. If `future` has a result, a copy of it is
 * the new one's (WEFT_ENOMEM: there was no memory for that).
 *
 * Threads: any.   JavaScript: Promise.catch.
 */
WEFT_MUST_CHECK int weft_otherwise(weft_executor *executor, weft_future **next,
                                   weft_future *future, weft_function *function);

/* Why a future has no result: WEFT_ARG(task, weft_failure) in a function of weft_otherwise. */
typedef struct weft_failure {
    int code;
    char sentence[256];
} weft_failure;

/**
 * A future that is done when all of `futures` are: without a result, or with the error of
 * the first, in time, that failed, at once.
 *
 * @param all      receives the new future
 * @param futures  `count` of them, still the caller's, may be released at once; 0: it is done
 * @return 0; WEFT_ENOMEM
 *
 * Cancelling or interrupting it does so with all of them. Cancelled, it is done at once, while
 * those that run go on; interrupted, it is done when they have ended it.
 *
 * Threads: any.   JavaScript: Promise.all. Python: asyncio.gather.
 */
WEFT_MUST_CHECK int weft_future_all(weft_future **all, weft_future *const *futures, size_t count);

/**
 * A future that is done when the first of `futures` has a result: with its place in the
 * array (a size_t); or when all have failed, with the error of the last.
 *
 * Cancel and interrupt reach its members as those of weft_future_all().
 *
 * @return 0; WEFT_ENOMEM; WEFT_EINVAL: count is 0
 *
 * Threads: any.   JavaScript: Promise.any.
 */
WEFT_MUST_CHECK int weft_future_any(weft_future **any, weft_future *const *futures, size_t count);

/** For weft_wait_any(): ready when the future is done. The future is lent. Threads: any. */
weft_waitable weft_future_waitable(weft_future *future);

/*
 * WEFT_TYPED_FUTURE(page_future, struct page) makes a type of its own for futures whose
 * result is a struct page, so that the compiler sees a mistaken result:
 *
 *     page_future f;
 *     CHECK(page_future_submit(pool, &f, fetch, &url, sizeof(url)));
 *     CHECK(page_future_result(f, &page, WEFT_FOREVER));     // a struct page *, or no program
 *     page_future_release(f);
 *
 * f.future is the plain future, for everything else. Include weft/executor.h, and write the
 * macro at file scope; the functions are static.
 */
#define WEFT_TYPED_FUTURE(name, type)                                                           \
    typedef struct name {                                                                       \
        weft_future *future;                                                                    \
    } name;                                                                                     \
    WEFT_MAY_BE_UNUSED static inline WEFT_MUST_CHECK int name##_submit(                         \
        weft_executor *executor, name *typed, weft_function *function, const void *argument,    \
        size_t size)                                                                            \
    {                                                                                           \
        return weft_submit(executor, &typed->future, function, argument, size);                 \
    }                                                                                           \
    WEFT_MAY_BE_UNUSED static inline WEFT_MUST_CHECK int name##_result(                         \
        name typed, type *result, weft_time until)                                              \
    {                                                                                           \
        return weft_future_result(typed.future, result, sizeof(type), until);                   \
    }                                                                                           \
    WEFT_MAY_BE_UNUSED static inline void name##_release(name typed)                            \
    {                                                                                           \
        weft_future_release(typed.future);                                                      \
    }                                                                                           \
    struct weft_swallow_semicolon_##name

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
 * @return 0; WEFT_ETIMEDOUT: none got done in time; WEFT_ECLOSED: all have been told;
 *         WEFT_ECANCELED: the caller was cancelled while it waited
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
