/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "tasks.h"

static void expect_index(weft_future *future, size_t expected)
{
    size_t index = 99;

    CHECK_OK(weft_future_result(future, &index, sizeof(index), SOON));
    CU_ASSERT_EQUAL(index, expected);
}

static void all_is_done_when_the_last_is(void)
{
    weft_future *f[4];

    open_pool(2);
    f[0] = submit(twice, 1);
    f[1] = hold(2);
    f[2] = submit(twice, 3);
    f[3] = all(f, 3);
    CHECK_OK(weft_future_result(f[0], NULL, 0, SOON));
    CHECK_OK(weft_future_result(f[2], NULL, 0, SOON));
    CU_ASSERT_FALSE(weft_future_done(f[3]));
    open_gate();
    CHECK_OK(weft_future_result(f[3], NULL, 0, SOON));
    CU_ASSERT_EQUAL(weft_future_size(f[3]), 0);
    CU_ASSERT_TRUE(weft_future_done(f[1]));
    release(f, 4);
    close_pool();
}

static void all_of_none_is_done(void)
{
    weft_future *none = all(NULL, 0);

    CU_ASSERT_TRUE(weft_future_done(none));
    CHECK_OK(weft_future_result(none, NULL, 0, WEFT_NOW));
    CHECK_ERROR(weft_future_cancel(none), WEFT_ECLOSED);
    CHECK_ERROR(weft_future_interrupt(none), WEFT_ECLOSED);
    weft_future_release(none);
}

static void all_fails_at_once_with_the_first_error(void)
{
    weft_future *f[4];

    open_pool(2);
    f[0] = hold(1);
    f[1] = submit(twice, 1);
    f[2] = submit(fail, 8);
    f[3] = all(f, 3);
    expect_error(f[3], WEFT_ETOOBIG); /* while the first still runs */
    CHECK_SENTENCE("no room for 8 elephants");
    CU_ASSERT_FALSE(weft_future_done(f[0]));
    open_gate();
    expect_result(f[0], 1); /* the others go on */
    release(f, 4);
    close_pool();
}

static void all_of_futures_that_are_done(void)
{
    weft_future *f[3], *group;

    open_pool(1);
    f[0] = submit(twice, 1);
    f[1] = submit(fail, 1);
    f[2] = submit(fail, 2);
    CHECK_ERROR(weft_future_result(f[2], NULL, 0, SOON), WEFT_ETOOBIG);
    group = all(f, 3);
    CU_ASSERT_TRUE(weft_future_done(group));
    expect_error(group, WEFT_ETOOBIG);
    CHECK_SENTENCE("for 1 elephants");
    weft_future_release(group);
    group = any(f, 3);
    CU_ASSERT_TRUE(weft_future_done(group));
    expect_index(group, 0);
    weft_future_release(group);
    release(f, 3);
    close_pool();
}

static void any_is_the_first_with_a_result(void)
{
    weft_future *f[4];

    open_pool(2);
    f[0] = hold(1);
    f[1] = submit(fail, 1);
    f[2] = submit(twice, 1);
    f[3] = any(f, 3);
    expect_index(f[3], 2);
    CU_ASSERT_FALSE(weft_future_done(f[0]));
    open_gate();
    expect_result(f[0], 1);
    release(f, 4);
    close_pool();
}

static void any_fails_with_the_last_error(void)
{
    weft_future *f[4];

    open_pool(1);
    f[0] = hold(0);
    f[1] = submit(fail, 1);
    f[2] = submit(fail, 2);
    f[3] = any(f + 1, 2);
    open_gate();
    expect_error(f[3], WEFT_ETOOBIG);
    CHECK_SENTENCE("for 2 elephants");
    release(f, 4);
    close_pool();
}

static void any_of_none_is_refused(void)
{
    weft_future *group = NULL;

    CHECK_ERROR(weft_future_any(&group, NULL, 0), WEFT_EINVAL);
    CHECK_SENTENCE("any of none");
    CU_ASSERT_PTR_NULL(group);
}

static void one_future_may_be_there_twice(void)
{
    weft_future *f[3], *twins[2];

    open_pool(1);
    twins[0] = twins[1] = f[0] = hold(1);
    f[1] = all(twins, 2);
    f[2] = any(twins, 2);
    open_gate();
    CHECK_OK(weft_future_result(f[1], NULL, 0, SOON));
    expect_index(f[2], 0);
    release(f, 3);
    close_pool();
}

