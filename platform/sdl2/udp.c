/* SPDX-License-Identifier: MIT */
/*
 * UDP.
 *
 * A datagram is received into 64 KiB of the socket's own and copied, so that its true
 * length is known; SDL2_net cuts off what does not fit and says nothing. Sending has
 * no deadline: a datagram waits at most for the network card.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"
#include "net.h"
#include "portable/host.h"
#include "seam.h"

enum { MOST_BYTES = 65507 /* of a datagram over IPv4 */ };

int weft__udp_open_at(weft_socket **socket, const weft_address *address, bool share_port)
{
    weft_socket *created = NULL;
    UDPsocket udp = NULL;
    int err = weft__net_check_own(address, "udp at");

    if (err == 0 && share_port)
        err = weft__net_fail(address, WEFT_ENOTSUP, "udp at", "SDL2_net shares no port");
    if (err == 0)
        err = weft__net_create(&created, WEFT__UDP, address);
    if (err != 0)
        return err;
    SDL_ClearError();
    errno = 0;
    udp = SDLNet_UDP_Open(address->port);
    if (udp) {
        created->name.port = SDL_SwapBE16(SDLNet_UDP_GetPeerAddress(udp, -1)->port);
        err = weft__net_attach(created, NULL, udp);
    } else {
        err = weft__net_fail_sdl(address, errno, WEFT_EADDRINUSE, "udp at", SDLNet_GetError());
    }
    if (err != 0) {
        weft_socket_close(created);
        return err;
    }
    *socket = created;
    return 0;
}

static int check_target(const weft_address *to, size_t size)
{
    char text[WEFT_ADDRESS_TEXT];

    if (!to || (to->family != WEFT_IPV4 && to->family != WEFT_IPV6))
        return weft__misuse(WEFT_EINVAL, "udp send: no address to send to");
    weft_address_text(to, text, sizeof(text));
    if (to->family != WEFT_IPV4)
        return weft__misuse(WEFT_EINVAL, "udp send to %s: the socket speaks IPv4", text);
    if (size > MOST_BYTES)
        return weft__fail(WEFT_ETOOBIG, "udp send of %zu bytes to %s: a datagram has at most %d",
                          size, text, MOST_BYTES);
    return 0;
}

static int send_one(weft_socket *socket, const void *data, size_t size, const weft_address *to)
{
    UDPpacket packet = {.len = (int)size, .maxlen = (int)size, .address = weft__net_to_sdl(to)};

    /* SDL2_net only reads them, but does not say so in the type. */
    memcpy(&packet.data, &data, sizeof(data));
    SDL_ClearError();
    errno = 0;
    if (SDLNet_UDP_Send(socket->udp, -1, &packet) == 1)
        return 0;
    return weft__net_fail_sdl(to, errno, WEFT_EUNREACHABLE, "udp send to", SDLNet_GetError());
}

int weft_socket_sendto(weft_socket *socket, const void *data, size_t size, const weft_address *to,
                       weft_time until)
{
    int err = weft__net_expect(socket, WEFT__UDP, "udp send from");

    (void)until;
    if (err == 0)
        err = check_target(to, size);
    if (err != 0)
        return err;
    if (weft__net_is_shut(socket, WEFT_SHUTDOWN_WRITE) || !weft__net_enter(socket))
        return weft__net_fail(to, WEFT_ECLOSED, "udp send to", "the sending side was shut down");
    err = send_one(socket, data, size, to);
    weft__net_leave(socket);
    return err;
}

/* Whether there was a datagram that the socket lets in. */
static bool receive(weft_socket *socket, void *buffer, size_t size, size_t *length,
                    weft_address *from)
{
    UDPpacket packet = {.data = socket->datagram, .maxlen = WEFT__DATAGRAM_SIZE};
    weft_address sender;
    bool wanted;

    weft_mutex_acquire(&socket->receive_lock, WEFT_FOREVER);
    wanted = SDLNet_UDP_Recv(socket->udp, &packet) == 1;
    sender = weft__net_from_sdl(&packet.address);
    if (wanted && socket->loopback)
        wanted = weft__net_is_loopback(&sender);
    if (wanted) {
        *length = (size_t)packet.len;
        if (size > 0)
            memcpy(buffer, packet.data, *length < size ? *length : size);
        if (from)
            *from = sender;
    }
    weft_mutex_release(&socket->receive_lock);
    return wanted;
}

/* Between enter and leave. */
static int receive_next(weft_socket *socket, void *buffer, size_t size, size_t *length,
                        weft_address *from, weft_time until)
{
    int err = weft__net_wait(socket, until, "udp receive at");

    while (err == 0 && !receive(socket, buffer, size, length, from)) {
        /* Datagrams that are not wanted must not hold the caller. */
        err = until <= weft_clock() ? WEFT_ETIMEDOUT
                                    : weft__net_wait(socket, until, "udp receive at");
    }
    if (err == 0 && *length > size)
        err = weft__net_fail(&socket->name, WEFT_ETRUNCATED, "udp receive at",
                             "the datagram is larger than the buffer");
    else if (err == WEFT_ETIMEDOUT)
        weft__net_fail(&socket->name, err, "udp receive at", "the deadline passed");
    else if (err == WEFT_ECANCELED)
        weft__net_fail(&socket->name, err, "udp receive at", "the wait was cancelled");
    else if (err == WEFT_ECLOSED)
        weft__net_fail(&socket->name, err, "udp receive at", "the socket was shut down");
    return err;
}

int weft_socket_recvfrom(weft_socket *socket, void *buffer, size_t size, size_t *length,
                         weft_address *from, weft_time until)
{
    int err = weft__net_expect(socket, WEFT__UDP, "udp receive at");

    if (err != 0)
        return err;
    if (!weft__net_enter(socket))
        return weft__net_fail(&socket->name, WEFT_ECLOSED, "udp receive at",
                              "the socket was shut down");
    err = receive_next(socket, buffer, size, length, from, until);
    weft__net_leave(socket);
    return err;
}
