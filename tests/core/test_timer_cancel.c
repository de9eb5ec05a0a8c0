/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "timer.h"
#include "timers.h"
#include "weft/cancel.h"

enum { STARTERS = 4, TIMERS_EACH = 2500 };

static void cancelled_before_its_instant_it_never_runs(void)
{
    weft_timer *timer;

    begin();
    CHECK_OK(weft_timer_start(&timer, NEVER, count, NULL, 0));
    CHECK_OK(weft_timer_cancel(timer, WEFT_NOW));
    CHECK_OK(weft_timer_cancel(timer, WEFT_FOREVER)); /* twice is once */
    weft_timer_close(timer);
    CHECK_OK(weft_timer_start(&timer, WEFT_FOREVER, count, NULL, 0));
    weft_timer_close(timer);
    hold_timers();
    CHECK_OK(weft_timer_start(&timer, WEFT_NOW, count, NULL, 0));
    CHECK_OK(weft_timer_cancel(timer, WEFT_NOW));
    let_on();
    CU_ASSERT_EQUAL(runs_seen(), 0);
    weft_timer_close(timer);
}

static void cancelled_after_its_run_it_says_so(void)
{
    weft_timer *timer;

    begin();
    CHECK_OK(weft_timer_start(&timer, WEFT_NOW, set_done, NULL, 0));
    CHECK_OK(weft_event_wait(&done, SOON));
    (void)weft_timer_cancel(timer, SOON); /* it may not have returned */
    CHECK_ERROR(weft_timer_cancel(timer, SOON), WEFT_ECLOSED);
    CHECK_SENTENCE("had run");
    weft_timer_close(timer);
}

static void cancelled_while_it_runs_it_is_waited_for(void)
{
    weft_timer *timer;

    begin();
    CHECK_OK(weft_timer_start(&timer, WEFT_NOW, wait_at_the_gate, NULL, 0));
    CHECK_OK(weft_event_wait(&entered, SOON));
    CHECK_OK(weft_timer_cancel(timer, SOON)); /* its wait was cancelled: nobody opens the gate */
    CHECK_ERROR(weft_timer_cancel(timer, SOON), WEFT_ECLOSED);
    weft_timer_close(timer);
}

static weft_event asleep; /* in a function that hears of no cancel */

static int wait_deafly(weft_task *task)
{
    const weft_cancel *before = weft_cancel_enter(NULL);
    int err;

    (void)task;
    weft_event_set(&asleep);
    err = weft_event_wait(&gate, SOON);
    weft_cancel_enter(before);
    weft_fetch_add_u32(&timer_runs, weft_task_cancelled(task), WEFT_SEQ_CST);
    return err;
}

