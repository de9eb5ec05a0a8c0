/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "tasks.h"

static weft_future *otherwise(weft_future *future, weft_function *function)
{
    weft_future *next = NULL;

    CU_ASSERT_EQUAL_FATAL(weft_otherwise(pool, &next, future, function), 0);
    return next;
}

static void then_runs_with_the_result_of_the_source(void)
{
    weft_future *f[3];

    open_pool(2);
    f[0] = hold(20);
    f[1] = then(f[0], add_one);
    CU_ASSERT_FALSE(weft_future_done(f[1]));
    open_gate();
    expect_result(f[1], 21);
    f[2] = then(f[1], twice); /* the source is done already */
    expect_result(f[2], 42);
    expect_result(f[0], 20);
    release(f, 3);
    close_pool();
}

static void then_passes_a_failure_on_and_does_not_run(void)
{
    weft_future *f[3];

    open_pool(1);
    f[0] = submit(fail, 3);
    f[1] = then(f[0], twice);
    f[2] = then(f[1], twice);
    expect_error(f[2], WEFT_ETOOBIG);
    CHECK_SENTENCE("no room for 3 elephants");
    release(f, 3);
    close_pool();
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 1);
}

static void the_error_of_the_second_function_is_that_of_its_future(void)
{
    weft_future *f[2];

    open_pool(1);
    f[0] = submit(twice, 2);
    f[1] = then(f[0], fail);
    expect_error(f[1], WEFT_ETOOBIG);
    CHECK_SENTENCE("no room for 4 elephants");
    release(f, 2);
    close_pool();
}

struct big {
    char bytes[5000];
};

static int make_big(weft_task *task)
{
    struct big big;

    memset(big.bytes, WEFT_ARG(task, int), sizeof(big.bytes));
    return weft_task_return(task, &big, sizeof(big));
}

static int last_of_big(weft_task *task)
{
    return WEFT_RETURN(task, int, WEFT_ARG(task, struct big).bytes[4999]);
}

static int size_of_argument(weft_task *task)
{
    return WEFT_RETURN(task, int, (int)weft_task_argument_size(task));
}

static int nothing(weft_task *task)
{
    (void)task;
    return 0;
}

static void results_of_any_size_go_on(void)
{
    weft_future *f[6];

    open_pool(1);
    f[0] = submit(make_big, 'x');
    f[1] = then(f[0], last_of_big);
    f[2] = otherwise(f[0], recover); /* it has not failed: the result goes through */
    f[3] = then(f[2], last_of_big);
    f[4] = submit(nothing, 0);
    f[5] = then(f[4], size_of_argument);
    expect_result(f[1], 'x');
    expect_result(f[3], 'x');
    expect_result(f[5], 0);
    CU_ASSERT_EQUAL(weft_future_size(f[2]), sizeof(struct big));
    release(f, 6);
    close_pool();
}

static int tell_failure(weft_task *task)
{
    weft_failure failure = WEFT_ARG(task, weft_failure);

    return weft_task_fail(task, WEFT_EFAILED, "code %d: %s", failure.code, failure.sentence);
}

static void otherwise_runs_with_code_and_sentence(void)
{
    weft_future *f[4];
    char expected[64];

    open_pool(1);
    f[0] = submit(fail, 3);
    f[1] = otherwise(f[0], tell_failure);
    f[2] = otherwise(f[0], recover);
    f[3] = then(f[2], add_one);
    expect_error(f[1], WEFT_EFAILED);
    snprintf(expected, sizeof(expected), "code %d: no room for 3 elephants", WEFT_ETOOBIG);
    CHECK_SENTENCE(expected);
    expect_result(f[2], -WEFT_ETOOBIG);
    expect_result(f[3], -WEFT_ETOOBIG + 1);
    release(f, 4);
    close_pool();
}

