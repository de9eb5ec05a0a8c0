/* SPDX-License-Identifier: MIT */
#ifndef WEFT_POOL_H
#define WEFT_POOL_H

/* What a kind of pool supplies; executor.c, map.c and imap.c do the rest. */

#include <stdbool.h>

#include "weft/executor.h"

/* One table per kind of pool, so that threads, processes and later others share the
 * public functions. */
struct weft__pool_kind {
    /* Queues the task; on success takes the producer's reference of the future. */
    int (*submit)(weft_executor *executor, weft_future *future, weft_function *function,
                  const void *argument, size_t size);
    /* The contract of weft_executor_shutdown. */
    int (*shutdown)(weft_executor *executor, enum weft_ending ending, weft_time until);
    /* Ends what still runs, and frees the pool. */
    void (*close)(weft_executor *executor);
};

/* The first field of each kind of pool. */
struct weft_executor {
    const struct weft__pool_kind *kind; /* set at creation, like workers */
    unsigned workers;
};

/* Set by a pool's worker thread for as long as it works; NULL elsewhere. */
void weft__executor_enter(weft_executor *executor);

/* Whether the calling thread is a worker of this pool. */
bool weft__executor_is_own(const weft_executor *executor);

#endif
