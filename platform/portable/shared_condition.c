/* SPDX-License-Identifier: MIT */
/*
 * A condition between processes: the words and orders of portable/condition.c, in the
 * arena, with looks and slices as in portable/shared_semaphore.c.
 *
 * Each wait is one sleep of one slice at most: what a killed notifier or waiter took with
 * it, callers find by asking again for what they wait for.
 */
#include "internal.h"
#include "park.h"
#include "shared_lock.h"
#include "weft/fault.h"
#include "weft/wait.h"

static const char what[] = "shared condition";

struct shared_condition {
    weft_atomic_u32 kind;
    weft_atomic_u32 sequence; /* notifications so far; any process, seq_cst, like the next */
    weft_atomic_u32 waiters;  /* that sleep; raised before the sequence is looked at for the last
                                 time, read after that was raised */
};

static struct shared_condition *find(weft_shared_condition condition)
{
    return weft__shared_find(condition.at, WEFT__SHARED_CONDITION);
}

int weft_shared_condition_create(weft_shared_condition *condition)
{
    return weft__shared_create(&condition->at, WEFT__SHARED_CONDITION,
                               sizeof(struct shared_condition));
}

/* 0 is a notification, or the end of a slice. */
static int sleep_once(struct shared_condition *object, uint32_t seen, weft_time until)
{
    int err;

    if (until <= WEFT_NOW)
        return WEFT_ETIMEDOUT;
    if (weft__look_shared(&object->sequence, seen))
        return 0;
    weft_fetch_add_u32(&object->waiters, 1, WEFT_SEQ_CST);
    (void)weft_fault_point("shared_condition.waits");
    err = weft__sleep_shared(&object->sequence, seen, until, WEFT_SHARED_SLICE, true);
    weft_fetch_sub_u32(&object->waiters, 1, WEFT_RELEASE);
    return err;
}

int weft_shared_condition_wait(weft_shared_condition condition, weft_shared_mutex mutex,
                               weft_time until)
{
    struct shared_condition *object = find(condition);
    uint32_t seen;
    int err, held;

    if (!object)
        return weft__shared_refuse(condition.at, what);
    err = weft__shared_mutex_check(mutex, "waits with it");
    if (err != 0)
        return err;
    seen = weft_load_u32(&object->sequence, WEFT_SEQ_CST);
    weft_shared_mutex_release(mutex);
    err = sleep_once(object, seen, until);
    held = weft_shared_mutex_acquire(mutex, WEFT_FOREVER);
    if (held != 0 || err == 0)
        return held;
    if (weft_load_u32(&object->sequence, WEFT_RELAXED) != seen)
        return 0; /* a notification that came together with deadline or cancel counts */
    return weft__shared_fail_wait(err, what, condition.at, "no notification until the deadline");
}

static int notify(weft_shared_condition condition, int32_t count)
{
    struct shared_condition *object = find(condition);

    if (!object)
        return weft__shared_refuse(condition.at, what);
    /* seq_cst on both sides: either the waiter is seen here, or it sees the new value. */
    weft_fetch_add_u32(&object->sequence, 1, WEFT_SEQ_CST);
    (void)weft_fault_point("shared_condition.notified");
    if (weft_load_u32(&object->waiters, WEFT_SEQ_CST) != 0)
        weft_wake_shared(&object->sequence, count);
    return 0;
}

int weft_shared_condition_notify(weft_shared_condition condition)
{
    return notify(condition, 1);
}

int weft_shared_condition_notify_all(weft_shared_condition condition)
{
    return notify(condition, WEFT_WAKE_ALL);
}

void weft_shared_condition_close(weft_shared_condition condition)
{
    weft__shared_close(condition.at, WEFT__SHARED_CONDITION, what);
}
