/* SPDX-License-Identifier: MIT */
/*
 * A pool's thread at the poller: it waits, accepts, and puts connections into the queue.
 * `polling` makes sure that there is one such thread.
 */
#include "server_pool.h"
#include "weft/memory.h"

enum { ACCEPTS = 64 /* in a row, before others have their turn */ };

static void listen_locked(struct weft__pool *pool, bool wanted)
{
    if (pool->listens != wanted && weft_poller_modify(pool->poller, pool->server->socket,
                                                      wanted ? WEFT_READABLE : 0, NULL) == 0)
        pool->listens = wanted;
}

static void decide_listening_locked(struct weft__pool *pool)
{
    weft_server *server = pool->server;

    if (pool->accept_at != 0 && pool->accept_at <= weft_clock()) {
        weft__server_count(server, WEFT__PAUSED, (uint64_t)(weft_clock() - pool->paused_at));
        pool->accept_at = 0;
    }
    listen_locked(pool, !pool->stopping && pool->accept_at == 0 &&
                            weft__server_open(server) < server->options.connections);
}

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

static void pause(struct weft__pool *pool)
{
    weft__server_count(pool->server, WEFT__PAUSES, 1);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    pool->paused_at = weft_clock();
    pool->accept_at = pool->paused_at + WEFT__SERVER_PAUSE;
    weft_mutex_release(&pool->mutex);
}

static void accept_some(struct weft__pool *pool)
{
    weft_server *server = pool->server;
    weft_socket *socket = NULL;
    int err = 0;

    for (int i = 0; err == 0 && i < ACCEPTS; i++) {
        if (weft__server_open(server) >= server->options.connections)
            return;
        err = weft__server_accept(server, &socket, WEFT_NOW);
        if (err == 0)
            begin(pool, socket);
        else if (err != WEFT_ETIMEDOUT && err != WEFT_ECLOSED)
            pause(pool);
    }
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
    decide_listening_locked(pool);
    (void)weft__times_next(&pool->times, &pool->until);
    if (pool->accept_at != 0 && pool->accept_at < pool->until)
        pool->until = pool->accept_at;
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
