/* SPDX-License-Identifier: MIT */
/* Connections: names and ports that are none, peers that reset, stop reading or leave, and
 * bytes that come one by one. Each is told by a code of its own, and by its deadline. */
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "weft/caps.h"
#include "weft/error.h"

enum { MUCH = 64 << 20, MESSAGE = 20000, HURRIED = 500 };

/* ---- names and ports ------------------------------------------------------------- */

static void try_port(struct score *score, const char *what, int port, int code)
{
    weft_socket *socket = NULL;

    net_told(score, what, weft_tcp_listen(&socket, "127.0.0.1", port, NULL), code, WEFT_FOREVER);
    weft_socket_close(socket);
}

static void try_name(struct score *score, const char *name, int code)
{
    weft_time until = weft_in(WEFT_S(1));
    weft_socket *socket = NULL;
    int err = weft_tcp_connect(&socket, name, 80, until);

    /* Where no name server answers at all, the deadline is the answer. */
    if (code == WEFT_ENOTFOUND && err == WEFT_ETIMEDOUT)
        code = err;
    net_told(score, name, err, code, until);
    weft_socket_close(socket);
}

static void try_ports_in_use(struct score *score)
{
    weft_socket *listener = NULL, *datagrams = NULL, *second = NULL;
    weft_address address;
    bool right = weft_tcp_listen(&listener, "127.0.0.1", 0, NULL) == 0 &&
                 weft_socket_address(listener, &address) == 0 && address.port != 0;

    if (net_right(score, "port 0", right))
        try_port(score, "port in use", address.port, WEFT_EADDRINUSE);
    right = weft_udp_open(&datagrams, "127.0.0.1", 0, WEFT_IPV4) == 0 &&
            weft_socket_address(datagrams, &address) == 0 && address.port != 0;
    if (net_right(score, "UDP port 0", right))
        net_told(score, "UDP port in use",
                 weft_udp_open(&second, "127.0.0.1", address.port, WEFT_IPV4), WEFT_EADDRINUSE,
                 WEFT_FOREVER);
    weft_socket_close(second);
    weft_socket_close(datagrams);
    weft_socket_close(listener);
}

/* Who may have it is the system's affair: root may, and under Windows everyone. */
static void try_low_port(struct score *score)
{
    weft_socket *socket = NULL;
    int err = weft_tcp_listen(&socket, "127.0.0.1", 1, NULL);

    if (err == 0)
        net_right(score, "port 1", true);
    else
        net_told(score, "port 1", err, WEFT_EPERM, WEFT_FOREVER);
    weft_socket_close(socket);
}

/* Nobody has been there for a moment: the listener is closed before the connection is tried. */
static void try_closed_port(struct score *score)
{
    struct net_server server;
    weft_socket *socket = NULL;
    weft_time until;

    if (!net_right(score, "listen", net_serve_tcp(&server) == 0))
        return;
    net_end(&server);
    until = weft_in(WEFT_S(5));
    net_told(score, "nobody listens", weft_tcp_connect(&socket, "127.0.0.1", server.port, until),
             WEFT_EREFUSED, until);
    weft_socket_close(socket);
}

void case_net_names(unsigned trials, struct score *score)
{
    bool ipv6 = weft_caps()->ipv6;

    score->goal = WEFT_MS(100);
    for (unsigned i = 0; i < trials; i++) {
        try_ports_in_use(score);
        try_closed_port(score);
        try_low_port(score);
        try_port(score, "port 70000", 70000, WEFT_EINVAL);
        try_port(score, "port -1", -1, WEFT_EINVAL);
        try_name(score, "nosuch.invalid", WEFT_ENOTFOUND);
        try_name(score, "[::1", WEFT_EINVAL);
        try_name(score, "fe80::1%nosuch", ipv6 ? WEFT_ENOTFOUND : WEFT_ENOTSUP);
        try_name(score, "fe80::1", ipv6 ? WEFT_EINVAL : WEFT_ENOTSUP);
    }
}

/* ---- peers ------------------------------------------------------------------------ */

/* What came before the reset is there, and then it is no end. */
static void try_reset(struct score *score, int port)
{
    static unsigned char message[MESSAGE];
    weft_proxy *proxy = net_proxy(score, port, (weft_proxy_options){.back = {.reset_after = 1000}});
    weft_socket *socket = proxy ? net_connect(score, weft_proxy_port(proxy)) : NULL;
    bool windows = strcmp(weft_caps()->system, "windows") == 0; /* it forgets what was not read */
    size_t got = 0;
    int err;

    if (socket) {
        weft_socket_send(socket, message, sizeof(message), NULL, FAULT_PATIENCE);
        err = net_receive(socket, message, sizeof(message), &got, FAULT_PATIENCE);
        if (net_told(score, "reset", err, WEFT_ERESET, WEFT_FOREVER))
            net_right(score, "bytes before the reset", got == 1000 || (windows && got < 1000));
    }
    weft_socket_close(socket);
    weft_proxy_close(proxy);
}

