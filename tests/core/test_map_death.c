/* SPDX-License-Identifier: MIT */
/* Maps over a pool of processes whose workers die at some items: exactly these fail, or, if
 * they may be tried again, none. */
#include "check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/executor.h"

enum { ITEMS = 200, WORKERS = 2 };

static const size_t chunks[] = {0, 1, 7, 1000};
static const size_t deadly[] = {0, 1, 17, 90, 91, 92, ITEMS - 1};

struct item {
    int number;
    uint32_t deaths;   /* of workers that begin it, before it gives a result */
    weft_offset tries; /* a weft_atomic_u32 for each item */
};

static weft_executor *pool;
static weft_atomic_u32 *tries;
static struct item *items;
static int *results;
static weft_offset tries_at, items_at, results_at;

static bool is_deadly(size_t index)
{
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
        if (deadly[i] == index)
            return true;
    return false;
}

/* Items and results that may lie in the arena. */
static void begin(bool shared)
{
    pool = weft_process_pool(&(weft_pool_options){.workers = WORKERS});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    items_at = results_at = 0;
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&tries_at, ITEMS * sizeof(*tries)), 0);
    tries = weft_shared_pointer(tries_at);
    if (shared) {
        CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&items_at, ITEMS * sizeof(*items)), 0);
        CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&results_at, ITEMS * sizeof(*results)), 0);
        items = weft_shared_pointer(items_at);
        results = weft_shared_pointer(results_at);
    } else {
        items = malloc(ITEMS * sizeof(*items));
        results = malloc(ITEMS * sizeof(*results));
        CU_ASSERT_PTR_NOT_NULL_FATAL(items);
        CU_ASSERT_PTR_NOT_NULL_FATAL(results);
    }
}

static void end(void)
{
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    weft_executor_close(pool);
    if (items_at == 0) {
        free(items);
        free(results);
    }
    weft_shared_free(items_at);
    weft_shared_free(results_at);
    weft_shared_free(tries_at);
}

/* Deadly items end their worker `deaths` times. */
static void prepare(uint32_t deaths)
{
    for (size_t i = 0; i < ITEMS; i++) {
        items[i] = (struct item){(int)i, is_deadly(i) ? deaths : 0, tries_at};
        results[i] = -1;
        weft_store_u32(&tries[i], 0, WEFT_RELAXED);
    }
}

static int square_or_die(weft_task *task)
{
    struct item item = WEFT_ARG(task, struct item);
    weft_atomic_u32 *counts = weft_shared_pointer(item.tries);

    if (weft_fetch_add_u32(&counts[item.number], 1, WEFT_RELAXED) < item.deaths)
        exit(3);
    return WEFT_RETURN(task, int, item.number *item.number);
}

/* How many items have not been tried as often as they had to be: `often` the deadly ones. */
static int wrong_tries(uint32_t often)
{
    int wrong = 0;

    for (size_t i = 0; i < ITEMS; i++)
        wrong += weft_load_u32(&tries[i], WEFT_RELAXED) != (is_deadly(i) ? often : 1);
    return wrong;
}

static void check_map(size_t chunk)
{
    const weft_map_options options = {.chunk = chunk};
    int wrong = 0;

    prepare(1);
    CHECK_ERROR(weft_map_with(pool, square_or_die, items, sizeof(*items), ITEMS, results,
                              sizeof(*results), ITEMS, &options, SOON),
                WEFT_ELOST);
    CHECK_SENTENCE("map: item 0: ");
    CHECK_SENTENCE("exited with code 3");
    CHECK_SENTENCE("pid");
    for (size_t i = 0; i < ITEMS; i++)
        wrong += results[i] != (is_deadly(i) ? -1 : (int)(i * i));
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(wrong_tries(1), 0);
}

static void a_map_loses_exactly_the_items_at_which_a_worker_dies(void)
{
    for (int shared = 0; shared < 2; shared++) {
        begin(shared != 0);
        for (int i = 0; i < 4; i++)
            check_map(chunks[i]);
        end();
    }
}

/* Each index once, and in order if it is to be; how many failed. */
static size_t iterate(enum weft_imap_order order, const weft_map_options *options)
{
    static unsigned char seen[ITEMS];
    size_t index, count = 0, failed = 0;
    int result, err, wrong = 0;
    char name[30];
    weft_imap *imap;

    memset(seen, 0, sizeof(seen));
    CHECK_OK(weft_imap_start_with(&imap, pool, square_or_die, items, sizeof(*items), ITEMS,
                                  sizeof(int), order, options));
    while ((err = weft_imap_next(imap, &index, &result, SOON)) == 0 || err == WEFT_ELOST) {
        wrong += seen[index]++ != 0 || (order == WEFT_ORDERED && index != count);
        snprintf(name, sizeof(name), "item %zu: ", index);
        if (err != 0)
            wrong += !is_deadly(index) || !strstr(weft_last_error(), name);
        else
            wrong += result != (int)(index * index);
        failed += err != 0;
        count++;
    }
    CU_ASSERT_EQUAL(err, WEFT_ECLOSED);
    CU_ASSERT_EQUAL(count, ITEMS);
    CU_ASSERT_EQUAL(wrong, 0);
    weft_imap_close(imap);
    return failed;
}

