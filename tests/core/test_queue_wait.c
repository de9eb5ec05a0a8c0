/* SPDX-License-Identifier: MIT */
/* Who waits in a queue, and what ends the wait: of every kind of queue. */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "queue_kinds.h"
#include "weft/atomic.h"
#include "weft/cancel.h"
#include "weft/event.h"
#include "weft/fault.h"
#include "weft/thread.h"
#include "weft/wait_any.h"

enum { CROWD = 50 };

/* What a thread does in the queue, and how that ended. */
enum what { GET, PUT, JOIN, ANY };

struct visit {
    weft_queue *queue;
    size_t kind;
    enum what what;
    weft_cancel *cancel; /* NULL: none */
    weft_event *event;   /* waited for beside the queue, by ANY */
    weft_atomic_u32 ok, closed, canceled, other;
    weft_time until; /* 0: SOON */
};

static void record(struct visit *visit, int err)
{
    weft_atomic_u32 *count = err == 0                ? &visit->ok
                             : err == WEFT_ECLOSED   ? &visit->closed
                             : err == WEFT_ECANCELED ? &visit->canceled
                                                     : &visit->other;

    weft_fetch_add_u32(count, 1, WEFT_RELAXED);
}

static int visit_any(struct visit *visit, weft_time until)
{
    weft_waitable things[2] = {weft_queue_waitable(visit->queue)};
    size_t which = 9, count = 1;
    int err;

    if (visit->event)
        things[count++] = weft_event_waitable(visit->event);
    err = weft_wait_any(things, count, &which, until);
    return err == 0 && which != 0 ? WEFT_EFAILED : err;
}

static int run(weft_task *task)
{
    struct visit *visit = WEFT_ARG(task, struct visit *);
    const weft_cancel *before = weft_cancel_enter(visit->cancel);
    weft_time until = visit->until ? visit->until : SOON;
    int item, err;

    if (visit->what == GET)
        err = get_int(visit->queue, visit->kind, &item, until);
    else if (visit->what == PUT)
        err = put_int(visit->queue, visit->kind, 1, until);
    else if (visit->what == JOIN)
        err = weft_queue_join(visit->queue, until);
    else
        err = visit_any(visit, until);
    weft_cancel_enter(before);
    record(visit, err);
    return 0;
}

struct crowd {
    weft_queue *queue;
    unsigned getters, putters;
};

static bool crowd_waits(void *context)
{
    const struct crowd *crowd = context;
    weft_queue_stats stats;

    weft_queue_stats_get(crowd->queue, &stats);
    return stats.getters == crowd->getters && stats.putters == crowd->putters;
}

static void await(weft_queue *queue, unsigned getters, unsigned putters)
{
    CU_ASSERT_TRUE(eventually(crowd_waits, &(struct crowd){queue, getters, putters}));
}

static void a_crowd_gets_one_item_each(void)
{
    for (size_t k = 0; k < KINDS; k++) {
        struct visit visit = {.queue = make_kind(k, 0), .kind = k, .what = GET};
        weft_thread *threads[CROWD];

        start_threads(threads, CROWD, run, &visit);
        await(visit.queue, CROWD, 0);
        for (int i = 0; i < CROWD; i++)
            CHECK_OK(put_int(visit.queue, k, i, WEFT_NOW));
        join_threads(threads, CROWD);
        CU_ASSERT_EQUAL(visit.ok.value, CROWD);
        CU_ASSERT_EQUAL(weft_queue_size(visit.queue), 0);
        CHECK_OK(weft_queue_close(visit.queue));
    }
}

/* One batch makes one ring; the woken wake each other. */
static void a_batch_wakes_as_many_as_it_serves(void)
{
    struct visit visit = {.queue = make_kind(RING, 0), .kind = RING, .what = GET};
    weft_thread *threads[CROWD];
    int items[CROWD] = {0};

    start_threads(threads, CROWD, run, &visit);
    await(visit.queue, CROWD, 0);
    CHECK_OK(weft_queue_put_many(visit.queue, items, CROWD, NULL, WEFT_NOW));
    join_threads(threads, CROWD);
    CU_ASSERT_EQUAL(visit.ok.value, CROWD);
    CHECK_OK(weft_queue_close(visit.queue));
}

