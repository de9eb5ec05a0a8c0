/* SPDX-License-Identifier: MIT */
/* WEFT_WITH releases however its block is left. */
#include "check.h"

#include "weft/mutex.h"

static weft_mutex with_lock = WEFT_MUTEX_INIT;

static bool is_held(void)
{
    return weft_mutex_locked(&with_lock);
}

static void with_holds_to_its_end(void)
{
    WEFT_WITH (&with_lock) {
        CU_ASSERT_TRUE(is_held());
    }
    WEFT_END_WITH
    CU_ASSERT_FALSE(is_held());
}

static int return_from_with(void)
{
    WEFT_WITH (&with_lock) {
        return is_held() ? 7 : 0;
    }
    WEFT_END_WITH
    return 1;
}

static void with_left_by_return_releases(void)
{
    CU_ASSERT_EQUAL(return_from_with(), 7);
    CU_ASSERT_FALSE(is_held());
}

static void with_left_by_break_leaves_the_loop_around_it(void)
{
    int rounds = 0;

    for (; rounds < 5; rounds++) {
        WEFT_WITH (&with_lock) {
            if (rounds == 2)
                break;
        }
        WEFT_END_WITH
        CU_ASSERT_FALSE(is_held());
    }
    CU_ASSERT_EQUAL(rounds, 2);
    CU_ASSERT_FALSE(is_held());
}

static void with_left_by_continue_goes_on_with_the_loop(void)
{
    int rounds = 0, after = 0;

    for (; rounds < 5; rounds++) {
        CU_ASSERT_FALSE(is_held());
        WEFT_WITH (&with_lock) {
            if (rounds != 3)
                continue;
        }
        WEFT_END_WITH
        after++;
    }
    CU_ASSERT_EQUAL(rounds, 5);
    CU_ASSERT_EQUAL(after, 1);
    CU_ASSERT_FALSE(is_held());
}

static void with_left_by_goto_releases(void)
{
    WEFT_WITH (&with_lock) {
        if (is_held())
            goto out;
    }
    WEFT_END_WITH
    CU_FAIL("goto was not taken");
out:
    CU_ASSERT_FALSE(is_held());
}

static void nested_withs_release_both(void)
{
    weft_mutex inner = WEFT_MUTEX_INIT;

    for (int i = 0; i < 1; i++) {
        WEFT_WITH (&with_lock) {
            WEFT_WITH (&inner) {
                CU_ASSERT_TRUE(is_held() && weft_mutex_locked(&inner));
                continue;
            }
            WEFT_END_WITH
        }
        WEFT_END_WITH
    }
    CU_ASSERT_FALSE(is_held());
    CU_ASSERT_FALSE(weft_mutex_locked(&inner));
}

static void with_on_a_mutex_one_holds_is_misuse_and_keeps_it_held(void)
{
    CHECK_OK(weft_mutex_acquire(&with_lock, WEFT_NOW));
    expect_misuse(WEFT_EDEADLK);
    WEFT_WITH (&with_lock) {
        CHECK_MISUSE_SEEN();
    }
    WEFT_END_WITH
    CU_ASSERT_TRUE(is_held());
    CHECK_OK(weft_mutex_release(&with_lock));
}

const char *const suite_name = "with";
CU_TestInfo suite_cases[] = {
    {"with_holds_to_its_end", with_holds_to_its_end},
    {"with_left_by_return_releases", with_left_by_return_releases},
    {"with_left_by_break_leaves_the_loop_around_it", with_left_by_break_leaves_the_loop_around_it},
    {"with_left_by_continue_goes_on_with_the_loop", with_left_by_continue_goes_on_with_the_loop},
    {"with_left_by_goto_releases", with_left_by_goto_releases},
    {"nested_withs_release_both", nested_withs_release_both},
    {"with_on_a_mutex_one_holds_is_misuse_and_keeps_it_held",
     with_on_a_mutex_one_holds_is_misuse_and_keeps_it_held},
    CU_TEST_INFO_NULL,
};
