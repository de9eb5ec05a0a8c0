/* SPDX-License-Identifier: MIT */
/*
 * Sockets of Winsock, as thin as can be: portable/ has the loops and the sentences.
 *
 * WSAEventSelect() sets the event of a socket when something comes (a byte, a datagram, a
 * connection, the end, the answer to connect()), and again when more is there after
 * each call that takes some. The event wakes one thread at a time; whoever wakes tries
 * again before sleeping again, so nothing that came is left lying. WSAPoll() cannot be
 * woken by a bell.
 *
 * Some look again every SLICE: sockets that were handed to another process, whose
 * event may be there now (socket_hand_over.c); senders, who wait but rarely and have no
 * event of their own, for a handle has but one; and listeners. These have one, but Wine
 * may set it too early (its server acts on an answer of poll() that another accept() has
 * made stale), and then does not set it again, because it takes no failed accept() for a
 * sign of interest, as Windows does. Calls that receive are such a sign in Wine too.
 *
 * The reading side is closed by the mark of portable/socket.c alone. The system's SD_RECEIVE
 * would reset the connection if the peer sends on, and with it lose what the peer has not
 * read yet.
 */
#include "socket_private.h"

#include <windows.h>

#include <mswsock.h>

#include "weft/once.h"

#include "internal.h"

enum {
    SLICE = 50, /* ms */
    NAP = 10,
    MOST_TO_READ = 1 << 30,
    MOST_TO_SEND = 1 << 16, /* bytes: Windows takes any amount at once, room or not, so that
                               nobody could say how much has gone */
    MOST_WAITED_FOR = 17
};

/* ---- handles ------------------------------------------------------------------------ */

static int start_winsock(void *context)
{
    WSADATA data;
    int reason = WSAStartup(MAKEWORD(2, 2), &data);

    (void)context;
    return reason == 0 ? 0 : weft__fail_system(reason, "winsock");
}

int weft_seam_socket_begin(void)
{
    static weft_once once = WEFT_ONCE_INIT;

    return weft__once(&once, start_winsock);
}

static int reason_of(int result)
{
    return result == SOCKET_ERROR ? WSAGetLastError() : 0;
}

int weft__socket_adopt(weft_seam_socket *socket, SOCKET handle)
{
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    int reason = event == NULL ? (int)GetLastError() : 0;

    /* accept() has no flag for it. Children of weft get a list of handles anyway. */
    SetHandleInformation((HANDLE)handle, HANDLE_FLAG_INHERIT, 0);
    if (reason == 0)
        reason =
            reason_of(WSAEventSelect(handle, event, FD_ACCEPT | FD_CONNECT | FD_READ | FD_CLOSE));
    if (reason != 0) {
        closesocket(handle);
        if (event != NULL)
            CloseHandle(event);
        return reason;
    }
    socket->handle = (uintptr_t)handle;
    socket->event = (uintptr_t)event;
    return 0;
}

/* News about earlier datagrams would come as errors of WSARecvFrom(). Not every Windows
 * has these switches; recvfrom passes over such errors too. */
static void mute_answers(SOCKET handle)
{
    static const DWORD switches[] = {SIO_UDP_CONNRESET, _WSAIOW(IOC_VENDOR, 15)};
    BOOL off = FALSE;
    DWORD unused = 0;

    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
        WSAIoctl(handle, switches[i], &off, sizeof(off), NULL, 0, &unused, NULL, NULL);
}

int weft_seam_socket_open(weft_seam_socket *socket, enum weft_seam_socket_kind kind,
                          uint32_t family)
{
    static const int families[] = {
        [WEFT_IPV4] = AF_INET, [WEFT_IPV6] = AF_INET6, [WEFT_UNIX] = AF_UNIX};
    bool udp = kind == WEFT_SEAM_UDP;
    SOCKET handle = WSASocketW(families[family], udp ? SOCK_DGRAM : SOCK_STREAM, 0, NULL, 0,
                               WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);

    if (handle == INVALID_SOCKET) {
        int reason = WSAGetLastError();
        return family == WEFT_UNIX && reason != WSAEMFILE ? WEFT_SEAM_LACKS : reason;
    }
    if (udp)
        mute_answers(handle);
    return weft__socket_adopt(socket, handle);
}

void weft_seam_socket_close(weft_seam_socket *socket)
{
    if (socket->handle != UINTPTR_MAX)
        closesocket(socket->handle);
    if (socket->event != 0)
        CloseHandle((HANDLE)socket->event);
    *socket = (weft_seam_socket)WEFT_SEAM_NO_SOCKET;
}

/* ---- names --------------------------------------------------------------------------- */

