/* SPDX-License-Identifier: MIT */
/* Options of sockets and membership in groups, by the system's names and types. */
#include "socket_private.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "seam_socket.h"

#if defined(TCP_KEEPIDLE)
#define IDLE TCP_KEEPIDLE
#elif defined(TCP_KEEPALIVE)
#define IDLE TCP_KEEPALIVE
#else
#define IDLE -1
#endif

struct option {
    int level, name;
    int level6, name6; /* of IPv6 sockets, where that differs; level 0: it does not */
    bool is_byte;      /* BSD wants a byte of IPv4 sockets, others take it */
    bool is_switch;    /* BSD gives the bit it keeps inside */
};

/* In the order of enum weft_socket_option; the last has a function of its own. */
static const struct option options[] = {
    {IPPROTO_TCP, TCP_NODELAY, 0, 0, false, true},
    {SOL_SOCKET, SO_KEEPALIVE, 0, 0, false, true},
    {SOL_SOCKET, SO_BROADCAST, 0, 0, false, true},
    {SOL_SOCKET, SO_SNDBUF, 0, 0, false, false},
    {SOL_SOCKET, SO_RCVBUF, 0, 0, false, false},
    {IPPROTO_IP, IP_TTL, IPPROTO_IPV6, IPV6_UNICAST_HOPS, false, false},
    {IPPROTO_IP, IP_MULTICAST_TTL, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, true, false},
    {IPPROTO_IP, IP_MULTICAST_LOOP, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, true, true},
    {IPPROTO_IP, IP_MULTICAST_IF, IPPROTO_IPV6, IPV6_MULTICAST_IF, false, false},
    {IPPROTO_TCP, IDLE, 0, 0, false, false},
};

int weft__share_port(int descriptor)
{
    int on = 1;

    return setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0 ? 0 : errno;
}

/* For IPv4 multicast leaves by an address unless the number stands in this. */
static int leave_by(int descriptor, int number)
{
    struct ip_mreqn by = {.imr_ifindex = number};

    return setsockopt(descriptor, IPPROTO_IP, IP_MULTICAST_IF, &by, sizeof(by)) == 0 ? 0 : errno;
}

int weft_seam_socket_option_set(weft_seam_socket *socket, uint32_t family,
                                enum weft_socket_option option, int value)
{
    const struct option *found = &options[option];
    int descriptor = (int)socket->handle;
    bool six = family == WEFT_IPV6 && found->level6 != 0;
    unsigned char byte = (unsigned char)value;
    int result;

    if (option == WEFT_SOCKET_TELL_UNREACHABLE)
        return weft__tell_unreachable(descriptor, family, value);
    if (option == WEFT_SOCKET_MULTICAST_INTERFACE && !six)
        return leave_by(descriptor, value);
    if (six)
        result = setsockopt(descriptor, found->level6, found->name6, &value, sizeof(value));
    else if (found->is_byte)
        result = setsockopt(descriptor, found->level, found->name, &byte, sizeof(byte));
    else
        result = setsockopt(descriptor, found->level, found->name, &value, sizeof(value));
    return result == 0 ? 0 : errno;
}

int weft_seam_socket_option_get(weft_seam_socket *socket, uint32_t family,
                                enum weft_socket_option option, int *value)
{
    const struct option *found = &options[option];
    bool six = family == WEFT_IPV6 && found->level6 != 0;
    unsigned char byte = 0;
    int number = 0;
    socklen_t length = !six && found->is_byte ? sizeof(byte) : sizeof(number);

    if (getsockopt((int)socket->handle, six ? found->level6 : found->level,
                   six ? found->name6 : found->name,
                   !six && found->is_byte ? (void *)&byte : (void *)&number, &length) != 0)
        return errno;
    if (!six && found->is_byte)
        number = byte;
    *value = found->is_switch ? number != 0 : number;
    return 0;
}

/* What the numbers mean here. */
static int said(int reason, bool join)
{
    if (reason == EADDRINUSE || (!join && reason == EADDRNOTAVAIL))
        return WEFT_SEAM_AGAIN;
    if (reason == ENODEV || reason == ENXIO || reason == EADDRNOTAVAIL)
        return WEFT_SEAM_LACKS;
    return reason == ENOBUFS ? WEFT_SEAM_BLOCKS : reason;
}

int weft_seam_socket_multicast(weft_seam_socket *socket, const weft_address *group, unsigned via,
                               bool join)
{
    struct group_req request = {.gr_interface = via};
    int level = group->family == WEFT_IPV6 ? IPPROTO_IPV6 : IPPROTO_IP;

    weft__address_to_system(group, false, &request.gr_group);
    if (setsockopt((int)socket->handle, level, join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP,
                   &request, sizeof(request)) == 0)
        return 0;
    return said(errno, join);
}
