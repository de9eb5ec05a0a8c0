/* SPDX-License-Identifier: MIT */
/* POSIX does not tell the length of a datagram that is cut: it is received into two pieces. */
#include "socket_private.h"

#include <errno.h>
#include <sys/uio.h>

#include "seam_socket.h"

const size_t weft_seam_spill = WEFT_SEAM_DATAGRAM;

int weft_seam_socket_recvfrom(weft_seam_socket *socket, void *buffer, size_t size, void *spill,
                              size_t *got, weft_address *from)
{
    struct sockaddr_storage sender = {0};
    struct iovec pieces[2] = {{buffer, size}, {spill, WEFT_SEAM_DATAGRAM}};
    struct msghdr message = {
        .msg_name = &sender, .msg_namelen = sizeof(sender), .msg_iov = pieces, .msg_iovlen = 2};
    ssize_t taken = recvmsg((int)socket->handle, &message, 0);

    if (taken < 0)
        return weft__said_of_datagram(errno);
    *got = (size_t)taken;
    weft__address_from_system(from, (struct sockaddr *)&sender);
    return 0;
}
