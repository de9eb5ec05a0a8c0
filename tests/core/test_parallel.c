/* SPDX-License-Identifier: MIT */
#include "weft/parallel.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "support.h"
#include "weft/atomic.h"
#include "weft/cancel.h"
#include "weft/event.h"
#include "weft/fault.h"
#include "weft/thread.h"

enum { MILLION = 1000000, CALLERS = 3, PLACES = 20 };

static weft_executor *pool;

static void open_pool(unsigned workers)
{
    pool = weft_thread_pool(&(weft_pool_options){.workers = workers});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
}

static void close_pool(void)
{
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    weft_executor_close(pool);
}

/* How often each place was done; ranges never meet, so each counter has one writer. */
struct places {
    size_t count;
    unsigned cost; /* of place i: cost * (i % 100) rounds */
    unsigned char *done;
    weft_atomic_u32 wrong; /* ranges that are none */
    weft_atomic_u32 sink;
};

static void do_places(size_t first, size_t last, void *context)
{
    struct places *places = context;
    uint32_t sum = 0;

    if (first >= last || last > places->count)
        weft_fetch_add_u32(&places->wrong, 1, WEFT_RELAXED);
    for (size_t i = first; i < last; i++) {
        places->done[i]++;
        for (size_t k = 0; k < places->cost * (i % 100); k++)
            sum = sum * 31 + (uint32_t)k;
    }
    weft_fetch_add_u32(&places->sink, sum, WEFT_RELAXED);
}

/* Whether each of count places is done exactly once; any thread. */
static bool loops_right(size_t count, unsigned cost)
{
    struct places places = {.count = count, .cost = cost};
    bool right;
    int err;

    places.done = calloc(count + 1, 1);
    if (!places.done)
        return false;
    err = weft_parallel_for(pool, count, do_places, &places, WEFT_FOREVER);
    right = err == 0 && weft_load_u32(&places.wrong, WEFT_RELAXED) == 0;
    for (size_t i = 0; i < count; i++)
        right = right && places.done[i] == 1;
    free(places.done);
    return right;
}

static void each_place_is_done_once(void)
{
    const size_t counts[] = {0, 1, 2, 7, 1000, MILLION};
    const unsigned costs[] = {0, 1, 50};

    for (unsigned workers = 1; workers <= 4; workers++) {
        open_pool(workers);
        for (int i = 0; i < 6; i++)
            for (int k = 0; k < 3; k++)
                if (counts[i] < MILLION || costs[k] == 0)
                    CU_ASSERT_TRUE(loops_right(counts[i], costs[k]));
        close_pool();
    }
}

static int loop_in_task(weft_task *task)
{
    for (int i = 0; i < 5; i++)
        if (!loops_right(2000, 20))
            return weft_task_fail(task, WEFT_EFAILED, "round %d", i);
    return 0;
}

static void tasks_may_loop_in_their_pool(void)
{
    weft_future *futures[6];

    for (unsigned workers = 1; workers <= 4; workers++) {
        open_pool(workers);
        for (int i = 0; i < 6; i++)
            CHECK_OK(weft_submit(pool, &futures[i], loop_in_task, NULL, 0));
        for (int i = 0; i < 6; i++) {
            CHECK_OK(weft_future_result(futures[i], NULL, 0, SOON));
            weft_future_release(futures[i]);
        }
        close_pool();
    }
}

static void several_threads_may_loop_at_once(void)
{
    weft_thread *threads[CALLERS];

    open_pool(2);
    start_threads(threads, CALLERS, loop_in_task, NULL);
    join_threads(threads, CALLERS);
    close_pool();
}

static void loop_inside(size_t first, size_t last, void *context)
{
    weft_atomic_u32 *right = context;

    for (size_t i = first; i < last; i++)
        weft_fetch_add_u32(right, loops_right(300, 20), WEFT_RELAXED);
}

static void loops_may_be_nested(void)
{
    for (unsigned workers = 1; workers <= 4; workers++) {
        weft_atomic_u32 right = {0};

        open_pool(workers);
        CHECK_OK(weft_parallel_for(pool, 60, loop_inside, &right, WEFT_FOREVER));
        CU_ASSERT_EQUAL(weft_load_u32(&right, WEFT_RELAXED), 60);
        close_pool();
    }
}

