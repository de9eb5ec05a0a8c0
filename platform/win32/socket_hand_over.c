/* SPDX-License-Identifier: MIT */
/*
 * Sockets from one process to another. Both then have handles of one and the same socket,
 * and with it one event: WSAEventSelect() in the child takes it away from the parent. So
 * who has handed a socket over looks at it again now and then, as for a listener.
 */
#include "socket_private.h"

#include <windows.h>

void weft_seam_socket_share(weft_seam_socket *socket)
{
    weft_store_u32(&socket->shared, 1, WEFT_RELEASE);
    SetEvent((HANDLE)socket->event); /* who waits for ever reads that */
}

static int number_of(SOCKET handle, int option, int *number)
{
    int length = sizeof(*number);

    *number = 0; /* switches may come as one byte */
    if (getsockopt(handle, SOL_SOCKET, option, (char *)number, &length) != 0)
        return WSAGetLastError();
    return 0;
}

static int kind_of(SOCKET handle, enum weft_seam_socket_kind *kind)
{
    int type = 0;
    int listens = 0;
    int reason = number_of(handle, SO_TYPE, &type);

    *kind = WEFT_SEAM_UDP;
    if (reason != 0 || type == SOCK_DGRAM)
        return reason;
    reason = number_of(handle, SO_ACCEPTCONN, &listens);
    *kind = listens != 0 ? WEFT_SEAM_LISTENER : WEFT_SEAM_CONNECTION;
    return reason;
}

/* Another handle, which Winsock knows: Wine 8 lets inherited ones be used for little. */
static int import(SOCKET inherited, SOCKET *own)
{
    WSAPROTOCOL_INFOW about;

    *own = INVALID_SOCKET;
    if (WSADuplicateSocketW(inherited, GetCurrentProcessId(), &about) == 0)
        *own = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &about, 0,
                          WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    return *own == INVALID_SOCKET ? WSAGetLastError() : 0;
}

int weft_seam_socket_take(weft_seam_socket *socket, uintptr_t handle,
                          enum weft_seam_socket_kind *kind)
{
    SOCKET own;
    int reason = import((SOCKET)handle, &own);

    if (reason != 0)
        return reason;
    reason = kind_of(own, kind);
    if (reason != 0) {
        closesocket(own);
        return reason;
    }
    weft_store_u32(&socket->shared, 1, WEFT_RELAXED);
    return weft__socket_adopt(socket, own);
}

void weft_seam_socket_taken(weft_seam_socket *socket, uintptr_t handle, bool stays)
{
    if (!stays)
        weft_seam_socket_close(socket);
    else if (closesocket((SOCKET)handle) != 0)
        CloseHandle((HANDLE)handle); /* Wine again */
}
