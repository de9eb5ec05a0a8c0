/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "weft/atomic.h"
#include "weft/event.h"
#include "weft/executor.h"
#include "weft/future.h"

enum { MANY = 20 };

/* A pool of one worker, and a gate that keeps the worker busy until it is opened. */
static weft_executor *pool;
static weft_event gate, entered;

static int wait_at_the_gate(weft_task *task)
{
    (void)task;
    weft_event_set(&entered);
    return weft_event_wait(&gate, WEFT_FOREVER);
}

static int twice(weft_task *task)
{
    return WEFT_RETURN(task, int, 2 * WEFT_ARG(task, int));
}

static weft_future *submit(weft_function *function, int argument)
{
    weft_future *future = NULL;

    CU_ASSERT_EQUAL_FATAL(weft_submit(pool, &future, function, &argument, sizeof(argument)), 0);
    return future;
}

static weft_future *block_worker(void)
{
    weft_future *blocker;

    weft_event_clear(&gate);
    weft_event_clear(&entered);
    blocker = submit(wait_at_the_gate, 0);
    CHECK_OK(weft_event_wait(&entered, SOON));
    return blocker;
}

static void begin(void)
{
    pool = weft_thread_pool(&(weft_pool_options){.workers = 1});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
}

static void end(weft_future *blocker)
{
    weft_event_set(&gate);
    weft_future_release(blocker);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    weft_executor_close(pool);
}

static void result_is_what_the_task_returned(void)
{
    weft_future *future;
    int result = 0;

    begin();
    future = submit(twice, 21);
    CHECK_OK(weft_future_result(future, &result, sizeof(result), SOON));
    CU_ASSERT_EQUAL(result, 42);
    result = 0;
    CHECK_OK(weft_future_result(future, &result, sizeof(result), WEFT_NOW)); /* again */
    CU_ASSERT_EQUAL(result, 42);
    CU_ASSERT_EQUAL(weft_future_size(future), sizeof(int));
    CU_ASSERT_TRUE(weft_future_done(future));
    CU_ASSERT_FALSE(weft_future_running(future));
    weft_future_release(future);
    end(NULL);
}

struct big {
    char bytes[5000];
};

static int return_big(weft_task *task)
{
    struct big big;

    memset(big.bytes, WEFT_ARG(task, int), sizeof(big.bytes));
    return weft_task_return(task, &big, sizeof(big));
}

static void a_large_result_arrives_whole(void)
{
    struct big big, expected;
    weft_future *future;

    begin();
    future = submit(return_big, 'x');
    memset(expected.bytes, 'x', sizeof(expected.bytes));
    CHECK_OK(weft_future_result(future, &big, sizeof(big), SOON));
    CU_ASSERT_EQUAL(memcmp(&big, &expected, sizeof(big)), 0);
    weft_future_release(future);
    end(NULL);
}

static void a_result_of_another_size_is_refused(void)
{
    weft_future *future;
    double wrong = 1.5;

    begin();
    future = submit(twice, 1);
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_future_result(future, &wrong, sizeof(wrong), SOON), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    CU_ASSERT_EQUAL(wrong, 1.5);
    weft_future_release(future);
    end(NULL);
}

static int fail(weft_task *task)
{
    return weft_task_fail(task, WEFT_ETOOBIG, "no room for %d elephants", WEFT_ARG(task, int));
}

static void an_error_arrives_with_its_sentence(void)
{
    weft_future *future;
    int result = 5;

    begin();
    future = submit(fail, 3);
    CHECK_ERROR(weft_future_result(future, &result, sizeof(result), SOON), WEFT_ETOOBIG);
    CHECK_SENTENCE("no room for 3 elephants");
    CU_ASSERT_EQUAL(result, 5);
    CU_ASSERT_TRUE(weft_future_done(future));
    weft_future_release(future);
    end(NULL);
}

