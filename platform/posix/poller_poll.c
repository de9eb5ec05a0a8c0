/* SPDX-License-Identifier: MIT */
/* Readiness by POSIX poll(), for portable/poller_array.c. The bell is a pipe. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "internal.h"
#include "poller_array.h"

_Static_assert(sizeof(struct pollfd) <= WEFT__ASK_ROOM, "room for one");

static bool make_ours(int descriptor)
{
    int flags = fcntl(descriptor, F_GETFL);

    return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0;
}

int weft__bell_open(weft__bell *bell)
{
    int ends[2], err;

    if (pipe(ends) != 0)
        return weft__fail_system(errno, "poller: no pipe to wake it");
    bell->end[0] = (uintptr_t)ends[0];
    bell->end[1] = (uintptr_t)ends[1];
    if (make_ours(ends[0]) && make_ours(ends[1]))
        return 0;
    err = weft__fail_system(errno, "poller: no pipe to wake it");
    weft__bell_close(bell);
    return err;
}

void weft__bell_close(weft__bell *bell)
{
    close((int)bell->end[0]);
    close((int)bell->end[1]);
}

int weft__bell_ring(weft__bell *bell)
{
    /* A full pipe has rung long since. */
    if (write((int)bell->end[1], "", 1) == 1 || errno == EAGAIN || errno == EWOULDBLOCK)
        return 0;
    return weft__fail_system(errno, "poller: wake");
}

static void be_quiet(const weft__bell *bell)
{
    char bytes[64];

    while (read((int)bell->end[0], bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes))
        continue;
}

/* An error is for both directions to find. */
static unsigned readiness(short events)
{
    return (events & (POLLIN | POLLERR | POLLNVAL) ? WEFT_READABLE : 0u) |
           (events & (POLLOUT | POLLERR | POLLNVAL) ? WEFT_WRITABLE : 0u) |
           (events & POLLHUP ? WEFT_HUNG_UP : 0u);
}

int weft__ask(weft__asked *asked, size_t count, void *room, weft__bell *bell, weft_time until)
{
    struct pollfd *polled = room;
    int ready;

    for (size_t i = 0; i < count; i++) {
        unsigned events = asked[i].events;

        polled[i].fd = (int)weft__socket_pollable(asked[i].socket);
        polled[i].events =
            (short)((events & WEFT_READABLE ? POLLIN : 0) | (events & WEFT_WRITABLE ? POLLOUT : 0));
        polled[i].revents = 0;
    }
    polled[count] = (struct pollfd){.fd = bell ? (int)bell->end[0] : -1, .events = POLLIN};
    ready = poll(polled, (nfds_t)count + 1,
                 until == WEFT_FOREVER ? -1 : (int)weft__ms_until(until, INT_MAX));
    if (ready < 0 && errno != EINTR && errno != EAGAIN)
        return weft__fail_system(errno, "poller: poll");
    for (size_t i = 0; i < count; i++)
        asked[i].ready = ready > 0 ? readiness(polled[i].revents) : 0;
    if (ready > 0 && polled[count].revents != 0)
        be_quiet(bell);
    return 0;
}
