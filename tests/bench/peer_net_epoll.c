/* SPDX-License-Identifier: MIT */
/*
 * epoll, one thread: the bound of servers that sleep, and the same with a wait that never
 * sleeps. One recv() and one send() per message, one epoll_wait() per batch; what cannot
 * be sent at once is kept per connection.
 */
#include "net.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
    int fd;
    unsigned char *kept; /* NULL: nothing */
    size_t at, size;     /* of what is kept */
};

static void watch_for(int poller, struct connection *connection, uint32_t events)
{
    struct epoll_event event = {.events = events, .data = {.ptr = connection}};

    need(epoll_ctl(poller, EPOLL_CTL_MOD, connection->fd, &event) == 0, "epoll_ctl");
}

static void drop(struct connection *connection)
{
    close(connection->fd);
    free(connection->kept);
    free(connection);
}

static void accept_one(int poller, int listener)
{
    struct connection *connection = calloc(1, sizeof(*connection));
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = connection}};

    need(connection != NULL, "malloc");
    connection->fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    need(connection->fd >= 0 && epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event) == 0,
         "accept");
}

static void keep(int poller, struct connection *connection, const unsigned char *data, size_t size)
{
    connection->kept = malloc(size);
    need(connection->kept != NULL, "malloc");
    memcpy(connection->kept, data, size);
    connection->at = 0;
    connection->size = size;
    watch_for(poller, connection, EPOLLOUT);
}

static void serve_input(int poller, struct connection *connection)
{
    static unsigned char buffer[NET_PIECE];
    ssize_t got = recv(connection->fd, buffer, sizeof(buffer), 0), sent;

    if (got <= 0) {
        drop(connection);
        return;
    }
    sent = send(connection->fd, buffer, (size_t)got, MSG_NOSIGNAL);
    if (sent < got)
        keep(poller, connection, buffer + (sent > 0 ? sent : 0),
             (size_t)(got - (sent > 0 ? sent : 0)));
}

static void serve_output(int poller, struct connection *connection)
{
    ssize_t sent = send(connection->fd, connection->kept + connection->at,
                        connection->size - connection->at, MSG_NOSIGNAL);

    if (sent < 0 && errno != EAGAIN) {
        drop(connection);
        return;
    }
    connection->at += sent > 0 ? (size_t)sent : 0;
    if (connection->at == connection->size) {
        free(connection->kept);
        connection->kept = NULL;
        watch_for(poller, connection, EPOLLIN);
    }
}

static void loop(int wait)
{
    struct epoll_event events[256], first = {.events = EPOLLIN};
    int poller = epoll_create1(EPOLL_CLOEXEC), listener = net_listen();

    need(poller >= 0 && epoll_ctl(poller, EPOLL_CTL_ADD, listener, &first) == 0, "epoll");
    for (;;) {
        int ready = epoll_wait(poller, events, 256, wait);
        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;
            if (connection == NULL)
                accept_one(poller, listener);
            else if (connection->kept != NULL)
                serve_output(poller, connection);
            else
                serve_input(poller, connection);
        }
    }
}

static void serve(unsigned connections)
{
    (void)connections;
    loop(-1);
}

static void serve_spinning(unsigned connections)
{
    (void)connections;
    loop(0);
}

static const struct net_calls calls = {.tcp = "epoll, 1 thread", .serve_tcp = serve};
static const struct net_calls spinning = {.tcp = "epoll that never sleeps",
                                          .serve_tcp = serve_spinning};

const struct peer peer_net_epoll = {.name = "epoll", .kind = KIND_BOUND, .net = &calls};
const struct peer peer_net_spin = {.name = "epoll-spin", .kind = KIND_SPINS, .net = &spinning};
