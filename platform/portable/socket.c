/* SPDX-License-Identifier: MIT */
/*
 * What sockets of all kinds have in common. Each call of theirs first tries, and waits only
 * if it would have had to (portable/socket_wait.c): what is there beats a deadline that has
 * passed, and WEFT_NOW is one try.
 *
 * How weft_socket_shutdown() ends the calls of other threads: it first sets `shut`, then
 * wakes who waits; who waits reads `shut` before it tries again.
 */
#include "bell.h"
#include "internal.h"
#include "socket_object.h"
#include "weft/memory.h"

static const char *const kinds[] = {[WEFT_SEAM_LISTENER] = "a listener",
                                    [WEFT_SEAM_CONNECTION] = "a connection",
                                    [WEFT_SEAM_UDP] = "a udp socket"};

/* ---- life -------------------------------------------------------------------------- */

static int acquire_parts(weft_socket *socket, uint32_t family)
{
    static const char *const families[] = {
        [WEFT_IPV4] = "IPv4", [WEFT_IPV6] = "IPv6", [WEFT_UNIX] = "unix"};
    int said = 0;

    if (socket->kind == WEFT_SEAM_UDP) {
        socket->datagrams = weft_alloc(sizeof(*socket->datagrams) + weft_seam_spill);
        if (!socket->datagrams)
            return WEFT_ENOMEM;
    }
    if (family != WEFT_FAMILY_NONE)
        said = weft_seam_socket_open(&socket->seam, socket->kind, family);
    if (said == WEFT_SEAM_LACKS)
        return weft__fail(WEFT_ENOTSUP, "%s socket: this system has none", families[family]);
    if (said != 0)
        return weft__fail_system(said, "socket for %s, to be %s", families[family],
                                 kinds[socket->kind]);
    return 0;
}

int weft__socket_create(weft_socket **socket, enum weft_seam_socket_kind kind, uint32_t family)
{
    weft_socket *created;
    int err = weft_fault_point("socket.create");

    if (err != 0)
        return weft__fail(err, "socket: refused by a test");
    err = weft_seam_socket_begin();
    if (err != 0)
        return err;
    created = weft_alloc(sizeof(*created));
    if (!created)
        return WEFT_ENOMEM;
    created->seam = (weft_seam_socket)WEFT_SEAM_NO_SOCKET;
    created->kind = (uint8_t)kind;
    err = acquire_parts(created, family);
    if (err != 0) {
        weft_socket_close(created);
        return err;
    }
    *socket = created;
    return 0;
}

int weft__socket_bind(weft_socket *socket, bool share_port, const char *what)
{
    unsigned flags =
        (socket->dual ? WEFT_SEAM_DUAL : 0u) | (share_port ? WEFT_SEAM_SHARE_PORT : 0u);
    int said = weft_seam_socket_bind(&socket->seam, socket->kind, &socket->name, flags);

    if (said == 0)
        said = weft_seam_socket_name(&socket->seam, &socket->name);
    if (said != 0)
        return weft__socket_fail_seam(socket, said, what);
    socket->dual = socket->dual && weft_seam_socket_is_dual(&socket->seam);
    return 0;
}

void weft_socket_close(weft_socket *socket)
{
    if (!socket)
        return;
    weft__pollers_forget(socket);
    /* While it still listens nobody takes the path for left over: the file is its own. */
    if (socket->path && socket->path->identity != 0)
        weft_seam_unix_remove(socket->path->text, socket->path->identity);
    weft_seam_socket_close(&socket->seam);
    weft_free(socket->path);
    weft_free(socket->datagrams);
    weft_free(socket);
}

/* ---- what they say ------------------------------------------------------------------ */

const char *weft__socket_called(const weft_socket *socket, char *text)
{
    if (socket->path)
        return socket->path->text;
    return weft_address_text(&socket->name, text, WEFT_ADDRESS_TEXT);
}

int weft__socket_fail(const weft_socket *socket, int code, const char *what, const char *reason)
{
    char text[WEFT_ADDRESS_TEXT];

    return weft__fail(code, "%s %s: %s", what, weft__socket_called(socket, text), reason);
}

int weft__socket_fail_seam(const weft_socket *socket, int said, const char *what)
{
    char text[WEFT_ADDRESS_TEXT];

    switch (said) {
    case WEFT_SEAM_GONE:
        return weft__socket_fail(socket, WEFT_ERESET, what, "the peer is gone");
    case WEFT_SEAM_SILENT:
        return weft__socket_fail(socket, WEFT_ERESET, what, "the peer answers no more");
    case WEFT_SEAM_REFUSED:
        return weft__socket_fail(socket, WEFT_EREFUSED, what, "an earlier datagram found nobody");
    case WEFT_SEAM_LACKS:
        return weft__socket_fail(socket, WEFT_ENOTSUP, what, "this system cannot");
    default:
        return weft__fail_system(said, "%s %s", what, weft__socket_called(socket, text));
    }
}

