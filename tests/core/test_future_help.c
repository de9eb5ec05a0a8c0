/* SPDX-License-Identifier: MIT */
/* A pool of one worker, whose task waits for chains and groups of that pool: nobody but the
 * waiting worker can run them. */
#include "check.h"

#include "halt.h"
#include "tasks.h"
#include "weft/fault.h"

enum { LONG = 1000 };

typedef int try_function(weft_future **futures, size_t *count);

/* Makes futures, waits for the last, releases all. */
static int try_it(weft_task *task)
{
    try_function *make = *WEFT_ARG(task, try_function **);
    weft_future *futures[LONG + 1];
    size_t count = 0;
    int err = make(futures, &count);

    if (err == 0)
        err = weft_future_wait(&futures[count - 1], 1, WEFT_ALL_COMPLETED, SOON);
    if (err == 0)
        err = weft_future_result(futures[count - 1], NULL, 0, WEFT_NOW);
    for (size_t i = 0; i < count; i++)
        weft_future_release(futures[i]);
    return err;
}

static int begin(weft_future **futures, size_t *count, weft_function *function)
{
    int one = 1, err = weft_submit(pool, &futures[*count], function, &one, sizeof(one));

    if (err == 0)
        ++*count;
    return err;
}

static void expect_from_within(try_function *make, int code, uint32_t expected_runs)
{
    try_function **argument = &make;
    weft_future *future = NULL;

    open_pool(1);
    CHECK_OK(weft_submit(pool, &future, try_it, &argument, sizeof(argument)));
    CHECK_ERROR(weft_future_result(future, NULL, 0, SOON), code);
    weft_future_release(future);
    close_pool();
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), expected_runs);
}

static int make_chain(weft_future **futures, size_t *count)
{
    int err = begin(futures, count, twice);

    while (err == 0 && *count <= LONG) {
        err = weft_then(pool, &futures[*count], futures[*count - 1], add_one);
        *count += err == 0;
    }
    return err;
}

static void a_task_waits_for_a_chain(void)
{
    expect_from_within(make_chain, 0, LONG + 1);
}

static int make_all(weft_future **futures, size_t *count)
{
    int err = 0;

    while (err == 0 && *count < 10)
        err = begin(futures, count, twice);
    if (err == 0)
        err = weft_future_all(&futures[10], futures, 10);
    *count += err == 0;
    return err;
}

static void a_task_waits_for_all(void)
{
    expect_from_within(make_all, 0, 10);
}

static int make_any(weft_future **futures, size_t *count)
{
    int err = begin(futures, count, fail);

    if (err == 0)
        err = begin(futures, count, twice);
    if (err == 0)
        err = weft_future_any(&futures[2], futures, 2);
    *count += err == 0;
    return err;
}

static void a_task_waits_for_any(void)
{
    expect_from_within(make_any, 0, 2);
}

static int nothing(weft_task *task)
{
    (void)task;
    return 0;
}

static int make_diamond(weft_future **futures, size_t *count)
{
    int err = begin(futures, count, fail);

    if (err == 0 && (err = weft_then(pool, &futures[1], futures[0], twice)) == 0)
        ++*count;
    if (err == 0 && (err = weft_otherwise(pool, &futures[2], futures[0], recover)) == 0)
        ++*count;
    if (err == 0 && (err = weft_future_any(&futures[3], futures + 1, 2)) == 0)
        ++*count;
    if (err == 0 && (err = weft_future_all(&futures[4], futures + 2, 2)) == 0)
        ++*count;
    if (err == 0 && (err = weft_then(pool, &futures[5], futures[4], nothing)) == 0)
        ++*count;
    return err;
}

static void a_task_waits_for_a_diamond(void)
{
    expect_from_within(make_diamond, 0, 2);
}

static weft_future *of_itself, *after_it, *with_it;

static int wait_for_what_follows(weft_task *task)
{
    (void)task;
    expect_misuse(WEFT_EDEADLK);
    return weft_future_result(after_it, NULL, 0, weft_in(WEFT_S(20)));
}

static int wait_for_all(weft_task *task)
{
    (void)task;
    expect_misuse(WEFT_EDEADLK);
    return weft_future_result(with_it, NULL, 0, weft_in(WEFT_S(20)));
}

/* A task that waits for what waits for it would wait for ever. */
static void expect_deadlock(weft_function *function)
{
    weft_future *held;

    open_pool(1);
    held = hold(0);
    of_itself = submit(function, 0);
    CHECK_OK(weft_then(pool, &after_it, of_itself, twice));
    CHECK_OK(weft_future_all(&with_it, &after_it, 1));
    open_gate();
    CHECK_ERROR(weft_future_result(of_itself, NULL, 0, SOON), WEFT_EDEADLK);
    CHECK_MISUSE_SEEN();
    weft_future_release(held);
    weft_future_release(of_itself);
    weft_future_release(after_it);
    weft_future_release(with_it);
    close_pool();
}

static void a_task_that_waits_for_what_follows_it_is_told(void)
{
    expect_deadlock(wait_for_what_follows);
}

static void a_task_that_waits_for_its_group_is_told(void)
{
    expect_deadlock(wait_for_all);
}

/* Its argument is a future. */
static int wait_for_first(weft_task *task)
{
    weft_future *future = WEFT_ARG(task, weft_future *);

    return weft_future_wait(&future, 1, WEFT_FIRST_COMPLETED, WEFT_FOREVER);
}

/* It looks again now and then, because it may be able to run what follows `held` later on. */
static void a_cancel_between_two_looks_is_no_deadline(void)
{
    static const char *const look = "completion.look_again";
    weft_future *held, *next, *waits = NULL;

    open_pool(2);
    held = hold(1);
    next = then(held, twice);
    meet_at(look, 2);
    CHECK_OK(weft_submit(pool, &waits, wait_for_first, &next, sizeof(next)));
    CU_ASSERT_TRUE(eventually(somebody_met, NULL));
    CHECK_OK(weft_future_interrupt(waits));
    (void)weft_fault_point(look);
    CHECK_ERROR(weft_future_result(waits, NULL, 0, SOON), WEFT_ECANCELED);
    meet_at(NULL, 0);
    weft_future_release(waits);
    weft_future_release(next);
    weft_future_release(held);
    close_pool();
}

const char *const suite_name = "future_help";
CU_TestInfo suite_cases[] = {
    {"a_task_waits_for_a_chain", a_task_waits_for_a_chain},
    {"a_task_waits_for_all", a_task_waits_for_all},
    {"a_task_waits_for_any", a_task_waits_for_any},
    {"a_task_waits_for_a_diamond", a_task_waits_for_a_diamond},
    {"a_task_that_waits_for_what_follows_it_is_told",
     a_task_that_waits_for_what_follows_it_is_told},
    {"a_task_that_waits_for_its_group_is_told", a_task_that_waits_for_its_group_is_told},
    {"a_cancel_between_two_looks_is_no_deadline", a_cancel_between_two_looks_is_no_deadline},
    CU_TEST_INFO_NULL,
};
