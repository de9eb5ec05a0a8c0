/* SPDX-License-Identifier: MIT */
/* Timers whose functions run in a pool, and who hears of their failures. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "timer.h"
#include "timers.h"
#include "weft/executor.h"

static weft_executor *pool;

static void open_pool(void)
{
    pool = weft_thread_pool(&(weft_pool_options){.workers = 2, .name = "Crew"});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    begin();
}

/* What weft_on_failure() heard last; `done` is set then. */
static int failure;
static char failure_sentence[256], failure_name[64];

static void hear(const char *name, int code, const char *sentence)
{
    failure = code;
    snprintf(failure_name, sizeof(failure_name), "%s", name);
    snprintf(failure_sentence, sizeof(failure_sentence), "%s", sentence);
    weft_event_set(&done);
}

static void listen(void)
{
    failure = 0;
    failure_name[0] = '\0';
    failure_sentence[0] = '\0';
    weft_on_failure(hear);
}

static char worker[64]; /* who ran it; read after `done` */

static int tell_who_runs(weft_task *task)
{
    snprintf(worker, sizeof(worker), "%s", weft_task_name(task));
    weft_store_u32(&timer_runs, (uint32_t)WEFT_ARG(task, int), WEFT_SEQ_CST);
    return set_done(task);
}

static void the_pool_runs_it_with_its_argument(void)
{
    const int seven = 7;

    open_pool();
    CHECK_OK(weft_timer_start_with(NULL, WEFT_NOW, tell_who_runs, &seven, sizeof(seven),
                                   &(weft_timer_options){.executor = pool}));
    CHECK_OK(weft_event_wait(&done, SOON));
    CU_ASSERT_EQUAL(strncmp(worker, "Crew-", 5), 0);
    CU_ASSERT_EQUAL(runs_seen(), 7);
    weft_executor_close(pool);
}

static void it_does_not_run_again_while_it_runs(void)
{
    weft_timer *timer;

    open_pool();
    CHECK_OK(weft_timer_start_with(&timer, WEFT_NOW, wait_at_the_gate, NULL, 0,
                                   &(weft_timer_options){.every = 1, .executor = pool}));
    CHECK_OK(weft_event_wait(&entered, SOON));
    for (int i = 0; i < 100; i++) { /* so often the timers' thread looks again */
        weft_event_clear(&done);
        CHECK_OK(weft_timer_start(NULL, WEFT_NOW, set_done, NULL, 0));
        CHECK_OK(weft_event_wait(&done, SOON));
    }
    CU_ASSERT_EQUAL(runs_seen(), 1);
    weft_event_clear(&entered);
    weft_event_set(&gate);
    CHECK_OK(weft_event_wait(&entered, SOON)); /* but then it does */
    CHECK_OK(weft_timer_cancel(timer, SOON));
    weft_timer_close(timer);
    weft_executor_close(pool);
}

static void cancelled_in_the_pool_it_is_waited_for(void)
{
    weft_timer *timer;

    open_pool();
    listen();
    CHECK_OK(weft_timer_start_with(&timer, WEFT_NOW, wait_at_the_gate, NULL, 0,
                                   &(weft_timer_options){.every = 1, .executor = pool}));
    CHECK_OK(weft_event_wait(&entered, SOON));
    CHECK_OK(weft_timer_cancel(timer, SOON)); /* its wait was cancelled: nobody opens the gate */
    CU_ASSERT_EQUAL(runs_seen(), 1);
    weft_timer_close(timer);
    weft_on_failure(NULL);
    CU_ASSERT_EQUAL(failure, 0); /* to obey is no failure */
    weft_executor_close(pool);
}

static void cancelled_in_the_queue_of_the_pool_it_never_runs(void)
{
    weft_timer *timer;

    open_pool();
    for (int i = 0; i < 2; i++)
        CHECK_OK(weft_submit(pool, NULL, wait_at_the_gate, NULL, 0));
    CHECK_OK(weft_timer_start_with(&timer, WEFT_NOW, set_done, NULL, 0,
                                   &(weft_timer_options){.executor = pool}));
    CHECK_OK(weft_timer_cancel(timer, SOON));
    weft_timer_close(timer);
    weft_event_set(&gate);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    CU_ASSERT_FALSE(weft_event_is_set(&done));
    weft_executor_close(pool);
}

static bool is_queued(void *context)
{
    weft_executor_stats stats;

    (void)context;
    weft_executor_stats_get(pool, &stats);
    return stats.queued == 1;
}

static bool both_have_begun(void *context)
{
    (void)context;
    return runs_seen() == 2;
}

