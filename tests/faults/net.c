/* SPDX-License-Identifier: MIT */
#include "net.h"

#include <string.h>

#include "weft/caps.h"
#include "weft/error.h"

#define LATER_IS_NEVER WEFT_S(5)

bool net_told(struct score *score, const char *what, int err, int code, weft_time until)
{
    weft_time now = weft_clock();

    if (until != WEFT_FOREVER && now > until)
        fault_took(score, until, now);
    if (until != WEFT_FOREVER && now > until && now - until > LATER_IS_NEVER) {
        score->never++;
        fault_note(score, "%s: %g s late", what, (double)(now - until) / 1e9);
        return false;
    }
    if (err == code && weft_last_error()[0] != '\0') {
        score->told++;
        return true;
    }
    score->wrong++;
    fault_note(score, "%s: %s instead of %d; %s", what, weft_strerror(err), code,
               err != 0 ? weft_last_error() : "no error");
    return false;
}

bool net_right(struct score *score, const char *what, bool right)
{
    if (right) {
        score->right++;
        return true;
    }
    score->wrong++;
    fault_note(score, "%s: %s", what, weft_last_error());
    return false;
}

bool net_can_reset(void)
{
    return strcmp(weft_caps()->backend, "sdl2") != 0;
}

/* ---- servers --------------------------------------------------------------------- */

static int echo_bytes(weft_task *task)
{
    weft_socket *socket = WEFT_ARG(task, weft_socket *);
    unsigned char buffer[16384];
    size_t length = 1;
    int err = 0;

    while (err == 0 && length > 0) {
        err = weft_socket_recv(socket, buffer, sizeof(buffer), &length, FAULT_PATIENCE);
        if (err == 0)
            err = weft_socket_send(socket, buffer, length, NULL, FAULT_PATIENCE);
    }
    weft_socket_close(socket);
    return 0;
}

static int accept_connections(weft_task *task)
{
    weft_socket *listener = WEFT_ARG(task, weft_socket *), *socket = NULL;
    int err = 0;

    while (err != WEFT_ECLOSED) {
        err = weft_socket_accept(listener, &socket, NULL, WEFT_FOREVER);
        if (err == 0 && weft_thread_start(NULL, echo_bytes, &socket, sizeof(socket)) != 0)
            weft_socket_close(socket);
    }
    return 0;
}

static int echo_datagrams(weft_task *task)
{
    weft_socket *socket = WEFT_ARG(task, weft_socket *);
    unsigned char buffer[2048];
    weft_address from;
    size_t length;
    int err = 0;

    while (err != WEFT_ECLOSED) {
        err = weft_socket_recvfrom(socket, buffer, sizeof(buffer), &length, &from, WEFT_FOREVER);
        if (err == 0)
            weft_socket_sendto(socket, buffer, length, &from, FAULT_PATIENCE);
    }
    return 0;
}

static int start(struct net_server *server, weft_function *function)
{
    weft_address address;
    int err = weft_socket_address(server->socket, &address);

    if (err == 0)
        err = weft_thread_start(&server->thread, function, &server->socket, sizeof(server->socket));
    if (err != 0)
        weft_socket_close(server->socket);
    else
        server->port = address.port;
    return err;
}

int net_serve_tcp(struct net_server *server)
{
    int err = weft_tcp_listen(&server->socket, "127.0.0.1", 0, NULL);

    return err != 0 ? err : start(server, accept_connections);
}

int net_serve_udp(struct net_server *server)
{
    int err = weft_udp_open(&server->socket, "127.0.0.1", 0, WEFT_IPV4);

    return err != 0 ? err : start(server, echo_datagrams);
}

void net_end(struct net_server *server)
{
    weft_socket_shutdown(server->socket, WEFT_SHUTDOWN_BOTH);
    weft_thread_join(server->thread, WEFT_FOREVER);
    weft_thread_join_all(FAULT_PATIENCE);
    weft_socket_close(server->socket);
}

/* ---- clients --------------------------------------------------------------------- */

weft_socket *net_connect(struct score *score, int port)
{
    weft_socket *socket = NULL;

    if (weft_tcp_connect(&socket, "127.0.0.1", port, FAULT_PATIENCE) != 0)
        net_right(score, "connect", false);
    return socket;
}

weft_proxy *net_proxy(struct score *score, int port, weft_proxy_options options)
{
    weft_proxy *proxy = NULL;

    options.to_port = port;
    options.seed = fault_seed;
    if (weft_proxy_start(&proxy, &options) != 0)
        net_right(score, "proxy", false);
    return proxy;
}

int net_receive(weft_socket *socket, void *buffer, size_t size, size_t *got, weft_time until)
{
    unsigned char *at = buffer;
    int err = 0;

    *got = 0;
    while (err == 0 && *got < size) {
        size_t length = 0;

        err = weft_socket_recv(socket, at + *got, size - *got, &length, until);
        if (err == 0 && length == 0)
            return WEFT_ECLOSED;
        *got += err == 0 ? length : 0;
    }
    return err;
}

bool net_answers(int port)
{
    weft_socket *socket = NULL;
    char buffer[4];
    size_t got = 0;
    int err = weft_tcp_connect(&socket, "127.0.0.1", port, FAULT_PATIENCE);

    if (err == 0)
        err = weft_socket_send(socket, "weft", 4, NULL, FAULT_PATIENCE);
    if (err == 0)
        err = net_receive(socket, buffer, 4, &got, FAULT_PATIENCE);
    weft_socket_close(socket);
    return err == 0 && memcmp(buffer, "weft", 4) == 0;
}