static void otherwise_does_not_run_for_a_result(void)
{
    weft_future *f[3];

    open_pool(1);
    f[0] = submit(twice, 4);
    f[1] = otherwise(f[0], recover);
    f[2] = otherwise(f[1], recover);
    expect_result(f[2], 8);
    release(f, 3);
    close_pool();
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 1);
}

static void a_cancelled_source_cancels_what_follows(void)
{
    weft_future *f[5];

    open_pool(1);
    f[0] = hold(0);
    f[1] = submit(twice, 1);
    f[2] = then(f[1], twice);
    f[3] = then(f[2], twice);
    f[4] = otherwise(f[3], recover);
    CHECK_OK(weft_future_cancel(f[1]));
    CU_ASSERT_TRUE(weft_future_done(f[3]));
    CHECK_OK(weft_future_cancel(f[3])); /* it is, before */
    expect_error(f[3], WEFT_ECANCELED);
    open_gate();
    expect_result(f[4], -WEFT_ECANCELED);
    release(f, 5);
    close_pool();
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 1);
}

/* The source and its own result are left alone, whatever happens to what follows. */
static void cancel_in_the_middle(int (*cancel)(weft_future *future))
{
    weft_future *f[4];

    open_pool(1);
    f[0] = hold(1);
    f[1] = then(f[0], add_one);
    f[2] = then(f[1], add_one);
    f[3] = then(f[0], twice);
    CHECK_OK(cancel(f[1]));
    expect_error(f[2], WEFT_ECANCELED);
    CU_ASSERT_FALSE(weft_future_done(f[0]));
    open_gate();
    expect_result(f[0], 1);
    expect_result(f[3], 2);
    CHECK_ERROR(cancel(f[3]), WEFT_ECLOSED);
    release(f, 4);
    close_pool();
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 1);
}

static void cancel_leaves_the_source_alone(void)
{
    cancel_in_the_middle(weft_future_cancel);
}

static void interrupt_leaves_the_source_alone(void)
{
    cancel_in_the_middle(weft_future_interrupt);
}

/* Submitted, and in the pool's list: the pool's way to cancel it, with the link gone. */
static void cancel_after_the_function_is_queued(void)
{
    weft_future *f[3];

    open_pool(1);
    f[0] = submit(twice, 1);
    expect_result(f[0], 2);
    f[1] = hold(0);
    f[2] = then(f[0], twice);
    CHECK_OK(weft_future_cancel(f[2]));
    close_pool();
    expect_error(f[2], WEFT_ECANCELED);
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 1);
    release(f, 3);
}

static void a_pool_shut_down_fails_what_follows(void)
{
    weft_executor *other = weft_thread_pool(&(weft_pool_options){.workers = 1});
    weft_future *source, *next, *last;

    CU_ASSERT_PTR_NOT_NULL_FATAL(other);
    open_pool(1);
    source = hold(1);
    CHECK_OK(weft_then(other, &next, source, twice));
    last = then(next, twice);
    CHECK_OK(weft_executor_shutdown(other, WEFT_DRAIN, SOON));
    open_gate();
    expect_error(next, WEFT_ECLOSED);
    CHECK_SENTENCE("shut down");
    expect_error(last, WEFT_ECLOSED);
    CHECK_SENTENCE("shut down");
    expect_result(source, 1);
    weft_future_release(source);
    weft_future_release(next);
    weft_future_release(last);
    close_pool();
    weft_executor_close(other);
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 0);
}

/* Closing cancels what is queued; what follows it is told while the pool still lives. */
static void a_pool_closed_with_a_chain_under_way(void)
{
    weft_future *f[4];

    open_pool(1);
    f[0] = submit(twice, 1);
    expect_result(f[0], 2);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    f[1] = then(f[0], twice);
    f[2] = then(f[1], twice);
    f[3] = otherwise(f[1], recover);
    weft_executor_close(pool);
    expect_error(f[1], WEFT_ECLOSED);
    expect_error(f[2], WEFT_ECLOSED);
    expect_error(f[3], WEFT_ECLOSED);
    release(f, 4);
}

