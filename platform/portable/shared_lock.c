/* SPDX-License-Identifier: MIT */
/*
 * A lock between processes that notices when its owner died.
 *
 * `state` holds the owner's name in the arena, a bit that says that somebody may sleep,
 * and one that says that an owner died. Every change is one compare-and-swap, so a process
 * that is killed at any instruction leaves it free or wholly its own. Taking (acquire) pairs
 * with giving back (release).
 *
 * Who finds it held looks at it for a while, then sets AWAITED and sleeps. After a sleep it
 * is taken with the bit set, because others may sleep still (Drepper's mutex 2). Sleeps are
 * short: after each one the sleeper asks whether the owner still lives. Of all who learn that
 * it died one swaps in its own name, and DAMAGED; the others have a new owner to wait for.
 */
#include "shared_lock.h"

#include "park.h"
#include "weft/error.h"
#include "weft/fault.h"
#include "weft/wait.h"

#define AWAITED WEFT__LOCK_AWAITED
#define DAMAGED WEFT__LOCK_DAMAGED
#define OWNER WEFT__LOCK_OWNER

enum { LOOKS = 4 };

/* What a thread that waits for the lock knows. */
struct waiter {
    weft_time until;
    uint32_t bits; /* AWAITED once it has slept */
    int looks;
    bool doubts; /* the owner may be dead */
};

/* Lets some time pass. Why it cannot wait any longer, or 0. */
static int wait_for(struct weft__shared_lock *lock, struct waiter *waiter, uint32_t state)
{
    uint32_t awaited = state | AWAITED;
    int err;

    if (waiter->until <= WEFT_NOW) {
        waiter->doubts = true;
        return WEFT_ETIMEDOUT;
    }
    if (waiter->looks++ < LOOKS && weft__look_shared(&lock->state, state))
        return 0;
    waiter->looks = LOOKS;
    waiter->bits = AWAITED;
    if (state != awaited && !weft_cas_u32(&lock->state, &state, awaited, WEFT_RELAXED))
        return 0;
    err = weft__sleep_shared(&lock->state, awaited, waiter->until, WEFT__LIVENESS_SLICE,
                             waiter->until != WEFT_FOREVER);
    waiter->doubts = weft_load_u32(&lock->state, WEFT_RELAXED) == awaited;
    return err;
}

/* 0, and the state before in *state; or why not. */
static int take(struct weft__shared_lock *lock, weft_time until, uint32_t *state)
{
    struct waiter waiter = {.until = until};
    uint32_t self = weft__arena_self();
    int err = 0;

    *state = weft_load_u32(&lock->state, WEFT_RELAXED);
    for (;;) {
        if ((*state & OWNER) == 0) {
            if (weft_cas_u32(&lock->state, state, self | *state | waiter.bits, WEFT_ACQUIRE))
                return 0;
            continue;
        }
        if (waiter.doubts && !weft__arena_process_alive(*state & OWNER)) {
            (void)weft_fault_point("shared_lock.dead_owner");
            if (weft_cas_u32(&lock->state, state, self | DAMAGED | AWAITED, WEFT_ACQUIRE))
                return 0;
            continue;
        }
        if (err != 0)
            return err;
        err = wait_for(lock, &waiter, *state);
        *state = weft_load_u32(&lock->state, WEFT_RELAXED);
    }
}

/* The calling thread has it, after that state. Names who died, if that was not made good. */
static int become_owner(struct weft__shared_lock *lock, uint32_t before, const char *what,
                        weft_offset at)
{
    weft__shared_process self = weft__shared_self(), dead;
    char text[WEFT__SHARED_PROCESS_TEXT];

    (void)weft_fault_point("shared_lock.taken");
    if ((before & OWNER) != 0) {
        dead = weft__shared_process_of(before & OWNER, weft_load_u64(&lock->process, WEFT_RELAXED));
        weft_store_u64(&lock->dead, dead, WEFT_RELAXED);
    }
    weft_store_u64(&lock->process, self, WEFT_RELAXED);
    weft_store_u64(&lock->holder, weft__shared_lock_caller(self), WEFT_RELAXED);
    if ((before & (OWNER | DAMAGED)) == 0)
        return 0;
    dead = weft_load_u64(&lock->dead, WEFT_RELAXED);
    return weft__fail(WEFT_EOWNERDEAD, "%s %llu: %s died while it held it", what,
                      (unsigned long long)at, weft__shared_process_text(dead, text));
}

int weft__shared_lock_acquire(struct weft__shared_lock *lock, weft_time until, const char *what,
                              weft_offset at)
{
    uint32_t state;
    int err;

    weft_thread_current_id(); /* from now on weft__self has it */
    err = take(lock, until, &state);
    if (err != 0)
        return weft__shared_fail_wait(err, what, at, "another held it until the deadline");
    return become_owner(lock, state, what, at);
}

int weft__shared_lock_check(const struct weft__shared_lock *lock, const char *what, weft_offset at,
                            const char *does)
{
    if (!lock)
        return weft__shared_refuse(at, what);
    if (weft__shared_lock_is_mine(lock))
        return 0;
    return weft__misuse(WEFT_EPERM, "%s %llu: %s %s without holding it", what,
                        (unsigned long long)at, weft_thread_current_name(), does);
}

void weft__shared_lock_release(struct weft__shared_lock *lock)
{
    uint32_t seen = weft__arena_self();

    weft_store_u64(&lock->holder, 0, WEFT_RELAXED);
    while (!weft_cas_u32(&lock->state, &seen, seen & DAMAGED, WEFT_RELEASE))
        continue;
    (void)weft_fault_point("shared_lock.released");
    if (seen & AWAITED)
        weft_wake_shared(&lock->state, 1);
}

void weft__shared_lock_mend(struct weft__shared_lock *lock)
{
    weft_fetch_and_u32(&lock->state, ~DAMAGED, WEFT_RELAXED);
}
