/* SPDX-License-Identifier: MIT */
/*
 * TCP. Every call first tries, and waits only if it would have had to: what is there
 * beats a deadline that has passed, and WEFT_NOW is one try.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "internal.h"
#include "portable/host.h"
#include "seam.h"
#include "socket_private.h"
#include "weft/fault.h"

enum {
    MOST_ADDRESSES = 16,
    DEFAULT_BACKLOG = 128,
    MOST_AT_ONCE = 1 << 30 /* bytes: macOS refuses to send more than INT_MAX at once */
};

/* ---- connections that begin ------------------------------------------------------ */

/* A port of our own choice may be the very one we ask for, if nobody listens there:
 * the connection then comes about with itself. */
static bool is_connected_to_itself(weft_socket *socket)
{
    weft_address own;

    return weft_socket_address(socket, &own) == 0 && weft_address_equal(&own, &socket->name);
}

static int finish_connect(weft_socket *socket, weft_time until)
{
    int reason = 0;
    socklen_t length = sizeof(reason);
    int err = weft__socket_wait(socket, POLLOUT, until);

    if (err == WEFT_ETIMEDOUT)
        return weft__socket_fail(socket, err, "tcp connect to", "the deadline passed");
    if (err != 0)
        return err;
    if (getsockopt(socket->descriptor, SOL_SOCKET, SO_ERROR, &reason, &length) != 0)
        reason = errno;
    return reason == 0 ? 0 : weft__socket_fail_system(socket, reason, "tcp connect to");
}

int weft_seam_tcp_connect(weft_socket **socket, const weft_address *address, weft_time until)
{
    weft_socket *created = NULL;
    struct sockaddr_storage storage;
    socklen_t length = weft__address_to_system(address, false, &storage);
    int err = weft__socket_create(&created, WEFT__CONNECTION, address->family);

    if (err != 0)
        return err;
    created->name = *address;
    if (connect(created->descriptor, (struct sockaddr *)&storage, length) != 0) {
        if (errno == EINPROGRESS || errno == EINTR) /* it goes on either way */
            err = finish_connect(created, until);
        else
            err = weft__socket_fail_system(created, errno, "tcp connect to");
    }
    if (err == 0 && is_connected_to_itself(created))
        err = weft__socket_fail(created, WEFT_EREFUSED, "tcp connect to", "nobody listens there");
    if (err != 0)
        goto drop;
    *socket = created;
    return 0;

drop:
    weft_socket_close(created);
    return err;
}

