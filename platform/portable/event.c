/* SPDX-License-Identifier: MIT */
/*
 * An event in one word: two bits say clear, clear with possible sleepers, or set; the
 * others count how often it was set.
 *
 * A waiter remembers the count. If it is another one later, the event was set during
 * the wait, whatever happened since: a set that is cleared at once misses nobody.
 * The set (release) pairs with the loads of is_set and wait (acquire); a clear in
 * between keeps the chain, because it is a read-modify-write operation.
 */
#include "weft/event.h"

#include "internal.h"
#include "park.h"
#include "weft/wait.h"

enum { CLEAR, AWAITED, SET, STATES = 3, ONE_SET = 4 };

_Static_assert(sizeof(weft_event) <= 8, "an event is small");

void weft_event_set(weft_event *event)
{
    uint32_t seen = weft_load_u32(&event->state, WEFT_RELAXED);
    uint32_t set;

    do /* also if it is set: what this caller wrote before is to be visible too */
        set = (seen & STATES) == SET ? seen : ((seen & ~(uint32_t)STATES) + ONE_SET) | SET;
    while (!weft_cas_u32(&event->state, &seen, set, WEFT_ACQ_REL));
    if ((seen & STATES) == AWAITED)
        weft_wake(&event->state, WEFT_WAKE_ALL);
}

void weft_event_clear(weft_event *event)
{
    uint32_t seen = weft_load_u32(&event->state, WEFT_RELAXED);

    while ((seen & STATES) == SET)
        if (weft_cas_u32(&event->state, &seen, seen & ~(uint32_t)STATES, WEFT_ACQ_REL))
            return;
}

bool weft_event_is_set(const weft_event *event)
{
    return (weft_load_u32(&event->state, WEFT_ACQUIRE) & STATES) == SET;
}

int weft_event_wait(weft_event *event, weft_time until)
{
    uint32_t seen = weft_load_u32(&event->state, WEFT_ACQUIRE);
    uint32_t sets = seen / ONE_SET;
    int err = 0;

    while ((seen & STATES) != SET && seen / ONE_SET == sets && err == 0) {
        if ((seen & STATES) == AWAITED ||
            weft_cas_u32(&event->state, &seen, seen | AWAITED, WEFT_ACQUIRE)) {
            err = weft__wait(&event->state, seen | AWAITED, until, "event", event);
            seen = weft_load_u32(&event->state, WEFT_ACQUIRE);
        }
    }
    if ((seen & STATES) == SET || seen / ONE_SET != sets)
        return 0;
    return weft__fail_wait(err, "event", event, "not set until the deadline");
}

/* Whoever asks sleeps on AWAITED, as weft_event_wait() does: a set wakes it. */
static bool poll(void *object, enum weft_poll what, weft_atomic_u32 **word, uint32_t *seen)
{
    weft_event *event = object;

    if (what != WEFT_POLL_ASK)
        return false;
    *word = &event->state;
    *seen = weft_load_u32(&event->state, WEFT_ACQUIRE);
    while ((*seen & STATES) == CLEAR)
        if (weft_cas_u32(&event->state, seen, *seen | AWAITED, WEFT_ACQUIRE))
            *seen |= AWAITED;
    return (*seen & STATES) == SET;
}

weft_waitable weft_event_waitable(weft_event *event)
{
    return (weft_waitable){event, poll};
}

int weft_event_destroy(weft_event *event)
{
    if (weft__park_has_sleepers(&event->state))
        return weft__misuse(WEFT_EBUSY, "event %p: destroyed while threads wait for it",
                            (void *)event);
    return 0;
}
