/* SPDX-License-Identifier: MIT */
/* The check that an object is not used any more: the same for all of them. */
#include "check.h"

#include "crew.h"
#include "halt.h"
#include "weft/barrier.h"
#include "weft/condition.h"
#include "weft/event.h"
#include "weft/fault.h"
#include "weft/rwlock.h"
#include "weft/semaphore.h"

struct objects {
    weft_mutex outer; /* guards `inside`; what the waiter in the condition holds */
    int inside;
    weft_mutex mutex;
    weft_rmutex rmutex;
    weft_condition condition;
    weft_semaphore semaphore;
    weft_event event;
    weft_barrier barrier;
    weft_rwlock rwlock;
    weft_event held, over;
};

static void refused(int err)
{
    CHECK_MISUSE_SEEN();
    CU_ASSERT_EQUAL(err, WEFT_EBUSY);
    CHECK_SENTENCE("destroyed while");
}

static void what_nobody_uses_may_go(void)
{
    struct objects o = {.semaphore = WEFT_SEMAPHORE_INIT(3), .barrier = WEFT_BARRIER_INIT(2)};

    weft_event_set(&o.event);
    CHECK_OK(weft_mutex_destroy(&o.mutex));
    CHECK_OK(weft_rmutex_destroy(&o.rmutex));
    CHECK_OK(weft_condition_destroy(&o.condition));
    CHECK_OK(weft_semaphore_destroy(&o.semaphore));
    CHECK_OK(weft_event_destroy(&o.event));
    CHECK_OK(weft_barrier_destroy(&o.barrier));
    CHECK_OK(weft_rwlock_destroy(&o.rwlock));
}

static int hold(weft_task *task)
{
    struct objects *o = WEFT_ARG(task, struct objects *);

    weft_mutex_acquire(&o->mutex, WEFT_FOREVER);
    weft_rmutex_acquire(&o->rmutex, WEFT_FOREVER);
    weft_rwlock_acquire_read(&o->rwlock, WEFT_FOREVER);
    weft_event_set(&o->held);
    weft_event_wait(&o->over, WEFT_FOREVER);
    weft_rwlock_release(&o->rwlock);
    weft_rmutex_release(&o->rmutex);
    weft_mutex_release(&o->mutex);
    return 0;
}

static void what_a_thread_holds_may_not(void)
{
    struct objects o = {.inside = 0};
    weft_thread *thread;

    start_threads(&thread, 1, hold, &o);
    weft_event_wait(&o.held, WEFT_FOREVER);
    expect_misuse(WEFT_EBUSY);
    refused(weft_mutex_destroy(&o.mutex));
    expect_misuse(WEFT_EBUSY);
    refused(weft_rmutex_destroy(&o.rmutex));
    expect_misuse(WEFT_EBUSY);
    refused(weft_rwlock_destroy(&o.rwlock));
    weft_event_set(&o.over);
    join_threads(&thread, 1);
    CHECK_OK(weft_mutex_destroy(&o.mutex));
    CHECK_OK(weft_rmutex_destroy(&o.rmutex));
    CHECK_OK(weft_rwlock_destroy(&o.rwlock));
}

static int wait_in_condition(weft_task *task)
{
    struct objects *o = WEFT_ARG(task, struct objects *);

    weft_mutex_acquire(&o->outer, WEFT_FOREVER);
    o->inside = 1;
    while (o->inside != 0)
        weft_condition_wait(&o->condition, &o->outer, WEFT_FOREVER);
    weft_mutex_release(&o->outer);
    return 0;
}

static bool is_inside(void *context)
{
    struct objects *o = context;
    bool inside;

    weft_mutex_acquire(&o->outer, WEFT_FOREVER);
    inside = o->inside != 0;
    weft_mutex_release(&o->outer);
    return inside;
}

