/* SPDX-License-Identifier: MIT */
#ifndef WEFT_THREAD_H
#define WEFT_THREAD_H

/*
 * Threads.
 *
 *     weft_thread *t;
 *     CHECK(weft_thread_start(&t, count, &i, sizeof(i)));   // i is copied
 *     ...
 *     CHECK(weft_thread_join(t, WEFT_FOREVER));              // t is gone now
 *
 * A handle lives from weft_thread_start() until weft_thread_join() returns 0 or
 * weft_thread_detach(). Who needs no handle passes NULL for it. A program that
 * returns from main() ends all its threads: weft_thread_join_all() is what
 * Python does there by itself.
 */

#include <stdbool.h>
#include <stddef.h>

#include "cancel.h"
#include "compiler.h"
#include "task.h"
#include "time.h"
#include "wait_any.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_thread weft_thread;

/* All zero is the default. */
typedef struct weft_thread_options {
    const char *name;  /* copied, UTF-8; NULL: "Thread-1", "Thread-2", ... */
    size_t stack_size; /* bytes, rounded up to what the system needs; 0: the system's */
    bool daemon;       /* weft_thread_join_all() does not wait for it */
    const weft_cancel *cancel; /* cancels the thread too, and must outlive it; NULL: none */
} weft_thread_options;

/**
 * A new thread runs `function` with a copy of the argument.
 *
 * @param thread    receives the handle; NULL: none wanted, it frees itself
 * @param function  what to run; if it returns an error, weft_on_failure() is told
 * @param argument  `size` bytes, copied before the call returns; NULL with 0
 * @return 0; WEFT_ENOMEM; WEFT_ELIMIT: the system refuses another thread. After
 *         an error nothing runs and *thread is untouched.
 *
 * Threads: any.   Python: Thread(target=function, args=(argument,)).start().
 */
WEFT_MUST_CHECK int weft_thread_start(weft_thread **thread, weft_function *function,
                                      const void *argument, size_t size);

/** The same with options (NULL: none). Python: Thread(name=..., daemon=...). */
WEFT_MUST_CHECK int weft_thread_start_with(weft_thread **thread, weft_function *function,
                                           const void *argument, size_t size,
                                           const weft_thread_options *options);

/**
 * The thread has ended, its thread-local destructors have run, and the handle
 * is gone.
 *
 * @param thread  a live handle; still live after an error
 * @param until   absolute, monotonic ns; WEFT_NOW, WEFT_FOREVER, weft_in()
 * @return 0; WEFT_ETIMEDOUT: it still runs; WEFT_ECANCELED: it still runs, and the
 *         calling task was cancelled; and as misuse: WEFT_EDEADLK: it is the calling
 *         thread; WEFT_EBUSY: another thread joins it already; WEFT_EINVAL: not a live
 *         handle (joined or detached before, or NULL)
 *
 * Threads: any, one at a time per handle.   Python: Thread.join, and is_alive by
 * a join until WEFT_NOW.
 */
int weft_thread_join(weft_thread *thread, weft_time until);

/**
 * The thread has ended, and this is what its function gave to WEFT_RETURN().
 *
 *     CHECK(weft_thread_join_result(t, &y, sizeof(y), WEFT_FOREVER));
 *
 * @param result  receives `size` bytes; untouched on error; NULL: not wanted
 * @param size    bytes, as the function returned; 0 with NULL
 * @return as weft_thread_join(); also WEFT_EFAILED: the function returned an error, and
 *         the sentence says which; WEFT_ETOOBIG: misuse, the result has another size. The
 *         handle is gone after these two.
 *
 * Threads: any, one at a time per handle.   Python: none (Future.result). C11: thrd_join.
 */
WEFT_MUST_CHECK int weft_thread_join_result(weft_thread *thread, void *result, size_t size,
                                            weft_time until);

/**
 * The thread is asked to stop: what it waits for returns WEFT_ECANCELED (weft/cancel.h).
 *
 * @return 0; WEFT_EINVAL: misuse, not a live handle
 *
 * Threads: any.   Python: none. Java: Thread.interrupt.
 */
