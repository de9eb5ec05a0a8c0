/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SHARED_QUEUE_H
#define WEFT_SHARED_QUEUE_H

/* A bounded FIFO queue between the processes of one program. */

#include <stddef.h>

#include "arena.h"
#include "time.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_shared_queue {
    weft_offset at;
} weft_shared_queue;

/**
 * A bounded FIFO queue of items of one size, in the arena. There is no hidden
 * feeder: an item is in the queue when put returns. (A process that is stopped, as by a
 * debugger, in the middle of a call holds the others up: for 1 s in calls that should
 * not block, and until the deadline in others.)
 *
 * @param item_size  bytes of one item
 * @param capacity   items, at least 1
 * @return 0; WEFT_EINVAL: a size is 0; WEFT_ENOMEM, WEFT_ELIMIT
 *
 * Threads: any.   Python: multiprocessing.Queue(maxsize).
 */
WEFT_MUST_CHECK int weft_shared_queue_create(weft_shared_queue *queue, size_t item_size,
                                             size_t capacity);

/**
 * A copy of the item is in the queue.
 *
 * @param item   item_size bytes, still the caller's
 * @param until  absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT: it stayed full; WEFT_ECLOSED; WEFT_EINVAL: misuse
 *
 * Threads: any, in any process.   Python: Queue.put.
 */
WEFT_MUST_CHECK int weft_shared_queue_put(weft_shared_queue queue, const void *item,
                                          weft_time until);

/**
 * The oldest item has been taken out. An item is wholly in the queue or wholly
 * out; a process that dies loses at most the one that it was taking.
 *
 * @param item  receives item_size bytes; untouched on error
 * @return 0; WEFT_ETIMEDOUT: it stayed empty; WEFT_ECLOSED: closed for putting and
 *         empty; WEFT_EINVAL: misuse
 *
 * Threads: any, in any process.   Python: Queue.get; queue.Empty is WEFT_ETIMEDOUT.
 */
WEFT_MUST_CHECK int weft_shared_queue_get(weft_shared_queue queue, void *item, weft_time until);

/** How many items it holds at this moment. Threads: any. Python: qsize, on every system. */
size_t weft_shared_queue_size(weft_shared_queue queue);

/** Nothing can be put any more; what is there can be got. Wakes all. Python: shutdown. */
void weft_shared_queue_shutdown(weft_shared_queue queue);

/** The queue is gone; nobody may use it any more. Threads: any. */
void weft_shared_queue_close(weft_shared_queue queue);

#ifdef __cplusplus
}
#endif

#endif
