/* SPDX-License-Identifier: MIT */
/* Options of sockets and membership in groups, by the system's names and types. */
#include "socket_private.h"

#include <mswsock.h>
#include <string.h>

/* Not every SDK names it: Windows has it since version 10.0.16299. */
#ifndef TCP_KEEPIDLE
#define TCP_KEEPIDLE 3
#endif

struct option {
    int level, name;
    int level6, name6; /* of IPv6 sockets, where that differs; level 0: it does not */
    bool is_switch;
};

/* In the order of enum weft_socket_option; the last has a function of its own. */
static const struct option options[] = {
    {IPPROTO_TCP, TCP_NODELAY, 0, 0, true},
    {SOL_SOCKET, SO_KEEPALIVE, 0, 0, true},
    {SOL_SOCKET, SO_BROADCAST, 0, 0, true},
    {SOL_SOCKET, SO_SNDBUF, 0, 0, false},
    {SOL_SOCKET, SO_RCVBUF, 0, 0, false},
    {IPPROTO_IP, IP_TTL, IPPROTO_IPV6, IPV6_UNICAST_HOPS, false},
    {IPPROTO_IP, IP_MULTICAST_TTL, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, false},
    {IPPROTO_IP, IP_MULTICAST_LOOP, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, true},
    {IPPROTO_IP, IP_MULTICAST_IF, IPPROTO_IPV6, IPV6_MULTICAST_IF, false},
    {IPPROTO_TCP, TCP_KEEPIDLE, 0, 0, false},
};

static int tell_unreachable(SOCKET handle, int value)
{
    BOOL on = value;
    DWORD unused = 0;

    return WSAIoctl(handle, SIO_UDP_CONNRESET, &on, sizeof(on), NULL, 0, &unused, NULL, NULL) == 0
               ? 0
               : WSAGetLastError();
}

int weft_seam_socket_option_set(weft_seam_socket *socket, uint32_t family,
                                enum weft_socket_option option, int value)
{
    const struct option *found = &options[option];
    bool six = family == WEFT_IPV6;

    if (option == WEFT_SOCKET_TELL_UNREACHABLE)
        return tell_unreachable(socket->handle, value);
    if (option == WEFT_SOCKET_MULTICAST_INTERFACE && !six)
        value = (int)htonl((u_long)value); /* as if it were an address */
    six = six && found->level6 != 0;
    if (setsockopt(socket->handle, six ? found->level6 : found->level,
                   six ? found->name6 : found->name, (const char *)&value, sizeof(value)) == 0)
        return 0;
    return WSAGetLastError();
}

int weft_seam_socket_option_get(weft_seam_socket *socket, uint32_t family,
                                enum weft_socket_option option, int *value)
{
    const struct option *found = &options[option];
    bool six = family == WEFT_IPV6 && found->level6 != 0;
    int number = 0; /* some switches come as one byte */
    int length = sizeof(number);

    if (getsockopt(socket->handle, six ? found->level6 : found->level,
                   six ? found->name6 : found->name, (char *)&number, &length) != 0)
        return WSAGetLastError();
    *value = found->is_switch ? number != 0 : number;
    return 0;
}

/* What the numbers mean here. */
static int said(int reason, bool join)
{
    if (reason == WSAEADDRINUSE || (!join && reason == WSAEADDRNOTAVAIL))
        return WEFT_SEAM_AGAIN;
    if (reason == WSAEADDRNOTAVAIL)
        return WEFT_SEAM_LACKS;
    return reason == WSAENOBUFS ? WEFT_SEAM_BLOCKS : reason;
}

int weft_seam_socket_multicast(weft_seam_socket *socket, const weft_address *group, unsigned via,
                               bool join)
{
    struct ip_mreq four = {.imr_interface.s_addr = htonl(via)};
    struct ipv6_mreq six = {.ipv6mr_interface = via};
    int result;

    memcpy(&four.imr_multiaddr, group->ip, sizeof(four.imr_multiaddr));
    memcpy(&six.ipv6mr_multiaddr, group->ip, sizeof(six.ipv6mr_multiaddr));
    if (group->family == WEFT_IPV6)
        result = setsockopt(socket->handle, IPPROTO_IPV6,
                            join ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP, (const char *)&six,
                            sizeof(six));
    else
        result =
            setsockopt(socket->handle, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP,
                       (const char *)&four, sizeof(four));
    return result == 0 ? 0 : said(WSAGetLastError(), join);
}
