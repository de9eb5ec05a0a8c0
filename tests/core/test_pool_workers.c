/* SPDX-License-Identifier: MIT */
/* The threads of a pool: their names, how many there are, and how they begin and end. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "weft/atomic.h"
#include "weft/event.h"
#include "weft/executor.h"
#include "weft/thread.h"

enum { MOST = 4, ROUNDS = 20, IDLE = 1, SUBMITTERS = 3, MANY = 200 };

static weft_event gate;
static weft_atomic_u32 entered, passed; /* tasks at the gate, and behind it */
static weft_atomic_u32 runs;

static weft_executor *open_pool(const weft_pool_options *options)
{
    weft_executor *pool = weft_thread_pool(options);

    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    weft_event_clear(&gate);
    weft_store_u32(&entered, 0, WEFT_SEQ_CST);
    weft_store_u32(&runs, 0, WEFT_SEQ_CST);
    return pool;
}

static void close_pool(weft_executor *pool)
{
    weft_event_set(&gate);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    weft_executor_close(pool);
}

static int stay(weft_task *task)
{
    int err;

    (void)task;
    weft_fetch_add_u32(&entered, 1, WEFT_SEQ_CST);
    err = weft_event_wait(&gate, WEFT_FOREVER);
    weft_fetch_add_u32(&passed, 1, WEFT_SEQ_CST);
    return err;
}

static int run(weft_task *task)
{
    (void)task;
    weft_fetch_add_u32(&runs, 1, WEFT_SEQ_CST);
    return 0;
}

static bool have_entered(void *context)
{
    return weft_load_u32(&entered, WEFT_SEQ_CST) == *(unsigned *)context;
}

static bool have_passed(void *context)
{
    return weft_load_u32(&passed, WEFT_SEQ_CST) == *(unsigned *)context;
}

static void let_go(unsigned count)
{
    weft_event_set(&gate);
    CU_ASSERT_TRUE(eventually(have_passed, &count));
}

/* Tasks that keep so many workers busy until the gate opens. */
static void keep_busy(weft_executor *pool, unsigned count)
{
    weft_event_clear(&gate);
    weft_store_u32(&entered, 0, WEFT_SEQ_CST);
    weft_store_u32(&passed, 0, WEFT_SEQ_CST);
    for (unsigned i = 0; i < count; i++)
        CHECK_OK(weft_submit(pool, NULL, stay, NULL, 0));
    CU_ASSERT_TRUE(eventually(have_entered, &count));
}

static unsigned workers_of(weft_executor *pool)
{
    weft_executor_stats stats;

    CHECK_OK(weft_executor_stats_get(pool, &stats));
    return stats.workers;
}

static bool has_two_workers(void *context)
{
    return workers_of(context) == 2;
}

/* ---- names --------------------------------------------------------------------------- */

static weft_atomic_u32 named[MOST + 1]; /* how many said they are this worker */

static int tell_name(weft_task *task)
{
    unsigned number = 0;

    if (strcmp(weft_task_name(task), weft_thread_current_name()) == 0 &&
        sscanf(weft_task_name(task), "Hands-%u", &number) == 1 && number <= MOST)
        weft_fetch_add_u32(&named[number], 1, WEFT_SEQ_CST);
    return stay(task);
}

static void workers_are_called_after_the_pool(void)
{
    char name[] = "Hands";
    weft_executor *pool = open_pool(&(weft_pool_options){.workers = MOST, .name = name});
    unsigned all = MOST;

    memset(name, 'x', sizeof(name) - 1);
    for (unsigned i = 0; i < MOST; i++)
        CHECK_OK(weft_submit(pool, NULL, tell_name, NULL, 0));
    CU_ASSERT_TRUE(eventually(have_entered, &all));
    for (unsigned i = 1; i <= MOST; i++)
        CU_ASSERT_EQUAL(weft_load_u32(&named[i], WEFT_SEQ_CST), 1);
    close_pool(pool);
}

/* ---- how many ------------------------------------------------------------------------- */

static void it_grows_while_tasks_wait(void)
{
    weft_executor *pool = open_pool(&(weft_pool_options){.workers = 1, .workers_most = MOST});
    weft_executor_stats stats;

    CU_ASSERT_EQUAL(workers_of(pool), 1);
    CU_ASSERT_EQUAL(weft_executor_workers(pool), 1);
    keep_busy(pool, MOST);
    CU_ASSERT_EQUAL(workers_of(pool), MOST);
    for (int i = 0; i < 3; i++)
        CHECK_OK(weft_submit(pool, NULL, run, NULL, 0));
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.workers, MOST); /* not beyond */
    CU_ASSERT_EQUAL(stats.busy, MOST);
    CU_ASSERT_EQUAL(stats.queued, 3);
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 0);
    close_pool(pool);
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 3);
}

static bool have_run(void *context)
{
    return weft_load_u32(&runs, WEFT_SEQ_CST) == *(unsigned *)context;
}

static bool has_one_worker(void *context)
{
    return workers_of(context) == 1;
}

