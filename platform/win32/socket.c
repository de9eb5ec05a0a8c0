/* SPDX-License-Identifier: MIT */
/*
 * What TCP and UDP sockets have in common: handles that never block, and an event each.
 *
 * WSAEventSelect() sets the event when something comes (a byte, a datagram, a
 * connection, the end, the answer to connect()), and again when more is there after
 * each call that takes some. The event wakes one thread at a time; whoever wakes tries
 * again before sleeping again, so nothing that came is left lying. shutdown() sets
 * `shut` and the event, and each waiter that finds `shut` sets the event for the next.
 * WSAPoll() would have to be woken some other way, or look again every few ms.
 *
 * Some do look again, every SLICE: sockets that were handed to another process, whose
 * event may be there now (socket_hand_over.c); senders, who wait but rarely and have no
 * event of their own, for a handle has but one; and listeners. These have one, but Wine
 * may set it too early (its server acts on an answer of poll() that another accept() has
 * made stale), and then does not set it again, because it takes no failed accept() for a
 * sign of interest, as Windows does. Calls that receive are such a sign in Wine too.
 *
 * The reading side is closed by `shut` alone. The system's SD_RECEIVE would reset the
 * connection if the peer sends on, and with it lose what the peer has not read yet.
 */

#include "socket_private.h"

#include <windows.h>

#include <mswsock.h>

#include "weft/fault.h"
#include "weft/memory.h"
#include "weft/once.h"

#include "internal.h"
#include "seam.h"

enum { SLICE = 50 }; /* ms */

/* In the order of enum weft__socket_kind. */
static const long awaited[] = {FD_ACCEPT, FD_CONNECT | FD_READ | FD_CLOSE, FD_READ};

/* ---- handles ------------------------------------------------------------------------ */

static int start_winsock(void *context)
{
    WSADATA data;
    int reason = WSAStartup(MAKEWORD(2, 2), &data);

    (void)context;
    return reason == 0 ? 0 : weft__fail_system(reason, "winsock");
}

int weft__winsock(void)
{
    static weft_once once = WEFT_ONCE_INIT;

    return weft__once(&once, start_winsock);
}

