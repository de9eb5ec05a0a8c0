/* SPDX-License-Identifier: MIT */
/* Datagrams: too large, empty, larger than the buffer, lost, and too many. */
#include <string.h>

#include "net.h"
#include "weft/caps.h"
#include "weft/error.h"

enum { PINGS = 50, FLOOD = 200000, LARGE = 66000 };

/* Two sockets, and the address of the second. */
struct ends {
    weft_socket *here, *there;
    weft_address to;
};

static int open_ends(struct ends *ends)
{
    int err = weft_udp_open(&ends->here, "127.0.0.1", 0, WEFT_IPV4);

    if (err == 0)
        err = weft_udp_open(&ends->there, "127.0.0.1", 0, WEFT_IPV4);
    if (err == 0)
        err = weft_socket_address(ends->there, &ends->to);
    return err;
}

static void try_sizes(struct score *score, struct ends *ends)
{
    static unsigned char large[LARGE];
    unsigned char buffer[512];
    weft_time until = weft_in(NET_DEADLINE);
    size_t length = 1;
    int err = weft_socket_sendto(ends->here, large, LARGE, &ends->to, until);

    net_told(score, "66000 bytes", err, WEFT_ETOOBIG, until);
    err = weft_socket_sendto(ends->here, large, 2000, &ends->to, FAULT_PATIENCE);
    if (err == 0)
        err = weft_socket_recvfrom(ends->there, buffer, sizeof(buffer), &length, NULL,
                                   FAULT_PATIENCE);
    if (net_told(score, "2000 bytes into 512", err, WEFT_ETRUNCATED, WEFT_FOREVER))
        net_right(score, "their true length", length == 2000);
    err = weft_socket_sendto(ends->here, NULL, 0, &ends->to, FAULT_PATIENCE);
    if (err == 0)
        err = weft_socket_recvfrom(ends->there, buffer, sizeof(buffer), &length, NULL,
                                   FAULT_PATIENCE);
    net_right(score, "0 bytes", err == 0 && length == 0);
    until = weft_in(NET_DEADLINE);
    err = weft_socket_recvfrom(ends->there, buffer, sizeof(buffer), &length, NULL, until);
    net_told(score, "nothing comes", err, WEFT_ETIMEDOUT, until);
}

void case_net_datagrams(unsigned trials, struct score *score)
{
    struct ends ends = {0};

    score->goal = WEFT_MS(100);
    if (net_right(score, "sockets", open_ends(&ends) == 0))
        for (unsigned i = 0; i < trials; i++)
            try_sizes(score, &ends);
    weft_socket_close(ends.here);
    weft_socket_close(ends.there);
}

/* ---- lost, and too many -------------------------------------------------------------- */

/* The number comes back, at the first attempt or after `attempts`. */
static int ping(weft_socket *socket, const weft_address *to, uint32_t number, int attempts)
{
    uint32_t answer = ~number;
    int err = WEFT_ETIMEDOUT;

    for (int i = 0; i < attempts && err == WEFT_ETIMEDOUT; i++) {
        weft_time until = weft_in(NET_DEADLINE);
        size_t length = 0;

        err = weft_socket_sendto(socket, &number, sizeof(number), to, until);
        while (err == 0 && answer != number)
            err = weft_socket_recvfrom(socket, &answer, sizeof(answer), &length, NULL, until);
    }
    return err;
}

static void try_loss(struct score *score, weft_socket *socket, int port)
{
    weft_proxy *proxy = net_proxy(score, port,
                                  (weft_proxy_options){.udp = true,
                                                       .there = {.drop = 100, .duplicate = 50},
                                                       .back = {.drop = 100, .reorder = 50}});
    weft_address to;
    bool right = true;

    if (!proxy)
        return;
    weft_address_resolve(&to, "127.0.0.1", weft_proxy_port(proxy), WEFT_IPV4, FAULT_PATIENCE);
    for (uint32_t i = 0; i < PINGS && right; i++)
        right = ping(socket, &to, i, 20) == 0;
    net_right(score, "one in ten lost", right);
    weft_proxy_close(proxy);
}

static void try_silence(struct score *score, weft_socket *socket, int port)
{
    weft_proxy *proxy =
        net_proxy(score, port, (weft_proxy_options){.udp = true, .there = {.drop = 1000}});
    weft_address to;
    weft_time until;

    if (!proxy)
        return;
    weft_address_resolve(&to, "127.0.0.1", weft_proxy_port(proxy), WEFT_IPV4, FAULT_PATIENCE);
    until = weft_in(NET_DEADLINE);
    net_told(score, "all lost", ping(socket, &to, 0xFFFFFFFF, 1), WEFT_ETIMEDOUT, until);
    weft_proxy_close(proxy);
}

/* The sender of the flood is another socket: the answers that it does not read are lost. */
static void try_flood(struct score *score, weft_socket *socket, const weft_address *server)
{
    weft_socket *flooding = NULL;
    char datagram[64] = {0};
    bool right = weft_udp_open(&flooding, "127.0.0.1", 0, WEFT_IPV4) == 0;

    for (int i = 0; i < FLOOD && right; i++)
        right =
            weft_socket_sendto(flooding, datagram, sizeof(datagram), server, FAULT_PATIENCE) == 0;
    net_right(score, "flood", right);
    net_right(score, "server after the flood", ping(socket, server, 1, 20) == 0);
    weft_socket_close(flooding);
}

void case_net_loss(unsigned trials, struct score *score)
{
    struct net_server server;
    weft_socket *socket = NULL;
    weft_address address;

    score->goal = WEFT_MS(100);
    if (!net_right(score, "server", net_serve_udp(&server) == 0))
        return;
    if (net_right(score, "client",
                  weft_udp_open(&socket, "127.0.0.1", 0, WEFT_IPV4) == 0 &&
                      weft_socket_address(server.socket, &address) == 0))
        for (unsigned i = 0; i < trials; i++) {
            try_loss(score, socket, server.port);
            try_silence(score, socket, server.port);
            try_flood(score, socket, &address);
        }
    weft_socket_close(socket);
    net_end(&server);
}
