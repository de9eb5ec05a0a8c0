/* SPDX-License-Identifier: MIT */
/* Maps over a pool of processes that are stopped while items run: by a limit, a token, or a
 * deadline. What is stopped uses the caller's results no more. */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/cancel.h"
#include "weft/executor.h"
#include "weft/shared.h"

enum { ITEMS = 60, WORKERS = 2, SIZE = 4096 };

static const size_t chunks[] = {0, 1, 7, 1000};

/* What an item does: SPIN and LISTEN write to their result until they are stopped. */
enum manner { FINISH, SPIN, LISTEN, SLEEP };

struct item {
    enum manner manner;
    weft_shared_semaphore entered; /* a permit for each that does not finish */
};

struct result {
    unsigned char bytes[SIZE];
};

static weft_executor *pool;
static weft_shared_semaphore entered;
static weft_offset items_at, results_at;
static struct item *items;
static struct result *results;

static void begin(enum manner manner)
{
    pool = weft_process_pool(&(weft_pool_options){.workers = WORKERS, .grace = WEFT_MS(20)});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    CHECK_OK(weft_shared_semaphore_create(&entered, 0));
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&items_at, ITEMS * sizeof(*items)), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&results_at, ITEMS * sizeof(*results)), 0);
    items = weft_shared_pointer(items_at);
    results = weft_shared_pointer(results_at);
    for (int i = 0; i < ITEMS; i++)
        items[i] = (struct item){manner, entered};
    memset(results, 0, ITEMS * sizeof(*results));
}

static void end(void)
{
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    weft_executor_close(pool);
    weft_shared_semaphore_close(entered);
    weft_shared_free(items_at);
    weft_shared_free(results_at);
}

static int behave(weft_task *task)
{
    const struct item item = WEFT_ARG(task, struct item);
    unsigned char *bytes = weft_task_result(task, SIZE);

    if (!bytes)
        return WEFT_ENOMEM;
    memset(bytes, 1, SIZE);
    if (item.manner == FINISH)
        return 0;
    weft_shared_semaphore_release(item.entered, 1);
    if (item.manner == SLEEP)
        return weft_sleep(WEFT_S(3600));
    for (unsigned char i = 0; item.manner == SPIN || !weft_task_cancelled(task); i++) {
        memset(bytes, i, SIZE);
        weft_fetch_add_u32((weft_atomic_u32 *)bytes, 1, WEFT_SEQ_CST);
    }
    return weft_cancel_check();
}

static int map(const weft_map_options *options, weft_time until)
{
    return weft_map_with(pool, behave, items, sizeof(*items), ITEMS, results, sizeof(*results),
                         ITEMS, options, until);
}

/* ---- limit --------------------------------------------------------------------------------- */

/* Each item that loops costs a second, which is also how long others may take. */
static void a_limit_ends_exactly_the_items_that_loop(void)
{
    const weft_submit_options task = {.limit = WEFT_S(1), .retries = 5};

    for (int i = 0; i < 2; i++) {
        const weft_map_options options = {.chunk = i == 0 ? 0 : 20, .task = &task};
        int wrong = 0;

        begin(FINISH);
        items[3].manner = items[41].manner = SPIN;
        CHECK_ERROR(map(&options, SOON), WEFT_EOVERRUN);
        CHECK_SENTENCE("item 3: ");
        for (int k = 0; k < ITEMS; k++)
            wrong += k != 3 && k != 41 && results[k].bytes[SIZE - 1] != 1;
        CU_ASSERT_EQUAL(wrong, 0);
        CHECK_OK(weft_shared_semaphore_acquire(entered, WEFT_NOW));
        CHECK_OK(weft_shared_semaphore_acquire(entered, WEFT_NOW));
        CHECK_ERROR(weft_shared_semaphore_acquire(entered, WEFT_NOW), WEFT_ETIMEDOUT);
        end();
    }
}

static void an_iteration_names_the_item_that_loops(void)
{
    const weft_submit_options task = {.limit = WEFT_MS(500)};
    const weft_map_options options = {.chunk = ITEMS, .task = &task};
    static struct result result;
    size_t index = 0;
    weft_imap *imap;
    int err;

    begin(FINISH);
    items[41].manner = SPIN;
    CHECK_OK(weft_imap_start_with(&imap, pool, behave, items, sizeof(*items), ITEMS,
                                  sizeof(*results), WEFT_ORDERED, &options));
    for (size_t i = 0; i < ITEMS; i++) {
        err = weft_imap_next(imap, &index, &result, SOON);
        CU_ASSERT_EQUAL(index, i);
        CU_ASSERT_EQUAL(err, i == 41 ? WEFT_EOVERRUN : 0);
        if (i == 41)
            CHECK_SENTENCE("item 41: ");
    }
    weft_imap_close(imap);
    end();
}

