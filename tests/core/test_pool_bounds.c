/* SPDX-License-Identifier: MIT */
/* What a submit does in a pool in which `capacity` tasks wait already. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "weft/atomic.h"
#include "weft/cancel.h"
#include "weft/event.h"
#include "weft/executor.h"
#include "weft/parallel.h"

enum { CAPACITY = 2, ITEMS = 1000 };

static weft_executor *pool;
static weft_event gate, entered;
static weft_atomic_u32 runs;
static weft_cancel stop; /* what a submitter of begin_submitter() works under */

static int stay(weft_task *task)
{
    (void)task;
    weft_event_set(&entered);
    return weft_event_wait(&gate, WEFT_FOREVER);
}

static int run(weft_task *task)
{
    (void)task;
    weft_fetch_add_u32(&runs, 1, WEFT_SEQ_CST);
    return 0;
}

/* A pool of one worker, which is busy until the gate opens. */
static void open_pool(enum weft_when_full when_full)
{
    pool = weft_thread_pool(&(weft_pool_options){
        .workers = 1, .capacity = CAPACITY, .when_full = when_full, .name = "Small"});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    weft_event_clear(&gate);
    weft_event_clear(&entered);
    weft_store_u32(&runs, 0, WEFT_SEQ_CST);
    weft_store_u32(&stop.requested, 0, WEFT_SEQ_CST);
    CHECK_OK(weft_submit(pool, NULL, stay, NULL, 0));
    CHECK_OK(weft_event_wait(&entered, SOON));
}

/* The same with all places taken. */
static void open_full_pool(enum weft_when_full when_full)
{
    open_pool(when_full);
    for (int i = 0; i < CAPACITY; i++)
        CHECK_OK(weft_submit_with(pool, NULL, run, NULL, 0, NULL, WEFT_NOW));
}

/* Asserts that so many tasks ran, beside the one at the gate. */
static void close_pool(unsigned expected)
{
    weft_event_set(&gate);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), expected);
    weft_executor_close(pool);
}

static void it_may_refuse(void)
{
    weft_future *future = NULL;
    weft_executor_stats stats;

    open_full_pool(WEFT_FULL_REFUSE);
    CHECK_ERROR(weft_submit(pool, &future, run, NULL, 0), WEFT_EBUSY);
    CHECK_SENTENCE("pool Small: 2 tasks wait already");
    CU_ASSERT_PTR_NULL(future);
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.submitted, 1 + CAPACITY);
    CU_ASSERT_EQUAL(stats.queued_most, CAPACITY);
    close_pool(CAPACITY);
}

static int tell_thread(weft_task *task)
{
    int failing = WEFT_ARG(task, int);

    run(task);
    if (failing)
        return weft_task_fail(task, WEFT_EFAILED, "it had to fail");
    return WEFT_RETURN(task, unsigned, weft_thread_current_id());
}

static void the_caller_may_run_it(void)
{
    weft_future *future, *failed;
    weft_executor_stats stats;
    unsigned id = 0;
    int failing = 0;

    open_full_pool(WEFT_FULL_RUN);
    CHECK_OK(weft_submit_with(pool, &future, tell_thread, &failing, sizeof(failing), NULL,
                              WEFT_NOW));
    CU_ASSERT_TRUE(weft_future_done(future));
    CHECK_OK(weft_future_result(future, &id, sizeof(id), WEFT_NOW));
    CU_ASSERT_EQUAL(id, weft_thread_current_id());
    failing = 1;
    CHECK_OK(weft_submit(pool, &failed, tell_thread, &failing, sizeof(failing)));
    CHECK_ERROR(weft_future_result(failed, NULL, 0, WEFT_NOW), WEFT_EFAILED);
    CHECK_SENTENCE("it had to fail");
    CHECK_OK(weft_submit(pool, NULL, run, NULL, 0)); /* without a future too */
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 3);
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.submitted, 1 + CAPACITY + 3);
    CU_ASSERT_EQUAL(stats.finished, 2);
    CU_ASSERT_EQUAL(stats.failed, 1);
    close_pool(CAPACITY + 3);
    weft_future_release(future);
    weft_future_release(failed);
}

static weft_future *submit(enum weft_priority priority)
{
    weft_future *future = NULL;

    CHECK_OK(weft_submit_with(pool, &future, run, NULL, 0,
                              &(weft_submit_options){.priority = priority}, WEFT_NOW));
    CU_ASSERT_PTR_NOT_NULL_FATAL(future);
    return future;
}

