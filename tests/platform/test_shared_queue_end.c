/* SPDX-License-Identifier: MIT */
/* How a queue between processes ends, and how one waits until its items are done with. */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "shared_numbers.h"
#include "weft/cancel.h"
#include "weft/fault.h"
#include "weft/shared.h"
#include "weft/shared_queue.h"

enum { WAITERS = 3, WORKERS = 3, ITEMS = 200, CAPACITY = 4 };

/* What the processes of a test share. */
struct stage {
    weft_shared_queue queue;
    weft_shared_semaphore there; /* released by each process that is about to wait */
};

static struct stage make_stage(size_t capacity)
{
    struct stage s = {.queue = make_numbers(capacity)};

    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&s.there, 0), 0);
    return s;
}

static void close_stage(const struct stage *s)
{
    weft_shared_queue_close(s->queue);
    weft_shared_semaphore_close(s->there);
}

/* They wait, or will do so in a moment: the outcome is the same. */
static void wait_until_they_wait(const struct stage *s, int count)
{
    for (int i = 0; i < count; i++)
        CHECK_OK(weft_shared_semaphore_acquire(s->there, SOON));
    weft_sleep(WEFT_MS(5));
}

/* ---- one process ---------------------------------------------------------------------- */

static void after_shutdown_what_is_there_can_be_got_and_nothing_put(void)
{
    weft_shared_queue queue = make_numbers(4);
    int item = 0;

    CHECK_OK(put_number(queue, 7, WEFT_NOW));
    weft_shared_queue_shutdown(queue, WEFT_DRAIN);
    weft_shared_queue_shutdown(queue, WEFT_DRAIN);
    CHECK_ERROR(put_number(queue, 8, WEFT_FOREVER), WEFT_ECLOSED);
    CU_ASSERT_EQUAL(weft_shared_queue_size(queue), 1);
    CHECK_OK(get_number(queue, &item, WEFT_FOREVER));
    CU_ASSERT_EQUAL(item, 7);
    CHECK_ERROR(get_number(queue, &item, WEFT_FOREVER), WEFT_ECLOSED);
    CHECK_SENTENCE("shut down");
    weft_shared_queue_close(queue);
}