/* Getters sleep; a batch that does not fit must wake them before its putter sleeps. */
static void a_batch_larger_than_the_queue_goes_through(void)
{
    for (size_t k = 0; k < KINDS; k++) {
        struct visit visit = {.queue = make_kind(k, 3), .kind = k, .what = GET};
        static const char items[CROWD * LARGE_ITEM];
        weft_thread *threads[CROWD];
        size_t put = 0;

        start_threads(threads, CROWD, run, &visit);
        await(visit.queue, CROWD, 0);
        CHECK_OK(weft_queue_put_many(visit.queue, items, CROWD, &put, SOON));
        CU_ASSERT_EQUAL(put, CROWD);
        join_threads(threads, CROWD);
        CU_ASSERT_EQUAL(visit.ok.value, CROWD);
        CHECK_OK(weft_queue_close(visit.queue));
    }
}

static weft_atomic_u32 claims; /* passages of the fault point */

/* The first put is interrupted between its claim and its copy. */
static int interrupt_the_first(const char *point)
{
    if (strcmp(point, "queue.put.claimed") == 0 &&
        weft_fetch_add_u32(&claims, 1, WEFT_RELAXED) == 0)
        weft_sleep(WEFT_MS(20));
    return 0;
}

static bool is_claimed(void *context)
{
    (void)context;
    return weft_load_u32(&claims, WEFT_RELAXED) > 0;
}

static void get_waits_for_a_put_that_was_interrupted(void)
{
    struct visit visit = {.queue = make_kind(RING, 4), .kind = RING, .what = PUT};
    weft_thread *thread;
    int item = 0;

    weft_store_u32(&claims, 0, WEFT_RELAXED);
    weft_fault_hook(interrupt_the_first);
    start_threads(&thread, 1, run, &visit);
    CU_ASSERT_TRUE(eventually(is_claimed, NULL));
    CHECK_OK(put_int(visit.queue, RING, 2, WEFT_NOW));
    CHECK_OK(get_int(visit.queue, RING, &item, WEFT_NOW));
    CU_ASSERT_EQUAL(item, 1);
    CHECK_OK(get_int(visit.queue, RING, &item, WEFT_NOW));
    CU_ASSERT_EQUAL(item, 2);
    join_threads(&thread, 1);
    weft_fault_hook(NULL);
    CHECK_OK(weft_queue_close(visit.queue));
}

static void room_lets_as_many_put(void)
{
    for (size_t k = 0; k < KINDS; k++) {
        struct visit visit = {.queue = make_kind(k, CROWD), .kind = k, .what = PUT};
        weft_thread *threads[CROWD];
        char items[CROWD * LARGE_ITEM];
        size_t got = 0;

        for (int i = 0; i < CROWD; i++)
            CHECK_OK(put_int(visit.queue, k, i, WEFT_NOW));
        start_threads(threads, CROWD, run, &visit);
        await(visit.queue, 0, CROWD);
        CHECK_OK(weft_queue_get_many(visit.queue, items, CROWD, &got, WEFT_NOW));
        join_threads(threads, CROWD);
        CU_ASSERT_TRUE(got >= CROWD); /* one that was put meanwhile may be among them */
        CU_ASSERT_EQUAL(visit.ok.value, CROWD);
        CHECK_OK(weft_queue_close(visit.queue));
    }
}

static void shutdown_ends_the_wait_of_a_crowd(void)
{
    for (size_t k = 0; k < KINDS; k++)
        for (int full = 0; full < 2; full++) {
            struct visit visit = {.queue = make_kind(k, 1), .kind = k, .what = full ? PUT : GET};
            weft_thread *threads[CROWD];

            if (full)
                CHECK_OK(put_int(visit.queue, k, 1, WEFT_NOW));
            start_threads(threads, CROWD, run, &visit);
            await(visit.queue, full ? 0 : CROWD, full ? CROWD : 0);
            expect_misuse(WEFT_EBUSY);
            CHECK_ERROR(weft_queue_close(visit.queue), WEFT_EBUSY);
            CHECK_MISUSE_SEEN();
            CHECK_SENTENCE("50 threads");
            weft_queue_shutdown(visit.queue, full ? WEFT_DISCARD : WEFT_DRAIN);
            join_threads(threads, CROWD);
            CU_ASSERT_EQUAL(visit.closed.value, CROWD);
            CHECK_OK(weft_queue_join(visit.queue, WEFT_NOW));
            CHECK_OK(weft_queue_close(visit.queue));
        }
}

