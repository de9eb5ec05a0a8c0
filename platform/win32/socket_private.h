/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SOCKET_PRIVATE_H
#define WEFT_SOCKET_PRIVATE_H

/* What resolve.c, socket.c, tcp.c and udp.c of this folder share. */

#include <stdbool.h>

#include <winsock2.h>

#include <ws2tcpip.h>

#include "weft/atomic.h"
#include "weft/mutex.h"
#include "weft/socket.h"

enum { WEFT__SPILL_SIZE = 65536 }; /* bytes: no datagram is larger */

enum weft__socket_kind { WEFT__LISTENER, WEFT__CONNECTION, WEFT__UDP };

/* All but `shut`, `shared`, `spill` and `polls` is written before anyone else has the handle. */
struct weft_socket {
    enum weft__socket_kind kind;
    SOCKET handle;         /* never blocks, no child inherits it */
    HANDLE arrived;        /* an event: something came; see socket.c */
    bool dual;             /* an IPv6 socket that takes IPv4 addresses too */
    weft_address name;     /* a connection's peer; otherwise the socket's own address */
    weft_atomic_u32 shut;  /* enum weft_shutdown bits; set by shutdown() with release before it
                              wakes, read with acquire before each try */
    weft_atomic_u32 shared; /* 1: another process may have taken the event away; set with
                               release before `arrived` is, read with acquire before each wait */
    weft_mutex spill_lock; /* guards *spill during one WSARecvFrom(), never during a wait */
    unsigned char *spill;  /* UDP: takes the part of a datagram that the caller's buffer lacks */
    weft_atomic_u32 polls; /* in how many pollers it is; portable/poller_list.c */
};

/* Winsock is ready for use. */
int weft__winsock(void);

/* A socket of this kind, with a handle unless family is WEFT_FAMILY_NONE. Who creates
 * it sets `name` and `dual`. */
int weft__socket_create(weft_socket **socket, enum weft__socket_kind kind, uint32_t family);

/* The handle, new from accept() or the system, is the socket's, also after an error. */
int weft__socket_adopt(weft_socket *socket, SOCKET handle);

/* The socket has the address in its name, and then the port it was given in it. */
int weft__socket_bind(weft_socket *socket, const char *what);

/* Something came, or there is room to send, or the socket was shut down, or for no
 * reason: the caller tries again. WEFT_ETIMEDOUT comes without a sentence. */
int weft__socket_wait(const weft_socket *socket, weft_time until);
int weft__socket_wait_for_room(const weft_socket *socket, weft_time until);

/* The sentence "<what> <name>: <reason>"; the code. */
int weft__socket_fail(const weft_socket *socket, int code, const char *what, const char *reason);
int weft__socket_fail_system(const weft_socket *socket, int system_error, const char *what);

/* 0, or misuse of a NULL socket or one of another kind. */
int weft__socket_expect(const weft_socket *socket, enum weft__socket_kind kind, const char *what);

bool weft__socket_is_shut(const weft_socket *socket, enum weft_shutdown how);

/* To the system's form and back. `mapped`: IPv4 as an IPv6 socket wants it. */
int weft__address_to_system(const weft_address *address, bool mapped,
                            struct sockaddr_storage *storage);
void weft__address_from_system(weft_address *address, const struct sockaddr *from);

#endif