/* ---- ending early ------------------------------------------------------------------------ */

struct early {
    weft_atomic_u32 places, inside, left; /* done; bodies that run; 1: the loop has returned */
    weft_atomic_u32 late;                 /* bodies after that */
    weft_cancel cancel;
};

static void work_slowly(size_t first, size_t last, void *context)
{
    struct early *early = context;

    weft_fetch_add_u32(&early->inside, 1, WEFT_SEQ_CST);
    weft_fetch_add_u32(&early->late, weft_load_u32(&early->left, WEFT_SEQ_CST), WEFT_SEQ_CST);
    for (size_t i = first; i < last; i++) {
        weft_time until = weft_in(WEFT_US(200));

        while (weft_clock() < until)
            weft_cpu_pause();
        if (weft_fetch_add_u32(&early->places, 1, WEFT_SEQ_CST) == 20)
            weft_cancel_request(&early->cancel);
    }
    weft_fetch_add_u32(&early->inside, (uint32_t)-1, WEFT_SEQ_CST);
}

static void expect_early_end(struct early *early, weft_time until, int code)
{
    open_pool(2);
    CHECK_ERROR(weft_parallel_for(pool, MILLION, work_slowly, early, until), code);
    weft_store_u32(&early->left, 1, WEFT_SEQ_CST);
    weft_cancel_enter(NULL);
    CU_ASSERT_EQUAL(weft_load_u32(&early->inside, WEFT_SEQ_CST), 0);
    CHECK_SENTENCE("before all of 1000000 places had begun");
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    CU_ASSERT_EQUAL(weft_load_u32(&early->late, WEFT_SEQ_CST), 0);
    CU_ASSERT_TRUE(weft_load_u32(&early->places, WEFT_SEQ_CST) < MILLION);
    weft_executor_close(pool);
}

static void a_deadline_leaves_places_out(void)
{
    struct early early = {0};

    expect_early_end(&early, weft_in(WEFT_MS(20)), WEFT_ETIMEDOUT);
    early = (struct early){0};
    expect_early_end(&early, WEFT_NOW, WEFT_ETIMEDOUT);
    CU_ASSERT_EQUAL(weft_load_u32(&early.places, WEFT_SEQ_CST), 0);
}

static void a_cancel_leaves_places_out(void)
{
    struct early early = {0};

    weft_cancel_enter(&early.cancel);
    expect_early_end(&early, WEFT_FOREVER, WEFT_ECANCELED); /* leaves the token */
    CU_ASSERT_TRUE(weft_load_u32(&early.places, WEFT_SEQ_CST) > 20);
}

/* ---- a helper that is late ---- */

static struct {
    unsigned caller;           /* set before the loop */
    weft_event comes, goes_on; /* a helper, to where it asks whether to stop, and from there */
    weft_cancel cancel;
} late;

static int hold_helpers(const char *point)
{
    const weft_cancel *before;

    if (strcmp(point, "parallel_for.look") != 0 || weft_thread_current_id() == late.caller)
        return 0;
    before = weft_cancel_enter(NULL);
    weft_event_set(&late.comes);
    (void)weft_event_wait(&late.goes_on, SOON);
    weft_cancel_enter(before);
    return 0;
}

/* The caller's last range: a helper has seen that there is one, and is told to stop now. */
static void cancel_in_the_last(size_t first, size_t last, void *context)
{
    weft_atomic_u32 *done = context;

    weft_sleep(WEFT_MS(1)); /* worth sharing */
    if (last == PLACES) {
        CU_ASSERT_EQUAL(weft_event_wait(&late.comes, SOON), 0);
        weft_cancel_request(&late.cancel);
        weft_event_set(&late.goes_on);
    }
    weft_fetch_add_u32(done, (uint32_t)(last - first), WEFT_SEQ_CST);
}

