/* SPDX-License-Identifier: MIT */
/*
 * An event between processes: the word and orders of portable/event.c, in the arena. Who
 * waits looks for a while before it says AWAITED, and sleeps in slices, since a process that
 * is killed while it sets the event may take the wake-ups with it.
 */
#include "internal.h"
#include "park.h"
#include "shared_object.h"
#include "weft/fault.h"
#include "weft/shared.h"
#include "weft/wait.h"

static const char what[] = "shared event";

enum { CLEAR, AWAITED, SET, STATES = 3, ONE_SET = 4 };

struct shared_event {
    weft_atomic_u32 kind;
    weft_atomic_u32 state; /* any process: CLEAR, AWAITED or SET, + ONE_SET for each time it was */
};

static struct shared_event *find(weft_shared_event event)
{
    return weft__shared_find(event.at, WEFT__SHARED_EVENT);
}

int weft_shared_event_create(weft_shared_event *event)
{
    return weft__shared_create(&event->at, WEFT__SHARED_EVENT, sizeof(struct shared_event));
}

int weft_shared_event_set(weft_shared_event event)
{
    struct shared_event *object = find(event);
    uint32_t seen, set;

    if (!object)
        return weft__shared_refuse(event.at, what);
    seen = weft_load_u32(&object->state, WEFT_RELAXED);
    do /* also if it is set: what this caller wrote before is to be visible too */
        set = (seen & STATES) == SET ? seen : ((seen & ~(uint32_t)STATES) + ONE_SET) | SET;
    while (!weft_cas_u32(&object->state, &seen, set, WEFT_ACQ_REL));
    (void)weft_fault_point("shared_event.set");
    if ((seen & STATES) == AWAITED)
        weft_wake_shared(&object->state, WEFT_WAKE_ALL);
    return 0;
}

int weft_shared_event_clear(weft_shared_event event)
{
    struct shared_event *object = find(event);
    uint32_t seen;

    if (!object)
        return weft__shared_refuse(event.at, what);
    seen = weft_load_u32(&object->state, WEFT_RELAXED);
    while ((seen & STATES) == SET)
        if (weft_cas_u32(&object->state, &seen, seen & ~(uint32_t)STATES, WEFT_ACQ_REL))
            break;
    return 0;
}

bool weft_shared_event_is_set(weft_shared_event event)
{
    struct shared_event *object = find(event);

    if (!object) {
        (void)weft__shared_refuse(event.at, what);
        return false;
    }
    return (weft_load_u32(&object->state, WEFT_ACQUIRE) & STATES) == SET;
}

/* Whether it was set since it had been so often. */
static bool was_set(const struct shared_event *object, uint32_t sets, uint32_t *seen)
{
    *seen = weft_load_u32(&object->state, WEFT_ACQUIRE);
    return (*seen & STATES) == SET || *seen / ONE_SET != sets;
}

static int sleep_once(struct shared_event *object, uint32_t seen, weft_time until)
{
    if ((seen & STATES) != AWAITED &&
        !weft_cas_u32(&object->state, &seen, seen | AWAITED, WEFT_ACQUIRE))
        return 0;
    return weft__sleep_shared(&object->state, seen | AWAITED, until, WEFT_SHARED_SLICE, true);
}

int weft_shared_event_wait(weft_shared_event event, weft_time until)
{
    struct shared_event *object = find(event);
    uint32_t seen, sets;
    int err = until > WEFT_NOW ? 0 : WEFT_ETIMEDOUT;

    if (!object)
        return weft__shared_refuse(event.at, what);
    seen = weft_load_u32(&object->state, WEFT_ACQUIRE);
    sets = seen / ONE_SET;
    if ((seen & STATES) == SET)
        return 0;
    if (err == 0)
        (void)weft__look_shared(&object->state, seen);
    while (!was_set(object, sets, &seen)) {
        if (err != 0)
            return weft__shared_fail_wait(err, what, event.at, "not set until the deadline");
        err = sleep_once(object, seen, until);
    }
    return 0;
}

void weft_shared_event_close(weft_shared_event event)
{
    weft__shared_close(event.at, WEFT__SHARED_EVENT, what);
}
