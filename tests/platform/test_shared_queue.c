/* SPDX-License-Identifier: MIT */
/* The queue between processes, used by one thread. How it ends: test_shared_queue_end.c;
 * many: test_shared_queue_many.c; when they are killed: test_shared_queue_kill.c. */
#include "check.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "shared_numbers.h"
#include "weft/arena.h"
#include "weft/shared_queue.h"

enum { MOST_BYTES = 14 * HEAD, GUARD = 0x5A };

/* ---- order and contents -------------------------------------------------------------- */

static void items_come_out_in_the_order_they_went_in(void)
{
    weft_shared_queue queue = make_numbers(3);

    for (int round = 0; round < 5; round++) { /* the ring wraps */
        for (int i = 0; i < 2; i++)
            CHECK_OK(put_number(queue, 10 * round + i, WEFT_NOW));
        CU_ASSERT_EQUAL(weft_shared_queue_size(queue), 2);
        for (int i = 0; i < 2; i++) {
            int item = -1;

            CHECK_OK(get_number(queue, &item, WEFT_NOW));
            CU_ASSERT_EQUAL(item, 10 * round + i);
        }
        CU_ASSERT_EQUAL(weft_shared_queue_size(queue), 0);
    }
    weft_shared_queue_close(queue);
}

/* An item of `size` bytes goes in and comes out of an empty queue in which `offset` empty
 * items went before. False if any byte is another. */
static bool passes_whole(size_t bytes, size_t offset, size_t size)
{
    unsigned char item[MOST_BYTES], got[MOST_BYTES + 1];
    weft_shared_queue queue = make_queue(0, bytes);
    size_t length = 999;
    bool whole = true;

    for (size_t i = 0; i < size; i++)
        item[i] = (unsigned char)(size * 31 + i * 7 + offset);
    memset(got, GUARD, sizeof(got));
    for (size_t i = 0; i < offset && whole; i++)
        whole = weft_shared_queue_put(queue, NULL, 0, WEFT_NOW) == 0 &&
                weft_shared_queue_get(queue, NULL, 0, NULL, WEFT_NOW) == 0;
    whole = whole && weft_shared_queue_put(queue, item, size, WEFT_NOW) == 0 &&
            weft_shared_queue_get(queue, got, sizeof(got), &length, WEFT_NOW) == 0 &&
            length == size && memcmp(item, got, size) == 0;
    for (size_t i = size; i < sizeof(got); i++)
        whole = whole && got[i] == GUARD;
    weft_shared_queue_close(queue);
    return whole;
}

static void items_of_every_size_pass_at_every_place(void)
{
    for (size_t bytes = HEAD; bytes <= MOST_BYTES; bytes += 3 * HEAD)
        for (size_t offset = 0; offset < bytes / HEAD; offset++)
            for (size_t size = 0; size <= bytes - HEAD; size++)
                if (!passes_whole(bytes, offset, size)) {
                    printf("\n    %zu bytes at place %zu of %zu\n", size, offset, bytes);
                    CU_FAIL("the item came out another");
                }
}

static void an_item_without_bytes_is_an_item(void)
{
    weft_shared_queue queue = make_numbers(2);
    size_t length = 7;

    CHECK_OK(weft_shared_queue_put(queue, NULL, 0, WEFT_NOW));
    CU_ASSERT_EQUAL(weft_shared_queue_size(queue), 1);
    CHECK_OK(weft_shared_queue_get(queue, NULL, 0, &length, WEFT_NOW));
    CU_ASSERT_EQUAL(length, 0);
    CU_ASSERT_EQUAL(weft_shared_queue_size(queue), 0);
    weft_shared_queue_close(queue);
}

static void an_item_that_has_no_room_at_the_getter_stays(void)
{
    weft_shared_queue queue = make_numbers(4);
    char text[8] = "-------";
    size_t length = 0;

    CHECK_OK(weft_shared_queue_put(queue, "twelve", 6, WEFT_NOW));
    CHECK_ERROR(weft_shared_queue_get(queue, text, 5, &length, WEFT_NOW), WEFT_ETOOBIG);
    CU_ASSERT_EQUAL(length, 6);
    CHECK_ERROR(weft_shared_queue_get(queue, NULL, 0, &length, WEFT_FOREVER), WEFT_ETOOBIG);
    /* Without a length the sizes must be the same. */
    CHECK_ERROR(weft_shared_queue_get(queue, text, 7, NULL, WEFT_NOW), WEFT_ETOOBIG);
    CHECK_SENTENCE("size");
    CU_ASSERT_EQUAL(strcmp(text, "-------"), 0);
    CU_ASSERT_EQUAL(weft_shared_queue_size(queue), 1);
    CHECK_OK(weft_shared_queue_get(queue, text, 6, NULL, WEFT_NOW));
    CU_ASSERT_EQUAL(memcmp(text, "twelve-", 7), 0);
    weft_shared_queue_close(queue);
}