static void no_range_was_left_out(void)
{
    const weft_cancel *before;
    weft_atomic_u32 done = {0};

    if (weft_cpu_count() < 2) {
        skip("nobody helps where there is one CPU");
        return;
    }
    open_pool(1);
    memset(&late, 0, sizeof(late));
    late.caller = weft_thread_current_id();
    before = weft_cancel_enter(&late.cancel);
    weft_fault_hook(hold_helpers);
    CHECK_OK(weft_parallel_for(pool, PLACES, cancel_in_the_last, &done, WEFT_FOREVER));
    weft_fault_hook(NULL);
    weft_cancel_enter(before);
    CU_ASSERT_EQUAL(weft_load_u32(&done, WEFT_SEQ_CST), PLACES);
    close_pool();
}

static void pools_that_cannot_are_refused(void)
{
    struct early early = {0};
    weft_executor *processes = weft_process_pool(&(weft_pool_options){.workers = 1});

    CU_ASSERT_PTR_NOT_NULL_FATAL(processes);
    CHECK_ERROR(weft_parallel_for(processes, 5, work_slowly, &early, WEFT_FOREVER), WEFT_ENOTSUP);
    weft_executor_close(processes);
    open_pool(1);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    CHECK_ERROR(weft_parallel_for(pool, 5, work_slowly, &early, WEFT_FOREVER), WEFT_ECLOSED);
    CU_ASSERT_EQUAL(weft_load_u32(&early.places, WEFT_SEQ_CST), 0);
    weft_executor_close(pool);
}

/* Half of the bodies wait for the loop's own task: refused, or waiting until they give up. */
static weft_future *own_future;
static weft_event own_set;

static void wait_for_own_task(size_t first, size_t last, void *context)
{
    struct early *early = context;

    for (size_t i = first; i < last; i++) {
        weft_time until = weft_in(WEFT_US(100));

        while (weft_clock() < until)
            weft_cpu_pause();
    }
    weft_fetch_add_u32(&early->inside, 1, WEFT_SEQ_CST);
    if (last > 100 && weft_future_result(own_future, NULL, 0, weft_in(WEFT_MS(2))) == 0)
        weft_fetch_add_u32(&early->inside, 100, WEFT_SEQ_CST); /* cannot be: it runs */
    weft_fetch_add_u32(&early->inside, (uint32_t)-1, WEFT_SEQ_CST);
}

static int loop_that_waits_for_itself(weft_task *task)
{
    struct early early = {0};
    int err = weft_event_wait(&own_set, WEFT_FOREVER);

    if (err == 0)
        err = weft_parallel_for(pool, 200, wait_for_own_task, &early, WEFT_FOREVER);
    if (weft_load_u32(&early.inside, WEFT_SEQ_CST) != 0)
        return weft_task_fail(task, WEFT_EFAILED, "bodies still run");
    return err;
}

static void ignore_misuse(int code, const char *sentence)
{
    (void)code;
    (void)sentence;
}

static void bodies_that_wait_for_the_loop_end_before_it(void)
{
    weft_on_misuse(ignore_misuse);
    for (int i = 0; i < 5; i++) {
        open_pool(3);
        weft_event_clear(&own_set);
        CHECK_OK(weft_submit(pool, &own_future, loop_that_waits_for_itself, NULL, 0));
        weft_event_set(&own_set);
        CHECK_OK(weft_future_result(own_future, NULL, 0, SOON));
        CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
        weft_future_release(own_future);
        weft_executor_close(pool);
    }
    weft_on_misuse(support_on_misuse);
}

const char *const suite_name = "parallel";
CU_TestInfo suite_cases[] = {
    {"each_place_is_done_once", each_place_is_done_once},
    {"tasks_may_loop_in_their_pool", tasks_may_loop_in_their_pool},
    {"several_threads_may_loop_at_once", several_threads_may_loop_at_once},
    {"loops_may_be_nested", loops_may_be_nested},
    {"a_deadline_leaves_places_out", a_deadline_leaves_places_out},
    {"a_cancel_leaves_places_out", a_cancel_leaves_places_out},
    {"no_range_was_left_out", no_range_was_left_out},
    {"pools_that_cannot_are_refused", pools_that_cannot_are_refused},
    {"bodies_that_wait_for_the_loop_end_before_it", bodies_that_wait_for_the_loop_end_before_it},
    CU_TEST_INFO_NULL,
};
