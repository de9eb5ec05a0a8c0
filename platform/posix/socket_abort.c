/* SPDX-License-Identifier: MIT */
/* To linger for 0 s is how the system is asked for a reset. */
#include <sys/socket.h>

#include "seam_socket.h"

void weft_seam_socket_reset_at_close(weft_seam_socket *socket)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};

    setsockopt((int)socket->handle, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
}
