/* SPDX-License-Identifier: MIT */
/* Maps and iterations over a pool of processes that end before all items are done. */
#include "check.h"

#include "fail.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/executor.h"
#include "weft/shared.h"

enum { ITEMS = 300 };

static const size_t chunks[] = {0, 1, 3, 1000};

static weft_executor *pool;

/* What the tasks of a test share, in the arena. */
struct stage {
    weft_shared_semaphore gate;    /* a permit: open */
    weft_shared_semaphore entered; /* one permit for each task that began */
    weft_atomic_u32 begun;
};

static struct stage *stage;
static weft_offset stage_at, items[ITEMS];

static void begin(unsigned workers)
{
    pool = weft_process_pool(&(weft_pool_options){.workers = workers});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&stage_at, sizeof(*stage)), 0);
    stage = weft_shared_pointer(stage_at);
    CHECK_OK(weft_shared_semaphore_create(&stage->gate, 0));
    CHECK_OK(weft_shared_semaphore_create(&stage->entered, 0));
    for (int i = 0; i < ITEMS; i++)
        items[i] = stage_at;
}

static void end(void)
{
    weft_shared_semaphore_release(stage->gate, 1);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    weft_executor_close(pool);
    weft_shared_semaphore_close(stage->gate);
    weft_shared_semaphore_close(stage->entered);
    weft_shared_free(stage_at);
}

static int wait_at_the_gate(weft_task *task)
{
    weft_offset at = WEFT_ARG(task, weft_offset);
    struct stage *shared = weft_shared_pointer(at);
    int err;

    weft_fetch_add_u32(&shared->begun, 1, WEFT_SEQ_CST);
    weft_shared_semaphore_release(shared->entered, 1);
    err = weft_shared_semaphore_acquire(shared->gate, WEFT_FOREVER);
    if (err == 0)
        err = weft_shared_semaphore_release(shared->gate, 1); /* for the next one */
    return err != 0 ? err : WEFT_RETURN(task, weft_offset, at);
}

static void closing_in_the_middle_leaves_the_rest_undone(void)
{
    watch_memory();
    for (int i = 0; i < 4; i++)
        for (int order = WEFT_ORDERED; order <= WEFT_UNORDERED; order++) {
            const weft_map_options options = {.chunk = chunks[i]};
            weft_imap *imap;

            begin(1);
            CHECK_OK(weft_imap_start_with(&imap, pool, wait_at_the_gate, WEFT_ITEMS(items),
                                          sizeof(weft_offset), (enum weft_imap_order)order,
                                          &options));
            CHECK_OK(weft_shared_semaphore_acquire(stage->entered, SOON));
            weft_imap_close(imap); /* while one item runs */
            weft_shared_semaphore_release(stage->gate, 1);
            CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
            CU_ASSERT_EQUAL(weft_load_u32(&stage->begun, WEFT_SEQ_CST), 1);
            end();
        }
    unwatch_memory();
}

static void a_deadline_ends_a_map_but_not_an_iteration(void)
{
    static weft_offset results[ITEMS];
    weft_imap *imap;
    weft_offset result = 0;
    size_t index = 77;

    begin(2);
    CHECK_ERROR(weft_map(pool, wait_at_the_gate, WEFT_ITEMS(items), WEFT_ITEMS(results),
                         weft_in(WEFT_MS(5))),
                WEFT_ETIMEDOUT);
    CHECK_SENTENCE("0 of 300");
    CHECK_OK(weft_imap_start(&imap, pool, wait_at_the_gate, WEFT_ITEMS(items), sizeof(weft_offset),
                             WEFT_ORDERED));
    CHECK_ERROR(weft_imap_next(imap, &index, &result, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_imap_next(imap, &index, &result, weft_in(WEFT_MS(2))), WEFT_ETIMEDOUT);
    CU_ASSERT_EQUAL(result, 0);
    CU_ASSERT_EQUAL(index, 77);
    weft_shared_semaphore_release(stage->gate, 1);
    for (size_t i = 0; i < ITEMS; i++) {
        CHECK_OK(weft_imap_next(imap, &index, &result, SOON));
        CU_ASSERT_EQUAL(index, i);
        CU_ASSERT_EQUAL(result, stage_at);
    }
    CHECK_ERROR(weft_imap_next(imap, &index, &result, SOON), WEFT_ECLOSED);
    weft_imap_close(imap);
    end();
}

static void a_discarding_shutdown_ends_an_iteration(void)
{
    for (int i = 0; i < 3; i++) {
        const weft_map_options options = {.chunk = chunks[i], .ahead = 5};
        int err, cancelled = 0;
        weft_offset result;
        weft_imap *imap;

        begin(1);
        CHECK_OK(weft_imap_start_with(&imap, pool, wait_at_the_gate, WEFT_ITEMS(items),
                                      sizeof(weft_offset), WEFT_ORDERED, &options));
        CHECK_OK(weft_shared_semaphore_acquire(stage->entered, SOON));
        CHECK_ERROR(weft_executor_shutdown(pool, WEFT_DISCARD, WEFT_NOW), WEFT_ETIMEDOUT);
        weft_shared_semaphore_release(stage->gate, 1);
        while ((err = weft_imap_next(imap, NULL, &result, SOON)) == 0 || err == WEFT_ECANCELED)
            cancelled += err != 0;
        CU_ASSERT_EQUAL(err, WEFT_ECLOSED); /* the pool takes no more items */
        CHECK_SENTENCE("shut down");
        CU_ASSERT_TRUE(cancelled > 0);
        weft_imap_close(imap);
        end();
    }
}

const char *const suite_name = "map_end";
CU_TestInfo suite_cases[] = {
    {"closing_in_the_middle_leaves_the_rest_undone", closing_in_the_middle_leaves_the_rest_undone},
    {"a_deadline_ends_a_map_but_not_an_iteration", a_deadline_ends_a_map_but_not_an_iteration},
    {"a_discarding_shutdown_ends_an_iteration", a_discarding_shutdown_ends_an_iteration},
    CU_TEST_INFO_NULL,
};