/* ---- bounds --------------------------------------------------------------------------- */

static size_t put_until_full(weft_shared_queue queue, size_t size)
{
    char item[MOST_BYTES] = {0};
    size_t count = 0;

    while (weft_shared_queue_put(queue, item, size, WEFT_NOW) == 0 && count < 20000)
        count++;
    CHECK_ERROR(weft_shared_queue_put(queue, item, size, WEFT_NOW), WEFT_ETIMEDOUT);
    CU_ASSERT_EQUAL(weft_shared_queue_size(queue), count);
    return count;
}

static void bytes_bound_it_exactly(void)
{
    const struct {
        size_t bytes, size, fit;
    } cases[] = {{8, 0, 1}, {64, 0, 8}, {64, 8, 4}, {64, 9, 2}, {71, 1, 4}, {96, 40, 2}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        weft_shared_queue queue = make_queue(0, cases[i].bytes);

        for (int round = 0; round < 3; round++) { /* wherever it begins */
            CU_ASSERT_EQUAL(put_until_full(queue, cases[i].size), cases[i].fit);
            while (weft_shared_queue_size(queue) > 0) {
                char item[MOST_BYTES];

                if (!CHECK_OK(weft_shared_queue_get(queue, item, cases[i].size, NULL, WEFT_NOW)))
                    break;
            }
        }
        weft_shared_queue_close(queue);
    }
}

static void a_number_of_items_bounds_it(void)
{
    weft_shared_queue queue = make_queue(3, 1000);

    for (size_t size = 0; size < 40; size += 13) {
        char item[MOST_BYTES];

        CU_ASSERT_EQUAL(put_until_full(queue, size), 3);
        for (int i = 0; i < 3; i++)
            CHECK_OK(weft_shared_queue_get(queue, item, size, NULL, WEFT_NOW));
    }
    weft_shared_queue_close(queue);
}

static void without_options_it_holds_64_kibibytes(void)
{
    weft_shared_queue queue;

    CHECK_OK(weft_shared_queue_create(&queue, NULL));
    CU_ASSERT_EQUAL(put_until_full(queue, 8), 65536 / 16);
    weft_shared_queue_close(queue);
}

static void an_item_that_can_never_fit_is_refused_at_once(void)
{
    weft_shared_queue queue = make_queue(0, 64);
    char item[128] = {0};

    CHECK_ERROR(weft_shared_queue_put(queue, item, 57, WEFT_FOREVER), WEFT_ETOOBIG);
    CHECK_SENTENCE("57");
    CHECK_ERROR(weft_shared_queue_put(queue, item, SIZE_MAX, WEFT_FOREVER), WEFT_ETOOBIG);
    CHECK_OK(weft_shared_queue_put(queue, item, 56, WEFT_NOW));
    CHECK_ERROR(weft_shared_queue_put(queue, NULL, 0, WEFT_NOW), WEFT_ETIMEDOUT);
    weft_shared_queue_close(queue);
}

static void more_than_all_measure_is_refused_at_creation(void)
{
    weft_shared_queue queue = {7};
    const weft_shared_queue_options many = {.items = (size_t)1 << 24};
    const weft_shared_queue_options large = {.bytes = SIZE_MAX};

    CHECK_ERROR(weft_shared_queue_create(&queue, &many), WEFT_EINVAL);
    CHECK_SENTENCE("16777216");
    CHECK_ERROR(weft_shared_queue_create(&queue, &large), WEFT_EINVAL);
    CU_ASSERT_EQUAL(queue.at, 7);
}

