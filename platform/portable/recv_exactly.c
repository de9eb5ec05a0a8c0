/* SPDX-License-Identifier: MIT */
#include "internal.h"
#include "weft/socket.h"

int weft_socket_recv_exactly(weft_socket *socket, void *buffer, size_t size, size_t *length,
                             weft_time until)
{
    size_t come = 0;
    int err = 0;

    while (come < size && err == 0) {
        size_t got = 0;
        err = weft_socket_recv(socket, (unsigned char *)buffer + come, size - come, &got, until);
        if (err == 0 && got == 0)
            err =
                weft__fail(WEFT_ECLOSED,
                           "receive exactly: the peer finished after %zu of %zu bytes", come, size);
        come += got;
    }
    if (length)
        *length = come;
    return err;
}