static void a_condition_in_which_a_thread_waits_may_not(void)
{
    struct objects o = {.inside = 0};
    weft_thread *thread;

    start_threads(&thread, 1, wait_in_condition, &o);
    CU_ASSERT_TRUE(eventually(is_inside, &o));
    expect_misuse(WEFT_EBUSY);
    refused(weft_condition_destroy(&o.condition));
    weft_mutex_acquire(&o.outer, WEFT_FOREVER);
    o.inside = 0;
    weft_mutex_release(&o.outer);
    weft_condition_notify(&o.condition);
    join_threads(&thread, 1);
    CHECK_OK(weft_condition_destroy(&o.condition));
}

/* It was woken, and waits for the mutex. */
static void a_condition_that_a_thread_has_not_left_may_not(void)
{
    struct objects o = {.inside = 0};
    weft_thread *thread;

    start_threads(&thread, 1, wait_in_condition, &o);
    CU_ASSERT_TRUE(eventually(is_inside, &o));
    meet_at("condition.woken", 2);
    weft_mutex_acquire(&o.outer, WEFT_FOREVER);
    o.inside = 0;
    weft_condition_notify(&o.condition);
    CU_ASSERT_TRUE(eventually(somebody_met, NULL));
    expect_misuse(WEFT_EBUSY);
    refused(weft_condition_destroy(&o.condition));
    (void)weft_fault_point("condition.woken");
    weft_mutex_release(&o.outer);
    join_threads(&thread, 1);
    meet_at(NULL, 0);
    CHECK_OK(weft_condition_destroy(&o.condition));
}

static int wait_for_event(weft_task *task)
{
    return weft_event_wait(&WEFT_ARG(task, struct objects *)->event, WEFT_FOREVER);
}

static int wait_for_permit(weft_task *task)
{
    return weft_semaphore_acquire(&WEFT_ARG(task, struct objects *)->semaphore, WEFT_FOREVER);
}

static int wait_for_others(weft_task *task)
{
    return weft_barrier_wait(&WEFT_ARG(task, struct objects *)->barrier, NULL, WEFT_FOREVER);
}

/* True once the thread is asleep in all three: each destroy is a misuse until then none. */
static bool all_are_refused(void *context)
{
    struct objects *o = context;
    bool refused_all;

    expect_misuse(WEFT_EBUSY);
    refused_all = weft_event_destroy(&o->event) == WEFT_EBUSY;
    misuse_seen();
    expect_misuse(WEFT_EBUSY);
    refused_all = weft_semaphore_destroy(&o->semaphore) == WEFT_EBUSY && refused_all;
    misuse_seen();
    expect_misuse(WEFT_EBUSY);
    refused_all = weft_barrier_destroy(&o->barrier) == WEFT_EBUSY && refused_all;
    misuse_seen();
    return refused_all;
}

static void what_threads_wait_for_may_not(void)
{
    struct objects o = {.barrier = WEFT_BARRIER_INIT(2)};
    weft_thread *threads[3];

    start_threads(&threads[0], 1, wait_for_event, &o);
    start_threads(&threads[1], 1, wait_for_permit, &o);
    start_threads(&threads[2], 1, wait_for_others, &o);
    CU_ASSERT_TRUE(eventually(all_are_refused, &o));
    weft_event_set(&o.event);
    CHECK_OK(weft_semaphore_release(&o.semaphore, 1));
    CHECK_OK(weft_barrier_wait(&o.barrier, NULL, WEFT_FOREVER));
    join_threads(threads, 3);
    CHECK_OK(weft_event_destroy(&o.event));
    CHECK_OK(weft_semaphore_destroy(&o.semaphore));
    CHECK_OK(weft_barrier_destroy(&o.barrier));
}

const char *const suite_name = "destroy";
CU_TestInfo suite_cases[] = {
    {"what_nobody_uses_may_go", what_nobody_uses_may_go},
    {"what_a_thread_holds_may_not", what_a_thread_holds_may_not},
    {"a_condition_in_which_a_thread_waits_may_not", a_condition_in_which_a_thread_waits_may_not},
    {"a_condition_that_a_thread_has_not_left_may_not",
     a_condition_that_a_thread_has_not_left_may_not},
    {"what_threads_wait_for_may_not", what_threads_wait_for_may_not},
    CU_TEST_INFO_NULL,
};
