/* SPDX-License-Identifier: MIT */
/*
 * A semaphore between processes: the words and orders of portable/semaphore.c, in
 * the arena. Who finds no permit looks for one before it counts as a waiter, so that a
 * release wakes nobody who is awake. A killed acquirer may leave `waiters` too high, which
 * costs needless wake-ups, or take a wake-up with it, which the next slice of the others
 * mends.
 */
#include "internal.h"
#include "park.h"
#include "shared_object.h"
#include "weft/fault.h"
#include "weft/shared.h"
#include "weft/wait.h"

static const char what[] = "shared semaphore";

struct shared_semaphore {
    weft_atomic_u32 kind;
    weft_atomic_u32 permits; /* any process, seq_cst, like the next */
    weft_atomic_u32 waiters; /* raised before the last look at the permits, read after they were
                                raised */
};

static struct shared_semaphore *find(weft_shared_semaphore semaphore)
{
    return weft__shared_find(semaphore.at, WEFT__SHARED_SEMAPHORE);
}

static bool take(struct shared_semaphore *object)
{
    uint32_t permits = weft_load_u32(&object->permits, WEFT_SEQ_CST);

    while (permits > 0)
        if (weft_cas_u32(&object->permits, &permits, permits - 1, WEFT_SEQ_CST))
            return true;
    return false;
}

int weft_shared_semaphore_create(weft_shared_semaphore *semaphore, uint32_t permits)
{
    int err = weft__shared_create(&semaphore->at, WEFT__SHARED_SEMAPHORE,
                                  sizeof(struct shared_semaphore));

    if (err == 0)
        weft_store_u32(&find(*semaphore)->permits, permits, WEFT_RELAXED);
    return err;
}

/* 0 with a permit, or why there was none. */
static int sleep_for_permit(struct shared_semaphore *object, weft_time until)
{
    bool taken;
    int err = 0;

    weft_fetch_add_u32(&object->waiters, 1, WEFT_SEQ_CST);
    (void)weft_fault_point("shared_semaphore.waits");
    while (!(taken = take(object)) && err == 0)
        err = weft__sleep_shared(&object->permits, 0, until, WEFT_SHARED_SLICE, true);
    weft_fetch_sub_u32(&object->waiters, 1, WEFT_RELAXED);
    return taken ? 0 : err;
}

int weft_shared_semaphore_acquire(weft_shared_semaphore semaphore, weft_time until)
{
    struct shared_semaphore *object = find(semaphore);
    int err = WEFT_ETIMEDOUT;

    if (!object)
        return weft__shared_refuse(semaphore.at, what);
    if (take(object))
        return 0;
    if (until > WEFT_NOW) {
        if (weft__look_shared(&object->permits, 0) && take(object))
            return 0;
        err = sleep_for_permit(object, until);
        if (err == 0)
            return 0;
    }
    return weft__shared_fail_wait(err, what, semaphore.at, "no permit until the deadline");
}

int weft_shared_semaphore_release(weft_shared_semaphore semaphore, uint32_t count)
{
    struct shared_semaphore *object = find(semaphore);
    uint32_t permits = 0; /* a guess that spares a look where somebody waits */

    if (!object)
        return weft__shared_refuse(semaphore.at, what);
    do {
        if (count > INT32_MAX || permits > INT32_MAX - count)
            return weft__misuse(WEFT_ETOOBIG, "%s %llu: %u permits and %u more are too many", what,
                                (unsigned long long)semaphore.at, (unsigned)permits,
                                (unsigned)count);
    } while (!weft_cas_u32(&object->permits, &permits, permits + count, WEFT_SEQ_CST));
    (void)weft_fault_point("shared_semaphore.released");
    if (weft_load_u32(&object->waiters, WEFT_SEQ_CST) != 0)
        weft_wake_shared(&object->permits, (int32_t)count);
    return 0;
}

void weft_shared_semaphore_close(weft_shared_semaphore semaphore)
{
    weft__shared_close(semaphore.at, WEFT__SHARED_SEMAPHORE, what);
}
