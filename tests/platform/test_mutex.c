/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "weft/cancel.h"
#include "weft/doctor.h"
#include "weft/event.h"
#include "weft/mutex.h"

enum { THREADS = 4, CROWD = 8, ROUNDS = 100000 };

static void all_zero_is_a_free_mutex(void)
{
    static weft_mutex zero;

    CU_ASSERT_TRUE(sizeof(weft_mutex) <= 8);
    CU_ASSERT_FALSE(weft_mutex_locked(&zero));
    CHECK_OK(weft_mutex_acquire(&zero, WEFT_NOW));
    CU_ASSERT_TRUE(weft_mutex_locked(&zero));
    CHECK_OK(weft_mutex_release(&zero));
    CU_ASSERT_FALSE(weft_mutex_locked(&zero));
}

static void a_free_mutex_beats_a_deadline_that_passed(void)
{
    weft_mutex mutex = WEFT_MUTEX_INIT;

    CHECK_OK(weft_mutex_acquire(&mutex, weft_clock() - WEFT_S(1)));
    CHECK_OK(weft_mutex_release(&mutex));
}

static void acquiring_twice_is_misuse_and_changes_nothing(void)
{
    weft_mutex mutex = WEFT_MUTEX_INIT;

    CHECK_OK(weft_mutex_acquire(&mutex, WEFT_FOREVER));
    expect_misuse(WEFT_EDEADLK);
    CHECK_ERROR(weft_mutex_acquire(&mutex, WEFT_FOREVER), WEFT_EDEADLK);
    CHECK_MISUSE_SEEN();
    CHECK_SENTENCE("MainThread");
    CU_ASSERT_TRUE(weft_mutex_locked(&mutex));
    CHECK_OK(weft_mutex_release(&mutex));
    CU_ASSERT_FALSE(weft_mutex_locked(&mutex));
}

static void release_of_a_free_mutex_is_misuse(void)
{
    weft_mutex mutex = WEFT_MUTEX_INIT;

    expect_misuse(WEFT_EPERM);
    CHECK_ERROR(weft_mutex_release(&mutex), WEFT_EPERM);
    CHECK_MISUSE_SEEN();
    CHECK_OK(weft_mutex_acquire(&mutex, WEFT_NOW));
    CHECK_OK(weft_mutex_release(&mutex));
}

/* A thread that holds a mutex from `held` until `let_go`. */
struct holder {
    weft_mutex mutex;
    weft_event held, let_go;
};

static int hold(weft_task *task)
{
    struct holder *h = WEFT_ARG(task, struct holder *);

    weft_mutex_acquire(&h->mutex, WEFT_FOREVER);
    weft_event_set(&h->held);
    weft_event_wait(&h->let_go, WEFT_FOREVER);
    weft_mutex_release(&h->mutex);
    return 0;
}

static weft_thread *start_holder(struct holder *h)
{
    weft_thread *thread;

    start_threads(&thread, 1, hold, h);
    CHECK_OK(weft_event_wait(&h->held, SOON));
    return thread;
}

static void end_holder(struct holder *h, weft_thread *thread)
{
    weft_event_set(&h->let_go);
    join_threads(&thread, 1);
}

static void release_by_a_stranger_is_misuse_and_changes_nothing(void)
{
    struct holder h = {.held = WEFT_EVENT_INIT};
    weft_thread *thread = start_holder(&h);

    expect_misuse(WEFT_EPERM);
    CHECK_ERROR(weft_mutex_release(&h.mutex), WEFT_EPERM);
    CHECK_MISUSE_SEEN();
    CU_ASSERT_TRUE(weft_mutex_locked(&h.mutex));
    CHECK_ERROR(weft_mutex_acquire(&h.mutex, WEFT_NOW), WEFT_ETIMEDOUT);
    end_holder(&h, thread);
}

