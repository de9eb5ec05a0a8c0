/* SPDX-License-Identifier: MIT */
/* Where the system's own waits cannot be ended from outside, they stay ours. */
#include "internal.h"
#include "weft/socket.h"

void weft__socket_make_patient(weft_socket *socket)
{
    (void)socket;
}
