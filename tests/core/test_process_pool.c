/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "program.h"
#include "weft/executor.h"
#include "weft/process.h"
#include "weft/shared.h"

enum { TASKS = 60, KILL_EACH = 12 };

static weft_executor *make(unsigned workers)
{
    weft_executor *pool = weft_process_pool(&(weft_pool_options){.workers = workers});

    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    return pool;
}

static int square(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    return WEFT_RETURN(task, int, x *x);
}

static int whoami(weft_task *task)
{
    return WEFT_RETURN(task, uint64_t, weft_process_current_pid());
}

static void tasks_run_in_other_processes(void)
{
    weft_executor *pool = make(1);
    weft_future *future;
    uint64_t pid = 0;

    CHECK_OK(weft_submit(pool, &future, whoami, NULL, 0));
    CHECK_OK(weft_future_result(future, &pid, sizeof(pid), SOON));
    CU_ASSERT_NOT_EQUAL(pid, 0);
    CU_ASSERT_NOT_EQUAL(pid, weft_process_current_pid());
    weft_future_release(future);
    weft_executor_close(pool);
}

static int square_or_exit(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    if (x % KILL_EACH == 5)
        exit(3);
    return WEFT_RETURN(task, int, x *x);
}

/* A worker that ends fails the task it ran, and only that one. */
static void a_dead_worker_loses_exactly_its_task(void)
{
    weft_executor *pool = make(2);
    weft_future *futures[TASKS];
    int lost = 0, right = 0;

    for (int i = 0; i < TASKS; i++)
        CHECK_OK(weft_submit(pool, &futures[i], square_or_exit, &i, sizeof(i)));
    for (int i = 0; i < TASKS; i++) {
        int result = -1, err = weft_future_result(futures[i], &result, sizeof(result), SOON);

        if (i % KILL_EACH == 5) {
            CU_ASSERT_EQUAL(err, WEFT_ELOST);
            CHECK_SENTENCE("exited with code 3");
            CHECK_SENTENCE("pid");
            lost++;
        } else {
            CHECK_OK(err);
            right += result == i * i;
        }
        weft_future_release(futures[i]);
    }
    CU_ASSERT_EQUAL(lost, TASKS / KILL_EACH);
    CU_ASSERT_EQUAL(right, TASKS - TASKS / KILL_EACH);
    weft_executor_close(pool);
}

static int crash(weft_task *task)
{
    (void)task;
    abort();
}

static void a_crash_is_told_and_the_pool_goes_on(void)
{
    weft_executor *pool = make(1);
    weft_future *future;
    int x = 9, result = 0;

    CHECK_OK(weft_submit(pool, &future, crash, NULL, 0));
    CHECK_ERROR(weft_future_result(future, NULL, 0, SOON), WEFT_ELOST);
    weft_future_release(future);
    CHECK_OK(weft_submit(pool, &future, square, &x, sizeof(x)));
    CHECK_OK(weft_future_result(future, &result, sizeof(result), SOON));
    CU_ASSERT_EQUAL(result, 81);
    weft_future_release(future);
    weft_executor_close(pool);
}

static int sleep_holding(weft_task *task)
{
    weft_shared_semaphore begun = WEFT_ARG(task, weft_shared_semaphore);

    weft_shared_semaphore_release(begun, 1);
    weft_sleep(WEFT_S(3600));
    return 0;
}

