/* SPDX-License-Identifier: MIT */
/* weft's sockets, as one writes a server by hand: a thread per connection, datagrams one
 * after another. */
#include "net.h"

#include <weft/socket.h>
#include <weft/thread.h>

static int serve_connection(weft_task *task)
{
    weft_socket *socket = WEFT_ARG(task, weft_socket *);
    unsigned char buffer[NET_PIECE];
    size_t length;

    while (weft_socket_recv(socket, buffer, sizeof(buffer), &length, WEFT_FOREVER) == 0) {
        if (weft_socket_send(socket, buffer, length, NULL, WEFT_FOREVER) != 0)
            break;
    }
    weft_socket_close(socket);
    return 0;
}

static void say_port_of(weft_socket *socket)
{
    weft_address address;

    need(weft_socket_address(socket, &address) == 0, "weft_socket_address");
    net_say_port(address.port);
}

static void serve_tcp(unsigned connections)
{
    weft_socket *listener, *socket;

    (void)connections;
    need(weft_tcp_listen(&listener, "127.0.0.1", 0, NULL) == 0, "weft_tcp_listen");
    say_port_of(listener);
    for (;;) {
        need(weft_socket_accept(listener, &socket, NULL, WEFT_FOREVER) == 0, "weft_socket_accept");
        need(weft_socket_option_set(socket, WEFT_SOCKET_NO_DELAY, 1) == 0,
             "weft_socket_option_set");
        need(weft_thread_start(NULL, serve_connection, &socket, sizeof(socket)) == 0,
             "weft_thread_start");
    }
}

static void serve_udp(void)
{
    unsigned char buffer[NET_PIECE];
    weft_socket *socket;

    need(weft_udp_open(&socket, "127.0.0.1", 0, WEFT_IPV4) == 0, "weft_udp_open");
    say_port_of(socket);
    for (;;) {
        weft_address sender;
        size_t length;
        need(weft_socket_recvfrom(socket, buffer, sizeof(buffer), &length, &sender, WEFT_FOREVER) ==
                 0,
             "weft_socket_recvfrom");
        need(weft_socket_sendto(socket, buffer, length, &sender, WEFT_FOREVER) == 0,
             "weft_socket_sendto");
    }
}

static const struct net_calls calls = {.tcp = "weft_socket, a thread each",
                                       .udp = "weft_socket_recvfrom",
                                       .serve_tcp = serve_tcp,
                                       .serve_udp = serve_udp};

const struct peer peer_net_weft_socket = {.name = "weft-socket", .kind = KIND_WEFT, .net = &calls};
