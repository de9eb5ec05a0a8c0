/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_PROXY_ROAD_H
#define WEFT_TESTS_PROXY_ROAD_H

/* A connection through a proxy, for its tests. The server is a listener of the test's own. */

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "net.h"
#include "weft/caps.h"
#include "weft/proxy.h"
#include "weft/socket.h"

/* One connection through the proxy. */
struct road {
    weft_socket *listener, *client, *server;
    weft_proxy *proxy;
};

static inline int port_of(weft_socket *socket)
{
    weft_address address = {0};

    CHECK_OK(weft_socket_address(socket, &address));
    return address.port;
}

static inline void open_proxy(struct road *road, weft_proxy_options options)
{
    memset(road, 0, sizeof(*road));
    CHECK_OK(weft_tcp_listen(&road->listener, "127.0.0.1", 0, NULL));
    options.to_port = port_of(road->listener);
    if (!CHECK_OK(weft_proxy_start(&road->proxy, &options)))
        abort(); /* without it no test below means anything */
}

static inline weft_socket *connect_to(weft_proxy *proxy)
{
    weft_socket *client = NULL;

    CHECK_OK(weft_tcp_connect(&client, "127.0.0.1", weft_proxy_port(proxy), SOON));
    return client;
}

static inline void open_road(struct road *road, weft_proxy_options options)
{
    open_proxy(road, options);
    road->client = connect_to(road->proxy);
    CHECK_OK(weft_socket_accept(road->listener, &road->server, NULL, SOON));
}

static inline void close_road(struct road *road)
{
    weft_proxy_close(road->proxy);
    weft_socket_close(road->client);
    weft_socket_close(road->server);
    weft_socket_close(road->listener);
}

static inline void say(weft_socket *socket, const char *text)
{
    CHECK_OK(weft_socket_send(socket, text, strlen(text), NULL, SOON));
}

static inline void expect_text(weft_socket *socket, const char *text)
{
    char buffer[100] = "";

    CHECK_OK(receive_all(socket, buffer, strlen(text)));
    CU_ASSERT_STRING_EQUAL(buffer, text);
}

static inline void expect_end(weft_socket *socket)
{
    char byte;
    size_t length = 1;

    CHECK_OK(weft_socket_recv(socket, &byte, 1, &length, SOON));
    CU_ASSERT_EQUAL(length, 0);
}

/* SDL2_net resets nothing: there it is an end. */
static inline bool can_reset(void)
{
    return strcmp(weft_caps()->backend, "sdl2") != 0;
}

static inline void expect_reset(weft_socket *socket)
{
    char byte;
    size_t length = 1;

    if (can_reset())
        CHECK_ERROR(weft_socket_recv(socket, &byte, 1, &length, SOON), WEFT_ERESET);
    else
        expect_end(socket);
}

/* The reset may come before the connection is there. */
static inline void expect_reset_at_once(weft_proxy *proxy)
{
    weft_socket *client = NULL;
    int err = weft_tcp_connect(&client, "127.0.0.1", weft_proxy_port(proxy), SOON);

    if (err == 0)
        expect_reset(client);
    else
        CHECK_ERROR(err, WEFT_ERESET);
    weft_socket_close(client);
}

static inline weft_proxy_stats stats_of(weft_proxy *proxy)
{
    weft_proxy_stats stats;

    weft_proxy_stats_get(proxy, &stats);
    return stats;
}

static inline bool was_reset_once(void *proxy)
{
    return stats_of(proxy).resets == 1;
}

#endif
