/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "queue_kinds.h"
#include "weft/queue.h"
#include "weft/thread.h"

enum { PRODUCERS = 2, CONSUMERS = 2, ITEMS_EACH = 20000 };

static weft_queue *make(const weft_queue_options *options)
{
    weft_queue *queue = NULL;

    CHECK_OK(weft_queue_create(&queue, sizeof(int), options));
    return queue;
}

static void put(weft_queue *queue, int item)
{
    CHECK_OK(weft_queue_put(queue, &item, WEFT_NOW));
}

static int got(weft_queue *queue)
{
    int item = -1;

    CHECK_OK(weft_queue_get(queue, &item, WEFT_NOW));
    return item;
}

static void fifo_gives_the_oldest_first(void)
{
    for (size_t kind = RING; kind <= UNBOUNDED; kind++) {
        weft_queue *queue = make_kind(kind, kind == RING ? 250 : 0);
        int item = -1;

        for (int i = 0; i < 100; i++)
            CHECK_OK(put_int(queue, kind, i, WEFT_NOW));
        for (int i = 0; i < 50; i++) {
            CHECK_OK(get_int(queue, kind, &item, WEFT_NOW));
            CU_ASSERT_EQUAL(item, i);
        }
        for (int i = 100; i < 300; i++) /* grows, or turns, while its ring has turned */
            CHECK_OK(put_int(queue, kind, i, WEFT_NOW));
        for (int i = 50; i < 300; i++) {
            CHECK_OK(get_int(queue, kind, &item, WEFT_NOW));
            CU_ASSERT_EQUAL(item, i);
        }
        CHECK_OK(weft_queue_close(queue));
    }
}

static void lifo_gives_the_newest_first(void)
{
    weft_queue *queue = make(&(weft_queue_options){.order = WEFT_LIFO});

    for (int i = 0; i < 40; i++)
        put(queue, i);
    for (int i = 39; i >= 0; i--)
        CU_ASSERT_EQUAL(got(queue), i);
    CHECK_OK(weft_queue_close(queue));
}

static void priority_gives_the_least_first(void)
{
    weft_queue *queue =
        make(&(weft_queue_options){.order = WEFT_PRIORITY, .compare = compare_ints});

    for (int i = 0; i < 101; i++)
        put(queue, i * 37 % 101);
    for (int i = 0; i < 101; i++)
        CU_ASSERT_EQUAL(got(queue), i);
    CHECK_OK(weft_queue_close(queue));
}

static int compare_tens(const void *a, const void *b)
{
    return *(const int *)a / 10 - *(const int *)b / 10;
}

static void priority_keeps_the_order_of_equals(void)
{
    weft_queue *queue =
        make(&(weft_queue_options){.order = WEFT_PRIORITY, .compare = compare_tens});

    for (int unit = 0; unit < 10; unit++)
        for (int ten = 9; ten >= 0; ten--)
            put(queue, 10 * ten + unit);
    for (int i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(got(queue), i);
    CHECK_OK(weft_queue_close(queue));
}

static void empty_and_full_are_told_without_waiting(void)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        weft_queue *queue = make_kind(kind, 2);
        int item = 7;

        CHECK_ERROR(get_int(queue, kind, &item, WEFT_NOW), WEFT_ETIMEDOUT);
        CU_ASSERT_EQUAL(item, 7);
        CHECK_SENTENCE("empty");
        CHECK_OK(put_int(queue, kind, 1, WEFT_NOW));
        CHECK_OK(put_int(queue, kind, 2, WEFT_NOW));
        CHECK_ERROR(put_int(queue, kind, 3, WEFT_NOW), WEFT_ETIMEDOUT);
        CHECK_SENTENCE("full");
        CU_ASSERT_EQUAL(weft_queue_size(queue), 2);
        CHECK_OK(weft_queue_close(queue));
    }
}

static void a_deadline_ends_the_wait_and_not_before(void)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        weft_queue *queue = make_kind(kind, 1);
        weft_time until = weft_in(WEFT_MS(5));
        int item;

        CHECK_ERROR(get_int(queue, kind, &item, until), WEFT_ETIMEDOUT);
        CU_ASSERT_TRUE(weft_clock() >= until);
        CHECK_OK(put_int(queue, kind, 1, WEFT_NOW));
        until = weft_in(WEFT_MS(5));
        CHECK_ERROR(put_int(queue, kind, 2, until), WEFT_ETIMEDOUT);
        CU_ASSERT_TRUE(weft_clock() >= until);
        CHECK_OK(weft_queue_close(queue));
    }
}

struct getter {
    weft_queue *queue;
    int err, item;
};

static int getter_run(weft_task *task)
{
    struct getter *getter = WEFT_ARG(task, struct getter *);

    getter->err = weft_queue_get(getter->queue, &getter->item, SOON);
    return 0;
}