static void drain_gives_what_is_left_to_the_crowd(void)
{
    struct visit visit = {.queue = make_kind(RING, 0), .kind = RING, .what = GET};
    weft_thread *threads[CROWD];
    int items[10] = {0};

    start_threads(threads, CROWD, run, &visit);
    await(visit.queue, CROWD, 0);
    CHECK_OK(weft_queue_put_many(visit.queue, items, 10, NULL, WEFT_NOW));
    weft_queue_shutdown(visit.queue, WEFT_DRAIN);
    join_threads(threads, CROWD);
    CU_ASSERT_EQUAL(visit.ok.value, 10);
    CU_ASSERT_EQUAL(visit.closed.value, CROWD - 10);
    CHECK_OK(weft_queue_close(visit.queue));
}

static void cancel_ends_each_wait(void)
{
    for (size_t k = 0; k < KINDS; k++)
        for (enum what what = GET; what <= ANY; what++) {
            weft_cancel cancel = WEFT_CANCEL_INIT;
            struct visit visit = {
                .queue = make_kind(k, 1), .kind = k, .what = what, .cancel = &cancel};
            weft_thread *threads[3];

            if (what == PUT || what == JOIN)
                CHECK_OK(put_int(visit.queue, k, 1, WEFT_NOW));
            start_threads(threads, 3, run, &visit);
            if (what != JOIN)
                await(visit.queue, what == PUT ? 0 : 3, what == PUT ? 3 : 0);
            weft_cancel_request(&cancel);
            join_threads(threads, 3);
            CU_ASSERT_EQUAL(visit.canceled.value, 3);
            CHECK_OK(weft_queue_close(visit.queue));
        }
}

static void a_cancelled_task_still_gets_what_is_there(void)
{
    weft_cancel cancel = WEFT_CANCEL_INIT;

    weft_cancel_request(&cancel);
    for (size_t k = 0; k < KINDS; k++) {
        weft_queue *queue = make_kind(k, 1);
        const weft_cancel *before = weft_cancel_enter(&cancel);
        int item = 0;

        CHECK_OK(put_int(queue, k, 3, WEFT_FOREVER));
        CHECK_ERROR(put_int(queue, k, 4, WEFT_FOREVER), WEFT_ECANCELED);
        CHECK_SENTENCE("full when its wait was cancelled");
        CHECK_OK(get_int(queue, k, &item, WEFT_FOREVER));
        CU_ASSERT_EQUAL(item, 3);
        CHECK_ERROR(get_int(queue, k, &item, WEFT_FOREVER), WEFT_ECANCELED);
        CHECK_SENTENCE("empty when its wait was cancelled");
        CHECK_ERROR(weft_queue_join(queue, WEFT_FOREVER), WEFT_ECANCELED);
        CHECK_SENTENCE("1 items were not done when its wait was cancelled");
        weft_cancel_enter(before);
        CHECK_OK(weft_queue_close(queue));
    }
}

static void any_waits_for_an_item_or_the_end(void)
{
    for (size_t k = 0; k < KINDS; k++) {
        weft_event never = WEFT_EVENT_INIT;
        struct visit visit = {.queue = make_kind(k, 0), .kind = k, .what = ANY, .event = &never};
        weft_waitable queue = weft_queue_waitable(visit.queue);
        weft_thread *threads[4];
        size_t which;

        CHECK_ERROR(weft_wait_any(&queue, 1, &which, WEFT_NOW), WEFT_ETIMEDOUT);
        start_threads(threads, 4, run, &visit);
        await(visit.queue, 4, 0);
        CHECK_OK(put_int(visit.queue, k, 1, WEFT_NOW));
        join_threads(threads, 4);
        CU_ASSERT_EQUAL(visit.ok.value, 4); /* all see it, none takes it */
        CU_ASSERT_EQUAL(weft_queue_size(visit.queue), 1);
        weft_queue_shutdown(visit.queue, WEFT_DISCARD);
        CHECK_OK(weft_wait_any(&queue, 1, &which, WEFT_FOREVER));
        CHECK_OK(weft_queue_close(visit.queue));
    }
}

