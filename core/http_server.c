/* SPDX-License-Identifier: MIT */
/*
 * The HTTP server's threads: one accepts, and each connection has one of its own, in
 * one of CONNECTIONS slots.
 *
 * A permit of `vacant` is a slot without a connection. The accepting thread takes one
 * before it accepts, so that connections beyond the limit wait in the system's queue;
 * the connection's thread gives it back as the last thing it does. A thread that has
 * ended is joined by whoever uses the slot next, or by weft_http_server_close().
 *
 * weft_http_server_close() wakes everybody by shutting the sockets down: `mutex` makes
 * sure that it meets only sockets that are not closed yet, and that no connection
 * begins behind its back. It waits for a handler that is running.
 */
#include <weft/http_server.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <weft/error.h>
#include <weft/event.h>
#include <weft/fault.h>
#include <weft/memory.h>
#include <weft/mutex.h>
#include <weft/semaphore.h>
#include <weft/socket.h>
#include <weft/thread.h>

#include "connection.h"
#include "internal.h"

enum { CONNECTIONS = 256 };

#define ACCEPT_PAUSE WEFT_MS(50) /* when the system has no descriptor left */

struct slot {
    weft_http_server *server;
    weft_thread *thread; /* NULL: none to join. The accepting thread's, then close's */
    weft_socket *socket; /* NULL: vacant. Guarded by the server's mutex */
};

struct weft_http_server {
    weft_socket *listener;
    weft_thread *acceptor;
    weft_semaphore vacant;
    weft_event closing; /* set by close with `mutex` held */
    weft_mutex mutex;
    struct slot slots[CONNECTIONS];
    struct weft__http_site site;
    char url[WEFT_ADDRESS_TEXT + sizeof("http:///")];
};

/* ---- connections ----------------------------------------------------------------- */

static void serve(struct slot *slot)
{
    weft_http_server *server = slot->server;
    weft_socket *socket = slot->socket; /* stays until this thread takes it out */

    weft__http_connection_serve(socket, &server->site);
    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    slot->socket = NULL;
    weft_mutex_release(&server->mutex);
    weft_socket_close(socket);
    weft_semaphore_release(&server->vacant, 1);
}

static int serve_in_thread(weft_task *task)
{
    serve(WEFT_ARG(task, struct slot *));
    return 0;
}

/* Only the accepting thread fills slots, and it holds a permit: there is one. */
static struct slot *vacant_slot(weft_http_server *server)
{
    struct slot *found = NULL;

    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    for (size_t i = 0; i < CONNECTIONS && !found; i++)
        if (!server->slots[i].socket)
            found = &server->slots[i];
    weft_mutex_release(&server->mutex);
    return found;
}

static void join(struct slot *slot)
{
    if (slot->thread)
        weft_thread_join(slot->thread, WEFT_FOREVER);
    slot->thread = NULL;
}

/* Puts the connection into the slot, where close can find it; false: too late. */
static bool enter(struct slot *slot, weft_socket *socket)
{
    bool open = false;

    weft_mutex_acquire(&slot->server->mutex, WEFT_FOREVER);
    open = !weft_event_is_set(&slot->server->closing);
    if (open)
        slot->socket = socket;
    weft_mutex_release(&slot->server->mutex);
    return open;
}

static void start_connection(weft_http_server *server, weft_socket *socket)
{
    /* weft_thread_join_all() must not wait for a server. */
    const weft_thread_options options = {.name = "weft-http-connection", .daemon = true};
    struct slot *slot = vacant_slot(server);

    join(slot);
    if (!enter(slot, socket)) {
        weft_socket_close(socket);
        return;
    }
    /* If the system refuses a thread, this one serves: slower, but nobody is lost. */
    if (weft_thread_start_with(&slot->thread, serve_in_thread, &slot, sizeof(slot), &options) != 0)
        serve(slot);
}

