/* SPDX-License-Identifier: MIT */
/* Priorities, figures, and how tasks of a pool are asked to stop. */
#include "check.h"

#include "crew.h"
#include "weft/atomic.h"
#include "weft/cancel.h"
#include "weft/event.h"
#include "weft/executor.h"

enum { MANY = 30 };

static weft_executor *pool;
static weft_event gate, never;
static weft_atomic_u32 entered;
static int order[MANY];      /* the arguments of mark(), as they ran; one worker writes */
static weft_atomic_u32 marks;

static void open_pool(unsigned workers, const weft_cancel *cancel)
{
    pool = weft_thread_pool(&(weft_pool_options){.workers = workers, .cancel = cancel});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    weft_event_clear(&gate);
    weft_event_clear(&never);
    weft_store_u32(&entered, 0, WEFT_SEQ_CST);
    weft_store_u32(&marks, 0, WEFT_SEQ_CST);
}

static void end_pool(void)
{
    weft_event_set(&gate);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
}

/* Waits for the event that the argument points to. */
static int wait_for(weft_task *task)
{
    weft_event *event = WEFT_ARG(task, weft_event *);

    weft_fetch_add_u32(&entered, 1, WEFT_SEQ_CST);
    return weft_event_wait(event, WEFT_FOREVER);
}

static int mark(weft_task *task)
{
    order[weft_fetch_add_u32(&marks, 1, WEFT_SEQ_CST)] = WEFT_ARG(task, int);
    return 0;
}

static bool have_entered(void *context)
{
    return weft_load_u32(&entered, WEFT_SEQ_CST) == *(unsigned *)context;
}

static void hold_workers(unsigned count)
{
    weft_event *event = &gate;

    for (unsigned i = 0; i < count; i++)
        CHECK_OK(weft_submit(pool, NULL, wait_for, &event, sizeof(event)));
    CU_ASSERT_TRUE(eventually(have_entered, &count));
}

static weft_future *submit_with(weft_function *function, const void *argument, size_t size,
                                const weft_submit_options *options)
{
    weft_future *future = NULL;

    CHECK_OK(weft_submit_with(pool, &future, function, argument, size, options, WEFT_FOREVER));
    CU_ASSERT_PTR_NOT_NULL_FATAL(future);
    return future;
}

/* A task that waits for what never comes, and has begun. */
static weft_future *submit_stuck(const weft_submit_options *options)
{
    weft_event *event = &never;
    unsigned before = weft_load_u32(&entered, WEFT_SEQ_CST) + 1;
    weft_future *future = submit_with(wait_for, &event, sizeof(event), options);

    CU_ASSERT_TRUE(eventually(have_entered, &before));
    return future;
}

/* ---- priorities ----------------------------------------------------------------------- */

static void higher_ones_begin_first(void)
{
    const enum weft_priority levels[] = {WEFT_LOW, WEFT_HIGH, WEFT_NORMAL};
    bool right = true;

    open_pool(1, NULL);
    hold_workers(1);
    for (int i = 0; i < MANY; i++)
        CHECK_OK(weft_submit_with(pool, NULL, mark, &i, sizeof(i),
                                  &(weft_submit_options){.priority = levels[i % 3]},
                                  WEFT_FOREVER));
    end_pool();
    CU_ASSERT_EQUAL(weft_load_u32(&marks, WEFT_SEQ_CST), MANY);
    for (int i = 0; i < MANY; i++) { /* 1, 4, 7, ..., then 2, 5, ..., then 0, 3, ... */
        const int firsts[] = {1, 2, 0};

        right = right && order[i] == firsts[i / (MANY / 3)] + i % (MANY / 3) * 3;
    }
    CU_ASSERT_TRUE(right);
    weft_executor_close(pool);
}

static void a_priority_that_does_not_exist_is_refused(void)
{
    int i = 0;

    open_pool(1, NULL);
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_submit_with(pool, NULL, mark, &i, sizeof(i),
                                 &(weft_submit_options){.priority = WEFT_HIGH + 1},
                                 WEFT_FOREVER), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_submit(pool, NULL, NULL, NULL, 0), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    end_pool();
    CU_ASSERT_EQUAL(weft_load_u32(&marks, WEFT_SEQ_CST), 0);
    weft_executor_close(pool);
}

/* ---- figures -------------------------------------------------------------------------- */

