/* SPDX-License-Identifier: MIT */
/*
 * A word lock (portable/word_lock.c) whose owner is a thread, and that remembers that an
 * owner died until somebody has mended what it guards.
 *
 * The word's flag is DAMAGED. It belongs to the owner: who takes over from a dead one sets
 * it, and if it is killed before, its own name in the word tells the next one the same.
 */
#include "shared_lock.h"

#include "weft/error.h"
#include "weft/fault.h"

/* The calling thread has it, after the word was so. Names who died, if that was not made good. */
static int become_owner(struct weft__shared_lock *lock, uint32_t before, const char *what,
                        weft_offset at)
{
    weft__shared_process self = weft__shared_self(), dead;
    uint32_t owner = before & WEFT__WORD_OWNER; /* it died */
    char text[WEFT__SHARED_PROCESS_TEXT];

    (void)weft_fault_point("shared_lock.taken");
    if (owner != 0) {
        weft_fetch_or_u32(&lock->state, WEFT__LOCK_DAMAGED, WEFT_RELAXED);
        dead = weft__shared_process_of(owner, weft_load_u64(&lock->process, WEFT_RELAXED));
        weft_store_u64(&lock->dead, dead, WEFT_RELAXED);
    }
    weft_store_u64(&lock->process, self, WEFT_RELAXED);
    weft_store_u64(&lock->holder, weft__shared_lock_caller(self), WEFT_RELAXED);
    if (owner == 0 && (before & WEFT__LOCK_DAMAGED) == 0)
        return 0;
    dead = weft_load_u64(&lock->dead, WEFT_RELAXED);
    return weft__fail(WEFT_EOWNERDEAD, "%s %llu: %s died while it held it", what,
                      (unsigned long long)at, weft__shared_process_text(dead, text));
}

int weft__shared_lock_acquire(struct weft__shared_lock *lock, weft_time until, const char *what,
                              weft_offset at)
{
    uint32_t before;
    int err;

    weft_thread_current_id(); /* from now on weft__self has it */
    err = weft__word_lock_wait(&lock->state, until, until != WEFT_FOREVER, &before);
    if (err != 0)
        return weft__shared_fail_wait(err, what, at, "another held it until the deadline");
    return become_owner(lock, before, what, at);
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
    uint32_t damaged = weft_load_u32(&lock->state, WEFT_RELAXED) & WEFT__LOCK_DAMAGED;

    weft_store_u64(&lock->holder, 0, WEFT_RELAXED);
    weft__word_lock_release(&lock->state, damaged);
}

void weft__shared_lock_mend(struct weft__shared_lock *lock)
{
    weft_fetch_and_u32(&lock->state, ~WEFT__LOCK_DAMAGED, WEFT_RELAXED);
}