static int listen_at(weft_socket **socket, const weft_address *address,
                     const weft_listen_options *options)
{
    weft_socket *created = NULL;
    int backlog = options->backlog > 0 ? options->backlog : DEFAULT_BACKLOG;
    int on = 1;
    int err = weft__socket_create(&created, WEFT__LISTENER, address->family);

    if (err != 0)
        return err;
    created->name = *address;
    created->dual =
        address->family == WEFT_IPV6 && !options->ipv6_only && weft__address_is_any(address);
    /* Connections of a server that ended linger in the system; they block no port. */
    if (setsockopt(created->descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
        err = weft__socket_fail_system(created, errno, "tcp listen at");
    if (err == 0)
        err = weft__socket_bind(created, "tcp listen at");
    if (err == 0 && listen(created->descriptor, backlog) != 0)
        err = weft__socket_fail_system(created, errno, "tcp listen at");
    if (err != 0)
        goto drop;
    *socket = created;
    return 0;

drop:
    weft_socket_close(created);
    return err;
}

int weft_tcp_listen(weft_socket **socket, const char *host, int port,
                    const weft_listen_options *options)
{
    weft_listen_options wanted = options ? *options : (weft_listen_options){0};
    weft_address addresses[MOST_ADDRESSES];
    size_t count = 0;
    int err = 0;

    if (wanted.backlog < 0)
        return weft__fail(WEFT_EINVAL, "tcp listen: a backlog of %d", wanted.backlog);
    err = weft__resolve(host, port, addresses, MOST_ADDRESSES, &count, WEFT_FOREVER);
    if (err != 0)
        return err;
    /* The next address is for systems that lack the family or the address of this one
     * (IPv6 switched off); any other failure is the caller's to know. */
    for (size_t i = 0; i < count; i++) {
        err = listen_at(socket, &addresses[i], &wanted);
        if (err != WEFT_ENOTSUP && err != WEFT_ENOTFOUND)
            break;
    }
    return err;
}

/* What accept() says of a connection that failed before it was taken, or of the
 * network it came over. The listener is well. */
static bool is_of_the_connection(int reason)
{
    return reason == ECONNABORTED || reason == EPROTO || reason == ENETDOWN ||
           reason == ENETUNREACH || reason == EHOSTUNREACH || reason == ETIMEDOUT;
}

/* Until there is a descriptor. */
static int accept_next(weft_socket *listener, weft_socket *accepted, weft_time until)
{
    for (;;) {
        struct sockaddr_storage from = {0};
        socklen_t length = sizeof(from);
        int err = weft_fault_point("socket.accept");
        int descriptor;

        if (err != 0)
            return weft__socket_fail(listener, err, "tcp accept at", "refused by a test");
        if (weft__socket_is_shut(listener, WEFT_SHUTDOWN_READ))
            return weft__socket_fail(listener, WEFT_ECLOSED, "tcp accept at",
                                     "the listener was shut down");
        descriptor = weft__socket_accept(listener->descriptor, (struct sockaddr *)&from, &length);
        if (descriptor >= 0) {
            weft__socket_adopt(accepted, descriptor);
            weft__address_from_system(&accepted->name, (struct sockaddr *)&from);
            return 0;
        }
        if (errno == EINTR || is_of_the_connection(errno))
            continue;
        if (weft__socket_is_shut(listener, WEFT_SHUTDOWN_READ))
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return weft__socket_fail_system(listener, errno, "tcp accept at");
        err = weft__socket_wait(listener, POLLIN, until);
        if (err == WEFT_ETIMEDOUT)
            return weft__socket_fail(listener, err, "tcp accept at", "the deadline passed");
        if (err != 0)
            return err;
    }
}

int weft_socket_accept(weft_socket *listener, weft_socket **socket, weft_address *peer,
                       weft_time until)
{
    weft_socket *accepted = NULL;
    int err = weft__socket_expect(listener, WEFT__LISTENER, "tcp accept at");

    if (err != 0)
        return err;
    /* Memory first: afterwards there is no way to put a connection back. */
    err = weft__socket_create(&accepted, WEFT__CONNECTION, WEFT_FAMILY_NONE);
    if (err != 0)
        return err;
    err = accept_next(listener, accepted, until);
    if (err != 0) {
        weft_socket_close(accepted);
        return err;
    }
    if (peer)
        *peer = accepted->name;
    *socket = accepted;
    return 0;
}

/* ---- bytes ----------------------------------------------------------------------- */

/* A connection that dies of silence ends with ETIMEDOUT, which is no deadline of ours. */
static int fail_connection(const weft_socket *socket, int reason, const char *what)
{
    if (reason == EPIPE)
        return weft__socket_fail(socket, WEFT_ERESET, what, "the peer is gone");
    if (reason == ETIMEDOUT)
        return weft__socket_fail(socket, WEFT_ERESET, what, "the peer answers no more");
    return weft__socket_fail_system(socket, reason, what);
}

static int fail_late_send(const weft_socket *socket, size_t sent, size_t size)
{
    char text[WEFT_ADDRESS_TEXT];

    return weft__fail(WEFT_ETIMEDOUT, "tcp send to %s: the deadline passed after %zu of %zu bytes",
                      weft_address_text(&socket->name, text, sizeof(text)), sent, size);
}

static int send_all(weft_socket *socket, const unsigned char *data, size_t size, size_t *sent,
                    weft_time until)
{
    for (;;) {
        size_t left = size - *sent;
        ssize_t taken;
        int err = 0;

        if (weft__socket_is_shut(socket, WEFT_SHUTDOWN_WRITE))
            return weft__socket_fail(socket, WEFT_ECLOSED, "tcp send to",
                                     "the sending side was shut down");
        if (left == 0)
            return 0;
        taken = send(socket->descriptor, data + *sent, left < MOST_AT_ONCE ? left : MOST_AT_ONCE,
                     MSG_NOSIGNAL);
        if (taken > 0) {
            *sent += (size_t)taken;
            if ((size_t)taken == left)
                return 0; /* whatever shutdown() does now */
            if (until <= weft_clock())
                return fail_late_send(socket, *sent, size);
            continue;
        }
        if (taken == 0 || errno == EINTR || weft__socket_is_shut(socket, WEFT_SHUTDOWN_WRITE))
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return fail_connection(socket, errno, "tcp send to");
        err = weft__socket_wait(socket, POLLOUT, until);
        if (err == WEFT_ETIMEDOUT)
            return fail_late_send(socket, *sent, size);
        if (err != 0)
            return err;
    }
}

int weft_socket_send(weft_socket *socket, const void *data, size_t size, size_t *sent,
                     weft_time until)
{
    size_t counted = 0;
    int err = weft__socket_expect(socket, WEFT__CONNECTION, "tcp send to");

    if (err == 0)
        err = send_all(socket, data, size, &counted, until);
    if (sent)
        *sent = counted;
    return err;
}

/* A reset is told to one call only: if that was a sender's, recv() here says "end of
 * file" in the middle of a message. A connection that merely ended has a peer still. */
static bool was_reset(weft_socket *socket)
{
    struct sockaddr_storage peer;
    socklen_t length = sizeof(peer);

    return !weft__socket_is_shut(socket, WEFT_SHUTDOWN_WRITE) &&
           getpeername(socket->descriptor, (struct sockaddr *)&peer, &length) != 0;
}

int weft_socket_recv(weft_socket *socket, void *buffer, size_t size, size_t *length,
                     weft_time until)
{
    int err = weft__socket_expect(socket, WEFT__CONNECTION, "tcp receive from");

    if (err == 0 && size == 0)
        err = weft__misuse(WEFT_EINVAL, "tcp receive: a buffer of 0 bytes cannot tell the end");
    while (err == 0) {
        ssize_t got;
        if (weft__socket_is_shut(socket, WEFT_SHUTDOWN_READ)) {
            *length = 0;
            return 0;
        }
        got = recv(socket->descriptor, buffer, size < MOST_AT_ONCE ? size : MOST_AT_ONCE, 0);
        if (got == 0 && was_reset(socket))
            return fail_connection(socket, EPIPE, "tcp receive from");
        if (got >= 0) {
            *length = (size_t)got;
            return 0;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return fail_connection(socket, errno, "tcp receive from");
        err = weft__socket_wait(socket, POLLIN, until);
        if (err == WEFT_ETIMEDOUT)
            err = weft__socket_fail(socket, err, "tcp receive from", "the deadline passed");
    }
    return err;
}
