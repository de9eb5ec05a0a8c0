/* SPDX-License-Identifier: MIT */
#ifndef WEFT_HTTP_SERVER_H
#define WEFT_HTTP_SERVER_H

/*
 * A small HTTP server, enough for lessons and tests to fetch from instead of the
 * internet: GET, over HTTP or HTTPS, a thread for each of at most 256 connections at once;
 * more wait. A connection stays open for the next request, as HTTP/1.1 has it, for at most
 * 100 of them and 5 s between two, and only while there is room for others.
 *
 *     weft_http_server *server;
 *     CHECK(weft_http_server_start(&server, NULL));
 *     ... fetch weft_http_server_url(server) ...
 *     weft_http_server_close(server);
 */

#include <stdbool.h>
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
    bool tls;                   /* HTTPS, with a certificate made at the start: for localhost,
                                   127.0.0.1 and ::1, for a day, signed by nobody but itself.
                                   It is on no disk, and gone with the server */
} weft_http_server_options;

/**
 * The server accepts connections.
 *
 * @param server   receives the server
 * @param options  NULL: none
 * @return 0; WEFT_ENOMEM; WEFT_ENOTSUP: tls, and this build has no library for it; the
 *         errors of weft_tcp_listen() and weft_thread_start()
 *
 * Threads: any.   Python: http.server.ThreadingHTTPServer.
 */
WEFT_MUST_CHECK int weft_http_server_start(weft_http_server **server,
                                           const weft_http_server_options *options);

/** Whether this build can serve HTTPS: it has Mbed TLS. A constant. Threads: any. */
bool weft_http_server_can_tls(void);

/** "http://127.0.0.1:43211/" (https: with tls), valid as long as the server. Threads: any. */
const char *weft_http_server_url(const weft_http_server *server);

/** The certificate that it shows, in PEM: who writes it to a file and gives that as ca_file
 * (weft/http.h) can fetch from it. NULL without tls. Valid as long as the server. Threads: any. */
const char *weft_http_server_certificate(const weft_http_server *server);

/** How many requests it has answered so far. Threads: any. */
size_t weft_http_server_requests(const weft_http_server *server);

/** How many connections it has accepted so far. Threads: any. */
size_t weft_http_server_connections(const weft_http_server *server);

/**
 * Stops listening, ends what is under way and frees the server; NULL is allowed.
 *
 * It waits for handlers that run; what they wait for returns WEFT_ECANCELED from then on.
 *
 * Threads: when no other uses it; not a handler's.
 */
void weft_http_server_close(weft_http_server *server);

#ifdef __cplusplus
}
#endif

#endif
