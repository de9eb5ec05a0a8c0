/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a lock between processes.
 *
 * Every change of the word is one compare-and-swap or exchange, so a process that is
 * killed at any instruction leaves it free or wholly its own. Who waits looks for a
 * moment, then sleeps, and asks after every few ms of sleep whether the owner still
 * lives; a dead one's lock is taken over by swapping the name in it, so exactly one
 * takes it. After a sleep the lock is taken with AWAITED set, because others may sleep
 * still (Drepper's mutex 2). A process that dies with a wake-up on its way delays the
 * next one by a slice.
 */
#include "word_lock.h"

#include "park.h"
#include "weft/error.h"

/* One sleep; *look says that it was a whole one: does the owner still live? */
static int sleep_on(weft_atomic_u32 *lock, uint32_t seen, weft_time until, bool *look)
{
    weft_time now = weft_clock();
    weft_time end = now + WEFT__LIVENESS_SLICE < until ? now + WEFT__LIVENESS_SLICE : until;
    uint32_t awaited = seen | WEFT__WORD_AWAITED;

    *look = until <= now;
    if (*look)
        return WEFT_ETIMEDOUT;
    if (seen != awaited && !weft_cas_u32(lock, &seen, awaited, WEFT_RELAXED))
        return 0;
    *look = weft__sleep_shared(lock, awaited, end, WEFT_FOREVER, false) == WEFT_ETIMEDOUT;
    return 0;
}

static bool looks(weft_atomic_u32 *lock)
{
    struct weft__backoff backoff = {0, 0};

    while (weft__backoff(&backoff))
        if ((weft_load_u32(lock, WEFT_RELAXED) & WEFT__WORD_OWNER) == 0 &&
            weft__word_lock_try(lock))
            return true;
    return false;
}

int weft__word_lock_wait(weft_atomic_u32 *lock, weft_time until, const weft_cancel *cancel)
{
    uint32_t bits = weft__arena_self(); /* with AWAITED once we have slept */
    bool look = false;
    int err = 0;

    if (until > WEFT_NOW && looks(lock))
        return 0;
    for (uint32_t state = weft_load_u32(lock, WEFT_RELAXED);;) {
        if ((state & WEFT__WORD_OWNER) == 0) {
            if (weft_cas_u32(lock, &state, state | bits, WEFT_ACQUIRE))
                return 0;
            continue;
        }
        if (look && !weft__arena_process_alive(state & WEFT__WORD_OWNER)) {
            uint32_t mine = (state & ~WEFT__WORD_OWNER) | bits | WEFT__WORD_AWAITED;

            if (weft_cas_u32(lock, &state, mine, WEFT_ACQUIRE))
                return WEFT_EOWNERDEAD;
            continue;
        }
        if (err != 0)
            return err;
        if (look && cancel && weft_cancel_requested(cancel))
            return WEFT_ECANCELED;
        bits |= WEFT__WORD_AWAITED;
        err = sleep_on(lock, state, until, &look);
        state = weft_load_u32(lock, WEFT_RELAXED);
    }
}
