/* SPDX-License-Identifier: MIT */
/* Sockets of the system, as thin as can be: portable/ has the loops, waits and sentences. */
#include "socket_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include "internal.h"
#include "seam_socket.h"

/* A system without this flag has SO_NOSIGPIPE, which every socket of ours gets. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

enum {
    MOST_AT_ONCE = 1 << 30, /* bytes: macOS refuses to send more than INT_MAX at once */
    MOST_POLLED = 17
};

/* ---- descriptors ---------------------------------------------------------------- */

static int descriptor_of(const weft_seam_socket *socket)
{
    return (int)socket->handle;
}

#if defined(SOCK_CLOEXEC) && defined(_GNU_SOURCE)

/* In one step, so that no child that starts in between inherits them. */
static int new_descriptor(int family, int type)
{
    return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int next_descriptor(int listener, struct sockaddr *peer, socklen_t *length)
{
    return accept4(listener, peer, length, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

#else

/* -1 after an error, with the descriptor closed and errno kept. */
static int made_ours(int descriptor)
{
    int reason;

    if (descriptor < 0 || weft__descriptor_init(descriptor))
        return descriptor;
    reason = errno;
    close(descriptor);
    errno = reason;
    return -1;
}

static int new_descriptor(int family, int type)
{
    return made_ours(socket(family, type, 0));
}

static int next_descriptor(int listener, struct sockaddr *peer, socklen_t *length)
{
    return made_ours(accept(listener, peer, length));
}

#endif

/* 0, or errno: of a call that returned this. */
static int reason_of(int result)
{
    return result < 0 ? errno : 0;
}

static int adopt(weft_seam_socket *socket, int descriptor)
{
    if (descriptor < 0)
        return errno;
#ifdef SO_NOSIGPIPE
    int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
#endif
    socket->handle = (uintptr_t)descriptor;
    return 0;
}

int weft_seam_socket_begin(void)
{
    return 0;
}

int weft_seam_socket_open(weft_seam_socket *socket, enum weft_seam_socket_kind kind,
                          uint32_t family)
{
    static const int families[] = {
        [WEFT_IPV4] = AF_INET, [WEFT_IPV6] = AF_INET6, [WEFT_UNIX] = AF_UNIX};

    return adopt(
        socket, new_descriptor(families[family], kind == WEFT_SEAM_UDP ? SOCK_DGRAM : SOCK_STREAM));
}

void weft_seam_socket_close(weft_seam_socket *socket)
{
    if (socket->handle != UINTPTR_MAX)
        close(descriptor_of(socket));
    socket->handle = UINTPTR_MAX;
}

/* ---- names ------------------------------------------------------------------------ */

int weft_seam_socket_bind(weft_seam_socket *socket, enum weft_seam_socket_kind kind,
                          const weft_address *address, unsigned flags)
{
    struct sockaddr_storage storage;
    socklen_t length = weft__address_to_system(address, false, &storage);
    int descriptor = descriptor_of(socket);
    int reason = 0, on = 1;

    if (flags & WEFT_SEAM_SHARE_PORT)
        reason = weft__share_port(descriptor);
    /* Connections of a server that ended linger in the system; they block no port. */
    if (reason == 0 && (kind == WEFT_SEAM_LISTENER || (flags & WEFT_SEAM_SHARE_PORT)))
        reason = reason_of(setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
    if (address->family == WEFT_IPV6) {
        int only = (flags & WEFT_SEAM_DUAL) == 0;
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
    }
    if (reason == 0)
        reason = reason_of(bind(descriptor, (struct sockaddr *)&storage, length));
    return reason;
}

bool weft_seam_socket_is_dual(weft_seam_socket *socket)
{
    int only = 1;
    socklen_t length = sizeof(only);

    return getsockopt(descriptor_of(socket), IPPROTO_IPV6, IPV6_V6ONLY, &only, &length) == 0 &&
           only == 0;
}

int weft_seam_socket_name(weft_seam_socket *socket, weft_address *address)
{
    struct sockaddr_storage storage = {0};
    socklen_t length = sizeof(storage);

    if (getsockname(descriptor_of(socket), (struct sockaddr *)&storage, &length) != 0)
        return errno;
    weft__address_from_system(address, (struct sockaddr *)&storage);
    return 0;
}

int weft_seam_socket_peer(weft_seam_socket *socket, weft_address *address)
{
    struct sockaddr_storage storage = {0};
    socklen_t length = sizeof(storage);

    if (getpeername(descriptor_of(socket), (struct sockaddr *)&storage, &length) != 0)
        return errno;
    weft__address_from_system(address, (struct sockaddr *)&storage);
    return 0;
}

/* ---- connections ------------------------------------------------------------------- */

int weft_seam_socket_listen(weft_seam_socket *socket, int backlog)
{
    return reason_of(listen(descriptor_of(socket), backlog));
}

/* What accept() says of a connection that failed before it was taken, or of the
 * network it came over. The listener is well. */
static bool is_of_the_connection(int reason)
{
    return reason == ECONNABORTED || reason == EPROTO || reason == ENETDOWN ||
           reason == ENETUNREACH || reason == EHOSTUNREACH || reason == ETIMEDOUT;
}

/* The number, with what it means to a call that was tried. */
static int said(int reason)
{
    if (reason == EINTR)
        return WEFT_SEAM_AGAIN;
    return reason == EAGAIN || reason == EWOULDBLOCK ? WEFT_SEAM_BLOCKS : reason;
}

int weft_seam_socket_accept(weft_seam_socket *listener, weft_seam_socket *accepted,
                            weft_address *peer)
{
    struct sockaddr_storage from = {0};
    socklen_t length = sizeof(from);
    int reason = adopt(accepted,
                       next_descriptor(descriptor_of(listener), (struct sockaddr *)&from, &length));

    if (reason != 0)
        return is_of_the_connection(reason) ? WEFT_SEAM_AGAIN : said(reason);
    weft__address_from_system(peer, (struct sockaddr *)&from);
    return 0;
}

int weft_seam_socket_connect(weft_seam_socket *socket, const weft_address *address)
{
    struct sockaddr_storage storage;
    socklen_t length = weft__address_to_system(address, false, &storage);

    if (connect(descriptor_of(socket), (struct sockaddr *)&storage, length) == 0)
        return 0;
    return errno == EINPROGRESS || errno == EINTR ? WEFT_SEAM_BLOCKS : errno; /* it goes on */
}

int weft_seam_socket_connected(weft_seam_socket *socket)
{
    struct pollfd polled = {.fd = descriptor_of(socket), .events = POLLOUT};
    int reason = 0;
    socklen_t length = sizeof(reason);

    if (poll(&polled, 1, 0) <= 0)
        return WEFT_SEAM_BLOCKS;
    if (getsockopt(descriptor_of(socket), SOL_SOCKET, SO_ERROR, &reason, &length) != 0)
        return errno;
    return reason;
}

/* A connection that dies of silence ends with ETIMEDOUT, which is no deadline of ours. */
static int said_of_connection(int reason)
{
    if (reason == EPIPE)
        return WEFT_SEAM_GONE;
    return reason == ETIMEDOUT ? WEFT_SEAM_SILENT : said(reason);
}

int weft_seam_socket_send(weft_seam_socket *socket, const void *data, size_t size, size_t *sent)
{
    ssize_t taken =
        send(descriptor_of(socket), data, size < MOST_AT_ONCE ? size : MOST_AT_ONCE, MSG_NOSIGNAL);

    if (taken < 0)
        return said_of_connection(errno);
    *sent = (size_t)taken;
    return taken > 0 ? 0 : WEFT_SEAM_AGAIN;
}

int weft_seam_socket_recv(weft_seam_socket *socket, void *buffer, size_t size, size_t *got)
{
    ssize_t taken =
        recv(descriptor_of(socket), buffer, size < MOST_AT_ONCE ? size : MOST_AT_ONCE, 0);

    if (taken < 0)
        return said_of_connection(errno);
    *got = (size_t)taken;
    return 0;
}

/* ---- datagrams ---------------------------------------------------------------------- */

int weft__said_of_datagram(int reason)
{
    return reason == ECONNREFUSED ? WEFT_SEAM_AGAIN : said(reason);
}

int weft_seam_socket_sendto(weft_seam_socket *socket, const void *data, size_t size,
                            const weft_address *to, bool mapped)
{
    struct sockaddr_storage storage;
    socklen_t length = weft__address_to_system(to, mapped, &storage);

    if (sendto(descriptor_of(socket), data, size, MSG_NOSIGNAL, (struct sockaddr *)&storage,
               length) >= 0)
        return 0;
    return weft__said_of_datagram(errno);
}

/* ---- waiting and its end -------------------------------------------------------------- */

int weft_seam_socket_wait(weft_seam_socket *const sockets[], size_t count,
                          enum weft_seam_event event, uintptr_t bell, int ms)
{
    struct pollfd polled[MOST_POLLED];
    nfds_t number = 0;
    int ready;

    for (size_t i = 0; i < count && i < MOST_POLLED - 1; i++)
        polled[number++] =
            (struct pollfd){.fd = descriptor_of(sockets[i]),
                            .events = event == WEFT_SEAM_READABLE ? POLLIN : POLLOUT};
    if (bell != 0)
        polled[number++] = (struct pollfd){.fd = weft__bell_descriptor(bell), .events = POLLIN};
    ready = poll(polled, number, ms);
    if (ready == 0)
        return WEFT_SEAM_BLOCKS;
    return ready > 0 || errno == EINTR || errno == EAGAIN ? 0 : errno;
}

void weft_seam_socket_shutdown(weft_seam_socket *socket, enum weft_seam_socket_kind kind,
                               enum weft_shutdown how)
{
    static const int system_how[] = {-1, SHUT_RD, SHUT_WR, SHUT_RDWR};

    /* It can only fail because there is no connection (any more). A listener of Linux then
     * refuses who comes; others let them wait until it closes. */
    if (kind == WEFT_SEAM_CONNECTION)
        shutdown(descriptor_of(socket), system_how[how]);
    else if (kind == WEFT_SEAM_LISTENER && (how & WEFT_SHUTDOWN_READ) != 0)
        shutdown(descriptor_of(socket), SHUT_RDWR);
}

bool weft_seam_socket_shutdown_wakes(enum weft_seam_socket_kind kind)
{
    return kind == WEFT_SEAM_CONNECTION; /* of the others, on Linux alone */
}
