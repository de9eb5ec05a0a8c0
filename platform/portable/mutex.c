/* SPDX-License-Identifier: MIT */
/*
 * A mutex of one word, after nsync's and WebKit's: whoever runs may take it, and at most
 * one sleeper is on its way to it.
 *
 * word: the holder's number * OWNER, + WAKING: a sleeper was woken and has not taken the
 * mutex or given up yet, + PARKED: threads may sleep. A free mutex is taken and released
 * by one compare-exchange each. The releasing one (release) pairs with the taking one
 * (acquire): what a holder wrote is visible to the next.
 *
 * Who finds it held sets PARKED and sleeps while that is set. A release that finds PARKED
 * and not WAKING goes to the queue: under its lock it takes the first sleeper out, says
 * in one compare-exchange that the mutex is free, that this one is coming, and whether
 * others stay, and then wakes it. Until it has come, releases just release: the threads
 * that run keep running, which is worth more than being fair at every turn.
 *
 * As long as nobody sleeps, who finds it held first stands back a few times, longer each
 * time and all together for about as long as a wake-up takes.
 *
 * The woken one takes the mutex and WAKING away in one step. If it meets another holder
 * it takes WAKING away and sleeps on, first in the queue. After LOSSES of these turns the
 * release that finds it gives the mutex to it instead of freeing it.
 */
#include "weft/mutex.h"

#include "checks.h"
#include "internal.h"
#include "park.h"
#include "weft/thread.h"

enum { PARKED = 1, WAKING = 2, OWNER = 4, LOOKS = 4, SHORTEST = 64, LOSSES = 2 };

_Static_assert(sizeof(weft_mutex) == 8, "a mutex is two words of 32 bits");

/* What a thread that waits for the mutex knows. */
struct waiter {
    weft_mutex *mutex;
    uint32_t self;
    bool woken; /* WAKING stands for it */
    int looks;
    int losses;
};

/* Leaves the mutex alone for a while: a thread that looks at it all the time takes its
 * cache line away from the holder, who would be done sooner. */
static void stand_back(int looks)
{
    for (int i = SHORTEST << looks; i > 0; i--)
        weft_cpu_pause();
}

/* One look at the mutex, which may end in having it. */
static bool take(struct waiter *waiter, uint32_t *seen)
{
    weft_atomic_u32 *word = &waiter->mutex->word;

    while (*seen / OWNER == 0) {
        uint32_t bits = waiter->woken ? *seen & ~(uint32_t)WAKING : *seen;

        if (weft_cas_u32(word, seen, bits + waiter->self * OWNER, WEFT_ACQUIRE))
            return true;
    }
    return false;
}

/* Sleeps if the mutex is held. */
static int sleep_once(struct waiter *waiter, uint32_t seen, weft_time until)
{
    weft_atomic_u32 *word = &waiter->mutex->word;
    uint32_t asleep = (waiter->woken ? seen & ~(uint32_t)WAKING : seen) | PARKED;
    weft__sleeper sleeper = {
        .word = word, .mask = PARKED, .expected = PARKED, .what = "mutex", .object = waiter->mutex};
    int err;

    if (asleep != seen && !weft_cas_u32(word, &seen, asleep, WEFT_RELAXED))
        return 0;
    sleeper.flags = until == WEFT_FOREVER ? 0 : WEFT__CANCELLABLE;
    if (waiter->woken)
        sleeper.flags |= WEFT__FRONT;
    waiter->losses += waiter->woken;
    if (waiter->losses >= LOSSES)
        sleeper.flags |= WEFT__HAND_OVER;
    err = weft__park(&sleeper, until);
    waiter->woken = err == WEFT__WOKEN;
    return err == WEFT__AWAKE ? 0 : err;
}

/* For the reason `err` another thread keeps it. */
static int give_up(const weft_mutex *mutex, uint32_t seen, int err)
{
    return weft__fail(err, "mutex %p: thread %u holds it%s", (const void *)mutex,
                      (unsigned)(seen / OWNER),
                      err == WEFT_ECANCELED ? ", and the wait was cancelled" : "");
}

static int take_slowly(weft_mutex *mutex, uint32_t self, weft_time until)
{
    struct waiter waiter = {.mutex = mutex, .self = self};
    uint32_t seen = weft_load_u32(&mutex->word, WEFT_RELAXED);
    int err = 0;

    while (!take(&waiter, &seen)) {
        if (err != 0)
            return give_up(mutex, seen, err);
        if (waiter.looks < LOOKS && (seen & PARKED) == 0) {
            stand_back(waiter.looks++);
        } else {
            err = sleep_once(&waiter, seen, until);
        }
        seen = weft_load_u32(&mutex->word, WEFT_ACQUIRE);
        if (seen / OWNER == self)
            return 0; /* a release gave it to this thread */
    }
    return 0;
}