static int end_as_told(weft_task *task)
{
    return WEFT_ARG(task, int) % 3 == 0 ? weft_task_fail(task, WEFT_EFAILED, "told to") : 0;
}

static void figures_add_up(void)
{
    weft_executor_stats stats;
    weft_future *futures[MANY];
    uint64_t cancelled = 0;

    open_pool(2, NULL);
    hold_workers(2);
    for (int i = 0; i < MANY; i++)
        futures[i] = submit_with(end_as_told, &i, sizeof(i), NULL);
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.workers, 2);
    CU_ASSERT_EQUAL(stats.busy, 2);
    CU_ASSERT_EQUAL(stats.queued, MANY);
    CU_ASSERT_TRUE(stats.queued_most >= MANY && stats.queued_most <= MANY + 2);
    CU_ASSERT_EQUAL(stats.submitted, MANY + 2);
    CU_ASSERT_EQUAL(stats.finished + stats.failed + stats.cancelled, 0);
    for (int i = 0; i < MANY; i += 5) {
        CHECK_OK(weft_future_cancel(futures[i]));
        cancelled++;
    }
    end_pool();
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.workers, 0);
    CU_ASSERT_EQUAL(stats.busy, 0);
    CU_ASSERT_EQUAL(stats.queued, 0);
    CU_ASSERT_EQUAL(stats.cancelled, cancelled);
    CU_ASSERT_EQUAL(stats.failed, MANY / 3 - MANY / 15); /* of 3, without those of 15 */
    CU_ASSERT_EQUAL(stats.finished + stats.failed + stats.cancelled, stats.submitted);
    CU_ASSERT_TRUE(stats.timed > 0 && stats.timed <= stats.submitted);
    CU_ASSERT_TRUE(stats.waited_mean >= 0 && stats.waited_mean <= stats.waited_most);
    CU_ASSERT_TRUE(stats.waited_most > 0);
    for (int i = 0; i < MANY; i++)
        weft_future_release(futures[i]);
    weft_executor_close(pool);
}

static void what_a_shutdown_discards_is_counted(void)
{
    weft_executor_stats stats;
    int i = 1;

    open_pool(1, NULL);
    hold_workers(1);
    for (int k = 0; k < MANY; k++)
        CHECK_OK(weft_submit(pool, NULL, end_as_told, &i, sizeof(i)));
    CHECK_ERROR(weft_executor_shutdown(pool, WEFT_DISCARD, WEFT_NOW), WEFT_ETIMEDOUT);
    end_pool();
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.cancelled, MANY);
    CU_ASSERT_EQUAL(stats.finished, 1);
    CU_ASSERT_EQUAL(stats.submitted, MANY + 1);
    weft_executor_close(pool);
}

static void what_only_processes_can_is_refused(void)
{
    weft_submit_options limited = {.limit = WEFT_S(1)};
    int one = 1;

    CU_ASSERT_PTR_NULL(weft_thread_pool(&(weft_pool_options){.workers = 1, .tasks_per_worker = 5}));
    CHECK_SENTENCE("tasks_per_worker");
    CU_ASSERT_PTR_NULL(weft_thread_pool(&(weft_pool_options){.workers = 1, .grace = WEFT_S(1)}));
    open_pool(1, NULL);
    CHECK_ERROR(weft_submit_with(pool, NULL, mark, &one, sizeof(one), &limited, WEFT_NOW),
                WEFT_ENOTSUP);
    CHECK_SENTENCE("limit");
    CHECK_OK(weft_submit_with(pool, NULL, mark, &one, sizeof(one),
                              &(weft_submit_options){.retries = 3}, WEFT_NOW));
    end_pool();
    CU_ASSERT_EQUAL(weft_load_u32(&marks, WEFT_SEQ_CST), 1);
    weft_executor_close(pool);
}

/* ---- cancel ---------------------------------------------------------------------------- */

static void the_pools_token_ends_waits_of_its_tasks(void)
{
    weft_cancel cancel = WEFT_CANCEL_INIT;
    weft_future *futures[3];

    open_pool(3, &cancel);
    for (int i = 0; i < 3; i++)
        futures[i] = submit_stuck(NULL);
    weft_cancel_request(&cancel);
    for (int i = 0; i < 3; i++) {
        CHECK_ERROR(weft_future_result(futures[i], NULL, 0, SOON), WEFT_ECANCELED);
        weft_future_release(futures[i]);
    }
    end_pool();
    weft_executor_close(pool);
}