static void it_grows_when_the_instant_of_a_task_has_come(void)
{
    weft_executor *pool =
        open_pool(&(weft_pool_options){.workers = 1, .workers_most = 2, .idle = WEFT_MS(IDLE)});
    unsigned one = 1;

    keep_busy(pool, 1);
    CU_ASSERT_TRUE(eventually(has_one_worker, pool));
    CHECK_OK(weft_submit_with(pool, NULL, run, NULL, 0,
                              &(weft_submit_options){.at = weft_clock()}, WEFT_FOREVER));
    CU_ASSERT_TRUE(eventually(have_run, &one));
    close_pool(pool);
}

static int learn_to_be_short(weft_executor *pool)
{
    int err = 0;

    for (int i = 0; i < 2000 && err == 0; i++)
        err = weft_submit(pool, NULL, run, NULL, 0);
    return err;
}

static void it_grows_also_if_tasks_were_short(void)
{
    weft_executor *pool = open_pool(&(weft_pool_options){.workers = 1, .workers_most = MOST});

    CHECK_OK(learn_to_be_short(pool)); /* workers take them in batches now */
    keep_busy(pool, MOST);
    close_pool(pool);
}

static void workers_without_work_end_again(void)
{
    weft_executor *pool = open_pool(&(weft_pool_options){
        .workers = 2, .workers_most = MOST, .idle = WEFT_MS(IDLE)});
    weft_future *future;

    for (int i = 0; i < ROUNDS; i++) { /* slots are used again and again */
        keep_busy(pool, MOST);
        let_go(MOST);
        CU_ASSERT_TRUE(eventually(has_two_workers, pool));
    }
    refuse_passage("thread.start", 1, WEFT_ELIMIT);
    CHECK_OK(weft_submit(pool, &future, run, NULL, 0)); /* the two that stay are there */
    CHECK_OK(weft_future_result(future, NULL, 0, SOON));
    refuse_passage("thread.start", 0, 0);
    weft_future_release(future);
    close_pool(pool);
}

/* They come and go while tasks come and go. */
static void no_task_waits_for_a_worker_that_ends(void)
{
    weft_executor *pool =
        open_pool(&(weft_pool_options){.workers = 1, .workers_most = MOST, .idle = 1});

    for (int i = 0; i < ROUNDS * 10; i++) {
        keep_busy(pool, 1 + i % MOST);
        let_go(1 + i % MOST);
    }
    close_pool(pool);
}

static int doze(weft_task *task)
{
    (void)task;
    (void)weft_event_wait(&gate, weft_in(WEFT_US(50)));
    return run(task);
}

static int submit_many(weft_task *task)
{
    weft_executor *pool = WEFT_ARG(task, weft_executor *);
    int err = 0;

    for (int i = 0; i < MANY && err == 0; i++)
        err = weft_submit(pool, NULL, doze, NULL, 0);
    return err;
}

/* A worker can have left before its starter has gone on. */
static void all_that_come_and_go_are_joined(void)
{
    watch_memory();
    for (int i = 0; i < ROUNDS; i++) {
        weft_executor *pool =
            open_pool(&(weft_pool_options){.workers = 1, .workers_most = MOST, .idle = 1});
        weft_thread *threads[SUBMITTERS];

        start_threads(threads, SUBMITTERS, submit_many, pool);
        join_threads(threads, SUBMITTERS);
        CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
        CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), SUBMITTERS * MANY);
        weft_executor_close(pool);
    }
    unwatch_memory();
}

static void a_thread_refused_meanwhile_does_no_harm(void)
{
    weft_executor *pool = open_pool(&(weft_pool_options){.workers = 1, .workers_most = MOST});

    refuse_passage("thread.start", 1, WEFT_ELIMIT);
    keep_busy(pool, 1);
    for (int i = 0; i < 10; i++)
        CHECK_OK(weft_submit(pool, NULL, run, NULL, 0));
    CU_ASSERT_EQUAL(workers_of(pool), 1);
    weft_event_set(&gate);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    refuse_passage("thread.start", 0, 0);
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 10);
    weft_executor_close(pool);
}

/* ---- initializer and finalizer ----------------------------------------------------------- */

struct start {
    int number;
    char text[60]; /* larger than what a task block holds */
};

static WEFT_THREAD_LOCAL int mine;
static weft_atomic_u32 initialized, finalized, right;
static weft_atomic_u32 fails_at; /* the initializer that fails, counted from 1; 0: none */

static int initialize(weft_task *task)
{
    struct start start = WEFT_ARG(task, struct start);
    uint32_t number = weft_fetch_add_u32(&initialized, 1, WEFT_SEQ_CST) + 1;

    if (number == weft_load_u32(&fails_at, WEFT_SEQ_CST))
        return weft_task_fail(task, WEFT_EFAILED, "no water for %s", weft_task_name(task));
    mine = strcmp(start.text, "begin") == 0 ? start.number : -1;
    return 0;
}

static int finalize(weft_task *task)
{
    weft_fetch_add_u32(&finalized, 1, WEFT_SEQ_CST);
    weft_fetch_add_u32(&right, mine == WEFT_ARG(task, struct start).number, WEFT_SEQ_CST);
    mine = 0;
    return 0;
}

