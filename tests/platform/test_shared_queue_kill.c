/* SPDX-License-Identifier: MIT */
/*
 * The queue between processes when some are killed: in the worst places, which fault
 * points name, and anywhere. An item is wholly in or wholly out, and the others go on.
 */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/fault.h"
#include "weft/shared.h"
#include "weft/shared_queue.h"

enum { ITEMS = 300, CAPACITY = 4, KILLS = 12, WORDS = 50 };

struct item {
    uint32_t words[WORDS]; /* all follow from the first */
};

struct scene {
    weft_shared_queue queue;
    weft_shared_semaphore there; /* released where the test wants the process */
    weft_offset seen;            /* weft_atomic_u32[ITEMS]: how often each item was got */
};

static struct item item_of(uint32_t number)
{
    struct item item;

    for (uint32_t i = 0; i < WORDS; i++)
        item.words[i] = number + i;
    return item;
}

static bool is_whole(const struct item *item)
{
    struct item whole = item_of(item->words[0]);

    return memcmp(item, &whole, sizeof(whole)) == 0;
}

static struct scene make_scene(void)
{
    struct scene s;

    CU_ASSERT_EQUAL_FATAL(weft_shared_queue_create(&s.queue, sizeof(struct item), CAPACITY), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&s.there, 0), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&s.seen, ITEMS * sizeof(weft_atomic_u32)), 0);
    return s;
}

static void close_scene(const struct scene *s)
{
    weft_shared_queue_close(s->queue);
    weft_shared_semaphore_close(s->there);
    weft_shared_free(s->seen);
}

/* ---- at a fault point ----------------------------------------------------------------- */

/* Of the child, written before the hook is set. */
static const char *stop_point;
static weft_shared_semaphore stop_told;

/* Stops for ever at the point, with whatever the place holds. */
static int stop_here(const char *point)
{
    if (strcmp(point, stop_point) != 0)
        return 0;
    (void)weft_shared_semaphore_release(stop_told, 1);
    weft_sleep(WEFT_FOREVER);
    return 0;
}

static int stop_in_put(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);
    struct item item = item_of(100);

    stop_point = "shared_queue.put.after_copy";
    stop_told = s.there;
    weft_fault_hook(stop_here);
    return weft_shared_queue_put(s.queue, &item, SOON);
}

static int stop_in_get(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);
    struct item item;

    stop_point = "shared_queue.get.after_copy";
    stop_told = s.there;
    weft_fault_hook(stop_here);
    return weft_shared_queue_get(s.queue, &item, SOON);
}

static void an_item_of_a_killed_producer_is_not_there(void)
{
    struct scene s = make_scene();
    struct item item = item_of(1);
    weft_process *process;

    CHECK_OK(weft_shared_queue_put(s.queue, &item, WEFT_NOW));
    process = start_process(stop_in_put, &s, sizeof(s));
    CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
    kill_process(process);
    CU_ASSERT_EQUAL(weft_shared_queue_size(s.queue), 1);
    item = item_of(2);
    CHECK_OK(weft_shared_queue_put(s.queue, &item, SOON));
    for (uint32_t i = 1; i <= 2; i++) {
        CHECK_OK(weft_shared_queue_get(s.queue, &item, SOON));
        CU_ASSERT_EQUAL(item.words[0], i);
        CU_ASSERT_TRUE(is_whole(&item));
    }
    CHECK_ERROR(weft_shared_queue_get(s.queue, &item, WEFT_NOW), WEFT_ETIMEDOUT);
    close_scene(&s);
}

static void a_killed_consumer_takes_at_most_the_item_it_was_taking(void)
{
    struct scene s = make_scene();
    struct item item;
    weft_process *process;
    uint32_t expected;

    for (uint32_t i = 1; i <= 3; i++) {
        item = item_of(i);
        CHECK_OK(weft_shared_queue_put(s.queue, &item, WEFT_NOW));
    }
    process = start_process(stop_in_get, &s, sizeof(s));
    CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
    kill_process(process);
    expected = 4 - (uint32_t)weft_shared_queue_size(s.queue);
    CU_ASSERT_TRUE(expected == 1 || expected == 2);
    for (; expected <= 3; expected++) {
        CHECK_OK(weft_shared_queue_get(s.queue, &item, SOON));
        CU_ASSERT_EQUAL(item.words[0], expected);
        CU_ASSERT_TRUE(is_whole(&item));
    }
    close_scene(&s);
}

static void a_stopped_process_does_not_block_others_for_ever(void)
{
    struct scene s = make_scene();
    struct item item = item_of(1);
    weft_process *process = start_process(stop_in_put, &s, sizeof(s));

    CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
    CHECK_ERROR(weft_shared_queue_put(s.queue, &item, weft_in(WEFT_MS(20))), WEFT_ETIMEDOUT);
    kill_process(process);
    CHECK_OK(weft_shared_queue_put(s.queue, &item, SOON));
    close_scene(&s);
}

