/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SERVER_POOL_H
#define WEFT_SERVER_POOL_H

/* What server_pool.c and server_pool_poll.c share. */

#include "server_private.h"

enum { WEFT__POOL_BATCH = 256 };

/* All is guarded by `mutex` but for what start sets, and for `told`, which is the polling
 * thread's. */
struct weft__pool {
    weft_server *server;
    weft_poller *poller;
    unsigned cpus;
    weft_mutex mutex;
    weft_condition work;  /* threads that have nothing to do */
    weft_condition watch; /* the watcher */
    bool watcher_sleeps;  /* until somebody wakes it */
    bool polling;         /* a thread waits in the poller, or takes up what it was told */
    bool stopping;
    unsigned alive, started, buffers_taken;
    unsigned char *buffers; /* one for each thread */
    uint64_t turns;      /* that are over: what the watcher sees progress by */
    weft_time until;     /* of the wait in the poller */
    struct weft__times times;
    struct weft__connection *first, *last; /* that wait for a turn */
    struct weft__connection *dead;         /* to be freed by the polling thread */
    weft_ready told[WEFT__POOL_BATCH];
    weft_thread *threads[]; /* `started` of them, the watcher last */
};

void weft__pool_push_locked(struct weft__pool *pool, struct weft__connection *connection,
                            unsigned events);
void weft__pool_wake_locked(struct weft__pool *pool);

/* Waits in the poller and puts into the queue what is ready. Releases the mutex meanwhile. */
void weft__pool_poll_locked(struct weft__pool *pool);

/* Connections whose time is over end. */
void weft__pool_expire_locked(struct weft__pool *pool);

#endif
