/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_JOBS_H
#define WEFT_TESTS_JOBS_H

/*
 * Tasks for the tests of process pools, and what they share with the test.
 *
 *     open_jobs();
 *     pool = processes(&(weft_pool_options){.workers = 1});
 *     held = hold_worker(pool, NULL);         // runs until let_go(1)
 *     ...
 *     let_go(1);
 *     weft_executor_close(pool);
 *     close_jobs();
 */

#include "weft/executor.h"
#include "weft/shared.h"

/* In the arena. Tasks get it as their argument, with a number. */
struct board {
    weft_shared_semaphore begun, gate;
    weft_atomic_u32 runs;       /* tasks that began */
    weft_atomic_u32 marks[256]; /* numbers of those that mark(), in their order */
};

struct job {
    weft_offset board;
    int number;
};

extern struct board *board;

void open_jobs(void);
void close_jobs(void);
struct job job(int number);

/* Asserts that there is one. */
weft_executor *processes(const weft_pool_options *options);

/* Asserts that it is taken; options may be NULL. */
weft_future *submit_job(weft_executor *pool, weft_function *function, int number,
                  const weft_submit_options *options);

/* A task that runs and waits at the gate; it has begun. let_go() lets that many through. */
weft_future *hold_worker(weft_executor *pool, const weft_submit_options *options);
void let_go(unsigned count);

/* Many short tasks, so that the pool hands them out many at a time. */
void warm_up(weft_executor *pool);

/* Asserts that the future ends so, soon, and releases it. */
void expect_value(weft_future *future, int value);
void expect_code(weft_future *future, int code);

uint32_t runs_so_far(void);

/* Asserts that the number of tasks, or of workers, gets so, soon. */
void expect_runs(uint32_t count);
void expect_workers(weft_executor *pool, unsigned count);

/* Task functions; all count themselves in `runs`. */
int mark(weft_task *task);         /* leaves its number on the board, returns it */
int wait_at_gate(weft_task *task); /* returns its number, or what ended the wait */
int compute(weft_task *task);      /* for ever, and never asks whether it should stop */
int exit_with(weft_task *task);    /* its worker exits, with the number */
int tell_pid(weft_task *task);     /* returns the worker's, an uint64_t */

#endif