/* Positions count items modulo 2^24. */
static void counts_go_round(void)
{
    weft_shared_queue queue = make_queue(3, 8 * HEAD);
    const uint32_t most = (1u << 24) + 5;
    uint32_t failed = 0;

    for (uint32_t i = 0; i < most; i++) {
        failed += weft_shared_queue_put(queue, NULL, 0, WEFT_NOW) != 0;
        failed += i > 0 && weft_shared_queue_size(queue) != 2;
        failed += i > 0 && weft_shared_queue_get(queue, NULL, 0, NULL, WEFT_NOW) != 0;
        failed += i > 0 && weft_shared_queue_task_done(queue) != 0;
    }
    CU_ASSERT_EQUAL(failed, 0);
    CHECK_ERROR(weft_shared_queue_join(queue, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_shared_queue_task_done(queue));
    CHECK_OK(weft_shared_queue_join(queue, WEFT_NOW));
    weft_shared_queue_close(queue);
}

/* ---- deadlines ------------------------------------------------------------------------ */

static void an_empty_queue_times_out_and_leaves_the_item_alone(void)
{
    weft_shared_queue queue = make_numbers(1);
    weft_time until = weft_in(WEFT_MS(70)); /* longer than one slice of a shared wait */
    int item = 7;

    CHECK_ERROR(get_number(queue, &item, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(get_number(queue, &item, weft_clock() - 1), WEFT_ETIMEDOUT);
    CHECK_ERROR(get_number(queue, &item, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("empty");
    CU_ASSERT_EQUAL(item, 7);
    weft_shared_queue_close(queue);
}

static void a_full_queue_times_out_and_takes_nothing(void)
{
    weft_shared_queue queue = make_numbers(1);
    weft_time until = weft_in(WEFT_MS(20));
    int item = 0;

    CHECK_OK(put_number(queue, 1, WEFT_NOW));
    CHECK_ERROR(put_number(queue, 2, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(put_number(queue, 3, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("full");
    CHECK_OK(get_number(queue, &item, WEFT_NOW));
    CU_ASSERT_EQUAL(item, 1);
    CHECK_ERROR(get_number(queue, &item, WEFT_NOW), WEFT_ETIMEDOUT);
    weft_shared_queue_close(queue);
}

static void an_item_that_is_there_beats_a_deadline_that_passed(void)
{
    weft_shared_queue queue = make_numbers(1);
    int item = 0;

    CHECK_OK(put_number(queue, 7, weft_clock() - WEFT_S(1)));
    CHECK_OK(get_number(queue, &item, weft_clock() - WEFT_S(1)));
    CU_ASSERT_EQUAL(item, 7);
    weft_shared_queue_close(queue);
}

/* ---- misuse and memory ---------------------------------------------------------------- */

static void what_is_no_queue_is_misuse(void)
{
    const weft_shared_queue none = {0}, odd = {7};
    weft_shared_queue queue = make_numbers(1);
    int item = 7;

    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(get_number(none, &item, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(put_number(odd, item, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_shared_queue_put(queue, NULL, 1, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    weft_shared_queue_close(queue);
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(put_number(queue, item, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_shared_queue_join(queue, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    weft_shared_queue_close(none);
}

static int create_and_close(void *context)
{
    weft_shared_queue queue = {7};
    int err = weft_shared_queue_create(&queue, NULL);

    (void)context;
    if (err == 0)
        weft_shared_queue_close(queue);
    else
        CU_ASSERT_EQUAL(queue.at, 7);
    return err;
}

static void a_full_arena_is_an_error_at_creation(void)
{
    CU_ASSERT_TRUE(refuse_each_passage("arena.alloc", WEFT_ENOMEM, create_and_close, NULL) > 0);
}

static void a_closed_queue_gives_its_memory_back(void)
{
    weft_shared_usage before, open, after;
    weft_shared_queue queue;

    weft_shared_usage_get(&before);
    queue = make_queue(0, 3000000);
    weft_shared_usage_get(&open);
    CU_ASSERT_TRUE(open.bytes >= before.bytes + 3000000);
    weft_shared_queue_close(queue);
    weft_shared_usage_get(&after);
    CU_ASSERT_EQUAL(after.blocks, before.blocks);
    CU_ASSERT_EQUAL(after.bytes, before.bytes);
}

const char *const suite_name = "shared_queue";
CU_TestInfo suite_cases[] = {
    {"items_come_out_in_the_order_they_went_in", items_come_out_in_the_order_they_went_in},
    {"items_of_every_size_pass_at_every_place", items_of_every_size_pass_at_every_place},
    {"an_item_without_bytes_is_an_item", an_item_without_bytes_is_an_item},
    {"an_item_that_has_no_room_at_the_getter_stays", an_item_that_has_no_room_at_the_getter_stays},
    {"bytes_bound_it_exactly", bytes_bound_it_exactly},
    {"a_number_of_items_bounds_it", a_number_of_items_bounds_it},
    {"without_options_it_holds_64_kibibytes", without_options_it_holds_64_kibibytes},
    {"an_item_that_can_never_fit_is_refused_at_once",
     an_item_that_can_never_fit_is_refused_at_once},
    {"more_than_all_measure_is_refused_at_creation", more_than_all_measure_is_refused_at_creation},
    {"counts_go_round", counts_go_round},
    {"an_empty_queue_times_out_and_leaves_the_item_alone",
     an_empty_queue_times_out_and_leaves_the_item_alone},
    {"a_full_queue_times_out_and_takes_nothing", a_full_queue_times_out_and_takes_nothing},
    {"an_item_that_is_there_beats_a_deadline_that_passed",
     an_item_that_is_there_beats_a_deadline_that_passed},
    {"what_is_no_queue_is_misuse", what_is_no_queue_is_misuse},
    {"a_full_arena_is_an_error_at_creation", a_full_arena_is_an_error_at_creation},
    {"a_closed_queue_gives_its_memory_back", a_closed_queue_gives_its_memory_back},
    CU_TEST_INFO_NULL,
};
