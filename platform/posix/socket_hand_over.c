/* SPDX-License-Identifier: MIT */
/* Sockets from one process to another: both then have descriptors of the same socket. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "internal.h"
#include "seam.h"
#include "socket_private.h"

int weft_seam_socket_handle(weft_socket *socket, uintptr_t *handle)
{
    *handle = (uintptr_t)socket->descriptor;
    return 0;
}

static int number_of(int descriptor, int option, int *number)
{
    socklen_t length = sizeof(*number);

    if (getsockopt(descriptor, SOL_SOCKET, option, number, &length) != 0)
        return weft__fail_system(errno, "socket that was handed over");
    return 0;
}

static int kind_of(int descriptor, enum weft__socket_kind *kind)
{
    int type = 0, listens = 0;
    int err = number_of(descriptor, SO_TYPE, &type);

    *kind = WEFT__UDP;
    if (err != 0 || type == SOCK_DGRAM)
        return err;
    err = number_of(descriptor, SO_ACCEPTCONN, &listens);
    *kind = listens != 0 ? WEFT__LISTENER : WEFT__CONNECTION;
    return err;
}

/* Whether an IPv6 socket takes IPv4 addresses too. */
static bool is_dual(const weft_socket *socket)
{
    int only = 1;
    socklen_t length = sizeof(only);

    return socket->name.family == WEFT_IPV6 &&
           getsockopt(socket->descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &only, &length) == 0 &&
           only == 0;
}

static int name_it(weft_socket *socket)
{
    struct sockaddr_storage peer = {0};
    socklen_t length = sizeof(peer);

    if (socket->kind != WEFT__CONNECTION)
        return weft_socket_address(socket, &socket->name);
    if (getpeername(socket->descriptor, (struct sockaddr *)&peer, &length) != 0)
        return weft__fail_system(errno, "connection that was handed over");
    weft__address_from_system(&socket->name, (struct sockaddr *)&peer);
    return 0;
}

int weft_seam_socket_adopt(weft_socket **socket, uintptr_t handle)
{
    enum weft__socket_kind kind;
    weft_socket *created;
    int descriptor = (int)handle;
    int err = kind_of(descriptor, &kind);

    if (err == 0)
        err = weft__socket_create(&created, kind, WEFT_FAMILY_NONE);
    if (err != 0)
        return err;
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    weft__socket_adopt(created, descriptor);
    err = name_it(created);
    if (err != 0)
        goto drop;
    created->dual = is_dual(created);
    *socket = created;
    return 0;

drop:
    created->descriptor = -1; /* it stays the caller's */
    weft_socket_close(created);
    return err;
}
