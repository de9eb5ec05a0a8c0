/* SPDX-License-Identifier: MIT */
/*
 * One thread with a poller: it accepts, receives, calls the handler and sends, and waits only
 * in the poller. All connections share its buffer.
 *
 * Everything is the thread's own, but for the list of connections, which statistics read.
 */
#include "server_private.h"
#include "weft/memory.h"

enum {
    BATCH = 256,
    AHEAD = 3 /* turns for which memory is fetched */
};

struct loop {
    weft_server *server;
    weft_thread *thread;
    weft_poller *poller;
    struct weft__times times;
    bool stopping;
    weft_ready ready[BATCH];
    unsigned char buffer[WEFT__SERVER_BUFFER];
};

/* ---- connections --------------------------------------------------------------------- */

static void close_connection(struct loop *loop, struct weft__connection *connection)
{
    weft__times_forget(&loop->times, connection);
    weft__connection_close(connection);
}

/* After a turn: the poller is asked for something else, if need be. */
static void settle(struct loop *loop, struct weft__connection *connection, bool goes_on)
{
    unsigned wants = goes_on ? weft__stream_wants(connection) : 0;

    if (loop->stopping && weft__stream_is_idle(connection))
        goes_on = false;
    if (goes_on && wants != connection->asked)
        goes_on = weft_poller_modify(loop->poller, connection->socket, wants, connection) == 0;
    else if (goes_on && connection->left)
        weft__poller_again(loop->poller, connection->socket);
    if (!goes_on) {
        close_connection(loop, connection);
        return;
    }
    connection->asked = (uint8_t)wants;
    weft__times_note(&loop->times, connection);
}

/* Being told once of what has arrived spares the system a look at every connection in each
 * wait. A Unix socket may give less than it has, and so does not suit. */
static int enroll(struct loop *loop, struct weft__connection *connection)
{
    if (loop->server->address.family == WEFT_UNIX)
        return weft_poller_register(loop->poller, connection->socket, WEFT_READABLE, connection);
    return weft__poller_register_once(loop->poller, connection->socket, WEFT_READABLE, connection);
}

static void begin(struct loop *loop, weft_socket *socket)
{
    struct weft__connection *connection = weft__connection_create(loop->server, socket);

    if (!connection)
        return;
    connection->asked = WEFT_READABLE;
    if (enroll(loop, connection) != 0)
        close_connection(loop, connection);
    else
        settle(loop, connection, weft__stream_open(connection));
}

static void accept_some(struct loop *loop)
{
    weft_socket *socket = NULL;

    for (int i = 0; i < WEFT__SERVER_ACCEPTS && weft__server_accept_now(loop->server, &socket); i++)
        begin(loop, socket);
}

/* ---- the thread ------------------------------------------------------------------------- */

static void close_late(struct loop *loop)
{
    weft_time deadline;
    struct weft__connection *late = weft__times_next(&loop->times, &deadline);

    if (!late)
        return;
    for (weft_time now = weft_clock(); late && deadline <= now;
         late = weft__times_next(&loop->times, &deadline)) {
        weft__connection_count_late(late);
        close_connection(loop, late);
    }
}

/* With a thousand connections, each is out of the cache when its turn comes. */
static void fetch_ahead(const struct loop *loop, size_t count, size_t i)
{
    const char *next = i + AHEAD < count ? loop->ready[i + AHEAD].data : NULL;

    if (!next)
        return;
    WEFT_PREFETCH(next);
    WEFT_PREFETCH(next + 64);
    WEFT_PREFETCH(next + 128);
    WEFT_PREFETCH(loop->ready[i + AHEAD].socket);
    WEFT_PREFETCH((const char *)loop->ready[i + AHEAD].socket + 64);
}

static int wait_and_serve(struct loop *loop)
{
    size_t count = 0;
    weft_time until;
    int err;

    (void)weft__times_next(&loop->times, &until);
    weft__server_listen(loop->server, loop->poller, &until);
    err = weft_poller_wait(loop->poller, loop->ready, BATCH, &count, until);
    for (size_t i = 0; i < count; i++) {
        struct weft__connection *connection = loop->ready[i].data;

        fetch_ahead(loop, count, i);
        if (connection)
            settle(loop, connection,
                   weft__stream_turn(connection, loop->ready[i].events, loop->buffer));
        else
            accept_some(loop);
    }
    return err;
}

/* Each connection has a last turn, for what has arrived. */
static void begin_stop(struct loop *loop)
{
    loop->stopping = true;
    for (struct weft__connection *c = loop->server->connections, *next; c; c = next) {
        next = c->next;
        settle(loop, c, weft__stream_turn(c, WEFT_READABLE, loop->buffer));
    }
}

static int run(weft_task *task)
{
    struct loop *loop = WEFT_ARG(task, struct loop *);
    weft_server *server = loop->server;

    weft__server_enter(server);
    while (!weft_cancel_requested(&server->cut) && !(loop->stopping && server->open == 0)) {
        int err = 0;

        if (!loop->stopping && weft__server_is_stopping(server)) {
            begin_stop(loop);
            continue;
        }
        err = wait_and_serve(loop);
        if (err != 0 && err != WEFT_ETIMEDOUT && err != WEFT_ECANCELED)
            weft__server_pause(server); /* no memory: it must not spin */
        close_late(loop);
    }
    weft_cancel_enter(NULL);
    while (server->connections)
        close_connection(loop, server->connections);
    weft__server_leave(server);
    return 0;
}

/* ---- the style --------------------------------------------------------------------------- */

static int start(weft_server *server)
{
    struct loop *loop = weft_alloc(sizeof(*loop));
    int err;

    if (!loop)
        return WEFT_ENOMEM;
    loop->server = server;
    server->own = loop;
    err = weft_poller_create(&loop->poller);
    if (err != 0)
        goto free_loop;
    err = weft_poller_register(loop->poller, server->socket, WEFT_READABLE, NULL);
    if (err == 0)
        err = weft__server_thread(server, &loop->thread, run, &loop, sizeof(loop), "weft-server");
    if (err != 0)
        goto close_poller;
    return 0;

close_poller:
    weft_poller_close(loop->poller);
free_loop:
    weft_free(loop);
    return err;
}

static void wake(weft_server *server)
{
    struct loop *loop = server->own;

    (void)weft_poller_wake(loop->poller);
}

static void join(weft_server *server)
{
    struct loop *loop = server->own;

    weft_thread_join(loop->thread, WEFT_FOREVER);
    weft_poller_close(loop->poller);
    weft_free(loop);
}

const struct weft__style weft__server_loop = {"loop", start, wake, wake, join, NULL};
