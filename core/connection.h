/* SPDX-License-Identifier: MIT */
#ifndef WEFT_CONNECTION_H
#define WEFT_CONNECTION_H

/* The parts of the HTTP server; nobody else includes this. */

#include <stddef.h>

#include <weft/atomic.h>
#include <weft/http_server.h>
#include <weft/socket.h>

/* What all connections of a server share. */
struct weft__http_site {
    weft_http_handler *handler; /* with context: written before the first connection */
    void *context;
    weft_atomic_u64 answered; /* counted relaxed by any connection */
};

/* connection.c: reads one request, answers it, and waits until the client has the
 * answer. Ends early when the socket is shut down. */
void weft__http_connection_serve(weft_socket *socket, struct weft__http_site *site);

/* request.c: the status that a request deserves before anybody looks for its page: 200,
 * 400, 405 or 505. The head is `length` bytes and a terminating zero, and ends with an
 * empty line; at 200 it is changed so that *path is a text in it. */
int weft__http_request_parse(char *head, size_t length, char **path);

#endif
