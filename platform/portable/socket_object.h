/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SOCKET_OBJECT_H
#define WEFT_SOCKET_OBJECT_H

/* What the files of this folder share that make weft/socket.h of the seam's sockets. */

#include <stdbool.h>
#include <stdint.h>

#include "seam_socket.h"
#include "weft/atomic.h"
#include "weft/mutex.h"
#include "weft/socket.h"

/* What only UDP sockets have. */
struct weft__datagrams {
    weft_mutex lock;       /* guards `spill` during one receive, never during a wait */
    weft_atomic_u32 tells; /* WEFT_SOCKET_TELL_UNREACHABLE; relaxed: it guards nothing */
    weft_atomic_u32 via;   /* WEFT_SOCKET_MULTICAST_INTERFACE; relaxed */
    unsigned char spill[]; /* weft_seam_spill bytes: what the caller's buffer lacks */
};

/* Where a Unix socket is; of connections, those that connected. */
struct weft__unix_path {
    uint64_t identity; /* of the file, to be removed with the socket; 0: it is another's */
    char text[WEFT_SEAM_UNIX_PATH + 1];
};

/* All but `shut` and `polls` is written before anyone else has the socket. Ten thousand
 * connections are meant to be cheap: what they do not need is in structs of its own. */
struct weft_socket {
    weft_seam_socket seam;
    weft_address name;    /* a connection's peer; otherwise the socket's own address */
    uint8_t kind;         /* enum weft_seam_socket_kind */
    bool dual;            /* an IPv6 socket that takes IPv4 addresses too */
    weft_atomic_u32 shut; /* enum weft_shutdown bits; set by shutdown() with seq_cst before it
                             wakes, read with acquire before each try and after each joining
                             of the waiters (portable/bell.c) */
    weft_atomic_u32 polls; /* in how many pollers it is; portable/poller_list.c */
    struct weft__datagrams *datagrams; /* NULL: not UDP */
    struct weft__unix_path *path;      /* NULL: has none */
};

/* ---- socket.c ------------------------------------------------------------------- */

/* A socket of this kind, the system's with it unless family is WEFT_FAMILY_NONE. Who
 * creates it sets `name` and `dual`. */
int weft__socket_create(weft_socket **socket, enum weft_seam_socket_kind kind, uint32_t family);

/* The socket has the address in its name, and then the port it was given in it. */
int weft__socket_bind(weft_socket *socket, bool share_port, const char *what);

/* 0, or misuse of a NULL socket or one of another kind. */
int weft__socket_expect(const weft_socket *socket, enum weft_seam_socket_kind kind,
                        const char *what);

bool weft__socket_is_shut(const weft_socket *socket, enum weft_shutdown how);

/* What a sentence calls it; the text, at least WEFT_ADDRESS_TEXT bytes, may be used for it. */
const char *weft__socket_called(const weft_socket *socket, char *text);

/* The sentence "<what> <name>: <reason>"; the code. */
int weft__socket_fail(const weft_socket *socket, int code, const char *what, const char *reason);

/* The same for what the seam said, which is not BLOCKS or AGAIN. */
int weft__socket_fail_seam(const weft_socket *socket, int said, const char *what);

/* ---- socket_wait.c ---------------------------------------------------------------- */

/* The event may have come, or the socket was shut down: the caller tries again. WEFT_ETIMEDOUT
 * and WEFT_ECANCELED come without a sentence. */
int weft__socket_wait(weft_socket *socket, enum weft_seam_event event, weft_time until);

/* The same for connections on their way, of which nobody else knows. */
int weft__socket_wait_connected(weft_seam_socket *const sockets[], size_t count, weft_time until);

/* The sentence for what these two return. */
int weft__socket_fail_wait(const weft_socket *socket, int err, const char *what);

/* What a wait that ended with this is called in a sentence. */
const char *weft__wait_ended(int err);

#endif
