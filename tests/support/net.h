/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_NET_H
#define WEFT_TESTS_NET_H

/* Connections on this machine, for tests. Ports are the system's choice. */

#include <stdbool.h>
#include <stddef.h>

#include "weft/atomic.h"
#include "weft/socket.h"
#include "weft/task.h"

/* Both ends of one connection, and the listener it came through. */
struct pair {
    weft_socket *listener, *client, *server;
    weft_address at;   /* where the listener is */
    weft_address peer; /* as accept() told it */
};

/* Asserts that the connection is there. */
void open_pair(struct pair *p, const char *host);
void close_pair(struct pair *p);

/* Exactly `size` bytes, however they come. WEFT_ECLOSED: the end came before. */
int receive_all(weft_socket *socket, void *buffer, size_t size);

/* False, after skip(), if the backend or the machine has no IPv6. */
bool has_ipv6(void);

/* A thread that sends `size` bytes and records how that ended; it gets a pointer to this. */
struct sender {
    weft_socket *socket;
    const void *data;
    size_t size;
    size_t sent; /* these two may be read after the thread was joined */
    int err;
};

int send_all(weft_task *task);

#endif
