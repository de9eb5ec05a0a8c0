/* SPDX-License-Identifier: MIT */
/*
 * Accepting. A connection that the system refuses a descriptor, memory or a thread for stays
 * in its queue: accepting then rests for a moment, and so costs nothing, while those who are
 * connected are served.
 */
#include "server_private.h"
#include "weft/fault.h"

int weft__server_accept(weft_server *server, weft_socket **socket, weft_time until)
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
    (void)weft_event_wait(&server->stopping, weft_in(WEFT__SERVER_PAUSE));
    weft__server_count(server, WEFT__PAUSED, (uint64_t)(weft_clock() - began));
}