static void cancel_gives_up_at_its_deadline(void)
{
    weft_timer *timer;

    begin();
    weft_event_clear(&asleep);
    CHECK_OK(weft_timer_start(&timer, WEFT_NOW, wait_deafly, NULL, 0));
    CHECK_OK(weft_event_wait(&asleep, SOON));
    CHECK_ERROR(weft_timer_cancel(timer, weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
    CHECK_SENTENCE("still runs");
    weft_event_set(&gate);
    weft_timer_close(timer);
    CU_ASSERT_EQUAL(runs_seen(), 1);
}

static weft_timer *own_handle;

struct own {
    weft_timer **timer;
    int now, later; /* what cancel returned; read after `done` */
};

static int cancel_itself(weft_task *task)
{
    struct own *own = WEFT_ARG(task, struct own *);

    weft_fetch_add_u32(&timer_runs, 1, WEFT_SEQ_CST);
    expect_misuse(WEFT_EDEADLK);
    own->later = weft_timer_cancel(*own->timer, SOON);
    own->now = weft_timer_cancel(*own->timer, WEFT_NOW);
    weft_event_set(&done);
    return 0;
}

static void check_cancel_from_inside(weft_executor *executor)
{
    struct own own = {&own_handle, 0, 0}, *argument = &own;
    const weft_timer_options options = {.every = 1, .executor = executor};

    begin();
    CHECK_OK(weft_timer_start_with(&own_handle, WEFT_NOW, cancel_itself, &argument,
                                   sizeof(argument), &options));
    CHECK_OK(weft_event_wait(&done, SOON));
    CHECK_MISUSE_SEEN();
    CU_ASSERT_EQUAL(own.later, WEFT_EDEADLK);
    CU_ASSERT_EQUAL(own.now, WEFT_ETIMEDOUT);
    CHECK_OK(weft_timer_cancel(own_handle, SOON));
    CU_ASSERT_EQUAL(runs_seen(), 1);
    weft_timer_close(own_handle);
}

static int close_itself(weft_task *task)
{
    weft_timer_close(*WEFT_ARG(task, weft_timer **));
    if (WEFT_ARG(task, weft_timer **) == &own_handle) /* the argument is still there */
        weft_fetch_add_u32(&timer_runs, 1, WEFT_SEQ_CST);
    return set_done(task);
}

static void check_close_from_inside(weft_executor *executor)
{
    weft_timer **where = &own_handle;

    for (int every = 0; every < 2; every++) {
        const weft_timer_options options = {.every = every, .executor = executor};

        begin();
        CHECK_OK(weft_timer_start_with(&own_handle, WEFT_NOW, close_itself, &where, sizeof(where),
                                       &options));
        CHECK_OK(weft_event_wait(&done, SOON));
        CU_ASSERT_EQUAL(runs_seen(), 1);
    }
}

static void its_own_function_cancels_it(void)
{
    weft_executor *pool = weft_thread_pool(&(weft_pool_options){.workers = 1});

    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    check_cancel_from_inside(NULL);
    check_cancel_from_inside(pool);
    weft_executor_close(pool);
}

static void its_own_function_closes_it(void)
{
    weft_executor *pool = weft_thread_pool(&(weft_pool_options){.workers = 1});

    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    check_close_from_inside(NULL);
    check_close_from_inside(pool);
    weft_executor_close(pool);
}

/* ---- many -------------------------------------------------------------------- */

struct storm {
    weft_atomic_u32 ran[STARTERS * TIMERS_EACH];
    int cancelled[STARTERS * TIMERS_EACH]; /* what cancel returned; 1: was not called */
    weft_timer *timers[STARTERS * TIMERS_EACH];
    weft_atomic_u32 starters;
};

static struct storm storm;

static int note_run(weft_task *task)
{
    weft_fetch_add_u32(&storm.ran[WEFT_ARG(task, int)], 1, WEFT_SEQ_CST);
    return 0;
}

static int start_and_cancel_many(weft_task *task)
{
    int first = (int)weft_fetch_add_u32(&storm.starters, 1, WEFT_SEQ_CST) * TIMERS_EACH;
    uint32_t random = (uint32_t)first + 1;
    int err = 0;

    (void)task;
    for (int i = first; i < first + TIMERS_EACH && err == 0; i++) {
        random = random * 1664525 + 1013904223;
        err = weft_timer_start(&storm.timers[i], weft_in(WEFT_US((random >> 16) % 20000)), note_run,
                               &i, sizeof(i));
        storm.cancelled[i] = 1;
    }
    for (int i = first; i < first + TIMERS_EACH && err == 0; i++) {
        random = random * 1664525 + 1013904223;
        if (random >> 31)
            storm.cancelled[i] = weft_timer_cancel(storm.timers[i], WEFT_NOW);
    }
    return err;
}

static bool all_ran(void *context)
{
    (void)context;
    for (int i = 0; i < STARTERS * TIMERS_EACH; i++)
        if (storm.cancelled[i] != 0 && weft_load_u32(&storm.ran[i], WEFT_SEQ_CST) == 0)
            return false;
    return true;
}

static void each_of_many_runs_once_or_is_cancelled_once(void)
{
    weft_thread *threads[STARTERS];
    int wrong = 0;

    memset(&storm, 0, sizeof(storm));
    start_threads(threads, STARTERS, start_and_cancel_many, NULL);
    join_threads(threads, STARTERS);
    CU_ASSERT_TRUE(eventually(all_ran, NULL));
    for (int i = 0; i < STARTERS * TIMERS_EACH; i++) {
        weft_timer_close(storm.timers[i]);
        wrong += weft_load_u32(&storm.ran[i], WEFT_SEQ_CST) != (storm.cancelled[i] != 0);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CHECK_OK(weft__timers_end(SOON));
}

const char *const suite_name = "timer_cancel";
CU_TestInfo suite_cases[] = {
    {"cancelled_before_its_instant_it_never_runs", cancelled_before_its_instant_it_never_runs},
    {"cancelled_after_its_run_it_says_so", cancelled_after_its_run_it_says_so},
    {"cancelled_while_it_runs_it_is_waited_for", cancelled_while_it_runs_it_is_waited_for},
    {"cancel_gives_up_at_its_deadline", cancel_gives_up_at_its_deadline},
    {"its_own_function_cancels_it", its_own_function_cancels_it},
    {"its_own_function_closes_it", its_own_function_closes_it},
    {"each_of_many_runs_once_or_is_cancelled_once", each_of_many_runs_once_or_is_cancelled_once},
    CU_TEST_INFO_NULL,
};
