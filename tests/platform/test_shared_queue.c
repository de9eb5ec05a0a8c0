/* SPDX-License-Identifier: MIT */
/* The queue between processes, in one process and between many. What happens to it when
 * they are killed is in test_shared_queue_kill.c. */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "fail.h"
#include "weft/arena.h"
#include "weft/shared.h"
#include "weft/shared_queue.h"

enum { PRODUCERS = 2, CONSUMERS = 2, ITEMS = 4000, CAPACITY = 7 };

static void items_come_out_in_the_order_they_went_in(void)
{
    weft_shared_queue queue;

    CHECK_OK(weft_shared_queue_create(&queue, sizeof(int), 3));
    for (int round = 0; round < 5; round++) { /* the ring wraps */
        for (int i = 0; i < 2; i++)
            CHECK_OK(weft_shared_queue_put(queue, &(int){10 * round + i}, WEFT_NOW));
        CU_ASSERT_EQUAL(weft_shared_queue_size(queue), 2);
        for (int i = 0; i < 2; i++) {
            int item = -1;

            CHECK_OK(weft_shared_queue_get(queue, &item, WEFT_NOW));
            CU_ASSERT_EQUAL(item, 10 * round + i);
        }
        CU_ASSERT_EQUAL(weft_shared_queue_size(queue), 0);
    }
    weft_shared_queue_close(queue);
}

