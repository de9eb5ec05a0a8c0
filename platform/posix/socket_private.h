/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SOCKET_PRIVATE_H
#define WEFT_SOCKET_PRIVATE_H

/* What resolve.c, socket.c, tcp.c and udp.c of this folder share. */

#include <stdbool.h>
#include <sys/socket.h>

#include "weft/atomic.h"
#include "weft/mutex.h"
#include "weft/socket.h"

/* A system without this flag has SO_NOSIGPIPE, which every socket of ours gets. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

enum { WEFT__SPILL_SIZE = 65536 }; /* bytes: no datagram is larger */

enum weft__socket_kind { WEFT__LISTENER, WEFT__CONNECTION, WEFT__UDP };

/* All but `shut`, `spill` and `polls` is written before anyone else has the handle. */
struct weft_socket {
    enum weft__socket_kind kind;
    int descriptor;        /* never blocks, no child inherits it */
    bool dual;             /* an IPv6 socket that takes IPv4 addresses too */
    weft_address name;     /* a connection's peer; otherwise the socket's own address */
    int wake[2];           /* a pipe that shutdown() makes readable for ever; connections do
                              without, {-1, -1} */
    weft_atomic_u32 shut;  /* enum weft_shutdown bits; set by shutdown() with release before it
                              wakes, read with acquire before each try */
    weft_mutex spill_lock; /* guards *spill during one recvmsg(), never during a wait */
    unsigned char *spill;  /* UDP: takes the part of a datagram that the caller's buffer lacks */
    weft_atomic_u32 polls; /* in how many pollers it is; portable/poller_list.c */
};

/* A socket of this kind, with a descriptor unless family is WEFT_FAMILY_NONE. Who
 * creates it sets `name` and `dual`. */
int weft__socket_create(weft_socket **socket, enum weft__socket_kind kind, uint32_t family);

/* The descriptor, made by accept(), is the socket's. */
void weft__socket_adopt(weft_socket *socket, int descriptor);

/* accept() with the properties above; -1: errno. */
int weft__socket_accept(int listener, struct sockaddr *peer, socklen_t *length);

/* The socket has the address in its name, and then the port it was given in it. */
int weft__socket_bind(weft_socket *socket, const char *what);

/* poll() says that `events` are there, or that the socket was shut down: the caller
 * tries again. WEFT_ETIMEDOUT comes without a sentence. */
int weft__socket_wait(const weft_socket *socket, short events, weft_time until);

/* The sentence "<what> <name>: <reason>"; the code. */
int weft__socket_fail(const weft_socket *socket, int code, const char *what, const char *reason);
int weft__socket_fail_system(const weft_socket *socket, int system_error, const char *what);

/* 0, or misuse of a NULL socket or one of another kind. */
int weft__socket_expect(const weft_socket *socket, enum weft__socket_kind kind, const char *what);

bool weft__socket_is_shut(const weft_socket *socket, enum weft_shutdown how);

/* To the system's form and back. `mapped`: IPv4 as an IPv6 socket wants it. */
socklen_t weft__address_to_system(const weft_address *address, bool mapped,
                                  struct sockaddr_storage *storage);
void weft__address_from_system(weft_address *address, const struct sockaddr *from);

#endif
