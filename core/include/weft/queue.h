/* SPDX-License-Identifier: MIT */
#ifndef WEFT_QUEUE_H
#define WEFT_QUEUE_H

/*
 * A queue between the threads of one process. Items are copied in and out.
 *
 *     weft_queue *jobs;
 *     CHECK(weft_queue_create(&jobs, sizeof(int), NULL));
 *     CHECK(weft_queue_put(jobs, &i, WEFT_FOREVER));
 *     while (weft_queue_get(jobs, &i, WEFT_NOW) == 0)     // until Empty
 *         ...
 *     weft_queue_close(jobs);
 *
 * Between processes: weft/shared_queue.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/compiler.h>
#include <weft/ending.h>
#include <weft/time.h>
#include <weft/wait_any.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_queue weft_queue;

enum weft_order_of_items {
    WEFT_FIFO,    /* the oldest item first; Python: Queue */
    WEFT_LIFO,    /* the newest item first; Python: LifoQueue */
    WEFT_PRIORITY /* the least item first, equal ones in their order; Python: PriorityQueue */
};

/* All zero is the default: FIFO without a bound. */
typedef struct weft_queue_options {
    size_t capacity; /* items; put waits when so many are there; 0: no bound */
    enum weft_order_of_items order;
    int (*compare)(const void *a, const void *b); /* for WEFT_PRIORITY, as qsort's; called with
                                                     the queue locked: must not use the queue */
} weft_queue_options;

/**
 * An empty queue.
 *
 * @param queue      receives the queue
 * @param item_size  bytes of one item, at least 1
 * @param options    NULL: none
 * @return 0; WEFT_EINVAL: item_size is 0, or WEFT_PRIORITY lacks compare; WEFT_ENOMEM
 *
 * Threads: any.   Python: queue.Queue(maxsize).
 */
WEFT_MUST_CHECK int weft_queue_create(weft_queue **queue, size_t item_size,
                                      const weft_queue_options *options);

/**
 * A copy of the item is in the queue.
 *
 * @param item   item_size bytes, still the caller's
 * @param until  absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT: it stayed full; WEFT_ECLOSED: it was shut down;
 *         WEFT_ECANCELED: the task was, while it was full (weft/cancel.h);
 *         WEFT_ENOMEM: no room to grow, the item is not in
 *
 * Threads: any.   Python: Queue.put; queue.Full is WEFT_ETIMEDOUT.
 */
WEFT_MUST_CHECK int weft_queue_put(weft_queue *queue, const void *item, weft_time until);

/**
 * The next item has been taken out, waiting until there is one.
 *
 * @param item   receives item_size bytes; untouched on error
 * @param until  absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT: nothing came; WEFT_ECLOSED: shut down and empty;
 *         WEFT_ECANCELED: the task was, while it was empty
 *
 * Threads: any.   Python: Queue.get; queue.Empty is WEFT_ETIMEDOUT.
 */
WEFT_MUST_CHECK int weft_queue_get(weft_queue *queue, void *item, weft_time until);

/**
 * Copies of all items are in the queue, in their order.
 *
 * Faster than one by one. Items of other threads may come between them.
 *
 * @param items  `count` items one after another, still the caller's
 * @param put    receives how many are in, also after an error: the first ones; NULL: not
 *               wanted
 * @return as weft_queue_put()
 *
 * Threads: any.   Python: none.
 */
WEFT_MUST_CHECK int weft_queue_put_many(weft_queue *queue, const void *items, size_t count,
                                        size_t *put, weft_time until);

/**
 * The next items have been taken out: all that are there at once, waiting for the first.
 *
 * @param items  receives up to `most` items; untouched on error
 * @param most   at least 1
 * @param got    receives how many, at least 1; untouched on error
 * @return as weft_queue_get(); WEFT_EINVAL: misuse, `most` is 0
 *
 * Threads: any.   Python: none.
 */
WEFT_MUST_CHECK int weft_queue_get_many(weft_queue *queue, void *items, size_t most, size_t *got,
                                        weft_time until);

/**
 * One item that was got has been dealt with.
 *
 * @return 0; WEFT_EINVAL: misuse, called more often than items were put
 *
 * Threads: any.   Python: Queue.task_done.
 */
int weft_queue_task_done(weft_queue *queue);

/**
 * Every item that was put has been dealt with.
 *
 * @return 0; WEFT_ETIMEDOUT, WEFT_ECANCELED: the sentence says how many are left
 *
 * Threads: any.   Python: Queue.join.
 */
int weft_queue_join(weft_queue *queue, weft_time until);

/** How many items it holds at this moment. Threads: any. Python: Queue.qsize. */
size_t weft_queue_size(weft_queue *queue);

/** For weft_wait_any(): ready while it holds an item or is shut down. Threads: any. */
weft_waitable weft_queue_waitable(weft_queue *queue);

/* What a queue has seen since its creation. */
typedef struct weft_queue_stats {
    size_t size;       /* items in it */
    size_t size_most;  /* the most there were at once. With several threads at work it may be
                          a few too many, never too few */
    uint64_t put;      /* items put */
    uint64_t got;      /* items got, or dropped by WEFT_DISCARD */
    size_t unfinished; /* put and not yet task_done */
    unsigned getters;  /* threads that wait for an item */
    unsigned putters;  /* threads that wait for room */
} weft_queue_stats;

/** Figures that belong together only while nobody uses the queue. Threads: any. */
void weft_queue_stats_get(weft_queue *queue, weft_queue_stats *stats);

/**
 * Nothing can be put any more; all who wait go on.
 *
 * @param ending  WEFT_DRAIN: what is there can still be got; WEFT_DISCARD: it is
 *                dropped, and counts as done for weft_queue_join()
 *
 * Threads: any, also twice.   Python: Queue.shutdown(immediate).
 */
void weft_queue_shutdown(weft_queue *queue, enum weft_ending ending);

/**
 * The queue and what it holds are gone.
 *
 * @param queue  NULL: nothing happens
 * @return 0; WEFT_EBUSY: misuse, threads wait in it, and it stays as it is
 *
 * Threads: when no other uses it.
 */
int weft_queue_close(weft_queue *queue);

#ifdef __cplusplus
}
#endif

#endif
