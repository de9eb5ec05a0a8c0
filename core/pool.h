/* SPDX-License-Identifier: MIT */
#ifndef WEFT_POOL_H
#define WEFT_POOL_H

/* What a kind of pool supplies; executor.c, imap.c and map.c do the rest. */

#include <stdbool.h>

#include "weft/executor.h"

/* One table per kind of pool, so that threads, processes and later others share the
 * public functions. */
struct weft__pool_kind {
    /* The contract of weft_submit_with; the options are valid, or NULL. */
    int (*submit)(weft_executor *executor, weft_future **future, weft_function *function,
                  const void *argument, size_t size, const weft_submit_options *options,
                  weft_time until);
    /* Queues a task whose future is there already; on success takes the producer's reference.
     * Never waits. */
    int (*submit_promise)(weft_executor *executor, weft_future *promise, weft_function *function,
                          const void *argument, size_t size);
    /* The contract of weft_executor_shutdown. */
    int (*shutdown)(weft_executor *executor, enum weft_ending ending, weft_time until);
    /* Ends what still runs, and frees the pool. */
    void (*close)(weft_executor *executor);
    /* Its memory stays, though it be closed and then refuses tasks, until as many unpins. */
    void (*pin)(weft_executor *executor);
    void (*unpin)(weft_executor *executor);
    void (*stats)(weft_executor *executor, weft_executor_stats *stats);
    /* Whether the calling thread is one of the pool's own, which must not wait for it. */
    bool (*is_own)(const weft_executor *executor);
    /* Of futures that are REMOTE, else NULL. The caller has a reference. weft_future_cancel():
     * true if it is cancelled or is about to be; weft_future_running(); and
     * weft_future_interrupt() of one that has begun. */
    bool (*withdraw)(weft_future *future);
    bool (*running)(weft_future *future);
    void (*interrupt)(weft_future *future);
};

/* The first field of each kind of pool. */
struct weft_executor {
    const struct weft__pool_kind *kind; /* set at creation, like workers */
    unsigned workers;
};

#endif
