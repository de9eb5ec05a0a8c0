/* SPDX-License-Identifier: MIT */
#ifndef WEFT_WORD_LOCK_H
#define WEFT_WORD_LOCK_H

/*
 * A lock between processes that is one word in the arena, all zero when free.
 *
 *     if (!weft__word_lock_try(&lock))
 *         err = weft__word_lock_wait(&lock, until, cancellable, &before);
 *     ...
 *     weft__word_lock_release(&lock, 0);
 *
 * It is held by a process, not by a thread: who needs to know which thread has it keeps
 * that elsewhere.
 */

#include <stdbool.h>
#include <stdint.h>

#include "internal.h"
#include "weft/atomic.h"
#include "weft/fault.h"
#include "weft/time.h"
#include "weft/wait.h"

#define WEFT__WORD_OWNER 0x3FFFFFFFu   /* weft__arena_self() of the owner; 0: it is free */
#define WEFT__WORD_FLAG 0x40000000u    /* what it means, and who sets it, is the user's affair */
#define WEFT__WORD_AWAITED 0x80000000u /* somebody may sleep on the word */

/* The caller's process has the lock, if nobody had it. The flag stays as it is. */
static inline bool weft__word_lock_try(weft_atomic_u32 *lock)
{
    uint32_t self = weft__arena_self();
    uint32_t seen = 0;

    while ((seen & WEFT__WORD_OWNER) == 0)
        if (weft_cas_u32(lock, &seen, seen | self, WEFT_ACQUIRE))
            return true;
    return false;
}

/*
 * The caller's process has the lock, when it comes free or its owner dies, which is
 * noticed within 10 ms; with WEFT_NOW, if that is so already. The flag stays as it is.
 *
 * 0, and in *before the word as it was: if it names an owner, that one died; WEFT_ETIMEDOUT;
 * WEFT_ECANCELED: the calling thread's token was cancelled, and the wait is cancellable.
 * Sets no last error.
 */
int weft__word_lock_wait(weft_atomic_u32 *lock, weft_time until, bool cancellable,
                         uint32_t *before);

/* The lock is free and has this flag, 0 or WEFT__WORD_FLAG. Tells the word as it was: who
 * has set the flag by then happens before this. */
static inline uint32_t weft__word_lock_release(weft_atomic_u32 *lock, uint32_t flag)
{
    uint32_t before = weft_exchange_u32(lock, flag, WEFT_ACQ_REL);

    (void)weft_fault_point("word_lock.released");
    if (before & WEFT__WORD_AWAITED)
        weft_wake_shared(lock, 1);
    return before;
}

#endif
