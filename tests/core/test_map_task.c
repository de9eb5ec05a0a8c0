/* SPDX-License-Identifier: MIT */
/* How the tasks of weft_map() and weft_imap are run by a pool of threads: what
 * weft_map_options.task asks for. */
#include "check.h"

#include "crew.h"
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

static int wait_at_the_gate(weft_task *task)
{
    int x = WEFT_ARG(task, int);
    int err;

    weft_fetch_add_u32(&begun, 1, WEFT_SEQ_CST);
    weft_event_set(&entered);
    err = weft_event_wait(&gate, WEFT_FOREVER);
    return err != 0 ? err : WEFT_RETURN(task, int, x);
}

static weft_atomic_u32 order_at; /* numbers the runs of note_the_order() */

/* Its argument is a place for the number. */
static int note_the_order(weft_task *task)
{
    *WEFT_ARG(task, uint32_t *) = weft_fetch_add_u32(&order_at, 1, WEFT_SEQ_CST);
    return 0;
}

static void tasks_have_the_priority_of_the_map(void)
{
    static uint32_t numbers[2][20];
    uint32_t *places[2][20];
    const weft_submit_options low = {.priority = WEFT_LOW}, high = {.priority = WEFT_HIGH};
    weft_imap *imaps[2];
    weft_future *blocker;
    int x = 0;

    for (int i = 0; i < 40; i++)
        places[i / 20][i % 20] = &numbers[i / 20][i % 20];
    for (size_t chunk = 1; chunk <= 5; chunk += 4) {
        const weft_map_options options[2] = {{.chunk = chunk, .ahead = 20, .task = &low},
                                             {.chunk = chunk, .ahead = 20, .task = &high}};

        open_pool(1);
        weft_store_u32(&order_at, 0, WEFT_SEQ_CST);
        CHECK_OK(weft_submit(pool, &blocker, wait_at_the_gate, &x, sizeof(x)));
        CHECK_OK(weft_event_wait(&entered, SOON));
        for (int i = 0; i < 2; i++)
            CHECK_OK(weft_imap_start_with(&imaps[i], pool, note_the_order, WEFT_ITEMS(places[i]), 0,
                                          WEFT_ORDERED, &options[i]));
        weft_event_set(&gate);
        for (int i = 0; i < 2; i++) {
            while (weft_imap_next(imaps[i], NULL, NULL, SOON) == 0)
                continue;
            weft_imap_close(imaps[i]);
        }
        for (uint32_t i = 0; i < 20; i++) {
            CU_ASSERT_EQUAL(numbers[1][i], i);
            CU_ASSERT_EQUAL(numbers[0][i], 20 + i);
        }
        weft_future_release(blocker);
        close_pool();
    }
}

static int request_when_entered(weft_task *task)
{
    weft_cancel *token = WEFT_ARG(task, weft_cancel *);
    int err = weft_event_wait(&entered, SOON);

    weft_cancel_request(token);
    return err;
}

static void a_token_ends_what_runs_and_what_has_not_begun(void)
{
    for (int i = 0; i < 4; i++) {
        weft_cancel token = WEFT_CANCEL_INIT;
        const weft_submit_options task = {.cancel = &token};
        const weft_map_options options = {.chunk = chunks[i], .task = &task};
        weft_thread *thread;

        open_pool(2);
        start_threads(&thread, 1, request_when_entered, &token);
        CHECK_ERROR(
            weft_map_with(pool, wait_at_the_gate, WEFT_ITEMS(in), WEFT_ITEMS(out), &options, SOON),
            WEFT_ECANCELED);
        CHECK_SENTENCE("item 0: ");
        for (int k = 0; k < ITEMS; k++)
            CU_ASSERT_EQUAL(out[k], UNTOUCHED);
        if (chunks[i] != 1) /* tasks begin even so, and end at their first wait */
            CU_ASSERT_TRUE(weft_load_u32(&begun, WEFT_SEQ_CST) <= 2);
        join_threads(&thread, 1);
        close_pool();
    }
}

static void a_limit_is_refused(void)
{
    const weft_submit_options task = {.limit = WEFT_S(1), .retries = 3};
    const weft_map_options options = {.task = &task};

    open_pool(1);
    CHECK_ERROR(
        weft_map_with(pool, wait_at_the_gate, WEFT_ITEMS(in), WEFT_ITEMS(out), &options, SOON),
        WEFT_ENOTSUP);
    close_pool();
}

const char *const suite_name = "map_task";
CU_TestInfo suite_cases[] = {
    {"tasks_have_the_priority_of_the_map", tasks_have_the_priority_of_the_map},
    {"a_token_ends_what_runs_and_what_has_not_begun",
     a_token_ends_what_runs_and_what_has_not_begun},
    {"a_limit_is_refused", a_limit_is_refused},
    CU_TEST_INFO_NULL,
};
