/* SPDX-License-Identifier: MIT */
/* A pool that is closed while a thread that is not its own just hands it what follows a future. */
#include "check.h"

#include "crew.h"
#include "fail.h"
#include "halt.h"
#include "tasks.h"
#include "weft/event.h"
#include "weft/fault.h"

static weft_executor *other; /* what follows a future of `pool` runs there */
static weft_event busy_ends;

static int be_busy(weft_task *task)
{
    (void)task;
    return weft_event_wait(&busy_ends, WEFT_FOREVER);
}

static bool other_has_one_busy_worker(void *context)
{
    weft_executor_stats stats;

    (void)context;
    weft_executor_stats_get(other, &stats);
    return stats.workers == 1 && stats.busy == 1;
}

/* Its worker is busy, and there may be one more. */
static void open_other(void)
{
    weft_event_clear(&busy_ends);
    other =
        weft_thread_pool(&(weft_pool_options){.workers = 1, .workers_most = 2, .idle = WEFT_MS(1)});
    CU_ASSERT_PTR_NOT_NULL_FATAL(other);
    CHECK_OK(weft_submit(other, NULL, be_busy, NULL, 0));
    CU_ASSERT_TRUE(eventually(other_has_one_busy_worker, NULL));
}

static int close_other(weft_task *task)
{
    (void)task;
    weft_executor_close(other);
    return 0;
}

/* Who ends the source has started one more worker, which has done all there is to do, and has
 * not noted yet that it is to be joined. */
static void a_worker_that_was_just_started_is_joined(void)
{
    static const char *const started = "thread_worker.started";
    weft_future *source, *next;
    weft_thread *closer;

    watch_memory();
    open_pool(1);
    open_other();
    source = hold(7);
    CU_ASSERT_EQUAL_FATAL(weft_then(other, &next, source, twice), 0);
    meet_at(started, 2);
    open_gate();
    expect_result(next, 14);
    weft_event_set(&busy_ends);
    CU_ASSERT_EQUAL_FATAL(weft_thread_start(&closer, close_other, NULL, 0), 0);
    if (weft_thread_join(closer, weft_in(WEFT_MS(50))) == 0)
        closer = NULL; /* it has not waited for the one that is halted */
    (void)weft_fault_point(started);
    if (closer)
        join_threads(&closer, 1);
    meet_at(NULL, 0);
    weft_future_release(source);
    weft_future_release(next);
    close_pool();
    unwatch_memory();
}

/* The source is done, what follows it was cancelled, and the thread that ended the source is
 * just about to hand that to the pool. */
static void come_too_late(void (*open)(void))
{
    static const char *const go_on = "future_chain.go_on";
    weft_future *source, *next;

    watch_memory();
    open_pool(1);
    open();
    source = hold(7);
    CU_ASSERT_EQUAL_FATAL(weft_then(other, &next, source, twice), 0);
    meet_at(go_on, 2);
    open_gate();
    expect_result(source, 7);
    CU_ASSERT_TRUE(eventually(somebody_met, NULL));
    CHECK_OK(weft_future_cancel(next));
    weft_event_set(&busy_ends);
    weft_executor_close(other);
    (void)weft_fault_point(go_on);
    expect_error(next, WEFT_ECANCELED);
    weft_future_release(source);
    weft_future_release(next);
    close_pool();
    meet_at(NULL, 0);
    unwatch_memory();
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 0);
}

static void open_processes(void)
{
    other = weft_process_pool(&(weft_pool_options){.workers = 1});
    CU_ASSERT_PTR_NOT_NULL_FATAL(other);
}

static void a_pool_that_a_chain_comes_to_too_late(void)
{
    come_too_late(open_other);
    come_too_late(open_processes);
}

const char *const suite_name = "pool_close";
CU_TestInfo suite_cases[] = {
    {"a_worker_that_was_just_started_is_joined", a_worker_that_was_just_started_is_joined},
    {"a_pool_that_a_chain_comes_to_too_late", a_pool_that_a_chain_comes_to_too_late},
    CU_TEST_INFO_NULL,
};
