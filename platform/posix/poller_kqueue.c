/* SPDX-License-Identifier: MIT */
/*
 * Readiness by kqueue (macOS, BSD), which keeps the sockets itself: nothing here needs a lock.
 *
 * The system tells of the two directions one by one; a wait joins them, with the help of
 * `place`: where in `ready` the socket stands. A user event that clears itself wakes.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/event.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"
#include "poller_ready.h"
#include "seam.h"
#include "weft/memory.h"

enum { MOST = 256 }; /* events at once: they are on the stack */

struct weft_seam_poller {
    int descriptor;
};

static int change(int queue, uintptr_t what, int filter, int flags, unsigned notes, void *data)
{
    struct kevent event;

    EV_SET(&event, what, (int16_t)filter, (uint16_t)flags, notes, 0, data);
    return kevent(queue, &event, 1, NULL, 0, NULL);
}

int weft_seam_poller_open(weft_seam_poller **poller)
{
    weft_seam_poller *opened = weft_alloc(sizeof(*opened));
    int err;

    if (!opened)
        return WEFT_ENOMEM;
    opened->descriptor = kqueue();
    if (opened->descriptor >= 0 && fcntl(opened->descriptor, F_SETFD, FD_CLOEXEC) == 0 &&
        change(opened->descriptor, 0, EVFILT_USER, EV_ADD | EV_CLEAR, 0, NULL) == 0) {
        *poller = opened;
        return 0;
    }
    err = weft__fail_system(errno, "poller: kqueue");
    weft_seam_poller_close(opened);
    return err;
}

void weft_seam_poller_close(weft_seam_poller *poller)
{
    if (poller->descriptor >= 0)
        close(poller->descriptor);
    weft_free(poller);
}

int weft_seam_poller_watch(weft_seam_poller *poller, weft_seam_polled *polled, unsigned events)
{
    static const struct {
        unsigned event;
        int filter;
    } directions[] = {{WEFT_READABLE, EVFILT_READ}, {WEFT_WRITABLE, EVFILT_WRITE}};
    uintptr_t what = polled->socket ? weft__socket_pollable(polled->socket)
                                    : (uintptr_t)polled->inner->descriptor;
    int err = 0;

    for (int i = 0; i < 2 && err == 0; i++) {
        unsigned wanted = events & directions[i].event;

        if (wanted == (polled->events & directions[i].event))
            continue;
        if (change(poller->descriptor, what, directions[i].filter, wanted ? EV_ADD : EV_DELETE, 0,
                   polled) != 0 &&
            wanted)
            err = weft__fail_system(errno, "poller: kevent");
        /* The second direction was refused: the first is as before. */
        if (err != 0 && i == 1 && (events ^ polled->events) & WEFT_READABLE)
            change(poller->descriptor, what, EVFILT_READ,
                   events & WEFT_READABLE ? EV_DELETE : EV_ADD, 0, polled);
    }
    if (err == 0)
        polled->events = events;
    return err;
}

/* All is told by every wait here. */
void weft_seam_poller_again(weft_seam_poller *poller, weft_seam_polled *polled)
{
    (void)poller;
    (void)polled;
}

/* The end of the other side's reading is the end of both. */
static unsigned readiness(const struct kevent *event)
{
    if (event->filter == EVFILT_READ)
        return WEFT_READABLE;
    return WEFT_WRITABLE | (event->flags & EV_EOF ? (unsigned)WEFT_HUNG_UP : 0u);
}

static struct timespec timespec_until(weft_time until)
{
    weft_time now = until > WEFT_NOW ? weft_clock() : 0;
    weft_time left = until > now ? until - now : 0;

    return (struct timespec){.tv_sec = (time_t)(left / WEFT_S(1)),
                             .tv_nsec = (long)(left % WEFT_S(1))};
}

int weft_seam_poller_wait(weft_seam_poller *poller, weft_ready *ready, size_t room, size_t *count,
                          weft_time until)
{
    struct kevent events[MOST];
    struct timespec left = timespec_until(until);
    size_t told = 0;
    int got = kevent(poller->descriptor, NULL, 0, events, room < MOST ? (int)room : MOST,
                     until == WEFT_FOREVER ? NULL : &left);

    *count = 0;
    if (got < 0)
        return errno == EINTR ? 0 : weft__fail_system(errno, "poller: kevent");
    for (int i = 0; i < got; i++) {
        weft_seam_polled *polled = events[i].udata;

        if (!polled)
            continue;
        if (polled->place >= told || ready[polled->place].data != polled) {
            polled->place = (unsigned)told++;
            ready[polled->place] = (weft_ready){.data = polled};
        }
        ready[polled->place].events |= readiness(&events[i]);
    }
    *count = told;
    return 0;
}

int weft_seam_poller_wake(weft_seam_poller *poller)
{
    if (change(poller->descriptor, 0, EVFILT_USER, 0, NOTE_TRIGGER, NULL) == 0)
        return 0;
    return weft__fail_system(errno, "poller: wake");
}

bool weft_seam_poller_has_ready(weft_seam_poller *poller)
{
    return weft__descriptor_is_ready(poller->descriptor, POLLIN);
}
