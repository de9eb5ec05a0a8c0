/* SPDX-License-Identifier: MIT */
/*
 * The HTTP server: a server with a thread for each connection (server_threads.c), which does
 * nothing but weft__http_connection_serve(). Who accepts, who waits for room, how all of them
 * end and what is counted is there.
 *
 * The site is the server's context: it is filled before the server starts, and emptied after
 * its last thread has ended.
 */
#include <weft/http_server.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <weft/memory.h>
#include <weft/socket.h>

#include "http_connection.h"
#include "http_tls.h"
#include "server_private.h"

enum { CONNECTIONS = 256 };

struct weft_http_server {
    weft_server *server;
    struct weft__http_site site;
    char url[WEFT_ADDRESS_TEXT + sizeof("https:///")];
};

/* "http://127.0.0.1:8080/"; where it listens on all interfaces, the loopback one. */
static void write_url(weft_http_server *server)
{
    static const uint8_t any[16];
    char text[WEFT_ADDRESS_TEXT];
    weft_address address;

    weft_server_address(server->server, &address);
    if (memcmp(address.ip, any, sizeof(any)) == 0 && address.family == WEFT_IPV4)
        memcpy(address.ip, (const uint8_t[]){127, 0, 0, 1}, 4);
    else if (memcmp(address.ip, any, sizeof(any)) == 0)
        address.ip[15] = 1;
    snprintf(server->url, sizeof(server->url), "%s://%s/", server->site.tls ? "https" : "http",
             weft_address_text(&address, text, sizeof(text)));
}

int weft_http_server_start(weft_http_server **server, const weft_http_server_options *options)
{
    /* If the system refuses a thread, the accepting one serves: slower, but nobody is lost. */
    static const struct weft__service service = {.serve = weft__http_connection_serve,
                                                 .serve_without = weft__http_connection_serve};
    static const weft_http_server_options none;
    weft_http_server *s = weft_alloc(sizeof(*s));
    weft_server_options own = {.connections = CONNECTIONS};
    int err = 0;

    if (!s)
        return WEFT_ENOMEM;
    if (!options)
        options = &none;
    s->site.handler = options->handler;
    s->site.context = options->context;
    own.host = options->host;
    own.port = options->port;
    own.context = &s->site;
    if (options->tls)
        err = weft__http_tls_create(&s->site.tls);
    if (err == 0)
        err = weft__service_start(&s->server, &service, NULL, &own);
    if (err != 0) {
        weft_http_server_close(s);
        return err;
    }
    write_url(s);
    *server = s;
    return 0;
}

const char *weft_http_server_url(const weft_http_server *server)
{
    return server->url;
}

bool weft_http_server_can_tls(void)
{
    return weft__http_tls_exists();
}

const char *weft_http_server_certificate(const weft_http_server *server)
{
    return server->site.tls ? weft__http_tls_certificate(server->site.tls) : NULL;
}

size_t weft_http_server_requests(const weft_http_server *server)
{
    return (size_t)weft_load_u64(&server->site.answered, WEFT_RELAXED);
}

size_t weft_http_server_connections(const weft_http_server *server)
{
    weft_server_stats stats;

    weft_server_stats_get(server->server, &stats);
    return (size_t)stats.accepted;
}

void weft_http_server_close(weft_http_server *server)
{
    if (!server)
        return;
    weft_server_close(server->server);
    weft__http_tls_free(server->site.tls);
    weft_free(server);
}
