/* SPDX-License-Identifier: MIT */
/*
 * A reusable barrier, after Python's.
 *
 * The mutex guards all fields but the condition, and the waiters too: each is a place
 * on the stack of the thread that waits. Who ends a round, or breaks it, takes the
 * whole list and writes into each waiter how its round ended. So a thread that wakes
 * up late, when others are rounds further on, still learns about its own round.
 */
#include "weft/barrier.h"

#include "internal.h"
#include "park.h"

enum end { NOT_YET, ALL_CAME, BROKEN };

struct weft_barrier_waiter {
    struct weft_barrier_waiter *next;
    enum end end;
};

static void end_round_locked(weft_barrier *barrier, enum end end)
{
    for (struct weft_barrier_waiter *w = barrier->waiters; w; w = w->next)
        w->end = end;
    barrier->waiters = NULL;
    barrier->waiting = 0;
    weft_condition_notify_all(&barrier->changed);
}

static int wait_locked(weft_barrier *barrier, struct weft_barrier_waiter *self, uint32_t *index,
                       weft_time until)
{
    uint32_t came;
    int err = 0;

    if (barrier->broken)
        return weft__fail(WEFT_EBROKEN, "barrier %p: broken", (void *)barrier);
    came = ++barrier->waiting;
    if (index)
        *index = came - 1;
    if (came >= barrier->parties) {
        end_round_locked(barrier, ALL_CAME);
        return 0;
    }
    self->next = barrier->waiters;
    barrier->waiters = self;
    while (self->end == NOT_YET && err == 0)
        err = weft__condition_wait(&barrier->changed, &barrier->mutex, until, WEFT__CANCELLABLE,
                                   "barrier", barrier);
    if (self->end == ALL_CAME)
        return 0;
    if (self->end == BROKEN)
        return weft__fail(WEFT_EBROKEN, "barrier %p: broken while waiting", (void *)barrier);
    came = barrier->waiting;
    barrier->broken = 1;
    end_round_locked(barrier, BROKEN);
    return weft__fail(err, "barrier %p: %u of %u came until the %s", (void *)barrier,
                      (unsigned)came, (unsigned)barrier->parties,
                      err == WEFT_ECANCELED ? "wait was cancelled" : "deadline");
}

int weft_barrier_wait(weft_barrier *barrier, uint32_t *index, weft_time until)
{
    struct weft_barrier_waiter self = {NULL, NOT_YET};
    int err;

    if (barrier->parties == 0)
        return weft__misuse(WEFT_EINVAL, "barrier %p: for 0 parties", (void *)barrier);
    weft_mutex_acquire(&barrier->mutex, WEFT_FOREVER);
    err = wait_locked(barrier, &self, index, until);
    weft_mutex_release(&barrier->mutex);
    return err;
}

void weft_barrier_abort(weft_barrier *barrier)
{
    weft_mutex_acquire(&barrier->mutex, WEFT_FOREVER);
    barrier->broken = 1;
    end_round_locked(barrier, BROKEN);
    weft_mutex_release(&barrier->mutex);
}

void weft_barrier_reset(weft_barrier *barrier)
{
    weft_mutex_acquire(&barrier->mutex, WEFT_FOREVER);
    barrier->broken = 0;
    end_round_locked(barrier, BROKEN);
    weft_mutex_release(&barrier->mutex);
}

int weft_barrier_destroy(weft_barrier *barrier)
{
    bool busy;

    weft_mutex_acquire(&barrier->mutex, WEFT_FOREVER);
    busy = barrier->waiters || weft_load_u32(&barrier->changed.waiters, WEFT_ACQUIRE) != 0;
    weft_mutex_release(&barrier->mutex);
    if (busy)
        return weft__misuse(WEFT_EBUSY, "barrier %p: destroyed while threads wait in it",
                            (void *)barrier);
    return 0;
}
