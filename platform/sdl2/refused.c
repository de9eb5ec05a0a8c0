/* SPDX-License-Identifier: MIT */
/* What SDL2_net has not. */
#include "internal.h"
#include "net.h"

static int lacks(const char *what)
{
    return weft__fail(WEFT_ENOTSUP, "%s: SDL2_net has none", what);
}

int weft_unix_listen(weft_socket **socket, const char *path, const weft_listen_options *options)
{
    (void)socket;
    (void)path;
    (void)options;
    return lacks("unix socket");
}

int weft_unix_connect(weft_socket **socket, const char *path, weft_time until)
{
    (void)socket;
    (void)path;
    (void)until;
    return lacks("unix socket");
}

int weft_socket_multicast_join(weft_socket *socket, const weft_address *group, unsigned via)
{
    (void)socket;
    (void)group;
    (void)via;
    return lacks("multicast");
}

int weft_socket_multicast_leave(weft_socket *socket, const weft_address *group, unsigned via)
{
    (void)socket;
    (void)group;
    (void)via;
    return lacks("multicast");
}
