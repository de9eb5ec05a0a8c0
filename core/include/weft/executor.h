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
#include <stdint.h>

#include <weft/cancel.h>
#include <weft/compiler.h>
#include "future.h"
#include "queue.h"
#include <weft/task.h>
#include <weft/time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a submit does when `capacity` tasks wait already. Tasks of the pool itself may always
 * submit: they would wait for themselves. */
enum weft_when_full {
    WEFT_FULL_WAIT,       /* waits for a place, until the deadline */
    WEFT_FULL_REFUSE,     /* returns WEFT_EBUSY */
    WEFT_FULL_RUN,        /* runs the task in the calling thread, before it returns */
    WEFT_FULL_DROP_OLDEST /* cancels the task of the lowest priority that has waited longest */
};

/* All zero is the default. */
typedef struct weft_pool_options {
    unsigned workers; /* threads or processes; 0: weft_cpu_count() */
    const char *name; /* copied; workers are called name-1, name-2, ...; NULL: "Pool" */
    unsigned workers_most; /* so many while tasks wait for one; 0: workers */
    weft_time idle;        /* ns without work after which a worker beyond `workers` ends;
                              0: 10 s */
    size_t capacity;       /* tasks that may wait; 0: no bound */
    enum weft_when_full when_full; /* processes refuse WEFT_FULL_RUN: it is not their caller's
                                      process that a task may harm */
    size_t stack_size;         /* of each worker; 0: the system's. Threads only */
    weft_function *initializer; /* runs first in each worker; its error fails the worker, and,
                                   at creation, the pool */
    const void *argument;       /* of initializer and finalizer, argument_size bytes, copied */
    size_t argument_size;
    weft_function *finalizer;  /* runs last in each worker that was initialized, unless it is
                                  killed */
    const weft_cancel *cancel; /* cancels the pool's tasks too, and must outlive it */
    /* Processes only; a pool of threads refuses these two with WEFT_ENOTSUP. */
    uint64_t tasks_per_worker; /* after so many tasks a worker ends and a new one takes its
                                  place; 0: never. Python: maxtasksperchild */
    weft_time grace; /* ns that a running task may go on after it was asked to stop; then its
                        worker is killed. 0: 100 ms; WEFT_FOREVER: as long as it likes */
} weft_pool_options;

/* How one task is to be run. All zero is the default. */
typedef struct weft_submit_options {
    enum weft_priority priority; /* higher ones begin first, equal ones in their order */
    weft_time at;                /* an instant before which it does not begin; 0: none */
    const weft_cancel *cancel;   /* cancels the task too, and must outlive it; NULL: the pool's */
    /* Processes only. */
    weft_time limit;  /* ns that it may run; then its worker is killed and replaced, and the
                         future says WEFT_EOVERRUN. 0: no limit. A pool of threads refuses it
                         with WEFT_ENOTSUP: give it a token that expires */
    unsigned retries; /* it may be run again when its worker died, up to so many times; only
                         for tasks that do no harm when they run twice. Threads: nothing */
} weft_submit_options;

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
 * A worker that dies fails exactly the task it ran (WEFT_ELOST; the sentence has pid and exit
 * code or signal), or, if that may be tried again, none. A new one takes its place, after a
 * pause if it died before it was ready; after ten such starts in a row the pool gives up, and
 * its tasks end with WEFT_ELOST and the reason. Workers leave Ctrl-C to their parent.
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
 * The same with options.
 *
 * @param options  NULL: none
 * @param until    how long to wait for a place in a pool with a capacity; weft_submit() waits
 *                 WEFT_FOREVER
 * @return also WEFT_ETIMEDOUT: it stayed full; WEFT_EBUSY: it is full (WEFT_FULL_REFUSE);
 *         WEFT_ECANCELED: the caller was, while it was full; WEFT_ENOTSUP: a limit in a pool
 *         of threads
 *
 * Threads: any, tasks too.   Python: none. APR: apr_thread_pool_schedule.
 */
WEFT_MUST_CHECK int weft_submit_with(weft_executor *executor, weft_future **future,
                                     weft_function *function, const void *argument, size_t size,
                                     const weft_submit_options *options, weft_time until);

