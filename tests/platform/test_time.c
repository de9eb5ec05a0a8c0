/* SPDX-License-Identifier: MIT */
/* The clock, deadlines and sleep. No upper bound on time is asserted: a machine may be slow. */
#include "check.h"

#include "crew.h"
#include "weft/atomic.h"
#include "weft/time.h"

static void units_are_nanoseconds(void)
{
    CU_ASSERT_EQUAL(WEFT_NS(7), 7);
    CU_ASSERT_EQUAL(WEFT_US(7), 7000);
    CU_ASSERT_EQUAL(WEFT_MS(7), 7000000);
    CU_ASSERT_EQUAL(WEFT_S(7), INT64_C(7000000000));
}

static void units_do_not_overflow_int(void)
{
    int days = 100;

    CU_ASSERT_TRUE(WEFT_S(days * 86400) == INT64_C(8640000000000000));
    CU_ASSERT_TRUE(WEFT_MS(2000000000) > WEFT_S(1999999));
}

static void the_clock_is_positive_and_never_goes_back(void)
{
    weft_time before = weft_clock();

    CU_ASSERT_TRUE(before > 0);
    for (int i = 0; i < 100000; i++) {
        weft_time now = weft_clock();

        if (now < before)
            CU_FAIL("the clock went back");
        before = now;
    }
}

static void the_clock_moves_on(void)
{
    weft_time before = weft_clock();

    while (weft_clock() == before)
        continue;
    CU_ASSERT_TRUE(weft_clock() > before);
}

enum { READERS = 3, READINGS = 20000 };

struct readings {
    weft_atomic_u64 latest; /* any reader, release: an instant that has been */
    weft_atomic_u32 wrong;  /* any reader, relaxed */
};

static int compare_with_others(weft_task *task)
{
    struct readings *r = WEFT_ARG(task, struct readings *);

    for (int i = 0; i < READINGS; i++) {
        uint64_t been = weft_load_u64(&r->latest, WEFT_ACQUIRE);
        uint64_t now = (uint64_t)weft_clock();

        if (now < been)
            weft_fetch_add_u32(&r->wrong, 1, WEFT_RELAXED);
        while (now > been && !weft_cas_u64(&r->latest, &been, now, WEFT_ACQ_REL))
            continue;
    }
    return 0;
}

static void the_clock_is_one_for_all_threads(void)
{
    struct readings r = {{0}, {0}};
    weft_thread *threads[READERS];

    start_threads(threads, READERS, compare_with_others, &r);
    join_threads(threads, READERS);
    CU_ASSERT_EQUAL(weft_load_u32(&r.wrong, WEFT_RELAXED), 0);
}

static void in_lies_the_duration_after_now(void)
{
    weft_time before = weft_clock();
    weft_time then = weft_in(WEFT_MS(50));

    CU_ASSERT_TRUE(then >= before + WEFT_MS(50));
    CU_ASSERT_TRUE(then <= weft_clock() + WEFT_MS(50));
}

static void in_zero_or_less_is_now(void)
{
    const weft_time durations[] = {0, -1, -WEFT_S(1000000), INT64_MIN};

    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
        weft_time before = weft_clock();
        weft_time then = weft_in(durations[i]);

        CU_ASSERT_TRUE(then >= before);
        CU_ASSERT_TRUE(then <= weft_clock());
        CU_ASSERT_NOT_EQUAL(then, WEFT_NOW);
    }
}

static void in_past_the_end_of_time_is_forever(void)
{
    CU_ASSERT_EQUAL(weft_in(WEFT_FOREVER), WEFT_FOREVER);
    CU_ASSERT_EQUAL(weft_in(WEFT_FOREVER - 1), WEFT_FOREVER);
    CU_ASSERT_TRUE(weft_in(WEFT_FOREVER / 2) > WEFT_FOREVER / 2);
}

static void sleep_lasts_at_least_as_long_as_asked(void)
{
    const weft_time durations[] = {1, WEFT_US(1), WEFT_US(999), WEFT_MS(1) + 1, WEFT_MS(20)};

    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
        weft_time before = weft_clock();

        weft_sleep(durations[i]);
        CU_ASSERT_TRUE(weft_clock() - before >= durations[i]);
    }
}

static void sleep_of_zero_or_less_returns(void)
{
    weft_sleep(0);
    weft_sleep(-1);
    weft_sleep(INT64_MIN);
    CU_PASS("it came back");
}

const char *const suite_name = "time";
CU_TestInfo suite_cases[] = {
    {"units_are_nanoseconds", units_are_nanoseconds},
    {"units_do_not_overflow_int", units_do_not_overflow_int},
    {"the_clock_is_positive_and_never_goes_back", the_clock_is_positive_and_never_goes_back},
    {"the_clock_moves_on", the_clock_moves_on},
    {"the_clock_is_one_for_all_threads", the_clock_is_one_for_all_threads},
    {"in_lies_the_duration_after_now", in_lies_the_duration_after_now},
    {"in_zero_or_less_is_now", in_zero_or_less_is_now},
    {"in_past_the_end_of_time_is_forever", in_past_the_end_of_time_is_forever},
    {"sleep_lasts_at_least_as_long_as_asked", sleep_lasts_at_least_as_long_as_asked},
    {"sleep_of_zero_or_less_returns", sleep_of_zero_or_less_returns},
    CU_TEST_INFO_NULL,
};
