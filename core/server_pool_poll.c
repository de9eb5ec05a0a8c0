/* SPDX-License-Identifier: MIT */
/*
 * A pool's thread at the poller: it waits, accepts, and puts connections into the queue.
 * `polling` makes sure that there is one such thread.
 */
#include "server_pool.h"
#include "weft/memory.h"

/* A new connection's first turn is on_open; then the poller hears of it. */
static void begin(struct weft__pool *pool, weft_socket *socket)
{
    struct weft__connection *connection = weft__connection_create(pool->server, socket);

    if (!connection)
        return;
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    weft__pool_push_locked(pool, connection, 0);
    weft_mutex_release(&pool->mutex);
}

static void accept_some(struct weft__pool *pool)
{
    weft_socket *socket = NULL;

    for (int i = 0; i < WEFT__SERVER_ACCEPTS && weft__server_accept_now(pool->server, &socket); i++)
        begin(pool, socket);
}

/* It is told of again and again, though it has its turn already. */
static void mute_locked(struct weft__pool *pool, struct weft__connection *connection)
{
    connection->muted = connection->registered && !connection->gone &&
                        weft_poller_modify(pool->poller, connection->socket, 0, connection) == 0;
}

static bool take_up_locked(struct weft__pool *pool, size_t count)
{
    bool accepts = false;

    for (size_t i = 0; i < count; i++) {
        struct weft__connection *connection = pool->told[i].data;

        if (!connection) {
            accepts = true;
        } else if (connection->busy) {
            mute_locked(pool, connection);
        } else {
            weft__times_begin(&pool->times, connection);
            weft__pool_push_locked(pool, connection, pool->told[i].events);
        }
    }
    return accepts;
}

static void free_dead_locked(struct weft__pool *pool)
{
    while (pool->dead) {
        struct weft__connection *next = pool->dead->ready;

        weft_free(pool->dead);
        pool->dead = next;
    }
}

void weft__pool_expire_locked(struct weft__pool *pool)
{
    weft_time deadline, now = 0;
    struct weft__connection *late = weft__times_next(&pool->times, &deadline);

    if (late)
        now = weft_clock();
    for (; late && deadline <= now; late = weft__times_next(&pool->times, &deadline)) {
        weft__times_forget(&pool->times, late);
        weft__connection_count_late(late);
        if (late->busy) { /* its thread will notice */
            weft_socket_shutdown(late->socket, WEFT_SHUTDOWN_BOTH);
        } else {
            late->broken = true;
            weft__pool_push_locked(pool, late, 0);
        }
    }
}

void weft__pool_poll_locked(struct weft__pool *pool)
{
    size_t count = 0;
    bool accepts;
    int err;

    pool->polling = true;
    (void)weft__times_next(&pool->times, &pool->until);
    weft__server_listen(pool->server, pool->poller, &pool->until);
    weft_mutex_release(&pool->mutex);
    err = weft_poller_wait(pool->poller, pool->told, WEFT__POOL_BATCH, &count, pool->until);
    if (err != 0 && err != WEFT_ETIMEDOUT && err != WEFT_ECANCELED)
        weft__server_pause(pool->server); /* no memory: it must not spin */
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    accepts = take_up_locked(pool, count);
    if (accepts) {
        weft_mutex_release(&pool->mutex);
        accept_some(pool);
        weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    }
    weft__pool_expire_locked(pool);
    if (pool->watcher_sleeps && pool->first)
        weft_condition_notify(&pool->watch);
    free_dead_locked(pool);
    pool->polling = false;
}
