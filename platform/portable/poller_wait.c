/* SPDX-License-Identifier: MIT */
/* Waiting in a poller; portable/poller.c says how it meets those who register and wake. */
#include "internal.h"
#include "park.h"
#include "poller_object.h"
#include "weft/cancel.h"

/* Those that were shut down. */
static size_t tell_ended(weft_poller *poller, weft_ready *ready, size_t room)
{
    size_t count = 0;

    weft_mutex_acquire(&poller->lock, WEFT_FOREVER);
    for (struct weft__polled *p = poller->ended_first; p && count < room; p = p->next_ended) {
        unsigned told = p->events & weft__socket_shut(p->seam.socket);
        unsigned rest = p->events & ~told;

        if (rest != 0 && weft_seam_socket_is_ready(p->seam.socket, rest))
            told |= rest;
        ready[count++] = (weft_ready){p->seam.socket, p->data, told};
    }
    weft_mutex_release(&poller->lock);
    return count;
}

/* What the system has told becomes what the caller is told: less what was removed or is not
 * asked for any more. */
static size_t translate(weft_poller *poller, weft_ready *ready, size_t count)
{
    size_t kept = 0;

    weft_mutex_acquire(&poller->lock, WEFT_FOREVER);
    for (size_t i = 0; i < count; i++) {
        const struct weft__polled *polled = ready[i].data;
        unsigned events = ready[i].events & polled->events;

        if ((ready[i].events & WEFT_HUNG_UP) != 0 && polled->events != 0)
            events = polled->events | (unsigned)WEFT_HUNG_UP;
        if (events != 0)
            events |= ready[i].events & ((unsigned)WEFT__PEER_FINISHED | WEFT__URGENT);
        if (events != 0 && !polled->removed && !polled->ended)
            ready[kept++] = (weft_ready){polled->seam.socket, polled->data, events};
    }
    weft__poller_free_removed(poller);
    weft_mutex_release(&poller->lock);
    return kept;
}

static int wait_once(weft_poller *poller, weft_ready *ready, size_t room, size_t *count,
                     weft_time until)
{
    size_t ended = 0, told = 0;
    int err = 0;

    if (weft_load_u32(&poller->ended, WEFT_ACQUIRE) > 0)
        ended = tell_ended(poller, ready, room);
    if (ended < room) {
        err = weft__poller_sleep(poller, ready + ended, room - ended, &told,
                                 ended > 0 ? WEFT_NOW : until);
        told = translate(poller, ready + ended, told);
    }
    *count = ended + told;
    return ended > 0 ? 0 : err;
}

static bool take_wake(weft_poller *poller)
{
    return weft_load_u32(&poller->woken, WEFT_RELAXED) != 0 &&
           weft_exchange_u32(&poller->woken, 0, WEFT_ACQ_REL) != 0;
}

static int wait(weft_poller *poller, weft_ready *ready, size_t room, size_t *count, weft_time until)
{
    const weft_cancel *token = until > WEFT_NOW ? weft__self.cancel : NULL;
    weft_time expiry = weft__cancel_expiry(token);
    weft_time ends = expiry < until ? expiry : until;

    for (;;) {
        bool woken = take_wake(poller);
        bool cancelled = weft__cancel_is_requested(token);
        int err = wait_once(poller, ready, room, count, woken || cancelled ? WEFT_NOW : ends);

        woken = take_wake(poller) || woken;
        if (err != 0 && woken)
            (void)weft_poller_wake(poller);
        if (err != 0 || *count > 0 || woken)
            return err;
        if (cancelled || (expiry < until && expiry <= weft_clock()))
            return weft__fail(WEFT_ECANCELED, "poller %p: its wait was cancelled", (void *)poller);
        if (until <= WEFT_NOW || (until != WEFT_FOREVER && until <= weft_clock()))
            return weft__fail(WEFT_ETIMEDOUT, "poller %p: no socket was ready until the deadline",
                              (void *)poller);
    }
}

int weft_poller_wait(weft_poller *poller, weft_ready *ready, size_t room, size_t *count,
                     weft_time until)
{
    uint32_t nobody = WEFT__NOBODY_WAITS;
    int err;

    if (!poller || !ready || !count || room == 0)
        return weft__misuse(WEFT_EINVAL, "poller wait: %s",
                            !poller ? "the poller is NULL" : "no room for what is ready");
    *count = 0;
    if (!weft_cas_u32(&poller->waiting, &nobody,
                      weft__self.cancel ? WEFT__WAITS_UNDER_TOKEN : WEFT__WAITS, WEFT_SEQ_CST))
        return weft__misuse(WEFT_EBUSY, "poller %p: another thread waits here", (void *)poller);
    err = wait(poller, ready, room, count, until);
    weft_store_u32(&poller->waiting, WEFT__NOBODY_WAITS, WEFT_RELEASE);
    return err;
}
