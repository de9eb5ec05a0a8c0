/* SPDX-License-Identifier: MIT */
/*
 * A few threads for the requests of many connections.
 *
 * Threads take turns at the poller. Who comes from there puts the connections that are ready
 * into a queue and works through it; nobody else is woken, so that short requests are served
 * by one thread without any switch. A connection in the queue or in a thread's hands is `busy`:
 * nobody else touches it. If the poller tells of it meanwhile, it is `muted` until its turn is
 * over.
 *
 * The watcher looks every TICK, while there is something to do, whether connections wait or
 * nobody waits for new ones: then handlers take their time, and another thread joins in.
 *
 * `mutex` guards all of struct pool, and of connections that are not busy all that the turns
 * do not read. It is not held in turns and polls. A connection that ends while a thread polls
 * may be in what that thread is told: its memory goes with the list `dead`, after that.
 */
#include "server_private.h"
#include "server_pool.h"
#include "weft/fault.h"
#include "weft/memory.h"

#define TICK WEFT_MS(2)

enum { QUIET_TICKS = 5 }; /* without anything to do, before the watcher sleeps */

/* ---- connections, with the mutex held -------------------------------------------------- */

void weft__pool_push_locked(struct weft__pool *pool, struct weft__connection *connection,
                            unsigned events)
{
    connection->busy = true;
    connection->events = (uint8_t)events;
    connection->ready = NULL;
    if (pool->last)
        pool->last->ready = connection;
    else
        pool->first = connection;
    pool->last = connection;
}

static struct weft__connection *pop_locked(struct weft__pool *pool)
{
    struct weft__connection *connection = pool->first;

    if (connection)
        pool->first = connection->ready;
    if (!pool->first)
        pool->last = NULL;
    return connection;
}

/* Releases the mutex meanwhile. */
static void close_locked(struct weft__pool *pool, struct weft__connection *connection)
{
    weft__times_forget(&pool->times, connection);
    connection->busy = connection->gone = true;
    weft_mutex_release(&pool->mutex);
    if (connection->registered)
        (void)weft_poller_unregister(pool->poller, connection->socket);
    weft__connection_end(connection);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    if (pool->polling) {
        connection->ready = pool->dead;
        pool->dead = connection;
    } else {
        weft_free(connection);
    }
    /* There is room for another, or the last has gone. */
    if (pool->stopping || pool->server->muted)
        weft__pool_wake_locked(pool);
}

static bool ask_locked(struct weft__pool *pool, struct weft__connection *connection)
{
    unsigned wants = weft__stream_wants(connection);
    int err = 0;

    if (!connection->registered)
        err = weft_poller_register(pool->poller, connection->socket, wants, connection);
    else if (connection->muted || wants != connection->asked)
        err = weft_poller_modify(pool->poller, connection->socket, wants, connection);
    connection->registered = true;
    connection->muted = false;
    connection->asked = (uint8_t)wants;
    return err == 0;
}

/* After its turn. */
static void settle_locked(struct weft__pool *pool, struct weft__connection *connection,
                          bool goes_on)
{
    weft_time deadline;

    if (goes_on && connection->owed) {
        connection->owed = false;
        weft__pool_push_locked(pool, connection, WEFT_READABLE);
        return;
    }
    if (!goes_on || (pool->stopping && weft__stream_is_idle(connection)) ||
        !ask_locked(pool, connection)) {
        close_locked(pool, connection);
        return;
    }
    connection->busy = false;
    weft__times_note(&pool->times, connection);
    (void)weft__times_next(&pool->times, &deadline);
    if (pool->polling && deadline < pool->until)
        (void)weft_poller_wake(pool->poller);
}

/* ---- threads ------------------------------------------------------------------------------ */

void weft__pool_wake_locked(struct weft__pool *pool)
{
    (void)weft_poller_wake(pool->poller);
    weft_condition_notify_all(&pool->work);
    weft_condition_notify_all(&pool->watch);
}

static bool is_done_locked(struct weft__pool *pool)
{
    weft_server *server = pool->server;

    return weft_cancel_requested(&server->cut) ||
           (pool->stopping && weft__server_open(server) == 0);
}

static void take_turn_locked(struct weft__pool *pool, struct weft__connection *connection,
                             void *buffer)
{
    bool goes_on;

    weft_mutex_release(&pool->mutex);
    goes_on = connection->opened ? weft__stream_turn(connection, connection->events, buffer)
                                 : weft__stream_open(connection);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    pool->turns++;
    settle_locked(pool, connection, goes_on);
}

/* The last thread takes with it what was cut. */
static void leave_locked(struct weft__pool *pool)
{
    weft_server *server = pool->server;

    if (--pool->alive == 0) {
        weft_cancel_enter(NULL);
        while (server->connections)
            close_locked(pool, server->connections);
        pool->first = pool->last = NULL;
    }
    weft__pool_wake_locked(pool); /* the others and the watcher */
}

