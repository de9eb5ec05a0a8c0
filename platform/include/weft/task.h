/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TASK_H
#define WEFT_TASK_H

/*
 * One kind of task, for threads, processes and pools alike: a function, and a
 * copy of its argument.
 *
 *     static int square(weft_task *task)
 *     {
 *         int x = WEFT_ARG(task, int);             // copied in
 *         return WEFT_RETURN(task, int, x * x);    // copied out, to the future
 *     }
 *
 * A task function returns 0, or an error: a code of its own via
 * weft_task_fail(), or the code of the call that failed, whose sentence
 * (weft_last_error()) then travels with it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "compiler.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_task weft_task; /* valid only while its function runs, in its thread */

typedef int weft_function(weft_task *task);

/* Which of the threads that could run, or tasks that wait, go first. */
enum weft_priority { WEFT_LOW = -1, WEFT_NORMAL = 0, WEFT_HIGH = 1 };

/* The argument as a value: WEFT_ARG(task, int). The type must be the one that was passed. */
#define WEFT_ARG(task, type) (*(type const *)weft_task_argument((task), sizeof(type)))

/* Hands the result over and is 0, or the error of weft_task_return(). */
#define WEFT_RETURN(task, type, value) weft_task_return((task), &(type){value}, sizeof(type))

/* An array as the three arguments that weft_map() and its kin take for it. */
#define WEFT_ITEMS(array) (array), sizeof((array)[0]), sizeof(array) / sizeof((array)[0])

/**
 * The copy of the argument that the task was started with.
 *
 * @param size  bytes that the caller is about to read
 * @return the task's own copy, aligned for any type, valid while the task runs;
 *         NULL: the argument has another size, after weft_on_misuse() was told
 *
 * Threads: the task's.   Python: the args of Thread, Process and submit.
 */
const void *weft_task_argument(weft_task *task, size_t size);

/** The argument's size in bytes; 0 if there is none. Threads: the task's. */
size_t weft_task_argument_size(const weft_task *task);

/**
 * The result is copied and will reach whoever asks the future.
 *
 * A thread's result waits for weft_thread_join_result(). A task started as a process
 * has no future: its result is dropped. The last call counts.
 *
 * @param result  `size` bytes, still the caller's
 * @return 0; WEFT_ENOMEM: no memory for the copy, and there is no result
 *
 * Threads: the task's.   Python: return value.
 */
int weft_task_return(weft_task *task, const void *result, size_t size);

/**
 * Room for a result that the task writes where it will be read: a large one is not copied.
 *
 *     double *squares = weft_task_result(task, n * sizeof(double));
 *
 * @param size  bytes, aligned for any type, not zeroed
 * @return the result's place until the function returns; NULL: WEFT_ENOMEM, and there is no
 *         result. The last call of this or weft_task_return() counts.
 *
 * Threads: the task's.   Python: none.
 */
void *weft_task_result(weft_task *task, size_t size);

/**
 * Says why the task fails, in words that the future hands to whoever asks.
 *
 * @param code    a WEFT_E... code, usually WEFT_EFAILED; 0 counts as WEFT_EFAILED
 * @param format  printf's, for one sentence (cut at 255 bytes)
 * @return code, for `return weft_task_fail(...)`
 *
 * Threads: the task's.   Python: raise.
 */
int weft_task_fail(weft_task *task, int code, const char *format, ...) WEFT_PRINTF(3, 4);

/**
 * Whether the task was asked to stop (weft/cancel.h): weft_thread_cancel(),
 * weft_future_interrupt(), or a token above its own.
 *
 * Threads: the task's.   Go: ctx.Err() != nil.
 */
bool weft_task_cancelled(const weft_task *task);

/* Told of a task that failed where no future could carry it: by whom, and why. */
typedef void weft_failure_function(const char *task_name, int code, const char *sentence);

/**
 * From now on `tell` hears of every thread whose function returns an error, and of
 * every pool's task that failed and has no future: in the thread that ran it, or, for
 * a process pool, in the pool's own thread. Not of a task that was cancelled and returned
 * WEFT_ECANCELED: it did what it was asked to.
 *
 * @param tell  NULL: nobody is told. A process that fails leaves its sentence in its
 *              status instead (weft/process.h). A hook that is set before weft_main()
 *              is set in child processes too.
 *
 * Threads: any.   Python: threading.excepthook.
 */
void weft_on_failure(weft_failure_function *tell);

/** The name of the task's thread or process, never NULL. Threads: the task's. */
const char *weft_task_name(const weft_task *task);

#ifdef __cplusplus
}
#endif

#endif