static void an_empty_queue_times_out_and_leaves_the_item_alone(void)
{
    weft_shared_queue queue;
    weft_time until;
    int item = 7;

    CHECK_OK(weft_shared_queue_create(&queue, sizeof(int), 1));
    until = weft_in(WEFT_MS(70)); /* longer than one slice of a shared wait */
    CHECK_ERROR(weft_shared_queue_get(queue, &item, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_shared_queue_get(queue, &item, weft_clock() - 1), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_shared_queue_get(queue, &item, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("empty");
    CU_ASSERT_EQUAL(item, 7);
    weft_shared_queue_close(queue);
}

static void a_full_queue_times_out_and_takes_nothing(void)
{
    weft_shared_queue queue;
    weft_time until = weft_in(WEFT_MS(20));
    int item = 1;

    CHECK_OK(weft_shared_queue_create(&queue, sizeof(int), 1));
    CHECK_OK(weft_shared_queue_put(queue, &item, WEFT_NOW));
    CHECK_ERROR(weft_shared_queue_put(queue, &(int){2}, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_shared_queue_put(queue, &(int){3}, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("full");
    CHECK_OK(weft_shared_queue_get(queue, &item, WEFT_NOW));
    CU_ASSERT_EQUAL(item, 1);
    CHECK_ERROR(weft_shared_queue_get(queue, &item, WEFT_NOW), WEFT_ETIMEDOUT);
    weft_shared_queue_close(queue);
}

static void an_item_that_is_there_beats_a_deadline_that_passed(void)
{
    weft_shared_queue queue;
    int item = 7;

    CHECK_OK(weft_shared_queue_create(&queue, sizeof(int), 1));
    CHECK_OK(weft_shared_queue_put(queue, &item, weft_clock() - WEFT_S(1)));
    CHECK_OK(weft_shared_queue_get(queue, &item, weft_clock() - WEFT_S(1)));
    weft_shared_queue_close(queue);
}

static void after_shutdown_what_is_there_can_be_got_and_nothing_put(void)
{
    weft_shared_queue queue;
    int item = 7;

    CHECK_OK(weft_shared_queue_create(&queue, sizeof(int), 4));
    CHECK_OK(weft_shared_queue_put(queue, &item, WEFT_NOW));
    weft_shared_queue_shutdown(queue);
    weft_shared_queue_shutdown(queue);
    CHECK_ERROR(weft_shared_queue_put(queue, &item, WEFT_FOREVER), WEFT_ECLOSED);
    CU_ASSERT_EQUAL(weft_shared_queue_size(queue), 1);
    item = 0;
    CHECK_OK(weft_shared_queue_get(queue, &item, WEFT_FOREVER));
    CU_ASSERT_EQUAL(item, 7);
    CHECK_ERROR(weft_shared_queue_get(queue, &item, WEFT_FOREVER), WEFT_ECLOSED);
    weft_shared_queue_close(queue);
}

static void sizes_of_zero_and_beyond_all_measure_are_refused(void)
{
    weft_shared_queue queue = {7};

    CHECK_ERROR(weft_shared_queue_create(&queue, 0, 1), WEFT_EINVAL);
    CHECK_ERROR(weft_shared_queue_create(&queue, 1, 0), WEFT_EINVAL);
    CU_ASSERT_NOT_EQUAL(strlen(weft_last_error()), 0);
    CU_ASSERT_NOT_EQUAL(weft_shared_queue_create(&queue, SIZE_MAX / 2, 3), 0);
    CHECK_ERROR(weft_shared_queue_create(&queue, SIZE_MAX / 8, 4), WEFT_ENOMEM);
    CU_ASSERT_EQUAL(queue.at, 7);
}

static void what_is_no_queue_is_misuse(void)
{
    const weft_shared_queue none = {0};
    weft_shared_queue queue;
    int item = 7;

    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_shared_queue_get(none, &item, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    CHECK_OK(weft_shared_queue_create(&queue, sizeof(int), 1));
    weft_shared_queue_close(queue);
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_shared_queue_put(queue, &item, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    weft_shared_queue_close(none);
}

static int create_and_close(void *context)
{
    weft_shared_queue queue = {7};
    int err = weft_shared_queue_create(&queue, 100, 10);

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
    for (int i = 0; i < 20; i++) { /* together far more than any arena */
        weft_shared_queue queue;

        if (!CHECK_OK(weft_shared_queue_create(&queue, 1000000, 60)))
            break;
        weft_shared_queue_close(queue);
    }
}

/* ---- processes ---------------------------------------------------------------------- */

/* An item that shows whether it is whole: the words all follow from the first. */
struct item {
    uint32_t words[50];
};

struct traffic {
    weft_shared_queue queue;
    weft_shared_queue results; /* of struct tally, one from each consumer */
    weft_shared_semaphore waiting;
    uint32_t first; /* of the producer */
};

struct tally {
    uint64_t sum;
    uint64_t count;
};

static struct traffic make_traffic(void)
{
    struct traffic t = {.first = 0};

    CU_ASSERT_EQUAL_FATAL(weft_shared_queue_create(&t.queue, sizeof(struct item), CAPACITY), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_queue_create(&t.results, sizeof(struct tally), CONSUMERS), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&t.waiting, 0), 0);
    return t;
}

static void close_traffic(const struct traffic *t)
{
    weft_shared_queue_close(t->queue);
    weft_shared_queue_close(t->results);
    weft_shared_semaphore_close(t->waiting);
}

static int produce(weft_task *task)
{
    struct traffic t = WEFT_ARG(task, struct traffic);

    for (uint32_t i = 0; i < ITEMS; i++) {
        struct item item;

        for (uint32_t j = 0; j < 50; j++)
            item.words[j] = t.first + i + j;
        REQUIRE(task, weft_shared_queue_put(t.queue, &item, SOON) == 0);
    }
    return 0;
}

static int consume(weft_task *task)
{
    struct traffic t = WEFT_ARG(task, struct traffic);
    struct tally tally = {0, 0};
    uint32_t last[PRODUCERS] = {0};
    struct item item;
    int err;

    while ((err = weft_shared_queue_get(t.queue, &item, SOON)) == 0) {
        uint32_t producer = item.words[0] / ITEMS;

        for (uint32_t j = 1; j < 50; j++)
            REQUIRE(task, item.words[j] == item.words[0] + j);
        REQUIRE(task, producer < PRODUCERS);
        REQUIRE(task, last[producer] <= item.words[0]); /* of one producer in order */
        last[producer] = item.words[0];
        tally.sum += item.words[0];
        tally.count++;
    }
    REQUIRE(task, err == WEFT_ECLOSED);
    REQUIRE(task, weft_shared_queue_put(t.results, &tally, SOON) == 0);
    return 0;
}

static void items_are_whole_and_none_is_lost_or_doubled(void)
{
    weft_process *producers[PRODUCERS], *consumers[CONSUMERS];
    struct traffic t = make_traffic();
    struct tally all = {0, 0};
    uint64_t total = (uint64_t)PRODUCERS * ITEMS;

    start_processes(consumers, CONSUMERS, consume, &t, sizeof(t));
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        t.first = i * ITEMS;
        producers[i] = start_process(produce, &t, sizeof(t));
    }
    join_processes(producers, PRODUCERS);
    weft_shared_queue_shutdown(t.queue);
    join_processes(consumers, CONSUMERS);
    for (int i = 0; i < CONSUMERS; i++) {
        struct tally tally = {0, 0};

        CHECK_OK(weft_shared_queue_get(t.results, &tally, WEFT_NOW));
        all.sum += tally.sum;
        all.count += tally.count;
    }
    CU_ASSERT_EQUAL(all.count, total);
    CU_ASSERT_EQUAL(all.sum, total * (total - 1) / 2);
    close_traffic(&t);
}

static int wait_for_the_end(weft_task *task)
{
    struct traffic t = WEFT_ARG(task, struct traffic);
    struct item item;

    REQUIRE(task, weft_shared_semaphore_release(t.waiting, 1) == 0);
    REQUIRE(task, weft_shared_queue_get(t.queue, &item, SOON) == WEFT_ECLOSED);
    return 0;
}

static void shutdown_wakes_all_who_wait_for_items(void)
{
    weft_process *consumers[CONSUMERS];
    struct traffic t = make_traffic();

    start_processes(consumers, CONSUMERS, wait_for_the_end, &t, sizeof(t));
    for (int i = 0; i < CONSUMERS; i++)
        CHECK_OK(weft_shared_semaphore_acquire(t.waiting, SOON));
    weft_sleep(WEFT_MS(5)); /* they wait now, or will find it shut down */
    weft_shared_queue_shutdown(t.queue);
    join_processes(consumers, CONSUMERS);
    close_traffic(&t);
}

static int wait_for_room(weft_task *task)
{
    struct traffic t = WEFT_ARG(task, struct traffic);
    struct item item = {{0}};

    for (int i = 0; i < CAPACITY; i++)
        REQUIRE(task, weft_shared_queue_put(t.queue, &item, WEFT_NOW) == 0);
    REQUIRE(task, weft_shared_semaphore_release(t.waiting, 1) == 0);
    REQUIRE(task, weft_shared_queue_put(t.queue, &item, SOON) == WEFT_ECLOSED);
    return 0;
}

static void shutdown_wakes_those_who_wait_for_room(void)
{
    struct traffic t = make_traffic();
    weft_process *producer = start_process(wait_for_room, &t, sizeof(t));

    CHECK_OK(weft_shared_semaphore_acquire(t.waiting, SOON));
    weft_sleep(WEFT_MS(5));
    weft_shared_queue_shutdown(t.queue);
    join_process(producer);
    CU_ASSERT_EQUAL(weft_shared_queue_size(t.queue), CAPACITY);
    close_traffic(&t);
}

const char *const suite_name = "shared_queue";
CU_TestInfo suite_cases[] = {
    {"items_come_out_in_the_order_they_went_in", items_come_out_in_the_order_they_went_in},
    {"an_empty_queue_times_out_and_leaves_the_item_alone",
     an_empty_queue_times_out_and_leaves_the_item_alone},
    {"a_full_queue_times_out_and_takes_nothing", a_full_queue_times_out_and_takes_nothing},
    {"an_item_that_is_there_beats_a_deadline_that_passed",
     an_item_that_is_there_beats_a_deadline_that_passed},
    {"after_shutdown_what_is_there_can_be_got_and_nothing_put",
     after_shutdown_what_is_there_can_be_got_and_nothing_put},
    {"sizes_of_zero_and_beyond_all_measure_are_refused",
     sizes_of_zero_and_beyond_all_measure_are_refused},
    {"what_is_no_queue_is_misuse", what_is_no_queue_is_misuse},
    {"a_full_arena_is_an_error_at_creation", a_full_arena_is_an_error_at_creation},
    {"a_closed_queue_gives_its_memory_back", a_closed_queue_gives_its_memory_back},
    {"items_are_whole_and_none_is_lost_or_doubled", items_are_whole_and_none_is_lost_or_doubled},
    {"shutdown_wakes_all_who_wait_for_items", shutdown_wakes_all_who_wait_for_items},
    {"shutdown_wakes_those_who_wait_for_room", shutdown_wakes_those_who_wait_for_room},
    CU_TEST_INFO_NULL,
};
