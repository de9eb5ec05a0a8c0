/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SHARED_QUEUE_H
#define WEFT_SHARED_QUEUE_H

/*
 * A bounded FIFO queue between the processes of one program, for items of any size.
 *
 *     weft_shared_queue q;
 *     CHECK(weft_shared_queue_create(&q, NULL));
 *     CHECK(weft_shared_queue_put(q, &job, sizeof(job), WEFT_FOREVER));
 *     ...                                              // in another process
 *     CHECK(weft_shared_queue_get(q, &job, sizeof(job), NULL, WEFT_FOREVER));
 *
 * There is no hidden feeder: an item is in the queue when put returns. An item is
 * wholly in the queue or wholly out, whoever is killed at which instruction; a process
 * that dies loses at most the item that it was taking. (A process that is stopped, as by a
 * debugger, in the middle of a call holds the others up: for 1 s in calls that should
 * not block, and until the deadline in others.)
 */

#include <stddef.h>

#include "arena.h"
#include "ending.h"
#include "time.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_shared_queue {
    weft_offset at; /* 0: no queue */
} weft_shared_queue;

/* All zero is the default. */
typedef struct weft_shared_queue_options {
    size_t items; /* that it holds at most; 0: as many as the bytes allow, below 2^24 */
    size_t bytes; /* of all its items together, each with 8 more and rounded up to 8;
                     0: 64 KiB. An item that can never fit is refused with WEFT_ETOOBIG */
} weft_shared_queue_options;

/**
 * An empty queue in the arena.
 *
 * @param options  NULL: none
 * @return 0; WEFT_EINVAL: items or bytes are too many; WEFT_ENOMEM, WEFT_ELIMIT: as
 *         weft_shared_alloc()
 *
 * Threads: any.   Python: multiprocessing.JoinableQueue(maxsize).
 */
WEFT_MUST_CHECK int weft_shared_queue_create(weft_shared_queue *queue,
                                             const weft_shared_queue_options *options);

/**
 * A copy of the item is in the queue.
 *
 * @param item   `size` bytes, still the caller's
 * @param until  absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT: it stayed full; WEFT_ECLOSED: it was shut down;
 *         WEFT_ECANCELED: the task was, while it was full; WEFT_ETOOBIG: such an item
 *         does not fit into the empty queue; WEFT_EINVAL: misuse, no queue
 *
 * Threads: any, in any process.   Python: Queue.put.
 */
WEFT_MUST_CHECK int weft_shared_queue_put(weft_shared_queue queue, const void *item, size_t size,
                                          weft_time until);

/**
 * The oldest item has been taken out.
 *
 * @param item    receives it; untouched on error
 * @param size    bytes that are there for it
 * @param length  receives the item's size, also with WEFT_ETOOBIG; NULL: it must be `size`,
 *                otherwise WEFT_ETOOBIG
 * @return 0; WEFT_ETIMEDOUT: it stayed empty; WEFT_ECLOSED: shut down and empty;
 *         WEFT_ECANCELED; WEFT_ETOOBIG: the item has another size than the caller has room
 *         for, and is still the oldest; WEFT_EINVAL: misuse, no queue
 *
 * Threads: any, in any process.   Python: Queue.get; queue.Empty is WEFT_ETIMEDOUT.
 */
WEFT_MUST_CHECK int weft_shared_queue_get(weft_shared_queue queue, void *item, size_t size,
                                          size_t *length, weft_time until);

/** One item that was got has been dealt with. 0; WEFT_EINVAL: misuse, more often than items
 * were put. Python: JoinableQueue.task_done. */
int weft_shared_queue_task_done(weft_shared_queue queue);

/**
 * Every item that was put has been dealt with. An item that a process took and died with
 * stays undone: give a deadline.
 *
 * @return 0; WEFT_ETIMEDOUT, WEFT_ECANCELED: the sentence says how many are left
 *
 * Threads: any.   Python: JoinableQueue.join.
 */
int weft_shared_queue_join(weft_shared_queue queue, weft_time until);

/** How many items it holds at this moment. Threads: any. Python: qsize, on every system. */
size_t weft_shared_queue_size(weft_shared_queue queue);

/**
 * Nothing can be put any more; all who wait go on.
 *
 * @param ending  WEFT_DRAIN: what is there can still be got; WEFT_DISCARD: it is dropped,
 *                and counts as done
 *
 * Threads: any, also twice.   Python: Queue.shutdown(immediate).
 */
void weft_shared_queue_shutdown(weft_shared_queue queue, enum weft_ending ending);

/** The queue is gone; nobody may use it any more. Threads: any. */
void weft_shared_queue_close(weft_shared_queue queue);

#ifdef __cplusplus
}
#endif

#endif
