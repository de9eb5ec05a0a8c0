/* SPDX-License-Identifier: MIT */
/*
 * Deadlines of connections that never block, in two lists: those between requests, and those
 * in one. All connections of a list have the same time to go from the moment in which they
 * enter it, at its end: so it is always in order, and costs the same for any number of them.
 *
 * Guarded by whoever owns the lists: the loop's thread, the pool's mutex.
 */
#include "server_private.h"

enum { NO_LIST, IDLE_LIST, REQUEST_LIST };

static void append(struct weft__times *times, struct weft__connection *connection, int list)
{
    struct weft__connection **last = &times->last[list - 1];

    connection->list = (uint8_t)list;
    connection->earlier = *last;
    connection->later = NULL;
    if (*last)
        (*last)->later = connection;
    else
        times->first[list - 1] = connection;
    *last = connection;
}

void weft__times_forget(struct weft__times *times, struct weft__connection *connection)
{
    int list = connection->list;

    connection->deadline = 0;
    connection->list = NO_LIST;
    if (list == NO_LIST)
        return;
    if (connection->earlier)
        connection->earlier->later = connection->later;
    else
        times->first[list - 1] = connection->later;
    if (connection->later)
        connection->later->earlier = connection->earlier;
    else
        times->last[list - 1] = connection->earlier;
}

static void enter(struct weft__times *times, struct weft__connection *connection, int list,
                  weft_time time)
{
    weft__times_forget(times, connection);
    if (time == 0)
        return;
    connection->deadline = weft_in(time);
    append(times, connection, list);
}

void weft__times_begin(struct weft__times *times, struct weft__connection *connection)
{
    const weft_server_options *options = &connection->server->options;

    if ((options->idle_time != 0 || options->request_time != 0) && connection->list != REQUEST_LIST)
        enter(times, connection, REQUEST_LIST, options->request_time);
}

void weft__times_note(struct weft__times *times, struct weft__connection *connection)
{
    const weft_server_options *options = &connection->server->options;
    weft_time time;
    bool idle;

    if (options->idle_time == 0 && options->request_time == 0)
        return;
    idle = weft__stream_is_idle(connection);
    time = idle ? options->idle_time : options->request_time;
    /* The request that was under way still is. */
    if (!idle && connection->list == REQUEST_LIST && !connection->answered)
        return;
    enter(times, connection, idle ? IDLE_LIST : REQUEST_LIST, time);
}

struct weft__connection *weft__times_next(const struct weft__times *times, weft_time *deadline)
{
    struct weft__connection *idle = times->first[0], *asked = times->first[1], *next = idle;

    if (!next || (asked && asked->deadline < next->deadline))
        next = asked;
    *deadline = next ? next->deadline : WEFT_FOREVER;
    return next;
}
