/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SHARED_H
#define WEFT_SHARED_H

/*
 * Locks, conditions, semaphores, events and barriers between the processes of one
 * program.
 *
 * A handle is a small plain value: copy it into the argument of a process or task, and
 * both sides use the same object. Objects live in the arena until _close; a process
 * that dies, even by SIGKILL in the middle of a call, cannot wedge one.
 *
 *     weft_shared_mutex lock;
 *     CHECK(weft_shared_mutex_create(&lock));
 *     CHECK(weft_process_start(&p, whoami, &lock, sizeof(lock)));
 *
 * Every wait ends also by cancel (weft/cancel.h), within 10 ms: WEFT_ECANCELED; of locks
 * only where a deadline was given, as within a process. A handle that is no such object
 * is misuse, WEFT_EINVAL; so is any call in a process that was forked off one of weft's
 * (WEFT_EPERM): it shares the memory but is nobody in it.
 *
 * Queues and pipes: weft/shared_queue.h, weft/shared_pipe.h. Values and arrays with a
 * lock: weft/shared_value.h.
 */

#include <stdbool.h>

#include "arena.h"
#include "time.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- mutex ---------------------------------------------------------------------- */

typedef struct weft_shared_mutex {
    weft_offset at; /* 0: no mutex */
} weft_shared_mutex;

/**
 * A free mutex in the arena.
 *
 * @return 0; WEFT_ENOMEM, WEFT_ELIMIT: as weft_shared_alloc()
 *
 * Threads: any.   Python: multiprocessing.Lock.
 */
WEFT_MUST_CHECK int weft_shared_mutex_create(weft_shared_mutex *mutex);

/**
 * The calling thread holds the mutex.
 *
 *     err = weft_shared_mutex_acquire(lock, WEFT_FOREVER);
 *     if (err == WEFT_EOWNERDEAD && mend(data) == 0)
 *         err = weft_shared_mutex_consistent(lock);
 *
 * @param until  absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT, WEFT_ECANCELED; WEFT_EOWNERDEAD: the caller holds it, but a
 *         process died while it did: what the mutex guards may be half changed. The
 *         sentence names that process. Each owner is told so until one of them has
 *         called weft_shared_mutex_consistent(); WEFT_EDEADLK: misuse, the caller holds
 *         it already
 *
 * Threads: any, in any process.   Python: Lock.acquire. POSIX: robust mutexes.
 */
int weft_shared_mutex_acquire(weft_shared_mutex mutex, weft_time until);

/** What the mutex guards is whole again. 0; WEFT_EPERM: misuse, not the holder.
 * POSIX: pthread_mutex_consistent. */
int weft_shared_mutex_consistent(weft_shared_mutex mutex);

/** The mutex is free. 0; WEFT_EPERM: misuse, not the holder. Python: Lock.release. */
int weft_shared_mutex_release(weft_shared_mutex mutex);

/** The mutex is gone; nobody may use it any more. Threads: any. */
void weft_shared_mutex_close(weft_shared_mutex mutex);

/* ---- recursive mutex -------------------------------------------------------------- */

/* As a weft_shared_mutex, but its holder may acquire it again, and releases it as often. */
typedef struct weft_shared_rmutex {
    weft_offset at;
} weft_shared_rmutex;

/** Errors as weft_shared_mutex_create(). Python: multiprocessing.RLock. */
WEFT_MUST_CHECK int weft_shared_rmutex_create(weft_shared_rmutex *mutex);

/** As weft_shared_mutex_acquire(); WEFT_ETOOBIG: misuse, held 2^31 times already. */
int weft_shared_rmutex_acquire(weft_shared_rmutex mutex, weft_time until);
int weft_shared_rmutex_consistent(weft_shared_rmutex mutex);
int weft_shared_rmutex_release(weft_shared_rmutex mutex);
void weft_shared_rmutex_close(weft_shared_rmutex mutex);

/* ---- condition ---------------------------------------------------------------------- */

typedef struct weft_shared_condition {
    weft_offset at;
} weft_shared_condition;

/** Errors as weft_shared_mutex_create(). Python: multiprocessing.Condition. */
WEFT_MUST_CHECK int weft_shared_condition_create(weft_shared_condition *condition);

