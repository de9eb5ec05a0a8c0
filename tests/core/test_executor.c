/* SPDX-License-Identifier: MIT */
/* What threads and processes promise alike: every case runs on both kinds of pool. */
#include "check.h"

#include <string.h>

#include "weft/executor.h"

enum { WORKERS = 3, ITEMS = 200 };

typedef weft_executor *make_pool(const weft_pool_options *options);

static void on_both_kinds(void (*check)(weft_executor *pool))
{
    make_pool *const kinds[] = {weft_thread_pool, weft_process_pool};

    for (int i = 0; i < 2; i++) {
        weft_executor *pool = kinds[i](&(weft_pool_options){.workers = WORKERS});

        CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
        check(pool);
        weft_executor_close(pool);
    }
}

static int square(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    return WEFT_RETURN(task, int, x *x);
}

static int fail_at_seven(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    if (x % 10 == 7)
        return weft_task_fail(task, WEFT_EFAILED, "%d is unlucky", x);
    return WEFT_RETURN(task, int, x);
}

static void fill(int *in, int count)
{
    for (int i = 0; i < count; i++)
        in[i] = i;
}

static void check_submit(weft_executor *pool)
{
    weft_future *futures[ITEMS];
    int result;

    for (int i = 0; i < ITEMS; i++)
        CHECK_OK(weft_submit(pool, &futures[i], square, &i, sizeof(i)));
    for (int i = ITEMS - 1; i >= 0; i--) {
        CHECK_OK(weft_future_result(futures[i], &result, sizeof(result), SOON));
        CU_ASSERT_EQUAL(result, i * i);
        weft_future_release(futures[i]);
    }
}

static void submit_gives_each_result(void)
{
    on_both_kinds(check_submit);
}

static void check_map(weft_executor *pool)
{
    int in[ITEMS], out[ITEMS];

    fill(in, ITEMS);
    CHECK_OK(weft_map(pool, square, WEFT_ITEMS(in), WEFT_ITEMS(out), SOON));
    for (int i = 0; i < ITEMS; i++)
        CU_ASSERT_EQUAL(out[i], i * i);
    CHECK_OK(weft_map(pool, square, in, sizeof(int), 0, out, sizeof(int), 0, SOON));
    CHECK_OK(weft_map(pool, square, in, sizeof(int), 5, NULL, 0, 0, SOON));
}

static void map_keeps_the_order_of_the_items(void)
{
    on_both_kinds(check_map);
}

static void check_map_errors(weft_executor *pool)
{
    int in[30], out[30];

    fill(in, 30);
    memset(out, -1, sizeof(out));
    CHECK_ERROR(weft_map(pool, fail_at_seven, WEFT_ITEMS(in), WEFT_ITEMS(out), SOON), WEFT_EFAILED);
    CHECK_SENTENCE("item 7");
    CHECK_SENTENCE("7 is unlucky");
    for (int i = 0; i < 30; i++)
        CU_ASSERT_EQUAL(out[i], i % 10 == 7 ? -1 : i);
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_map(pool, square, in, sizeof(int), 30, out, sizeof(int), 29, SOON),
                WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
}

static void map_names_the_first_item_that_failed(void)
{
    on_both_kinds(check_map_errors);
}

static int sleep_for_ever(weft_task *task)
{
    (void)task;
    weft_sleep(WEFT_S(3600));
    return 0;
}

