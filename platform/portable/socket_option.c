/* SPDX-License-Identifier: MIT */
/* Which kinds of sockets have which options, and what values these take. */
#include <limits.h>

#include "host.h"
#include "internal.h"
#include "socket_object.h"

enum {
    LISTENER = 1 << WEFT_SEAM_LISTENER,
    CONNECTION = 1 << WEFT_SEAM_CONNECTION,
    UDP = 1 << WEFT_SEAM_UDP,
    ALL = LISTENER | CONNECTION | UDP,
    UNIX_TOO = 8 /* other options are of IP */
};

static const struct option {
    int kinds;       /* of sockets that have it */
    int least, most; /* values */
} options[] = {
    [WEFT_SOCKET_NO_DELAY] = {CONNECTION, 0, 1},
    [WEFT_SOCKET_KEEP_ALIVE] = {CONNECTION, 0, 1},
    [WEFT_SOCKET_BROADCAST] = {UDP, 0, 1},
    [WEFT_SOCKET_SEND_BUFFER] = {ALL | UNIX_TOO, 1, INT_MAX},
    [WEFT_SOCKET_RECEIVE_BUFFER] = {ALL | UNIX_TOO, 1, INT_MAX},
    [WEFT_SOCKET_TTL] = {ALL, 1, 255},
    [WEFT_SOCKET_MULTICAST_TTL] = {UDP, 0, 255},
    [WEFT_SOCKET_MULTICAST_LOOP] = {UDP, 0, 1},
    [WEFT_SOCKET_MULTICAST_INTERFACE] = {UDP, 0, INT_MAX},
    [WEFT_SOCKET_KEEP_ALIVE_IDLE] = {CONNECTION, 1, 32767}, /* seconds: Linux takes no more */
    [WEFT_SOCKET_TELL_UNREACHABLE] = {UDP, 0, 1},
};

static int find_option(const weft_socket *socket, enum weft_socket_option option,
                       const struct option **found)
{
    int wanted;

    if (!socket)
        return weft__misuse(WEFT_EINVAL, "socket option %d: the socket is NULL", (int)option);
    if ((size_t)option >= sizeof(options) / sizeof(options[0]))
        return weft__fail(WEFT_EINVAL, "socket option %d: there is none", (int)option);
    *found = &options[option];
    wanted = 1 << socket->kind | (socket->name.family == WEFT_UNIX ? UNIX_TOO : 0);
    if (((*found)->kinds & wanted) != wanted)
        return weft__socket_fail(socket, WEFT_EINVAL, "option of socket",
                                 "this kind of socket does not have it");
    return 0;
}

int weft_socket_option_set(weft_socket *socket, enum weft_socket_option option, int value)
{
    const struct option *found = NULL;
    int err = find_option(socket, option, &found);
    int said;

    if (err != 0)
        return err;
    if (value < found->least || value > found->most)
        return weft__socket_fail(socket, WEFT_EINVAL, "option of socket",
                                 "no value of this option");
    said = weft_seam_socket_option_set(&socket->seam, socket->name.family, option, value);
    if (said != 0)
        return weft__socket_fail_seam(socket, said, "option of socket");
    if (option == WEFT_SOCKET_TELL_UNREACHABLE)
        weft_store_u32(&socket->datagrams->tells, (uint32_t)value, WEFT_RELAXED);
    if (option == WEFT_SOCKET_MULTICAST_INTERFACE)
        weft_store_u32(&socket->datagrams->via, (uint32_t)value, WEFT_RELAXED);
    return 0;
}

int weft_socket_option_get(weft_socket *socket, enum weft_socket_option option, int *value)
{
    const struct option *found = NULL;
    int err = find_option(socket, option, &found);
    int said;

    if (err != 0)
        return err;
    /* Systems do not tell these two, or not as they were set. */
    if (option == WEFT_SOCKET_TELL_UNREACHABLE) {
        *value = (int)weft_load_u32(&socket->datagrams->tells, WEFT_RELAXED);
        return 0;
    }
    if (option == WEFT_SOCKET_MULTICAST_INTERFACE) {
        *value = (int)weft_load_u32(&socket->datagrams->via, WEFT_RELAXED);
        return 0;
    }
    said = weft_seam_socket_option_get(&socket->seam, socket->name.family, option, value);
    return said == 0 ? 0 : weft__socket_fail_seam(socket, said, "option of socket");
}

/* ---- groups ----------------------------------------------------------------------- */

static bool is_group(const weft_address *address)
{
    if (address->family == WEFT_IPV4)
        return address->ip[0] >= 224 && address->ip[0] <= 239;
    return address->family == WEFT_IPV6 && address->ip[0] == 0xff;
}

static int change_group(weft_socket *socket, const weft_address *group, unsigned via, bool join)
{
    const char *what = join ? "join" : "leave";
    char text[WEFT_ADDRESS_TEXT];
    int said, err = weft__socket_expect(socket, WEFT_SEAM_UDP, what);

    if (err != 0)
        return err;
    if (!group || !is_group(group))
        return weft__misuse(WEFT_EINVAL, "%s %s: this is no multicast group", what,
                            group ? weft_address_ip(group, text, sizeof(text)) : "NULL");
    weft_address_ip(group, text, sizeof(text));
    if (group->family != socket->name.family)
        return weft__misuse(WEFT_EINVAL, "%s %s: the socket speaks %s", what, text,
                            socket->name.family == WEFT_IPV6 ? "IPv6" : "IPv4");
    said = weft_seam_socket_multicast(&socket->seam, group, via != 0 ? via : group->scope, join);
    if (said == WEFT_SEAM_AGAIN)
        return weft__fail(WEFT_EINVAL, "%s %s: the socket %s", what, text,
                          join ? "is a member already" : "is no member");
    if (said == WEFT_SEAM_LACKS)
        return weft__fail(WEFT_ENOTFOUND, "%s %s: no interface %u that can", what, text, via);
    if (said == WEFT_SEAM_BLOCKS)
        return weft__fail(WEFT_ELIMIT, "%s %s: too many groups for one socket", what, text);
    return said == 0 ? 0 : weft__fail_system(said, "%s %s", what, text);
}

int weft_socket_multicast_join(weft_socket *socket, const weft_address *group, unsigned via)
{
    return change_group(socket, group, via, true);
}

int weft_socket_multicast_leave(weft_socket *socket, const weft_address *group, unsigned via)
{
    return change_group(socket, group, via, false);
}
