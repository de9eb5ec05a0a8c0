/* SPDX-License-Identifier: MIT */
#ifndef WEFT_EXECUTOR_H
#define WEFT_EXECUTOR_H

/*
 * Pools of threads or of processes: one interface, two constructors.
 *
 *     weft_executor *pool = weft_process_pool(&(weft_pool_options){.workers = 5});
 *     CHECK(weft_map(pool, square, WEFT_ITEMS(in), WEFT_ITEMS(out), WEFT_FOREVER));
 *     weft_executor_close(pool);
 *
 * A submit that returns an error never runs the task; one that returns 0 ends in
 * exactly one result, error or cancellation. In a process pool, a worker that
 * dies fails exactly the task it ran (WEFT_ELOST, with pid and exit code or
 * signal); a new worker takes its place and nothing else is lost.
 */

#include <stddef.h>

#include <weft/compiler.h>
#include "future.h"
#include "queue.h"
#include <weft/task.h>
#include <weft/time.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_executor weft_executor;

/* All zero is the default. */
typedef struct weft_pool_options {
    unsigned workers; /* threads or processes; 0: weft_cpu_count() */
    const char *name; /* copied; workers are called name-1, name-2, ...; NULL: "Pool" */
} weft_pool_options;

/**
 * A pool of threads, all started.
 *
 * @param options  NULL: none
 * @return the pool; NULL: out of memory, or the system refused a thread; then
 *         weft_last_error() says which, and none is left behind
 *
 * Threads: any.   Python: ThreadPoolExecutor(max_workers).
 */
WEFT_MUST_CHECK weft_executor *weft_thread_pool(const weft_pool_options *options);

/**
 * A pool of processes, all started.
 *
 * Needs weft_main() at the top of main(). Task functions and arguments follow
 * the rules of weft_process_start().
 *
 * @param options  NULL: none
 * @return the pool; NULL: as weft_thread_pool(), and the errors of weft_process_start()
 *
 * Threads: any.   Python: ProcessPoolExecutor(max_workers), multiprocessing.Pool.
 */
WEFT_MUST_CHECK weft_executor *weft_process_pool(const weft_pool_options *options);

/** How many workers the pool has. Threads: any. */
unsigned weft_executor_workers(const weft_executor *executor);

/**
 * The task is queued, and will run in a worker.
 *
 * @param future    receives the future, the caller's until weft_future_release();
 *                  NULL: none wanted
 * @param function  the task
 * @param argument  `size` bytes, copied
 * @return 0; WEFT_ECLOSED: the pool was shut down; WEFT_ENOMEM; WEFT_ENOTFOUND: (process
 *         pool) the function belongs to no loaded module; WEFT_ELOST: (process pool)
 *         its workers cannot be started any more, and the sentence says why. The task
 *         does not run then and *future is untouched.
 *
 * Threads: any, tasks too.   Python: Executor.submit, Pool.apply_async.
 */
WEFT_MUST_CHECK int weft_submit(weft_executor *executor, weft_future **future,
                                weft_function *function, const void *argument, size_t size);

/**
 * function ran for each item, and results are in the order of the items.
 *
 *     weft_map(pool, square, WEFT_ITEMS(in), WEFT_ITEMS(out), WEFT_FOREVER)
 *
 * @param items         item_count of item_size bytes
 * @param results       result_count of result_size bytes; NULL, 0, 0: none wanted
 * @param until         for all together; tasks that have not begun then are cancelled
 * @return 0; WEFT_EINVAL: misuse, the counts differ; WEFT_ETIMEDOUT; WEFT_EDEADLK:
 *         misuse, called by a task of the same pool; otherwise the error of the first
 *         item, in order, that failed: the sentence names its index, the results of the
 *         others are valid. After any error no task of this call still uses `results`.
 *
 * Threads: any.   Python: Pool.map, list(Executor.map).
 */
WEFT_MUST_CHECK int weft_map(weft_executor *executor, weft_function *function, const void *items,
                             size_t item_size, size_t item_count, void *results,
                             size_t result_size, size_t result_count, weft_time until);

typedef struct weft_imap weft_imap;

enum weft_imap_order { WEFT_ORDERED, WEFT_UNORDERED };

/**
 * Starts `function` for each item and gives the results one at a time.
 *
 * At most a few items per worker are under way ahead of what was taken.
 *
 *     CHECK(weft_imap_start(&it, pool, square, WEFT_ITEMS(in), sizeof(int), WEFT_UNORDERED));
 *     while (weft_imap_next(it, &i, &y, WEFT_FOREVER) == 0)
 *         ...
 *     weft_imap_close(it);
 *
 * @param imap         receives the iterator
 * @param items        item_count of item_size bytes; must stay until weft_imap_close()
 * @param result_size  bytes of one result; 0: none
 * @param order        WEFT_ORDERED: as the items; WEFT_UNORDERED: as they get done
 * @return 0; WEFT_ENOMEM; the errors of weft_submit()
 *
 * Threads: any.   Python: Pool.imap, Pool.imap_unordered.
 */
WEFT_MUST_CHECK int weft_imap_start(weft_imap **imap, weft_executor *executor,
                                    weft_function *function, const void *items, size_t item_size,
                                    size_t item_count, size_t result_size,
                                    enum weft_imap_order order);

/**
 * The next result.
 *
 * @param index   receives which item it belongs to; NULL: not wanted
 * @param result  receives result_size bytes; untouched on error
 * @return 0; WEFT_ETIMEDOUT: not done in time, call again; WEFT_ECLOSED: there are no
 *         more; or the error of that item's task: *index is set, and the iteration
 *         goes on with the next call
 *
 * Threads: one at a time.   Python: next().
 */
WEFT_MUST_CHECK int weft_imap_next(weft_imap *imap, size_t *index, void *result, weft_time until);

/** Cancels what has not begun and forgets the rest; NULL is allowed. */
void weft_imap_close(weft_imap *imap);

/**
 * No more tasks are taken, and the workers have ended.
 *
 * @param ending  WEFT_DRAIN: queued tasks run first; WEFT_DISCARD: they are cancelled,
 *                running ones finish
 * @param until   absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT: tasks still run; call again, or close; WEFT_EDEADLK:
 *         misuse, called by a task of the same pool
 *
 * Threads: any.   Python: Executor.shutdown; Pool.close and join.
 */
int weft_executor_shutdown(weft_executor *executor, enum weft_ending ending, weft_time until);

/**
 * The pool is gone. What is queued is cancelled; running tasks are waited for
 * (threads) or killed (processes), and their futures end with WEFT_ELOST.
 *
 * @param executor  NULL: nothing happens
 *
 * Threads: when no other uses it; not a task of the pool.   Python: Pool.terminate.
 */
void weft_executor_close(weft_executor *executor);

#ifdef __cplusplus
}
#endif

#endif
