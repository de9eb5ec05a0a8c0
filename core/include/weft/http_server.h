/* SPDX-License-Identifier: MIT */
#ifndef WEFT_HTTP_SERVER_H
#define WEFT_HTTP_SERVER_H

/*
 * A small HTTP server, enough for lessons and tests to fetch from instead of the
 * internet: GET, one request per connection, a thread for each of at most 256
 * connections at once; more wait.
 *
 *     weft_http_server *server;
 *     CHECK(weft_http_server_start(&server, NULL));
 *     ... fetch weft_http_server_url(server) ...
 *     weft_http_server_close(server);
 */

#include <stddef.h>

#include <weft/compiler.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_http_server weft_http_server;

/* What a handler answers. Zeroed before the call; 0 and NULL are 200 and no body. */
typedef struct weft_http_reply {
    int status;
    const char *content_type; /* NULL: "text/html; charset=utf-8" */
    const char *location;     /* for a redirect; NULL: none */
    const char *body;         /* must live until the reply is sent: a constant, or context's */
    size_t size;
} weft_http_reply;

/* Answers one GET of `path` ("/a?b=c"), which lives until the reply is sent. Called by
 * several threads at once. */
typedef void weft_http_handler(const char *path, weft_http_reply *reply, void *context);

/* All zero is the default. */
typedef struct weft_http_server_options {
    const char *host;           /* NULL: "127.0.0.1" */
    int port;                   /* 0: a free one */
    weft_http_handler *handler; /* NULL: a page for "/", 404 for the rest */
    void *context;              /* the handler's */
} weft_http_server_options;

/**
 * The server accepts connections.
 *
 * @param server   receives the server
 * @param options  NULL: none
 * @return 0; WEFT_ENOMEM; the errors of weft_tcp_listen() and weft_thread_start()
 *
 * Threads: any.   Python: http.server.ThreadingHTTPServer.
 */
WEFT_MUST_CHECK int weft_http_server_start(weft_http_server **server,
                                           const weft_http_server_options *options);

/** "http://127.0.0.1:43211/", valid as long as the server. Threads: any. */
const char *weft_http_server_url(const weft_http_server *server);

/** How many requests it has answered so far. Threads: any. */
size_t weft_http_server_requests(const weft_http_server *server);

/**
 * Stops listening, ends what is under way and frees the server; NULL is allowed.
 *
 * Threads: when no other uses it; not a handler's. It waits for handlers that run.
 */
void weft_http_server_close(weft_http_server *server);

#ifdef __cplusplus
}
#endif

#endif
