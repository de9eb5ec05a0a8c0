/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "crew.h"
#include "weft/barrier.h"
#include "weft/local.h"

enum { THREADS = 4, KEYS = 64 };

static void every_thread_begins_with_null(void)
{
    weft_local local = {0};
    int mine = 7;

    CHECK_OK(weft_local_create(&local, NULL));
    CU_ASSERT_PTR_NULL(weft_local_get(&local));
    CHECK_OK(weft_local_set(&local, &mine));
    CU_ASSERT_PTR_EQUAL(weft_local_get(&local), &mine);
    CHECK_OK(weft_local_set(&local, NULL));
    CU_ASSERT_PTR_NULL(weft_local_get(&local));
    weft_local_close(&local);
}

static void what_was_not_created_has_no_value_and_setting_it_is_misuse(void)
{
    weft_local local = {0};
    int mine = 7;

    CU_ASSERT_PTR_NULL(weft_local_get(&local));
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_local_set(&local, &mine), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    weft_local_close(&local);
}

static void a_closed_one_counts_as_not_created(void)
{
    weft_local local = {0};

    CHECK_OK(weft_local_create(&local, NULL));
    weft_local_close(&local);
    CU_ASSERT_PTR_NULL(weft_local_get(&local));
    weft_local_close(&local);
    CU_ASSERT_EQUAL(local.key, 0);
}

static void a_key_that_is_used_again_begins_with_null(void)
{
    weft_local local = {0};
    int mine = 7;

    for (int i = 0; i < 1000; i++) { /* more than any system has keys */
        if (!CHECK_OK(weft_local_create(&local, NULL)))
            break;
        if (weft_local_get(&local) != NULL)
            CU_FAIL("the value of a closed one was left");
        CHECK_OK(weft_local_set(&local, &mine));
        weft_local_close(&local);
    }
}

static void sixty_four_at_once_keep_their_values_apart(void)
{
    weft_local locals[KEYS] = {{0}};
    int values[KEYS];

    for (int i = 0; i < KEYS; i++) {
        CHECK_OK(weft_local_create(&locals[i], NULL));
        CHECK_OK(weft_local_set(&locals[i], &values[i]));
    }
    for (int i = 0; i < KEYS; i++) {
        CU_ASSERT_PTR_EQUAL(weft_local_get(&locals[i]), &values[i]);
        weft_local_close(&locals[i]);
    }
}

/* What the threads of a test do with one variable. */
struct use {
    weft_local local;
    weft_barrier all_have_set;
    weft_atomic_u32 wrong;     /* any thread, relaxed */
    weft_atomic_u32 destroyed; /* by destructors, release; the value is the use itself */
    bool sets;
};

static void count_destruction(void *value)
{
    struct use *u = value;

    weft_fetch_add_u32(&u->destroyed, 1, WEFT_RELEASE);
}

static int set_own_value(weft_task *task)
{
    struct use *u = WEFT_ARG(task, struct use *);
    int mine = 0;
    bool wrong = weft_local_get(&u->local) != NULL;

    wrong |= weft_local_set(&u->local, &mine) != 0;
    wrong |= weft_barrier_wait(&u->all_have_set, NULL, SOON) != 0;
    wrong |= weft_local_get(&u->local) != &mine;
    weft_fetch_add_u32(&u->wrong, wrong, WEFT_RELAXED);
    return 0;
}

static void each_thread_sees_its_own_value(void)
{
    struct use u = {.all_have_set = WEFT_BARRIER_INIT(THREADS)};
    weft_thread *threads[THREADS];

    CHECK_OK(weft_local_create(&u.local, NULL));
    CHECK_OK(weft_local_set(&u.local, &u));
    start_threads(threads, THREADS, set_own_value, &u);
    join_threads(threads, THREADS);
    CU_ASSERT_EQUAL(weft_load_u32(&u.wrong, WEFT_RELAXED), 0);
    CU_ASSERT_PTR_EQUAL(weft_local_get(&u.local), &u);
    weft_local_close(&u.local);
}

