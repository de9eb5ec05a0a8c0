/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "fail.h"
#include "timer.h"
#include "timers.h"

static int log_of_runs[16]; /* by the timers' thread; read after `done` */

static void the_past_runs_at_once(void)
{
    begin();
    CHECK_OK(weft_timer_start(NULL, WEFT_NOW, set_done, NULL, 0));
    CHECK_OK(weft_event_wait(&done, SOON));
    begin();
    CHECK_OK(weft_timer_start(NULL, weft_clock() - 1, set_done, NULL, 0));
    CHECK_OK(weft_event_wait(&done, SOON));
}

static int log_argument(weft_task *task)
{
    log_of_runs[weft_fetch_add_u32(&timer_runs, 1, WEFT_SEQ_CST) % 16] = WEFT_ARG(task, int);
    return 0;
}

static void earlier_instants_run_first(void)
{
    static const int when[] = {5, 1, 7, 3, 0, 6, 2, 4};
    weft_time base;

    hold_timers();
    base = weft_clock() + 1;
    for (int i = 0; i < 8; i++)
        CHECK_OK(weft_timer_start(NULL, base + when[i], log_argument, &when[i], sizeof(int)));
    let_on();
    CU_ASSERT_EQUAL(runs_seen(), 8);
    for (int i = 0; i < 8; i++)
        CU_ASSERT_EQUAL(log_of_runs[i], i);
}

static void equal_instants_run_in_the_order_of_their_start(void)
{
    weft_time at;

    hold_timers();
    at = weft_clock() + 1;
    for (int i = 0; i < 16; i++) /* one variable: each has its own copy */
        CHECK_OK(weft_timer_start(NULL, at, log_argument, &i, sizeof(i)));
    let_on();
    CU_ASSERT_EQUAL(runs_seen(), 16);
    for (int i = 0; i < 16; i++)
        CU_ASSERT_EQUAL(log_of_runs[i], i);
}

static int compare_text(weft_task *task)
{
    const char *text = weft_task_argument(task, weft_task_argument_size(task));
    size_t size = weft_task_argument_size(task);

    for (size_t i = 0; i < size; i++)
        if (text[i] != 'w')
            return weft_task_fail(task, WEFT_EFAILED, "byte %zu is another", i);
    weft_store_u32(&timer_runs, (uint32_t)size, WEFT_SEQ_CST);
    return 0;
}

static void a_large_argument_is_copied(void)
{
    char text[4000];

    hold_timers();
    memset(text, 'w', sizeof(text));
    CHECK_OK(weft_timer_start(NULL, WEFT_NOW, compare_text, text, sizeof(text)));
    memset(text, 'x', sizeof(text));
    let_on();
    CU_ASSERT_EQUAL(runs_seen(), sizeof(text));
}

static weft_timer *own_handle;

static int look_for_the_handle(weft_task *task)
{
    if (*WEFT_ARG(task, weft_timer **))
        weft_fetch_add_u32(&timer_runs, 1, WEFT_SEQ_CST);
    return set_done(task);
}

static void a_function_that_runs_at_once_finds_its_handle(void)
{
    weft_timer **where = &own_handle;

    for (int i = 0; i < 50; i++) {
        begin();
        own_handle = NULL;
        CHECK_OK(
            weft_timer_start(&own_handle, WEFT_NOW, look_for_the_handle, &where, sizeof(where)));
        CHECK_OK(weft_event_wait(&done, SOON));
        CU_ASSERT_EQUAL(runs_seen(), 1);
        weft_timer_close(own_handle);
    }
}

