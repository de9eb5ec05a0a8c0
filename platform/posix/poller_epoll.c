/* SPDX-License-Identifier: MIT */
/*
 * Readiness by Linux' epoll, which keeps the sockets itself: nothing here needs a lock.
 *
 * An event comes with the address of what is watched; that of `wake`, an eventfd, comes with
 * none. The eventfd is edge-triggered: each write is told once, so nobody has to read it.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "internal.h"
#include "poller_ready.h"
#include "seam.h"
#include "weft/memory.h"

enum { MOST = 256 }; /* events at once: they are on the stack */

struct weft_seam_poller {
    int descriptor, wake;
};

int weft_seam_poller_open(weft_seam_poller **poller)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    weft_seam_poller *opened = weft_alloc(sizeof(*opened));
    int err;

    if (!opened)
        return WEFT_ENOMEM;
    opened->wake = -1;
    opened->descriptor = epoll_create1(EPOLL_CLOEXEC);
    if (opened->descriptor >= 0)
        opened->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (opened->wake >= 0 &&
        epoll_ctl(opened->descriptor, EPOLL_CTL_ADD, opened->wake, &event) == 0) {
        *poller = opened;
        return 0;
    }
    err = weft__fail_system(errno, "poller: epoll");
    weft_seam_poller_close(opened);
    return err;
}

void weft_seam_poller_close(weft_seam_poller *poller)
{
    if (poller->descriptor >= 0)
        close(poller->descriptor);
    if (poller->wake >= 0)
        close(poller->wake);
    weft_free(poller);
}

static int control(weft_seam_poller *poller, weft_seam_polled *polled, unsigned events, int change)
{
    int descriptor =
        polled->socket ? (int)weft__socket_pollable(polled->socket) : polled->inner->descriptor;
    struct epoll_event event = {.events = (events & WEFT_READABLE ? EPOLLIN : 0u) |
                                          (events & WEFT_WRITABLE ? EPOLLOUT : 0u) |
                                          (polled->once ? EPOLLET | EPOLLRDHUP | EPOLLPRI : 0u),
                                .data.ptr = polled};

    return epoll_ctl(poller->descriptor, change, descriptor, &event);
}

int weft_seam_poller_watch(weft_seam_poller *poller, weft_seam_polled *polled, unsigned events)
{
    int change = events == 0 ? EPOLL_CTL_DEL : polled->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

    if (events == polled->events)
        return 0;
    if (control(poller, polled, events, change) != 0 && events != 0)
        return weft__fail_system(errno, "poller: epoll_ctl");
    polled->events = events;
    return 0;
}

void weft_seam_poller_again(weft_seam_poller *poller, weft_seam_polled *polled)
{
    /* It looks at the socket anew, and has room for what it watches already. */
    (void)control(poller, polled, polled->events, EPOLL_CTL_MOD);
}

static int ms_until(weft_time until)
{
    return until == WEFT_FOREVER ? -1 : (int)weft__ms_until(until, INT_MAX);
}

/* An error is for both directions to find. */
static unsigned readiness(uint32_t events)
{
    return (events & (EPOLLIN | EPOLLERR) ? WEFT_READABLE : 0u) |
           (events & (EPOLLOUT | EPOLLERR) ? WEFT_WRITABLE : 0u) |
           (events & EPOLLHUP ? WEFT_HUNG_UP : 0u) |
           (events & EPOLLRDHUP ? (unsigned)WEFT__PEER_FINISHED : 0u) |
           (events & EPOLLPRI ? (unsigned)WEFT__URGENT : 0u);
}

int weft_seam_poller_wait(weft_seam_poller *poller, weft_ready *ready, size_t room, size_t *count,
                          weft_time until)
{
    struct epoll_event events[MOST];
    size_t told = 0;
    int got =
        epoll_wait(poller->descriptor, events, room < MOST ? (int)room : MOST, ms_until(until));

    *count = 0;
    if (got < 0)
        return errno == EINTR ? 0 : weft__fail_system(errno, "poller: epoll_wait");
    for (int i = 0; i < got; i++) {
        if (!events[i].data.ptr)
            continue;
        ready[told].data = events[i].data.ptr;
        ready[told].events = readiness(events[i].events);
        told++;
    }
    *count = told;
    return 0;
}

int weft_seam_poller_wake(weft_seam_poller *poller)
{
    const uint64_t one = 1;

    /* A full counter has been written to, which is all that matters. */
    if (write(poller->wake, &one, sizeof(one)) == sizeof(one) || errno == EAGAIN)
        return 0;
    return weft__fail_system(errno, "poller: wake");
}

bool weft_seam_poller_has_ready(weft_seam_poller *poller)
{
    return weft__descriptor_is_ready(poller->descriptor, POLLIN);
}