static int leave_a_value(weft_task *task)
{
    struct use *u = WEFT_ARG(task, struct use *);

    if (u->sets && weft_local_set(&u->local, u) != 0)
        weft_fetch_add_u32(&u->wrong, 1, WEFT_RELAXED);
    return 0;
}

static void the_destructor_has_run_for_each_thread_when_join_returns(void)
{
    struct use u = {.sets = true};
    weft_thread *threads[THREADS];

    CHECK_OK(weft_local_create(&u.local, count_destruction));
    for (uint32_t i = 1; i <= 50; i++) {
        start_threads(threads, 1, leave_a_value, &u);
        join_threads(threads, 1);
        CU_ASSERT_EQUAL(weft_load_u32(&u.destroyed, WEFT_ACQUIRE), i);
    }
    start_threads(threads, THREADS, leave_a_value, &u);
    join_threads(threads, THREADS);
    CU_ASSERT_EQUAL(weft_load_u32(&u.destroyed, WEFT_ACQUIRE), 50 + THREADS);
    CU_ASSERT_EQUAL(weft_load_u32(&u.wrong, WEFT_RELAXED), 0);
    weft_local_close(&u.local);
}

static bool was_destroyed(void *context)
{
    return weft_load_u32(&((struct use *)context)->destroyed, WEFT_ACQUIRE) != 0;
}

static void the_destructor_runs_in_detached_threads_too(void)
{
    struct use u = {.sets = true}, *argument = &u;

    CHECK_OK(weft_local_create(&u.local, count_destruction));
    CHECK_OK(weft_thread_start(NULL, leave_a_value, &argument, sizeof(argument)));
    CU_ASSERT_TRUE(eventually(was_destroyed, &u));
    weft_local_close(&u.local);
}

static void a_thread_that_left_null_runs_no_destructor(void)
{
    struct use u = {.sets = false};
    weft_thread *thread;

    CHECK_OK(weft_local_create(&u.local, count_destruction));
    start_threads(&thread, 1, leave_a_value, &u);
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(weft_load_u32(&u.destroyed, WEFT_ACQUIRE), 0);
    weft_local_close(&u.local);
}

static void values_of_a_closed_one_are_not_destroyed(void)
{
    struct use u = {.sets = true};

    CHECK_OK(weft_local_create(&u.local, count_destruction));
    CHECK_OK(weft_local_set(&u.local, &u));
    weft_local_close(&u.local);
    CU_ASSERT_EQUAL(weft_load_u32(&u.destroyed, WEFT_ACQUIRE), 0);
}

const char *const suite_name = "local";
CU_TestInfo suite_cases[] = {
    {"every_thread_begins_with_null", every_thread_begins_with_null},
    {"what_was_not_created_has_no_value_and_setting_it_is_misuse",
     what_was_not_created_has_no_value_and_setting_it_is_misuse},
    {"a_closed_one_counts_as_not_created", a_closed_one_counts_as_not_created},
    {"a_key_that_is_used_again_begins_with_null", a_key_that_is_used_again_begins_with_null},
    {"sixty_four_at_once_keep_their_values_apart", sixty_four_at_once_keep_their_values_apart},
    {"each_thread_sees_its_own_value", each_thread_sees_its_own_value},
    {"the_destructor_has_run_for_each_thread_when_join_returns",
     the_destructor_has_run_for_each_thread_when_join_returns},
    {"the_destructor_runs_in_detached_threads_too", the_destructor_runs_in_detached_threads_too},
    {"a_thread_that_left_null_runs_no_destructor", a_thread_that_left_null_runs_no_destructor},
    {"values_of_a_closed_one_are_not_destroyed", values_of_a_closed_one_are_not_destroyed},
    CU_TEST_INFO_NULL,
};