static void what_makes_no_sense_is_refused(void)
{
    weft_timer *timer = NULL;

    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_timer_start(&timer, WEFT_NOW, NULL, NULL, 0), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_timer_start_with(NULL, WEFT_NOW, count, NULL, 0,
                                      &(weft_timer_options){.every = WEFT_S(1)}),
                WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(
        weft_timer_start_with(&timer, WEFT_NOW, count, NULL, 0, &(weft_timer_options){.every = -1}),
        WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    CU_ASSERT_PTR_NULL(timer);
    weft_timer_close(NULL);
}

static int count_to_three(weft_task *task)
{
    (void)task;
    if (weft_fetch_add_u32(&timer_runs, 1, WEFT_SEQ_CST) == 2)
        weft_event_set(&done);
    return 0;
}

static void it_runs_again_and_again_until_cancelled(void)
{
    weft_timer *timer;
    uint32_t seen;

    begin();
    CHECK_OK(weft_timer_start_with(&timer, WEFT_NOW, count_to_three, NULL, 0,
                                   &(weft_timer_options){.every = 1}));
    CHECK_OK(weft_event_wait(&done, SOON));
    CHECK_OK(weft_timer_cancel(timer, SOON));
    seen = runs_seen();
    CU_ASSERT_TRUE(seen >= 3);
    weft_event_clear(&done);
    CHECK_OK(weft_timer_start(NULL, WEFT_NOW, set_done, NULL, 0));
    CHECK_OK(weft_event_wait(&done, SOON));
    CU_ASSERT_EQUAL(runs_seen(), seen);
    CHECK_OK(weft_timer_cancel(timer, SOON)); /* a repetition has no "had run before" */
    weft_timer_close(timer);
}

/* Starts itself anew, always before all others. */
static int push_in(weft_task *task)
{
    (void)task;
    return weft_event_is_set(&done) ? 0 : weft_timer_start(NULL, WEFT_NOW, push_in, NULL, 0);
}

static void one_that_pushes_in_lets_others_run(void)
{
    hold_timers();
    CHECK_OK(weft_timer_start(NULL, WEFT_NOW, push_in, NULL, 0));
    let_on();
}

/* ---- the thread, and what may be refused ------------------------------------- */

static bool the_thread_has_gone(void *context)
{
    (void)context;
    return !weft__timers_running();
}

static void without_timers_the_thread_ends(void)
{
    watch_memory();
    begin();
    CHECK_OK(weft_timer_start(NULL, WEFT_NOW, set_done, NULL, 0));
    CHECK_OK(weft_event_wait(&done, SOON));
    CU_ASSERT_TRUE(eventually(the_thread_has_gone, NULL)); /* by itself */
    unwatch_memory();
    begin();
    CHECK_OK(weft_timer_start(NULL, WEFT_NOW, set_done, NULL, 0)); /* and comes again */
    CHECK_OK(weft_event_wait(&done, SOON));
    CHECK_OK(weft__timers_end(SOON));
}

static void the_thread_stays_while_there_are_timers(void)
{
    weft_timer *timer;

    CHECK_OK(weft_timer_start(&timer, NEVER, count, NULL, 0));
    CHECK_ERROR(weft__timers_end(weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft__timers_running());
    weft_timer_close(timer);
    CHECK_OK(weft__timers_end(SOON));
}

static int attempt_start(void *context)
{
    weft_timer *timer = NULL;
    int err = weft_timer_start(&timer, NEVER, count, "argument", 8);

    (void)context;
    CU_ASSERT_EQUAL(timer == NULL, err != 0);
    weft_timer_close(timer);
    CHECK_OK(weft__timers_end(SOON));
    return err;
}

static void no_memory_leaves_nothing_behind(void)
{
    CHECK_OK(weft__timers_end(SOON));
    CU_ASSERT_TRUE(refuse_each_allocation(attempt_start, NULL) >= 2);
}

static void a_refused_thread_leaves_nothing_behind(void)
{
    CHECK_OK(weft__timers_end(SOON));
    CU_ASSERT_EQUAL(refuse_each_passage("thread.start", WEFT_ELIMIT, attempt_start, NULL), 1);
}

const char *const suite_name = "timer";
CU_TestInfo suite_cases[] = {
    {"the_past_runs_at_once", the_past_runs_at_once},
    {"earlier_instants_run_first", earlier_instants_run_first},
    {"equal_instants_run_in_the_order_of_their_start",
     equal_instants_run_in_the_order_of_their_start},
    {"a_large_argument_is_copied", a_large_argument_is_copied},
    {"a_function_that_runs_at_once_finds_its_handle",
     a_function_that_runs_at_once_finds_its_handle},
    {"what_makes_no_sense_is_refused", what_makes_no_sense_is_refused},
    {"it_runs_again_and_again_until_cancelled", it_runs_again_and_again_until_cancelled},
    {"one_that_pushes_in_lets_others_run", one_that_pushes_in_lets_others_run},
    {"without_timers_the_thread_ends", without_timers_the_thread_ends},
    {"the_thread_stays_while_there_are_timers", the_thread_stays_while_there_are_timers},
    {"no_memory_leaves_nothing_behind", no_memory_leaves_nothing_behind},
    {"a_refused_thread_leaves_nothing_behind", a_refused_thread_leaves_nothing_behind},
    CU_TEST_INFO_NULL,
};
