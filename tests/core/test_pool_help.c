/* SPDX-License-Identifier: MIT */
/* Tasks that wait for tasks of their own pool. */
#include "check.h"

#include <string.h>

#include "weft/atomic.h"
#include "weft/event.h"
#include "weft/executor.h"
#include "weft/future.h"

enum { DEPTH = 100, MOST = 4, SET = 40 };

static weft_executor *pool;

static void open_pool(unsigned workers)
{
    pool = weft_thread_pool(&(weft_pool_options){.workers = workers});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
}

static void close_pool(void)
{
    weft_executor_stats stats;

    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.finished + stats.failed + stats.cancelled, stats.submitted);
    weft_executor_close(pool);
}

static weft_future *submit(weft_function *function, int argument)
{
    weft_future *future = NULL;

    CHECK_OK(weft_submit(pool, &future, function, &argument, sizeof(argument)));
    CU_ASSERT_PTR_NOT_NULL_FATAL(future);
    return future;
}

static int result_of(weft_future *future)
{
    int result = -1;

    CHECK_OK(weft_future_result(future, &result, sizeof(result), SOON));
    weft_future_release(future);
    return result;
}

/* In a task: the result of another one of the pool. */
static int call(weft_function *function, int argument, int *result, weft_time until)
{
    weft_future *future;
    int err = weft_submit(pool, &future, function, &argument, sizeof(argument));

    if (err != 0)
        return err;
    err = weft_future_result(future, result, sizeof(*result), until);
    weft_future_release(future);
    return err;
}

static int nest(weft_task *task)
{
    int depth = WEFT_ARG(task, int), below = 0;
    int err = depth > 0 ? call(nest, depth - 1, &below, WEFT_FOREVER) : 0;

    return err != 0 ? err : WEFT_RETURN(task, int, below + 1);
}

static void nested_waits_need_no_free_worker(void)
{
    for (unsigned workers = 1; workers <= MOST; workers++) {
        weft_future *futures[8];

        open_pool(workers);
        for (int i = 0; i < 8; i++)
            futures[i] = submit(nest, DEPTH);
        for (int i = 0; i < 8; i++)
            CU_ASSERT_EQUAL(result_of(futures[i]), DEPTH + 1);
        close_pool();
    }
}

static int nest_in_time(weft_task *task)
{
    int depth = WEFT_ARG(task, int), below = 0;
    int err = depth > 0 ? call(nest_in_time, depth - 1, &below, SOON) : 0;

    return err != 0 ? err : WEFT_RETURN(task, int, below + 1);
}

static void deadlines_change_nothing(void)
{
    for (unsigned workers = 1; workers <= MOST; workers++) {
        open_pool(workers);
        CU_ASSERT_EQUAL(result_of(submit(nest_in_time, DEPTH)), DEPTH + 1);
        close_pool();
    }
}

/* Splits in two, waits for both: 2 to the depth leaves. */
static int fan_out(weft_task *task)
{
    int depth = WEFT_ARG(task, int), below = depth - 1, sum = 0, err = 0;
    weft_future *parts[2] = {NULL, NULL};

    if (depth == 0)
        return WEFT_RETURN(task, int, 1);
    for (int i = 0; i < 2 && err == 0; i++)
        err = weft_submit(pool, &parts[i], fan_out, &below, sizeof(below));
    for (int i = 1; i >= 0; i--) {
        int part = 0;

        if (err == 0)
            err = weft_future_result(parts[i], &part, sizeof(part), WEFT_FOREVER);
        weft_future_release(parts[i]);
        sum += part;
    }
    return err != 0 ? err : WEFT_RETURN(task, int, sum);
}

static void a_tree_of_tasks_adds_up(void)
{
    for (unsigned workers = 1; workers <= MOST; workers++) {
        open_pool(workers);
        CU_ASSERT_EQUAL(result_of(submit(fan_out, 10)), 1024);
        close_pool();
    }
}

/* A child that fails is heard of, also if another worker came to its place in the list. */
static int fail_below(weft_task *task)
{
    int depth = WEFT_ARG(task, int), below = 0;

    if (depth == 0)
        return weft_task_fail(task, WEFT_ETOOBIG, "the lowest one");
    return call(fail_below, depth - 1, &below, WEFT_FOREVER);
}

