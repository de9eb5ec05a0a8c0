/* SPDX-License-Identifier: MIT */
/* io_uring by liburing: one thread, a buffer per connection, one system call per batch. */
#include "net.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <liburing.h>

/* What it waits for is told by `size`: 0 to receive, otherwise to send the rest. */
struct connection {
    int fd;
    size_t at, size;
    unsigned char buffer[NET_PIECE]; /* only touched where it is used */
};

static struct io_uring ring;

static struct io_uring_sqe *entry(void *connection)
{
    struct io_uring_sqe *one = io_uring_get_sqe(&ring);

    if (one == NULL) {
        need(io_uring_submit(&ring) >= 0, "io_uring_submit");
        one = io_uring_get_sqe(&ring);
        need(one != NULL, "io_uring_get_sqe");
    }
    io_uring_sqe_set_data(one, connection);
    return one;
}

static void await_connection(int listener)
{
    struct io_uring_sqe *one = entry(NULL);

    io_uring_prep_accept(one, listener, NULL, NULL, SOCK_CLOEXEC);
    io_uring_sqe_set_data(one, NULL);
}

static void go_on(struct connection *connection)
{
    struct io_uring_sqe *one = entry(connection);

    if (connection->size == 0)
        io_uring_prep_recv(one, connection->fd, connection->buffer, NET_PIECE, 0);
    else
        io_uring_prep_send(one, connection->fd, connection->buffer + connection->at,
                           connection->size - connection->at, MSG_NOSIGNAL);
    io_uring_sqe_set_data(one, connection);
}

static void accepted(int fd, int listener)
{
    struct connection *connection = malloc(sizeof(*connection));

    need(fd >= 0 && connection != NULL, "accept");
    connection->fd = fd;
    connection->at = connection->size = 0;
    go_on(connection);
    await_connection(listener);
}

static void done(struct connection *connection, int result)
{
    if (result <= 0) {
        close(connection->fd);
        free(connection);
        return;
    }
    if (connection->size == 0) {
        connection->at = 0;
        connection->size = (size_t)result;
    } else {
        connection->at += (size_t)result;
        if (connection->at == connection->size)
            connection->size = 0;
    }
    go_on(connection);
}

static void serve(unsigned connections)
{
    struct io_uring_cqe *ended[256];
    int listener;

    (void)connections;
    if (io_uring_queue_init(4096, &ring, 0) < 0)
        net_skip("io_uring is refused here");
    listener = net_listen();
    await_connection(listener);
    for (;;) {
        unsigned count;
        io_uring_submit_and_wait(&ring, 1);
        count = io_uring_peek_batch_cqe(&ring, ended, 256);
        for (unsigned i = 0; i < count; i++) {
            struct connection *connection = io_uring_cqe_get_data(ended[i]);
            if (connection == NULL)
                accepted(ended[i]->res, listener);
            else
                done(connection, ended[i]->res);
        }
        io_uring_cq_advance(&ring, count);
    }
}

static const struct net_calls calls = {.tcp = "io_uring, 1 thread", .serve_tcp = serve};

const struct peer peer_net_uring = {.name = "io_uring", .kind = KIND_LIBRARY, .net = &calls};
