/* SPDX-License-Identifier: MIT */
/* Tasks of one pool that wait for each other in a circle. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "support.h"
#include "weft/atomic.h"
#include "weft/event.h"
#include "weft/executor.h"
#include "weft/future.h"
#include "weft/mutex.h"

enum { LARGEST = 3 };

static weft_executor *pool;
static weft_future *futures[LARGEST]; /* set before `all_set` */
static weft_event all_set, all_begun;
static weft_atomic_u32 begun;
static weft_atomic_u32 refused; /* how many were told of the circle */
static int circle;              /* of how many tasks */
static weft_time patience;      /* of each, in ns */
static bool apart;              /* each has a worker of its own */

static weft_mutex mutex = WEFT_MUTEX_INIT; /* guards the two below */
static char sentence[600];
static int misuses;

static void keep_sentence(int code, const char *text)
{
    weft_mutex_acquire(&mutex, WEFT_FOREVER);
    misuses += code == WEFT_EDEADLK ? 1 : 100;
    strncpy(sentence, text, sizeof(sentence) - 1);
    weft_mutex_release(&mutex);
}

/* Waits for the next one of the circle. Who is refused ends well, and so do then the others. */
static int wait_for_next(weft_task *task)
{
    int self = WEFT_ARG(task, int);
    int err = weft_event_wait(&all_set, WEFT_FOREVER);

    if (weft_fetch_add_u32(&begun, 1, WEFT_SEQ_CST) + 1 == (uint32_t)circle)
        weft_event_set(&all_begun);
    if (err == 0 && apart)
        err = weft_event_wait(&all_begun, WEFT_FOREVER);
    if (err == 0)
        err = weft_future_result(futures[(self + 1) % circle], NULL, 0,
                                 patience > 0 ? weft_in(patience) : WEFT_FOREVER);
    if (err != WEFT_EDEADLK)
        return err;
    weft_fetch_add_u32(&refused, 1, WEFT_SEQ_CST);
    return 0;
}

static void close_circle(int size, unsigned workers)
{
    circle = size;
    apart = workers >= (unsigned)size;
    misuses = 0;
    weft_store_u32(&begun, 0, WEFT_SEQ_CST);
    weft_event_clear(&all_begun);
    memset(sentence, 0, sizeof(sentence));
    weft_store_u32(&refused, 0, WEFT_SEQ_CST);
    weft_event_clear(&all_set);
    weft_on_misuse(keep_sentence);
    pool = weft_thread_pool(&(weft_pool_options){.workers = workers, .name = "Ring"});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    for (int i = 0; i < size; i++)
        CHECK_OK(weft_submit(pool, &futures[i], wait_for_next, &i, sizeof(i)));
    weft_event_set(&all_set);
    for (int i = 0; i < size; i++) {
        CHECK_OK(weft_future_result(futures[i], NULL, 0, SOON));
        weft_future_release(futures[i]);
    }
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    weft_executor_close(pool);
    weft_on_misuse(support_on_misuse);
    CU_ASSERT_EQUAL(weft_load_u32(&refused, WEFT_SEQ_CST), 1);
    CU_ASSERT_EQUAL(misuses, 1);
}

