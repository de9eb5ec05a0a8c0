/* SPDX-License-Identifier: MIT */
/* The workers of a process pool: made ready, more, fewer, replaced, and none at all. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "jobs.h"
#include "program.h"
#include "weft/atomic.h"
#include "weft/process.h"
#include "weft/thread.h"

static void close_crew(weft_executor *pool)
{
    weft_executor_close(pool);
    close_jobs();
}

/* ---- initializer and finalizer -------------------------------------------------------- */

static int prepared; /* in a worker: by its initializer */

static int prepare(weft_task *task)
{
    struct job argument = WEFT_ARG(task, struct job);
    struct board *where = weft_shared_pointer(argument.board);

    weft_sleep(WEFT_MS(20));
    weft_fetch_add_u32(&where->runs, 1, WEFT_SEQ_CST);
    prepared = argument.number;
    return 0;
}

static int clean_up(weft_task *task)
{
    struct job argument = WEFT_ARG(task, struct job);
    struct board *where = weft_shared_pointer(argument.board);

    weft_fetch_add_u32(&where->marks[0], (uint32_t)prepared, WEFT_SEQ_CST);
    return 0;
}

static int tell_prepared(weft_task *task)
{
    return WEFT_RETURN(task, int, prepared);
}

static weft_pool_options hooks(const struct job *argument, weft_function *initializer)
{
    return (weft_pool_options){.workers = 2,
                               .name = "Crew",
                               .initializer = initializer,
                               .finalizer = clean_up,
                               .argument = argument,
                               .argument_size = sizeof(*argument)};
}

static void each_worker_is_made_ready_and_cleans_up(void)
{
    weft_pool_options options;
    weft_executor *pool;
    struct job argument;

    open_jobs();
    argument = job(5);
    options = hooks(&argument, prepare);
    pool = processes(&options);
    CU_ASSERT_EQUAL(runs_so_far(), 2); /* creation has waited for both */
    for (int i = 0; i < 10; i++)
        expect_value(submit_job(pool, tell_prepared, 0, NULL), 5);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    CU_ASSERT_EQUAL(weft_load_u32(&board->marks[0], WEFT_SEQ_CST), 10);
    close_crew(pool);
}

/* Who is idle when the pool is closed may clean up, too. */
static void close_lets_idle_workers_clean_up(void)
{
    weft_pool_options options;
    weft_executor *pool;
    weft_future *held;
    struct job argument;

    open_jobs();
    argument = job(5);
    options = hooks(&argument, prepare);
    options.grace = WEFT_MS(900);
    pool = processes(&options);
    held = hold_worker(pool, NULL);
    weft_executor_close(pool);
    expect_code(held, WEFT_ELOST);
    CU_ASSERT_EQUAL(weft_load_u32(&board->marks[0], WEFT_SEQ_CST), 5);
    close_jobs();
}

static int refuse_to_begin(weft_task *task)
{
    return weft_task_fail(task, WEFT_ETOOBIG, "no room for %d elephants",
                          WEFT_ARG(task, struct job).number);
}

static int die_at_begin(weft_task *task)
{
    (void)task;
    exit(8);
}

static void a_worker_that_cannot_begin_fails_the_creation(void)
{
    weft_pool_options options;
    struct job argument;

    open_jobs();
    argument = job(4);
    options = hooks(&argument, refuse_to_begin);
    CU_ASSERT_PTR_NULL(weft_process_pool(&options));
    CHECK_SENTENCE("pool Crew");
    CHECK_SENTENCE("no room for 4 elephants");
    options = hooks(&argument, die_at_begin);
    CU_ASSERT_PTR_NULL(weft_process_pool(&options));
    CHECK_SENTENCE("exited with code 8");
    CU_ASSERT_EQUAL(weft_load_u32(&board->marks[0], WEFT_SEQ_CST), 0);
    close_jobs();
}

/* The first process begins, the others do not: at most ten are tried. */
static int begin_once(weft_task *task)
{
    struct job argument = WEFT_ARG(task, struct job);
    struct board *where = weft_shared_pointer(argument.board);

    return weft_fetch_add_u32(&where->runs, 1, WEFT_SEQ_CST) == 0
               ? 0
               : weft_task_fail(task, WEFT_EFAILED, "only one may begin");
}

static void a_pool_whose_workers_cannot_be_replaced_fails(void)
{
    weft_future *dies, *waits;
    weft_executor_stats stats;
    weft_pool_options options;
    weft_executor *pool;
    struct job argument;

    open_jobs();
    argument = job(0);
    options = hooks(&argument, begin_once);
    options.workers = 1;
    pool = processes(&options);
    dies = submit_job(pool, exit_with, 3, NULL);
    waits = submit_job(pool, mark, 1, NULL);
    expect_code(dies, WEFT_ELOST);
    CHECK_ERROR(weft_future_result(waits, NULL, 0, SOON), WEFT_ELOST);
    CHECK_SENTENCE("task 2 not run");
    CHECK_SENTENCE("only one may begin");
    weft_future_release(waits);
    CHECK_ERROR(weft_submit(pool, NULL, mark, &argument, sizeof(argument)), WEFT_ELOST);
    CHECK_SENTENCE("only one may begin");
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.started, 11);
    CU_ASSERT_EQUAL(stats.workers, 0);
    close_crew(pool);
}

/* ---- how many --------------------------------------------------------------------------- */