static weft_atomic_u32 unheard;

static void count_unheard(const char *name, int code, const char *sentence)
{
    (void)name;
    (void)code;
    (void)sentence;
    weft_fetch_add_u32(&unheard, 1, WEFT_SEQ_CST);
}

static void failures_reach_who_waits(void)
{
    weft_store_u32(&unheard, 0, WEFT_SEQ_CST);
    weft_on_failure(count_unheard);
    open_pool(MOST);
    for (int i = 0; i < 200; i++) {
        weft_future *future = submit(fail_below, 5);

        CHECK_ERROR(weft_future_result(future, NULL, 0, SOON), WEFT_ETOOBIG);
        CHECK_SENTENCE("the lowest one");
        weft_future_release(future);
    }
    close_pool();
    weft_on_failure(NULL);
    CU_ASSERT_EQUAL(weft_load_u32(&unheard, WEFT_SEQ_CST), 0);
}

/* ---- sets ------------------------------------------------------------------------------ */

static int twice(weft_task *task)
{
    return WEFT_RETURN(task, int, 2 * WEFT_ARG(task, int));
}

static int complete_set(weft_task *task)
{
    weft_future *futures[SET] = {NULL};
    weft_completion *done;
    int err = 0, sum = 0, count = 0;
    size_t at;

    for (int i = 0; i < SET && err == 0; i++)
        err = weft_submit(pool, &futures[i], twice, &i, sizeof(i));
    if (err == 0)
        err = weft_as_completed(&done, futures, SET);
    while (err == 0 && (err = weft_completion_next(done, &at, WEFT_FOREVER)) == 0) {
        int result = 0;

        err = weft_future_result(futures[at], &result, sizeof(result), WEFT_NOW);
        sum += result;
        count++;
    }
    if (err != WEFT_ECLOSED || count != SET)
        return weft_task_fail(task, WEFT_EFAILED, "%d of %d, %s", count, SET, weft_strerror(err));
    weft_completion_close(done);
    for (int i = 0; i < SET; i++)
        weft_future_release(futures[i]);
    return WEFT_RETURN(task, int, sum);
}

static int map_unordered(weft_task *task)
{
    int in[SET], result, sum = 0, err;
    weft_imap *imap;

    for (int i = 0; i < SET; i++)
        in[i] = i;
    err = weft_imap_start(&imap, pool, twice, WEFT_ITEMS(in), sizeof(int), WEFT_UNORDERED);
    while (err == 0 && (err = weft_imap_next(imap, NULL, &result, WEFT_FOREVER)) == 0)
        sum += result;
    weft_imap_close(imap);
    return err != WEFT_ECLOSED ? err : WEFT_RETURN(task, int, sum);
}

static int wait_for_one(weft_task *task)
{
    weft_future *futures[3] = {NULL};
    int err = 0, done = 0;

    for (int i = 0; i < 3 && err == 0; i++)
        err = weft_submit(pool, &futures[i], twice, &i, sizeof(i));
    if (err == 0)
        err = weft_future_wait(futures, 3, WEFT_FIRST_COMPLETED, WEFT_FOREVER);
    for (int i = 0; i < 3; i++)
        done += weft_future_done(futures[i]);
    if (err == 0)
        err = weft_future_wait(futures, 3, WEFT_ALL_COMPLETED, WEFT_FOREVER);
    for (int i = 0; i < 3; i++)
        weft_future_release(futures[i]);
    return err != 0 ? err : WEFT_RETURN(task, int, done > 0);
}

static void whole_sets_need_no_free_worker(void)
{
    for (unsigned workers = 1; workers <= MOST; workers++) {
        open_pool(workers);
        for (int i = 0; i < 20; i++) {
            CU_ASSERT_EQUAL(result_of(submit(complete_set, 0)), SET * (SET - 1));
            CU_ASSERT_EQUAL(result_of(submit(map_unordered, 0)), SET * (SET - 1));
            CU_ASSERT_EQUAL(result_of(submit(wait_for_one, 0)), 1);
        }
        close_pool();
    }
}

