/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SOCKET_H
#define WEFT_SOCKET_H

/*
 * TCP and UDP over IPv4 and IPv6, and Unix domain sockets; every call with a deadline.
 *
 *     weft_socket *s;
 *     CHECK(weft_tcp_connect(&s, "127.0.0.1", 8080, weft_in(WEFT_S(5))));
 *     CHECK(weft_socket_send(s, "hi", 2, NULL, WEFT_FOREVER));
 *     CHECK(weft_socket_recv(s, buffer, sizeof(buffer), &length, WEFT_FOREVER));
 *     weft_socket_close(s);
 *
 * Every call that waits ends with WEFT_ECANCELED, too, when the token of the calling
 * thread does (weft/cancel.h); what was there first is taken, and the next wait fails.
 * Sockets are not inherited by child processes; writing to a closed peer is an
 * error, never a signal. A sdl2 build speaks IPv4 only and lacks some of this:
 * such calls return WEFT_ENOTSUP with a sentence, and weft_caps() tells before.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "compiler.h"
#include "time.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_socket weft_socket;

/* ---- TCP ------------------------------------------------------------------------ */

/**
 * A TCP connection to the host.
 *
 * All its addresses race (RFC 8305): IPv6 and IPv4 by turns, the next one starts 250 ms
 * after the last or as soon as that fails, the first connection wins. sdl2: one after
 * another.
 *
 * @param socket  receives the socket
 * @param host    name or number; not NULL
 * @param port    1 to 65535
 * @param until   for resolving and all attempts together
 * @return 0; WEFT_EINVAL, WEFT_ENOTFOUND: as weft_address_resolve(); WEFT_EREFUSED;
 *         WEFT_EUNREACHABLE; WEFT_ETIMEDOUT; WEFT_ECANCELED; WEFT_ELIMIT: no descriptor
 *         left; WEFT_ENOMEM; WEFT_ESYSTEM. The sentence names the host and the reason of
 *         each address.
 *
 * Threads: any.   Python: socket.create_connection.
 */
WEFT_MUST_CHECK int weft_tcp_connect(weft_socket **socket, const char *host, int port,
                                     weft_time until);

/* All zero is the default. */
typedef struct weft_listen_options {
    int backlog;      /* connections that wait to be accepted; 0: 128 */
    bool ipv6_only;   /* "::" takes IPv6 alone; otherwise IPv4 too (dual stack) */
    bool share_port;  /* other listeners may have the same port, if they too say so; the
                         system deals connections out among them. weft_caps()->share_port */
} weft_listen_options;

/**
 * A socket that accepts TCP connections.
 *
 * A server that ended a moment ago does not block its port; a server that still
 * runs does (on Windows too: nobody can steal the port).
 *
 * @param host     where to listen; NULL or "": all interfaces, IPv4 and IPv6
 * @param port     0 to 65535; 0: a free one, see weft_socket_address()
 * @param options  NULL: none
 * @return 0; WEFT_EADDRINUSE; WEFT_EPERM: a port below 1024; WEFT_EINVAL,
 *         WEFT_ENOTFOUND: as weft_address_resolve(); WEFT_ENOTSUP; WEFT_ELIMIT;
 *         WEFT_ENOMEM; WEFT_ESYSTEM
 *
 * Threads: any.   Python: bind and listen; socket.create_server.
 */
WEFT_MUST_CHECK int weft_tcp_listen(weft_socket **socket, const char *host, int port,
                                    const weft_listen_options *options);

/**
 * The next connection.
 *
 * @param listener  of weft_tcp_listen() or weft_unix_listen()
 * @param socket    receives the connection, now the caller's
 * @param peer      receives who it is; NULL: not wanted
 * @return 0; WEFT_ETIMEDOUT; WEFT_ECANCELED; WEFT_ECLOSED: the listener was shut down;
 *         WEFT_ELIMIT: no descriptor left (the connection waits); WEFT_ENOMEM;
 *         WEFT_EINVAL: misuse
 *
 * Threads: any.   Python: socket.accept.
 */
WEFT_MUST_CHECK int weft_socket_accept(weft_socket *listener, weft_socket **socket,
                                       weft_address *peer, weft_time until);

/**
 * All bytes are handed to the system.
 *
 * @param sent  receives how many were, also after an error; NULL: not wanted
 * @return 0; WEFT_ETIMEDOUT: the peer does not read; WEFT_ECANCELED; WEFT_ERESET: the
 *         peer is gone; WEFT_ECLOSED: the sending side was shut down; WEFT_ESYSTEM
 *
 * Threads: one sender at a time, beside any reader.   Python: socket.sendall.
 */
int weft_socket_send(weft_socket *socket, const void *data, size_t size, size_t *sent,
                     weft_time until);

/**
 * Some bytes, as soon as there are any.
 *
 * @param buffer  receives at most `size` bytes
 * @param length  receives how many, at least 1; 0: the peer has finished sending
 * @return 0; WEFT_ETIMEDOUT; WEFT_ECANCELED; WEFT_ERESET: the peer is gone; WEFT_EINVAL:
 *         misuse, size is 0 or no connection; WEFT_ESYSTEM
 *
 * Threads: one reader at a time, beside any sender.   Python: socket.recv.
 */