/* ---- tokens and deadlines ------------------------------------------------------------------ */

static int request_when_entered(weft_task *task)
{
    weft_cancel *token = WEFT_ARG(task, weft_cancel *);
    int err = 0;

    for (int i = 0; i < WORKERS && err == 0; i++)
        err = weft_shared_semaphore_acquire(entered, SOON);
    weft_cancel_request(token);
    return err;
}

/* The map is left, and nobody writes where its results were to be. */
static void check_results_are_free(void)
{
    bool untouched = true;

    memset(results, 77, ITEMS * sizeof(*results));
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON)); /* all that runs has ended */
    for (int i = 0; i < ITEMS; i++)
        for (int k = 0; k < SIZE; k++)
            untouched = untouched && results[i].bytes[k] == 77;
    CU_ASSERT_TRUE(untouched);
}

static void check_token(enum manner manner, size_t chunk, bool of_the_caller)
{
    weft_cancel token = WEFT_CANCEL_INIT;
    const weft_submit_options task = {.cancel = of_the_caller ? NULL : &token};
    const weft_map_options options = {.chunk = chunk, .task = &task};
    const weft_cancel *before;
    weft_thread *thread;

    begin(manner);
    if (chunk >= ITEMS) /* one worker has it all */
        weft_shared_semaphore_release(entered, WORKERS - 1);
    start_threads(&thread, 1, request_when_entered, &token);
    before = weft_cancel_enter(of_the_caller ? &token : NULL);
    CHECK_ERROR(map(&options, SOON), WEFT_ECANCELED);
    weft_cancel_enter(before);
    join_threads(&thread, 1);
    /* Only the items that ran have begun. */
    CHECK_ERROR(weft_shared_semaphore_acquire(entered, WEFT_NOW), WEFT_ETIMEDOUT);
    check_results_are_free();
    end();
}

static void a_token_of_the_tasks_ends_a_map(void)
{
    for (int i = 0; i < 4; i++) {
        check_token(SPIN, chunks[i], false);
        check_token(LISTEN, chunks[i], false);
        check_token(SLEEP, chunks[i], false);
    }
}

static void a_cancelled_caller_leaves_nobody_with_its_results(void)
{
    for (int i = 0; i < 4; i++) {
        check_token(SPIN, chunks[i], true);
        check_token(LISTEN, chunks[i], true);
        check_token(SLEEP, chunks[i], true);
    }
}

static void a_deadline_leaves_nobody_with_the_results(void)
{
    for (int i = 0; i < 4; i++) {
        const weft_map_options options = {.chunk = chunks[i]};

        begin(SPIN);
        CHECK_ERROR(map(&options, weft_in(WEFT_MS(50))), WEFT_ETIMEDOUT);
        CHECK_SENTENCE("0 of 60");
        check_results_are_free();
        end();
    }
}

static void a_closed_iteration_uses_its_items_no_more(void)
{
    const weft_map_options options = {.chunk = 7};
    weft_imap *imap;

    for (int order = WEFT_ORDERED; order <= WEFT_UNORDERED; order++) {
        begin(SPIN);
        CHECK_OK(weft_imap_start_with(&imap, pool, behave, items, sizeof(*items), ITEMS,
                                      sizeof(*results), (enum weft_imap_order)order, &options));
        for (int i = 0; i < WORKERS; i++)
            CHECK_OK(weft_shared_semaphore_acquire(entered, SOON));
        weft_imap_close(imap);
        CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON)); /* nobody spins any more */
        CHECK_ERROR(weft_shared_semaphore_acquire(entered, WEFT_NOW), WEFT_ETIMEDOUT);
        end();
    }
}

const char *const suite_name = "map_stop";
CU_TestInfo suite_cases[] = {
    {"a_limit_ends_exactly_the_items_that_loop", a_limit_ends_exactly_the_items_that_loop},
    {"an_iteration_names_the_item_that_loops", an_iteration_names_the_item_that_loops},
    {"a_token_of_the_tasks_ends_a_map", a_token_of_the_tasks_ends_a_map},
    {"a_cancelled_caller_leaves_nobody_with_its_results",
     a_cancelled_caller_leaves_nobody_with_its_results},
    {"a_deadline_leaves_nobody_with_the_results", a_deadline_leaves_nobody_with_the_results},
    {"a_closed_iteration_uses_its_items_no_more", a_closed_iteration_uses_its_items_no_more},
    CU_TEST_INFO_NULL,
};