/* What a pool has done since its creation, and does now. */
typedef struct weft_executor_stats {
    unsigned workers;     /* that live */
    unsigned busy;        /* that run a task now */
    size_t queued;        /* tasks that wait now, without delayed ones */
    size_t queued_most;   /* the most that ever waited */
    uint64_t submitted;   /* tasks taken */
    uint64_t finished;    /* that returned 0 */
    uint64_t failed;      /* that returned an error */
    uint64_t cancelled;   /* that never ran */
    uint64_t timed;       /* tasks whose time in the queue was taken: the first thousand, then
                             one of 64, and at most 64 of those that wait at once */
    weft_time waited_mean; /* ns that these were queued, on average */
    weft_time waited_most; /* ns, the longest */
    /* Processes only, else 0. */
    uint64_t started;      /* worker processes, ever */
    uint64_t lost;         /* tasks whose worker died, among the failed */
    uint64_t retried;      /* times that a task was run again */
    uint64_t bytes_out;    /* of arguments, given to workers */
    uint64_t bytes_in;     /* of results, got from them */
} weft_executor_stats;

/**
 * Figures that belong together only while the pool is idle.
 *
 * @return 0
 *
 * Threads: any.
 */
int weft_executor_stats_get(weft_executor *executor, weft_executor_stats *stats);

/* How items are handed out. All zero is the default. */
typedef struct weft_map_options {
    size_t chunk; /* items per task; 0: chosen from the number of items and workers */
    size_t ahead; /* imap: chunks under way beyond what was taken; 0: four per worker, fewer
                     of large ones */
    const weft_submit_options *task; /* how each chunk is run, its retries for each item of it;
                                        NULL: no wishes. All of a chunk has to keep a limit:
                                        with one, 0 above means 1 */
} weft_map_options;

/**
 * function ran for each item, and results are in the order of the items.
 *
 *     weft_map(pool, square, WEFT_ITEMS(in), WEFT_ITEMS(out), WEFT_FOREVER)
 *
 * @param items         item_count of item_size bytes
 * @param results       result_count of result_size bytes; NULL, 0, 0: none wanted
 * @param until         for all together; tasks that have not begun then are cancelled
 * @return 0; WEFT_EINVAL: misuse, the counts differ; WEFT_ETIMEDOUT;
 *         WEFT_ECANCELED: the calling task was; otherwise the error of the first
 *         item, in order, that failed: the sentence names its index, the results of the
 *         others are valid. After any error no task of this call still uses `results`.
 *
 * Processes: if a worker dies, exactly the item it was at fails (WEFT_ELOST), unless it may
 * be tried again; the rest of its chunk is done by others. Items, and results, that lie in
 * shared memory (weft_shared_alloc()) are not copied but used where they are; what still runs
 * at the deadline is interrupted then and waited for (the pool's `grace`).
 *
 * Threads: any.   Python: Pool.map, list(Executor.map).
 */
WEFT_MUST_CHECK int weft_map(weft_executor *executor, weft_function *function, const void *items,
                             size_t item_size, size_t item_count, void *results,
                             size_t result_size, size_t result_count, weft_time until);

/** The same with options (NULL: none). Python: Pool.map(chunksize). An item that is a struct
 * of several arguments is Pool.starmap. */
WEFT_MUST_CHECK int weft_map_with(weft_executor *executor, weft_function *function,
                                  const void *items, size_t item_size, size_t item_count,
                                  void *results, size_t result_size, size_t result_count,
                                  const weft_map_options *options, weft_time until);

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

/** The same with options (NULL: none). Python: Pool.imap(chunksize), Executor.map(buffersize). */
WEFT_MUST_CHECK int weft_imap_start_with(weft_imap **imap, weft_executor *executor,
                                         weft_function *function, const void *items,
                                         size_t item_size, size_t item_count, size_t result_size,
                                         enum weft_imap_order order,
                                         const weft_map_options *options);

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

/** Cancels what has not begun and forgets the rest; NULL is allowed. Processes that use items
 * in shared memory are interrupted and waited for, as by weft_map(). */
void weft_imap_close(weft_imap *imap);

/**
 * No more tasks are taken, and the workers have ended.
 *
 * @param ending  WEFT_DRAIN: queued and delayed tasks run first; WEFT_DISCARD: they are
 *                cancelled, running ones finish
 * @param until   absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT, WEFT_ECANCELED: tasks still run; call again, or close;
 *         WEFT_EDEADLK: misuse, called by a task of the same pool
 *
 * Threads: any.   Python: Executor.shutdown; Pool.close and join.
 */
int weft_executor_shutdown(weft_executor *executor, enum weft_ending ending, weft_time until);

/**
 * The pool is gone. What is queued is cancelled. Threads: running tasks are asked to stop
 * (weft/cancel.h; those with a token of their own in weft_submit_options are not) and waited
 * for. Processes: they are killed, and their futures end with WEFT_ELOST. Futures stay.
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