int weft_seam_socket_bind(weft_seam_socket *socket, enum weft_seam_socket_kind kind,
                          const weft_address *address, unsigned flags)
{
    struct sockaddr_storage storage;
    int length = weft__address_to_system(address, false, &storage);
    BOOL on = TRUE;
    int reason;

    (void)kind;
    /* Or any program could take the port away from under us. */
    reason = reason_of(setsockopt(socket->handle, SOL_SOCKET,
                                  flags & WEFT_SEAM_SHARE_PORT ? SO_REUSEADDR : SO_EXCLUSIVEADDRUSE,
                                  (const char *)&on, sizeof(on)));
    if (reason == 0 && address->family == WEFT_IPV6) {
        DWORD only = (flags & WEFT_SEAM_DUAL) == 0;
        setsockopt(socket->handle, IPPROTO_IPV6, IPV6_V6ONLY, (const char *)&only, sizeof(only));
    }
    if (reason == 0)
        reason = reason_of(bind(socket->handle, (struct sockaddr *)&storage, length));
    return reason;
}

bool weft_seam_socket_is_dual(weft_seam_socket *socket)
{
    DWORD only = 1;
    int length = sizeof(only);

    return getsockopt(socket->handle, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&only, &length) == 0 &&
           only == 0;
}

int weft_seam_socket_name(weft_seam_socket *socket, weft_address *address)
{
    struct sockaddr_storage storage = {0};
    int length = sizeof(storage);
    int reason = reason_of(getsockname(socket->handle, (struct sockaddr *)&storage, &length));

    if (reason == 0)
        weft__address_from_system(address, (struct sockaddr *)&storage);
    return reason;
}

int weft_seam_socket_peer(weft_seam_socket *socket, weft_address *address)
{
    struct sockaddr_storage storage = {0};
    int length = sizeof(storage);
    int reason = reason_of(getpeername(socket->handle, (struct sockaddr *)&storage, &length));

    if (reason == 0)
        weft__address_from_system(address, (struct sockaddr *)&storage);
    return reason;
}

/* ---- connections ----------------------------------------------------------------------- */

int weft_seam_socket_listen(weft_seam_socket *socket, int backlog)
{
    weft_store_u32(&socket->shared, 1, WEFT_RELEASE);
    return reason_of(listen(socket->handle, backlog));
}

int weft_seam_socket_accept(weft_seam_socket *listener, weft_seam_socket *accepted,
                            weft_address *peer)
{
    struct sockaddr_storage from = {0};
    int length = sizeof(from);
    SOCKET handle = accept(listener->handle, (struct sockaddr *)&from, &length);
    int reason = handle == INVALID_SOCKET ? WSAGetLastError() : 0;

    if (reason == WSAEWOULDBLOCK)
        return WEFT_SEAM_BLOCKS;
    /* The connection failed before it was taken; Wine then says that there is none. The
     * listener is well. */
    if (reason == WSAECONNRESET || reason == WSAECONNABORTED || reason == WSAENOTCONN)
        return WEFT_SEAM_AGAIN;
    if (reason != 0)
        return reason;
    weft__address_from_system(peer, (struct sockaddr *)&from);
    return weft__socket_adopt(accepted, handle);
}

int weft_seam_socket_connect(weft_seam_socket *socket, const weft_address *address)
{
    struct sockaddr_storage storage;
    int length = weft__address_to_system(address, false, &storage);
    int reason = reason_of(connect(socket->handle, (struct sockaddr *)&storage, length));

    return reason == WSAEWOULDBLOCK ? WEFT_SEAM_BLOCKS : reason;
}

/* The event may have been set by something else: the record of events knows. */
int weft_seam_socket_connected(weft_seam_socket *socket)
{
    WSANETWORKEVENTS came = {0};

    if (WSAEnumNetworkEvents(socket->handle, NULL, &came) != 0)
        return WSAGetLastError();
    if ((came.lNetworkEvents & FD_CONNECT) == 0)
        return WEFT_SEAM_BLOCKS;
    return came.iErrorCode[FD_CONNECT_BIT];
}

/* A connection that dies of silence ends with WSAETIMEDOUT, no deadline of ours. */
static int said_of_connection(int reason)
{
    if (reason == WSAENOTCONN || reason == WSAESHUTDOWN)
        return WEFT_SEAM_GONE;
    if (reason == WSAETIMEDOUT)
        return WEFT_SEAM_SILENT;
    return reason == WSAEWOULDBLOCK ? WEFT_SEAM_BLOCKS : reason;
}

int weft_seam_socket_send(weft_seam_socket *socket, const void *data, size_t size, size_t *sent)
{
    int taken = send(socket->handle, data, size < MOST_TO_SEND ? (int)size : MOST_TO_SEND, 0);

    if (taken == SOCKET_ERROR)
        return said_of_connection(WSAGetLastError());
    *sent = (size_t)taken;
    return taken > 0 ? 0 : WEFT_SEAM_AGAIN;
}

