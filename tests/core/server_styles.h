/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_SERVER_STYLES_H
#define WEFT_TESTS_SERVER_STYLES_H

/*
 * What the tests of servers share: each case runs once per style, with the same handler.
 *
 *     for_each_style(echoes_what_arrives_in);       // void echoes_what_arrives_in(style)
 */

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "weft/caps.h"
#include "weft/compiler.h"
#include "weft/server.h"
#include "weft/socket.h"

static const enum weft_server_style all_styles[] = {WEFT_SERVER_THREADS, WEFT_SERVER_POOL,
                                                    WEFT_SERVER_LOOP, WEFT_SERVER_PROCESSES};

static inline int echo(weft_request *request)
{
    return weft_reply(request, weft_request_data(request), weft_request_size(request));
}

/* Without processes where sockets cannot be handed to them. */
static inline void for_each_style(void (*run)(enum weft_server_style style))
{
    for (size_t i = 0; i < 4; i++)
        if (all_styles[i] != WEFT_SERVER_PROCESSES || strcmp(weft_caps()->backend, "sdl2") != 0)
            run(all_styles[i]);
}

static inline weft_server *start_server(weft_handler *handler, const weft_server_options *options)
{
    weft_server *server = NULL;

    if (!CHECK_OK(weft_server_start(&server, handler, options)))
        abort(); /* without it no test means anything */
    return server;
}

static inline weft_socket *connect_to(const weft_server *server)
{
    weft_socket *socket = NULL;
    weft_address address;

    weft_server_address(server, &address);
    if (!CHECK_OK(weft_tcp_connect(&socket, "127.0.0.1", address.port, SOON)))
        abort();
    return socket;
}

static inline void say(weft_socket *socket, const char *text)
{
    CHECK_OK(weft_socket_send(socket, text, strlen(text), NULL, SOON));
}

/* The next bytes are these. */
static inline bool hears(weft_socket *socket, const char *text)
{
    char buffer[4096] = "";

    if (!CHECK_OK(receive_all(socket, buffer, strlen(text))))
        return false;
    CU_ASSERT_STRING_EQUAL(buffer, text);
    return strcmp(buffer, text) == 0;
}

/* The server has closed the connection, in whatever way. */
static inline bool is_closed(weft_socket *socket)
{
    char byte;
    size_t length = 1;
    int err = weft_socket_recv(socket, &byte, 1, &length, SOON);

    return err == WEFT_ERESET || (err == 0 && length == 0);
}

static inline weft_server_stats stats_of(weft_server *server)
{
    weft_server_stats stats;

    weft_server_stats_get(server, &stats);
    return stats;
}

WEFT_MAY_BE_UNUSED static bool nobody_is_connected(void *server)
{
    return stats_of(server).open == 0;
}

static inline void end_server(weft_server *server)
{
    CHECK_OK(weft_server_stop(server, SOON));
    weft_server_close(server);
}

#endif