static void workers_are_replaced_after_their_tasks(void)
{
    enum { TASKS = 30 };
    weft_future *futures[TASKS];
    uint64_t pids[TASKS];
    weft_executor_stats stats;
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 2, .tasks_per_worker = 3});
    for (int i = 0; i < TASKS; i++)
        futures[i] = submit_job(pool, tell_pid, i, NULL);
    for (int i = 0; i < TASKS; i++) {
        int same = 0;

        CHECK_OK(weft_future_result(futures[i], &pids[i], sizeof(pids[i]), SOON));
        weft_future_release(futures[i]);
        for (int j = 0; j < i; j++)
            same += pids[j] == pids[i];
        CU_ASSERT_TRUE(same < 3);
    }
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.finished, TASKS);
    CU_ASSERT_EQUAL(stats.lost, 0);
    CU_ASSERT_TRUE(stats.started >= TASKS / 3);
    close_crew(pool);
}

static void a_pool_grows_while_tasks_wait_and_shrinks(void)
{
    weft_future *held[3];
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1, .workers_most = 3, .idle = WEFT_MS(50)});
    CU_ASSERT_EQUAL(weft_executor_workers(pool), 1);
    for (int i = 0; i < 3; i++)
        held[i] = hold_worker(pool, NULL); /* each begins while the others still run */
    expect_workers(pool, 3);
    let_go(3);
    for (int i = 0; i < 3; i++)
        expect_value(held[i], -1);
    expect_workers(pool, 1);
    expect_value(submit_job(pool, mark, 2, NULL), 2);
    close_crew(pool);
}

/* ---- refusals ----------------------------------------------------------------------------- */

static int attempt_all(void *context)
{
    struct job argument = job(1);
    weft_future *future = NULL;
    weft_pool_options options = hooks(&argument, NULL);
    weft_cancel cancel = WEFT_CANCEL_INIT;
    weft_submit_options wishes = {.cancel = &cancel};
    weft_executor *pool;
    int err = WEFT_ENOMEM;

    (void)context;
    options.workers = 1;
    pool = weft_process_pool(&options);
    if (!pool)
        return WEFT_ENOMEM;
    if (weft_submit_with(pool, &future, mark, &argument, sizeof(argument), &wishes, SOON) == 0)
        err = weft_future_result(future, NULL, 0, SOON);
    weft_future_release(future);
    wishes.at = weft_in(WEFT_MS(1));
    if (err == 0)
        err = weft_submit_with(pool, NULL, mark, &argument, sizeof(argument), &wishes, SOON);
    if (err == 0)
        err = weft_executor_shutdown(pool, WEFT_DRAIN, SOON);
    weft_executor_close(pool);
    return err;
}

static void refused_memory_leaves_nothing_behind(void)
{
    open_jobs();
    CU_ASSERT_TRUE(refuse_each_allocation(attempt_all, NULL) > 5);
    CU_ASSERT_TRUE(refuse_each_passage("arena.alloc", WEFT_ENOMEM, attempt_all, NULL) > 2);
    close_jobs();
}

/* A replacement that the system refuses is tried again later. */
static void a_refused_replacement_comes_later(void)
{
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1});
    refuse_passage("process.start", 1, WEFT_ELIMIT);
    expect_code(submit_job(pool, exit_with, 1, NULL), WEFT_ELOST);
    expect_value(submit_job(pool, mark, 1, NULL), 1);
    refuse_passage("process.start", 0, 0);
    close_crew(pool);
}

static int end_soon(weft_task *task)
{
    (void)task;
    weft_sleep(WEFT_MS(20));
    _Exit(9);
}

/* Its initializer: the worker gets ready, and ends while it waits for a task. */
static int leave_a_thread(weft_task *task)
{
    (void)task;
    return weft_thread_start_with(NULL, end_soon, NULL, 0, &(weft_thread_options){.daemon = true});
}

static bool twelve_have_run(void *pool)
{
    weft_executor_stats stats;

    weft_executor_stats_get(pool, &stats);
    return stats.started >= 12;
}

/* Two at a time: the last five of twelve come after three pauses, two of them of 160 ms or more. */
static void workers_that_end_for_nothing_are_replaced_at_leisure(void)
{
    weft_time began = weft_clock();
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 2, .initializer = leave_a_thread});
    CU_ASSERT_TRUE(eventually(twelve_have_run, pool));
    CU_ASSERT_TRUE(weft_clock() - began >= WEFT_MS(320));
    close_crew(pool);
}

static void a_program_without_weft_main_is_told(void)
{
    const char *const arguments[] = {no_main_program, NULL};
    weft_process *process = NULL;
    char text[1000];

    CU_ASSERT_EQUAL_FATAL(weft_process_open(&process, arguments, &output_only), 0);
    read_all(process, text, sizeof(text));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "pool Pool: not all of its processes: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(strstr(text, "pool Pool"), "weft_main"));
    CU_ASSERT_EQUAL(code_of(process), 3);
}

const char *const suite_name = "process_pool_workers";
CU_TestInfo suite_cases[] = {
    {"each_worker_is_made_ready_and_cleans_up", each_worker_is_made_ready_and_cleans_up},
    {"close_lets_idle_workers_clean_up", close_lets_idle_workers_clean_up},
    {"a_worker_that_cannot_begin_fails_the_creation",
     a_worker_that_cannot_begin_fails_the_creation},
    {"a_pool_whose_workers_cannot_be_replaced_fails",
     a_pool_whose_workers_cannot_be_replaced_fails},
    {"workers_are_replaced_after_their_tasks", workers_are_replaced_after_their_tasks},
    {"a_pool_grows_while_tasks_wait_and_shrinks", a_pool_grows_while_tasks_wait_and_shrinks},
    {"refused_memory_leaves_nothing_behind", refused_memory_leaves_nothing_behind},
    {"a_refused_replacement_comes_later", a_refused_replacement_comes_later},
    {"workers_that_end_for_nothing_are_replaced_at_leisure",
     workers_that_end_for_nothing_are_replaced_at_leisure},
    {"a_program_without_weft_main_is_told", a_program_without_weft_main_is_told},
    CU_TEST_INFO_NULL,
};
