/* SPDX-License-Identifier: MIT */
/* Sockets from one process to another: both then have descriptors of the same socket. */
#include "socket_private.h"

#include <errno.h>
#include <fcntl.h>

#include "seam_socket.h"

void weft_seam_socket_share(weft_seam_socket *socket)
{
    (void)socket; /* the child's copy is made when it starts */
}

static int number_of(int descriptor, int option, int *number)
{
    socklen_t length = sizeof(*number);

    return getsockopt(descriptor, SOL_SOCKET, option, number, &length) == 0 ? 0 : errno;
}

int weft_seam_socket_take(weft_seam_socket *socket, uintptr_t handle,
                          enum weft_seam_socket_kind *kind)
{
    int type = 0, listens = 0;
    int reason = number_of((int)handle, SO_TYPE, &type);

    *kind = WEFT_SEAM_UDP;
    if (reason == 0 && type != SOCK_DGRAM) {
        reason = number_of((int)handle, SO_ACCEPTCONN, &listens);
        *kind = listens != 0 ? WEFT_SEAM_LISTENER : WEFT_SEAM_CONNECTION;
    }
    if (reason != 0)
        return reason;
    fcntl((int)handle, F_SETFD, FD_CLOEXEC);
    socket->handle = handle;
    return 0;
}

void weft_seam_socket_taken(weft_seam_socket *socket, uintptr_t handle, bool stays)
{
    (void)socket; /* is the handle */
    (void)handle;
    (void)stays;
}
