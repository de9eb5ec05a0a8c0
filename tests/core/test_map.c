/* SPDX-License-Identifier: MIT */
/* weft_map() and weft_imap of a pool of threads: chunks, failures, early ends. test_map_task.c has
 * how the tasks are run. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "support.h"
#include "weft/atomic.h"
#include "weft/cancel.h"
#include "weft/event.h"
#include "weft/executor.h"

enum { ITEMS = 500, UNTOUCHED = -7 };

static const size_t chunks[] = {0, 1, 3, 1000};

static weft_executor *pool;
static weft_event gate, entered;
static weft_atomic_u32 begun;
static int in[ITEMS], out[ITEMS];

static void open_pool(unsigned workers)
{
    pool = weft_thread_pool(&(weft_pool_options){.workers = workers});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    weft_event_clear(&gate);
    weft_event_clear(&entered);
    weft_store_u32(&begun, 0, WEFT_SEQ_CST);
    for (int i = 0; i < ITEMS; i++) {
        in[i] = i;
        out[i] = UNTOUCHED;
    }
}

static void close_pool(void)
{
    weft_event_set(&gate);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    weft_executor_close(pool);
}

static int square(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    weft_fetch_add_u32(&begun, 1, WEFT_SEQ_CST);
    return WEFT_RETURN(task, int, x *x);
}

static int fail_at_some(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    if (x % 100 == 42)
        return weft_task_fail(task, WEFT_ETOOBIG, "%d is too much", x);
    return WEFT_RETURN(task, int, x *x);
}

static void every_size_of_chunk_gives_the_same(void)
{
    open_pool(3);
    for (int i = 0; i < 4; i++) {
        const weft_map_options options = {.chunk = chunks[i]};
        int wrong = 0;

        CHECK_OK(weft_map_with(pool, square, WEFT_ITEMS(in), WEFT_ITEMS(out), &options, SOON));
        for (int k = 0; k < ITEMS; k++) {
            wrong += out[k] != k * k;
            out[k] = UNTOUCHED;
        }
        CU_ASSERT_EQUAL(wrong, 0);
        CHECK_OK(weft_map_with(pool, square, WEFT_ITEMS(in), NULL, 0, 0, &options, SOON));
        CHECK_OK(
            weft_map_with(pool, square, in, sizeof(int), 0, out, sizeof(int), 0, &options, SOON));
        CU_ASSERT_EQUAL(out[0], UNTOUCHED);
    }
    CU_ASSERT_EQUAL(weft_load_u32(&begun, WEFT_SEQ_CST), 8 * ITEMS);
    close_pool();
}

static void a_failure_names_its_item_and_leaves_the_others(void)
{
    open_pool(3);
    for (int i = 0; i < 4; i++) {
        const weft_map_options options = {.chunk = chunks[i]};
        int wrong = 0;

        memset(out, 0xff, sizeof(out));
        CHECK_ERROR(
            weft_map_with(pool, fail_at_some, WEFT_ITEMS(in), WEFT_ITEMS(out), &options, SOON),
            WEFT_ETOOBIG);
        CHECK_SENTENCE("item 42");
        CHECK_SENTENCE("42 is too much");
        for (int k = 0; k < ITEMS; k++)
            wrong += out[k] != (k % 100 == 42 ? -1 : k * k);
        CU_ASSERT_EQUAL(wrong, 0);
    }
    close_pool();
}

static int return_odd_size(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    if (x == 11)
        return WEFT_RETURN(task, double, 1.5);
    if (x == 13)
        return 0; /* nothing at all */
    return WEFT_RETURN(task, int, x);
}

static void ignore_misuse(int code, const char *sentence)
{
    (void)code;
    (void)sentence;
}

static void results_of_another_size_are_refused(void)
{
    open_pool(2);
    weft_on_misuse(ignore_misuse);
    for (int i = 0; i < 4; i++) {
        const weft_map_options options = {.chunk = chunks[i]};
        int wrong = 0;

        memset(out, 0xff, sizeof(out));
        CHECK_ERROR(
            weft_map_with(pool, return_odd_size, WEFT_ITEMS(in), WEFT_ITEMS(out), &options, SOON),
            WEFT_EINVAL);
        CHECK_SENTENCE("item 11");
        CHECK_SENTENCE("8 bytes, not 4");
        for (int k = 0; k < ITEMS; k++)
            wrong += out[k] != (k == 11 || k == 13 ? -1 : k);
        CU_ASSERT_EQUAL(wrong, 0);
    }
    weft_on_misuse(support_on_misuse);
    close_pool();
}

