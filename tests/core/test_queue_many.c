/* SPDX-License-Identifier: MIT */
/* Batches, sizes of items, and the figures that a queue keeps. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "queue_kinds.h"
#include "weft/memory.h"

static const size_t capacities[] = {1, 2, 3, 7, 1000};
enum { CAPACITIES = 5, ROUNDS = 50, BATCH = 1200 };

static weft_queue *make(size_t item_size, const weft_queue_options *options)
{
    weft_queue *queue = NULL;

    CHECK_OK(weft_queue_create(&queue, item_size, options));
    return queue;
}

/* Puts and gets batches of all sizes around the ring, and checks the order. */
static void turn(weft_queue *queue, size_t capacity)
{
    int items[BATCH], next_put = 0, next_got = 0;
    size_t there = 0;

    for (int round = 0; round < ROUNDS; round++) {
        size_t wanted = (size_t)round * 7 % BATCH, put = 99, got = 0;
        int err;

        for (size_t i = 0; i < wanted; i++)
            items[i] = next_put + (int)i;
        err = weft_queue_put_many(queue, items, wanted, &put, WEFT_NOW);
        CU_ASSERT_EQUAL(put, wanted < capacity - there ? wanted : capacity - there);
        CU_ASSERT_EQUAL(err, put < wanted ? WEFT_ETIMEDOUT : 0);
        next_put += (int)put;
        there += put;
        CU_ASSERT_EQUAL(weft_queue_size(queue), there);
        wanted = (size_t)round * 5 % BATCH + 1;
        err = weft_queue_get_many(queue, items, wanted, &got, WEFT_NOW);
        CU_ASSERT_EQUAL(err, there == 0 ? WEFT_ETIMEDOUT : 0);
        CU_ASSERT_EQUAL(got, wanted < there ? wanted : there);
        for (size_t i = 0; i < got; i++)
            CU_ASSERT_EQUAL(items[i], next_got++);
        there -= got;
    }
}

static void batches_go_round_the_ring(void)
{
    for (size_t i = 0; i < CAPACITIES; i++) {
        weft_queue *queue = make(sizeof(int), &(weft_queue_options){.capacity = capacities[i]});

        turn(queue, capacities[i]);
        CHECK_OK(weft_queue_close(queue));
    }
}

static void batches_of_every_kind_keep_its_order(void)
{
    for (size_t k = UNBOUNDED; k < KINDS; k++) {
        weft_queue *queue = make_kind(k, 0);
        int items[] = {3, 1, 2, 5, 4}, got[5] = {0};
        const int orders[KINDS][5] = {
            [UNBOUNDED] = {3, 1, 2, 5, 4}, [LIFO] = {4, 5, 2, 1, 3}, [PRIORITY] = {1, 2, 3, 4, 5}};
        size_t count = 0;

        CHECK_OK(weft_queue_put_many(queue, items, 5, NULL, WEFT_NOW));
        CHECK_OK(weft_queue_get_many(queue, got, 5, &count, WEFT_NOW));
        CU_ASSERT_EQUAL(count, 5);
        CU_ASSERT_EQUAL(memcmp(got, orders[k], sizeof(got)), 0);
        CHECK_OK(weft_queue_close(queue));
    }
}

static void what_fits_of_a_batch_is_in_when_the_deadline_passes(void)
{
    for (size_t k = 0; k < KINDS; k++) {
        weft_queue *queue = make_kind(k, 3);
        char *items = calloc(5, LARGE_ITEM);
        weft_time until = weft_in(WEFT_MS(5));
        size_t put = 0;

        CHECK_ERROR(weft_queue_put_many(queue, items, 5, &put, until), WEFT_ETIMEDOUT);
        CU_ASSERT_TRUE(weft_clock() >= until);
        CU_ASSERT_EQUAL(put, 3);
        CHECK_SENTENCE("full");
        CHECK_ERROR(weft_queue_put_many(queue, items, 5, &put, WEFT_NOW), WEFT_ETIMEDOUT);
        CU_ASSERT_EQUAL(put, 0);
        weft_queue_shutdown(queue, WEFT_DRAIN);
        CHECK_ERROR(weft_queue_put_many(queue, items, 5, &put, WEFT_FOREVER), WEFT_ECLOSED);
        CU_ASSERT_EQUAL(put, 0);
        CHECK_OK(weft_queue_get_many(queue, items, 5, &put, WEFT_FOREVER));
        CU_ASSERT_EQUAL(put, 3);
        CHECK_ERROR(weft_queue_get_many(queue, items, 5, &put, WEFT_FOREVER), WEFT_ECLOSED);
        CU_ASSERT_EQUAL(put, 3);
        CHECK_OK(weft_queue_close(queue));
        free(items);
    }
}

