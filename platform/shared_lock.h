/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SHARED_LOCK_H
#define WEFT_SHARED_LOCK_H

/* The lock in a weft_shared_mutex and in a weft_shared_rmutex: portable/shared_lock.c, whose
 * head says how it works. What is done at every turn stands here. Of platform/ only. */

#include <stdbool.h>
#include <stdint.h>

#include "internal.h"
#include "shared_object.h"
#include "weft/fault.h"
#include "weft/shared.h"
#include "weft/thread.h"
#include "word_lock.h"

/* All zero: free. */
struct weft__shared_lock {
    weft_atomic_u32 state;   /* a word lock, held by the owner's process */
    weft_atomic_u64 holder;  /* the owner's name << 32, + its thread; 0 before it goes. Written by
                                the owner, and read by those who may be it: relaxed. A dead one's
                                stays, hence the name in it */
    weft_atomic_u64 process; /* the weft__shared_process of the last owner; written by the owner */
    weft_atomic_u64 dead;    /* of the one that died while it was the owner; written by the owner
                                that found out, and meant while DAMAGED is set */
};

/* The word's flag: an owner died, and nobody mended it since. Written by the owner. */
#define WEFT__LOCK_DAMAGED WEFT__WORD_FLAG

/* What the holder writes into `holder`. */
static inline uint64_t weft__shared_lock_caller(weft__shared_process self)
{
    return self >> 32 << 32 | weft__self.id;
}

/* Whether the calling thread is the owner. */
static inline bool weft__shared_lock_is_mine(const struct weft__shared_lock *lock)
{
    return weft__self.id != 0 && weft_load_u64(&lock->holder, WEFT_RELAXED) ==
                                     weft__shared_lock_caller(weft__shared_self());
}

/* The calling thread is the owner from now on, if nothing stood in the way; otherwise
 * weft__shared_lock_acquire() says more. */
static inline bool weft__shared_lock_try(struct weft__shared_lock *lock)
{
    weft__shared_process self = weft__shared_self();
    uint32_t nobody = 0;

    if (weft__self.id == 0 ||
        !weft_cas_u32(&lock->state, &nobody, (uint32_t)(self >> 32), WEFT_ACQUIRE))
        return false;
    (void)weft_fault_point("shared_lock.taken");
    weft_store_u64(&lock->process, self, WEFT_RELAXED);
    weft_store_u64(&lock->holder, weft__shared_lock_caller(self), WEFT_RELAXED);
    return true;
}

/* The same, whatever is in the way. Errors as weft_shared_mutex_acquire() but WEFT_EDEADLK;
 * `what` and `at` are for the sentence. */
int weft__shared_lock_acquire(struct weft__shared_lock *lock, weft_time until, const char *what,
                              weft_offset at);

/* 0, or misuse, and its code: the calling thread does that without being the owner. NULL: there
 * is no lock at all. */
int weft__shared_lock_check(const struct weft__shared_lock *lock, const char *what, weft_offset at,
                            const char *does);

/* The owner goes, and lets a sleeper go on. */
void weft__shared_lock_release(struct weft__shared_lock *lock);

/* The owner has mended what it guards. */
void weft__shared_lock_mend(struct weft__shared_lock *lock);

/* ---- portable/shared_mutex.c -------------------------------------------------- */

/* weft__shared_lock_check() of the mutex's lock. */
int weft__shared_mutex_check(weft_shared_mutex mutex, const char *does);

#endif