static void the_oldest_may_be_dropped(void)
{
    weft_future *futures[4];
    weft_executor_stats stats;

    open_pool(WEFT_FULL_DROP_OLDEST);
    futures[0] = submit(WEFT_NORMAL);
    futures[1] = submit(WEFT_LOW);
    futures[2] = submit(WEFT_HIGH); /* in the place of the low one, though that is younger */
    CU_ASSERT_TRUE(weft_future_done(futures[1]));
    CU_ASSERT_FALSE(weft_future_done(futures[0]));
    futures[3] = submit(WEFT_NORMAL); /* in the place of the first */
    CU_ASSERT_TRUE(weft_future_done(futures[0]));
    for (int i = 0; i < 2; i++)
        CHECK_ERROR(weft_future_result(futures[i], NULL, 0, WEFT_NOW), WEFT_ECANCELED);
    weft_event_set(&gate);
    for (int i = 2; i < 4; i++)
        CHECK_OK(weft_future_result(futures[i], NULL, 0, SOON));
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.cancelled, 2);
    CU_ASSERT_EQUAL(stats.finished, 3);
    CU_ASSERT_EQUAL(stats.submitted, 5);
    for (int i = 0; i < 4; i++)
        weft_future_release(futures[i]);
    close_pool(2);
}

static void it_may_wait_until_a_deadline(void)
{
    weft_future *future = NULL;
    weft_time began = weft_clock();

    open_full_pool(WEFT_FULL_WAIT);
    CHECK_ERROR(weft_submit_with(pool, &future, run, NULL, 0, NULL, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_submit_with(pool, &future, run, NULL, 0, NULL, weft_in(WEFT_MS(5))),
                WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() - began >= WEFT_MS(5));
    CHECK_SENTENCE("deadline");
    CU_ASSERT_PTR_NULL(future);
    close_pool(CAPACITY);
}

/* A thread that submits to the full pool. */
static weft_atomic_u32 about_to_submit;
static int submit_error;
static char submit_sentence[200];

static int submit_more(weft_task *task)
{
    const weft_cancel *before = weft_cancel_enter(&stop);

    (void)task;
    weft_store_u32(&about_to_submit, 1, WEFT_SEQ_CST);
    submit_error = weft_submit(pool, NULL, run, NULL, 0);
    snprintf(submit_sentence, sizeof(submit_sentence), "%s", weft_last_error());
    weft_cancel_enter(before);
    return 0;
}

static bool is_about_to_submit(void *context)
{
    (void)context;
    return weft_load_u32(&about_to_submit, WEFT_SEQ_CST) != 0;
}

static weft_thread *begin_submitter(void)
{
    weft_thread *thread;

    weft_store_u32(&about_to_submit, 0, WEFT_SEQ_CST);
    start_threads(&thread, 1, submit_more, NULL);
    CU_ASSERT_TRUE(eventually(is_about_to_submit, NULL));
    weft_sleep(WEFT_MS(5)); /* it mostly waits now; the result is the same if not */
    return thread;
}

static void who_waits_is_woken_by_room(void)
{
    weft_thread *thread;

    open_full_pool(WEFT_FULL_WAIT);
    thread = begin_submitter();
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 0);
    weft_event_set(&gate);
    CHECK_OK(weft_thread_join(thread, SOON));
    CU_ASSERT_EQUAL(submit_error, 0);
    close_pool(CAPACITY + 1);
}

static weft_event submitted;

static int submit_and_say_so(weft_task *task)
{
    int err = submit_more(task);

    weft_event_set(&submitted);
    return err;
}

static int wait_for_submitter(weft_task *task)
{
    (void)task;
    return weft_event_wait(&submitted, WEFT_FOREVER);
}

