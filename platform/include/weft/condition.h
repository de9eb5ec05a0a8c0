/* SPDX-License-Identifier: MIT */
#ifndef WEFT_CONDITION_H
#define WEFT_CONDITION_H

/*
 * Waiting, with a mutex released, until another thread says that something may
 * have changed. All zero bits are valid.
 *
 *     weft_mutex_acquire(&m, WEFT_FOREVER);
 *     while (queue_is_empty && err == 0)                       // a loop, always
 *         err = weft_condition_wait(&not_empty, &m, until);
 *     ...
 *     weft_mutex_release(&m);
 *
 * Everyone who waits on one condition should wait for the same thing, or be
 * woken by notify_all.
 */

#include "mutex.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_condition {
    weft_atomic_u32 sequence; /* counts notifications; what the waiters sleep on */
    weft_atomic_u32 waiters;  /* threads in wait; lets notify skip the system call */
} weft_condition;

#define WEFT_CONDITION_INIT {{0}, {0}}

/**
 * Somebody notified since the call began, or for no reason: test again.
 *
 * The mutex is released while waiting and held again on return, whatever is
 * returned (getting it back is not limited by `until`).
 *
 * @param mutex  held by the caller once
 * @param until  absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT: nobody notified in time; WEFT_ECANCELED: nor before the
 *         calling task was cancelled; WEFT_EPERM: misuse, the caller does not hold the
 *         mutex
 *
 * Threads: any.   Python: Condition.wait.
 */
int weft_condition_wait(weft_condition *condition, weft_mutex *mutex, weft_time until);

/** One waiter goes on, if there is one. Threads: any, with the mutex or not. Python: notify. */
void weft_condition_notify(weft_condition *condition);

/** All waiters go on. Threads: any, with the mutex or not. Python: notify_all. */
void weft_condition_notify_all(weft_condition *condition);

/** Checks that no thread waits in it, as weft_event_destroy(): 0; WEFT_EBUSY: misuse. */
int weft_condition_destroy(weft_condition *condition);

#ifdef __cplusplus
}
#endif

#endif