static void a_deadline_passes_while_the_task_runs(void)
{
    weft_future *blocker;

    begin();
    blocker = block_worker();
    CHECK_ERROR(weft_future_result(blocker, NULL, 0, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_future_result(blocker, NULL, 0, weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_future_running(blocker));
    CU_ASSERT_FALSE(weft_future_done(blocker));
    end(blocker);
}

static weft_atomic_u32 runs;

static int count_runs(weft_task *task)
{
    (void)task;
    weft_fetch_add_u32(&runs, 1, WEFT_SEQ_CST);
    return 0;
}

static void cancelled_while_queued_it_never_runs(void)
{
    weft_future *blocker, *future;

    begin();
    weft_store_u32(&runs, 0, WEFT_SEQ_CST);
    blocker = block_worker();
    future = submit(count_runs, 0);
    CHECK_OK(weft_future_cancel(future));
    CHECK_OK(weft_future_cancel(future));
    CHECK_ERROR(weft_future_result(future, NULL, 0, WEFT_FOREVER), WEFT_ECANCELED);
    end(blocker);
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 0);
    weft_future_release(future);
}

static void cancel_comes_too_late_for_what_runs_or_is_done(void)
{
    weft_future *blocker, *future;

    begin();
    future = submit(twice, 1);
    CHECK_OK(weft_future_result(future, NULL, 0, SOON));
    CHECK_ERROR(weft_future_cancel(future), WEFT_ECLOSED);
    weft_future_release(future);
    blocker = block_worker();
    CHECK_ERROR(weft_future_cancel(blocker), WEFT_EBUSY);
    end(blocker);
}

struct told {
    weft_atomic_u32 order; /* digits: who was told, in order */
};

static void tell_one(weft_future *future, void *context)
{
    struct told *told = context;

    (void)future;
    weft_store_u32(&told->order, weft_load_u32(&told->order, WEFT_SEQ_CST) * 10 + 1, WEFT_SEQ_CST);
}

static void tell_two(weft_future *future, void *context)
{
    struct told *told = context;

    (void)future;
    weft_store_u32(&told->order, weft_load_u32(&told->order, WEFT_SEQ_CST) * 10 + 2, WEFT_SEQ_CST);
}

static bool told_twelve(void *context)
{
    struct told *told = context;

    return weft_load_u32(&told->order, WEFT_SEQ_CST) == 12;
}

static void callbacks_are_told_once_in_their_order(void)
{
    weft_future *blocker, *future;
    struct told told = {{0}}, late = {{0}};

    begin();
    blocker = block_worker();
    future = submit(twice, 1);
    CHECK_OK(weft_future_on_done(future, tell_one, &told));
    CHECK_OK(weft_future_on_done(future, tell_two, &told));
    CU_ASSERT_EQUAL(weft_load_u32(&told.order, WEFT_SEQ_CST), 0);
    weft_event_set(&gate);
    CU_ASSERT_TRUE(eventually(told_twelve, &told));
    CHECK_OK(weft_future_on_done(future, tell_one, &late)); /* done: told at once */
    CU_ASSERT_EQUAL(weft_load_u32(&late.order, WEFT_SEQ_CST), 1);
    weft_future_release(future);
    end(blocker);
    CU_ASSERT_EQUAL(weft_load_u32(&told.order, WEFT_SEQ_CST), 12);
}

static void released_before_the_task_has_run(void)
{
    weft_future *blocker;

    begin();
    weft_store_u32(&runs, 0, WEFT_SEQ_CST);
    blocker = block_worker();
    weft_future_release(submit(count_runs, 0));
    weft_future_release(NULL);
    end(blocker);
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 1);
}

static void waiting_for_the_first_or_for_all(void)
{
    weft_future *futures[2];

    begin();
    futures[1] = submit(twice, 1);
    CHECK_OK(weft_future_result(futures[1], NULL, 0, SOON));
    futures[0] = block_worker();
    CHECK_OK(weft_future_wait(futures, 2, WEFT_FIRST_COMPLETED, SOON));
    CHECK_ERROR(weft_future_wait(futures, 2, WEFT_ALL_COMPLETED, weft_in(WEFT_MS(5))),
                WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_future_wait(futures, 1, WEFT_FIRST_COMPLETED, weft_in(WEFT_MS(5))),
                WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_future_wait(futures, 0, WEFT_FIRST_COMPLETED, WEFT_NOW), WEFT_EINVAL);
    weft_event_set(&gate);
    CHECK_OK(weft_future_wait(futures, 2, WEFT_ALL_COMPLETED, SOON));
    weft_future_release(futures[1]);
    end(futures[0]);
}