static int accept_connection(weft_http_server *server, weft_socket **socket)
{
    int err = weft_fault_point("server.accept");

    return err != 0 ? err : weft_socket_accept(server->listener, socket, NULL, WEFT_FOREVER);
}

static int accept_connections(weft_task *task)
{
    weft_http_server *server = WEFT_ARG(task, weft_http_server *);
    weft_socket *socket = NULL;

    while (!weft_event_is_set(&server->closing)) {
        weft_semaphore_acquire(&server->vacant, WEFT_FOREVER);
        if (accept_connection(server, &socket) == 0) {
            start_connection(server, socket);
            continue;
        }
        /* No descriptor, no memory, or closing: whatever it is, it must not spin. */
        weft_semaphore_release(&server->vacant, 1);
        weft_event_wait(&server->closing, weft_in(ACCEPT_PAUSE));
    }
    return 0;
}

/* ---- public ---------------------------------------------------------------------- */

/* "http://127.0.0.1:8080/"; where it listens on all interfaces, the loopback one. */
static int write_url(weft_http_server *server)
{
    static const uint8_t any[16];
    char text[WEFT_ADDRESS_TEXT];
    weft_address address;
    int err = weft_socket_address(server->listener, &address);

    if (err != 0)
        return err;
    if (memcmp(address.ip, any, sizeof(any)) == 0 && address.family == WEFT_IPV4)
        memcpy(address.ip, (const uint8_t[]){127, 0, 0, 1}, 4);
    else if (memcmp(address.ip, any, sizeof(any)) == 0)
        address.ip[15] = 1;
    snprintf(server->url, sizeof(server->url), "http://%s/",
             weft_address_text(&address, text, sizeof(text)));
    return 0;
}

int weft_http_server_start(weft_http_server **server, const weft_http_server_options *options)
{
    const weft_thread_options thread_options = {.name = "weft-http-server", .daemon = true};
    weft_http_server_options none = {0};
    weft_http_server *s = weft_alloc(sizeof(*s));
    int err = 0;

    if (!s)
        return WEFT_ENOMEM;
    if (!options)
        options = &none;
    s->vacant = (weft_semaphore)WEFT_SEMAPHORE_INIT(CONNECTIONS);
    s->site.handler = options->handler;
    s->site.context = options->context;
    for (size_t i = 0; i < CONNECTIONS; i++)
        s->slots[i].server = s;
    err = weft_tcp_listen(&s->listener, options->host ? options->host : "127.0.0.1", options->port,
                          NULL);
    if (err != 0)
        goto free_server;
    err = write_url(s);
    if (err != 0)
        goto close_listener;
    err = weft_thread_start_with(&s->acceptor, accept_connections, &s, sizeof(s), &thread_options);
    if (err != 0)
        goto close_listener;
    *server = s;
    return 0;

close_listener:
    weft_socket_close(s->listener);
free_server:
    weft_free(s);
    return err;
}

const char *weft_http_server_url(const weft_http_server *server)
{
    return server->url;
}

size_t weft_http_server_requests(const weft_http_server *server)
{
    return (size_t)weft_load_u64(&server->site.answered, WEFT_RELAXED);
}

void weft_http_server_close(weft_http_server *server)
{
    const weft_cancel *before;

    if (!server)
        return;
    before = weft_cancel_enter(NULL); /* who is cancelled must still be able to clean up */
    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    weft_event_set(&server->closing);
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (server->slots[i].socket)
            weft_socket_shutdown(server->slots[i].socket, WEFT_SHUTDOWN_BOTH);
    weft_mutex_release(&server->mutex);
    weft_socket_shutdown(server->listener, WEFT_SHUTDOWN_BOTH);
    weft_thread_join(server->acceptor, WEFT_FOREVER);
    for (size_t i = 0; i < CONNECTIONS; i++)
        join(&server->slots[i]);
    weft_cancel_enter(before);
    weft_socket_close(server->listener);
    weft_free(server);
}
