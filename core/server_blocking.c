/* SPDX-License-Identifier: MIT */
/*
 * A connection with a thread of its own: receive, handle, send, and wait in each.
 *
 * Who stops the server must let a request that has begun be answered, and wake a thread that
 * waits for the first byte of one. Both go by `phase`: the thread leaves WEFT__IDLE when it has
 * received, the stopper when it is the first, and only then shuts the reading side down. The
 * thread looks at `halting` after it has become idle, the stopper at `phase` after it has set
 * `halting`, both seq_cst: one of them sees the other.
 *
 * A thousand threads that take turns on a CPU are as fast as their memory is near: what most
 * requests need lies on the stack, beside all else that the thread touches.
 */
#include "server_private.h"
#include "weft/memory.h"

enum { SMALL_ROOM = 2048 };

/* What is received into, of one connection. */
struct room {
    unsigned char *large; /* WEFT__SERVER_BUFFER bytes; NULL: it has not needed them yet */
    bool was_full;        /* the small one, last time */
    unsigned char small[SMALL_ROOM];
};

static bool enter_phase(struct weft__connection *connection, uint32_t from, uint32_t to)
{
    return weft_cas_u32(&connection->phase, &from, to, WEFT_SEQ_CST);
}

void weft__connection_nudge(struct weft__connection *connection)
{
    if (enter_phase(connection, WEFT__IDLE, WEFT__LEFT))
        weft_socket_shutdown(connection->socket, WEFT_SHUTDOWN_READ);
}

static bool run_open(struct weft__connection *connection)
{
    weft_request request = {.connection = connection,
                            .server = connection->server,
                            .until = weft__request_until(connection->server)};

    connection->opened = true;
    return weft__request_run(&request, connection->server->options.on_open) == 0 &&
           !connection->finish && !connection->broken;
}

/* Without memory it goes on in small pieces. */
static unsigned char *place_in(struct room *room, size_t *size)
{
    if (room->was_full && !room->large)
        room->large = weft__alloc_bytes(WEFT__SERVER_BUFFER);
    *size = room->large ? WEFT__SERVER_BUFFER : SMALL_ROOM;
    return room->large ? room->large : room->small;
}

/* Receives once and handles what is complete then. The end of the stream is WEFT_ECLOSED. */
static int receive(struct weft__connection *connection, struct room *room, weft_time *until)
{
    bool first = !connection->frames.kept;
    size_t size, length = 0;
    unsigned char *buffer = place_in(room, &size);
    int err = weft_socket_recv(connection->socket, buffer, size, &length, *until);

    room->was_full = length == size;
    weft__connection_note_late(connection, err);
    if (err == 0 && length == 0)
        return WEFT_ECLOSED;
    if (err == 0 && first && !enter_phase(connection, WEFT__IDLE, WEFT__ACTIVE))
        return WEFT_ECLOSED; /* too late: the server stops */
    if (err == 0)
        err = weft_frames_feed(&connection->frames, buffer, length);
    if (err != 0)
        return err;
    weft__connection_received(connection, length);
    if (first)
        *until = weft__request_until(connection->server);
    connection->answered = false;
    err = weft__requests_serve(connection, *until);
    if (connection->answered) /* what is left of the bytes is another's beginning */
        *until = weft__request_until(connection->server);
    /* What follows a request that closes is of no interest. */
    return err == 0 && (connection->finish || connection->broken) ? WEFT_ECLOSED : err;
}

/* Until no request is under way. */
static int serve_requests(struct weft__connection *connection, struct room *room)
{
    weft_time idle = connection->server->options.idle_time;
    weft_time until = idle > 0 ? weft_in(idle) : WEFT_FOREVER;
    int err = receive(connection, room, &until);

    while (err == 0 && connection->frames.kept)
        err = receive(connection, room, &until);
    return err;
}

void weft__connection_serve(struct weft__connection *connection)
{
    weft_server *server = connection->server;
    struct room room;
    const char *rest;
    size_t size;
    bool goes_on;

    /* Without deadlines, nothing ends its waits but the stopper's shutdown. */
    if (server->options.idle_time == 0 && server->options.request_time == 0)
        weft__socket_make_patient(connection->socket);
    room.large = NULL;
    room.was_full = false;
    goes_on = run_open(connection);
    while (goes_on && !weft__server_is_stopping(server)) {
        int err = serve_requests(connection, &room);

        if (err == WEFT_ECLOSED && !connection->finish && !connection->broken &&
            weft_frames_end(&connection->frames, &rest, &size) == WEFT_ETRUNCATED)
            weft__server_count(server, WEFT__REFUSED, 1);
        goes_on = err == 0 && enter_phase(connection, WEFT__ACTIVE, WEFT__IDLE);
    }
    weft_free(room.large);
}