/* ---- while it waits --------------------------------------------------------------------- */

static int wait_for_an_item(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);
    struct item item;

    REQUIRE(task, weft_shared_semaphore_release(s.there, 1) == 0);
    REQUIRE(task, weft_shared_queue_get(s.queue, &item, SOON) == 0);
    REQUIRE(task, is_whole(&item));
    return 0;
}

/* The wake-up for one item may go to the one that was killed: the other still gets it. */
static void a_consumer_killed_while_it_waits_takes_no_item_with_it(void)
{
    struct scene s = make_scene();
    struct item item = item_of(7);

    for (int i = 0; i < 5; i++) {
        weft_process *killed = start_process(wait_for_an_item, &s, sizeof(s));
        weft_process *other = start_process(wait_for_an_item, &s, sizeof(s));

        CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
        CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
        weft_sleep(WEFT_MS(3)); /* both wait now, or will find the item */
        kill_process(killed);
        CHECK_OK(weft_shared_queue_put(s.queue, &item, SOON));
        join_process(other);
    }
    CU_ASSERT_EQUAL(weft_shared_queue_size(s.queue), 0);
    close_scene(&s);
}

/* ---- anywhere ------------------------------------------------------------------------------ */

static int take_for_ever(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);
    weft_atomic_u32 *seen = weft_shared_pointer(s.seen);
    struct item item;

    while (weft_shared_queue_get(s.queue, &item, SOON) == 0) {
        REQUIRE(task, is_whole(&item));
        REQUIRE(task, item.words[0] < ITEMS);
        weft_fetch_add_u32(&seen[item.words[0]], 1, WEFT_RELAXED);
    }
    return 0;
}

static void killed_consumers_lose_no_more_than_one_item_each(void)
{
    struct scene s = make_scene();
    weft_atomic_u32 *seen = weft_shared_pointer(s.seen);
    weft_process *victim = start_process(take_for_ever, &s, sizeof(s));
    weft_process *survivor = start_process(take_for_ever, &s, sizeof(s));
    uint32_t lost = 0, twice = 0;

    for (uint32_t i = 0; i < ITEMS; i++) {
        struct item item = item_of(i);

        CHECK_OK(weft_shared_queue_put(s.queue, &item, SOON));
        if (i % (ITEMS / KILLS) == 0) {
            kill_process(victim);
            victim = start_process(take_for_ever, &s, sizeof(s));
        }
    }
    weft_shared_queue_shutdown(s.queue);
    join_process(survivor);
    join_process(victim);
    for (uint32_t i = 0; i < ITEMS; i++) {
        lost += weft_load_u32(&seen[i], WEFT_RELAXED) == 0;
        twice += weft_load_u32(&seen[i], WEFT_RELAXED) > 1;
    }
    CU_ASSERT_TRUE(lost <= KILLS);
    CU_ASSERT_EQUAL(twice, 0);
    CU_ASSERT_EQUAL(weft_shared_queue_size(s.queue), 0);
    close_scene(&s);
}

static int put_for_ever(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);

    REQUIRE(task, weft_shared_semaphore_release(s.there, 1) == 0);
    for (uint32_t i = 0;; i++) {
        struct item item = item_of(i % ITEMS);
        int err = weft_shared_queue_put(s.queue, &item, SOON);

        if (err != 0)
            return err == WEFT_ECLOSED ? 0 : err;
    }
}

static void killed_producers_leave_whole_items_only(void)
{
    struct scene s = make_scene();
    weft_process *consumer = start_process(take_for_ever, &s, sizeof(s));

    for (int i = 0; i < KILLS; i++) {
        weft_process *producer = start_process(put_for_ever, &s, sizeof(s));

        CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
        weft_sleep(WEFT_US(300) * (i + 1));
        kill_process(producer);
    }
    weft_shared_queue_shutdown(s.queue);
    join_process(consumer);
    CU_ASSERT_EQUAL(weft_shared_queue_size(s.queue), 0);
    close_scene(&s);
}

const char *const suite_name = "shared_queue_kill";
CU_TestInfo suite_cases[] = {
    {"an_item_of_a_killed_producer_is_not_there", an_item_of_a_killed_producer_is_not_there},
    {"a_killed_consumer_takes_at_most_the_item_it_was_taking",
     a_killed_consumer_takes_at_most_the_item_it_was_taking},
    {"a_stopped_process_does_not_block_others_for_ever",
     a_stopped_process_does_not_block_others_for_ever},
    {"a_consumer_killed_while_it_waits_takes_no_item_with_it",
     a_consumer_killed_while_it_waits_takes_no_item_with_it},
    {"killed_consumers_lose_no_more_than_one_item_each",
     killed_consumers_lose_no_more_than_one_item_each},
    {"killed_producers_leave_whole_items_only", killed_producers_leave_whole_items_only},
    CU_TEST_INFO_NULL,
};
