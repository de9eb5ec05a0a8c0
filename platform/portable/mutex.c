/* SPDX-License-Identifier: MIT */
/*
 * A mutex of one word, after Drepper's "Futexes Are Tricky" (mutex 2).
 *
 * state: 0 free, 1 held, 2 held and somebody may sleep. A sleeper always takes the
 * mutex as 2, because others may sleep still; release wakes one if it finds 2.
 * The acquiring exchange pairs with the releasing one: what a holder wrote is
 * visible to the next. `owner` is written by the holder alone, and only says
 * whether "I am the owner" is true, so relaxed is enough: a thread sees its own
 * stores, and no other thread ever stores this thread's number.
 */
#include "weft/mutex.h"

#include "internal.h"
#include "weft/thread.h"
#include "weft/wait.h"

enum { FREE, HELD, CONTENDED, SPINS = 100 };

/* A holder on another CPU is often done before a sleep would have begun. */
static bool take_after_spinning(weft_mutex *mutex)
{
    for (int i = 0; i < SPINS; i++) {
        uint32_t seen = weft_load_u32(&mutex->state, WEFT_RELAXED);

        if (seen == FREE && weft_cas_u32(&mutex->state, &seen, HELD, WEFT_ACQUIRE))
            return true;
        if (seen == CONTENDED)
            return false;
        weft_cpu_pause();
    }
    return false;
}

static int take_slowly(weft_mutex *mutex, weft_time until)
{
    int err = 0;

    if (until != WEFT_NOW && take_after_spinning(mutex))
        return 0;
    while (weft_exchange_u32(&mutex->state, CONTENDED, WEFT_ACQUIRE) != FREE) {
        if (err != 0)
            return weft__fail(WEFT_ETIMEDOUT, "mutex %p: another thread held it until the deadline",
                              (void *)mutex);
        err = weft_wait(&mutex->state, CONTENDED, until);
    }
    return 0;
}

int weft_mutex_acquire(weft_mutex *mutex, weft_time until)
{
    uint32_t self = weft_thread_current_id();
    uint32_t seen = FREE;

    if (!weft_cas_u32(&mutex->state, &seen, HELD, WEFT_ACQUIRE)) {
        if (weft_load_u32(&mutex->owner, WEFT_RELAXED) == self)
            return weft__misuse(WEFT_EDEADLK, "mutex %p: %s holds it already", (void *)mutex,
                                weft_thread_current_name());
        if (until == WEFT_NOW)
            return weft__fail(WEFT_ETIMEDOUT, "mutex %p: another thread holds it", (void *)mutex);
        int err = take_slowly(mutex, until);
        if (err != 0)
            return err;
    }
    weft_store_u32(&mutex->owner, self, WEFT_RELAXED);
    return 0;
}

int weft_mutex_release(weft_mutex *mutex)
{
    if (weft_load_u32(&mutex->owner, WEFT_RELAXED) != weft_thread_current_id())
        return weft__misuse(WEFT_EPERM, "mutex %p: %s releases it without holding it",
                            (void *)mutex, weft_thread_current_name());
    weft_store_u32(&mutex->owner, 0, WEFT_RELAXED);
    if (weft_exchange_u32(&mutex->state, FREE, WEFT_RELEASE) == CONTENDED)
        weft_wake(&mutex->state, 1);
    return 0;
}

bool weft_mutex_locked(const weft_mutex *mutex)
{
    return weft_load_u32(&mutex->state, WEFT_RELAXED) != FREE;
}
