/* SPDX-License-Identifier: MIT */
/* News about datagrams that found nobody: here, a socket with several peers gets none. */
#include "socket_private.h"

#include "seam_socket.h"

int weft__tell_unreachable(int descriptor, uint32_t family, int value)
{
    (void)descriptor;
    (void)family;
    return value == 0 ? 0 : WEFT_SEAM_LACKS;
}

int weft_seam_socket_told(weft_seam_socket *socket)
{
    (void)socket;
    return WEFT_SEAM_BLOCKS;
}