static void as_completed_tells_each_once_in_order_of_completion(void)
{
    weft_future *futures[MANY];
    weft_completion *completion;
    bool seen[MANY] = {false};
    size_t index, count = 0;

    begin();
    futures[0] = block_worker(); /* done last */
    for (int i = 1; i < MANY; i++)
        futures[i] = submit(twice, i);
    CHECK_OK(weft_as_completed(&completion, futures, MANY));
    CHECK_ERROR(weft_completion_next(completion, &index, WEFT_NOW), WEFT_ETIMEDOUT);
    weft_event_set(&gate);
    while (weft_completion_next(completion, &index, SOON) == 0) {
        CU_ASSERT_EQUAL(index, count); /* one worker: in the order of submission */
        CU_ASSERT_FALSE(seen[index]);
        CU_ASSERT_TRUE(weft_future_done(futures[index]));
        seen[index] = true;
        count++;
    }
    CU_ASSERT_EQUAL(count, MANY);
    CHECK_ERROR(weft_completion_next(completion, &index, WEFT_NOW), WEFT_ECLOSED);
    weft_completion_close(completion);
    for (int i = 1; i < MANY; i++)
        weft_future_release(futures[i]);
    end(futures[0]);
}

static void as_completed_may_be_closed_early(void)
{
    weft_completion *completion;
    weft_future *blocker;

    begin();
    blocker = block_worker();
    CHECK_OK(weft_as_completed(&completion, &blocker, 1));
    weft_completion_close(completion);
    weft_completion_close(NULL);
    end(blocker);
}

struct racer {
    weft_future *future;
    weft_atomic_u32 cancelled;
};

static int cancel_it(weft_task *task)
{
    struct racer *racer = WEFT_ARG(task, struct racer *);

    if (weft_future_cancel(racer->future) == 0)
        weft_store_u32(&racer->cancelled, 1, WEFT_SEQ_CST);
    return 0;
}

/* However cancel and begin meet, the task runs or is cancelled, never both. */
static void cancel_and_run_have_one_winner(void)
{
    begin();
    for (int i = 0; i < 500; i++) {
        struct racer racer = {NULL, {0}}, *argument = &racer;
        weft_thread *thread;

        weft_store_u32(&runs, 0, WEFT_SEQ_CST);
        racer.future = submit(count_runs, 0);
        start_threads(&thread, 1, cancel_it, argument);
        join_threads(&thread, 1);
        CHECK_OK(weft_future_wait(&racer.future, 1, WEFT_ALL_COMPLETED, SOON));
        CU_ASSERT_EQUAL(
            weft_load_u32(&runs, WEFT_SEQ_CST) + weft_load_u32(&racer.cancelled, WEFT_SEQ_CST), 1);
        weft_future_release(racer.future);
    }
    end(NULL);
}

const char *const suite_name = "future";
CU_TestInfo suite_cases[] = {
    {"result_is_what_the_task_returned", result_is_what_the_task_returned},
    {"a_large_result_arrives_whole", a_large_result_arrives_whole},
    {"a_result_of_another_size_is_refused", a_result_of_another_size_is_refused},
    {"an_error_arrives_with_its_sentence", an_error_arrives_with_its_sentence},
    {"a_deadline_passes_while_the_task_runs", a_deadline_passes_while_the_task_runs},
    {"cancelled_while_queued_it_never_runs", cancelled_while_queued_it_never_runs},
    {"cancel_comes_too_late_for_what_runs_or_is_done",
     cancel_comes_too_late_for_what_runs_or_is_done},
    {"callbacks_are_told_once_in_their_order", callbacks_are_told_once_in_their_order},
    {"released_before_the_task_has_run", released_before_the_task_has_run},
    {"waiting_for_the_first_or_for_all", waiting_for_the_first_or_for_all},
    {"as_completed_tells_each_once_in_order_of_completion",
     as_completed_tells_each_once_in_order_of_completion},
    {"as_completed_may_be_closed_early", as_completed_may_be_closed_early},
    {"cancel_and_run_have_one_winner", cancel_and_run_have_one_winner},
    CU_TEST_INFO_NULL,
};