static void discarding_drops_what_is_there(void)
{
    weft_shared_queue queue = make_numbers(4);
    int item = 0;

    for (int i = 0; i < 3; i++)
        CHECK_OK(put_number(queue, i, WEFT_NOW));
    CHECK_OK(get_number(queue, &item, WEFT_NOW));
    weft_shared_queue_shutdown(queue, WEFT_DRAIN);
    weft_shared_queue_shutdown(queue, WEFT_DISCARD);
    CU_ASSERT_EQUAL(weft_shared_queue_size(queue), 0);
    CHECK_ERROR(get_number(queue, &item, WEFT_FOREVER), WEFT_ECLOSED);
    CHECK_ERROR(put_number(queue, 9, WEFT_FOREVER), WEFT_ECLOSED);
    /* Two of three are dropped, and so done; one was got. */
    CHECK_ERROR(weft_shared_queue_join(queue, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_SENTENCE(" 1 ");
    CHECK_OK(weft_shared_queue_task_done(queue));
    CHECK_OK(weft_shared_queue_join(queue, WEFT_FOREVER));
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_shared_queue_task_done(queue), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    weft_shared_queue_close(queue);
}

static void join_waits_until_all_is_done(void)
{
    weft_shared_queue queue = make_numbers(8);
    weft_time until;
    int item = 0;

    CHECK_OK(weft_shared_queue_join(queue, WEFT_FOREVER)); /* nothing was put */
    for (int i = 0; i < 3; i++)
        CHECK_OK(put_number(queue, i, WEFT_NOW));
    for (int i = 0; i < 3; i++) {
        until = weft_in(WEFT_MS(5));
        CHECK_ERROR(weft_shared_queue_join(queue, until), WEFT_ETIMEDOUT);
        CU_ASSERT_TRUE(weft_clock() >= until);
        CHECK_OK(get_number(queue, &item, WEFT_NOW));
        CHECK_ERROR(weft_shared_queue_join(queue, WEFT_NOW), WEFT_ETIMEDOUT);
        CHECK_OK(weft_shared_queue_task_done(queue));
    }
    CHECK_OK(weft_shared_queue_join(queue, WEFT_FOREVER));
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_shared_queue_task_done(queue), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    CHECK_OK(put_number(queue, 1, WEFT_NOW));
    CHECK_ERROR(weft_shared_queue_join(queue, WEFT_NOW), WEFT_ETIMEDOUT);
    weft_shared_queue_close(queue);
}

static weft_shared_queue busy; /* used by somebody else in the middle of a call */

static int put_and_do(const char *point)
{
    if (strcmp(point, "shared_queue.done_counted") != 0)
        return 0;
    weft_fault_hook(NULL);
    CHECK_OK(put_number(busy, 2, WEFT_NOW));
    CHECK_OK(weft_shared_queue_task_done(busy));
    return 0;
}

static int do_another(const char *point)
{
    if (strcmp(point, "shared_queue.is_done") != 0)
        return 0;
    weft_fault_hook(NULL);
    CHECK_OK(weft_shared_queue_task_done(busy));
    return 0;
}

static void what_is_put_and_done_while_join_counts_does_not_deceive_it(void)
{
    busy = make_numbers(8);
    CHECK_OK(put_number(busy, 1, WEFT_NOW));
    weft_fault_hook(put_and_do);
    CHECK_ERROR(weft_shared_queue_join(busy, WEFT_NOW), WEFT_ETIMEDOUT);
    weft_fault_hook(NULL);
    CHECK_OK(weft_shared_queue_task_done(busy));
    CHECK_OK(weft_shared_queue_join(busy, WEFT_NOW));
    weft_shared_queue_close(busy);
}

static void two_that_are_done_at_once_are_both_counted(void)
{
    busy = make_numbers(8);
    CHECK_OK(put_number(busy, 1, WEFT_NOW));
    CHECK_OK(put_number(busy, 2, WEFT_NOW));
    weft_fault_hook(do_another);
    CHECK_OK(weft_shared_queue_task_done(busy));
    weft_fault_hook(NULL);
    CHECK_OK(weft_shared_queue_join(busy, WEFT_NOW));
    weft_shared_queue_close(busy);
}

/* ---- processes that wait -------------------------------------------------------------- */

static int wait_for_the_end(weft_task *task)
{
    struct stage s = WEFT_ARG(task, struct stage);
    int item;

    REQUIRE(task, weft_shared_semaphore_release(s.there, 1) == 0);
    REQUIRE(task, get_number(s.queue, &item, SOON) == WEFT_ECLOSED);
    return 0;
}

static void shutdown_wakes_all_who_wait_for_items(void)
{
    weft_process *waiters[WAITERS];
    struct stage s = make_stage(CAPACITY);

    start_processes(waiters, WAITERS, wait_for_the_end, &s, sizeof(s));
    wait_until_they_wait(&s, WAITERS);
    weft_shared_queue_shutdown(s.queue, WEFT_DRAIN);
    join_processes(waiters, WAITERS);
    close_stage(&s);
}

static int wait_for_room(weft_task *task)
{
    struct stage s = WEFT_ARG(task, struct stage);

    REQUIRE(task, weft_shared_semaphore_release(s.there, 1) == 0);
    REQUIRE(task, put_number(s.queue, 0, SOON) == WEFT_ECLOSED);
    return 0;
}

static void shutdown_wakes_all_who_wait_for_room(void)
{
    for (int discard = 0; discard < 2; discard++) {
        weft_process *waiters[WAITERS];
        struct stage s = make_stage(CAPACITY);

        for (int i = 0; i < CAPACITY; i++)
            CHECK_OK(put_number(s.queue, i, WEFT_NOW));
        start_processes(waiters, WAITERS, wait_for_room, &s, sizeof(s));
        wait_until_they_wait(&s, WAITERS);
        weft_shared_queue_shutdown(s.queue, discard ? WEFT_DISCARD : WEFT_DRAIN);
        join_processes(waiters, WAITERS);
        CU_ASSERT_EQUAL(weft_shared_queue_size(s.queue), discard ? 0 : CAPACITY);
        close_stage(&s);
    }
}

static int wait_until_done(weft_task *task)
{
    struct stage s = WEFT_ARG(task, struct stage);

    REQUIRE(task, weft_shared_semaphore_release(s.there, 1) == 0);
    REQUIRE(task, weft_shared_queue_join(s.queue, SOON) == 0);
    return 0;
}

static void the_last_task_done_wakes_all_who_join(void)
{
    weft_process *waiters[WAITERS];
    struct stage s = make_stage(CAPACITY);
    int item;

    for (int i = 0; i < 2; i++)
        CHECK_OK(put_number(s.queue, i, WEFT_NOW));
    start_processes(waiters, WAITERS, wait_until_done, &s, sizeof(s));
    wait_until_they_wait(&s, WAITERS);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(get_number(s.queue, &item, WEFT_NOW));
        CHECK_OK(weft_shared_queue_task_done(s.queue));
    }
    join_processes(waiters, WAITERS);
    close_stage(&s);
}

static void discarding_wakes_all_who_join(void)
{
    weft_process *waiters[WAITERS];
    struct stage s = make_stage(CAPACITY);

    CHECK_OK(put_number(s.queue, 1, WEFT_NOW));
    start_processes(waiters, WAITERS, wait_until_done, &s, sizeof(s));
    wait_until_they_wait(&s, WAITERS);
    weft_shared_queue_shutdown(s.queue, WEFT_DISCARD);
    join_processes(waiters, WAITERS);
    close_stage(&s);
}

static int deal_with_all(weft_task *task)
{
    struct stage s = WEFT_ARG(task, struct stage);
    int item, err;

    while ((err = get_number(s.queue, &item, SOON)) == 0)
        REQUIRE(task, weft_shared_queue_task_done(s.queue) == 0);
    REQUIRE(task, err == WEFT_ECLOSED);
    return 0;
}

static void join_returns_when_the_workers_are_through(void)
{
    weft_process *workers[WORKERS];
    struct stage s = make_stage(CAPACITY);

    start_processes(workers, WORKERS, deal_with_all, &s, sizeof(s));
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < ITEMS; i++)
            CHECK_OK(put_number(s.queue, i, SOON));
        CHECK_OK(weft_shared_queue_join(s.queue, SOON));
        CU_ASSERT_EQUAL(weft_shared_queue_size(s.queue), 0);
    }
    weft_shared_queue_shutdown(s.queue, WEFT_DRAIN);
    join_processes(workers, WORKERS);
    expect_misuse(WEFT_EINVAL); /* all were counted, none twice */
    CHECK_ERROR(weft_shared_queue_task_done(s.queue), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    close_stage(&s);
}

