/* SPDX-License-Identifier: MIT */
#ifndef WEFT_WAIT_H
#define WEFT_WAIT_H

/*
 * Sleeping until a 32-bit word changes: what every lock, queue and join of weft
 * is built on. Reach for weft/mutex.h and weft/condition.h first.
 *
 *     while ((seen = weft_load_u32(&word, WEFT_ACQUIRE)) == 0)   // sleeper
 *         if (weft_wait(&word, seen, until) != 0)
 *             return WEFT_ETIMEDOUT;
 *
 *     weft_store_u32(&word, 1, WEFT_RELEASE);                    // waker
 *     weft_wake(&word, WEFT_WAKE_ALL);
 */

#include "atomic.h"
#include "time.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_WAKE_ALL INT32_MAX

/**
 * The word no longer holds `seen`, or somebody woke its sleepers, or for no
 * reason at all: the caller reads the word again, in a loop.
 *
 * The check and falling asleep are one step: no wake-up in between is lost.
 *
 * @param word   in memory of this process
 * @param seen   the value to sleep on
 * @param until  absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT: the time has come; WEFT_ECANCELED: the calling task was
 *         cancelled (weft/cancel.h). Both leave weft_last_error() alone, and neither
 *         has used up a wake-up.
 *
 * Threads: any.   Standard: C++20 atomic_wait, Linux futex(2).
 */
int weft_wait(weft_atomic_u32 *word, uint32_t seen, weft_time until);

/**
 * At most `count` sleepers of the word are awake, those that slept longest first.
 *
 * @param word   may be memory that has been freed by now: it is not read
 * @param count  1, or WEFT_WAKE_ALL
 *
 * Threads: any.   Standard: C++20 atomic_notify_one.
 */
void weft_wake(weft_atomic_u32 *word, int32_t count);

/**
 * The same for a word in the arena (weft/arena.h), between processes.
 *
 * It looks at the word for some microseconds before it sleeps, if waits of the calling
 * thread were short lately and there is another CPU. A process that is killed may take a
 * wake-up with it: sleep in slices (see WEFT_SHARED_SLICE) and read the word again after
 * each.
 *
 * @return 0; WEFT_ETIMEDOUT: the time has come; WEFT_ECANCELED: the calling task was
 *         cancelled, and the word still held `seen`. Both leave weft_last_error() alone
 *
 * Threads: any, in any process of the program.
 */
int weft_wait_shared(weft_atomic_u32 *word, uint32_t seen, weft_time until);

/** Wakes sleepers of weft_wait_shared(); arguments as weft_wake(). */
void weft_wake_shared(weft_atomic_u32 *word, int32_t count);

/* How long one sleep on a shared word lasts at most before it is read again. */
#define WEFT_SHARED_SLICE WEFT_MS(50)

#ifdef __cplusplus
}
#endif

#endif