int weft_socket_recv(weft_socket *socket, void *buffer, size_t size, size_t *length,
                     weft_time until);

/**
 * Exactly `size` bytes, however they come.
 *
 * @param buffer  receives them; 0 bytes are there at once
 * @param length  receives how many came, also after an error; NULL: not wanted
 * @return 0; WEFT_ECLOSED: the peer finished first; otherwise as weft_socket_recv()
 *
 * Threads: as weft_socket_recv().   Python: socket.recv with MSG_WAITALL; asyncio's readexactly.
 */
int weft_socket_recv_exactly(weft_socket *socket, void *buffer, size_t size, size_t *length,
                             weft_time until);

/* ---- Unix domain ------------------------------------------------------------------ */

/**
 * A socket that accepts connections of this machine at a path.
 *
 * A file that a program left there when it died is replaced; one behind which somebody
 * listens, or that is no socket, is not. weft_socket_close() removes the file.
 *
 * @param path     of the file, UTF-8, at most 100 bytes
 * @param options  backlog alone counts; NULL: none
 * @return 0; WEFT_EADDRINUSE; WEFT_EINVAL: path; WEFT_EPERM; WEFT_ENOTFOUND: no such
 *         folder; WEFT_ENOTSUP: not here (weft_caps()->unix_sockets is false: sdl2, Wine,
 *         Windows before 10.0.17134); WEFT_ELIMIT; WEFT_ENOMEM; WEFT_ESYSTEM
 *
 * Threads: any.   Python: socket(AF_UNIX).bind and listen.
 */
WEFT_MUST_CHECK int weft_unix_listen(weft_socket **socket, const char *path,
                                     const weft_listen_options *options);

/**
 * A connection to who listens at the path. All that a TCP connection does, it does.
 *
 * @return 0; WEFT_EREFUSED: nobody listens; WEFT_ENOTFOUND: no such file; WEFT_ETIMEDOUT:
 *         the listener's backlog stays full; WEFT_ECANCELED; otherwise as
 *         weft_unix_listen()
 *
 * Threads: any.   Python: socket(AF_UNIX).connect.
 */
WEFT_MUST_CHECK int weft_unix_connect(weft_socket **socket, const char *path, weft_time until);

/* ---- UDP -------------------------------------------------------------------------- */

/**
 * A UDP socket.
 *
 * @param host  address to receive at; NULL or "": all interfaces of `family`
 * @param port  0 to 65535; 0: a free one
 * @param family  WEFT_IPV4 or WEFT_IPV6 when host is NULL or ""; otherwise
 *                WEFT_FAMILY_NONE takes the host's first address
 * @return as weft_tcp_listen()
 *
 * Threads: any.   Python: socket(type=SOCK_DGRAM).bind.
 */
WEFT_MUST_CHECK int weft_udp_open(weft_socket **socket, const char *host, int port,
                                  enum weft_family family);

/* All zero is the default. */
typedef struct weft_udp_options {
    bool share_port; /* other sockets may have the same port, if they too say so: each gets
                        every multicast datagram, and one of them every other */
} weft_udp_options;

/** weft_udp_open() with options; NULL: none. WEFT_ENOTSUP: sdl2 shares no port. */
WEFT_MUST_CHECK int weft_udp_open_with(weft_socket **socket, const char *host, int port,
                                       enum weft_family family, const weft_udp_options *options);

/**
 * One datagram has been handed to the system.
 *
 * @param size  bytes, 0 too
 * @return 0; WEFT_ETOOBIG: the system takes no datagram of this size; WEFT_ETIMEDOUT;
 *         WEFT_ECANCELED; WEFT_EUNREACHABLE; WEFT_ECLOSED: the sending side was shut
 *         down; WEFT_EINVAL: misuse, another family or not a UDP socket
 *
 * Threads: any.   Python: socket.sendto.
 */
int weft_socket_sendto(weft_socket *socket, const void *data, size_t size,
                       const weft_address *to, weft_time until);

/**
 * One datagram.
 *
 * @param buffer  receives its first `size` bytes
 * @param length  receives its true length, also when it was larger than the buffer
 * @param from    receives the sender; NULL: not wanted
 * @return 0; WEFT_ETRUNCATED: it was larger: the buffer is full, the rest is lost;
 *         WEFT_ETIMEDOUT; WEFT_ECANCELED; WEFT_ECLOSED: the socket was shut down;
 *         WEFT_EINVAL: misuse. That an earlier datagram of ours found nobody is told
 *         only if WEFT_SOCKET_TELL_UNREACHABLE was set: WEFT_EREFUSED.
 *
 * Threads: any.   Python: socket.recvfrom.
 */
int weft_socket_recvfrom(weft_socket *socket, void *buffer, size_t size, size_t *length,
                         weft_address *from, weft_time until);

