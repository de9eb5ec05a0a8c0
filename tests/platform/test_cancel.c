/* SPDX-License-Identifier: MIT */
/* Tokens, and the waits that they end. Whether the cancel comes before a wait or during
 * it makes no difference to what is asserted; the short sleeps make both happen. */
#include "check.h"

#include "crew.h"
#include "weft/barrier.h"
#include "weft/cancel.h"
#include "weft/condition.h"
#include "weft/event.h"
#include "weft/once.h"
#include "weft/rwlock.h"
#include "weft/semaphore.h"
#include "weft/wait.h"

/* One of each, none of which will be had. */
struct things {
    weft_cancel *token;
    int (*wait)(struct things *t);
    int err;                /* of the wait; read after join */
    weft_event began, over; /* the wait is about to begin; those that hold things let go */
    weft_atomic_u32 word;
    weft_mutex free_mutex, mutex;
    weft_rmutex rmutex;
    weft_condition condition;
    weft_semaphore semaphore;
    weft_event event;
    weft_barrier barrier;
    weft_rwlock rwlock;
    weft_once once;
    weft_thread *thread;
};

static int wait_for_word(struct things *t)
{
    int err = 0;

    while (err == 0)
        err = weft_wait(&t->word, 0, WEFT_FOREVER);
    return err;
}

static int wait_for_sleep(struct things *t)
{
    (void)t;
    return weft_sleep(WEFT_S(600));
}

static int wait_for_condition(struct things *t)
{
    int err = 0;

    weft_mutex_acquire(&t->free_mutex, WEFT_FOREVER);
    while (err == 0)
        err = weft_condition_wait(&t->condition, &t->free_mutex, WEFT_FOREVER);
    return weft_mutex_release(&t->free_mutex) == 0 ? err : WEFT_EFAILED;
}

static int wait_for_semaphore(struct things *t)
{
    return weft_semaphore_acquire(&t->semaphore, WEFT_FOREVER);
}

static int wait_for_event(struct things *t)
{
    return weft_event_wait(&t->event, WEFT_FOREVER);
}

static int wait_for_barrier(struct things *t)
{
    return weft_barrier_wait(&t->barrier, NULL, WEFT_FOREVER);
}

static int do_nothing(void *context)
{
    (void)context;
    return 0;
}

static int wait_for_once(struct things *t)
{
    return weft_once_run(&t->once, do_nothing, NULL, WEFT_FOREVER);
}

static int wait_for_thread(struct things *t)
{
    return weft_thread_join(t->thread, WEFT_FOREVER);
}

static int wait_for_all_threads(struct things *t)
{
    (void)t;
    return weft_thread_join_all(WEFT_FOREVER);
}

static int wait_for_any(struct things *t)
{
    const weft_waitable events[] = {weft_event_waitable(&t->event), weft_event_waitable(&t->event)};
    size_t index;

    return weft_wait_any(events, 2, &index, WEFT_FOREVER);
}

static int wait_for_mutex(struct things *t)
{
    return weft_mutex_acquire(&t->mutex, SOON);
}

static int wait_for_rmutex(struct things *t)
{
    return weft_rmutex_acquire(&t->rmutex, SOON);
}

static int wait_to_read(struct things *t)
{
    return weft_rwlock_acquire_read(&t->rwlock, SOON);
}

static int wait_to_write(struct things *t)
{
    return weft_rwlock_acquire_write(&t->rwlock, SOON);
}

static int (*const waits[])(struct things *t) = {
    wait_for_word,    wait_for_sleep,  wait_for_condition, wait_for_semaphore,   wait_for_event,
    wait_for_barrier, wait_for_once,   wait_for_thread,    wait_for_all_threads, wait_for_any,
    wait_for_mutex,   wait_for_rmutex, wait_to_read,       wait_to_write,
};

enum { WAITS = sizeof(waits) / sizeof(waits[0]) };

static int be_under_way(void *context)
{
    struct things *t = context;

    weft_event_set(&t->began);
    return weft_event_wait(&t->over, WEFT_FOREVER);
}

/* Holds what can be held, and runs the once, until it is over. */
static int hold(weft_task *task)
{
    struct things *t = WEFT_ARG(task, struct things *);

    weft_mutex_acquire(&t->mutex, WEFT_FOREVER);
    weft_rmutex_acquire(&t->rmutex, WEFT_FOREVER);
    weft_rwlock_acquire_write(&t->rwlock, WEFT_FOREVER);
    weft_once_run(&t->once, be_under_way, t, WEFT_FOREVER);
    weft_rwlock_release(&t->rwlock);
    weft_rmutex_release(&t->rmutex);
    weft_mutex_release(&t->mutex);
    return 0;
}

static int wait_under_token(weft_task *task)
{
    struct things *t = WEFT_ARG(task, struct things *);

    weft_cancel_enter(t->token);
    weft_event_set(&t->began);
    t->err = t->wait(t);
    return 0;
}

