/* SPDX-License-Identifier: MIT */
/*
 * TCP. Every call first tries, and waits only if it would have had to: what is there
 * beats a deadline that has passed, and WEFT_NOW is one try.
 */

#include "socket_private.h"

#include "weft/fault.h"

#include "internal.h"
#include "portable/host.h"
#include "seam.h"

enum {
    MOST_ADDRESSES = 16,
    DEFAULT_BACKLOG = 128,
    MOST_TO_READ = 1 << 30,
    MOST_TO_SEND = 1 << 16 /* bytes: Windows takes any amount at once, room or not, so that
                              nobody could say how much has gone */
};

/* ---- connections that begin ------------------------------------------------------ */

/* A port of our own choice may be the very one we ask for, if nobody listens there:
 * the connection then comes about with itself. */
static bool is_connected_to_itself(weft_socket *socket)
{
    weft_address own;

    return weft_socket_address(socket, &own) == 0 && weft_address_equal(&own, &socket->name);
}

/* The event may have been set by something else: the record of events knows. */
static int finish_connect(weft_socket *socket, weft_time until)
{
    WSANETWORKEVENTS came = {0};
    int err = 0;

    while (err == 0 && (came.lNetworkEvents & FD_CONNECT) == 0) {
        err = weft__socket_wait(socket, until);
        if (err == 0 && WSAEnumNetworkEvents(socket->handle, NULL, &came) != 0)
            return weft__socket_fail_system(socket, WSAGetLastError(), "tcp connect to");
    }
    if (err == WEFT_ETIMEDOUT)
        return weft__socket_fail(socket, err, "tcp connect to", "the deadline passed");
    if (err == 0 && came.iErrorCode[FD_CONNECT_BIT] != 0)
        return weft__socket_fail_system(socket, came.iErrorCode[FD_CONNECT_BIT], "tcp connect to");
    return err;
}

int weft_seam_tcp_connect(weft_socket **socket, const weft_address *address, weft_time until)
{
    weft_socket *created = NULL;
    struct sockaddr_storage storage;
    int length = weft__address_to_system(address, false, &storage);
    int err = weft__socket_create(&created, WEFT__CONNECTION, address->family);

    if (err != 0)
        return err;
    created->name = *address;
    if (connect(created->handle, (struct sockaddr *)&storage, length) != 0) {
        int reason = WSAGetLastError();
        if (reason == WSAEWOULDBLOCK)
            err = finish_connect(created, until);
        else
            err = weft__socket_fail_system(created, reason, "tcp connect to");
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
    int err = weft__socket_create(&created, WEFT__LISTENER, address->family);

    if (err != 0)
        return err;
    created->name = *address;
    created->dual =
        address->family == WEFT_IPV6 && !options->ipv6_only && weft__address_is_any(address);
    err = weft__socket_bind(created, "tcp listen at");
    if (err == 0 && listen(created->handle, backlog) != 0)
        err = weft__socket_fail_system(created, WSAGetLastError(), "tcp listen at");
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

/* Until there is a handle. */
static int accept_next(weft_socket *listener, weft_socket *accepted, weft_time until)
{
    for (;;) {
        struct sockaddr_storage from = {0};
        int length = sizeof(from);
        int err = weft_fault_point("socket.accept");
        SOCKET handle;
        int reason;

        if (err != 0)
            return weft__socket_fail(listener, err, "tcp accept at", "refused by a test");
        if (weft__socket_is_shut(listener, WEFT_SHUTDOWN_READ))
            return weft__socket_fail(listener, WEFT_ECLOSED, "tcp accept at",
                                     "the listener was shut down");
        handle = accept(listener->handle, (struct sockaddr *)&from, &length);
        if (handle != INVALID_SOCKET) {
            weft__address_from_system(&accepted->name, (struct sockaddr *)&from);
            return weft__socket_adopt(accepted, handle);
        }
        reason = WSAGetLastError();
        /* The connection failed before it was taken. The listener is well. */
        if (reason == WSAECONNRESET || reason == WSAECONNABORTED)
            continue;
        if (reason != WSAEWOULDBLOCK)
            return weft__socket_fail_system(listener, reason, "tcp accept at");
        err = weft__socket_wait(listener, until);
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

/* A connection that dies of silence ends with WSAETIMEDOUT, no deadline of ours. */
static int fail_connection(const weft_socket *socket, int reason, const char *what)
{
    if (reason == WSAENOTCONN || reason == WSAESHUTDOWN)
        return weft__socket_fail(socket, WEFT_ERESET, what, "the peer is gone");
    if (reason == WSAETIMEDOUT)
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
        int taken, reason, err = 0;

        if (weft__socket_is_shut(socket, WEFT_SHUTDOWN_WRITE))
            return weft__socket_fail(socket, WEFT_ECLOSED, "tcp send to",
                                     "the sending side was shut down");
        if (left == 0)
            return 0;
        taken = send(socket->handle, (const char *)data + *sent,
                     left < MOST_TO_SEND ? (int)left : MOST_TO_SEND, 0);
        reason = taken < 0 ? WSAGetLastError() : 0;
        if (taken > 0) {
            *sent += (size_t)taken;
            if ((size_t)taken == left)
                return 0; /* whatever shutdown() does now */
            /* WEFT_NOW: as many pieces as go without a wait. */
            if (until != WEFT_NOW && until <= weft_clock())
                return fail_late_send(socket, *sent, size);
            continue;
        }
        if (taken == 0 || weft__socket_is_shut(socket, WEFT_SHUTDOWN_WRITE))
            continue;
        if (reason != WSAEWOULDBLOCK)
            return fail_connection(socket, reason, "tcp send to");
        err = weft__socket_wait_for_room(socket, until);
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

/* Whether an end of file is none: Wine tells some resets so (its server takes the error
 * away first). A connection that merely ended has a peer still. */
static bool was_reset(weft_socket *socket)
{
    struct sockaddr_storage peer;
    int length = sizeof(peer);

    return !weft__socket_is_shut(socket, WEFT_SHUTDOWN_WRITE) &&
           getpeername(socket->handle, (struct sockaddr *)&peer, &length) != 0;
}

int weft_socket_recv(weft_socket *socket, void *buffer, size_t size, size_t *length,
                     weft_time until)
{
    int err = weft__socket_expect(socket, WEFT__CONNECTION, "tcp receive from");

    if (err == 0 && size == 0)
        err = weft__misuse(WEFT_EINVAL, "tcp receive: a buffer of 0 bytes cannot tell the end");
    while (err == 0) {
        int got, reason;
        if (weft__socket_is_shut(socket, WEFT_SHUTDOWN_READ)) {
            *length = 0;
            return 0;
        }
        got = recv(socket->handle, buffer, size < MOST_TO_READ ? (int)size : MOST_TO_READ, 0);
        if (got == 0 && was_reset(socket))
            return fail_connection(socket, WSAENOTCONN, "tcp receive from");
        if (got >= 0) {
            *length = (size_t)got;
            return 0;
        }
        reason = WSAGetLastError();
        if (reason != WSAEWOULDBLOCK)
            return fail_connection(socket, reason, "tcp receive from");
        err = weft__socket_wait(socket, until);
        if (err == WEFT_ETIMEDOUT)
            err = weft__socket_fail(socket, err, "tcp receive from", "the deadline passed");
    }
    return err;
}
