/* SPDX-License-Identifier: MIT */
#ifndef WEFT_FAULTS_NET_H
#define WEFT_FAULTS_NET_H

/* What the cases about sockets share: how an answer is judged, and a server. */

#include "faults.h"
#include "weft/proxy.h"
#include "weft/socket.h"
#include "weft/thread.h"

/* How long a call has that must tell a fault by then. */
#define NET_DEADLINE WEFT_MS(300)

/* The call returned `err` and must have told `code`, with a sentence, no later than `until`
 * (WEFT_FOREVER: whenever): the score's `worst` is how much later it was. True: it was so. */
bool net_told(struct score *score, const char *what, int err, int code, weft_time until);

/* It must have gone well. */
bool net_right(struct score *score, const char *what, bool right);

/* Whether this backend can reset a connection. */
bool net_can_reset(void);

/* A server that echoes each connection, in a thread for each, until its client's end; and
 * each datagram. */
struct net_server {
    weft_socket *socket;
    weft_thread *thread;
    int port;
};

int net_serve_tcp(struct net_server *server);
int net_serve_udp(struct net_server *server);
void net_end(struct net_server *server);

/* A connection to this port of 127.0.0.1; NULL, and the score knows: there is none. */
weft_socket *net_connect(struct score *score, int port);

/* A proxy to this port; likewise. */
weft_proxy *net_proxy(struct score *score, int port, weft_proxy_options options);

/* All of it, however it comes. *got: how many. WEFT_ECLOSED: the end came before. */
int net_receive(weft_socket *socket, void *buffer, size_t size, size_t *got, weft_time until);

/* A few bytes there and back, by a connection of its own. */
bool net_answers(int port);

#endif