/* All results of an iteration: each index once, its result right, in order if it is to be. */
static void expect_iteration(enum weft_imap_order order, const weft_map_options *options)
{
    static unsigned char seen[ITEMS];
    int result, wrong = 0, failed = 0, count = 0, err;
    size_t index;
    weft_imap *imap;

    memset(seen, 0, sizeof(seen));
    CHECK_OK(weft_imap_start_with(&imap, pool, fail_at_some, WEFT_ITEMS(in), sizeof(int), order,
                                  options));
    while ((err = weft_imap_next(imap, &index, &result, SOON)) == 0 || err == WEFT_ETOOBIG) {
        char expected[40];

        snprintf(expected, sizeof(expected), "%d is too much", (int)index);
        wrong += seen[index]++ != 0 || (order == WEFT_ORDERED && index != (size_t)count);
        wrong +=
            err == 0 ? result != (int)(index * index) : strcmp(weft_last_error(), expected) != 0;
        failed += err != 0;
        count++;
    }
    CU_ASSERT_EQUAL(err, WEFT_ECLOSED);
    CU_ASSERT_EQUAL(count, ITEMS);
    CU_ASSERT_EQUAL(failed, ITEMS / 100);
    CU_ASSERT_EQUAL(wrong, 0);
    weft_imap_close(imap);
}

static void iterations_give_each_result_once(void)
{
    const size_t aheads[] = {0, 1, 2, 10000};

    open_pool(3);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 4; k++) {
            const weft_map_options options = {.chunk = chunks[i], .ahead = aheads[k]};

            expect_iteration(WEFT_ORDERED, &options);
            expect_iteration(WEFT_UNORDERED, &options);
        }
    close_pool();
}

static void no_more_than_ahead_is_under_way(void)
{
    const weft_map_options options = {.chunk = 2, .ahead = 3};
    weft_executor_stats stats;
    weft_imap *imap;
    int result;

    for (int order = WEFT_ORDERED; order <= WEFT_UNORDERED; order++) {
        open_pool(1);
        CHECK_OK(weft_imap_start_with(&imap, pool, square, WEFT_ITEMS(in), sizeof(int),
                                      (enum weft_imap_order)order, &options));
        CHECK_OK(weft_executor_stats_get(pool, &stats));
        CU_ASSERT_EQUAL(stats.submitted, 3);
        for (int i = 0; i < 4; i++)
            CHECK_OK(weft_imap_next(imap, NULL, &result, SOON));
        CHECK_OK(weft_executor_stats_get(pool, &stats));
        CU_ASSERT_EQUAL(stats.submitted, 5);
        weft_imap_close(imap);
        close_pool();
    }
}

/* ---- early ends -------------------------------------------------------------------------- */

static int wait_at_the_gate(weft_task *task)
{
    int x = WEFT_ARG(task, int);
    int err;

    weft_fetch_add_u32(&begun, 1, WEFT_SEQ_CST);
    weft_event_set(&entered);
    err = weft_event_wait(&gate, WEFT_FOREVER);
    return err != 0 ? err : WEFT_RETURN(task, int, x);
}

static void closing_in_the_middle_cancels_the_rest(void)
{
    watch_memory();
    for (int i = 0; i < 4; i++)
        for (int order = WEFT_ORDERED; order <= WEFT_UNORDERED; order++) {
            const weft_map_options options = {.chunk = chunks[i]};
            weft_imap *imap;
            uint32_t in_chunk = chunks[i] < 1 ? 1 : (uint32_t)chunks[i];

            open_pool(1);
            CHECK_OK(weft_imap_start_with(&imap, pool, wait_at_the_gate, WEFT_ITEMS(in),
                                          sizeof(int), (enum weft_imap_order)order, &options));
            CHECK_OK(weft_event_wait(&entered, SOON));
            weft_imap_close(imap); /* while one chunk runs */
            close_pool();
            CU_ASSERT_EQUAL(weft_load_u32(&begun, WEFT_SEQ_CST),
                            in_chunk < ITEMS ? in_chunk : ITEMS);
        }
    unwatch_memory();
}

