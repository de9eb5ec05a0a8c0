/* SPDX-License-Identifier: MIT */
#ifndef WEFT_MUTEX_H
#define WEFT_MUTEX_H

/*
 * Mutual exclusion between the threads of one process.
 *
 * All zero bits are a free mutex; it costs 8 bytes, cannot fail to initialise
 * and needs no destruction. It knows its owner: misuse is refused and told to
 * weft_on_misuse(), so acquire(FOREVER) and release may stand unchecked.
 *
 *     static weft_mutex lock = WEFT_MUTEX_INIT;    // guards total
 *     static int total;
 *
 *     WEFT_WITH (&lock) {
 *         total += n;
 *         if (total > limit)
 *             return WEFT_ETOOBIG;                 // releases
 *     } WEFT_END_WITH
 */

#include "atomic.h"
#include "compiler.h"
#include "time.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_mutex {
    weft_atomic_u32 word;   /* 4 * weft_thread_current_id() of the holder, 0: free; + 2: a woken
                               thread is on its way; + 1: threads may sleep */
    weft_atomic_u32 number; /* for the check of the order of locks; 0: none yet */
} weft_mutex;

/* Reentrant: its owner may acquire it again, and releases as often. */
typedef struct weft_rmutex {
    weft_mutex mutex;
    uint32_t depth; /* how often the owner holds it; guarded by mutex */
} weft_rmutex;

#define WEFT_MUTEX_INIT {{0}, {0}}
#define WEFT_RMUTEX_INIT {{{0}, {0}}, 0}

/**
 * The calling thread holds the mutex.
 *
 * @param until  absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT: another thread held it all the time; WEFT_EDEADLK:
 *         misuse, the caller holds it already, or (with WEFT_FOREVER, in builds with
 *         WEFT_CHECKS) its holder waits for a mutex of the caller; WEFT_ECANCELED: as
 *         WEFT_ETIMEDOUT, and the calling task was cancelled (never with WEFT_FOREVER or
 *         WEFT_NOW)
 *
 * Threads: any.   Python: Lock.acquire(timeout=...).
 */
int weft_mutex_acquire(weft_mutex *mutex, weft_time until);

/**
 * The mutex is free, and one thread that waits for it goes on.
 *
 * @return 0; WEFT_EPERM: misuse, the calling thread does not hold it
 *
 * Threads: the owner.   Python: Lock.release.
 */
int weft_mutex_release(weft_mutex *mutex);

/** weft_thread_current_id() of the thread that holds it; 0: free. Threads: any. */
unsigned weft_mutex_owner(const weft_mutex *mutex);

/**
 * The mutex is not used any more. Nothing has to be freed: this only checks.
 *
 * @return 0; WEFT_EBUSY: misuse, it is held or waited for
 *
 * Threads: any.   POSIX: pthread_mutex_destroy.
 */
int weft_mutex_destroy(weft_mutex *mutex);

/** Whether any thread holds it at this moment. Threads: any. Python: Lock.locked. */
bool weft_mutex_locked(const weft_mutex *mutex);

/** As weft_mutex_acquire(), but its owner gets it again. Python: RLock.acquire. */
int weft_rmutex_acquire(weft_rmutex *rmutex, weft_time until);

/** Undoes one acquire; free at the last. 0; WEFT_EPERM: misuse. Python: RLock.release. */
int weft_rmutex_release(weft_rmutex *rmutex);

/** As weft_mutex_destroy(). */
int weft_rmutex_destroy(weft_rmutex *rmutex);

/*
 * WEFT_WITH (&mutex) { ... } WEFT_END_WITH holds the mutex in the block and
 * releases it however the block is left: end, break, continue, goto, return.
 * The block is not a loop: break leaves the loop around it. Python: with lock:.
 */
#define WEFT_WITH(mutex) \
    WEFT_SCOPE_BEGIN(weft_mutex, weft_mutex_acquired(mutex), weft_mutex_leave)
#define WEFT_END_WITH WEFT_SCOPE_END

/* The two ends of WEFT_WITH: acquires without deadline; NULL after misuse. */
static inline weft_mutex *weft_mutex_acquired(weft_mutex *mutex)
{
    return weft_mutex_acquire(mutex, WEFT_FOREVER) == 0 ? mutex : (weft_mutex *)0;
}

static inline void weft_mutex_leave(weft_mutex **mutex)
{
    if (*mutex)
        weft_mutex_release(*mutex);
}

#ifdef __cplusplus
}
#endif

#endif
