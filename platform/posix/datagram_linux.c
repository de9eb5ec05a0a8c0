/* SPDX-License-Identifier: MIT */
/* Linux tells the whole length of a datagram that it cuts, if asked by MSG_TRUNC. */
#include "socket_private.h"

#include <errno.h>

#include "seam_socket.h"

const size_t weft_seam_spill = 0;

int weft_seam_socket_recvfrom(weft_seam_socket *socket, void *buffer, size_t size, void *spill,
                              size_t *got, weft_address *from)
{
    struct sockaddr_storage sender;
    socklen_t length = sizeof(sender);
    ssize_t taken =
        recvfrom((int)socket->handle, buffer, size, MSG_TRUNC, (struct sockaddr *)&sender, &length);

    (void)spill;
    if (taken < 0)
        return weft__said_of_datagram(errno);
    if (length == 0)
        sender.ss_family = AF_UNSPEC;
    *got = (size_t)taken;
    weft__address_from_system(from, (struct sockaddr *)&sender);
    return 0;
}
