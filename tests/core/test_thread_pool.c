/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "crew.h"
#include "fail.h"
#include "support.h"
#include "weft/atomic.h"
#include "weft/event.h"
#include "weft/executor.h"

enum { SUBMITTERS = 4, TASKS_EACH = 5000, MAPPED = 100 };

static weft_atomic_u32 runs;

static int count_runs(weft_task *task)
{
    (void)task;
    weft_fetch_add_u32(&runs, 1, WEFT_RELAXED);
    return 0;
}

static int submit_many(weft_task *task)
{
    weft_executor *pool = WEFT_ARG(task, weft_executor *);
    int err = 0;

    for (int i = 0; i < TASKS_EACH && err == 0; i++)
        err = weft_submit(pool, NULL, count_runs, NULL, 0);
    return err;
}

static void every_task_of_many_submitters_runs_once(void)
{
    weft_executor *pool = weft_thread_pool(&(weft_pool_options){.workers = 3});
    weft_thread *threads[SUBMITTERS];

    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    weft_store_u32(&runs, 0, WEFT_RELAXED);
    start_threads(threads, SUBMITTERS, submit_many, pool);
    join_threads(threads, SUBMITTERS);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_RELAXED), SUBMITTERS * TASKS_EACH);
    weft_executor_close(pool);
}

static weft_event gate;

static int wait_at_the_gate(weft_task *task)
{
    (void)task;
    return weft_event_wait(&gate, WEFT_FOREVER);
}

static void shutdown_tells_when_tasks_still_run(void)
{
    weft_executor *pool = weft_thread_pool(&(weft_pool_options){.workers = 2});

    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    weft_event_clear(&gate);
    CHECK_OK(weft_submit(pool, NULL, wait_at_the_gate, NULL, 0));
    CHECK_ERROR(weft_executor_shutdown(pool, WEFT_DRAIN, weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
    weft_event_set(&gate);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    weft_executor_close(pool);
}

enum { LATER = 4 };

static void expect_all_cancelled(weft_executor *pool)
{
    weft_executor_stats stats;

    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.submitted, LATER);
    CU_ASSERT_EQUAL(stats.cancelled, LATER);
}

static void delayed_tasks_that_are_discarded_were_submitted(void)
{
    const weft_submit_options options = {.at = weft_in(WEFT_S(3600))};
    weft_executor *pool = weft_thread_pool(&(weft_pool_options){.workers = 1});

    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    for (int i = 0; i < LATER; i++)
        CHECK_OK(weft_submit_with(pool, NULL, count_runs, NULL, 0, &options, WEFT_NOW));
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DISCARD, SOON));
    expect_all_cancelled(pool);
    weft_executor_close(pool);
}

/* Two are cancelled before the shutdown, the others while it waits for their instant. */
static void shutdown_waits_for_no_instant_of_a_cancelled_task(void)
{
    const weft_submit_options options = {.at = weft_in(WEFT_S(3600))};
    weft_executor *pool;
    weft_future *futures[LATER];

    watch_memory();
    pool = weft_thread_pool(&(weft_pool_options){.workers = 2});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    for (int i = 0; i < LATER; i++)
        CU_ASSERT_EQUAL_FATAL(
            weft_submit_with(pool, &futures[i], count_runs, NULL, 0, &options, WEFT_NOW), 0);
    for (int i = 0; i < LATER; i++) {
        CHECK_OK(weft_future_cancel(futures[i]));
        if (i == 1)
            CHECK_ERROR(weft_executor_shutdown(pool, WEFT_DRAIN, weft_in(WEFT_MS(5))),
                        WEFT_ETIMEDOUT);
    }
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    expect_all_cancelled(pool);
    weft_executor_close(pool);
    for (int i = 0; i < LATER; i++)
        weft_future_release(futures[i]);
    unwatch_memory();
}

struct own {
    weft_executor *pool;
    int map_error, shutdown_error;
    int out[MAPPED];
};

static int square(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    return WEFT_RETURN(task, int, x *x);
}

static int map_in_own_pool(weft_task *task)
{
    struct own *own = WEFT_ARG(task, struct own *);
    int in[MAPPED];

    for (int i = 0; i < MAPPED; i++)
        in[i] = i;
    own->map_error = weft_map(own->pool, square, WEFT_ITEMS(in), WEFT_ITEMS(own->out), SOON);
    return weft_submit(own->pool, NULL, count_runs, NULL, 0);
}