static void get_returns_the_item_that_is_put_later(void)
{
    struct getter getter = {make(NULL), WEFT_EINVAL, 0}, *argument = &getter;
    weft_thread *thread;

    CU_ASSERT_EQUAL_FATAL(weft_thread_start(&thread, getter_run, &argument, sizeof(argument)), 0);
    put(getter.queue, 7);
    CHECK_OK(weft_thread_join(thread, SOON));
    CHECK_OK(getter.err);
    CU_ASSERT_EQUAL(getter.item, 7);
    CHECK_OK(weft_queue_close(getter.queue));
}

static int putter_run(weft_task *task)
{
    struct getter *putter = WEFT_ARG(task, struct getter *);

    putter->err = weft_queue_put(putter->queue, &putter->item, SOON);
    return 0;
}

static void put_goes_on_when_there_is_room(void)
{
    struct getter putter = {make(&(weft_queue_options){.capacity = 1}), WEFT_EINVAL, 2};
    struct getter *argument = &putter;
    weft_thread *thread;

    put(putter.queue, 1);
    CU_ASSERT_EQUAL_FATAL(weft_thread_start(&thread, putter_run, &argument, sizeof(argument)), 0);
    CU_ASSERT_EQUAL(got(putter.queue), 1);
    CHECK_OK(weft_thread_join(thread, SOON));
    CHECK_OK(putter.err);
    CU_ASSERT_EQUAL(got(putter.queue), 2);
    CHECK_OK(weft_queue_close(putter.queue));
}

static void shutdown_wakes_all_who_wait(void)
{
    struct getter getters[4], *argument;
    weft_thread *threads[4];
    weft_queue *queue = make(NULL);

    for (int i = 0; i < 4; i++) {
        getters[i] = (struct getter){queue, 0, 0};
        argument = &getters[i];
        CU_ASSERT_EQUAL_FATAL(
            weft_thread_start(&threads[i], getter_run, &argument, sizeof(argument)), 0);
    }
    weft_queue_shutdown(queue, WEFT_DRAIN);
    for (int i = 0; i < 4; i++) {
        CHECK_OK(weft_thread_join(threads[i], SOON));
        CU_ASSERT_EQUAL(getters[i].err, WEFT_ECLOSED);
    }
    CHECK_OK(weft_queue_close(queue));
}

static void drain_leaves_items_to_be_got(void)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        weft_queue *queue = make_kind(kind, 0);
        int item = 5;

        CHECK_OK(put_int(queue, kind, 1, WEFT_NOW));
        weft_queue_shutdown(queue, WEFT_DRAIN);
        CHECK_ERROR(put_int(queue, kind, 2, WEFT_FOREVER), WEFT_ECLOSED);
        CHECK_SENTENCE("shut down");
        CHECK_OK(get_int(queue, kind, &item, WEFT_FOREVER));
        CU_ASSERT_EQUAL(item, 1);
        CHECK_ERROR(get_int(queue, kind, &item, WEFT_FOREVER), WEFT_ECLOSED);
        CHECK_SENTENCE("shut down and empty");
        CHECK_OK(weft_queue_close(queue));
    }
}

static void discard_drops_items_and_ends_join(void)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        weft_queue *queue = make_kind(kind, 0);
        int item = 5;

        CHECK_OK(put_int(queue, kind, 1, WEFT_NOW));
        CHECK_OK(put_int(queue, kind, 2, WEFT_NOW));
        CHECK_OK(get_int(queue, kind, &item, WEFT_NOW));
        CU_ASSERT_EQUAL(item, kind == LIFO ? 2 : 1);
        weft_queue_shutdown(queue, WEFT_DISCARD);
        CHECK_ERROR(get_int(queue, kind, &item, WEFT_FOREVER), WEFT_ECLOSED);
        CHECK_ERROR(weft_queue_join(queue, WEFT_NOW), WEFT_ETIMEDOUT); /* one is not done */
        CHECK_OK(weft_queue_task_done(queue));
        CHECK_OK(weft_queue_join(queue, WEFT_NOW));
        weft_queue_shutdown(queue, WEFT_DISCARD);
        CHECK_OK(weft_queue_close(queue));
    }
}

static void join_waits_for_every_task_done(void)
{
    for (size_t kind = 0; kind < KINDS; kind++) {
        weft_queue *queue = make_kind(kind, 0);
        int item;

        CHECK_OK(weft_queue_join(queue, WEFT_NOW));
        for (int i = 0; i < 2; i++)
            CHECK_OK(put_int(queue, kind, i, WEFT_NOW));
        for (int i = 0; i < 2; i++)
            CHECK_OK(get_int(queue, kind, &item, WEFT_NOW));
        CHECK_OK(weft_queue_task_done(queue));
        CHECK_ERROR(weft_queue_join(queue, weft_in(WEFT_MS(1))), WEFT_ETIMEDOUT);
        CHECK_SENTENCE("1 items");
        CHECK_OK(weft_queue_task_done(queue));
        CHECK_OK(weft_queue_join(queue, WEFT_NOW));
        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_queue_task_done(queue), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
        CHECK_OK(weft_queue_close(queue));
    }
}

