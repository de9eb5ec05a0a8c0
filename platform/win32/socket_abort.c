/* SPDX-License-Identifier: MIT */
/* A connection that ends by a reset: to linger for 0 s is how the system is asked for it. */
#include "socket_private.h"

void weft_socket_abort(weft_socket *socket)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};

    if (socket && socket->kind == WEFT__CONNECTION)
        setsockopt(socket->handle, SOL_SOCKET, SO_LINGER, (const char *)&none, sizeof(none));
    weft_socket_close(socket);
}