static void a_cancelled_member_ends_all_and_leaves_the_others(void)
{
    weft_future *f[5];

    open_pool(1);
    f[0] = hold(0);
    f[1] = submit(twice, 1);
    f[2] = submit(twice, 2);
    f[3] = all(f, 3);
    f[4] = any(f + 1, 2);
    CHECK_OK(weft_future_cancel(f[1]));
    expect_error(f[3], WEFT_ECANCELED);
    CU_ASSERT_FALSE(weft_future_done(f[2]));
    open_gate();
    expect_result(f[2], 4);
    expect_index(f[4], 1);
    release(f, 5);
    close_pool();
}

/* What has not begun is cancelled, through all levels. What runs goes on, or is asked to stop. */
static void end_a_group(int (*cancel)(weft_future *future), bool at_once)
{
    weft_future *f[6], *members[2];

    open_pool(1);
    f[0] = hold(3);
    f[1] = submit(twice, 1);
    f[2] = submit(twice, 2);
    f[3] = all(f + 1, 2);
    members[0] = f[3];
    members[1] = f[0]; /* last: its worker, once interrupted, is free to begin the others */
    f[4] = any(members, 2);
    f[5] = submit(twice, 5);
    CHECK_OK(cancel(f[4]));
    if (at_once)
        expect_error(f[4], WEFT_ECANCELED); /* before the gate is open */
    expect_error(f[1], WEFT_ECANCELED);
    expect_error(f[2], WEFT_ECANCELED);
    expect_error(f[3], WEFT_ECANCELED);
    open_gate();
    CHECK_OK(weft_future_wait(f + 4, 1, WEFT_ALL_COMPLETED, SOON)); /* interrupted: by f[0] */
    expect_result(f[5], 10);
    release(f, 6);
    close_pool();
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 1);
}

static void cancel_reaches_all_members(void)
{
    end_a_group(weft_future_cancel, true);
}

static void interrupt_reaches_all_members(void)
{
    end_a_group(weft_future_interrupt, false);
}

static void a_diamond(void)
{
    weft_future *f[6];

    open_pool(2);
    f[0] = hold(10);
    CHECK_OK(weft_then(pool, &f[1], f[0], twice));
    CHECK_OK(weft_then(pool, &f[2], f[0], add_one));
    f[3] = all(f + 1, 2);
    f[4] = any(f + 1, 2);
    f[5] = all(f + 3, 2);
    open_gate();
    CHECK_OK(weft_future_result(f[5], NULL, 0, SOON));
    expect_result(f[1], 20);
    expect_result(f[2], 11);
    release(f, 6);
    close_pool();
}

static void a_diamond_whose_top_fails(void)
{
    weft_future *f[6];

    open_pool(2);
    f[0] = submit(fail, 5);
    CHECK_OK(weft_then(pool, &f[1], f[0], twice));
    CHECK_OK(weft_otherwise(pool, &f[2], f[0], recover));
    f[3] = all(f + 1, 2);
    f[4] = any(f + 1, 2);
    f[5] = all(f + 3, 2);
    expect_error(f[5], WEFT_ETOOBIG);
    CHECK_SENTENCE("for 5 elephants");
    expect_index(f[4], 1);
    release(f, 6);
    close_pool();
}

const char *const suite_name = "future_group";
CU_TestInfo suite_cases[] = {
    {"all_is_done_when_the_last_is", all_is_done_when_the_last_is},
    {"all_of_none_is_done", all_of_none_is_done},
    {"all_fails_at_once_with_the_first_error", all_fails_at_once_with_the_first_error},
    {"all_of_futures_that_are_done", all_of_futures_that_are_done},
    {"any_is_the_first_with_a_result", any_is_the_first_with_a_result},
    {"any_fails_with_the_last_error", any_fails_with_the_last_error},
    {"any_of_none_is_refused", any_of_none_is_refused},
    {"one_future_may_be_there_twice", one_future_may_be_there_twice},
    {"a_cancelled_member_ends_all_and_leaves_the_others",
     a_cancelled_member_ends_all_and_leaves_the_others},
    {"cancel_reaches_all_members", cancel_reaches_all_members},
    {"interrupt_reaches_all_members", interrupt_reaches_all_members},
    {"a_diamond", a_diamond},
    {"a_diamond_whose_top_fails", a_diamond_whose_top_fails},
    CU_TEST_INFO_NULL,
};