static void a_task_may_use_its_own_pool(void)
{
    struct own own = {.pool = weft_thread_pool(&(weft_pool_options){.workers = 1})};
    struct own *argument = &own;
    weft_future *future;

    CU_ASSERT_PTR_NOT_NULL_FATAL(own.pool);
    weft_store_u32(&runs, 0, WEFT_RELAXED);
    CHECK_OK(weft_submit(own.pool, &future, map_in_own_pool, &argument, sizeof(argument)));
    CHECK_OK(weft_future_result(future, NULL, 0, SOON));
    CU_ASSERT_EQUAL(own.map_error, 0);
    for (int i = 0; i < MAPPED; i++)
        CU_ASSERT_EQUAL(own.out[i], i * i);
    weft_future_release(future);
    CHECK_OK(weft_executor_shutdown(own.pool, WEFT_DRAIN, SOON));
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_RELAXED), 1);
    weft_executor_close(own.pool);
}

static int end_own_pool(weft_task *task)
{
    struct own *own = WEFT_ARG(task, struct own *);

    own->shutdown_error = weft_executor_shutdown(own->pool, WEFT_DRAIN, WEFT_FOREVER);
    weft_executor_close(own->pool);
    return weft_submit(own->pool, NULL, count_runs, NULL, 0); /* it is still open */
}

static weft_atomic_u32 misuses;

static void count_misuse(int code, const char *sentence)
{
    (void)sentence;
    weft_fetch_add_u32(&misuses, code == WEFT_EDEADLK, WEFT_SEQ_CST);
}

static void a_task_cannot_end_its_own_pool(void)
{
    struct own own = {.pool = weft_thread_pool(&(weft_pool_options){.workers = 1})};
    struct own *argument = &own;
    weft_future *future;

    CU_ASSERT_PTR_NOT_NULL_FATAL(own.pool);
    weft_on_misuse(count_misuse);
    weft_store_u32(&misuses, 0, WEFT_SEQ_CST);
    weft_store_u32(&runs, 0, WEFT_RELAXED);
    CHECK_OK(weft_submit(own.pool, &future, end_own_pool, &argument, sizeof(argument)));
    CHECK_OK(weft_future_result(future, NULL, 0, SOON));
    CU_ASSERT_EQUAL(own.shutdown_error, WEFT_EDEADLK);
    CU_ASSERT_EQUAL(weft_load_u32(&misuses, WEFT_SEQ_CST), 2);
    CHECK_OK(weft_executor_shutdown(own.pool, WEFT_DRAIN, SOON));
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_RELAXED), 1);
    weft_future_release(future);
    weft_executor_close(own.pool);
    weft_on_misuse(support_on_misuse);
}

static int attempt_pool(void *context)
{
    weft_executor *pool = weft_thread_pool(&(weft_pool_options){.workers = 3});

    (void)context;
    if (!pool)
        return WEFT_ENOMEM;
    weft_executor_close(pool);
    return 0;
}

static void no_memory_for_a_pool_leaves_nothing_behind(void)
{
    CU_ASSERT_TRUE(refuse_each_allocation(attempt_pool, NULL) >= 4);
}

static int attempt_pool_threads(void *context)
{
    return attempt_pool(context) == 0 ? 0 : WEFT_ELIMIT;
}

static void a_refused_thread_leaves_nothing_behind(void)
{
    CU_ASSERT_EQUAL(refuse_each_passage("thread.start", WEFT_ELIMIT, attempt_pool_threads, NULL),
                    3);
}

const char *const suite_name = "thread_pool";
CU_TestInfo suite_cases[] = {
    {"every_task_of_many_submitters_runs_once", every_task_of_many_submitters_runs_once},
    {"shutdown_tells_when_tasks_still_run", shutdown_tells_when_tasks_still_run},
    {"shutdown_waits_for_no_instant_of_a_cancelled_task",
     shutdown_waits_for_no_instant_of_a_cancelled_task},
    {"delayed_tasks_that_are_discarded_were_submitted",
     delayed_tasks_that_are_discarded_were_submitted},
    {"a_task_may_use_its_own_pool", a_task_may_use_its_own_pool},
    {"a_task_cannot_end_its_own_pool", a_task_cannot_end_its_own_pool},
    {"no_memory_for_a_pool_leaves_nothing_behind", no_memory_for_a_pool_leaves_nothing_behind},
    {"a_refused_thread_leaves_nothing_behind", a_refused_thread_leaves_nothing_behind},
    CU_TEST_INFO_NULL,
};
