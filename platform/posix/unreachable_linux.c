/* SPDX-License-Identifier: MIT */
/*
 * News about datagrams that found nobody. Linux keeps them in a queue of errors beside that of
 * datagrams, from where they are taken before each receive: while it holds one, poll() says
 * at once that something is there. Errors of our own sends, which it holds too, were told.
 */
#include "socket_private.h"

#include <netinet/in.h>
#include <time.h>

#include <linux/errqueue.h>

#include <errno.h>

#include "seam_socket.h"

int weft__tell_unreachable(int descriptor, uint32_t family, int value)
{
    int six = setsockopt(descriptor, IPPROTO_IPV6, IPV6_RECVERR, &value, sizeof(value));
    int reason = family == WEFT_IPV6 && six != 0 ? errno : 0;

    /* A dual socket sends to both. */
    if (setsockopt(descriptor, IPPROTO_IP, IP_RECVERR, &value, sizeof(value)) != 0 &&
        family == WEFT_IPV4)
        reason = errno;
    return reason;
}

static bool came_from_outside(struct msghdr *message)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        const struct sock_extended_err *error = (const void *)CMSG_DATA(part);
        bool is_error = (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR) ||
                        (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR);
        if (is_error &&
            (error->ee_origin == SO_EE_ORIGIN_ICMP || error->ee_origin == SO_EE_ORIGIN_ICMP6))
            return true;
    }
    return false;
}

int weft_seam_socket_told(weft_seam_socket *socket)
{
    for (;;) {
        _Alignas(struct cmsghdr) char about[512];
        struct msghdr message = {.msg_control = about, .msg_controllen = sizeof(about)};

        if (recvmsg((int)socket->handle, &message, MSG_ERRQUEUE) < 0) {
            if (errno != EINTR)
                return WEFT_SEAM_BLOCKS;
        } else if (came_from_outside(&message)) {
            return WEFT_SEAM_REFUSED;
        }
    }
}
