/* SPDX-License-Identifier: MIT */
/*
 * Accepting. A connection that the system refuses a descriptor, memory or a thread for stays
 * in its queue: accepting then rests for a moment, and so costs nothing, while those who are
 * connected are served. Who accepts and does nothing else sleeps; who waits in a poller, for
 * connections that it has, too, does not ask the poller for new ones until then.
 */
#include "server_private.h"
#include "weft/fault.h"

#define PAUSE WEFT_MS(50)

/* WEFT_ECLOSED: the server stops. Other errors are the system's refusal. */
static int accept_until(weft_server *server, weft_socket **socket, weft_time until)
{
    int err = weft_fault_point("server.take");

    if (err == 0 && weft__server_is_stopping(server))
        return weft__fail(WEFT_ECLOSED, "server: it accepts no more");
    if (err == 0)
        err = weft_socket_accept(server->socket, socket, NULL, until);
    if (err == WEFT_ECANCELED || (err != 0 && weft__server_is_stopping(server)))
        return WEFT_ECLOSED;
    /* Replies are small, and whole: nothing more is to come that could go with them. A Unix
     * socket has no such thing. */
    if (err == 0 && server->address.family != WEFT_UNIX)
        (void)weft_socket_option_set(*socket, WEFT_SOCKET_NO_DELAY, 1);
    return err;
}

void weft__server_pause(weft_server *server)
{
    weft_time began = weft_clock();

    weft__server_count(server, WEFT__PAUSES, 1);
    (void)weft_event_wait(&server->stopping, weft_in(PAUSE));
    weft__server_count(server, WEFT__PAUSED, (uint64_t)(weft_clock() - began));
}

bool weft__server_accept(weft_server *server, weft_socket **socket)
{
    while (!weft__server_is_stopping(server)) {
        int err = accept_until(server, socket, WEFT_FOREVER);

        if (err == 0)
            return true;
        if (err != WEFT_ECLOSED)
            weft__server_pause(server);
    }
    return false;
}

/* ---- at a poller ------------------------------------------------------------------------ */

static bool has_room(weft_server *server)
{
    return weft__server_open(server) < server->options.connections;
}

static void rest(weft_server *server)
{
    weft__server_count(server, WEFT__PAUSES, 1);
    server->rests_since = weft_clock();
    server->rests_until = server->rests_since + PAUSE;
}

bool weft__server_accept_now(weft_server *server, weft_socket **socket)
{
    int err = has_room(server) ? accept_until(server, socket, WEFT_NOW) : WEFT_ETIMEDOUT;

    if (err != 0 && err != WEFT_ETIMEDOUT && err != WEFT_ECLOSED)
        rest(server);
    return err == 0;
}

void weft__server_listen(weft_server *server, weft_poller *poller, weft_time *until)
{
    bool muted;

    if (server->rests_until != 0 && server->rests_until <= weft_clock()) {
        weft__server_count(server, WEFT__PAUSED, (uint64_t)(weft_clock() - server->rests_since));
        server->rests_until = 0;
    }
    muted = weft__server_is_stopping(server) || server->rests_until != 0 || !has_room(server);
    if (server->muted == muted ||
        weft_poller_modify(poller, server->socket, muted ? 0 : WEFT_READABLE, NULL) == 0)
        server->muted = muted;
    else
        rest(server); /* the poller has no memory for it, or the like */
    if (server->rests_until != 0 && server->rests_until < *until)
        *until = server->rests_until;
}
