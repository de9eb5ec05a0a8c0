/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_CREW_H
#define WEFT_TESTS_CREW_H

/*
 * Threads and processes that a test starts and that record for it.
 *
 *     struct counter counter = {0};
 *     weft_thread *threads[4];
 *     start_threads(threads, 4, count, &counter);   // WEFT_ARG(task, struct counter *)
 *     join_threads(threads, 4);
 *
 * A thread that cannot be started or does not end aborts the program: the test's
 * stack, on which it works, could not be left.
 */

#include <stddef.h>

#include "weft/process.h"
#include "weft/task.h"
#include "weft/thread.h"

/* Each gets a copy of the pointer `shared`. */
void start_threads(weft_thread **threads, size_t count, weft_function *function, void *shared);
void join_threads(weft_thread **threads, size_t count);

/* Asserts that the process started; NULL if not. */
weft_process *start_process(weft_function *function, const void *argument, size_t size);

/* Asserts that the process ends with 0, shows its sentence if not, and closes it. */
void join_process(weft_process *process);

/* The same for several, all with the same argument. */
void start_processes(weft_process **processes, size_t count, weft_function *function,
                     const void *argument, size_t size);
void join_processes(weft_process **processes, size_t count);

/* Ends the process for good, waits until it has, and closes it. */
void kill_process(weft_process *process);

/* In a function that runs as a process: it fails, and its parent's join_process()
 * shows where and why. */
#define REQUIRE(task, condition)                                                                   \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return weft_task_fail((task), WEFT_EFAILED, "line %d: %s; last error: %.100s",         \
                                  __LINE__, #condition, weft_last_error());                        \
    } while (0)

#endif
