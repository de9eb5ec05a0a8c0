/* SPDX-License-Identifier: MIT */
/*
 * The call of a handler, and its replies.
 *
 * Who calls has its turn at the connection (or has received the datagram): nobody else
 * touches it. A handler runs under the server's `cut`, which is the thread's token, and, if
 * requests have a time, under a token of its own that expires with it.
 */
#include <string.h>

#include "server_private.h"
#include "weft/memory.h"

enum { SMALL_REPLY = 4096, HEADER = 4 };

/* The server that the calling thread serves; NULL: none. */
static WEFT_THREAD_LOCAL const weft_server *serving;

void weft__server_enter(weft_server *server)
{
    serving = server;
}

bool weft__server_is_served_here(const weft_server *server)
{
    return serving == server;
}

/* ---- calls ------------------------------------------------------------------------- */

weft_time weft__request_until(const weft_server *server)
{
    weft_time time = server->options.request_time;

    return time > 0 ? weft_in(time) : WEFT_FOREVER;
}

static int run_until(weft_request *request, weft_handler *function)
{
    weft_cancel token = {.parent = weft_cancel_current(), .expires = request->until};
    int err;

    weft_cancel_enter(&token);
    err = function(request);
    weft_cancel_enter(token.parent);
    return err;
}

int weft__request_run(weft_request *request, weft_handler *function)
{
    int err;

    if (!function)
        return 0;
    err = request->until == WEFT_FOREVER ? function(request) : run_until(request, function);
    if (err != 0 && !request->closed)
        weft__server_count(request->server, WEFT__FAILED, 1);
    return err;
}

/* A connection's own figures are written by one thread at a time. */
static void count(weft_atomic_u64 *figure, uint64_t n)
{
    weft_store_u64(figure, weft_load_u64(figure, WEFT_RELAXED) + n, WEFT_RELAXED);
}

void weft__connection_received(struct weft__connection *connection, size_t size)
{
    count(&connection->counts[1], size);
}

void weft__connection_count_late(struct weft__connection *connection)
{
    if (weft_exchange_u32(&connection->late, 1, WEFT_RELAXED) == 0)
        weft__server_count(connection->server, WEFT__TIMED_OUT, 1);
}

void weft__connection_note_late(struct weft__connection *connection, int err)
{
    if ((err == WEFT_ETIMEDOUT || err == WEFT_ECANCELED) &&
        !weft_cancel_requested(&connection->server->cut))
        weft__connection_count_late(connection);
}

int weft__request_serve(struct weft__connection *connection, const void *data, size_t size,
                        weft_time until)
{
    weft_server *server = connection->server;
    weft_request request = {
        .connection = connection, .server = server, .data = data, .size = size, .until = until};

    connection->answered = true;
    count(&connection->counts[0], 1); /* before a reply tells that it is served */
    if (server->counters != server->counted)
        weft__connection_fold(connection); /* a process may crash in the handler */
    return weft__request_run(&request, server->handler);
}

int weft__requests_serve(struct weft__connection *connection, weft_time until)
{
    weft_server *server = connection->server;
    const char *message = NULL;
    size_t size = 0;
    int err = 0;

    while (!connection->finish && !connection->broken &&
           weft__output_size(connection) <= server->options.output_limit &&
           weft_frames_next(&connection->frames, &message, &size, &err)) {
        err = weft__request_serve(connection, message, size, until);
        if (err != 0)
            return err;
        if (until != WEFT_FOREVER) /* what follows has begun at the latest now */
            until = weft__request_until(server);
    }
    if (err == WEFT_ETOOBIG)
        weft__server_count(server, WEFT__REFUSED, 1);
    return err;
}

/* ---- what a handler asks ------------------------------------------------------------- */

const void *weft_request_data(const weft_request *request)
{
    return request->data;
}

size_t weft_request_size(const weft_request *request)
{
    return request->size;
}

void weft_request_peer(weft_request *request, weft_address *peer)
{
    if (request->from)
        *peer = *request->from;
    else if (weft_socket_peer(request->connection->socket, peer) != 0)
        memset(peer, 0, sizeof(*peer));
}

void *weft_request_context(const weft_request *request)
{
    return request->server->options.context;
}

void **weft_request_state(weft_request *request)
{
    return request->connection ? &request->connection->state : &request->state;
}

void weft_request_finish(weft_request *request)
{
    if (request->connection)
        request->connection->finish = true;
}

/* ---- replies --------------------------------------------------------------------------- */

static int send_datagram(weft_request *request, const void *data, size_t size)
{
    int err =
        weft_socket_sendto(request->server->socket, data, size, request->from, request->until);

    if (err == 0)
        weft__server_count(request->server, WEFT__BYTES_OUT, size);
    return err;
}

/* Bytes as they go out. */
static int emit(weft_request *request, const void *data, size_t size)
{
    struct weft__connection *connection = request->connection;
    size_t sent = 0;
    int err;

    if (!connection)
        return send_datagram(request, data, size);
    if (connection->broken)
        return weft__fail(WEFT_ERESET, "reply: the client is gone");
    if (request->until != WEFT_FOREVER && request->until <= weft_clock())
        err = weft__fail(WEFT_ETIMEDOUT, "reply: the request's time is over");
    else if (connection->blocking)
        err = weft_socket_send(connection->socket, data, size, &sent, request->until);
    else
        err = weft__output_add(connection, data, size);
    count(&connection->counts[2], sent); /* the others count when they send */
    weft__connection_note_late(connection, err);
    connection->broken = err != 0;
    return err;
}

static size_t frame(enum weft_framing framing, const void *data, size_t size, unsigned char *place)
{
    size_t header = framing == WEFT_FRAMING_LENGTH32 ? HEADER : 0;

    for (size_t i = 0; i < header; i++)
        place[i] = (unsigned char)(size >> (24 - 8 * i));
    if (size > 0)
        memcpy(place + header, data, size);
    if (framing == WEFT_FRAMING_LINE)
        place[size] = '\n';
    return size + (header > 0 ? header : 1);
}

/* In one piece, so that it takes one call of the system. */
static int emit_framed(weft_request *request, const void *data, size_t size)
{
    enum weft_framing framing = request->server->options.framing;
    unsigned char small[SMALL_REPLY], *place = small;
    int err;

    if (framing == WEFT_FRAMING_LENGTH32 && size > UINT32_MAX)
        return weft__fail(WEFT_ETOOBIG, "reply: four bytes cannot tell %zu bytes", size);
    if (framing == WEFT_FRAMING_LINE && size > 0 && memchr(data, '\n', size))
        return weft__misuse(WEFT_EINVAL, "reply: a line has a line feed in it");
    if (size > sizeof(small) - HEADER)
        place = weft_alloc(size + HEADER);
    if (!place)
        return WEFT_ENOMEM;
    err = emit(request, place, frame(framing, data, size, place));
    if (place != small)
        weft_free(place);
    return err;
}

int weft_reply(weft_request *request, const void *data, size_t size)
{
    if (!request || (!data && size > 0))
        return weft__misuse(WEFT_EINVAL, "reply: no %s", request ? "data" : "request");
    if (request->closed)
        return weft__fail(WEFT_ECLOSED, "reply: the connection has ended");
    if (request->connection && request->server->options.framing != WEFT_FRAMING_NONE)
        return emit_framed(request, data, size);
    return size > 0 || !request->connection ? emit(request, data, size) : 0;
}
