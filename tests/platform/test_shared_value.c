/* SPDX-License-Identifier: MIT */
/* Typed values and arrays in shared memory, and the lock that comes with them. */
#include "check.h"

#include <stdint.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "weft/shared_value.h"

enum { PROCESSES = 3, ROUNDS = 2000, ELEMENTS = 100 };

struct point {
    double x, y;
    int64_t moves;
};

WEFT_TYPED_SHARED(shared_int, int);
WEFT_TYPED_SHARED(shared_points, struct point);

static void a_value_is_zero_at_first(void)
{
    shared_int value;
    shared_points points;

    CHECK_OK(shared_int_create(&value, 1));
    CHECK_OK(shared_points_create(&points, ELEMENTS));
    CU_ASSERT_EQUAL(value.count, 1);
    CU_ASSERT_EQUAL(points.count, ELEMENTS);
    CU_ASSERT_EQUAL(*shared_int_at(value), 0);
    for (size_t i = 0; i < ELEMENTS; i++)
        CU_ASSERT_EQUAL(shared_points_at(points)[i].moves, 0);
    shared_int_close(value);
    shared_points_close(points);
}

static int count_up(weft_task *task)
{
    shared_int counter = WEFT_ARG(task, shared_int);

    for (int i = 0; i < ROUNDS; i++) {
        REQUIRE(task, weft_shared_mutex_acquire(counter.lock, SOON) == 0);
        *shared_int_at(counter) += 1;
        REQUIRE(task, weft_shared_mutex_release(counter.lock) == 0);
    }
    return 0;
}

static void processes_that_count_under_its_lock_lose_nothing(void)
{
    weft_process *processes[PROCESSES];
    shared_int counter;

    CHECK_OK(shared_int_create(&counter, 1));
    start_processes(processes, PROCESSES, count_up, &counter, sizeof(counter));
    join_processes(processes, PROCESSES);
    CU_ASSERT_EQUAL(*shared_int_at(counter), PROCESSES * ROUNDS);
    shared_int_close(counter);
}

static int move_points(weft_task *task)
{
    shared_points points = WEFT_ARG(task, shared_points);

    REQUIRE(task, points.count == ELEMENTS);
    for (size_t i = 0; i < points.count; i++) {
        struct point *point = &shared_points_at(points)[i];

        REQUIRE(task, point->x == (double)i);
        point->y = 2 * point->x;
        point->moves++;
    }
    return 0;
}

static void an_array_of_structs_is_seen_alike_by_both(void)
{
    shared_points points;
    size_t wrong = 0;

    CHECK_OK(shared_points_create(&points, ELEMENTS));
    for (size_t i = 0; i < ELEMENTS; i++)
        shared_points_at(points)[i].x = (double)i;
    join_process(start_process(move_points, &points, sizeof(points)));
    for (size_t i = 0; i < ELEMENTS; i++) {
        const struct point *point = &shared_points_at(points)[i];

        wrong += point->y != 2.0 * (double)i || point->moves != 1;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    shared_points_close(points);
}

static void more_elements_than_can_be_counted_are_refused(void)
{
    shared_points points = {.at = 7, .count = 8, .lock = {9}};

    CHECK_ERROR(shared_points_create(&points, SIZE_MAX / 2), WEFT_ETOOBIG);
    CHECK_SENTENCE("elements");
    CHECK_ERROR(shared_points_create(&points, SIZE_MAX / sizeof(struct point)), WEFT_ENOMEM);
    CU_ASSERT_EQUAL(points.at, 7);
    CU_ASSERT_EQUAL(points.count, 8);
    CU_ASSERT_EQUAL(points.lock.at, 9);
}

static int create_and_close(void *context)
{
    shared_points points = {.at = 7, .lock = {9}};
    int err = shared_points_create(&points, ELEMENTS);

    (void)context;
    if (err == 0) {
        shared_points_close(points);
        return 0;
    }
    CU_ASSERT_EQUAL(points.at, 7);
    CU_ASSERT_EQUAL(points.lock.at, 9);
    return err;
}

static void a_full_arena_is_an_error_and_leaves_nothing(void)
{
    weft_shared_usage before, after;

    CHECK_OK(create_and_close(NULL));
    weft_shared_usage_get(&before);
    CU_ASSERT_TRUE(refuse_each_passage("arena.alloc", WEFT_ENOMEM, create_and_close, NULL) >= 2);
    weft_shared_usage_get(&after);
    CU_ASSERT_EQUAL(after.blocks, before.blocks);
}

const char *const suite_name = "shared_value";
CU_TestInfo suite_cases[] = {
    {"a_full_arena_is_an_error_and_leaves_nothing", a_full_arena_is_an_error_and_leaves_nothing},
    {"a_value_is_zero_at_first", a_value_is_zero_at_first},
    {"processes_that_count_under_its_lock_lose_nothing",
     processes_that_count_under_its_lock_lose_nothing},
    {"an_array_of_structs_is_seen_alike_by_both", an_array_of_structs_is_seen_alike_by_both},
    {"more_elements_than_can_be_counted_are_refused",
     more_elements_than_can_be_counted_are_refused},
    CU_TEST_INFO_NULL,
};
