/* SPDX-License-Identifier: MIT */
#include "socket_object.h"

void weft_socket_abort(weft_socket *socket)
{
    if (socket && socket->kind == WEFT_SEAM_CONNECTION)
        weft_seam_socket_reset_at_close(&socket->seam);
    weft_socket_close(socket);
}