/* One thread works under the token and waits; `end` is what cancels it. */
static void expect_end(int (*wait)(struct things *t), weft_cancel *token, weft_cancel *end)
{
    struct things t = {
        .token = token, .wait = wait, .err = WEFT_EINVAL, .barrier = WEFT_BARRIER_INIT(2)};
    weft_thread *waiter;

    start_threads(&t.thread, 1, hold, &t);
    weft_event_wait(&t.began, WEFT_FOREVER);
    weft_event_clear(&t.began);
    start_threads(&waiter, 1, wait_under_token, &t);
    weft_event_wait(&t.began, WEFT_FOREVER);
    if (end) {
        weft_sleep(WEFT_MS(2));
        weft_cancel_request(end);
    }
    join_threads(&waiter, 1);
    CU_ASSERT_EQUAL(t.err, WEFT_ECANCELED);
    weft_event_set(&t.over);
    join_threads(&t.thread, 1);
}

static void a_request_ends_every_wait(void)
{
    for (int i = 0; i < WAITS; i++) {
        weft_cancel token = WEFT_CANCEL_INIT;

        expect_end(waits[i], &token, &token);
    }
}

static void the_end_of_a_grandparent_ends_every_wait(void)
{
    for (int i = 0; i < WAITS; i++) {
        weft_cancel grandparent = WEFT_CANCEL_INIT;
        weft_cancel parent = {.parent = &grandparent};
        weft_cancel token = {.parent = &parent};

        expect_end(waits[i], &token, &grandparent);
        CU_ASSERT_TRUE(weft_cancel_requested(&token));
    }
}

static void an_expiry_ends_every_wait(void)
{
    for (int i = 0; i < WAITS; i++) {
        weft_cancel parent = {.expires = weft_in(WEFT_MS(3))};
        weft_cancel token = {.parent = &parent, .expires = weft_in(WEFT_S(600))};

        expect_end(waits[i], &token, NULL);
        CU_ASSERT_TRUE(weft_clock() >= parent.expires);
    }
}

static void a_wait_that_begins_cancelled_fails_at_once(void)
{
    for (int i = 0; i < WAITS; i++) {
        weft_cancel token = {.requested = {1}};

        expect_end(waits[i], &token, NULL);
    }
}

static void requested_knows_the_chain(void)
{
    weft_cancel parent = WEFT_CANCEL_INIT;
    weft_cancel token = {.parent = &parent};
    weft_cancel expired = {.expires = weft_clock()};
    weft_cancel below = {.parent = &expired};

    CU_ASSERT_FALSE(weft_cancel_requested(NULL));
    CU_ASSERT_FALSE(weft_cancel_requested(&token));
    CU_ASSERT_TRUE(weft_cancel_requested(&below));
    weft_cancel_request(&token);
    CU_ASSERT_TRUE(weft_cancel_requested(&token));
    CU_ASSERT_FALSE(weft_cancel_requested(&parent));
    weft_cancel_request(&token);
    CU_ASSERT_TRUE(weft_cancel_requested(&token));
}

static void check_says_whether_and_why(void)
{
    weft_cancel token = WEFT_CANCEL_INIT;
    weft_cancel expired = {.expires = weft_clock()};

    CU_ASSERT_PTR_NULL(weft_cancel_current());
    CHECK_OK(weft_cancel_check());
    CU_ASSERT_PTR_NULL(weft_cancel_enter(&token));
    CU_ASSERT_PTR_EQUAL(weft_cancel_current(), &token);
    CHECK_OK(weft_cancel_check());
    weft_cancel_request(&token);
    CHECK_ERROR(weft_cancel_check(), WEFT_ECANCELED);
    CHECK_SENTENCE("requested");
    CU_ASSERT_PTR_EQUAL(weft_cancel_enter(&expired), &token);
    CHECK_ERROR(weft_cancel_check(), WEFT_ECANCELED);
    CHECK_SENTENCE("expired");
    CU_ASSERT_PTR_EQUAL(weft_cancel_enter(NULL), &expired);
    CHECK_OK(weft_cancel_check());
}

static void what_is_there_beats_the_cancel(void)
{
    weft_cancel token = {.requested = {1}};
    struct things t = {.semaphore = WEFT_SEMAPHORE_INIT(1), .barrier = WEFT_BARRIER_INIT(1)};
    weft_waitable event = weft_event_waitable(&t.event);
    size_t index = 1;

    weft_event_set(&t.event);
    weft_cancel_enter(&token);
    CHECK_OK(weft_wait(&t.word, 1, WEFT_FOREVER));
    CHECK_OK(weft_semaphore_acquire(&t.semaphore, WEFT_FOREVER));
    CHECK_ERROR(weft_semaphore_acquire(&t.semaphore, WEFT_FOREVER), WEFT_ECANCELED);
    CHECK_SENTENCE("its wait was cancelled");
    CHECK_OK(weft_event_wait(&t.event, WEFT_FOREVER));
    CHECK_OK(weft_wait_any(&event, 1, &index, WEFT_FOREVER));
    CU_ASSERT_EQUAL(index, 0);
    CHECK_OK(weft_barrier_wait(&t.barrier, NULL, WEFT_FOREVER));
    CHECK_OK(weft_mutex_acquire(&t.mutex, SOON));
    CHECK_OK(weft_mutex_release(&t.mutex));
    CHECK_OK(weft_rwlock_acquire_write(&t.rwlock, SOON));
    CHECK_OK(weft_rwlock_release(&t.rwlock));
    CHECK_OK(weft_sleep(0));
    CHECK_ERROR(weft_sleep(1), WEFT_ECANCELED);
    CHECK_ERROR(weft_semaphore_acquire(&t.semaphore, WEFT_NOW), WEFT_ETIMEDOUT);
    weft_cancel_enter(NULL);
}