static void bad_options_are_refused(void)
{
    weft_queue *queue = NULL;

    CHECK_ERROR(weft_queue_create(&queue, 0, NULL), WEFT_EINVAL);
    CHECK_ERROR(weft_queue_create(&queue, 4, &(weft_queue_options){.order = WEFT_PRIORITY}),
                WEFT_EINVAL);
    CHECK_ERROR(weft_queue_create(&queue, SIZE_MAX, NULL), WEFT_ENOMEM);
    CU_ASSERT_PTR_NULL(queue);
    CHECK_OK(weft_queue_close(NULL));
}

struct load {
    weft_queue *queue;
    int number;          /* of the producer */
    int last[PRODUCERS]; /* consumer: the newest item of each producer */
    long long sum;
    int count, disorder;
};

static int produce(weft_task *task)
{
    struct load *load = WEFT_ARG(task, struct load *);
    int err = 0;

    for (int i = 1; i <= ITEMS_EACH && err == 0; i++) {
        int item = load->number * (ITEMS_EACH + 1) + i;

        err = weft_queue_put(load->queue, &item, WEFT_FOREVER);
    }
    return err;
}

static int consume(weft_task *task)
{
    struct load *load = WEFT_ARG(task, struct load *);
    int item;

    while (weft_queue_get(load->queue, &item, WEFT_FOREVER) == 0) {
        int producer = item / (ITEMS_EACH + 1);

        load->disorder += item <= load->last[producer];
        load->last[producer] = item;
        load->sum += item;
        load->count++;
    }
    return 0;
}

/* Each consumer sees the items of one producer in their order; none is lost or doubled. */
static void nothing_is_lost_between_many_threads(void)
{
    struct load loads[PRODUCERS + CONSUMERS];
    weft_thread *threads[PRODUCERS + CONSUMERS];
    weft_queue *queue = make(&(weft_queue_options){.capacity = 64});
    long long sum = 0, expected = 0;
    int count = 0;

    memset(loads, 0, sizeof(loads));
    for (int i = 0; i < PRODUCERS + CONSUMERS; i++) {
        struct load *load = &loads[i];

        load->queue = queue;
        load->number = i;
        CU_ASSERT_EQUAL_FATAL(
            weft_thread_start(&threads[i], i < PRODUCERS ? produce : consume, &load, sizeof(load)),
            0);
    }
    for (int i = 0; i < PRODUCERS; i++)
        CHECK_OK(weft_thread_join(threads[i], SOON));
    weft_queue_shutdown(queue, WEFT_DRAIN);
    for (int i = PRODUCERS; i < PRODUCERS + CONSUMERS; i++) {
        CHECK_OK(weft_thread_join(threads[i], SOON));
        CU_ASSERT_EQUAL(loads[i].disorder, 0);
        sum += loads[i].sum;
        count += loads[i].count;
    }
    for (int p = 0; p < PRODUCERS; p++)
        for (int i = 1; i <= ITEMS_EACH; i++)
            expected += p * (ITEMS_EACH + 1) + i;
    CU_ASSERT_EQUAL(count, PRODUCERS * ITEMS_EACH);
    CU_ASSERT_EQUAL(sum, expected);
    CHECK_OK(weft_queue_close(queue));
}

const char *const suite_name = "queue";
CU_TestInfo suite_cases[] = {
    {"fifo_gives_the_oldest_first", fifo_gives_the_oldest_first},
    {"lifo_gives_the_newest_first", lifo_gives_the_newest_first},
    {"priority_gives_the_least_first", priority_gives_the_least_first},
    {"priority_keeps_the_order_of_equals", priority_keeps_the_order_of_equals},
    {"empty_and_full_are_told_without_waiting", empty_and_full_are_told_without_waiting},
    {"a_deadline_ends_the_wait_and_not_before", a_deadline_ends_the_wait_and_not_before},
    {"get_returns_the_item_that_is_put_later", get_returns_the_item_that_is_put_later},
    {"put_goes_on_when_there_is_room", put_goes_on_when_there_is_room},
    {"shutdown_wakes_all_who_wait", shutdown_wakes_all_who_wait},
    {"drain_leaves_items_to_be_got", drain_leaves_items_to_be_got},
    {"discard_drops_items_and_ends_join", discard_drops_items_and_ends_join},
    {"join_waits_for_every_task_done", join_waits_for_every_task_done},
    {"bad_options_are_refused", bad_options_are_refused},
    {"nothing_is_lost_between_many_threads", nothing_is_lost_between_many_threads},
    CU_TEST_INFO_NULL,
};