static void a_deadline_ends_a_map_but_not_an_iteration(void)
{
    weft_imap *imap;
    int result = UNTOUCHED;
    size_t index = 77;

    open_pool(2);
    CHECK_ERROR(
        weft_map(pool, wait_at_the_gate, WEFT_ITEMS(in), WEFT_ITEMS(out), weft_in(WEFT_MS(5))),
        WEFT_ETIMEDOUT);
    CHECK_SENTENCE("0 of 500");
    memset(out, 0, sizeof(out)); /* nobody uses it any more */
    CHECK_OK(
        weft_imap_start(&imap, pool, wait_at_the_gate, WEFT_ITEMS(in), sizeof(int), WEFT_ORDERED));
    CHECK_ERROR(weft_imap_next(imap, &index, &result, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_imap_next(imap, &index, &result, weft_in(WEFT_MS(2))), WEFT_ETIMEDOUT);
    CU_ASSERT_EQUAL(result, UNTOUCHED);
    CU_ASSERT_EQUAL(index, 77);
    weft_event_set(&gate);
    for (int i = 0; i < ITEMS; i++) {
        CHECK_OK(weft_imap_next(imap, &index, &result, SOON));
        CU_ASSERT_EQUAL(result, i);
    }
    weft_imap_close(imap);
    close_pool();
}

static void a_cancelled_caller_gets_its_map_back(void)
{
    weft_cancel cancel = WEFT_CANCEL_INIT;
    const weft_cancel *before;
    weft_imap *imap;
    int result;

    open_pool(1);
    before = weft_cancel_enter(&cancel);
    CHECK_OK(weft_imap_start(&imap, pool, wait_at_the_gate, WEFT_ITEMS(in), sizeof(int),
                             WEFT_UNORDERED));
    weft_cancel_request(&cancel);
    CHECK_ERROR(weft_imap_next(imap, NULL, &result, WEFT_FOREVER), WEFT_ECANCELED);
    CHECK_ERROR(weft_map(pool, wait_at_the_gate, WEFT_ITEMS(in), WEFT_ITEMS(out), WEFT_FOREVER),
                WEFT_ECANCELED);
    weft_imap_close(imap);
    weft_cancel_enter(before);
    close_pool();
}

static void a_discarding_shutdown_ends_an_iteration(void)
{
    watch_memory();
    for (int i = 0; i < 3; i++) {
        const weft_map_options options = {.chunk = chunks[i], .ahead = 5};
        int result, err, cancelled = 0;
        weft_imap *imap;

        open_pool(1);
        CHECK_OK(weft_imap_start_with(&imap, pool, wait_at_the_gate, WEFT_ITEMS(in), sizeof(int),
                                      WEFT_ORDERED, &options));
        CHECK_OK(weft_event_wait(&entered, SOON));
        CHECK_ERROR(weft_executor_shutdown(pool, WEFT_DISCARD, WEFT_NOW), WEFT_ETIMEDOUT);
        weft_event_set(&gate);
        while ((err = weft_imap_next(imap, NULL, &result, SOON)) == 0 || err == WEFT_ECANCELED)
            cancelled += err != 0;
        CU_ASSERT_EQUAL(err, WEFT_ECLOSED); /* the pool takes no more items */
        CHECK_SENTENCE("shut down");
        CU_ASSERT_TRUE(cancelled > 0);
        weft_imap_close(imap);
        close_pool();
    }
    unwatch_memory();
}

const char *const suite_name = "map";
CU_TestInfo suite_cases[] = {
    {"every_size_of_chunk_gives_the_same", every_size_of_chunk_gives_the_same},
    {"a_failure_names_its_item_and_leaves_the_others",
     a_failure_names_its_item_and_leaves_the_others},
    {"results_of_another_size_are_refused", results_of_another_size_are_refused},
    {"iterations_give_each_result_once", iterations_give_each_result_once},
    {"no_more_than_ahead_is_under_way", no_more_than_ahead_is_under_way},
    {"closing_in_the_middle_cancels_the_rest", closing_in_the_middle_cancels_the_rest},
    {"a_deadline_ends_a_map_but_not_an_iteration", a_deadline_ends_a_map_but_not_an_iteration},
    {"a_cancelled_caller_gets_its_map_back", a_cancelled_caller_gets_its_map_back},
    {"a_discarding_shutdown_ends_an_iteration", a_discarding_shutdown_ends_an_iteration},
    CU_TEST_INFO_NULL,
};
