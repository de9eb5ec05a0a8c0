/* SPDX-License-Identifier: MIT */
/*
 * Sockets from one process to another. Both then have handles of one and the same socket,
 * and with it one event: WSAEventSelect() in the child takes it away from the parent. So
 * who has handed a socket over looks at it again now and then, as for a listener.
 */

#include "socket_private.h"

#include <windows.h>

#include "internal.h"
#include "seam.h"

int weft_seam_socket_handle(weft_socket *socket, uintptr_t *handle)
{
    weft_store_u32(&socket->shared, 1, WEFT_RELEASE);
    SetEvent(socket->arrived); /* who waits for ever reads that */
    *handle = (uintptr_t)socket->handle;
    return 0;
}

static int number_of(SOCKET handle, int option, int *number)
{
    int length = sizeof(*number);
    *number = 0; /* switches may come as one byte */
    if (getsockopt(handle, SOL_SOCKET, option, (char *)number, &length) != 0)
        return weft__fail_system(WSAGetLastError(), "socket that was handed over");
    return 0;
}

static int kind_of(SOCKET handle, enum weft__socket_kind *kind)
{
    int type = 0;
    int listens = 0;
    int err = number_of(handle, SO_TYPE, &type);
    *kind = WEFT__UDP;
    if (err != 0 || type == SOCK_DGRAM)
        return err;
    err = number_of(handle, SO_ACCEPTCONN, &listens);
    *kind = listens != 0 ? WEFT__LISTENER : WEFT__CONNECTION;
    return err;
}

/* Whether an IPv6 socket takes IPv4 addresses too. */
static bool is_dual(const weft_socket *socket)
{
    DWORD only = 1;
    int length = sizeof(only);
    return socket->name.family == WEFT_IPV6 &&
           getsockopt(socket->handle, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&only, &length) == 0 &&
           only == 0;
}

static int name_it(weft_socket *socket)
{
    struct sockaddr_storage peer = {0};
    int length = sizeof(peer);
    if (socket->kind != WEFT__CONNECTION)
        return weft_socket_address(socket, &socket->name);
    if (getpeername(socket->handle, (struct sockaddr *)&peer, &length) != 0)
        return weft__fail_system(WSAGetLastError(), "connection that was handed over");
    weft__address_from_system(&socket->name, (struct sockaddr *)&peer);
    return 0;
}

/* Another handle, which Winsock knows: Wine 8 lets inherited ones be used for little. */
static int import(SOCKET inherited, SOCKET *own)
{
    WSAPROTOCOL_INFOW about;
    *own = INVALID_SOCKET;
    if (WSADuplicateSocketW(inherited, GetCurrentProcessId(), &about) == 0)
        *own = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &about, 0,
                          WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (*own == INVALID_SOCKET)
        return weft__fail_system(WSAGetLastError(), "socket that was handed over");
    return 0;
}

/* A socket of ours for the system's, which is closed if that fails. */
static int make(weft_socket **socket, SOCKET own)
{
    enum weft__socket_kind kind;
    weft_socket *created = NULL;
    int err = kind_of(own, &kind);
    if (err == 0)
        err = weft__socket_create(&created, kind, WEFT_FAMILY_NONE);
    if (err != 0) {
        closesocket(own);
        return err;
    }
    weft_store_u32(&created->shared, 1, WEFT_RELAXED);
    err = weft__socket_adopt(created, own);
    if (err == 0)
        err = name_it(created);
    if (err != 0) {
        weft_socket_close(created);
        return err;
    }
    created->dual = is_dual(created);
    *socket = created;
    return 0;
}

int weft_seam_socket_adopt(weft_socket **socket, uintptr_t handle)
{
    SOCKET own;
    int err = weft__winsock();
    if (err == 0)
        err = import((SOCKET)handle, &own);
    if (err == 0)
        err = make(socket, own);
    if (err == 0 && closesocket((SOCKET)handle) != 0)
        CloseHandle((HANDLE)handle); /* Wine again */
    return err;
}
