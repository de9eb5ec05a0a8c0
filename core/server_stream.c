/* SPDX-License-Identifier: MIT */
/*
 * A connection that never blocks: what has arrived is received when the poller tells of it, into
 * a buffer that all connections of the thread share. Only the beginning of a request whose rest
 * has not come is kept (frames), and replies that the system did not take (server_output.c).
 *
 * A client that does not read its replies is not read from: beyond output_limit, requests
 * that have been received already are `held`, and the poller is asked only for room.
 */
#include "server_private.h"

enum { IN_A_ROW = 4 };

bool weft__stream_is_idle(const struct weft__connection *connection)
{
    return !connection->output && !connection->frames.kept && !connection->held;
}

static bool is_clogged(const struct weft__connection *connection)
{
    return weft__output_size(connection) > connection->server->options.output_limit;
}

unsigned weft__stream_wants(const struct weft__connection *connection)
{
    bool reads =
        !connection->ended && !connection->finish && !connection->held && !is_clogged(connection);

    return (reads ? WEFT_READABLE : 0u) | (connection->output ? WEFT_WRITABLE : 0u);
}

/* Errors of the handler let replies go out first; all others end the connection now. */
static int serve(struct weft__connection *connection, weft_time until)
{
    int err = weft__requests_serve(connection, until);

    connection->held = false;
    if (err != 0) {
        connection->finish = true;
        return 0;
    }
    if (is_clogged(connection) && !connection->finish)
        connection->held = true;
    /* The buffer is the next connection's. */
    return connection->frames.fed_size > 0 ? weft_frames_feed(&connection->frames, "", 0) : 0;
}

static weft_time until_of(const struct weft__connection *connection)
{
    bool began = connection->frames.kept && connection->deadline != 0;

    return began ? connection->deadline : weft__request_until(connection->server);
}

/* All that was received is one request: frames would say so, too, but take longer. */
static bool is_one_request(const struct weft__connection *connection, size_t length)
{
    const weft_server_options *options = &connection->server->options;

    return options->framing == WEFT_FRAMING_NONE && !connection->frames.kept &&
           length <= options->request_limit;
}

static int receive(struct weft__connection *connection, void *buffer, size_t *length)
{
    const weft_server *server = connection->server;
    int err = weft_socket_recv(connection->socket, buffer, WEFT__SERVER_BUFFER, length, WEFT_NOW);

    if (err == WEFT_ETIMEDOUT)
        return 0;
    if (err != 0)
        return err;
    if (*length == 0) {
        connection->ended = true;
        return 0;
    }
    weft__connection_received(connection, *length);
    if (is_one_request(connection, *length)) {
        if (weft__request_serve(connection, buffer, *length, weft__request_until(server)) != 0)
            connection->finish = true;
        return 0;
    }
    err = weft_frames_feed(&connection->frames, buffer, *length);
    return err != 0 ? err : serve(connection, until_of(connection));
}

/* All that is there, but for a client that sends so much that others would wait for it: then
 * something is `left`. What ends with the client's end is taken to the end, which nobody may
 * tell again. */
static int receive_all(struct weft__connection *connection, unsigned events, void *buffer)
{
    bool finished = (events & (unsigned)WEFT__PEER_FINISHED) != 0;
    bool urgent = (events & (unsigned)WEFT__URGENT) != 0;
    int err = 0;

    for (int i = 0; i < IN_A_ROW || finished; i++) {
        size_t length = 0;

        connection->left = false;
        if (err != 0 || (weft__stream_wants(connection) & WEFT_READABLE) == 0)
            return err;
        err = receive(connection, buffer, &length);
        connection->left = length == WEFT__SERVER_BUFFER || (urgent && length > 0);
        if (length == 0 || (!connection->left && !finished))
            return err;
    }
    return err;
}

/* The client has finished, and all that it sent is answered but what it did not complete. */
static bool is_over(struct weft__connection *connection)
{
    const char *rest;
    size_t size;

    if (connection->broken)
        return true;
    if (connection->output || connection->held || !(connection->ended || connection->finish))
        return false;
    if (!connection->finish && weft_frames_end(&connection->frames, &rest, &size) != 0)
        weft__server_count(connection->server, WEFT__REFUSED, 1);
    return true;
}

bool weft__stream_open(struct weft__connection *connection)
{
    weft_request request = {.connection = connection,
                            .server = connection->server,
                            .until = weft__request_until(connection->server)};

    connection->opened = true;
    if (weft__request_run(&request, connection->server->options.on_open) != 0)
        connection->finish = true;
    return !is_over(connection);
}

bool weft__stream_turn(struct weft__connection *connection, unsigned events, void *buffer)
{
    int err = 0;

    connection->answered = false;
    connection->left = false;
    if (connection->output)
        err = weft__output_flush(connection);
    if (err == 0 && connection->held && !is_clogged(connection))
        err = serve(connection, until_of(connection));
    if (err == 0 && (events & ~(unsigned)WEFT_WRITABLE) != 0)
        err = receive_all(connection, events, buffer);
    if (err != 0)
        connection->broken = true;
    return !is_over(connection);
}
