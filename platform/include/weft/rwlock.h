/* SPDX-License-Identifier: MIT */
#ifndef WEFT_RWLOCK_H
#define WEFT_RWLOCK_H

/*
 * Many readers or one writer. A writer that waits goes before readers that come
 * after it, so readers cannot starve it. All zero bits are a free lock.
 */

#include "condition.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_rwlock {
    weft_mutex mutex;           /* guards the fields below */
    weft_condition may_read;    /* no writer holds it or waits */
    weft_condition may_write;   /* nobody holds it */
    uint32_t readers;           /* threads that hold it for reading */
    uint32_t writers_waiting;   /* threads in acquire_write */
    weft_atomic_u32 writer;     /* weft_thread_current_id() of the one that writes; 0: none;
                                   atomic only for weft_doctor(), which looks in from outside */
} weft_rwlock;

#define WEFT_RWLOCK_INIT {WEFT_MUTEX_INIT, WEFT_CONDITION_INIT, WEFT_CONDITION_INIT, 0, 0, {0}}

/**
 * The caller may read; others may too.
 *
 * @param until  absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT; WEFT_EDEADLK: misuse, the caller is the writer;
 *         WEFT_ECANCELED: the calling task was cancelled (never with WEFT_FOREVER)
 *
 * Threads: any. A reader that acquires again while a writer waits, waits for
 * itself: don't.   Python: none (POSIX pthread_rwlock_rdlock).
 */
int weft_rwlock_acquire_read(weft_rwlock *rwlock, weft_time until);

/**
 * The caller alone may read and write.
 *
 * @return as weft_rwlock_acquire_read()
 *
 * Threads: any.   Python: none (POSIX pthread_rwlock_wrlock).
 */
int weft_rwlock_acquire_write(weft_rwlock *rwlock, weft_time until);

/**
 * What the caller acquired, for reading or for writing, is released.
 *
 * @return 0; WEFT_EPERM: misuse, nobody holds it, or another thread writes
 *
 * Threads: the writer, or any reader.
 */
int weft_rwlock_release(weft_rwlock *rwlock);

/** Checks that no thread holds it or waits for it, as weft_event_destroy(). */
int weft_rwlock_destroy(weft_rwlock *rwlock);

#ifdef __cplusplus
}
#endif

#endif
