/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "crew.h"
#include "weft/condition.h"
#include "weft/event.h"

enum { THREADS = 4, ITEMS = 5000, ROOM = 3 };

static void all_zero_is_a_condition(void)
{
    static weft_condition zero;
    static weft_mutex mutex;

    CU_ASSERT_TRUE(sizeof(weft_condition) <= 8);
    weft_condition_notify(&zero);
    weft_condition_notify_all(&zero);
    CHECK_OK(weft_mutex_acquire(&mutex, WEFT_NOW));
    CHECK_ERROR(weft_condition_wait(&zero, &mutex, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_mutex_release(&mutex));
}

static void a_notification_before_the_wait_is_not_kept(void)
{
    weft_condition condition = WEFT_CONDITION_INIT;
    weft_mutex mutex = WEFT_MUTEX_INIT;

    weft_condition_notify(&condition);
    weft_condition_notify_all(&condition);
    CHECK_OK(weft_mutex_acquire(&mutex, WEFT_NOW));
    CHECK_ERROR(weft_condition_wait(&condition, &mutex, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_mutex_release(&mutex));
}

static void wait_gives_up_at_the_deadline_and_holds_the_mutex_again(void)
{
    weft_condition condition = WEFT_CONDITION_INIT;
    weft_mutex mutex = WEFT_MUTEX_INIT;
    weft_time until = weft_in(WEFT_MS(20));
    int err = 0;

    CHECK_OK(weft_mutex_acquire(&mutex, WEFT_NOW));
    CHECK_ERROR(weft_condition_wait(&condition, &mutex, weft_clock() - 1), WEFT_ETIMEDOUT);
    while (err == 0) /* it may wake up for no reason */
        err = weft_condition_wait(&condition, &mutex, until);
    CHECK_ERROR(err, WEFT_ETIMEDOUT);
    CHECK_SENTENCE("condition");
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_OK(weft_mutex_release(&mutex));
}

static void waiting_without_the_mutex_is_misuse(void)
{
    weft_condition condition = WEFT_CONDITION_INIT;
    weft_mutex mutex = WEFT_MUTEX_INIT;

    expect_misuse(WEFT_EPERM);
    CHECK_ERROR(weft_condition_wait(&condition, &mutex, WEFT_FOREVER), WEFT_EPERM);
    CHECK_MISUSE_SEEN();
    CU_ASSERT_FALSE(weft_mutex_locked(&mutex));
}

struct room {
    weft_mutex mutex; /* guards the fields below */
    weft_condition changed;
    bool open;
    int inside;   /* threads that wait for open */
    int released; /* threads that saw it */
};

static int wait_until_open(weft_task *task)
{
    struct room *r = WEFT_ARG(task, struct room *);
    int err = 0;

    weft_mutex_acquire(&r->mutex, WEFT_FOREVER);
    r->inside++;
    while (!r->open && err == 0)
        err = weft_condition_wait(&r->changed, &r->mutex, WEFT_FOREVER);
    r->released += err == 0;
    weft_mutex_release(&r->mutex);
    return 0;
}

/* Once the caller gets the mutex and finds all inside, all have released it in wait. */
static bool all_are_inside(void *context)
{
    struct room *r = context;
    bool all;

    weft_mutex_acquire(&r->mutex, WEFT_FOREVER);
    all = r->inside == THREADS;
    weft_mutex_release(&r->mutex);
    return all;
}

static void notify_all_reaches_all_who_wait(void)
{
    struct room r = {WEFT_MUTEX_INIT, WEFT_CONDITION_INIT, false, 0, 0};
    weft_thread *threads[THREADS];

    start_threads(threads, THREADS, wait_until_open, &r);
    CU_ASSERT_TRUE(eventually(all_are_inside, &r));
    weft_mutex_acquire(&r.mutex, WEFT_FOREVER);
    r.open = true;
    weft_mutex_release(&r.mutex);
    weft_condition_notify_all(&r.changed);
    join_threads(threads, THREADS);
    CU_ASSERT_EQUAL(r.released, THREADS);
}

static void as_many_notifies_reach_as_many_waiters(void)
{
    struct room r = {WEFT_MUTEX_INIT, WEFT_CONDITION_INIT, false, 0, 0};
    weft_thread *threads[THREADS];

    start_threads(threads, THREADS, wait_until_open, &r);
    CU_ASSERT_TRUE(eventually(all_are_inside, &r));
    weft_mutex_acquire(&r.mutex, WEFT_FOREVER);
    r.open = true;
    for (int i = 0; i < THREADS; i++)
        weft_condition_notify(&r.changed);
    weft_mutex_release(&r.mutex);
    join_threads(threads, THREADS);
    CU_ASSERT_EQUAL(r.released, THREADS);
}

/* A small buffer between producers and consumers, one notify for each item and place. */
struct buffer {
    weft_mutex mutex; /* guards the fields below */
    weft_condition not_empty, not_full;
    int items[ROOM];
    int count;
    int left_to_put, left_to_get;
    long long sum;
    int timed_out; /* waits that nobody ended */
};

static int produce(weft_task *task)
{
    struct buffer *b = WEFT_ARG(task, struct buffer *);
    int err = 0;

    weft_mutex_acquire(&b->mutex, WEFT_FOREVER);
    while (b->left_to_put > 0 && err == 0) {
        int item = b->left_to_put--;

        while (b->count == ROOM && err == 0)
            err = weft_condition_wait(&b->not_full, &b->mutex, WEFT_FOREVER);
        if (err == 0)
            b->items[b->count++] = item;
        weft_condition_notify(&b->not_empty);
    }
    b->timed_out += err != 0;
    weft_mutex_release(&b->mutex);
    return 0;
}

static int consume(weft_task *task)
{
    struct buffer *b = WEFT_ARG(task, struct buffer *);
    int err = 0;

    weft_mutex_acquire(&b->mutex, WEFT_FOREVER);
    while (b->left_to_get > 0 && err == 0) {
        b->left_to_get--;
        while (b->count == 0 && err == 0)
            err = weft_condition_wait(&b->not_empty, &b->mutex, WEFT_FOREVER);
        if (err == 0)
            b->sum += b->items[--b->count];
        weft_mutex_release(&b->mutex);
        weft_condition_notify(&b->not_full); /* without the mutex, which is allowed */
        weft_mutex_acquire(&b->mutex, WEFT_FOREVER);
    }
    b->timed_out += err != 0;
    weft_mutex_release(&b->mutex);
    return 0;
}

static void no_notification_is_lost_between_producers_and_consumers(void)
{
    struct buffer b = {.left_to_put = ITEMS, .left_to_get = ITEMS};
    weft_thread *producers[2], *consumers[2];

    start_threads(consumers, 2, consume, &b);
    start_threads(producers, 2, produce, &b);
    join_threads(producers, 2);
    join_threads(consumers, 2);
    CU_ASSERT_EQUAL(b.timed_out, 0);
    CU_ASSERT_EQUAL(b.count, 0);
    CU_ASSERT_EQUAL(b.sum, (long long)ITEMS * (ITEMS + 1) / 2);
}

/*
 * One waits without a deadline, the other gives up all the time and then leaves whatever
 * there is: a notification that the impatient one swallowed would leave the patient one
 * asleep beside a token.
 */
struct tokens {
    weft_mutex mutex; /* guards the fields below */
    weft_condition came, taken;
    int there, got;
    bool over;
};

static void take_locked(struct tokens *t)
{
    if (t->there == 0)
        return;
    t->there--;
    t->got++;
    weft_condition_notify(&t->taken);
}

static int wait_patiently(weft_task *task)
{
    struct tokens *t = WEFT_ARG(task, struct tokens *);
    int err = 0;

    weft_mutex_acquire(&t->mutex, WEFT_FOREVER);
    while (!t->over && err == 0) {
        while (t->there == 0 && !t->over && err == 0)
            err = weft_condition_wait(&t->came, &t->mutex, WEFT_FOREVER);
        take_locked(t);
    }
    weft_mutex_release(&t->mutex);
    return 0;
}

static int wait_impatiently(weft_task *task)
{
    struct tokens *t = WEFT_ARG(task, struct tokens *);
    bool over = false;

    while (!over) {
        weft_mutex_acquire(&t->mutex, WEFT_FOREVER);
        if (weft_condition_wait(&t->came, &t->mutex, weft_in(WEFT_US(20))) == 0)
            take_locked(t);
        over = t->over;
        weft_mutex_release(&t->mutex);
    }
    return 0;
}

static void a_waiter_that_times_out_swallows_no_notification(void)
{
    struct tokens t = {.got = 0};
    weft_thread *patient, *impatient;
    int err = 0;

    start_threads(&patient, 1, wait_patiently, &t);
    start_threads(&impatient, 1, wait_impatiently, &t);
    weft_mutex_acquire(&t.mutex, WEFT_FOREVER);
    for (int i = 0; i < ITEMS && err == 0; i++) {
        t.there++;
        weft_condition_notify(&t.came);
        while (t.there > 0 && err == 0)
            err = weft_condition_wait(&t.taken, &t.mutex, weft_in(WEFT_S(20)));
    }
    t.over = true;
    weft_mutex_release(&t.mutex);
    weft_condition_notify_all(&t.came);
    join_threads(&patient, 1);
    join_threads(&impatient, 1);
    CHECK_OK(err);
    CU_ASSERT_EQUAL(t.got, ITEMS);
}

const char *const suite_name = "condition";
CU_TestInfo suite_cases[] = {
    {"all_zero_is_a_condition", all_zero_is_a_condition},
    {"a_notification_before_the_wait_is_not_kept", a_notification_before_the_wait_is_not_kept},
    {"wait_gives_up_at_the_deadline_and_holds_the_mutex_again",
     wait_gives_up_at_the_deadline_and_holds_the_mutex_again},
    {"waiting_without_the_mutex_is_misuse", waiting_without_the_mutex_is_misuse},
    {"notify_all_reaches_all_who_wait", notify_all_reaches_all_who_wait},
    {"as_many_notifies_reach_as_many_waiters", as_many_notifies_reach_as_many_waiters},
    {"no_notification_is_lost_between_producers_and_consumers",
     no_notification_is_lost_between_producers_and_consumers},
    {"a_waiter_that_times_out_swallows_no_notification",
     a_waiter_that_times_out_swallows_no_notification},
    CU_TEST_INFO_NULL,
};
