/* SPDX-License-Identifier: MIT */
/* weft's servers: the same handler in each style. The event loop is what peers are compared
 * with. */
#include "net.h"

#include <unistd.h>

#include <weft/server.h>

static int echo(weft_request *request)
{
    return weft_reply(request, weft_request_data(request), weft_request_size(request));
}

static void serve(const weft_server_options *options)
{
    weft_server *server;
    weft_address address;

    need(weft_server_start(&server, echo, options) == 0, "weft_server_start");
    weft_server_address(server, &address);
    net_say_port(address.port);
    for (;;)
        pause();
}

static void serve_style(enum weft_server_style style, unsigned connections)
{
    serve(&(weft_server_options){.style = style, .connections = connections + 16});
}

static void serve_loop(unsigned connections)
{
    serve_style(WEFT_SERVER_LOOP, connections);
}

static void serve_threads(unsigned connections)
{
    serve_style(WEFT_SERVER_THREADS, connections);
}

static void serve_pool(unsigned connections)
{
    serve_style(WEFT_SERVER_POOL, connections);
}

static void serve_udp(void)
{
    serve(&(weft_server_options){.style = WEFT_SERVER_LOOP, .udp = true});
}

static const struct net_calls loop = {.tcp = "weft_server, loop",
                                      .udp = "weft_server, loop",
                                      .serve_tcp = serve_loop,
                                      .serve_udp = serve_udp};
static const struct net_calls threads = {.tcp = "weft_server, threads", .serve_tcp = serve_threads};
static const struct net_calls pool = {.tcp = "weft_server, pool", .serve_tcp = serve_pool};

const struct peer peer_net_weft = {.name = "weft", .kind = KIND_WEFT, .net = &loop};
const struct peer peer_net_weft_threads = {
    .name = "weft-threads", .kind = KIND_WEFT, .net = &threads};
const struct peer peer_net_weft_pool = {.name = "weft-pool", .kind = KIND_WEFT, .net = &pool};