static size_t count_in_sentence(const char *part)
{
    size_t count = 0;

    for (const char *at = sentence; (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

static void a_task_that_waits_for_itself_is_told(void)
{
    close_circle(1, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(sentence, "pool Ring: Ring-1 waits for future"));
    CU_ASSERT_PTR_NOT_NULL(strstr(sentence, "run by Ring-1"));
    close_circle(1, 3);
}

static void two_that_wait_for_each_other_are_told(void)
{
    close_circle(2, 2);
    CU_ASSERT_EQUAL(count_in_sentence("waits for future"), 2);
    CU_ASSERT_EQUAL(count_in_sentence("run by Ring-1"), 1);
    CU_ASSERT_EQUAL(count_in_sentence("run by Ring-2"), 1);
}

static void three_are_told_too(void)
{
    close_circle(3, 3);
    CU_ASSERT_EQUAL(count_in_sentence("waits for future"), 3);
    for (int i = 0; i < 100; i++)
        close_circle(3, 3);
}

/* With fewer workers than tasks the circle closes in one stack. */
static void a_circle_in_one_stack_is_told(void)
{
    close_circle(2, 1);
    close_circle(3, 1);
    for (int i = 0; i < 100; i++)
        close_circle(3, 2);
}

static void a_circle_with_deadlines_is_told(void)
{
    patience = WEFT_S(3600);
    close_circle(1, 1);
    close_circle(2, 2);
    close_circle(3, 3);
    patience = 0;
}

/* ---- what looks like a circle ------------------------------------------------------------ */

static int end_at_once(weft_task *task)
{
    (void)task;
    return 0;
}

/* Waits for many short ones of others, while others do the same. */
static int wait_for_many(weft_task *task)
{
    int err = 0;

    (void)task;
    for (int i = 0; i < 300 && err == 0; i++) {
        weft_future *future;

        err = weft_submit(pool, &future, end_at_once, NULL, 0);
        if (err == 0)
            err = weft_future_result(future, NULL, 0, WEFT_FOREVER);
        if (err == 0)
            weft_future_release(future);
    }
    return err;
}

static void waits_without_a_circle_are_let_alone(void)
{
    weft_future *all[4];

    pool = weft_thread_pool(&(weft_pool_options){.workers = 3});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    for (int i = 0; i < 4; i++)
        CHECK_OK(weft_submit(pool, &all[i], wait_for_many, NULL, 0));
    for (int i = 0; i < 4; i++) {
        CHECK_OK(weft_future_result(all[i], NULL, 0, SOON));
        weft_future_release(all[i]);
    }
    weft_executor_close(pool);
}

/* ---- too deep ----------------------------------------------------------------------------- */

static int go_down(weft_task *task)
{
    char why[256];
    weft_future *future;
    int err = weft_submit(pool, &future, go_down, NULL, 0);

    if (err != 0)
        return err;
    err = weft_future_result(future, NULL, 0, WEFT_FOREVER);
    snprintf(why, sizeof(why), "%s", weft_last_error());
    (void)weft_future_cancel(future); /* the one that was refused has not begun */
    weft_future_release(future);
    return weft_task_fail(task, err, "%s", why);
}

static void a_bottomless_chain_is_told_before_the_stack_ends(void)
{
    weft_future *future;

    misuses = 0;
    weft_on_misuse(keep_sentence);
    pool = weft_thread_pool(&(weft_pool_options){.workers = 1});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    CHECK_OK(weft_submit(pool, &future, go_down, NULL, 0));
    CHECK_ERROR(weft_future_result(future, NULL, 0, SOON), WEFT_EDEADLK);
    CHECK_SENTENCE("used up the stack of Pool-1");
    CU_ASSERT_EQUAL(misuses, 1);
    weft_future_release(future);
    weft_executor_close(pool);
    weft_on_misuse(support_on_misuse);
}

const char *const suite_name = "pool_circle";
CU_TestInfo suite_cases[] = {
    {"a_task_that_waits_for_itself_is_told", a_task_that_waits_for_itself_is_told},
    {"two_that_wait_for_each_other_are_told", two_that_wait_for_each_other_are_told},
    {"three_are_told_too", three_are_told_too},
    {"a_circle_in_one_stack_is_told", a_circle_in_one_stack_is_told},
    {"a_circle_with_deadlines_is_told", a_circle_with_deadlines_is_told},
    {"waits_without_a_circle_are_let_alone", waits_without_a_circle_are_let_alone},
    {"a_bottomless_chain_is_told_before_the_stack_ends",
     a_bottomless_chain_is_told_before_the_stack_ends},
    CU_TEST_INFO_NULL,
};