static void a_tasks_own_token_ends_its_waits(void)
{
    weft_cancel cancel = WEFT_CANCEL_INIT;
    weft_future *stuck, *other;

    open_pool(2, NULL);
    stuck = submit_stuck(&(weft_submit_options){.cancel = &cancel});
    other = submit_stuck(NULL);
    weft_cancel_request(&cancel);
    CHECK_ERROR(weft_future_result(stuck, NULL, 0, SOON), WEFT_ECANCELED);
    CU_ASSERT_FALSE(weft_future_done(other));
    weft_event_set(&never);
    CHECK_OK(weft_future_result(other, NULL, 0, SOON));
    weft_future_release(stuck);
    weft_future_release(other);
    end_pool();
    weft_executor_close(pool);
}

static void one_task_may_be_interrupted(void)
{
    weft_future *stuck, *queued;
    int i = 1;

    open_pool(1, NULL);
    stuck = submit_stuck(NULL);
    queued = submit_with(end_as_told, &i, sizeof(i), NULL);
    CHECK_OK(weft_future_interrupt(queued)); /* it has not begun: it never does */
    CHECK_ERROR(weft_future_result(queued, NULL, 0, WEFT_NOW), WEFT_ECANCELED);
    CHECK_OK(weft_future_interrupt(stuck));
    CHECK_ERROR(weft_future_result(stuck, NULL, 0, SOON), WEFT_ECANCELED);
    CHECK_ERROR(weft_future_interrupt(stuck), WEFT_ECLOSED);
    weft_future_release(stuck);
    weft_future_release(queued);
    queued = submit_with(end_as_told, &i, sizeof(i), NULL); /* the worker is none the worse */
    CHECK_OK(weft_future_result(queued, NULL, 0, SOON));
    weft_future_release(queued);
    end_pool();
    weft_executor_close(pool);
}

static int clean_up_slowly(weft_task *task)
{
    weft_event *event = WEFT_ARG(task, weft_event *);
    int err;

    weft_fetch_add_u32(&entered, 1, WEFT_SEQ_CST);
    err = weft_event_wait(event, WEFT_FOREVER);
    weft_cancel_enter(NULL); /* left by the task, not by the worker */
    weft_sleep(WEFT_MS(20));
    weft_fetch_add_u32(&marks, 1, WEFT_SEQ_CST);
    return err;
}

static void close_interrupts_and_waits(void)
{
    weft_event *event = &never;
    weft_future *running[2], *queued;
    unsigned two = 2;

    open_pool(2, NULL);
    for (int i = 0; i < 2; i++)
        running[i] = submit_with(clean_up_slowly, &event, sizeof(event), NULL);
    CU_ASSERT_TRUE(eventually(have_entered, &two));
    queued = submit_with(wait_for, &event, sizeof(event), NULL);
    weft_executor_close(pool);
    CU_ASSERT_EQUAL(weft_load_u32(&marks, WEFT_SEQ_CST), 2);
    CU_ASSERT_EQUAL(weft_load_u32(&entered, WEFT_SEQ_CST), 2);
    for (int i = 0; i < 2; i++) { /* futures outlive their pool */
        CHECK_ERROR(weft_future_result(running[i], NULL, 0, WEFT_NOW), WEFT_ECANCELED);
        weft_future_release(running[i]);
    }
    CHECK_ERROR(weft_future_result(queued, NULL, 0, WEFT_NOW), WEFT_ECANCELED);
    CHECK_ERROR(weft_future_cancel(queued), 0);
    weft_future_release(queued);
}

const char *const suite_name = "pool_options";
CU_TestInfo suite_cases[] = {
    {"higher_ones_begin_first", higher_ones_begin_first},
    {"a_priority_that_does_not_exist_is_refused", a_priority_that_does_not_exist_is_refused},
    {"figures_add_up", figures_add_up},
    {"what_a_shutdown_discards_is_counted", what_a_shutdown_discards_is_counted},
    {"what_only_processes_can_is_refused", what_only_processes_can_is_refused},
    {"the_pools_token_ends_waits_of_its_tasks", the_pools_token_ends_waits_of_its_tasks},
    {"a_tasks_own_token_ends_its_waits", a_tasks_own_token_ends_its_waits},
    {"one_task_may_be_interrupted", one_task_may_be_interrupted},
    {"close_interrupts_and_waits", close_interrupts_and_waits},
    CU_TEST_INFO_NULL,
};