static int check_mine(weft_task *task)
{
    weft_fetch_add_u32(&right, mine == 42, WEFT_SEQ_CST);
    return stay(task);
}

/* A pool whose workers begin with 42; NULL if the n-th fails. */
static weft_executor *open_initialized(unsigned workers, unsigned failing)
{
    struct start start = {42, "begin"};
    weft_executor *pool;

    weft_store_u32(&initialized, 0, WEFT_SEQ_CST);
    weft_store_u32(&finalized, 0, WEFT_SEQ_CST);
    weft_store_u32(&right, 0, WEFT_SEQ_CST);
    weft_store_u32(&fails_at, failing, WEFT_SEQ_CST);
    weft_event_clear(&gate);
    weft_store_u32(&entered, 0, WEFT_SEQ_CST);
    weft_store_u32(&runs, 0, WEFT_SEQ_CST);
    pool = weft_thread_pool(&(weft_pool_options){.workers = workers, .workers_most = MOST,
                                                 .initializer = initialize,
                                                 .argument = &start,
                                                 .argument_size = sizeof(start),
                                                 .finalizer = finalize});
    memset(&start, 'x', sizeof(start)); /* the pool has a copy, also for later workers */
    return pool;
}

static void each_worker_is_initialized_and_finalized_once(void)
{
    weft_executor *pool = open_initialized(2, 0);
    unsigned all = MOST;

    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    CU_ASSERT_EQUAL(weft_load_u32(&initialized, WEFT_SEQ_CST), 2); /* all have begun */
    for (unsigned i = 0; i < MOST; i++)
        CHECK_OK(weft_submit(pool, NULL, check_mine, NULL, 0));
    CU_ASSERT_TRUE(eventually(have_entered, &all));
    CU_ASSERT_EQUAL(weft_load_u32(&initialized, WEFT_SEQ_CST), MOST);
    CU_ASSERT_EQUAL(weft_load_u32(&finalized, WEFT_SEQ_CST), 0);
    CU_ASSERT_EQUAL(weft_load_u32(&right, WEFT_SEQ_CST), MOST);
    weft_event_set(&gate);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    CU_ASSERT_EQUAL(weft_load_u32(&finalized, WEFT_SEQ_CST), MOST);
    CU_ASSERT_EQUAL(weft_load_u32(&right, WEFT_SEQ_CST), 2 * MOST); /* in the same thread */
    weft_executor_close(pool);
    CU_ASSERT_EQUAL(weft_load_u32(&finalized, WEFT_SEQ_CST), MOST);
}

static void a_failing_initializer_fails_the_pool(void)
{
    watch_memory();
    for (unsigned failing = 1; failing <= 3; failing++) {
        CU_ASSERT_PTR_NULL(open_initialized(3, failing));
        CHECK_SENTENCE("initializer failed");
        CHECK_SENTENCE("no water for Pool-");
        CU_ASSERT_EQUAL(weft_load_u32(&initialized, WEFT_SEQ_CST), 3);
        CU_ASSERT_EQUAL(weft_load_u32(&finalized, WEFT_SEQ_CST), 2); /* those that began well */
    }
    unwatch_memory();
}

static void one_that_fails_later_does_no_harm(void)
{
    weft_executor *pool = open_initialized(1, 2);
    unsigned one = 1;

    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    keep_busy(pool, 1);
    for (int i = 0; i < 10; i++)
        CHECK_OK(weft_submit(pool, NULL, run, NULL, 0));
    CU_ASSERT_TRUE(have_entered(&one));
    close_pool(pool);
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 10);
    CU_ASSERT_EQUAL(weft_load_u32(&initialized, WEFT_SEQ_CST), 2);
    CU_ASSERT_EQUAL(weft_load_u32(&finalized, WEFT_SEQ_CST), 1);
}

const char *const suite_name = "pool_workers";
CU_TestInfo suite_cases[] = {
    {"workers_are_called_after_the_pool", workers_are_called_after_the_pool},
    {"it_grows_while_tasks_wait", it_grows_while_tasks_wait},
    {"it_grows_when_the_instant_of_a_task_has_come", it_grows_when_the_instant_of_a_task_has_come},
    {"it_grows_also_if_tasks_were_short", it_grows_also_if_tasks_were_short},
    {"workers_without_work_end_again", workers_without_work_end_again},
    {"no_task_waits_for_a_worker_that_ends", no_task_waits_for_a_worker_that_ends},
    {"all_that_come_and_go_are_joined", all_that_come_and_go_are_joined},
    {"a_thread_refused_meanwhile_does_no_harm", a_thread_refused_meanwhile_does_no_harm},
    {"each_worker_is_initialized_and_finalized_once",
     each_worker_is_initialized_and_finalized_once},
    {"a_failing_initializer_fails_the_pool", a_failing_initializer_fails_the_pool},
    {"one_that_fails_later_does_no_harm", one_that_fails_later_does_no_harm},
    CU_TEST_INFO_NULL,
};