/**
 * Releases the mutex, waits for a notification, and holds the mutex again, in any case.
 *
 * It may also return 0 without a notification, and does so at least each 50 ms: so a
 * notification that a killed process took with it is made good. Wait in a loop.
 *
 * @param mutex  held by the caller
 * @return 0; WEFT_ETIMEDOUT, WEFT_ECANCELED; WEFT_EOWNERDEAD: as acquire, and the caller
 *         holds the mutex; WEFT_EPERM: misuse, the caller does not hold it
 *
 * Threads: any, in any process.   Python: Condition.wait.
 */
int weft_shared_condition_wait(weft_shared_condition condition, weft_shared_mutex mutex,
                               weft_time until);

/** At least one waiter goes on, if there are any. 0. Python: Condition.notify. */
int weft_shared_condition_notify(weft_shared_condition condition);

/** All waiters go on. 0. Python: Condition.notify_all. */
int weft_shared_condition_notify_all(weft_shared_condition condition);

void weft_shared_condition_close(weft_shared_condition condition);

/* ---- semaphore ---------------------------------------------------------------------- */

typedef struct weft_shared_semaphore {
    weft_offset at;
} weft_shared_semaphore;

/**
 * A semaphore with `permits` free permits. Permits that a process holds when it
 * dies are lost.
 *
 * Errors as weft_shared_mutex_create().
 *
 * Threads: any.   Python: multiprocessing.Semaphore.
 */
WEFT_MUST_CHECK int weft_shared_semaphore_create(weft_shared_semaphore *semaphore,
                                                 uint32_t permits);

/** The caller has a permit. 0; WEFT_ETIMEDOUT, WEFT_ECANCELED. Python: acquire. */
int weft_shared_semaphore_acquire(weft_shared_semaphore semaphore, weft_time until);

/** `count` more permits are free. 0; as misuse: WEFT_ETOOBIG. Python: release. */
int weft_shared_semaphore_release(weft_shared_semaphore semaphore, uint32_t count);

void weft_shared_semaphore_close(weft_shared_semaphore semaphore);

/* ---- event ------------------------------------------------------------------------- */

typedef struct weft_shared_event {
    weft_offset at;
} weft_shared_event;

/** A clear event. Errors as weft_shared_mutex_create(). Python: multiprocessing.Event. */
WEFT_MUST_CHECK int weft_shared_event_create(weft_shared_event *event);

/** 0; all who wait go on, and nobody waits until it is cleared. Python: Event.set. */
int weft_shared_event_set(weft_shared_event event);

/** 0. Python: Event.clear. */
int weft_shared_event_clear(weft_shared_event event);

/** Python: Event.is_set. */
bool weft_shared_event_is_set(weft_shared_event event);

/** The event was set. 0; WEFT_ETIMEDOUT, WEFT_ECANCELED. Python: Event.wait. */
int weft_shared_event_wait(weft_shared_event event, weft_time until);

void weft_shared_event_close(weft_shared_event event);

/* ---- barrier ------------------------------------------------------------------------- */

typedef struct weft_shared_barrier {
    weft_offset at;
} weft_shared_barrier;

/**
 * A barrier for `parties` threads of any processes.
 *
 * @return also WEFT_EINVAL: parties is 0 or above 1000
 *
 * Threads: any.   Python: multiprocessing.Barrier.
 */
WEFT_MUST_CHECK int weft_shared_barrier_create(weft_shared_barrier *barrier, uint32_t parties);

/**
 * All parties have come.
 *
 * @param index  receives 0 to parties - 1, each once; NULL: not wanted
 * @return 0; WEFT_ETIMEDOUT, WEFT_ECANCELED: it did not wait to the end, and the barrier
 *         is broken; WEFT_EBROKEN: another did so, or it was aborted, or a process died
 *         while it waited in it (the sentence says which), and each call returns this
 *         until it is reset
 *
 * Threads: any, in any process.   Python: Barrier.wait.
 */
int weft_shared_barrier_wait(weft_shared_barrier barrier, uint32_t *index, weft_time until);

/** It is broken, all who wait are told. 0. Python: Barrier.abort. */
int weft_shared_barrier_abort(weft_shared_barrier barrier);

/** It is whole and empty; who waits is told WEFT_EBROKEN. 0. Python: Barrier.reset. */
int weft_shared_barrier_reset(weft_shared_barrier barrier);

void weft_shared_barrier_close(weft_shared_barrier barrier);

#ifdef __cplusplus
}
#endif

#endif
