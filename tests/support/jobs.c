/* SPDX-License-Identifier: MIT */
#include "jobs.h"

#include <stdlib.h>

#include "check.h"
#include "weft/atomic.h"
#include "weft/process.h"

struct board *board;

static weft_offset board_at;

void open_jobs(void)
{
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&board_at, sizeof(*board)), 0);
    board = weft_shared_pointer(board_at);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&board->begun, 0), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&board->gate, 0), 0);
}

void close_jobs(void)
{
    weft_shared_semaphore_close(board->begun);
    weft_shared_semaphore_close(board->gate);
    weft_shared_free(board_at);
    board = NULL;
}

struct job job(int number)
{
    return (struct job){board_at, number};
}

weft_executor *processes(const weft_pool_options *options)
{
    weft_executor *pool = weft_process_pool(options);

    if (!pool)
        printf("\n    %s\n", weft_last_error());
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    return pool;
}

weft_future *submit_job(weft_executor *pool, weft_function *function, int number,
                        const weft_submit_options *options)
{
    struct job argument = job(number);
    weft_future *future = NULL;

    CHECK_OK(weft_submit_with(pool, &future, function, &argument, sizeof(argument), options, SOON));
    CU_ASSERT_PTR_NOT_NULL_FATAL(future);
    return future;
}

weft_future *hold_worker(weft_executor *pool, const weft_submit_options *options)
{
    weft_future *future = submit_job(pool, wait_at_gate, -1, options);

    CHECK_OK(weft_shared_semaphore_acquire(board->begun, SOON));
    return future;
}

void let_go(unsigned count)
{
    CHECK_OK(weft_shared_semaphore_release(board->gate, count));
}

void warm_up(weft_executor *pool)
{
    enum { TASKS = 2000 };
    static weft_future *futures[TASKS];

    for (int i = 0; i < TASKS; i++)
        futures[i] = submit_job(pool, mark, -1, NULL);
    for (int i = 0; i < TASKS; i++)
        expect_value(futures[i], -1);
    weft_store_u32(&board->runs, 0, WEFT_RELAXED);
}

void expect_value(weft_future *future, int value)
{
    int result = ~value;

    CHECK_OK(weft_future_result(future, &result, sizeof(result), SOON));
    CU_ASSERT_EQUAL(result, value);
    weft_future_release(future);
}

void expect_code(weft_future *future, int code)
{
    CHECK_ERROR(weft_future_result(future, NULL, 0, SOON), code);
    weft_future_release(future);
}

uint32_t runs_so_far(void)
{
    return weft_load_u32(&board->runs, WEFT_SEQ_CST);
}

static bool has_run(void *context)
{
    return runs_so_far() >= *(uint32_t *)context;
}

void expect_runs(uint32_t count)
{
    CU_ASSERT_TRUE(eventually(has_run, &count));
    CU_ASSERT_EQUAL(runs_so_far(), count);
}

struct wanted {
    weft_executor *pool;
    unsigned workers;
};

static bool has_workers(void *context)
{
    struct wanted *wanted = context;
    weft_executor_stats stats;

    return weft_executor_stats_get(wanted->pool, &stats) == 0 && stats.workers == wanted->workers;
}

void expect_workers(weft_executor *pool, unsigned count)
{
    struct wanted wanted = {pool, count};

    CU_ASSERT_TRUE(eventually(has_workers, &wanted));
}

/* ---- in the worker ---------------------------------------------------------------- */

static struct job begin(weft_task *task, struct board **where)
{
    struct job argument = WEFT_ARG(task, struct job);

    *where = weft_shared_pointer(argument.board);
    weft_fetch_add_u32(&(*where)->runs, 1, WEFT_SEQ_CST);
    return argument;
}

int mark(weft_task *task)
{
    struct job argument = WEFT_ARG(task, struct job);
    struct board *where = weft_shared_pointer(argument.board);
    uint32_t place = weft_fetch_add_u32(&where->runs, 1, WEFT_SEQ_CST);

    if (argument.number >= 0 && place < 256)
        weft_store_u32(&where->marks[place], (uint32_t)argument.number, WEFT_RELAXED);
    return WEFT_RETURN(task, int, argument.number);
}

int wait_at_gate(weft_task *task)
{
    struct board *where;
    struct job argument = begin(task, &where);
    int err, asked = 0;

    weft_shared_semaphore_release(where->begun, 1);
    do {
        err = weft_shared_semaphore_acquire(where->gate, weft_in(WEFT_MS(5)));
        asked = weft_cancel_check();
    } while (err == WEFT_ETIMEDOUT && asked == 0);
    err = err == WEFT_ETIMEDOUT ? asked : err;
    return err != 0 ? err : WEFT_RETURN(task, int, argument.number);
}

int compute(weft_task *task)
{
    struct board *where;

    begin(task, &where);
    weft_shared_semaphore_release(where->begun, 1);
    while (weft_load_u32(&where->runs, WEFT_RELAXED) != UINT32_MAX)
        weft_cpu_pause();
    return 0;
}

int exit_with(weft_task *task)
{
    struct board *where;

    exit(begin(task, &where).number);
}

int tell_pid(weft_task *task)
{
    struct board *where;

    begin(task, &where);
    return WEFT_RETURN(task, uint64_t, weft_process_current_pid());
}