int weft__socket_adopt(weft_socket *socket, SOCKET handle)
{
    socket->handle = handle;
    /* accept() has no flag for it. Children of weft get a list of handles anyway. */
    SetHandleInformation((HANDLE)handle, HANDLE_FLAG_INHERIT, 0);
    if (WSAEventSelect(handle, socket->arrived, awaited[socket->kind]) != 0)
        return weft__fail_system(WSAGetLastError(), "socket: no event for it");
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

static int acquire_parts(weft_socket *socket, uint32_t family)
{
    bool udp = socket->kind == WEFT__UDP;
    SOCKET handle;

    socket->arrived = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (socket->arrived == NULL)
        return weft__fail_system((long)GetLastError(), "socket: no event for it");
    if (udp) {
        socket->spill = weft_alloc(WEFT__SPILL_SIZE);
        if (socket->spill == NULL)
            return WEFT_ENOMEM;
    }
    if (family == WEFT_FAMILY_NONE)
        return 0;
    handle = WSASocketW(family == WEFT_IPV6 ? AF_INET6 : AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM,
                        udp ? IPPROTO_UDP : IPPROTO_TCP, NULL, 0,
                        WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (handle == INVALID_SOCKET)
        return weft__fail_system(WSAGetLastError(), "%s socket for %s", udp ? "udp" : "tcp",
                                 family == WEFT_IPV6 ? "IPv6" : "IPv4");
    if (udp)
        mute_answers(handle);
    return weft__socket_adopt(socket, handle);
}

int weft__socket_create(weft_socket **socket, enum weft__socket_kind kind, uint32_t family)
{
    weft_socket *created;
    int err = weft_fault_point("socket.create");

    if (err != 0)
        return weft__fail(err, "socket: refused by a test");
    err = weft__winsock();
    if (err != 0)
        return err;
    created = weft_alloc(sizeof(*created));
    if (created == NULL)
        return WEFT_ENOMEM;
    created->kind = kind;
    created->handle = INVALID_SOCKET;
    err = acquire_parts(created, family);
    if (err != 0) {
        weft_socket_close(created);
        return err;
    }
    *socket = created;
    return 0;
}

int weft__socket_bind(weft_socket *socket, const char *what)
{
    struct sockaddr_storage storage;
    int length = weft__address_to_system(&socket->name, false, &storage);
    BOOL exclusive = TRUE;

    /* Or any program could take the port away from under us. */
    if (setsockopt(socket->handle, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (const char *)&exclusive,
                   sizeof(exclusive)) != 0)
        return weft__socket_fail_system(socket, WSAGetLastError(), what);
    if (socket->name.family == WEFT_IPV6) {
        DWORD only = !socket->dual;
        if (setsockopt(socket->handle, IPPROTO_IPV6, IPV6_V6ONLY, (const char *)&only,
                       sizeof(only)) != 0)
            socket->dual = false;
    }
    if (bind(socket->handle, (struct sockaddr *)&storage, length) != 0)
        return weft__socket_fail_system(socket, WSAGetLastError(), what);
    return weft_socket_address(socket, &socket->name);
}

/* ---- waiting ------------------------------------------------------------------------ */

bool weft__socket_is_shut(const weft_socket *socket, enum weft_shutdown how)
{
    return (weft_load_u32(&socket->shut, WEFT_ACQUIRE) & (uint32_t)how) != 0;
}

static bool looks_again(const weft_socket *socket)
{
    return socket->kind == WEFT__LISTENER || weft_load_u32(&socket->shared, WEFT_ACQUIRE) != 0;
}

int weft__socket_wait(const weft_socket *socket, weft_time until)
{
    for (;;) {
        bool again = looks_again(socket);
        DWORD ms = (DWORD)weft__ms_until(until, again ? SLICE : INFINITE - 1);
        DWORD woken = WaitForSingleObject(socket->arrived, ms);
        if (woken == WAIT_OBJECT_0) {
            /* What is true for all who wait has to reach the next of them too. */
            if (weft__socket_is_shut(socket, WEFT_SHUTDOWN_READ) || again != looks_again(socket))
                SetEvent(socket->arrived);
            return 0;
        }
        if (woken != WAIT_TIMEOUT)
            return weft__socket_fail_system(socket, (int)GetLastError(), "wait for socket");
        if (ms == 0)
            return WEFT_ETIMEDOUT;
        if (again)
            return 0;
    }
}

int weft__socket_wait_for_room(const weft_socket *socket, weft_time until)
{
    WSAPOLLFD polled = {.fd = socket->handle, .events = POLLWRNORM};
    int ready = WSAPoll(&polled, 1, (INT)weft__ms_until(until, SLICE));

    if (ready == SOCKET_ERROR)
        return weft__socket_fail_system(socket, WSAGetLastError(), "poll of socket");
    return ready == 0 && until <= weft_clock() ? WEFT_ETIMEDOUT : 0;
}

int weft__socket_fail(const weft_socket *socket, int code, const char *what, const char *reason)
{
    char text[WEFT_ADDRESS_TEXT];

    return weft__fail(code, "%s %s: %s", what, weft_address_text(&socket->name, text, sizeof(text)),
                      reason);
}

int weft__socket_fail_system(const weft_socket *socket, int system_error, const char *what)
{
    char text[WEFT_ADDRESS_TEXT];

    return weft__fail_system(system_error, "%s %s", what,
                             weft_address_text(&socket->name, text, sizeof(text)));
}

int weft__socket_expect(const weft_socket *socket, enum weft__socket_kind kind, const char *what)
{
    static const char *const kinds[] = {"a tcp listener", "a tcp connection", "a udp socket"};
    char text[WEFT_ADDRESS_TEXT];

    if (socket == NULL)
        return weft__misuse(WEFT_EINVAL, "%s: the socket is NULL", what);
    if (socket->kind == kind)
        return 0;
    return weft__misuse(WEFT_EINVAL, "%s %s: this is %s, not %s", what,
                        weft_address_text(&socket->name, text, sizeof(text)), kinds[socket->kind],
                        kinds[kind]);
}

int weft_socket_shutdown(weft_socket *socket, enum weft_shutdown how)
{
    if (socket == NULL || how < WEFT_SHUTDOWN_READ || how > WEFT_SHUTDOWN_BOTH)
        return weft__misuse(WEFT_EINVAL, "socket shutdown: %s",
                            socket != NULL ? "no direction" : "the socket is NULL");
    weft_fetch_or_u32(&socket->shut, (uint32_t)how, WEFT_RELEASE);
    /* It can only fail because there is no connection (any more). */
    if (socket->kind == WEFT__CONNECTION && (how & WEFT_SHUTDOWN_WRITE) != 0)
        shutdown(socket->handle, SD_SEND);
    if ((how & WEFT_SHUTDOWN_READ) != 0)
        SetEvent(socket->arrived);
    return 0;
}

/* ---- options and addresses ------------------------------------------------------------ */

enum {
    OF_LISTENER = 1 << WEFT__LISTENER,
    OF_CONNECTION = 1 << WEFT__CONNECTION,
    OF_UDP = 1 << WEFT__UDP
};

struct option {
    int level, name;
    int kinds;      /* of sockets that have it */
    bool is_switch; /* 0 or 1; otherwise bytes, at least 1 */
};

/* In the order of enum weft_socket_option. */
static const struct option options[] = {
    {IPPROTO_TCP, TCP_NODELAY, OF_CONNECTION, true},
    {SOL_SOCKET, SO_KEEPALIVE, OF_CONNECTION, true},
    {SOL_SOCKET, SO_BROADCAST, OF_UDP, true},
    {SOL_SOCKET, SO_SNDBUF, OF_LISTENER | OF_CONNECTION | OF_UDP, false},
    {SOL_SOCKET, SO_RCVBUF, OF_LISTENER | OF_CONNECTION | OF_UDP, false},
};

static int find_option(const weft_socket *socket, enum weft_socket_option option,
                       const struct option **found)
{
    if (socket == NULL)
        return weft__misuse(WEFT_EINVAL, "socket option %d: the socket is NULL", (int)option);
    if ((size_t)option >= sizeof(options) / sizeof(options[0]))
        return weft__fail(WEFT_EINVAL, "socket option %d: there is none", (int)option);
    *found = &options[option];
    if (((*found)->kinds & 1 << socket->kind) == 0)
        return weft__socket_fail(socket, WEFT_EINVAL, "option of socket",
                                 "this kind of socket does not have it");
    return 0;
}

int weft_socket_option_set(weft_socket *socket, enum weft_socket_option option, int value)
{
    const struct option *found = NULL;
    int err = find_option(socket, option, &found);

    if (err != 0)
        return err;
    if (found->is_switch ? value != 0 && value != 1 : value < 1)
        return weft__socket_fail(socket, WEFT_EINVAL, "option of socket",
                                 "no value of this option");
    if (setsockopt(socket->handle, found->level, found->name, (const char *)&value,
                   sizeof(value)) != 0)
        return weft__socket_fail_system(socket, WSAGetLastError(), "option of socket");
    return 0;
}

int weft_socket_option_get(weft_socket *socket, enum weft_socket_option option, int *value)
{
    const struct option *found = NULL;
    int err = find_option(socket, option, &found);
    int read = 0; /* some switches come as one byte */
    int length = sizeof(read);

    if (err != 0)
        return err;
    if (getsockopt(socket->handle, found->level, found->name, (char *)&read, &length) != 0)
        return weft__socket_fail_system(socket, WSAGetLastError(), "option of socket");
    *value = found->is_switch ? read != 0 : read;
    return 0;
}

int weft_socket_address(weft_socket *socket, weft_address *address)
{
    struct sockaddr_storage storage = {0};
    int length = sizeof(storage);

    if (socket == NULL)
        return weft__misuse(WEFT_EINVAL, "address of socket: the socket is NULL");
    if (getsockname(socket->handle, (struct sockaddr *)&storage, &length) != 0)
        return weft__socket_fail_system(socket, WSAGetLastError(), "address of socket");
    weft__address_from_system(address, (struct sockaddr *)&storage);
    return 0;
}

int weft_socket_peer(weft_socket *socket, weft_address *address)
{
    if (socket == NULL)
        return weft__misuse(WEFT_EINVAL, "peer of socket: the socket is NULL");
    if (socket->kind != WEFT__CONNECTION)
        return weft__socket_fail(socket, WEFT_EINVAL, "peer of socket", "it is not connected");
    *address = socket->name;
    return 0;
}

uintptr_t weft__socket_pollable(const weft_socket *socket)
{
    return (uintptr_t)socket->handle;
}

void weft_socket_close(weft_socket *socket)
{
    if (socket == NULL)
        return;
    if (socket->handle != INVALID_SOCKET)
        closesocket(socket->handle);
    if (socket->arrived != NULL)
        CloseHandle(socket->arrived);
    weft_free(socket->spill);
    weft_free(socket);
}