static WEFT_NOINLINE int acquire_slowly(weft_mutex *mutex, weft_time until)
{
    uint32_t self = weft_thread_current_id();
    uint32_t seen = weft_load_u32(&mutex->word, WEFT_RELAXED);
    int err;

    if (seen / OWNER == self)
        return weft__misuse(WEFT_EDEADLK, "mutex %p: %s (thread %u) holds it already",
                            (void *)mutex, weft_thread_current_name(), (unsigned)self);
    if (until <= WEFT_NOW && seen / OWNER != 0)
        return give_up(mutex, seen, WEFT_ETIMEDOUT);
    err = weft__check_wait(mutex, until);
    if (err != 0)
        return err;
    err = take_slowly(mutex, self, until);
    weft__check_wait_over(mutex, until);
    return err;
}

/* weft_mutex_acquire() but for the checks. */
static inline int acquire(weft_mutex *mutex, weft_time until)
{
    uint32_t self = weft__self.id;
    uint32_t seen = 0;

    if (self != 0 && weft_cas_u32(&mutex->word, &seen, self * OWNER, WEFT_ACQUIRE))
        return 0;
    return acquire_slowly(mutex, until);
}

int weft_mutex_acquire(weft_mutex *mutex, weft_time until)
{
    int err;

    weft__check_wanted(WEFT__MUTEX, mutex, &mutex->number, until);
    err = acquire(mutex, until);
    if (err == 0)
        weft__check_acquired(WEFT__MUTEX, mutex, &mutex->number);
    return err;
}

bool weft__mutex_try(weft_mutex *mutex)
{
    uint32_t self = weft_thread_current_id();
    uint32_t seen = weft_load_u32(&mutex->word, WEFT_RELAXED);

    if (seen / OWNER != 0 ||
        !weft_cas_u32(&mutex->word, &seen, seen + self * OWNER, WEFT_ACQUIRE))
        return false;
    weft__check_acquired(WEFT__MUTEX, mutex, &mutex->number);
    return true;
}

/* The mutex is left to the sleeper, or to whoever comes first. */
static void unparked(void *context, const weft__sleeper *sleeper, bool more)
{
    weft_mutex *mutex = context;
    uint32_t seen = weft_load_u32(&mutex->word, WEFT_RELAXED);
    uint32_t next = more ? PARKED : 0;

    if (sleeper && sleeper->flags & WEFT__HAND_OVER)
        next += sleeper->sleep->self->id * OWNER;
    else if (sleeper)
        next += WAKING;
    while (!weft_cas_u32(&mutex->word, &seen, next, WEFT_RELEASE))
        continue;
}

static WEFT_NOINLINE int release_slowly(weft_mutex *mutex, uint32_t self)
{
    uint32_t seen = weft_load_u32(&mutex->word, WEFT_RELAXED);

    if (seen / OWNER != self || self == 0)
        return weft__misuse(WEFT_EPERM, "mutex %p: %s releases it, and its holder is thread %u",
                            (void *)mutex, weft_thread_current_name(), (unsigned)(seen / OWNER));
    while ((seen & (PARKED | WAKING)) != PARKED)
        if (weft_cas_u32(&mutex->word, &seen, seen - self * OWNER, WEFT_RELEASE))
            return 0;
    weft__unpark_one(&mutex->word, unparked, mutex);
    return 0;
}

int weft_mutex_release(weft_mutex *mutex)
{
    uint32_t self = weft__self.id;
    uint32_t seen = self * OWNER;

    weft__check_release(WEFT__MUTEX, mutex, &mutex->number);
    if (self != 0 && weft_cas_u32(&mutex->word, &seen, 0, WEFT_RELEASE))
        return 0;
    return release_slowly(mutex, self);
}

unsigned weft_mutex_owner(const weft_mutex *mutex)
{
    return weft_load_u32(&mutex->word, WEFT_RELAXED) / OWNER;
}

int weft_mutex_destroy(weft_mutex *mutex)
{
    uint32_t seen = weft_load_u32(&mutex->word, WEFT_ACQUIRE);

    if (seen / OWNER != 0)
        return weft__misuse(WEFT_EBUSY, "mutex %p: destroyed while thread %u holds it",
                            (void *)mutex, (unsigned)(seen / OWNER));
    if (seen != 0 || weft__park_has_sleepers(&mutex->word))
        return weft__misuse(WEFT_EBUSY, "mutex %p: destroyed while threads wait for it",
                            (void *)mutex);
    return 0;
}

bool weft_mutex_locked(const weft_mutex *mutex)
{
    return weft_mutex_owner(mutex) != 0;
}
