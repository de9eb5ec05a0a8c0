/* SPDX-License-Identifier: MIT */
#ifndef WEFT_CHECKS_H
#define WEFT_CHECKS_H

/*
 * What builds with WEFT_CHECKS know of locks: which ones each thread holds and since
 * when, for the doctor; the order in which they are acquired; and circles of threads
 * that wait for each other's mutexes. In other builds there is none of this.
 *
 * A lock gets its number at its first acquire and keeps it in its memory, so that what
 * is made there later is another lock. Locks that this code itself needs are marked as
 * not to be looked at, and so are mutexes inside of other locks.
 */

#include <stdint.h>

#include "weft/atomic.h"
#include "weft/mutex.h"
#include "weft/time.h"

/* In weft_mutex.number: not to be looked at. The rest is the number of the lock around it. */
#define WEFT__INNER UINT32_C(0x80000000)
#define WEFT__INNER_MUTEX_INIT {{0}, {WEFT__INNER}}

enum weft__lock_kind { WEFT__MUTEX, WEFT__READ_LOCK, WEFT__WRITE_LOCK };

/* Of one thread. It alone writes; others read at any time, so all fields are atomic and
 * relaxed. What they read of a thread that runs may be a mixture of two moments; a
 * thread that hangs stands still. */
struct weft__held_lock {
    weft_atomic_u64 object; /* its address */
    weft_atomic_u64 since;
    weft_atomic_u32 number;
    weft_atomic_u32 kind;
};

#ifdef WEFT_CHECKS
enum { WEFT__HELD_LOCKS = 32 };
#else
enum { WEFT__HELD_LOCKS = 1 };
#endif

struct weft__held {
    weft_atomic_u32 count;
    struct weft__held_lock locks[WEFT__HELD_LOCKS]; /* the oldest first */
    uint32_t others;                                /* that found no room; the thread's own */
    const weft_mutex *wanted; /* waits for it without deadline; guarded by the list's lock */
};

#ifdef WEFT_CHECKS

/* The calling thread is about to acquire the lock. Tells weft_on_misuse() if that is
 * against the order of other acquires. `number` is the one of the lock's mutex. */
void weft__check_wanted(enum weft__lock_kind kind, const void *lock, weft_atomic_u32 *number,
                        weft_time until);

/* It has it, or is about to release it. */
void weft__check_acquired(enum weft__lock_kind kind, const void *lock,
                          const weft_atomic_u32 *number);
void weft__check_release(enum weft__lock_kind kind, const void *lock,
                         const weft_atomic_u32 *number);

/* It will wait for the mutex, which others hold. WEFT_EDEADLK: misuse, one of them
 * waits for it; otherwise weft__check_wait_over() must follow. */
int weft__check_wait(const weft_mutex *mutex, weft_time until);
void weft__check_wait_over(const weft_mutex *mutex, weft_time until);

/* ---- portable/lock_order.c ---------------------------------------------------- */

/* A lock as the order knows it. */
struct weft__ordered_lock {
    uint32_t number;
    enum weft__lock_kind kind;
    const void *object;
};

/* The calling thread acquires `next` while it holds `held`. */
void weft__lock_order(const struct weft__ordered_lock *held, const struct weft__ordered_lock *next);

#else

#define weft__check_wanted(kind, lock, number, until) ((void)0)
#define weft__check_acquired(kind, lock, number) ((void)0)
#define weft__check_release(kind, lock, number) ((void)0)
#define weft__check_wait(mutex, until) 0
#define weft__check_wait_over(mutex, until) ((void)0)

#endif

#endif