int weft__socket_expect(const weft_socket *socket, enum weft_seam_socket_kind kind,
                        const char *what)
{
    char text[WEFT_ADDRESS_TEXT];

    if (!socket)
        return weft__misuse(WEFT_EINVAL, "%s: the socket is NULL", what);
    if (socket->kind == kind)
        return 0;
    return weft__misuse(WEFT_EINVAL, "%s %s: this is %s, not %s", what,
                        weft__socket_called(socket, text), kinds[socket->kind], kinds[kind]);
}

int weft_socket_address(weft_socket *socket, weft_address *address)
{
    int said;

    if (!socket)
        return weft__misuse(WEFT_EINVAL, "address of socket: the socket is NULL");
    said = weft_seam_socket_name(&socket->seam, address);
    return said == 0 ? 0 : weft__socket_fail_seam(socket, said, "address of socket");
}

int weft_socket_peer(weft_socket *socket, weft_address *address)
{
    if (!socket)
        return weft__misuse(WEFT_EINVAL, "peer of socket: the socket is NULL");
    if (socket->kind != WEFT_SEAM_CONNECTION)
        return weft__socket_fail(socket, WEFT_EINVAL, "peer of socket", "it is not connected");
    *address = socket->name;
    return 0;
}

uintptr_t weft__socket_pollable(const weft_socket *socket)
{
    return socket->seam.handle;
}

uint32_t weft__socket_shut(const weft_socket *socket)
{
    return weft_load_u32(&socket->shut, WEFT_ACQUIRE);
}

weft_atomic_u32 *weft__socket_polls(weft_socket *socket)
{
    return &socket->polls;
}

/* ---- shutting down -------------------------------------------------------------------- */

bool weft__socket_is_shut(const weft_socket *socket, enum weft_shutdown how)
{
    return (weft_load_u32(&socket->shut, WEFT_ACQUIRE) & (uint32_t)how) != 0;
}

int weft_socket_shutdown(weft_socket *socket, enum weft_shutdown how)
{
    if (!socket || how < WEFT_SHUTDOWN_READ || how > WEFT_SHUTDOWN_BOTH)
        return weft__misuse(WEFT_EINVAL, "socket shutdown: %s",
                            socket ? "no direction" : "the socket is NULL");
    weft_fetch_or_u32(&socket->shut, (uint32_t)how, WEFT_SEQ_CST);
    weft_seam_socket_shutdown(&socket->seam, socket->kind, how);
    if (!weft_seam_socket_shutdown_wakes(socket->kind))
        weft__waiters_ring(socket);
    weft__pollers_shut(socket);
    return 0;
}

/* ---- to and from other processes --------------------------------------------------------- */

int weft__socket_hand_over(weft_socket *socket, uintptr_t *handle)
{
    weft_seam_socket_share(&socket->seam);
    *handle = socket->seam.handle;
    return 0;
}

static int name_it(weft_socket *socket)
{
    int said = socket->kind == WEFT_SEAM_CONNECTION
                   ? weft_seam_socket_peer(&socket->seam, &socket->name)
                   : weft_seam_socket_name(&socket->seam, &socket->name);

    if (said != 0)
        return weft__fail_system(said, "socket that was handed over");
    socket->dual = socket->name.family == WEFT_IPV6 && weft_seam_socket_is_dual(&socket->seam);
    return 0;
}

int weft__socket_take_over(weft_socket **socket, uintptr_t handle)
{
    weft_seam_socket taken = WEFT_SEAM_NO_SOCKET;
    enum weft_seam_socket_kind kind = WEFT_SEAM_CONNECTION;
    weft_socket *created = NULL;
    int said, err = weft_seam_socket_begin();

    if (err != 0)
        return err;
    said = weft_seam_socket_take(&taken, handle, &kind);
    if (said != 0)
        return weft__fail_system(said, "socket that was handed over");
    err = weft__socket_create(&created, kind, WEFT_FAMILY_NONE);
    if (err == 0) {
        created->seam = taken;
        err = name_it(created);
    }
    weft_seam_socket_taken(&taken, handle, err == 0);
    if (err != 0 && created) {
        created->seam = (weft_seam_socket)WEFT_SEAM_NO_SOCKET;
        weft_socket_close(created);
    }
    if (err == 0)
        *socket = created;
    return err;
}
