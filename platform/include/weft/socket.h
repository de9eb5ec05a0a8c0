/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SOCKET_H
#define WEFT_SOCKET_H

/*
 * TCP and UDP over IPv4 and IPv6, every call with a deadline.
 *
 *     weft_socket *s;
 *     CHECK(weft_tcp_connect(&s, "127.0.0.1", 8080, weft_in(WEFT_S(5))));
 *     CHECK(weft_socket_send(s, "hi", 2, NULL, WEFT_FOREVER));
 *     CHECK(weft_socket_recv(s, buffer, sizeof(buffer), &length, WEFT_FOREVER));
 *     weft_socket_close(s);
 *
 * Sockets are not inherited by child processes; writing to a closed peer is an
 * error, never a signal. A sdl2 build speaks IPv4 only and lacks some of this:
 * such calls return WEFT_ENOTSUP with a sentence, and weft_caps() tells before.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"
#include "time.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_socket weft_socket;

enum weft_family { WEFT_FAMILY_NONE, WEFT_IPV4, WEFT_IPV6 };

/* Where a socket is or sends to. A plain value; equal addresses are equal bytes. */
typedef struct weft_address {
    uint32_t family; /* enum weft_family */
    uint16_t port;   /* host byte order */
    uint16_t unused; /* 0 */
    uint32_t scope;  /* IPv6 link-local: the interface's number; otherwise 0 */
    uint8_t ip[16];  /* network byte order; IPv4 uses the first 4, the rest is 0 */
} weft_address;

#define WEFT_ADDRESS_TEXT 72 /* bytes that hold any address as text, with its end */

/**
 * The first address of a host.
 *
 * @param host   a name ("localhost" is known without a resolver), an IPv4 or IPv6 number
 *               ("::1", "fe80::1%eth0", also in brackets), or NULL or "" for all
 *               interfaces of this machine
 * @param port   0 to 65535
 * @param family WEFT_IPV4 or WEFT_IPV6: only such an address; WEFT_FAMILY_NONE: either
 * @param until  absolute, monotonic ns; a slow name server cannot hold it longer
 * @return 0; WEFT_EINVAL: port out of range or host malformed; WEFT_ENOTFOUND: no
 *         such host; WEFT_ETIMEDOUT; WEFT_ENOTSUP: IPv6 in a build without it
 *
 * Threads: any.   Python: socket.getaddrinfo.
 */
int weft_address_resolve(weft_address *address, const char *host, int port,
                         enum weft_family family, weft_time until);

/**
 * The address as "127.0.0.1:8080" or "[::1]:8080".
 *
 * @param text  receives at most `size` bytes with its end; WEFT_ADDRESS_TEXT is enough
 * @return text
 *
 * Threads: any.   Python: str(address).
 */
const char *weft_address_text(const weft_address *address, char *text, size_t size);

/**
 * The address that a text is: "127.0.0.1:80", "[::1]:8080", "::1", "fe80::1%eth0",
 * "[fe80::1%3]:80". Nobody is asked: numbers only, no names.
 *
 * @param default_port  0 to 65535, for a text without a port; -1: it must have one
 * @return 0; WEFT_EINVAL: the sentence says what is wrong and at which byte; WEFT_ENOTFOUND:
 *         no such interface; WEFT_ENOTSUP: an interface by name, in a build without IPv6.
 *         *address is untouched then
 *
 * Threads: any.   Python: ipaddress.ip_address, and the port.
 */
int weft_address_parse(weft_address *address, const char *text, int default_port);

/** The IP alone, without port and brackets: "127.0.0.1", "::1". Python: address[0]. */
const char *weft_address_ip(const weft_address *address, char *text, size_t size);

/** Whether both are the same IP, scope and port. Threads: any. */
bool weft_address_equal(const weft_address *a, const weft_address *b);

/**
 * A TCP connection to the host; its addresses are tried one after another.
 *
 * @param socket  receives the socket
 * @param host    name or number; not NULL
 * @param port    1 to 65535
 * @param until   for resolving and all attempts together
 * @return 0; WEFT_EINVAL, WEFT_ENOTFOUND: as weft_address_resolve(); WEFT_EREFUSED;
 *         WEFT_EUNREACHABLE; WEFT_ETIMEDOUT; WEFT_ELIMIT: no descriptor left;
 *         WEFT_ENOMEM; WEFT_ESYSTEM. The sentence names host, port and reason.
 *
 * Threads: any.   Python: socket.create_connection.
 */
WEFT_MUST_CHECK int weft_tcp_connect(weft_socket **socket, const char *host, int port,
                                     weft_time until);

/* All zero is the default. */
typedef struct weft_listen_options {
    int backlog;      /* connections that wait to be accepted; 0: 128 */
    bool ipv6_only;   /* "::" takes IPv6 alone; otherwise IPv4 too (dual stack) */
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
 * @param listener  of weft_tcp_listen()
 * @param socket    receives the connection, now the caller's
 * @param peer      receives who it is; NULL: not wanted
 * @return 0; WEFT_ETIMEDOUT; WEFT_ECLOSED: the listener was shut down; WEFT_ELIMIT:
 *         no descriptor left (the connection waits); WEFT_ENOMEM; WEFT_EINVAL: misuse
 *
 * Threads: any.   Python: socket.accept.
 */
WEFT_MUST_CHECK int weft_socket_accept(weft_socket *listener, weft_socket **socket,
                                       weft_address *peer, weft_time until);

/**
 * All bytes are handed to the system.
 *
 * @param sent  receives how many were, also after an error; NULL: not wanted
 * @return 0; WEFT_ETIMEDOUT: the peer does not read; WEFT_ERESET: the peer is gone;
 *         WEFT_ECLOSED: the sending side was shut down; WEFT_ESYSTEM
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
 * @return 0; WEFT_ETIMEDOUT; WEFT_ERESET: the peer is gone; WEFT_EINVAL: misuse, size is 0
 *         or no connection; WEFT_ESYSTEM
 *
 * Threads: one reader at a time, beside any sender.   Python: socket.recv.
 */
int weft_socket_recv(weft_socket *socket, void *buffer, size_t size, size_t *length,
                     weft_time until);

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

/**
 * One datagram has been handed to the system.
 *
 * @param size  bytes, 0 too
 * @return 0; WEFT_ETOOBIG: the system takes no datagram of this size; WEFT_ETIMEDOUT;
 *         WEFT_EUNREACHABLE; WEFT_ECLOSED: the sending side was shut down; WEFT_EINVAL:
 *         misuse, another family or not a UDP socket
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
 *         WEFT_ETIMEDOUT; WEFT_ECLOSED: the socket was shut down; WEFT_EINVAL: misuse.
 *         That an earlier datagram of ours found nobody is no error here.
 *
 * Threads: any.   Python: socket.recvfrom.
 */
int weft_socket_recvfrom(weft_socket *socket, void *buffer, size_t size, size_t *length,
                         weft_address *from, weft_time until);

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
    WEFT_SOCKET_RECEIVE_BUFFER  /* bytes */
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

#ifdef __cplusplus
}
#endif

#endif
