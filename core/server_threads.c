/* SPDX-License-Identifier: MIT */
/*
 * A thread for each connection, and one that accepts. What the threads do is the server's
 * service: requests, or a protocol of its own (HTTP, the proxy).
 *
 * A thread that ends puts its own handle into `ended` and joins the one that it finds there: so
 * at most one has ended and is not joined, until the server is closed.
 */
#include "server_private.h"
#include "weft/memory.h"

struct threads {
    weft_thread *acceptor;
    weft_thread *ended; /* to be joined; the server's mutex */
};

/* Puts the calling thread where it will be joined, and joins who was there. */
static void hand_on(weft_server *server, weft_thread *self)
{
    struct threads *own = server->own;
    weft_thread *before;

    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    before = own->ended;
    own->ended = self;
    weft_mutex_release(&server->mutex);
    if (before)
        weft_thread_join(before, WEFT_FOREVER);
}

static int serve(weft_task *task)
{
    struct weft__connection *connection = WEFT_ARG(task, struct weft__connection *);
    weft_server *server = connection->server;
    weft_thread *self;

    weft__server_enter(server);
    server->service->serve(connection);
    /* Who started this thread wrote its handle with the mutex held. */
    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    self = connection->thread;
    weft_mutex_release(&server->mutex);
    weft_cancel_enter(NULL);
    weft__connection_close(connection);
    hand_on(server, self);
    weft__server_leave(server);
    return 0;
}

/* One more connection may come; false: the server stops. */
static bool wait_for_room(weft_server *server)
{
    bool stopping = weft__server_is_stopping(server);

    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    while (server->open >= server->options.connections && !stopping) {
        (void)weft_condition_wait(&server->changed, &server->mutex, WEFT_FOREVER);
        stopping = weft__server_is_stopping(server);
    }
    weft_mutex_release(&server->mutex);
    return !stopping;
}

/* The connection has a thread, if need be after a while, or is served without one. */
static void begin(weft_server *server, weft_socket *socket)
{
    void (*serve_without)(struct weft__connection *) = server->service->serve_without;
    struct weft__connection *connection = weft__connection_create(server, socket);

    if (!connection)
        return;
    connection->blocking = true;
    while (weft__server_thread(server, &connection->thread, serve, &connection, sizeof(connection),
                               "weft-server-connection") != 0) {
        if (serve_without)
            serve_without(connection);
        else
            weft__server_pause(server);
        if (serve_without || weft__server_is_stopping(server)) {
            weft__connection_close(connection);
            return;
        }
    }
}

static int accept_connections(weft_task *task)
{
    weft_server *server = WEFT_ARG(task, weft_server *);
    weft_socket *socket = NULL;

    weft__server_enter(server);
    while (wait_for_room(server) && weft__server_accept(server, &socket))
        begin(server, socket);
    weft__server_leave(server);
    return 0;
}

static int start(weft_server *server)
{
    struct threads *own = weft_alloc(sizeof(*own));
    int err;

    if (!own)
        return WEFT_ENOMEM;
    server->own = own;
    err = weft__server_thread(server, &own->acceptor, accept_connections, &server, sizeof(server),
                              "weft-server");
    if (err != 0)
        weft_free(own);
    return err;
}

static void stop(weft_server *server)
{
    weft_socket_shutdown(server->socket, WEFT_SHUTDOWN_BOTH);
    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    weft_condition_notify_all(&server->changed);
    for (struct weft__connection *c = server->connections; c; c = c->next)
        weft__connection_nudge(c);
    weft_mutex_release(&server->mutex);
}

static void join(weft_server *server)
{
    struct threads *own = server->own;

    weft_thread_join(own->acceptor, WEFT_FOREVER);
    if (own->ended)
        weft_thread_join(own->ended, WEFT_FOREVER);
    weft_free(own);
}

const struct weft__style weft__server_threads = {"threads", start, stop, weft__connections_shut,
                                                 join,      NULL};
