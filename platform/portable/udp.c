/* SPDX-License-Identifier: MIT */
/*
 * UDP.
 *
 * Where the system does not tell the true length of a datagram that it cuts (all but Linux),
 * it is received into two pieces: the caller's buffer, and 64 KiB of the socket's own for what
 * does not fit.
 */
#include "host.h"
#include "internal.h"
#include "socket_object.h"

int weft__udp_open_at(weft_socket **socket, const weft_address *address, bool share_port)
{
    weft_socket *created = NULL;
    int err = weft__socket_create(&created, WEFT_SEAM_UDP, address->family);

    if (err != 0)
        return err;
    created->name = *address;
    created->dual = address->family == WEFT_IPV6 && weft__address_is_any(address);
    err = weft__socket_bind(created, share_port, "udp at");
    if (err != 0) {
        weft_socket_close(created);
        return err;
    }
    *socket = created;
    return 0;
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

static int fail_send(const weft_address *to, int code, const char *reason)
{
    char text[WEFT_ADDRESS_TEXT];

    return weft__fail(code, "udp send to %s: %s", weft_address_text(to, text, sizeof(text)),
                      reason);
}

static int send_one(weft_socket *socket, const void *data, size_t size, const weft_address *to,
                    weft_time until)
{
    char text[WEFT_ADDRESS_TEXT];
    bool mapped = to->family == WEFT_IPV4 && socket->name.family == WEFT_IPV6;

    for (;;) {
        int said, err = 0;
        if (weft__socket_is_shut(socket, WEFT_SHUTDOWN_WRITE))
            return fail_send(to, WEFT_ECLOSED, "the sending side was shut down");
        said = weft_seam_socket_sendto(&socket->seam, data, size, to, mapped);
        if (said == 0)
            return 0;
        if (said == WEFT_SEAM_AGAIN)
            continue;
        if (said != WEFT_SEAM_BLOCKS)
            return weft__fail_system(said, "udp send of %zu bytes to %s", size,
                                     weft_address_text(to, text, sizeof(text)));
        err = weft__socket_wait(socket, WEFT_SEAM_WRITABLE, until);
        if (err == WEFT_ETIMEDOUT || err == WEFT_ECANCELED)
            return fail_send(to, err, weft__wait_ended(err));
        if (err != 0)
            return err;
    }
}

int weft_socket_sendto(weft_socket *socket, const void *data, size_t size, const weft_address *to,
                       weft_time until)
{
    int err = weft__socket_expect(socket, WEFT_SEAM_UDP, "udp send from");

    if (err == 0)
        err = check_target(socket, to);
    return err == 0 ? send_one(socket, data, size, to, until) : err;
}

/* As the seam says it. */
static int receive(weft_socket *socket, void *buffer, size_t size, size_t *length,
                   weft_address *from)
{
    struct weft__datagrams *datagrams = socket->datagrams;
    bool tells = weft_load_u32(&datagrams->tells, WEFT_RELAXED) != 0;
    int said;

    if (tells && weft_seam_socket_told(&socket->seam) == WEFT_SEAM_REFUSED)
        return WEFT_SEAM_REFUSED;
    if (weft_seam_spill > 0)
        weft_mutex_acquire(&datagrams->lock, WEFT_FOREVER);
    said = weft_seam_socket_recvfrom(&socket->seam, buffer, size, datagrams->spill, length, from);
    if (weft_seam_spill > 0)
        weft_mutex_release(&datagrams->lock);
    return said == WEFT_SEAM_REFUSED && !tells ? WEFT_SEAM_AGAIN : said;
}

int weft_socket_recvfrom(weft_socket *socket, void *buffer, size_t size, size_t *length,
                         weft_address *from, weft_time until)
{
    int err = weft__socket_expect(socket, WEFT_SEAM_UDP, "udp receive at");

    while (err == 0) {
        weft_address sender;
        int said;
        if (weft__socket_is_shut(socket, WEFT_SHUTDOWN_READ))
            return weft__socket_fail(socket, WEFT_ECLOSED, "udp receive at",
                                     "the socket was shut down");
        said = receive(socket, buffer, size, length, &sender);
        if (said == 0) {
            if (from)
                *from = sender;
            if (*length <= size)
                return 0;
            return weft__socket_fail(socket, WEFT_ETRUNCATED, "udp receive at",
                                     "the datagram is larger than the buffer");
        }
        if (said == WEFT_SEAM_AGAIN)
            continue;
        if (said != WEFT_SEAM_BLOCKS)
            return weft__socket_fail_seam(socket, said, "udp receive at");
        err = weft__socket_wait(socket, WEFT_SEAM_READABLE, until);
        if (err != 0)
            err = weft__socket_fail_wait(socket, err, "udp receive at");
    }
    return err;
}
