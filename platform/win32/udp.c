/* SPDX-License-Identifier: MIT */
/*
 * UDP.
 *
 * A datagram is received into two pieces: the caller's buffer, and 64 KiB of the
 * socket's own for what does not fit. So its true length is known, which the system
 * does not tell of a datagram that it cuts.
 */

#include "socket_private.h"

#include "internal.h"
#include "portable/host.h"
#include "seam.h"

enum {
    MOST_ADDRESSES = 16,
    MOST = 1 << 30 /* bytes: more than any datagram has, and it fits an int */
};

static int open_at(weft_socket **socket, const weft_address *address)
{
    weft_socket *created = NULL;
    int err = weft__socket_create(&created, WEFT__UDP, address->family);

    if (err != 0)
        return err;
    created->name = *address;
    created->dual = address->family == WEFT_IPV6 && weft__address_is_any(address);
    err = weft__socket_bind(created, "udp at");
    if (err != 0) {
        weft_socket_close(created);
        return err;
    }
    *socket = created;
    return 0;
}

int weft_udp_open(weft_socket **socket, const char *host, int port, enum weft_family family)
{
    weft_address addresses[MOST_ADDRESSES];
    size_t count = 0;
    int err = weft__resolve(host, port, addresses, MOST_ADDRESSES, &count, WEFT_FOREVER);

    if (err != 0)
        return err;
    /* Without a host the caller names the family; IPv4 is what everyone has. */
    if ((!host || *host == '\0') && family == WEFT_FAMILY_NONE)
        family = WEFT_IPV4;
    err = weft__fail(WEFT_ENOTFOUND, "udp at %s: it has no %s address", host ? host : "",
                     family == WEFT_IPV6 ? "IPv6" : "IPv4");
    /* On to the next address as in weft_tcp_listen(). */
    for (size_t i = 0; i < count && (err == WEFT_ENOTSUP || err == WEFT_ENOTFOUND); i++) {
        if (family == WEFT_FAMILY_NONE || addresses[i].family == (uint32_t)family)
            err = open_at(socket, &addresses[i]);
    }
    return err;
}

static int check_target(const weft_socket *socket, const weft_address *to)
{
    char text[WEFT_ADDRESS_TEXT];

    if (!to || (to->family != WEFT_IPV4 && to->family != WEFT_IPV6))
        return weft__misuse(WEFT_EINVAL, "udp send: no address to send to");
    if (to->family == socket->name.family || (to->family == WEFT_IPV4 && socket->dual))
        return 0;
    return weft__misuse(WEFT_EINVAL, "udp send to %s: the socket speaks %s",
                        weft_address_text(to, text, sizeof(text)),
                        socket->name.family == WEFT_IPV6 ? "IPv6" : "IPv4");
}

/* About an earlier datagram, told once. */
static bool is_old_news(int reason)
{
    return reason == WSAECONNRESET || reason == WSAENETRESET;
}

static int send_one(weft_socket *socket, const void *data, size_t size, const weft_address *to,
                    weft_time until)
{
    char text[WEFT_ADDRESS_TEXT];
    struct sockaddr_storage storage;
    bool mapped = to->family == WEFT_IPV4 && socket->name.family == WEFT_IPV6;
    int length = weft__address_to_system(to, mapped, &storage);

    weft_address_text(to, text, sizeof(text));
    for (;;) {
        int err = 0, reason;
        if (weft__socket_is_shut(socket, WEFT_SHUTDOWN_WRITE))
            return weft__fail(WEFT_ECLOSED, "udp send to %s: the sending side was shut down", text);
        if (sendto(socket->handle, data, size < MOST ? (int)size : MOST, 0,
                   (struct sockaddr *)&storage, length) != SOCKET_ERROR)
            return 0;
        reason = WSAGetLastError();
        if (is_old_news(reason))
            continue;
        if (reason != WSAEWOULDBLOCK)
            return weft__fail_system(reason, "udp send of %zu bytes to %s", size, text);
        err = weft__socket_wait_for_room(socket, until);
        if (err == WEFT_ETIMEDOUT)
            return weft__fail(err, "udp send to %s: the deadline passed", text);
        if (err != 0)
            return err;
    }
}

int weft_socket_sendto(weft_socket *socket, const void *data, size_t size, const weft_address *to,
                       weft_time until)
{
    int err = weft__socket_expect(socket, WEFT__UDP, "udp send from");

    if (err == 0)
        err = check_target(socket, to);
    return err == 0 ? send_one(socket, data, size, to, until) : err;
}

/* Into both pieces; *got of both. 0, or the system's reason. */
static int receive(weft_socket *socket, void *buffer, size_t size, DWORD *got,
                   struct sockaddr_storage *from)
{
    WSABUF pieces[2] = {{size < MOST ? (ULONG)size : MOST, buffer},
                        {WEFT__SPILL_SIZE, (char *)socket->spill}};
    DWORD flags = 0;
    int length = sizeof(*from);
    int reason = 0;

    weft_mutex_acquire(&socket->spill_lock, WEFT_FOREVER);
    if (WSARecvFrom(socket->handle, pieces, 2, got, &flags, (struct sockaddr *)from, &length, NULL,
                    NULL) != 0)
        reason = WSAGetLastError();
    weft_mutex_release(&socket->spill_lock);
    return reason;
}

int weft_socket_recvfrom(weft_socket *socket, void *buffer, size_t size, size_t *length,
                         weft_address *from, weft_time until)
{
    int err = weft__socket_expect(socket, WEFT__UDP, "udp receive at");

    while (err == 0) {
        struct sockaddr_storage sender = {0};
        DWORD got = 0;
        int reason;
        if (weft__socket_is_shut(socket, WEFT_SHUTDOWN_READ))
            return weft__socket_fail(socket, WEFT_ECLOSED, "udp receive at",
                                     "the socket was shut down");
        reason = receive(socket, buffer, size, &got, &sender);
        if (reason == 0) {
            *length = got;
            if (from)
                weft__address_from_system(from, (struct sockaddr *)&sender);
            if (got <= size)
                return 0;
            return weft__socket_fail(socket, WEFT_ETRUNCATED, "udp receive at",
                                     "the datagram is larger than the buffer");
        }
        if (is_old_news(reason))
            continue;
        if (reason != WSAEWOULDBLOCK)
            return weft__socket_fail_system(socket, reason, "udp receive at");
        err = weft__socket_wait(socket, until);
        if (err == WEFT_ETIMEDOUT)
            err = weft__socket_fail(socket, err, "udp receive at", "the deadline passed");
    }
    return err;
}
