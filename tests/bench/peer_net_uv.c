/* SPDX-License-Identifier: MIT */
/* libuv: uv_tcp and uv_udp in one loop, one buffer for all. It writes at once what it can. */
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

static const char *version(void)
{
    static char text[32];

    snprintf(text, sizeof(text), "libuv %s", uv_version_string());
    return text;
}

struct rest {
    uv_write_t request;
    char data[];
};

static char buffer[NET_PIECE];

static void lend(uv_handle_t *handle, size_t wished, uv_buf_t *lent)
{
    (void)handle;
    (void)wished;
    *lent = uv_buf_init(buffer, sizeof(buffer));
}

static void closed(uv_handle_t *handle)
{
    free(handle);
}

static void written(uv_write_t *request, int status)
{
    (void)status;
    free(request);
}

static void write_rest(uv_stream_t *stream, const char *data, size_t size)
{
    struct rest *rest = malloc(sizeof(*rest) + size);
    uv_buf_t piece;

    need(rest != NULL, "malloc");
    memcpy(rest->data, data, size);
    piece = uv_buf_init(rest->data, (unsigned)size);
    need(uv_write(&rest->request, stream, &piece, 1, written) == 0, "uv_write");
}

static void came(uv_stream_t *stream, ssize_t got, const uv_buf_t *data)
{
    uv_buf_t piece = uv_buf_init(data->base, got > 0 ? (unsigned)got : 0);
    int sent;

    if (got < 0)
        uv_close((uv_handle_t *)stream, closed);
    if (got <= 0)
        return;
    sent = uv_try_write(stream, &piece, 1);
    sent = sent > 0 ? sent : 0;
    if (sent < got)
        write_rest(stream, data->base + sent, (size_t)(got - sent));
}

static void connected(uv_stream_t *listener, int status)
{
    uv_tcp_t *stream = malloc(sizeof(*stream));

    need(status == 0 && stream != NULL && uv_tcp_init(uv_default_loop(), stream) == 0 &&
             uv_accept(listener, (uv_stream_t *)stream) == 0 &&
             uv_read_start((uv_stream_t *)stream, lend, came) == 0,
         "uv_accept");
}

static void serve_tcp(unsigned connections)
{
    static uv_tcp_t listener;

    (void)connections;
    need(uv_tcp_init(uv_default_loop(), &listener) == 0 &&
             uv_tcp_open(&listener, net_listen()) == 0 &&
             uv_listen((uv_stream_t *)&listener, 4096, connected) == 0,
         "uv_listen");
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

static void datagram(uv_udp_t *socket, ssize_t got, const uv_buf_t *data,
                     const struct sockaddr *sender, unsigned flags)
{
    uv_buf_t piece = uv_buf_init(data->base, got > 0 ? (unsigned)got : 0);

    (void)flags;
    if (sender != NULL)
        need(uv_udp_try_send(socket, &piece, 1, sender) == (int)got, "uv_udp_try_send");
}

static void serve_udp(void)
{
    static uv_udp_t socket;

    need(uv_udp_init(uv_default_loop(), &socket) == 0 && uv_udp_open(&socket, net_bind()) == 0 &&
             uv_udp_recv_start(&socket, lend, datagram) == 0,
         "uv_udp_recv_start");
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}

static const struct net_calls calls = {
    .tcp = "uv_tcp", .udp = "uv_udp", .serve_tcp = serve_tcp, .serve_udp = serve_udp};

const struct peer peer_net_uv = {
    .name = "libuv", .kind = KIND_LIBRARY, .version = version, .net = &calls};
