/* SPDX-License-Identifier: MIT */
/* What epoll and kqueue are not asked: whether one descriptor is ready now. */
#include "poller_ready.h"

#include <poll.h>

#include "internal.h"
#include "seam.h"

bool weft__descriptor_is_ready(int descriptor, short events)
{
    struct pollfd polled = {.fd = descriptor, .events = events};

    return poll(&polled, 1, 0) > 0;
}

bool weft_seam_socket_is_ready(weft_socket *socket, unsigned events)
{
    return weft__descriptor_is_ready(
        (int)weft__socket_pollable(socket),
        (short)((events & WEFT_READABLE ? POLLIN : 0) | (events & WEFT_WRITABLE ? POLLOUT : 0)));
}
