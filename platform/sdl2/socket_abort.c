/* SPDX-License-Identifier: MIT */
#include "weft/socket.h"

/* SDL2_net keeps the system's socket to itself, and has no reset. */
void weft_socket_abort(weft_socket *socket)
{
    weft_socket_close(socket);
}