static void a_cancel_breaks_the_barrier(void)
{
    weft_cancel token = {.requested = {1}};
    weft_barrier barrier = WEFT_BARRIER_INIT(2);

    weft_cancel_enter(&token);
    CHECK_ERROR(weft_barrier_wait(&barrier, NULL, WEFT_FOREVER), WEFT_ECANCELED);
    CHECK_SENTENCE("1 of 2");
    weft_cancel_enter(NULL);
    CHECK_ERROR(weft_barrier_wait(&barrier, NULL, WEFT_FOREVER), WEFT_EBROKEN);
}

/* Under a cancelled token: gets all three locks, however long it takes. */
static int acquire_for_ever(weft_task *task)
{
    struct things *t = WEFT_ARG(task, struct things *);

    weft_cancel_enter(t->token);
    weft_event_set(&t->began);
    t->err = weft_mutex_acquire(&t->mutex, WEFT_FOREVER);
    if (t->err == 0)
        t->err = weft_rmutex_acquire(&t->rmutex, WEFT_FOREVER);
    if (t->err == 0)
        t->err = weft_rwlock_acquire_read(&t->rwlock, WEFT_FOREVER);
    weft_cancel_enter(NULL); /* a shield: the event can be waited for */
    if (t->err == 0)
        t->err = weft_event_wait(&t->event, WEFT_FOREVER);
    weft_cancel_enter(t->token);
    if (t->err == 0 && weft_sleep(1) == WEFT_ECANCELED)
        t->err = weft_mutex_release(&t->mutex);
    return 0;
}

static void locks_without_deadline_and_shielded_waits_go_on(void)
{
    weft_cancel token = WEFT_CANCEL_INIT;
    struct things t = {.token = &token, .err = WEFT_EINVAL};
    weft_thread *thread;

    start_threads(&t.thread, 1, hold, &t);
    weft_event_wait(&t.began, WEFT_FOREVER);
    weft_event_clear(&t.began);
    start_threads(&thread, 1, acquire_for_ever, &t);
    weft_event_wait(&t.began, WEFT_FOREVER);
    weft_sleep(WEFT_MS(5));
    weft_cancel_request(&token);
    CHECK_ERROR(weft_thread_join(thread, weft_in(WEFT_MS(10))), WEFT_ETIMEDOUT);
    weft_event_set(&t.over);
    join_threads(&t.thread, 1);
    CHECK_ERROR(weft_thread_join(thread, weft_in(WEFT_MS(10))), WEFT_ETIMEDOUT);
    weft_event_set(&t.event);
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(t.err, 0);
}

static void a_cancelled_join_leaves_the_handle(void)
{
    weft_cancel token = {.requested = {1}};
    struct things t = {.err = WEFT_EINVAL};

    start_threads(&t.thread, 1, hold, &t);
    weft_cancel_enter(&token);
    CHECK_ERROR(weft_thread_join(t.thread, WEFT_FOREVER), WEFT_ECANCELED);
    CHECK_SENTENCE("cancelled");
    weft_cancel_enter(NULL);
    weft_event_set(&t.over);
    CHECK_OK(weft_thread_join(t.thread, SOON));
}

const char *const suite_name = "cancel";
CU_TestInfo suite_cases[] = {
    {"a_request_ends_every_wait", a_request_ends_every_wait},
    {"the_end_of_a_grandparent_ends_every_wait", the_end_of_a_grandparent_ends_every_wait},
    {"an_expiry_ends_every_wait", an_expiry_ends_every_wait},
    {"a_wait_that_begins_cancelled_fails_at_once", a_wait_that_begins_cancelled_fails_at_once},
    {"requested_knows_the_chain", requested_knows_the_chain},
    {"check_says_whether_and_why", check_says_whether_and_why},
    {"what_is_there_beats_the_cancel", what_is_there_beats_the_cancel},
    {"a_cancel_breaks_the_barrier", a_cancel_breaks_the_barrier},
    {"locks_without_deadline_and_shielded_waits_go_on",
     locks_without_deadline_and_shielded_waits_go_on},
    {"a_cancelled_join_leaves_the_handle", a_cancelled_join_leaves_the_handle},
    CU_TEST_INFO_NULL,
};