int weft_seam_socket_recv(weft_seam_socket *socket, void *buffer, size_t size, size_t *got)
{
    int taken = recv(socket->handle, buffer, size < MOST_TO_READ ? (int)size : MOST_TO_READ, 0);

    if (taken == SOCKET_ERROR)
        return said_of_connection(WSAGetLastError());
    *got = (size_t)taken;
    return 0;
}

/* ---- datagrams --------------------------------------------------------------------------- */

/* These two are about an earlier datagram, told once. */
static int said_of_datagram(int reason)
{
    if (reason == WSAECONNRESET)
        return WEFT_SEAM_REFUSED;
    if (reason == WSAENETRESET)
        return WEFT_SEAM_AGAIN;
    return reason == WSAEWOULDBLOCK ? WEFT_SEAM_BLOCKS : reason;
}

int weft_seam_socket_sendto(weft_seam_socket *socket, const void *data, size_t size,
                            const weft_address *to, bool mapped)
{
    struct sockaddr_storage storage;
    int length = weft__address_to_system(to, mapped, &storage);
    int said = said_of_datagram(
        reason_of(sendto(socket->handle, data, size < MOST_TO_READ ? (int)size : MOST_TO_READ, 0,
                         (struct sockaddr *)&storage, length)));

    return said == WEFT_SEAM_REFUSED ? WEFT_SEAM_AGAIN : said;
}

const size_t weft_seam_spill = WEFT_SEAM_DATAGRAM;

int weft_seam_socket_recvfrom(weft_seam_socket *socket, void *buffer, size_t size, void *spill,
                              size_t *got, weft_address *from)
{
    struct sockaddr_storage sender = {0};
    WSABUF pieces[2] = {{size < MOST_TO_READ ? (ULONG)size : MOST_TO_READ, buffer},
                        {WEFT_SEAM_DATAGRAM, spill}};
    DWORD flags = 0, taken = 0;
    int length = sizeof(sender);

    if (WSARecvFrom(socket->handle, pieces, 2, &taken, &flags, (struct sockaddr *)&sender, &length,
                    NULL, NULL) != 0)
        return said_of_datagram(WSAGetLastError());
    *got = taken;
    weft__address_from_system(from, (struct sockaddr *)&sender);
    return 0;
}

int weft_seam_socket_told(weft_seam_socket *socket)
{
    (void)socket; /* recvfrom says it */
    return WEFT_SEAM_BLOCKS;
}

/* ---- waiting and its end -------------------------------------------------------------------- */

/* WSAPoll() tells at once of a peer that has finished, room or not: that is slept through. */
static int wait_for_room(weft_seam_socket *socket, int ms)
{
    WSAPOLLFD polled = {.fd = socket->handle, .events = POLLWRNORM};
    int ready = WSAPoll(&polled, 1, ms < SLICE ? ms : SLICE);

    if (ready == SOCKET_ERROR)
        return WSAGetLastError();
    if (ready > 0 && polled.revents == POLLHUP)
        Sleep((DWORD)(ms < NAP ? ms : NAP));
    return ready == 0 && ms <= SLICE ? WEFT_SEAM_BLOCKS : 0;
}

int weft_seam_socket_wait(weft_seam_socket *const sockets[], size_t count,
                          enum weft_seam_event event, uintptr_t bell, int ms)
{
    HANDLE awaited[MOST_WAITED_FOR];
    bool looks_again = weft_load_u32(&sockets[0]->shared, WEFT_ACQUIRE) != 0;
    DWORD number = 0, woken;

    if (event == WEFT_SEAM_WRITABLE)
        return wait_for_room(sockets[0], ms);
    while (number < count && number < MOST_WAITED_FOR - 1) {
        awaited[number] = (HANDLE)sockets[number]->event;
        number++;
    }
    if (bell != 0)
        awaited[number++] = (HANDLE)bell;
    woken = WaitForMultipleObjects(number, awaited, FALSE,
                                   (DWORD)(looks_again && ms > SLICE ? SLICE : ms));
    if (woken == WAIT_TIMEOUT)
        return looks_again && ms > SLICE ? 0 : WEFT_SEAM_BLOCKS;
    if (woken >= WAIT_OBJECT_0 + number)
        return (int)GetLastError();
    /* That it was handed over has to reach the next who waits, too. */
    if (!looks_again && weft_load_u32(&sockets[0]->shared, WEFT_ACQUIRE) != 0)
        SetEvent((HANDLE)sockets[0]->event);
    return 0;
}

void weft_seam_socket_shutdown(weft_seam_socket *socket, enum weft_seam_socket_kind kind,
                               enum weft_shutdown how)
{
    /* It can only fail because there is no connection (any more). */
    if (kind == WEFT_SEAM_CONNECTION && (how & WEFT_SHUTDOWN_WRITE) != 0)
        shutdown(socket->handle, SD_SEND);
}

bool weft_seam_socket_shutdown_wakes(enum weft_seam_socket_kind kind)
{
    (void)kind;
    return false;
}
