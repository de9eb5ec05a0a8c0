/* SPDX-License-Identifier: MIT */
/*
 * A connection with a thread of its own can leave the wait to recv() and send(): one call of
 * the system for each, instead of a try, a poll() and another try. What ends these waits is
 * the system's shutdown(), which wakes both everywhere; nothing else does.
 */
#include <fcntl.h>

#include "internal.h"
#include "weft/socket.h"

void weft__socket_make_patient(weft_socket *socket)
{
    int descriptor = (int)weft__socket_pollable(socket);
    int flags = fcntl(descriptor, F_GETFL);

    if (flags >= 0)
        (void)fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK);
}
