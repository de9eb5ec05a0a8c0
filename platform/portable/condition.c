/* SPDX-License-Identifier: MIT */
/*
 * A condition as a counter of notifications (as in Bionic's pthread_cond).
 *
 * A waiter reads the counter while it holds the mutex, releases the mutex, and
 * sleeps only if the counter is still the same: a notification in between is never
 * lost. `waiters` is raised before the mutex is released; a notifier that changed
 * what is waited for under the mutex therefore sees it (ordered by the mutex), and
 * one that sees 0 may skip the wake. The counter is raised even then, so that a
 * waiter on its way to sleep, counted or not, does not sleep on the old value.
 */
#include "weft/condition.h"

#include "internal.h"
#include "park.h"
#include "weft/fault.h"
#include "weft/thread.h"
#include "weft/wait.h"

_Static_assert(sizeof(weft_condition) == 8, "a condition is two words of 32 bits");

int weft__condition_wait_for(weft_condition *condition, weft_mutex *mutex, weft_time until,
                             unsigned flags, const char *what, const void *object,
                             const weft_atomic_u32 *owner)
{
    uint32_t seen = weft_load_u32(&condition->sequence, WEFT_RELAXED);
    weft__sleeper sleeper = {.word = &condition->sequence,
                             .mask = UINT32_MAX,
                             .expected = seen,
                             .flags = flags | WEFT__LOOK,
                             .what = what,
                             .object = object,
                             .owner = owner};
    int err = WEFT_ETIMEDOUT;

    weft_fetch_add_u32(&condition->waiters, 1, WEFT_SEQ_CST);
    weft_mutex_release(mutex);
    if (until > WEFT_NOW)
        err = weft__park(&sleeper, until);
    (void)weft_fault_point("condition.woken");
    weft_mutex_acquire(mutex, WEFT_FOREVER);
    if (err == WEFT__AWAKE || weft_load_u32(&condition->sequence, WEFT_RELAXED) != seen)
        err = 0; /* a notification that came together with deadline or cancel counts */
    /* Last, with the mutex: who has it and finds nobody counted may take the condition apart. */
    weft_fetch_sub_u32(&condition->waiters, 1, WEFT_RELEASE);
    return err;
}

int weft__condition_wait(weft_condition *condition, weft_mutex *mutex, weft_time until,
                         unsigned flags, const char *what, const void *object)
{
    return weft__condition_wait_for(condition, mutex, until, flags, what, object, NULL);
}

int weft_condition_wait(weft_condition *condition, weft_mutex *mutex, weft_time until)
{
    int err;

    if (weft_mutex_owner(mutex) != weft_thread_current_id())
        return weft__misuse(WEFT_EPERM, "condition %p: %s waits without holding mutex %p",
                            (void *)condition, weft_thread_current_name(), (void *)mutex);
    err = weft__condition_wait(condition, mutex, until, WEFT__CANCELLABLE, "condition", condition);
    if (err != 0)
        return weft__fail_wait(err, "condition", condition, "no notification until the deadline");
    return 0;
}

static void notify(weft_condition *condition, int32_t count)
{
    /* seq_cst on both sides: either the waiter is seen here, or it sees the new value. */
    weft_fetch_add_u32(&condition->sequence, 1, WEFT_SEQ_CST);
    if (weft_load_u32(&condition->waiters, WEFT_SEQ_CST) != 0)
        weft_wake(&condition->sequence, count);
}

void weft_condition_notify(weft_condition *condition)
{
    notify(condition, 1);
}

void weft_condition_notify_all(weft_condition *condition)
{
    notify(condition, WEFT_WAKE_ALL);
}

int weft_condition_destroy(weft_condition *condition)
{
    uint32_t waiters = weft_load_u32(&condition->waiters, WEFT_ACQUIRE);

    if (waiters != 0)
        return weft__misuse(WEFT_EBUSY, "condition %p: destroyed while %u threads wait in it",
                            (void *)condition, (unsigned)waiters);
    return 0;
}