static void try_half_close(struct score *score, int port)
{
    static unsigned char sent[MESSAGE], received[MESSAGE + 1];
    weft_socket *socket = net_connect(score, port);
    size_t got = 0;
    int err;

    if (!socket)
        return;
    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = (unsigned char)(i * 31 >> 3);
    err = weft_socket_send(socket, sent, sizeof(sent), NULL, FAULT_PATIENCE);
    if (err == 0)
        err = weft_socket_shutdown(socket, WEFT_SHUTDOWN_WRITE);
    if (err == 0)
        err = net_receive(socket, received, sizeof(received), &got, FAULT_PATIENCE);
    net_right(score, "half close",
              err == WEFT_ECLOSED && got == sizeof(sent) && memcmp(sent, received, got) == 0);
    weft_socket_close(socket);
}

/* The deadline ends it, how much went is told, and others are served meanwhile. */
static void try_deaf_reader(struct score *score, int port)
{
    weft_proxy *proxy = net_proxy(score, port, (weft_proxy_options){.there = {.stall_after = 1}});
    weft_socket *socket = proxy ? net_connect(score, weft_proxy_port(proxy)) : NULL;
    unsigned char *much = calloc(1, MUCH);
    size_t sent = 0;

    if (socket && much) {
        weft_time until = weft_in(NET_DEADLINE);
        int err = weft_socket_send(socket, much, MUCH, &sent, until);

        if (net_told(score, "reader that never reads", err, WEFT_ETIMEDOUT, until))
            net_right(score, "bytes sent to it", sent > 0 && sent < MUCH);
        net_right(score, "others meanwhile", net_answers(port));
    }
    free(much);
    weft_socket_close(socket);
    weft_proxy_close(proxy);
}

/* Several sends: the first may find a system that has not heard of it yet. */
static void try_closed_peer(struct score *score)
{
    weft_socket *listener = NULL, *peer = NULL, *socket = NULL;
    weft_address address;
    int err = weft_tcp_listen(&listener, "127.0.0.1", 0, NULL);

    if (err == 0)
        err = weft_socket_address(listener, &address);
    if (err == 0)
        err = weft_tcp_connect(&socket, "127.0.0.1", address.port, FAULT_PATIENCE);
    if (err == 0)
        err = weft_socket_accept(listener, &peer, NULL, FAULT_PATIENCE);
    if (net_right(score, "connection", err == 0)) {
        weft_time patience = FAULT_PATIENCE;

        weft_socket_close(peer);
        while (err == 0 && weft_clock() < patience) {
            err = weft_socket_send(socket, "?", 1, NULL, patience);
            weft_sleep(WEFT_US(200));
        }
        net_told(score, "send to a closed peer", err, WEFT_ERESET, WEFT_FOREVER);
    }
    weft_socket_close(socket);
    weft_socket_close(listener);
}

static void try_single_bytes(struct score *score, int port)
{
    static unsigned char sent[MESSAGE], received[MESSAGE];
    weft_proxy *proxy =
        net_proxy(score, port, (weft_proxy_options){.there = {.piece = 1}, .back = {.piece = 1}});
    weft_socket *socket = proxy ? net_connect(score, weft_proxy_port(proxy)) : NULL;
    size_t got = 0;
    int err;

    if (socket) {
        for (size_t i = 0; i < sizeof(sent); i++)
            sent[i] = (unsigned char)(i * 7 >> 2);
        err = weft_socket_send(socket, sent, sizeof(sent), NULL, FAULT_PATIENCE);
        if (err == 0)
            err = net_receive(socket, received, sizeof(received), &got, FAULT_PATIENCE);
        net_right(score, "single bytes", err == 0 && memcmp(sent, received, sizeof(sent)) == 0);
    }
    weft_socket_close(socket);
    weft_proxy_close(proxy);
}

void case_net_peers(unsigned trials, struct score *score)
{
    struct net_server server;

    score->goal = WEFT_MS(100);
    if (!net_right(score, "server", net_serve_tcp(&server) == 0))
        return;
    for (unsigned i = 0; i < trials; i++) {
        if (net_can_reset())
            try_reset(score, server.port);
        if (weft_caps()->shutdown_write)
            try_half_close(score, server.port);
        try_deaf_reader(score, server.port);
        try_closed_peer(score);
        try_single_bytes(score, server.port);
    }
    net_end(&server);
}

/* ---- clients that leave at once ---------------------------------------------------------- */

void case_net_hurried(unsigned trials, struct score *score)
{
    struct net_server server;

    if (!net_right(score, "server", net_serve_tcp(&server) == 0))
        return;
    for (unsigned i = 0; i < trials; i++) {
        for (int j = 0; j < HURRIED; j++)
            weft_socket_abort(net_connect(score, server.port));
        net_right(score, "server after all that left", net_answers(server.port));
    }
    net_end(&server);
}
