/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_TASKS_H
#define WEFT_TESTS_TASKS_H

/*
 * A pool of threads and tasks for it, for the tests of futures.
 *
 *     open_pool(1);
 *     held = hold(7);                  // runs until open_gate(), then returns 7
 *     ...
 *     open_gate();
 *     close_pool();
 */

#include "weft/atomic.h"
#include "weft/executor.h"
#include "weft/future.h"

extern weft_executor *pool;

/* The gate is shut, `runs` and `told` are 0. close_pool() opens it and runs what is queued. */
void open_pool(unsigned workers);
void close_pool(void);

/* Asserts that the task is queued. */
weft_future *submit(weft_function *function, int argument);

/* The future of a chain or a group: asserts that there is one. */
weft_future *then(weft_future *future, weft_function *function);
weft_future *all(weft_future *const *futures, size_t count);
weft_future *any(weft_future *const *futures, size_t count);

void release(weft_future **futures, size_t count);

/* A future whose task runs and waits at the gate; the task has begun. */
weft_future *hold(int result);
void open_gate(void);

/* Task functions: int to int unless it says otherwise; each counts itself in `runs`. */
extern weft_atomic_u32 runs;
int twice(weft_task *task);
int add_one(weft_task *task);
int fail(weft_task *task);    /* WEFT_ETOOBIG: "no room for <argument> elephants" */
int recover(weft_task *task); /* for weft_otherwise: -code of the weft_failure */

/* For weft_future_on_done(): counts in `told`. */
extern weft_atomic_u32 told;
void tell(weft_future *future, void *context);

/* Asserts that the future gets this result, or this error, soon. */
void expect_result(weft_future *future, int result);
void expect_error(weft_future *future, int code);

#endif