static void acquire_gives_up_at_the_deadline_and_not_before(void)
{
    struct holder h = {.held = WEFT_EVENT_INIT};
    weft_thread *thread = start_holder(&h);
    weft_time until = weft_in(WEFT_MS(20));

    CHECK_ERROR(weft_mutex_acquire(&h.mutex, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_mutex_acquire(&h.mutex, weft_clock() - 1), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_mutex_acquire(&h.mutex, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("mutex");
    end_holder(&h, thread);
}

static void a_waiter_gets_the_mutex_when_it_is_released(void)
{
    struct holder h = {.held = WEFT_EVENT_INIT};
    weft_thread *thread = start_holder(&h);

    weft_event_set(&h.let_go);
    CHECK_OK(weft_mutex_acquire(&h.mutex, WEFT_FOREVER));
    CHECK_OK(weft_mutex_release(&h.mutex));
    join_threads(&thread, 1);
}

static void after_a_time_out_the_mutex_works_on(void)
{
    struct holder h = {.held = WEFT_EVENT_INIT};
    weft_thread *thread = start_holder(&h);

    CHECK_ERROR(weft_mutex_acquire(&h.mutex, weft_in(WEFT_MS(1))), WEFT_ETIMEDOUT);
    end_holder(&h, thread);
    CU_ASSERT_FALSE(weft_mutex_locked(&h.mutex));
    CHECK_OK(weft_mutex_acquire(&h.mutex, WEFT_NOW));
    CHECK_OK(weft_mutex_release(&h.mutex));
}

struct counter {
    weft_mutex mutex; /* guards value */
    long value;
};

static int count_in_turns(weft_task *task)
{
    struct counter *c = WEFT_ARG(task, struct counter *);

    for (int i = 0; i < ROUNDS; i++) {
        while (weft_mutex_acquire(&c->mutex, i % 3 == 0 ? weft_in(WEFT_US(5)) : WEFT_FOREVER) != 0)
            continue;
        c->value++;
        weft_mutex_release(&c->mutex);
    }
    return 0;
}

static void one_thread_at_a_time_is_inside(void)
{
    struct counter c = {.value = 0};
    weft_thread *threads[THREADS];

    start_threads(threads, THREADS, count_in_turns, &c);
    join_threads(threads, THREADS);
    CU_ASSERT_EQUAL(c.value, THREADS * ROUNDS);
    CU_ASSERT_FALSE(weft_mutex_locked(&c.mutex));
}

/*
 * Every way to ask for it at once: without deadline, until soon, under a token that
 * expires soon, not waiting at all. A release that woke nobody, or somebody who had given
 * up, would leave the patient ones asleep for ever.
 */
struct crowd {
    weft_mutex mutex; /* guards value and inside */
    long value;
    int inside;
    weft_atomic_u32 seats, entered, broken; /* relaxed */
};

static int acquire_somehow(weft_mutex *mutex, uint32_t way)
{
    weft_cancel token = {.expires = weft_in(WEFT_US(way % 64 / 4))};
    const weft_cancel *before;
    int err;

    if (way % 4 == 0)
        return weft_mutex_acquire(mutex, WEFT_NOW);
    if (way % 4 == 1)
        return weft_mutex_acquire(mutex, weft_in(WEFT_US(way % 64 / 4)));
    if (way % 4 == 2)
        return weft_mutex_acquire(mutex, WEFT_FOREVER);
    before = weft_cancel_enter(&token);
    err = weft_mutex_acquire(mutex, SOON);
    weft_cancel_enter(before);
    return err;
}

static int push_in(weft_task *task)
{
    struct crowd *c = WEFT_ARG(task, struct crowd *);
    uint32_t way = weft_fetch_add_u32(&c->seats, 1, WEFT_RELAXED);

    for (int i = 0; i < ROUNDS / 10; i++) {
        way = way * 1664525 + 1013904223;
        if (acquire_somehow(&c->mutex, way >> 8) != 0)
            continue;
        if (c->inside++ != 0 || weft_mutex_owner(&c->mutex) != weft_thread_current_id())
            weft_store_u32(&c->broken, 1, WEFT_RELAXED);
        c->value++;
        weft_fetch_add_u32(&c->entered, 1, WEFT_RELAXED);
        if (way % 512 == 0)
            weft_sleep(WEFT_US(1));
        c->inside--;
        weft_mutex_release(&c->mutex);
    }
    return 0;
}

static void no_release_is_lost_among_those_who_give_up(void)
{
    struct crowd c = {.value = 0};
    weft_thread *threads[CROWD];

    start_threads(threads, CROWD, push_in, &c);
    join_threads(threads, CROWD);
    CU_ASSERT_EQUAL(weft_load_u32(&c.broken, WEFT_RELAXED), 0);
    CU_ASSERT_EQUAL(c.value, (long)weft_load_u32(&c.entered, WEFT_RELAXED));
    CU_ASSERT_EQUAL(weft_mutex_owner(&c.mutex), 0);
    CHECK_OK(weft_mutex_acquire(&c.mutex, WEFT_NOW));
    CHECK_OK(weft_mutex_release(&c.mutex));
    CHECK_OK(weft_mutex_destroy(&c.mutex));
}

static void the_holder_is_known(void)
{
    struct holder h = {.held = WEFT_EVENT_INIT};
    weft_thread *thread = start_holder(&h);
    char holder[32];

    CU_ASSERT_NOT_EQUAL(weft_mutex_owner(&h.mutex), 0);
    CU_ASSERT_NOT_EQUAL(weft_mutex_owner(&h.mutex), weft_thread_current_id());
    snprintf(holder, sizeof(holder), "thread %u", weft_mutex_owner(&h.mutex));
    CHECK_ERROR(weft_mutex_acquire(&h.mutex, weft_in(WEFT_MS(1))), WEFT_ETIMEDOUT);
    CHECK_SENTENCE(holder);
    expect_misuse(WEFT_EPERM);
    CHECK_ERROR(weft_mutex_release(&h.mutex), WEFT_EPERM);
    CHECK_MISUSE_SEEN();
    CHECK_SENTENCE(holder);
    end_holder(&h, thread);
    CU_ASSERT_EQUAL(weft_mutex_owner(&h.mutex), 0);
}

static int acquire_once(weft_task *task)
{
    weft_mutex *mutex = WEFT_ARG(task, weft_mutex *);

    weft_mutex_acquire(mutex, WEFT_FOREVER);
    return weft_mutex_release(mutex);
}

static bool two_wait(void *context)
{
    static char report[65536];
    const char *first;

    (void)context;
    CHECK_OK(weft_doctor_report(report, sizeof(report), NULL));
    first = strstr(report, "waits for mutex");
    return first && strstr(first + 1, "waits for mutex");
}

/* As where the lock of a queue is an object that there was no memory for, until others came who
 * could make it and now sleep there. */
static void a_release_that_cannot_enter_the_queue_strands_nobody(void)
{
    weft_mutex mutex = WEFT_MUTEX_INIT;
    weft_thread *threads[2];

    weft_mutex_acquire(&mutex, WEFT_FOREVER);
    start_threads(threads, 2, acquire_once, &mutex);
    CU_ASSERT_TRUE(eventually(two_wait, NULL));
    refuse_passage("park.lot", 1, WEFT_ENOMEM);
    CHECK_OK(weft_mutex_release(&mutex));
    join_threads(threads, 2);
    refuse_passage("park.lot", 0, 0);
    CHECK_OK(weft_mutex_destroy(&mutex));
}

const char *const suite_name = "mutex";
CU_TestInfo suite_cases[] = {
    {"all_zero_is_a_free_mutex", all_zero_is_a_free_mutex},
    {"a_free_mutex_beats_a_deadline_that_passed", a_free_mutex_beats_a_deadline_that_passed},
    {"acquiring_twice_is_misuse_and_changes_nothing",
     acquiring_twice_is_misuse_and_changes_nothing},
    {"release_of_a_free_mutex_is_misuse", release_of_a_free_mutex_is_misuse},
    {"release_by_a_stranger_is_misuse_and_changes_nothing",
     release_by_a_stranger_is_misuse_and_changes_nothing},
    {"acquire_gives_up_at_the_deadline_and_not_before",
     acquire_gives_up_at_the_deadline_and_not_before},
    {"a_waiter_gets_the_mutex_when_it_is_released", a_waiter_gets_the_mutex_when_it_is_released},
    {"after_a_time_out_the_mutex_works_on", after_a_time_out_the_mutex_works_on},
    {"one_thread_at_a_time_is_inside", one_thread_at_a_time_is_inside},
    {"no_release_is_lost_among_those_who_give_up", no_release_is_lost_among_those_who_give_up},
    {"the_holder_is_known", the_holder_is_known},
    {"a_release_that_cannot_enter_the_queue_strands_nobody",
     a_release_that_cannot_enter_the_queue_strands_nobody},
    CU_TEST_INFO_NULL,
};