static void an_iteration_loses_exactly_the_items_at_which_a_worker_dies(void)
{
    begin(false);
    for (int i = 0; i < 4; i++)
        for (int order = WEFT_ORDERED; order <= WEFT_UNORDERED; order++) {
            const weft_map_options options = {.chunk = chunks[i]};

            prepare(1);
            CU_ASSERT_EQUAL(iterate((enum weft_imap_order)order, &options),
                            sizeof(deadly) / sizeof(deadly[0]));
            CU_ASSERT_EQUAL(wrong_tries(1), 0);
        }
    end();
}

static void what_may_be_tried_again_is_not_lost(void)
{
    const weft_submit_options task = {.retries = 2};

    begin(true);
    for (int i = 0; i < 4; i++) {
        const weft_map_options options = {.chunk = chunks[i], .task = &task};
        int wrong = 0;

        prepare(2);
        CHECK_OK(weft_map_with(pool, square_or_die, items, sizeof(*items), ITEMS, results,
                               sizeof(*results), ITEMS, &options, SOON));
        for (size_t k = 0; k < ITEMS; k++)
            wrong += results[k] != (int)(k * k);
        CU_ASSERT_EQUAL(wrong, 0);
        CU_ASSERT_EQUAL(wrong_tries(3), 0);
        prepare(1);
        CU_ASSERT_EQUAL(iterate(i % 2 ? WEFT_ORDERED : WEFT_UNORDERED, &options), 0);
        CU_ASSERT_EQUAL(wrong_tries(2), 0);
    }
    end();
}

/* An item's tries are its own: another one that dies has as many. */
static void what_kills_more_often_is_lost(void)
{
    const weft_submit_options task = {.retries = 1};

    begin(false);
    for (int i = 0; i < 4; i++) {
        const weft_map_options options = {.chunk = chunks[i], .task = &task};

        prepare(2);
        CU_ASSERT_EQUAL(iterate(WEFT_UNORDERED, &options), sizeof(deadly) / sizeof(deadly[0]));
        CU_ASSERT_EQUAL(wrong_tries(2), 0);
    }
    end();
}

/* The rest of a chunk that nobody can run any more is told of, too. */
static void a_pool_that_is_shut_down_runs_no_rest(void)
{
    const weft_map_options options = {.chunk = 1000};
    size_t index = 0;
    int result, told = 0;
    weft_imap *imap;

    begin(false);
    prepare(1);
    CHECK_OK(weft_imap_start_with(&imap, pool, square_or_die, items, sizeof(*items), ITEMS,
                                  sizeof(int), WEFT_ORDERED, &options));
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON)); /* the worker dies at item 0 */
    CHECK_ERROR(weft_imap_next(imap, &index, &result, SOON), WEFT_ELOST);
    CHECK_SENTENCE("item 0: ");
    while (index < ITEMS - 1 &&
           CHECK_ERROR(weft_imap_next(imap, &index, &result, SOON), WEFT_ECANCELED))
        told++;
    CHECK_SENTENCE("shut down");
    CU_ASSERT_EQUAL(told, ITEMS - 1);
    CHECK_ERROR(weft_imap_next(imap, &index, &result, SOON), WEFT_ECLOSED);
    weft_imap_close(imap);
    end();
}

/* Item 17 is the only deadly one. The map says that, or that there was no memory. */
static void refused_memory_beside_a_death_is_told(void)
{
    watch_memory();
    begin(false);
    for (uint32_t n = 1; n <= 30; n++) {
        const weft_map_options options = {.chunk = 50};
        int err, wrong = 0;

        prepare(0);
        items[17].deaths = 1;
        refuse_allocation(n);
        err = weft_map_with(pool, square_or_die, items, sizeof(*items), ITEMS, results,
                            sizeof(*results), ITEMS, &options, SOON);
        refuse_allocation(0);
        for (size_t i = 0; i < ITEMS; i++)
            wrong += results[i] != -1 && results[i] != (int)(i * i);
        CU_ASSERT_TRUE(err == WEFT_ELOST || err == WEFT_ENOMEM);
        CU_ASSERT_EQUAL(wrong, 0);
    }
    end();
    unwatch_memory();
}

const char *const suite_name = "map_death";
CU_TestInfo suite_cases[] = {
    {"a_map_loses_exactly_the_items_at_which_a_worker_dies",
     a_map_loses_exactly_the_items_at_which_a_worker_dies},
    {"an_iteration_loses_exactly_the_items_at_which_a_worker_dies",
     an_iteration_loses_exactly_the_items_at_which_a_worker_dies},
    {"what_may_be_tried_again_is_not_lost", what_may_be_tried_again_is_not_lost},
    {"what_kills_more_often_is_lost", what_kills_more_often_is_lost},
    {"a_pool_that_is_shut_down_runs_no_rest", a_pool_that_is_shut_down_runs_no_rest},
    {"refused_memory_beside_a_death_is_told", refused_memory_beside_a_death_is_told},
    CU_TEST_INFO_NULL,
};