static void whoever_ends_the_source_keeps_its_last_error(void)
{
    weft_executor *other = weft_thread_pool(&(weft_pool_options){.workers = 1});
    weft_future *held, *source, *next;

    CU_ASSERT_PTR_NOT_NULL_FATAL(other);
    open_pool(1);
    held = hold(1);
    source = submit(twice, 1);
    CHECK_OK(weft_otherwise(other, &next, source, recover));
    CHECK_OK(weft_executor_shutdown(other, WEFT_DRAIN, SOON));
    CHECK_ERROR(weft_future_result(held, NULL, 0, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_future_cancel(source));
    CHECK_SENTENCE("not done until the deadline");
    expect_error(next, WEFT_ECLOSED);
    weft_future_release(held);
    weft_future_release(source);
    weft_future_release(next);
    close_pool();
    weft_executor_close(other);
}

/* From processes to processes, to threads and back, with what is too large for a ring. */
static void a_chain_leads_through_processes(void)
{
    weft_executor *processes = weft_process_pool(&(weft_pool_options){.workers = 1});
    weft_future *f[6];
    int letter = 'y';

    CU_ASSERT_PTR_NOT_NULL_FATAL(processes);
    open_pool(1);
    CHECK_OK(weft_submit(processes, &f[0], make_big, &letter, sizeof(letter)));
    CHECK_OK(weft_then(processes, &f[1], f[0], last_of_big));
    f[2] = then(f[0], last_of_big);
    CHECK_OK(weft_then(processes, &f[3], f[2], fail));
    CHECK_OK(weft_otherwise(processes, &f[4], f[3], tell_failure));
    f[5] = otherwise(f[4], recover);
    expect_result(f[1], 'y');
    expect_result(f[2], 'y');
    expect_error(f[4], WEFT_EFAILED);
    CHECK_SENTENCE("no room for 121 elephants");
    expect_result(f[5], -WEFT_EFAILED);
    release(f, 6);
    close_pool();
    weft_executor_close(processes);
}

static void no_function_is_misuse(void)
{
    weft_future *source, *next = NULL;

    open_pool(1);
    source = submit(twice, 1);
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_then(pool, &next, source, NULL), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    CU_ASSERT_PTR_NULL(next);
    weft_future_release(source);
    close_pool();
}

const char *const suite_name = "future_chain";
CU_TestInfo suite_cases[] = {
    {"then_runs_with_the_result_of_the_source", then_runs_with_the_result_of_the_source},
    {"then_passes_a_failure_on_and_does_not_run", then_passes_a_failure_on_and_does_not_run},
    {"the_error_of_the_second_function_is_that_of_its_future",
     the_error_of_the_second_function_is_that_of_its_future},
    {"results_of_any_size_go_on", results_of_any_size_go_on},
    {"otherwise_runs_with_code_and_sentence", otherwise_runs_with_code_and_sentence},
    {"otherwise_does_not_run_for_a_result", otherwise_does_not_run_for_a_result},
    {"a_cancelled_source_cancels_what_follows", a_cancelled_source_cancels_what_follows},
    {"cancel_leaves_the_source_alone", cancel_leaves_the_source_alone},
    {"interrupt_leaves_the_source_alone", interrupt_leaves_the_source_alone},
    {"cancel_after_the_function_is_queued", cancel_after_the_function_is_queued},
    {"a_pool_shut_down_fails_what_follows", a_pool_shut_down_fails_what_follows},
    {"a_pool_closed_with_a_chain_under_way", a_pool_closed_with_a_chain_under_way},
    {"whoever_ends_the_source_keeps_its_last_error", whoever_ends_the_source_keeps_its_last_error},
    {"a_chain_leads_through_processes", a_chain_leads_through_processes},
    {"no_function_is_misuse", no_function_is_misuse},
    CU_TEST_INFO_NULL,
};