int weft_thread_cancel(weft_thread *thread);

/**
 * Nobody will join the thread: it frees itself when it ends.
 *
 * @return 0 (NULL too); WEFT_EINVAL: not a live handle; WEFT_EBUSY: being joined
 *
 * Threads: any.   Python: dropping the Thread object.
 */
int weft_thread_detach(weft_thread *thread);

/**
 * Every thread that is no daemon has ended, except the caller.
 *
 * @return 0; WEFT_ETIMEDOUT: at least one still runs, and the sentence names it;
 *         WEFT_ECANCELED: likewise, and the calling task was cancelled
 *
 * Threads: any; two that call it while both run wait for each other until the
 * deadline.   Python: what the interpreter does when the program ends.
 */
int weft_thread_join_all(weft_time until);

/** Whether the handle's thread has not ended yet. Threads: any. Python: is_alive. */
bool weft_thread_is_alive(weft_thread *thread);

/** For weft_wait_any(): ready when the thread has ended. Threads: any. */
weft_waitable weft_thread_waitable(weft_thread *thread);

/* One thread, as weft_thread_enumerate() shows it. Valid during the call. */
typedef struct weft_thread_info {
    unsigned id;      /* weft_thread_current_id() of it */
    const char *name; /* its name; "MainThread", "Foreign-N" */
    bool daemon;      /* as started; false for threads that weft did not start */
    bool started;     /* by weft */
    bool current;     /* it is the calling one */
} weft_thread_info;

typedef void weft_thread_visitor(const weft_thread_info *thread, void *context);

/**
 * `visit` is called for every live thread that weft started or that has used weft.
 *
 * @param visit  called with the list of threads locked: must not start, end or join any
 * @return how many there were
 *
 * Threads: any.   Python: threading.enumerate.
 */
size_t weft_thread_enumerate(weft_thread_visitor *visit, void *context);

/**
 * The calling thread is scheduled before (WEFT_HIGH) or after (WEFT_LOW) others.
 *
 * On some systems (Linux) the threads that it starts from then on inherit this, and a
 * thread that went low may not go back to normal.
 *
 * @return 0; WEFT_EPERM: the system does not let this user; WEFT_ENOTSUP: it has no such
 *         thing (weft_caps()->thread_priority)
 *
 * Threads: any, each for itself.   Python: none (os.sched_setscheduler).
 */
int weft_thread_priority_set(enum weft_priority priority);

/**
 * The calling thread runs on these CPUs only, and on some systems (Linux) so do the
 * threads that it starts from then on.
 *
 * @param cpus   `count` numbers, 0 to 1023
 * @return 0; WEFT_EINVAL: none, or none of them can be used; WEFT_ENOTSUP: the system has
 *         no such thing (weft_caps()->thread_affinity)
 *
 * Threads: any, each for itself.   Python: os.sched_setaffinity.
 */
int weft_thread_affinity_set(const unsigned *cpus, size_t count);

/** The name of a thread, valid as long as the handle. Threads: any. Python: Thread.name. */
const char *weft_thread_name(const weft_thread *thread);

/**
 * The name of the calling thread: "MainThread", or the name it was started with;
 * "Foreign-N" for a thread that weft did not start. Never NULL.
 *
 * Threads: any.   Python: threading.current_thread().name.
 */
const char *weft_thread_current_name(void);

/**
 * The number of the calling thread: 1, 2, ... in the order in which threads were
 * started or, not by weft, first used it; never given twice in a process, never 0.
 *
 * Threads: any.   Python: threading.get_ident (there not unique over time).
 */
unsigned weft_thread_current_id(void);

/**
 * How many CPUs this process may use: what its affinity mask allows, and no more
 * than its cgroup's CPU quota pays for, rounded up; at least 1.
 *
 * Threads: any.   Python: os.process_cpu_count, which ignores the quota.
 */
unsigned weft_cpu_count(void);

#ifdef __cplusplus
}
#endif

#endif