static int work(weft_task *task)
{
    struct weft__pool *pool = WEFT_ARG(task, struct weft__pool *);
    weft_server *server = pool->server;
    void *buffer;

    weft__server_enter(server);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    buffer = pool->buffers + (size_t)WEFT__SERVER_BUFFER * pool->buffers_taken++;
    while (!is_done_locked(pool)) {
        struct weft__connection *connection = pop_locked(pool);

        if (connection)
            take_turn_locked(pool, connection, buffer);
        else if (!pool->polling)
            weft__pool_poll_locked(pool);
        else
            (void)weft_condition_wait(&pool->work, &pool->mutex, WEFT_FOREVER);
    }
    leave_locked(pool);
    weft_mutex_release(&pool->mutex);
    weft__server_leave(server);
    return 0;
}

/* One more thread is wanted: all that work are stuck, or there are processors for more. */
static bool needs_help_locked(struct weft__pool *pool, uint64_t turns_before)
{
    bool waiting = pool->first || !pool->polling;

    return waiting && (pool->turns == turns_before || (pool->first && pool->cpus > 1));
}

static int watch(weft_task *task)
{
    struct weft__pool *pool = WEFT_ARG(task, struct weft__pool *);
    weft_server *server = pool->server;
    int quiet = 0;

    weft_cancel_enter(NULL); /* it ends when the workers have */
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    while (pool->alive > 0) {
        uint64_t before = pool->turns;

        pool->watcher_sleeps = quiet >= QUIET_TICKS;
        (void)weft_condition_wait(&pool->watch, &pool->mutex,
                                  pool->watcher_sleeps ? WEFT_FOREVER : weft_in(TICK));
        pool->watcher_sleeps = false;
        (void)weft_fault_point("server.watch");
        if (pool->alive > 0) /* or the queue ends in what is gone */
            weft__pool_expire_locked(pool);
        if (needs_help_locked(pool, before))
            weft_condition_notify(&pool->work);
        quiet = pool->polling && pool->turns == before ? quiet + 1 : 0;
    }
    weft_mutex_release(&pool->mutex);
    weft__server_leave(server);
    return 0;
}

/* ---- the style ------------------------------------------------------------------------------ */

static void wake(weft_server *server)
{
    struct weft__pool *pool = server->own;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    weft__pool_wake_locked(pool);
    weft_mutex_release(&pool->mutex);
}

/* Each connection has a last turn, for what has arrived. */
static void stop(weft_server *server)
{
    struct weft__pool *pool = server->own;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    pool->stopping = true;
    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    for (struct weft__connection *c = server->connections; c; c = c->next) {
        c->owed = c->busy || !c->registered;
        if (!c->owed)
            weft__pool_push_locked(pool, c, WEFT_READABLE);
    }
    weft_mutex_release(&server->mutex);
    weft__pool_wake_locked(pool);
    weft_mutex_release(&pool->mutex);
}

static void cut(weft_server *server)
{
    weft__connections_shut(server);
    wake(server);
}

static void join(weft_server *server)
{
    struct weft__pool *pool = server->own;

    for (unsigned i = 0; i < pool->started; i++)
        weft_thread_join(pool->threads[i], WEFT_FOREVER);
    weft_poller_close(pool->poller);
    weft_free(pool->buffers);
    weft_free(pool);
}

static int start_threads(struct weft__pool *pool)
{
    weft_server *server = pool->server;
    unsigned workers = server->options.workers;
    int err = 0;

    pool->alive = workers;
    while (pool->started < workers && err == 0) {
        err = weft__server_thread(server, &pool->threads[pool->started], work, &pool, sizeof(pool),
                                  "weft-server-worker");
        pool->started += err == 0;
    }
    if (err == 0)
        err = weft__server_thread(server, &pool->threads[workers], watch, &pool, sizeof(pool),
                                  "weft-server-watcher");
    if (err == 0) {
        pool->started++;
        return 0;
    }
    weft_store_u32(&server->halting, 1, WEFT_SEQ_CST);
    stop(server);
    return err;
}

static int start(weft_server *server)
{
    unsigned threads = server->options.workers + 1;
    struct weft__pool *pool = weft_alloc(sizeof(*pool) + threads * sizeof(pool->threads[0]));
    int err;

    if (!pool)
        return WEFT_ENOMEM;
    pool->server = server;
    pool->cpus = weft_cpu_count();
    server->own = pool;
    pool->buffers = weft__alloc_bytes((size_t)WEFT__SERVER_BUFFER * server->options.workers);
    err = pool->buffers ? weft_poller_create(&pool->poller) : WEFT_ENOMEM;
    if (err == 0)
        err = weft_poller_register(pool->poller, server->socket, WEFT_READABLE, NULL);
    if (err == 0)
        err = start_threads(pool);
    if (err != 0)
        join(server);
    return err;
}

const struct weft__style weft__server_pool = {"pool", start, stop, cut, join, NULL};