/**
 * The socket receives what is sent to a multicast group.
 *
 *     weft_udp_open_with(&s, NULL, 5000, WEFT_IPV4, &(weft_udp_options){.share_port = true});
 *     weft_address_resolve(&group, "239.1.2.3", 5000, WEFT_IPV4, WEFT_NOW);
 *     weft_socket_multicast_join(s, &group, 0);
 *
 * @param group  224.0.0.0 to 239.255.255.255, or ff00::/8; its port does not matter
 * @param via    the number of the interface; 0: the group's scope, or the system's choice
 * @return 0; WEFT_EINVAL: not a UDP socket of this family, no group, or joined already;
 *         WEFT_ENOTFOUND: no such interface, or none that can; WEFT_ELIMIT: too many
 *         groups; WEFT_ENOTSUP: weft_caps()->multicast; WEFT_ESYSTEM
 *
 * Threads: any.   Python: setsockopt(IP_ADD_MEMBERSHIP).
 */
int weft_socket_multicast_join(weft_socket *socket, const weft_address *group, unsigned via);

/** The socket leaves the group; the errors are the same. Python: IP_DROP_MEMBERSHIP. */
int weft_socket_multicast_leave(weft_socket *socket, const weft_address *group, unsigned via);

/* ---- all kinds -------------------------------------------------------------------- */

enum weft_shutdown { WEFT_SHUTDOWN_READ = 1, WEFT_SHUTDOWN_WRITE = 2, WEFT_SHUTDOWN_BOTH = 3 };

/**
 * One or both directions are closed: the peer reads end of file after what was
 * sent; own calls that wait in that direction return (recv: length 0; accept and
 * recvfrom: WEFT_ECLOSED).
 *
 * @return 0, also if the peer is gone; WEFT_ENOTSUP (sdl2: WEFT_SHUTDOWN_WRITE alone)
 *
 * Threads: any: it is how another thread ends a wait.   Python: socket.shutdown.
 */
int weft_socket_shutdown(weft_socket *socket, enum weft_shutdown how);

/* What to ask for; values are 0 or 1 unless said otherwise. */
enum weft_socket_option {
    WEFT_SOCKET_NO_DELAY,       /* TCP: small messages go out at once */
    WEFT_SOCKET_KEEP_ALIVE,     /* TCP: notice a peer that vanished */
    WEFT_SOCKET_BROADCAST,      /* UDP: may send to a broadcast address */
    WEFT_SOCKET_SEND_BUFFER,    /* bytes; the system may give more */
    WEFT_SOCKET_RECEIVE_BUFFER, /* bytes */
    WEFT_SOCKET_TTL,            /* routers that a packet may pass, 1 to 255 */
    WEFT_SOCKET_MULTICAST_TTL,  /* UDP: the same for multicast, 0 to 255; 1 at first */
    WEFT_SOCKET_MULTICAST_LOOP, /* UDP: what is sent to a group comes back to this machine's
                                   members; 1 at first */
    WEFT_SOCKET_MULTICAST_INTERFACE, /* UDP: number of the interface that multicast leaves by;
                                        0: the system's choice */
    WEFT_SOCKET_KEEP_ALIVE_IDLE,     /* TCP: seconds of silence before the first question,
                                        if WEFT_SOCKET_KEEP_ALIVE is on */
    WEFT_SOCKET_TELL_UNREACHABLE     /* UDP: recvfrom returns WEFT_EREFUSED when an earlier
                                        datagram found nobody; 0 at first, everywhere. Linux
                                        and Windows alone */
};

/** Sets an option. 0; WEFT_ENOTSUP; WEFT_EINVAL: value or socket unfit; WEFT_ESYSTEM. */
int weft_socket_option_set(weft_socket *socket, enum weft_socket_option option, int value);

/** Reads an option. Errors as weft_socket_option_set(). */
int weft_socket_option_get(weft_socket *socket, enum weft_socket_option option, int *value);

/**
 * The socket's own address, with the port it was given. 0; WEFT_ESYSTEM; WEFT_ENOTSUP: (sdl2)
 * a connection cannot tell. Python: getsockname.
 */
int weft_socket_address(weft_socket *socket, weft_address *address);

/** The peer's address. 0; WEFT_EINVAL: not connected. Python: getpeername. */
int weft_socket_peer(weft_socket *socket, weft_address *address);

/**
 * The socket is closed.
 *
 * @param socket  NULL: nothing happens
 *
 * Threads: when no other uses it (weft_socket_shutdown() ends their calls first).
 * Python: socket.close.
 */
void weft_socket_close(weft_socket *socket);

/**
 * The socket is closed, and a connection's peer finds it reset, not at its end; what was
 * sent and has not arrived is lost. (sdl2: as weft_socket_close().)
 *
 * Threads: as weft_socket_close().   Python: setsockopt(SO_LINGER, (1, 0)), then close.
 */
void weft_socket_abort(weft_socket *socket);

#ifdef __cplusplus
}
#endif

#endif
