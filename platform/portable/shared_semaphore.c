/* SPDX-License-Identifier: MIT */
/*
 * A semaphore between processes: the words and orders of portable/semaphore.c, in
 * the arena. A killed acquirer may leave `waiters` too high, which costs a needless
 * wake-up, or take a wake-up with it, which the next slice of the others mends.
 */
#include "internal.h"
#include "weft/atomic.h"
#include "weft/shared.h"
#include "weft/wait.h"

enum { SEMAPHORE_MAGIC = 0x7EF7A002 };

struct shared_semaphore {
    uint32_t magic; /* written at creation */
    weft_atomic_u32 permits;
    weft_atomic_u32 waiters;
};

static struct shared_semaphore *find(weft_shared_semaphore semaphore)
{
    struct shared_semaphore *object = weft_shared_pointer(semaphore.at);

    if (object && object->magic == SEMAPHORE_MAGIC)
        return object;
    weft__misuse(WEFT_EINVAL, "shared semaphore %llu: no semaphore",
                 (unsigned long long)semaphore.at);
    return NULL;
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
    struct shared_semaphore *object;
    weft_offset at;
    int err = weft_shared_alloc(&at, sizeof(*object));

    if (err != 0)
        return err;
    object = weft_shared_pointer(at);
    weft_store_u32(&object->permits, permits, WEFT_RELAXED);
    object->magic = SEMAPHORE_MAGIC;
    semaphore->at = at;
    return 0;
}

int weft_shared_semaphore_acquire(weft_shared_semaphore semaphore, weft_time until)
{
    struct shared_semaphore *object = find(semaphore);
    bool taken, late = false;

    if (!object)
        return WEFT_EINVAL;
    if (take(object))
        return 0;
    weft_fetch_add_u32(&object->waiters, 1, WEFT_SEQ_CST);
    while (!(taken = take(object)) && !late) {
        weft_time end = weft__slice(until, WEFT_SHARED_SLICE);

        late = weft_wait_shared(&object->permits, 0, end) != 0 && end == until;
    }
    weft_fetch_sub_u32(&object->waiters, 1, WEFT_RELAXED);
    if (taken)
        return 0;
    return weft__fail(WEFT_ETIMEDOUT, "shared semaphore %llu: no permit until the deadline",
                      (unsigned long long)semaphore.at);
}

int weft_shared_semaphore_release(weft_shared_semaphore semaphore, uint32_t count)
{
    struct shared_semaphore *object = find(semaphore);
    uint32_t permits;

    if (!object)
        return WEFT_EINVAL;
    permits = weft_load_u32(&object->permits, WEFT_RELAXED);
    do {
        if (count > INT32_MAX || permits > INT32_MAX - count)
            return weft__misuse(
                WEFT_ETOOBIG, "shared semaphore %llu: %u permits and %u more are too many",
                (unsigned long long)semaphore.at, (unsigned)permits, (unsigned)count);
    } while (!weft_cas_u32(&object->permits, &permits, permits + count, WEFT_SEQ_CST));
    if (weft_load_u32(&object->waiters, WEFT_SEQ_CST) != 0)
        weft_wake_shared(&object->permits, (int32_t)count);
    return 0;
}

void weft_shared_semaphore_close(weft_shared_semaphore semaphore)
{
    struct shared_semaphore *object = weft_shared_pointer(semaphore.at);

    if (!object || object->magic != SEMAPHORE_MAGIC)
        return;
    object->magic = 0;
    weft_shared_free(semaphore.at);
}
