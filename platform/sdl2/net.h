/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SDL2_NET_H
#define WEFT_SDL2_NET_H

/* What listen.c, resolve.c, send.c, socket.c, tcp.c and udp.c of this folder share. */

#ifndef SDL_MAIN_HANDLED
#define SDL_MAIN_HANDLED
#endif

#include <SDL.h>
#include <SDL_net.h>
#include <stdbool.h>
#include <stddef.h>

#include "weft/atomic.h"
#include "weft/mutex.h"
#include "weft/socket.h"

enum weft__net_kind { WEFT__LISTENER, WEFT__CONNECTION, WEFT__UDP };

/* The thread that sends for a connection, and what it is sending; send.c's. */
typedef struct weft__sender weft__sender;

/* The connections that wait at a listener; listen.c's. */
typedef struct weft__backlog weft__backlog;

struct weft_socket {
    enum weft__net_kind kind; /* down to `loopback`: written before others have the handle */
    weft_address name;        /* a connection's peer; otherwise the socket's own address */
    bool loopback;            /* only peers of this machine are let in */
    weft_atomic_u32 shut;     /* enum weft_shutdown bits; set with release under `lock`, read
                                 with acquire between slices of a wait */
    weft_mutex lock;          /* guards all that follows down to `sender` */
    TCPsocket tcp;            /* of the kind that it is; NULL once closed */
    UDPsocket udp;
    SDLNet_SocketSet set;    /* this socket alone; written when it is attached */
    unsigned users;          /* calls that use tcp or udp right now */
    bool closing;            /* the last user closes it */
    weft__sender *sender;    /* of a connection; NULL: nothing was sent yet */
    weft__backlog *backlog;  /* of a listener; written before others have the handle */
    weft_mutex receive_lock; /* one thread at a time takes what has come; guards `datagram` */
    unsigned char *datagram; /* UDP: WEFT__DATAGRAM_SIZE bytes */
    weft_atomic_u32 polls; /* in how many pollers it is; portable/poller_list.c */
};

enum {
    WEFT__DATAGRAM_SIZE = 65536, /* bytes: none is larger */
    WEFT__SLICE = 50             /* ms that a wait lasts until it looks around */
};

/* ---- socket.c --------------------------------------------------------------------- */

/* SDL2_net is ready. */
int weft__net_begin(void);

/* A socket of this kind and name, without a socket of SDL yet. */
int weft__net_create(weft_socket **socket, enum weft__net_kind kind, const weft_address *name);

/* The socket of SDL is the socket's, also after an error. One of both is NULL. */
int weft__net_attach(weft_socket *socket, TCPsocket tcp, UDPsocket udp);

/* What belongs to the socket goes, and the socket. */
void weft__net_destroy(weft_socket *socket);

/* Between the two nobody closes the socket of SDL. False: it is closed or about to be. */
bool weft__net_enter(weft_socket *socket);
void weft__net_leave(weft_socket *socket);

/* Closes the socket of SDL if that is wanted and nobody uses it. Under the lock. */
void weft__net_close_locked(weft_socket *socket);

/* Something can be read, or a connection accepted. WEFT_ECLOSED: the reading side was
 * shut down; WEFT_ETIMEDOUT, WEFT_ECANCELED: all come without a sentence. Between enter and
 * leave. */
int weft__net_wait(weft_socket *socket, weft_time until, const char *what);

bool weft__net_is_shut(const weft_socket *socket, enum weft_shutdown how);

/* 0, or misuse of a NULL socket or one of another kind. */
int weft__net_expect(const weft_socket *socket, enum weft__net_kind kind, const char *what);

/* The sentence "<what> <name>: <reason>"; the code. */
int weft__net_fail(const weft_address *name, int code, const char *what, const char *reason);

/* The same for a call of SDL2_net that failed and left `reason` in errno, which is 0 on
 * systems whose sockets do not use it: then `guess` is the code, and `text`, which may be
 * empty, is what SDL2_net says. */
int weft__net_fail_sdl(const weft_address *name, int reason, int guess, const char *what,
                       const char *text);

/* 0 if SDL2_net can receive at this address only: all interfaces, or the loopback. */
int weft__net_check_own(const weft_address *address, const char *what);

IPaddress weft__net_to_sdl(const weft_address *address);
weft_address weft__net_from_sdl(const IPaddress *address);

/* 127.0.0.0/8. */
bool weft__net_is_loopback(const weft_address *address);

/* ---- listen.c --------------------------------------------------------------------- */

/* Calls that wait look at `shut` again. Under the lock. */
void weft__backlog_wake(weft__backlog *backlog);

/* Whether a connection waits. Takes the lock. */
bool weft__backlog_has_any(weft_socket *listener);

/* Ends the thread and closes the connections that wait. */
void weft__backlog_close(weft_socket *listener);

/* ---- send.c ----------------------------------------------------------------------- */

/* Whether the sender is inside SDL2_net. Under the lock. */
bool weft__sender_is_busy(const weft__sender *sender);

/* Calls of weft_socket_send() that wait look at `shut` again. Under the lock. */
void weft__sender_wake(weft__sender *sender);

/* A piece was not sent: the peer is gone. Takes the lock. */
bool weft__sender_has_failed(weft_socket *socket);

/* Whether a send would not have to wait for an earlier one. Takes the lock. */
bool weft__sender_has_room(weft_socket *socket);

/* The socket is closed by its owner. True: nobody sends any more. False: somebody does,
 * and will destroy the socket. */
bool weft__sender_close(weft_socket *socket);

#endif