static void batches_of_nothing(void)
{
    weft_queue *queue = make_kind(RING, 1);
    size_t count = 7;
    int item;

    CHECK_OK(weft_queue_put_many(queue, &item, 0, &count, WEFT_NOW));
    CU_ASSERT_EQUAL(count, 0);
    count = 7;
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_queue_get_many(queue, &item, 0, &count, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    CU_ASSERT_EQUAL(count, 7);
    CHECK_OK(weft_queue_close(queue));
}

/* Bytes around the item stay as they are. */
static void items_of_every_size_come_out_as_they_went_in(void)
{
    unsigned char in[4][300], out[302];

    for (size_t size = 1; size <= 300; size++) {
        weft_queue *queue = make(size, &(weft_queue_options){.capacity = 3});
        bool same = true;

        for (int i = 0; i < 4; i++)
            for (size_t b = 0; b < size; b++)
                in[i][b] = (unsigned char)(rand() >> 3);
        for (int i = 0; i < 4; i++) {
            CHECK_OK(weft_queue_put(queue, in[i], WEFT_NOW));
            memset(out, 0xa5, sizeof(out));
            CHECK_OK(weft_queue_get(queue, out + 1, WEFT_NOW));
            same = same && memcmp(out + 1, in[i], size) == 0 && out[0] == 0xa5 &&
                   out[size + 1] == 0xa5;
        }
        CU_ASSERT_TRUE(same);
        CHECK_OK(weft_queue_close(queue));
    }
}

/* On both sides of what fits into a ring. */
static void large_capacities_are_kept(void)
{
    static const size_t bounds[] = {65536, 87381, 87382, 100000};

    for (size_t i = 0; i < 4; i++) {
        weft_queue *queue = make(8, &(weft_queue_options){.capacity = bounds[i]});
        uint64_t item = 0;

        for (item = 0; weft_queue_put(queue, &item, WEFT_NOW) == 0; item++)
            ;
        CU_ASSERT_EQUAL(item, bounds[i]);
        for (uint64_t next = 0; weft_queue_get(queue, &item, WEFT_NOW) == 0; next++)
            CU_ASSERT_EQUAL_FATAL(item, next);
        CU_ASSERT_EQUAL(item, bounds[i] - 1);
        CHECK_OK(weft_queue_close(queue));
    }
}

static void figures_are_kept(void)
{
    for (size_t k = 0; k < KINDS; k++) {
        weft_queue *queue = make_kind(k, 0);
        weft_queue_stats stats;
        int item;

        for (int i = 0; i < 10; i++)
            CHECK_OK(put_int(queue, k, i, WEFT_NOW));
        for (int i = 0; i < 7; i++)
            CHECK_OK(get_int(queue, k, &item, WEFT_NOW));
        CHECK_OK(put_int(queue, k, 10, WEFT_NOW));
        CHECK_OK(weft_queue_task_done(queue));
        weft_queue_stats_get(queue, &stats);
        CU_ASSERT_EQUAL(stats.size, 4);
        CU_ASSERT_EQUAL(stats.size_most, 10);
        CU_ASSERT_EQUAL(stats.put, 11);
        CU_ASSERT_EQUAL(stats.got, 7);
        CU_ASSERT_EQUAL(stats.unfinished, 10);
        CU_ASSERT_EQUAL(stats.getters, 0);
        CU_ASSERT_EQUAL(stats.putters, 0);
        weft_queue_shutdown(queue, WEFT_DISCARD);
        weft_queue_stats_get(queue, &stats);
        CU_ASSERT_EQUAL(stats.size, 0);
        CU_ASSERT_EQUAL(stats.put, 11);
        CU_ASSERT_EQUAL(stats.got, 11);
        CU_ASSERT_EQUAL(stats.unfinished, 6);
        CHECK_OK(weft_queue_close(queue));
    }
}

/* Refused while it grows, a batch is in as far as there was room. */
static int attempt_batch(void *context)
{
    int items[200] = {0};
    size_t kind = *(size_t *)context, put = 0;
    weft_queue_options options = {.order = kind == PRIORITY ? WEFT_PRIORITY
                                           : kind == LIFO   ? WEFT_LIFO
                                                            : WEFT_FIFO,
                                  .compare = compare_ints,
                                  .capacity = kind == RING ? 200 : 0};
    weft_queue *queue;
    int err = weft_queue_create(&queue, sizeof(int), &options);

    if (err != 0)
        return err;
    err = weft_queue_put_many(queue, items, 200, &put, WEFT_NOW);
    CU_ASSERT_TRUE(err == 0 ? put == 200 : put < 200);
    CU_ASSERT_EQUAL(weft_queue_size(queue), put);
    CHECK_OK(weft_queue_close(queue));
    return err;
}

static void each_refused_allocation_leaves_it_as_it_was(void)
{
    size_t kinds[] = {RING, UNBOUNDED, LIFO, PRIORITY};

    CU_ASSERT_EQUAL(refuse_each_allocation(attempt_batch, &kinds[0]), 1);
    for (size_t i = 1; i < 4; i++)
        CU_ASSERT_TRUE(refuse_each_allocation(attempt_batch, &kinds[i]) > 3);
}

const char *const suite_name = "queue_many";
CU_TestInfo suite_cases[] = {
    {"batches_go_round_the_ring", batches_go_round_the_ring},
    {"batches_of_every_kind_keep_its_order", batches_of_every_kind_keep_its_order},
    {"what_fits_of_a_batch_is_in_when_the_deadline_passes",
     what_fits_of_a_batch_is_in_when_the_deadline_passes},
    {"batches_of_nothing", batches_of_nothing},
    {"items_of_every_size_come_out_as_they_went_in", items_of_every_size_come_out_as_they_went_in},
    {"large_capacities_are_kept", large_capacities_are_kept},
    {"figures_are_kept", figures_are_kept},
    {"each_refused_allocation_leaves_it_as_it_was", each_refused_allocation_leaves_it_as_it_was},
    CU_TEST_INFO_NULL,
};
