/* SPDX-License-Identifier: MIT */
/*
 * A counting semaphore: permits in one word, on which acquirers sleep while it is 0.
 *
 * Taking a permit (acquire) pairs with releasing it (release). `waiters` is raised
 * before the last look at the permits and read after they were raised, all seq_cst:
 * either the acquirer sees the permit, or the releaser sees the waiter.
 */
#include "weft/semaphore.h"

#include "internal.h"
#include "weft/wait.h"

_Static_assert(sizeof(weft_semaphore) == 8, "a semaphore is two words of 32 bits");

static bool take(weft_semaphore *semaphore)
{
    uint32_t permits = weft_load_u32(&semaphore->permits, WEFT_SEQ_CST);

    while (permits > 0)
        if (weft_cas_u32(&semaphore->permits, &permits, permits - 1, WEFT_SEQ_CST))
            return true;
    return false;
}

int weft_semaphore_acquire(weft_semaphore *semaphore, weft_time until)
{
    int err = 0;
    bool taken = take(semaphore);

    if (taken)
        return 0;
    weft_fetch_add_u32(&semaphore->waiters, 1, WEFT_SEQ_CST);
    while (!(taken = take(semaphore)) && err == 0)
        err = weft__wait(&semaphore->permits, 0, until, "semaphore", semaphore);
    weft_fetch_sub_u32(&semaphore->waiters, 1, WEFT_RELEASE);
    if (taken)
        return 0;
    return weft__fail_wait(err, "semaphore", semaphore, "no permit until the deadline");
}

int weft_semaphore_release(weft_semaphore *semaphore, uint32_t count)
{
    uint32_t permits = weft_load_u32(&semaphore->permits, WEFT_RELAXED);

    do {
        if (count > INT32_MAX || permits > INT32_MAX - count)
            return weft__misuse(WEFT_ETOOBIG, "semaphore %p: %u permits and %u more are too many",
                                (void *)semaphore, (unsigned)permits, (unsigned)count);
    } while (!weft_cas_u32(&semaphore->permits, &permits, permits + count, WEFT_SEQ_CST));
    if (weft_load_u32(&semaphore->waiters, WEFT_SEQ_CST) != 0)
        weft_wake(&semaphore->permits, (int32_t)count);
    return 0;
}

int weft_semaphore_destroy(weft_semaphore *semaphore)
{
    uint32_t waiters = weft_load_u32(&semaphore->waiters, WEFT_ACQUIRE);

    if (waiters != 0)
        return weft__misuse(WEFT_EBUSY, "semaphore %p: destroyed while %u threads wait for permits",
                            (void *)semaphore, (unsigned)waiters);
    return 0;
}