static void what_never_ran_is_not_said_to_have_run(void)
{
    weft_timer *timer;

    open_pool();
    for (int i = 0; i < 2; i++)
        CHECK_OK(weft_submit(pool, NULL, wait_at_the_gate, NULL, 0));
    CU_ASSERT_TRUE(eventually(both_have_begun, NULL));
    CHECK_OK(weft_timer_start_with(&timer, WEFT_NOW, set_done, NULL, 0,
                                   &(weft_timer_options){.executor = pool}));
    CU_ASSERT_TRUE(eventually(is_queued, NULL));
    CHECK_OK(weft_timer_cancel(timer, SOON));
    CHECK_OK(weft_timer_cancel(timer, SOON)); /* prevented is prevented */
    weft_timer_close(timer);
    weft_event_set(&gate);
    weft_executor_close(pool);
    CU_ASSERT_FALSE(weft_event_is_set(&done));
}

static void what_the_pool_drops_ends_the_run(void)
{
    weft_timer *timer;

    open_pool();
    for (int i = 0; i < 2; i++)
        CHECK_OK(weft_submit(pool, NULL, wait_at_the_gate, NULL, 0));
    CHECK_OK(weft_timer_start_with(&timer, WEFT_NOW, set_done, NULL, 0,
                                   &(weft_timer_options){.executor = pool}));
    CHECK_ERROR(weft_executor_shutdown(pool, WEFT_DISCARD, WEFT_NOW), WEFT_ETIMEDOUT);
    weft_timer_close(timer);
    CU_ASSERT_FALSE(weft_event_is_set(&done));
    weft_event_set(&gate);
    weft_executor_close(pool);
}

static int fail(weft_task *task)
{
    return weft_task_fail(task, WEFT_EFAILED, "the bell is broken");
}

static void a_failure_is_told(void)
{
    open_pool();
    listen();
    CHECK_OK(weft_timer_start(NULL, WEFT_NOW, fail, NULL, 0));
    CHECK_OK(weft_event_wait(&done, SOON));
    CU_ASSERT_EQUAL(failure, WEFT_EFAILED);
    CU_ASSERT_STRING_EQUAL(failure_sentence, "the bell is broken");
    CU_ASSERT_STRING_EQUAL(failure_name, "weft-timers");
    begin();
    listen();
    CHECK_OK(weft_timer_start_with(NULL, WEFT_NOW, fail, NULL, 0,
                                   &(weft_timer_options){.executor = pool}));
    CHECK_OK(weft_event_wait(&done, SOON));
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    CU_ASSERT_EQUAL(failure, WEFT_EFAILED);
    CU_ASSERT_STRING_EQUAL(failure_sentence, "the bell is broken");
    weft_on_failure(NULL);
    weft_executor_close(pool);
}

static void a_refusal_by_the_pool_is_told(void)
{
    weft_timer *timer;

    open_pool();
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    listen();
    CHECK_OK(weft_timer_start_with(&timer, WEFT_NOW, count, NULL, 0,
                                   &(weft_timer_options){.every = 1, .executor = pool}));
    CHECK_OK(weft_event_wait(&done, SOON));
    weft_event_clear(&done);
    CHECK_OK(weft_event_wait(&done, SOON)); /* each time */
    weft_timer_close(timer);
    weft_on_failure(NULL);
    CU_ASSERT_EQUAL(failure, WEFT_ECLOSED);
    CU_ASSERT_EQUAL(runs_seen(), 0);
    weft_executor_close(pool);
}

static int attempt_run(void *context)
{
    weft_timer *timer;
    int err;

    (void)context;
    begin();
    listen();
    pool = weft_thread_pool(&(weft_pool_options){.workers = 1});
    if (!pool)
        return WEFT_ENOMEM;
    err = weft_timer_start_with(&timer, WEFT_NOW, set_done, NULL, 0,
                                &(weft_timer_options){.executor = pool});
    if (err == 0) {
        CHECK_OK(weft_event_wait(&done, SOON));
        weft_timer_close(timer);
        err = failure; /* whoever was told of it */
    }
    CHECK_OK(weft__timers_end(SOON));
    weft_executor_close(pool);
    return err;
}

static void no_memory_for_a_run_is_told(void)
{
    CHECK_OK(weft__timers_end(SOON));
    CU_ASSERT_TRUE(refuse_each_allocation(attempt_run, NULL) >= 8);
    weft_on_failure(NULL);
}

const char *const suite_name = "timer_executor";
CU_TestInfo suite_cases[] = {
    {"the_pool_runs_it_with_its_argument", the_pool_runs_it_with_its_argument},
    {"it_does_not_run_again_while_it_runs", it_does_not_run_again_while_it_runs},
    {"cancelled_in_the_pool_it_is_waited_for", cancelled_in_the_pool_it_is_waited_for},
    {"cancelled_in_the_queue_of_the_pool_it_never_runs",
     cancelled_in_the_queue_of_the_pool_it_never_runs},
    {"what_never_ran_is_not_said_to_have_run", what_never_ran_is_not_said_to_have_run},
    {"what_the_pool_drops_ends_the_run", what_the_pool_drops_ends_the_run},
    {"a_failure_is_told", a_failure_is_told},
    {"a_refusal_by_the_pool_is_told", a_refusal_by_the_pool_is_told},
    {"no_memory_for_a_run_is_told", no_memory_for_a_run_is_told},
    CU_TEST_INFO_NULL,
};