/* Observers among the sleepers take no getter's wake-up with them. */
static void watchers_leave_the_items_to_getters(void)
{
    for (int round = 0; round < 100; round++) {
        struct visit watch = {.queue = make_kind(RING, 0), .kind = RING, .what = ANY};
        struct visit get = {.queue = watch.queue, .kind = RING, .what = GET};
        weft_thread *watchers[3], *getters[3];

        start_threads(watchers, 3, run, &watch);
        start_threads(getters, 3, run, &get);
        for (int i = 0; i < 3; i++)
            CHECK_OK(put_int(watch.queue, RING, i, WEFT_NOW));
        join_threads(getters, 3);
        CU_ASSERT_EQUAL(get.ok.value, 3);
        weft_queue_shutdown(watch.queue, WEFT_DRAIN);
        join_threads(watchers, 3);
        CU_ASSERT_EQUAL(watch.ok.value, 3);
        CHECK_OK(weft_queue_close(watch.queue));
    }
}

static int finish(weft_task *task)
{
    weft_queue *queue = WEFT_ARG(task, struct visit *)->queue;

    for (int i = 0; i < 1000; i++)
        if (weft_queue_task_done(queue) != 0)
            return WEFT_EINVAL;
    return 0;
}

static void join_ends_when_the_last_is_done(void)
{
    for (size_t k = 0; k < KINDS; k++) {
        struct visit visit = {.queue = make_kind(k, 0), .kind = k, .what = JOIN};
        weft_thread *joiners[3], *workers[4];
        int item;

        for (int i = 0; i < 4000; i++) {
            CHECK_OK(put_int(visit.queue, k, i, WEFT_NOW));
            CHECK_OK(get_int(visit.queue, k, &item, WEFT_NOW));
        }
        start_threads(joiners, 3, run, &visit);
        start_threads(workers, 4, finish, &visit);
        join_threads(workers, 4);
        join_threads(joiners, 3);
        CU_ASSERT_EQUAL(visit.ok.value, 3);
        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_queue_task_done(visit.queue), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
        CHECK_OK(weft_queue_close(visit.queue));
    }
}

/* Done before it was got: what is dropped then cannot be done twice. */
static void more_dones_than_gets_do_not_confuse_discard(void)
{
    weft_queue *queue = make_kind(RING, 0);

    CHECK_OK(put_int(queue, RING, 1, WEFT_NOW));
    CHECK_OK(weft_queue_task_done(queue));
    weft_queue_shutdown(queue, WEFT_DISCARD);
    CHECK_OK(weft_queue_join(queue, WEFT_NOW));
    CHECK_OK(weft_queue_close(queue));
}

const char *const suite_name = "queue_wait";
CU_TestInfo suite_cases[] = {
    {"a_crowd_gets_one_item_each", a_crowd_gets_one_item_each},
    {"a_batch_wakes_as_many_as_it_serves", a_batch_wakes_as_many_as_it_serves},
    {"a_batch_larger_than_the_queue_goes_through", a_batch_larger_than_the_queue_goes_through},
    {"get_waits_for_a_put_that_was_interrupted", get_waits_for_a_put_that_was_interrupted},
    {"room_lets_as_many_put", room_lets_as_many_put},
    {"shutdown_ends_the_wait_of_a_crowd", shutdown_ends_the_wait_of_a_crowd},
    {"drain_gives_what_is_left_to_the_crowd", drain_gives_what_is_left_to_the_crowd},
    {"cancel_ends_each_wait", cancel_ends_each_wait},
    {"a_cancelled_task_still_gets_what_is_there", a_cancelled_task_still_gets_what_is_there},
    {"any_waits_for_an_item_or_the_end", any_waits_for_an_item_or_the_end},
    {"watchers_leave_the_items_to_getters", watchers_leave_the_items_to_getters},
    {"join_ends_when_the_last_is_done", join_ends_when_the_last_is_done},
    {"more_dones_than_gets_do_not_confuse_discard", more_dones_than_gets_do_not_confuse_discard},
    CU_TEST_INFO_NULL,
};