/* ---- cancel --------------------------------------------------------------------------- */

/* A thread that waits under a token: which wait is its number. */
struct cancelled {
    weft_shared_queue full, empty;
    weft_cancel cancel;
    int which;
    int err; /* read after join */
};

static int wait_under_a_token(weft_task *task)
{
    struct cancelled *c = WEFT_ARG(task, struct cancelled *);
    const weft_cancel *before = weft_cancel_enter(&c->cancel);
    int item;

    if (c->which == 0)
        c->err = get_number(c->empty, &item, WEFT_FOREVER);
    else if (c->which == 1)
        c->err = put_number(c->full, 1, WEFT_FOREVER);
    else
        c->err = weft_shared_queue_join(c->full, WEFT_FOREVER);
    weft_cancel_enter(before);
    return 0;
}

static void a_cancel_ends_each_wait(void)
{
    struct cancelled c = {.full = make_numbers(1), .empty = make_numbers(1)};

    CHECK_OK(put_number(c.full, 1, WEFT_NOW));
    for (c.which = 0; c.which < 3; c.which++) {
        weft_thread *thread;

        c.cancel = (weft_cancel)WEFT_CANCEL_INIT;
        c.err = 0;
        start_threads(&thread, 1, wait_under_a_token, &c);
        weft_sleep(WEFT_MS(2)); /* it waits, or will find the token cancelled */
        weft_cancel_request(&c.cancel);
        join_threads(&thread, 1);
        CU_ASSERT_EQUAL(c.err, WEFT_ECANCELED);
    }
    weft_shared_queue_close(c.full);
    weft_shared_queue_close(c.empty);
}

static void a_cancelled_task_gets_what_is_there(void)
{
    weft_shared_queue queue = make_numbers(1);
    weft_cancel cancel = WEFT_CANCEL_INIT;
    const weft_cancel *before = weft_cancel_enter(&cancel);
    int item = 0;

    weft_cancel_request(&cancel);
    CHECK_OK(put_number(queue, 7, WEFT_FOREVER));
    CHECK_ERROR(put_number(queue, 8, WEFT_FOREVER), WEFT_ECANCELED);
    CHECK_SENTENCE("cancelled");
    CHECK_ERROR(put_number(queue, 8, WEFT_NOW), WEFT_ETIMEDOUT); /* it does not wait */
    CHECK_OK(get_number(queue, &item, WEFT_FOREVER));
    CU_ASSERT_EQUAL(item, 7);
    CHECK_ERROR(get_number(queue, &item, WEFT_FOREVER), WEFT_ECANCELED);
    CHECK_ERROR(weft_shared_queue_join(queue, WEFT_FOREVER), WEFT_ECANCELED);
    CHECK_OK(weft_shared_queue_task_done(queue));
    CHECK_OK(weft_shared_queue_join(queue, WEFT_FOREVER));
    weft_cancel_enter(before);
    weft_shared_queue_close(queue);
}

const char *const suite_name = "shared_queue_end";
CU_TestInfo suite_cases[] = {
    {"after_shutdown_what_is_there_can_be_got_and_nothing_put",
     after_shutdown_what_is_there_can_be_got_and_nothing_put},
    {"discarding_drops_what_is_there", discarding_drops_what_is_there},
    {"join_waits_until_all_is_done", join_waits_until_all_is_done},
    {"what_is_put_and_done_while_join_counts_does_not_deceive_it",
     what_is_put_and_done_while_join_counts_does_not_deceive_it},
    {"two_that_are_done_at_once_are_both_counted", two_that_are_done_at_once_are_both_counted},
    {"shutdown_wakes_all_who_wait_for_items", shutdown_wakes_all_who_wait_for_items},
    {"shutdown_wakes_all_who_wait_for_room", shutdown_wakes_all_who_wait_for_room},
    {"the_last_task_done_wakes_all_who_join", the_last_task_done_wakes_all_who_join},
    {"discarding_wakes_all_who_join", discarding_wakes_all_who_join},
    {"join_returns_when_the_workers_are_through", join_returns_when_the_workers_are_through},
    {"a_cancel_ends_each_wait", a_cancel_ends_each_wait},
    {"a_cancelled_task_gets_what_is_there", a_cancelled_task_gets_what_is_there},
    CU_TEST_INFO_NULL,
};
