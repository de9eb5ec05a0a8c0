/* SPDX-License-Identifier: MIT */
/*
 * A counting semaphore: permits in one word, with a bit, AWAITED, that says that threads may
 * sleep. They sleep while there is that bit and no permit.
 *
 * Who finds no permit sets the bit before it sleeps. A release that finds it goes to the
 * queue: under its lock it takes the first sleeper out and says in one compare-exchange how
 * many permits there are and whether others stay behind. So the bit is there as long as anyone
 * sleeps, and who releases touches the semaphore once: whoever got the permit may free it.
 *
 * Taking a permit (acquire) pairs with releasing it (release). `waiters` is for destroy alone.
 */
#include "weft/semaphore.h"

#include "internal.h"
#include "park.h"
#include "weft/fault.h"
#include "weft/wait.h"

#define AWAITED UINT32_C(0x80000000)

_Static_assert(sizeof(weft_semaphore) == 8, "a semaphore is two words of 32 bits");

static bool take(weft_semaphore *semaphore)
{
    uint32_t seen = weft_load_u32(&semaphore->permits, WEFT_RELAXED);

    while (seen % AWAITED > 0)
        if (weft_cas_u32(&semaphore->permits, &seen, seen - 1, WEFT_ACQUIRE))
            return true;
    return false;
}

/* Sleeps if there is no permit. */
static int sleep_once(weft_semaphore *semaphore, weft_time until)
{
    uint32_t seen = 0;

    if (until <= WEFT_NOW)
        return WEFT_ETIMEDOUT;
    if (!weft_cas_u32(&semaphore->permits, &seen, AWAITED, WEFT_RELAXED) && seen != AWAITED)
        return 0;
    return weft__wait(&semaphore->permits, AWAITED, until, "semaphore", semaphore);
}

int weft_semaphore_acquire(weft_semaphore *semaphore, weft_time until)
{
    int err = 0;
    bool taken = take(semaphore);

    if (taken)
        return 0;
    weft_fetch_add_u32(&semaphore->waiters, 1, WEFT_RELAXED);
    while (!(taken = take(semaphore)) && err == 0)
        err = sleep_once(semaphore, until);
    weft_fetch_sub_u32(&semaphore->waiters, 1, WEFT_RELEASE);
    if (taken)
        return 0;
    return weft__fail_wait(err, "semaphore", semaphore, "no permit until the deadline");
}

/* What a release does, and whether it could. */
struct release {
    weft_semaphore *semaphore;
    uint32_t count, seen;
    bool fits;
};

/* One step: the permits are there, and AWAITED if wanted. */
static bool add(struct release *release, uint32_t awaited)
{
    uint32_t permits = release->seen % AWAITED;

    release->fits = release->count <= INT32_MAX - permits;
    return !release->fits || weft_cas_u32(&release->semaphore->permits, &release->seen,
                                          (permits + release->count) | awaited, WEFT_RELEASE);
}

static void unparked(void *context, const weft__sleeper *sleeper, bool more)
{
    struct release *release = context;

    (void)sleeper;
    while (!add(release, more ? AWAITED : 0))
        continue;
}

int weft_semaphore_release(weft_semaphore *semaphore, uint32_t count)
{
    weft_atomic_u32 *word = &semaphore->permits;
    struct release release = {semaphore, count, weft_load_u32(word, WEFT_RELAXED), true};

    while (release.seen < AWAITED && !add(&release, 0))
        continue;
    if (release.seen >= AWAITED) {
        weft__unpark_one(word, unparked, &release);
        if (release.fits && count > 1)
            weft_wake(word, (int32_t)count - 1); /* the address only */
    }
    if (!release.fits)
        return weft__misuse(WEFT_ETOOBIG, "semaphore %p: %u permits and %u more are too many",
                            (void *)semaphore, (unsigned)(release.seen % AWAITED), (unsigned)count);
    (void)weft_fault_point("semaphore.released");
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