/* One place of four is free, and no further one will be before it is taken. */
static void who_waits_needs_no_more_than_one_place(void)
{
    const weft_pool_options options = {.workers = 1, .capacity = 4};
    weft_future *first = NULL;
    weft_thread *thread;

    weft_event_clear(&gate);
    weft_event_clear(&entered);
    weft_event_clear(&submitted);
    weft_store_u32(&runs, 0, WEFT_SEQ_CST);
    pool = weft_thread_pool(&options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    CHECK_OK(weft_submit(pool, NULL, stay, NULL, 0));
    CHECK_OK(weft_event_wait(&entered, SOON));
    CHECK_OK(weft_submit(pool, &first, wait_for_submitter, NULL, 0));
    for (int i = 1; i < 4; i++)
        CHECK_OK(weft_submit(pool, NULL, run, NULL, 0));
    weft_store_u32(&about_to_submit, 0, WEFT_SEQ_CST);
    start_threads(&thread, 1, submit_and_say_so, NULL);
    CU_ASSERT_TRUE(eventually(is_about_to_submit, NULL));
    weft_sleep(WEFT_MS(5)); /* it mostly waits now; the result is the same if not */
    weft_event_set(&gate);
    CHECK_OK(weft_future_result(first, NULL, 0, SOON));
    weft_event_set(&submitted); /* if it has not come, the test has failed */
    CHECK_OK(weft_thread_join(thread, SOON));
    CU_ASSERT_EQUAL(submit_error, 0);
    weft_future_release(first);
    close_pool(4);
}

static void who_waits_may_be_cancelled(void)
{
    weft_thread *thread;

    open_full_pool(WEFT_FULL_WAIT);
    thread = begin_submitter();
    weft_cancel_request(&stop);
    CHECK_OK(weft_thread_join(thread, SOON));
    CU_ASSERT_EQUAL(submit_error, WEFT_ECANCELED);
    CU_ASSERT_PTR_NOT_NULL(strstr(submit_sentence, "cancelled"));
    close_pool(CAPACITY);
}

static void who_waits_hears_of_a_shutdown(void)
{
    weft_thread *thread;

    open_full_pool(WEFT_FULL_WAIT);
    thread = begin_submitter();
    CHECK_ERROR(weft_executor_shutdown(pool, WEFT_DRAIN, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_thread_join(thread, SOON)); /* though nothing has made room */
    CU_ASSERT_EQUAL(submit_error, WEFT_ECLOSED);
    close_pool(CAPACITY);
}

static int submit_ten(weft_task *task)
{
    int err = 0;

    (void)task;
    for (int i = 0; i < 10 && err == 0; i++)
        err = weft_submit(pool, NULL, run, NULL, 0);
    return err;
}

static void own_tasks_may_exceed_the_bound(void)
{
    const enum weft_when_full policies[] = {WEFT_FULL_WAIT, WEFT_FULL_REFUSE, WEFT_FULL_RUN,
                                            WEFT_FULL_DROP_OLDEST};

    for (int i = 0; i < 4; i++) {
        weft_future *future;

        open_pool(policies[i]);
        CHECK_OK(weft_submit(pool, &future, submit_ten, NULL, 0));
        weft_event_set(&gate);
        CHECK_OK(weft_future_result(future, NULL, 0, SOON));
        weft_future_release(future);
        close_pool(10);
    }
}

static int square(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    return WEFT_RETURN(task, int, x *x);
}

static void a_map_finds_its_way_through_a_small_pool(void)
{
    const enum weft_when_full policies[] = {WEFT_FULL_WAIT, WEFT_FULL_REFUSE, WEFT_FULL_RUN};
    static int in[ITEMS], out[ITEMS];

    for (int i = 0; i < ITEMS; i++)
        in[i] = i;
    for (int i = 0; i < 6; i++) {
        const weft_map_options options = {.chunk = i % 2 == 0 ? 1 : 7};
        int wrong = 0;

        open_pool(policies[i / 2]);
        weft_event_set(&gate);
        CHECK_OK(weft_map_with(pool, square, WEFT_ITEMS(in), WEFT_ITEMS(out), &options, SOON));
        for (int k = 0; k < ITEMS; k++)
            wrong += out[k] != k * k;
        CU_ASSERT_EQUAL(wrong, 0);
        close_pool(0);
    }
}

static void a_map_does_not_wait_longer_than_it_may(void)
{
    int in[3] = {1, 2, 3}, out[3];

    open_full_pool(WEFT_FULL_WAIT);
    CHECK_ERROR(weft_map(pool, square, WEFT_ITEMS(in), WEFT_ITEMS(out), weft_in(WEFT_MS(5))),
                WEFT_ETIMEDOUT);
    close_pool(CAPACITY);
    open_full_pool(WEFT_FULL_REFUSE);
    CHECK_ERROR(weft_map(pool, square, WEFT_ITEMS(in), WEFT_ITEMS(out), SOON), WEFT_EBUSY);
    close_pool(CAPACITY);
}

static void count_places(size_t first, size_t last, void *context)
{
    (void)context;
    for (size_t i = first; i < last; i++)
        for (int k = 0; k < 100; k++)
            weft_fetch_add_u32(&runs, k == 0, WEFT_RELAXED);
}

static void a_loop_does_without_a_full_pool(void)
{
    const enum weft_when_full policies[] = {WEFT_FULL_WAIT, WEFT_FULL_DROP_OLDEST};

    for (int i = 0; i < 2; i++) {
        open_full_pool(policies[i]);
        CHECK_OK(weft_parallel_for(pool, 100000, count_places, NULL, WEFT_FOREVER));
        CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 100000);
        close_pool(100000 + CAPACITY); /* nothing was dropped for it */
    }
}

const char *const suite_name = "pool_bounds";
CU_TestInfo suite_cases[] = {
    {"it_may_refuse", it_may_refuse},
    {"the_caller_may_run_it", the_caller_may_run_it},
    {"the_oldest_may_be_dropped", the_oldest_may_be_dropped},
    {"it_may_wait_until_a_deadline", it_may_wait_until_a_deadline},
    {"who_waits_is_woken_by_room", who_waits_is_woken_by_room},
    {"who_waits_needs_no_more_than_one_place", who_waits_needs_no_more_than_one_place},
    {"who_waits_may_be_cancelled", who_waits_may_be_cancelled},
    {"who_waits_hears_of_a_shutdown", who_waits_hears_of_a_shutdown},
    {"own_tasks_may_exceed_the_bound", own_tasks_may_exceed_the_bound},
    {"a_map_finds_its_way_through_a_small_pool", a_map_finds_its_way_through_a_small_pool},
    {"a_map_does_not_wait_longer_than_it_may", a_map_does_not_wait_longer_than_it_may},
    {"a_loop_does_without_a_full_pool", a_loop_does_without_a_full_pool},
    CU_TEST_INFO_NULL,
};