/* A chain in a set, whose first link is somebody else's: it becomes a task later. */
static weft_executor *others;
static weft_event gate, waiting;

static int wait_at_the_gate(weft_task *task)
{
    int err = weft_event_wait(&gate, WEFT_FOREVER);

    return err != 0 ? err : WEFT_RETURN(task, int, 21);
}

static int complete_chain(weft_task *task)
{
    weft_future *first = NULL, *second = NULL;
    weft_completion *done = NULL;
    size_t at;
    int result = 0, err = weft_submit(others, &first, wait_at_the_gate, NULL, 0);

    if (err == 0)
        err = weft_then(pool, &second, first, twice);
    if (err == 0)
        err = weft_as_completed(&done, &second, 1);
    weft_event_set(&waiting);
    if (err == 0)
        err = weft_completion_next(done, &at, WEFT_FOREVER);
    if (err == 0)
        err = weft_future_result(second, &result, sizeof(result), WEFT_NOW);
    weft_completion_close(done);
    weft_future_release(first);
    weft_future_release(second);
    return err != 0 ? err : WEFT_RETURN(task, int, result);
}

static void what_becomes_a_task_later_is_seen(void)
{
    weft_future *future;

    others = weft_thread_pool(&(weft_pool_options){.workers = 1});
    CU_ASSERT_PTR_NOT_NULL_FATAL(others);
    weft_event_clear(&gate);
    weft_event_clear(&waiting);
    open_pool(1);
    future = submit(complete_chain, 0);
    CHECK_OK(weft_event_wait(&waiting, SOON));
    weft_event_set(&gate);
    CU_ASSERT_EQUAL(result_of(future), 42);
    close_pool();
    weft_executor_close(others);
}

/* ---- what is not done ------------------------------------------------------------------- */

static weft_atomic_u32 begun;

static int count_begun(weft_task *task)
{
    (void)task;
    weft_fetch_add_u32(&begun, 1, WEFT_SEQ_CST);
    return 0;
}

/* No time is left: nothing is begun for a wait that is over. */
static int wait_too_late(weft_task *task)
{
    weft_future *future;
    int none = 0, in[3] = {0}, err = weft_submit(pool, &future, count_begun, NULL, 0);
    weft_time past = weft_clock() - 1;

    if (err != 0)
        return err;
    if (weft_future_result(future, NULL, 0, WEFT_NOW) != WEFT_ETIMEDOUT ||
        weft_future_result(future, NULL, 0, past) != WEFT_ETIMEDOUT ||
        weft_future_wait(&future, 1, WEFT_FIRST_COMPLETED, past) != WEFT_ETIMEDOUT ||
        weft_map(pool, count_begun, WEFT_ITEMS(in), NULL, 0, 0, past) != WEFT_ETIMEDOUT)
        none = -1;
    (void)weft_future_cancel(future);
    weft_future_release(future);
    return WEFT_RETURN(task, int, none);
}

static void a_wait_without_time_begins_nothing(void)
{
    weft_store_u32(&begun, 0, WEFT_SEQ_CST);
    open_pool(1);
    CU_ASSERT_EQUAL(result_of(submit(wait_too_late, 0)), 0);
    close_pool();
    CU_ASSERT_EQUAL(weft_load_u32(&begun, WEFT_SEQ_CST), 0);
}

const char *const suite_name = "pool_help";
CU_TestInfo suite_cases[] = {
    {"nested_waits_need_no_free_worker", nested_waits_need_no_free_worker},
    {"deadlines_change_nothing", deadlines_change_nothing},
    {"a_tree_of_tasks_adds_up", a_tree_of_tasks_adds_up},
    {"failures_reach_who_waits", failures_reach_who_waits},
    {"whole_sets_need_no_free_worker", whole_sets_need_no_free_worker},
    {"what_becomes_a_task_later_is_seen", what_becomes_a_task_later_is_seen},
    {"a_wait_without_time_begins_nothing", a_wait_without_time_begins_nothing},
    CU_TEST_INFO_NULL,
};
