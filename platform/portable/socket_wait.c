/* SPDX-License-Identifier: MIT */
/*
 * Waits for sockets: in the system, beside a bell where somebody may want to
 * end the wait (portable/bell.c): the token of the thread, or weft_socket_shutdown() where the
 * system's own does not. Without a bell, for want of descriptors, the thread looks around every
 * SLICE.
 *
 * All that ends a wait early returns 0: the caller tries again, so that what came at the
 * same moment is taken, and finds out at the next wait.
 */
#include <limits.h>

#include "bell.h"
#include "internal.h"
#include "park.h"
#include "socket_object.h"

#define SLICE WEFT_MS(50)

/* What is waited for. */
struct wanted {
    weft_seam_socket *const *sockets;
    size_t count;
    enum weft_seam_event event;
};

/* After the deadline the system is not asked any more: it may say "ready" again and again
 * where a try still finds nothing. */
static int wait_in_system(const struct wanted *wanted, uintptr_t bell, weft_time until)
{
    while (until > weft_clock()) {
        int said = weft_seam_socket_wait(wanted->sockets, wanted->count, wanted->event, bell,
                                         (int)weft__ms_until(until, INT_MAX));

        if (said != WEFT_SEAM_BLOCKS)
            return said == 0 ? 0 : weft__fail_system(said, "wait for a socket");
    }
    return WEFT_ETIMEDOUT;
}

/* `socket`: who shuts it down ends the wait; NULL: nobody can. */
static int wait_listed(const struct wanted *wanted, weft_socket *socket, weft_time until)
{
    weft__waiter waiter = {.object = socket, .cancel = weft__self.cancel};
    weft_time expiry = weft__cancel_expiry(waiter.cancel);
    weft_time ends = expiry < until ? expiry : until;
    weft_time slice;
    int err = 0;

    if (!weft__waiter_join(&waiter))
        return WEFT_ECANCELED;
    slice = waiter.bell == 0 ? weft__slice(ends, SLICE) : ends;
    (void)weft_fault_point("socket.listed");
    if (!socket ||
        !weft__socket_is_shut(socket, wanted->event == WEFT_SEAM_WRITABLE ? WEFT_SHUTDOWN_WRITE
                                                                          : WEFT_SHUTDOWN_READ))
        err = wait_in_system(wanted, waiter.bell, slice);
    weft__waiter_leave(&waiter);
    if (err != WEFT_ETIMEDOUT)
        return err;
    if (slice != ends)
        return 0;
    return expiry < until ? WEFT_ECANCELED : err;
}

int weft__socket_wait(weft_socket *socket, enum weft_seam_event event, weft_time until)
{
    weft_seam_socket *const sockets[] = {&socket->seam};
    const struct wanted wanted = {sockets, 1, event};

    if (until <= WEFT_NOW)
        return WEFT_ETIMEDOUT;
    if (weft__self.cancel || !weft_seam_socket_shutdown_wakes(socket->kind))
        return wait_listed(&wanted, socket, until);
    return wait_in_system(&wanted, 0, until);
}

int weft__socket_wait_connected(weft_seam_socket *const sockets[], size_t count, weft_time until)
{
    const struct wanted wanted = {sockets, count, WEFT_SEAM_CONNECTED};

    if (weft__self.cancel)
        return wait_listed(&wanted, NULL, until);
    return wait_in_system(&wanted, 0, until);
}

const char *weft__wait_ended(int err)
{
    return err == WEFT_ECANCELED ? "the wait was cancelled" : "the deadline passed";
}

int weft__socket_fail_wait(const weft_socket *socket, int err, const char *what)
{
    if (err != WEFT_ETIMEDOUT && err != WEFT_ECANCELED)
        return err;
    return weft__socket_fail(socket, err, what, weft__wait_ended(err));
}
