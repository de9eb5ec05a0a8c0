/* SPDX-License-Identifier: MIT */
#ifndef WEFT_HTTP_CONNECTION_H
#define WEFT_HTTP_CONNECTION_H

/* The parts of the HTTP server; nobody else includes this. */

#include <stdbool.h>
#include <stddef.h>

#include <weft/atomic.h>
#include <weft/http_server.h>

struct weft__connection; /* server_private.h */

/* What all connections of a server share. */
struct weft__http_site {
    weft_http_handler *handler; /* with context: written before the first connection */
    void *context;
    struct weft__http_tls *tls; /* NULL: plain HTTP. Likewise */
    weft_atomic_u64 answered;   /* counted relaxed by any connection */
};

/* http_connection.c: answers requests until the client has no more or has had enough of them,
 * and waits until it has the last answer. Ends early when the socket is shut down. The context
 * of the connection's server is the site. */
void weft__http_connection_serve(struct weft__connection *connection);

/* http_request.c: the status that a request deserves before anybody looks for its page: 200,
 * 400, 405 or 505. The head is `length` bytes and a terminating zero, and ends with an
 * empty line; at 200 it is changed so that *path is a text in it. */
int weft__http_request_parse(char *head, size_t length, char **path);

/* Of the same head, before it is parsed: the client wants the connection to stay open after the
 * answer, and nothing follows the head that is no request. */
bool weft__http_request_keeps(const char *head, size_t length);

#endif
