/* SPDX-License-Identifier: MIT */
/*
 * Readiness by WSAPoll(), for portable/poller_array.c. The bell is a UDP socket that is
 * connected to itself: nobody else can ring it. WSAPoll() does not see that a connection could
 * not be made on Windows before 10 2004; the sockets of weft are connected, or not there yet.
 */

#include "socket_private.h"

#include <windows.h>

#include "internal.h"
#include "poller_array.h"
#include "seam_socket.h"

enum { SLICE = 10 }; /* ms */

_Static_assert(sizeof(WSAPOLLFD) <= WEFT__ASK_ROOM, "room for one");

static bool connect_to_itself(SOCKET bell)
{
    struct sockaddr_in own = {.sin_family = AF_INET};
    int length = sizeof(own);
    u_long on = 1;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return bind(bell, (struct sockaddr *)&own, sizeof(own)) == 0 &&
           getsockname(bell, (struct sockaddr *)&own, &length) == 0 &&
           connect(bell, (struct sockaddr *)&own, sizeof(own)) == 0 &&
           ioctlsocket(bell, FIONBIO, &on) == 0;
}

int weft__bell_open(weft__bell *bell)
{
    int err = weft_seam_socket_begin();
    SOCKET made;
    if (err != 0)
        return err;
    made = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0,
                      WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    if (made == INVALID_SOCKET)
        return weft__fail_system(WSAGetLastError(), "poller: no socket to wake it");
    if (!connect_to_itself(made)) {
        err = weft__fail_system(WSAGetLastError(), "poller: no socket to wake it");
        closesocket(made);
        return err;
    }
    bell->end[0] = (uintptr_t)made;
    return 0;
}

void weft__bell_close(weft__bell *bell)
{
    closesocket((SOCKET)bell->end[0]);
}

int weft__bell_ring(weft__bell *bell)
{
    /* A full buffer has rung long since. */
    if (send((SOCKET)bell->end[0], "", 1, 0) == 1 || WSAGetLastError() == WSAEWOULDBLOCK)
        return 0;
    return weft__fail_system(WSAGetLastError(), "poller: wake");
}

static void be_quiet(const weft__bell *bell)
{
    char byte;
    while (recv((SOCKET)bell->end[0], &byte, 1, 0) == 1)
        continue;
}

/* An error is for both directions to find. That the peer has finished is only news for who
 * reads; after an error it is the end. */
static unsigned readiness(SHORT events)
{
    return (events & (POLLRDNORM | POLLHUP | POLLERR | POLLNVAL) ? WEFT_READABLE : 0u) |
           (events & (POLLWRNORM | POLLERR | POLLNVAL) ? WEFT_WRITABLE : 0u) |
           (events & POLLHUP && events & POLLERR ? WEFT_HUNG_UP : 0u);
}

static void fill(WSAPOLLFD *polled, const weft__asked *asked)
{
    polled->fd = (SOCKET)weft__socket_pollable(asked->socket);
    polled->events = (SHORT)((asked->events & WEFT_READABLE ? POLLRDNORM : 0) |
                             (asked->events & WEFT_WRITABLE ? POLLWRNORM : 0));
    polled->revents = 0;
}

/* WSAPoll() tells of a peer that has finished also where only room to send is asked for, and so
 * would never wait for that. Such are left out for a slice; true: there are some, and nothing
 * else was told. */
static bool leave_out(WSAPOLLFD *polled, ULONG count)
{
    bool any = false;
    for (ULONG i = 0; i < count; i++)
        if (polled[i].revents != 0 &&
            (polled[i].revents != POLLHUP || polled[i].events != POLLWRNORM))
            return false;
    for (ULONG i = 0; i < count; i++)
        if (polled[i].revents != 0) {
            polled[i].fd = INVALID_SOCKET;
            any = true;
        }
    return any;
}

int weft__ask(weft__asked *asked, size_t count, void *room, weft__bell *bell, weft_time until)
{
    WSAPOLLFD *polled = room;
    ULONG all = (ULONG)count;
    int ready;
    for (size_t i = 0; i < count; i++)
        fill(&polled[i], &asked[i]);
    if (bell != NULL)
        polled[all++] = (WSAPOLLFD){.fd = (SOCKET)bell->end[0], .events = POLLRDNORM};
    ready =
        WSAPoll(polled, all, until == WEFT_FOREVER ? -1 : (INT)weft__ms_until(until, 0x7fffffff));
    if (ready > 0 && bell != NULL && leave_out(polled, all))
        ready = WSAPoll(polled, all, (INT)weft__ms_until(until, SLICE));
    if (ready == SOCKET_ERROR)
        return weft__fail_system(WSAGetLastError(), "poller: WSAPoll");
    for (size_t i = 0; i < count; i++)
        asked[i].ready = ready > 0 && polled[i].fd != INVALID_SOCKET
                             ? readiness(polled[i].revents) & (asked[i].events | WEFT_HUNG_UP)
                             : 0;
    if (ready > 0 && all > count && polled[count].revents != 0)
        be_quiet(bell);
    return 0;
}