/* Only of processes: the sleeping threads of a thread pool would have to be waited for. */
static void map_ends_at_its_deadline(void)
{
    weft_executor *pool = weft_process_pool(&(weft_pool_options){.workers = 2});
    int in[4] = {0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    CHECK_ERROR(weft_map(pool, sleep_for_ever, WEFT_ITEMS(in), NULL, 0, 0, weft_in(WEFT_MS(50))),
                WEFT_ETIMEDOUT);
    CHECK_SENTENCE("0 of 4");
    weft_executor_close(pool); /* ends what still sleeps */
}

static void check_imap_ordered(weft_executor *pool)
{
    int in[ITEMS], result, count = 0;
    size_t index;
    weft_imap *imap;

    fill(in, ITEMS);
    CHECK_OK(weft_imap_start(&imap, pool, square, WEFT_ITEMS(in), sizeof(int), WEFT_ORDERED));
    while (weft_imap_next(imap, &index, &result, SOON) == 0) {
        CU_ASSERT_EQUAL(index, (size_t)count);
        CU_ASSERT_EQUAL(result, count * count);
        count++;
    }
    CU_ASSERT_EQUAL(count, ITEMS);
    CHECK_ERROR(weft_imap_next(imap, &index, &result, WEFT_NOW), WEFT_ECLOSED);
    weft_imap_close(imap);
}

static void imap_gives_results_in_order(void)
{
    on_both_kinds(check_imap_ordered);
}

static void check_imap_unordered(weft_executor *pool)
{
    int in[ITEMS], result = 0, count = 0, unlucky = 0, err;
    bool seen[ITEMS] = {false};
    size_t index;
    weft_imap *imap;

    fill(in, ITEMS);
    CHECK_OK(
        weft_imap_start(&imap, pool, fail_at_seven, WEFT_ITEMS(in), sizeof(int), WEFT_UNORDERED));
    while ((err = weft_imap_next(imap, &index, &result, SOON)) == 0 || err == WEFT_EFAILED) {
        CU_ASSERT_FALSE(seen[index]);
        seen[index] = true;
        if (err == 0)
            CU_ASSERT_EQUAL((size_t)result, index);
        unlucky += err != 0;
        count++;
    }
    CU_ASSERT_EQUAL(err, WEFT_ECLOSED);
    CU_ASSERT_EQUAL(count, ITEMS);
    CU_ASSERT_EQUAL(unlucky, ITEMS / 10);
    weft_imap_close(imap);
}

static void imap_unordered_gives_each_result_once(void)
{
    on_both_kinds(check_imap_unordered);
}

static void check_imap_closed_early(weft_executor *pool)
{
    int in[ITEMS], result;
    weft_imap *imap;

    fill(in, ITEMS);
    CHECK_OK(weft_imap_start(&imap, pool, square, WEFT_ITEMS(in), sizeof(int), WEFT_UNORDERED));
    CHECK_OK(weft_imap_next(imap, NULL, &result, SOON));
    weft_imap_close(imap);
    weft_imap_close(NULL);
    check_submit(pool); /* it goes on working */
}

static void imap_may_be_closed_early(void)
{
    on_both_kinds(check_imap_closed_early);
}

static void check_after_shutdown(weft_executor *pool)
{
    weft_future *future = NULL;
    int in[2] = {1, 2}, x = 1;

    CHECK_OK(weft_submit(pool, NULL, square, &x, sizeof(x)));
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    CHECK_ERROR(weft_submit(pool, &future, square, &x, sizeof(x)), WEFT_ECLOSED);
    CU_ASSERT_PTR_NULL(future);
    CHECK_ERROR(weft_map(pool, square, WEFT_ITEMS(in), NULL, 0, 0, SOON), WEFT_ECLOSED);
}

static void nothing_is_taken_after_shutdown(void)
{
    on_both_kinds(check_after_shutdown);
}

static void check_drain(weft_executor *pool)
{
    weft_future *futures[ITEMS];
    int result;

    for (int i = 0; i < ITEMS; i++)
        CHECK_OK(weft_submit(pool, &futures[i], square, &i, sizeof(i)));
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    for (int i = 0; i < ITEMS; i++) {
        CHECK_OK(weft_future_result(futures[i], &result, sizeof(result), WEFT_NOW));
        CU_ASSERT_EQUAL(result, i * i);
        weft_future_release(futures[i]);
    }
}

static void drain_runs_what_is_queued(void)
{
    on_both_kinds(check_drain);
}

static void check_discard(weft_executor *pool)
{
    weft_future *futures[ITEMS];
    int result, done = 0, cancelled = 0;

    for (int i = 0; i < ITEMS; i++)
        CHECK_OK(weft_submit(pool, &futures[i], square, &i, sizeof(i)));
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DISCARD, SOON));
    for (int i = 0; i < ITEMS; i++) {
        int err = weft_future_result(futures[i], &result, sizeof(result), WEFT_NOW);

        done += err == 0 && result == i * i;
        cancelled += err == WEFT_ECANCELED;
        weft_future_release(futures[i]);
    }
    CU_ASSERT_EQUAL(done + cancelled, ITEMS);
}

static void discard_cancels_what_is_queued(void)
{
    on_both_kinds(check_discard);
}

struct text {
    char bytes[100000];
};

static int turn_round(weft_task *task)
{
    static struct text out;
    const struct text *in = weft_task_argument(task, sizeof(*in));

    for (size_t i = 0; i < sizeof(out.bytes); i++)
        out.bytes[i] = in->bytes[sizeof(out.bytes) - 1 - i];
    return weft_task_return(task, &out, sizeof(out));
}

static void check_large(weft_executor *pool)
{
    static struct text in, out;
    weft_future *future;

    for (size_t i = 0; i < sizeof(in.bytes); i++)
        in.bytes[i] = (char)(i % 251);
    CHECK_OK(weft_submit(pool, &future, turn_round, &in, sizeof(in)));
    CHECK_OK(weft_future_result(future, &out, sizeof(out), SOON));
    for (size_t i = 0; i < sizeof(in.bytes); i++)
        if (out.bytes[i] != in.bytes[sizeof(in.bytes) - 1 - i]) {
            CU_FAIL("a byte is wrong");
            break;
        }
    weft_future_release(future);
}

static void large_arguments_and_results_arrive_whole(void)
{
    on_both_kinds(check_large);
}

static void workers_are_counted(void)
{
    weft_executor *pool = weft_thread_pool(NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    CU_ASSERT_TRUE(weft_executor_workers(pool) >= 1);
    weft_executor_close(pool);
    weft_executor_close(NULL);
}

const char *const suite_name = "executor";
CU_TestInfo suite_cases[] = {
    {"submit_gives_each_result", submit_gives_each_result},
    {"map_keeps_the_order_of_the_items", map_keeps_the_order_of_the_items},
    {"map_names_the_first_item_that_failed", map_names_the_first_item_that_failed},
    {"map_ends_at_its_deadline", map_ends_at_its_deadline},
    {"imap_gives_results_in_order", imap_gives_results_in_order},
    {"imap_unordered_gives_each_result_once", imap_unordered_gives_each_result_once},
    {"imap_may_be_closed_early", imap_may_be_closed_early},
    {"nothing_is_taken_after_shutdown", nothing_is_taken_after_shutdown},
    {"drain_runs_what_is_queued", drain_runs_what_is_queued},
    {"discard_cancels_what_is_queued", discard_cancels_what_is_queued},
    {"large_arguments_and_results_arrive_whole", large_arguments_and_results_arrive_whole},
    {"workers_are_counted", workers_are_counted},
    CU_TEST_INFO_NULL,
};
