/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a lock between processes.
 *
 * Every change of the word is one compare-and-swap or exchange, so a process that is
 * killed at any instruction leaves it free or wholly its own. Taking (acquire) pairs with
 * giving back (release).
 *
 * Who finds it held looks at it for a while, then sets AWAITED and sleeps. After a sleep it
 * is taken with the bit set, because others may sleep still (Drepper's mutex 2). Sleeps are
 * short: after each one the sleeper asks whether the owner still lives. Of all who learn that
 * it died one swaps in its own name; the others have a new owner to wait for. A process that
 * dies with a wake-up on its way delays the next one by a slice.
 *
 * Only the second sleep ends by a cancel: a lock that is held for a moment is no reason to
 * refuse what a cancelled thread does to clean up.
 */
#include "word_lock.h"

#include "park.h"
#include "weft/error.h"

#define AWAITED WEFT__WORD_AWAITED
#define OWNER WEFT__WORD_OWNER

enum { LOOKS = 4 };

/* What a thread that waits for the lock knows. */
struct waiter {
    weft_time until;
    uint32_t bits; /* its process, and AWAITED once it has slept */
    int looks;
    bool cancellable;
    bool doubts; /* the owner may be dead */
};

/* Lets some time pass. Why it cannot wait any longer, or 0. */
static int wait_for(weft_atomic_u32 *lock, struct waiter *waiter, uint32_t state)
{
    uint32_t awaited = state | AWAITED;
    bool slept = (waiter->bits & AWAITED) != 0;
    int err;

    if (waiter->until <= WEFT_NOW) {
        waiter->doubts = true;
        return WEFT_ETIMEDOUT;
    }
    if (waiter->looks++ < LOOKS && weft__look_shared(lock, state))
        return 0;
    waiter->looks = LOOKS;
    if (state != awaited && !weft_cas_u32(lock, &state, awaited, WEFT_RELAXED))
        return 0;
    waiter->bits |= AWAITED;
    err = weft__sleep_shared(lock, awaited, waiter->until, WEFT__LIVENESS_SLICE,
                             waiter->cancellable && slept);
    waiter->doubts = ((weft_load_u32(lock, WEFT_RELAXED) ^ awaited) & OWNER) == 0;
    return err;
}

static bool is_nobodys(uint32_t state, const struct waiter *waiter)
{
    if ((state & OWNER) == 0)
        return true;
    if (!waiter->doubts || weft__arena_process_alive(state & OWNER))
        return false;
    (void)weft_fault_point("word_lock.dead_owner");
    return true;
}

int weft__word_lock_wait(weft_atomic_u32 *lock, weft_time until, bool cancellable, uint32_t *before)
{
    struct waiter waiter = {.until = until, .bits = weft__arena_self(), .cancellable = cancellable};
    int err = 0;

    *before = weft_load_u32(lock, WEFT_RELAXED);
    for (;;) {
        if (is_nobodys(*before, &waiter)) {
            if (weft_cas_u32(lock, before, (*before & ~OWNER) | waiter.bits, WEFT_ACQUIRE))
                return 0;
            continue;
        }
        if (err != 0)
            return err;
        err = wait_for(lock, &waiter, *before);
        *before = weft_load_u32(lock, WEFT_RELAXED);
    }
}