static void close_kills_what_runs(void)
{
    weft_executor *pool = make(2);
    weft_shared_semaphore begun;
    weft_future *running, *queued[2];

    CHECK_OK(weft_shared_semaphore_create(&begun, 0));
    CHECK_OK(weft_submit(pool, &running, sleep_holding, &begun, sizeof(begun)));
    CHECK_OK(weft_submit(pool, &queued[0], sleep_holding, &begun, sizeof(begun)));
    CHECK_OK(weft_submit(pool, &queued[1], sleep_holding, &begun, sizeof(begun)));
    CHECK_OK(weft_shared_semaphore_acquire(begun, SOON));
    CHECK_OK(weft_shared_semaphore_acquire(begun, SOON));
    CHECK_ERROR(weft_executor_shutdown(pool, WEFT_DISCARD, weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
    weft_executor_close(pool);
    CHECK_ERROR(weft_future_result(running, NULL, 0, WEFT_NOW), WEFT_ELOST);
    CHECK_ERROR(weft_future_result(queued[0], NULL, 0, WEFT_NOW), WEFT_ELOST);
    CHECK_ERROR(weft_future_result(queued[1], NULL, 0, WEFT_NOW), WEFT_ECANCELED);
    weft_future_release(running);
    weft_future_release(queued[0]);
    weft_future_release(queued[1]);
    weft_shared_semaphore_close(begun);
}

/* One task waits for what the other does: neither may wait behind the other while a
 * worker is idle. */
static int hand_over(weft_task *task)
{
    weft_shared_semaphore semaphore = WEFT_ARG(task, weft_shared_semaphore);

    return weft_shared_semaphore_release(semaphore, 1);
}

static int take_over(weft_task *task)
{
    weft_shared_semaphore semaphore = WEFT_ARG(task, weft_shared_semaphore);

    return weft_shared_semaphore_acquire(semaphore, SOON);
}

static void tasks_that_need_each_other_run_side_by_side(void)
{
    weft_executor *pool = make(2);
    weft_shared_semaphore semaphore;
    weft_future *futures[2];

    CHECK_OK(weft_shared_semaphore_create(&semaphore, 0));
    for (int i = 0; i < 20; i++) {
        CHECK_OK(weft_submit(pool, &futures[0], take_over, &semaphore, sizeof(semaphore)));
        CHECK_OK(weft_submit(pool, &futures[1], hand_over, &semaphore, sizeof(semaphore)));
        CHECK_OK(weft_future_result(futures[0], NULL, 0, SOON));
        CHECK_OK(weft_future_result(futures[1], NULL, 0, SOON));
        weft_future_release(futures[0]);
        weft_future_release(futures[1]);
    }
    weft_shared_semaphore_close(semaphore);
    weft_executor_close(pool);
}

static int length(weft_task *task)
{
    return WEFT_RETURN(task, size_t, weft_task_argument_size(task));
}

static int attempt_pool(void *context)
{
    weft_executor *pool = weft_process_pool(&(weft_pool_options){.workers = 2});

    (void)context;
    if (!pool)
        return WEFT_ELIMIT;
    weft_executor_close(pool);
    return 0;
}

static void a_refused_process_leaves_nothing_behind(void)
{
    CU_ASSERT_EQUAL(refuse_each_passage("process.start", WEFT_ELIMIT, attempt_pool, NULL), 2);
}

static void a_refused_watcher_leaves_nothing_behind(void)
{
    /* two monitors, the manager and the one that starts workers */
    CU_ASSERT_EQUAL(refuse_each_passage("thread.start", WEFT_ELIMIT, attempt_pool, NULL), 4);
}

static void shared_memory_that_is_refused_fails_the_submit(void)
{
    weft_executor *pool = make(1);
    weft_future *future = NULL;
    char large[1000] = "large";

    refuse_passage("arena.alloc", 1, WEFT_ENOMEM);
    CHECK_ERROR(weft_submit(pool, &future, length, large, sizeof(large)), WEFT_ENOMEM);
    CU_ASSERT_PTR_NULL(future);
    refuse_passage("arena.alloc", 0, 0);
    CHECK_OK(weft_submit(pool, &future, length, large, sizeof(large)));
    CHECK_OK(weft_future_result(future, NULL, 0, SOON));
    weft_future_release(future);
    weft_executor_close(pool);
}

static void workers_that_die_at_start_fail_the_pool_with_the_reason(void)
{
    const char *const arguments[] = {dying_program, NULL};
    weft_process *process = NULL;
    char text[1000];

    CU_ASSERT_EQUAL_FATAL(weft_process_open(&process, arguments, &output_only), 0);
    read_all(process, text, sizeof(text));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "WEFT_ELOST: the worker died: task 1 not run"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "WEFT_ELOST: the worker died: pool Pool: no worker"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "exited with code 9"));
    CU_ASSERT_EQUAL(code_of(process), 0);
}

const char *const suite_name = "process_pool";
CU_TestInfo suite_cases[] = {
    {"tasks_run_in_other_processes", tasks_run_in_other_processes},
    {"a_dead_worker_loses_exactly_its_task", a_dead_worker_loses_exactly_its_task},
    {"a_crash_is_told_and_the_pool_goes_on", a_crash_is_told_and_the_pool_goes_on},
    {"close_kills_what_runs", close_kills_what_runs},
    {"tasks_that_need_each_other_run_side_by_side", tasks_that_need_each_other_run_side_by_side},
    {"a_refused_process_leaves_nothing_behind", a_refused_process_leaves_nothing_behind},
    {"a_refused_watcher_leaves_nothing_behind", a_refused_watcher_leaves_nothing_behind},
    {"shared_memory_that_is_refused_fails_the_submit",
     shared_memory_that_is_refused_fails_the_submit},
    {"workers_that_die_at_start_fail_the_pool_with_the_reason",
     workers_that_die_at_start_fail_the_pool_with_the_reason},
    CU_TEST_INFO_NULL,
};
