/* SPDX-License-Identifier: MIT */
/* What can be asked of a process pool, and of each of its tasks. */
#include "check.h"

#include <string.h>

#include "jobs.h"
#include "weft/atomic.h"
#include "weft/process.h"
#include "weft/thread.h"

enum { MANY = 30 };

static void close_crew(weft_executor *pool)
{
    weft_executor_close(pool);
    close_jobs();
}

/* ---- order -------------------------------------------------------------------------- */

/* Also if the lower ones stand in a worker's ring already. */
static void higher_ones_begin_first(void)
{
    static const enum weft_priority priorities[] = {WEFT_LOW, WEFT_NORMAL, WEFT_HIGH};
    weft_future *held, *futures[MANY];
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1});
    warm_up(pool);
    held = hold_worker(pool, NULL);
    for (int i = 0; i < MANY; i++)
        futures[i] =
            submit_job(pool, mark, i, &(weft_submit_options){.priority = priorities[i / 2 % 3]});
    let_go(1);
    expect_value(held, -1);
    for (int i = 0; i < MANY; i++)
        expect_value(futures[i], i);
    for (uint32_t i = 2; i <= MANY; i++) { /* the first place is that of the held one */
        int before = (int)weft_load_u32(&board->marks[i - 1], WEFT_RELAXED);
        int after = (int)weft_load_u32(&board->marks[i], WEFT_RELAXED);

        CU_ASSERT_TRUE(before / 2 % 3 > after / 2 % 3 ||
                       (before / 2 % 3 == after / 2 % 3 && before < after));
    }
    close_crew(pool);
}

static void a_delayed_task_waits_for_its_instant(void)
{
    weft_time at = weft_in(WEFT_MS(30));
    weft_future *delayed, *withdrawn;
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1});
    delayed = submit_job(pool, mark, 1, &(weft_submit_options){.at = at});
    withdrawn = submit_job(pool, mark, 2, &(weft_submit_options){.at = weft_in(WEFT_S(3600))});
    expect_value(submit_job(pool, mark, 3, NULL), 3);
    CHECK_OK(weft_future_cancel(withdrawn));
    CU_ASSERT_TRUE(weft_future_done(withdrawn));
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON)); /* delayed ones run first */
    CU_ASSERT_TRUE(weft_clock() >= at);
    expect_value(delayed, 1);
    expect_code(withdrawn, WEFT_ECANCELED);
    CU_ASSERT_EQUAL(runs_so_far(), 2);
    close_crew(pool);
}

/* ---- bounds ---------------------------------------------------------------------------- */

static weft_executor *full_pool(enum weft_when_full when_full, weft_future **futures)
{
    weft_executor *pool;

    open_jobs();
    pool = processes(
        &(weft_pool_options){.workers = 1, .capacity = 2, .when_full = when_full, .name = "Crew"});
    futures[0] = hold_worker(pool, NULL);
    futures[1] = submit_job(pool, mark, 1, NULL);
    futures[2] = submit_job(pool, mark, 2, NULL);
    return pool;
}

static void drain(weft_executor *pool, weft_future **futures, int count)
{
    let_go(1);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    for (int i = 0; i < count; i++)
        expect_value(futures[i], i == 0 ? -1 : i);
    close_crew(pool);
}

static void a_full_pool_refuses(void)
{
    weft_future *futures[3], *refused = NULL;
    weft_executor *pool = full_pool(WEFT_FULL_REFUSE, futures);
    struct job argument = job(3);

    CHECK_ERROR(weft_submit(pool, &refused, mark, &argument, sizeof(argument)), WEFT_EBUSY);
    CHECK_SENTENCE("Crew: 2 tasks wait already");
    CU_ASSERT_PTR_NULL(refused);
    CHECK_OK(weft_future_cancel(futures[2])); /* its place is free */
    weft_future_release(futures[2]);
    futures[2] = submit_job(pool, mark, 2, NULL);
    drain(pool, futures, 3);
}

static int let_go_slowly(weft_task *task)
{
    (void)task;
    weft_sleep(WEFT_MS(20));
    return weft_shared_semaphore_release(board->gate, 1);
}

static void a_full_pool_makes_its_submitters_wait(void)
{
    weft_future *futures[4];
    weft_executor *pool = full_pool(WEFT_FULL_WAIT, futures);
    struct job argument = job(3);
    weft_thread *thread;

    CHECK_ERROR(
        weft_submit_with(pool, NULL, mark, &argument, sizeof(argument), NULL, weft_in(WEFT_MS(5))),
        WEFT_ETIMEDOUT);
    CHECK_OK(weft_thread_start(&thread, let_go_slowly, NULL, 0));
    futures[3] = submit_job(pool, mark, 3, NULL); /* when the held one has ended */
    CHECK_OK(weft_thread_join(thread, SOON));
    drain(pool, futures, 4);
}

static void a_full_pool_drops_the_oldest(void)
{
    weft_future *futures[3], *dropped;
    weft_executor *pool = full_pool(WEFT_FULL_DROP_OLDEST, futures);

    dropped = futures[1];
    futures[1] = submit_job(pool, mark, 1, NULL);
    CHECK_ERROR(weft_future_result(dropped, NULL, 0, WEFT_NOW), WEFT_ECANCELED);
    weft_future_release(dropped);
    drain(pool, futures, 3);
}

static void what_only_threads_can_is_refused(void)
{
    CU_ASSERT_PTR_NULL(weft_process_pool(&(weft_pool_options){.stack_size = 1 << 20}));
    CHECK_SENTENCE("stack");
    CU_ASSERT_PTR_NULL(weft_process_pool(&(weft_pool_options){.when_full = WEFT_FULL_RUN}));
    CHECK_SENTENCE("caller");
    expect_misuse(WEFT_EINVAL);
    CU_ASSERT_PTR_NULL(weft_process_pool(&(weft_pool_options){.workers = 1000000}));
    CHECK_MISUSE_SEEN();
}

/* ---- limits ------------------------------------------------------------------------------ */

static void a_task_beyond_its_limit_is_ended(void)
{
    weft_submit_options limited = {.limit = WEFT_MS(40), .retries = 5};
    weft_executor_stats stats;
    weft_executor *pool;
    weft_future *future;
    weft_time start = weft_clock();

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1, .name = "Crew"});
    expect_value(submit_job(pool, mark, 1, &limited), 1);
    future = submit_job(pool, compute, 0, &limited);
    CHECK_ERROR(weft_future_result(future, NULL, 0, SOON), WEFT_EOVERRUN);
    CHECK_SENTENCE("task 2 ran longer than its limit of 0.04 s");
    CHECK_SENTENCE("worker Crew-1 (pid ");
    CU_ASSERT_TRUE(weft_clock() - start >= WEFT_MS(40));
    weft_future_release(future);
    expect_value(submit_job(pool, mark, 3, &limited), 3);
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.started, 2);
    CU_ASSERT_EQUAL(stats.retried, 0); /* it would run as long again */
    close_crew(pool);
}

/* Time that a task waits is not time that it runs. */
static void a_limit_begins_with_the_task(void)
{
    weft_submit_options limited = {.limit = WEFT_S(30)};
    weft_future *held, *waits;
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1});
    held = hold_worker(pool, NULL);
    limited.limit = WEFT_MS(400);
    waits = submit_job(pool, mark, 1, &limited);
    weft_sleep(WEFT_MS(500));
    let_go(1);
    expect_value(held, -1);
    expect_value(waits, 1);
    close_crew(pool);
}

/* ---- figures ------------------------------------------------------------------------------- */

static void figures_add_up(void)
{
    weft_executor_stats stats;
    weft_future *held, *futures[MANY];
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1});
    held = hold_worker(pool, NULL);
    for (int i = 0; i < MANY; i++)
        futures[i] = submit_job(pool, mark, i, NULL);
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.workers, 1);
    CU_ASSERT_EQUAL(stats.busy, 1);
    CU_ASSERT_EQUAL(stats.queued, MANY);
    CU_ASSERT_EQUAL(stats.queued_most, MANY);
    CU_ASSERT_EQUAL(stats.submitted, MANY + 1);
    CHECK_OK(weft_future_cancel(futures[4]));
    weft_sleep(WEFT_MS(10));
    let_go(1);
    CHECK_OK(weft_future_result(held, NULL, 0, SOON));
    for (int i = 0; i < MANY; i++)
        CHECK_ERROR(weft_future_result(futures[i], NULL, 0, SOON), i == 4 ? WEFT_ECANCELED : 0);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.finished, MANY);
    CU_ASSERT_EQUAL(stats.cancelled, 1);
    CU_ASSERT_EQUAL(stats.failed, 0);
    CU_ASSERT_EQUAL(stats.queued, 0);
    CU_ASSERT_EQUAL(stats.timed, MANY);
    CU_ASSERT_TRUE(stats.waited_most >= WEFT_MS(10));
    CU_ASSERT_TRUE(stats.waited_mean > 0 && stats.waited_mean <= stats.waited_most);
    CU_ASSERT_EQUAL(stats.bytes_out, MANY * sizeof(struct job));
    CU_ASSERT_EQUAL(stats.bytes_in, MANY * sizeof(int));
    CU_ASSERT_EQUAL(stats.started, 1);
    CU_ASSERT_EQUAL(stats.workers, 0);
    weft_future_release(held);
    for (int i = 0; i < MANY; i++)
        weft_future_release(futures[i]);
    close_crew(pool);
}

const char *const suite_name = "process_pool_options";
CU_TestInfo suite_cases[] = {
    {"higher_ones_begin_first", higher_ones_begin_first},
    {"a_delayed_task_waits_for_its_instant", a_delayed_task_waits_for_its_instant},
    {"a_full_pool_refuses", a_full_pool_refuses},
    {"a_full_pool_makes_its_submitters_wait", a_full_pool_makes_its_submitters_wait},
    {"a_full_pool_drops_the_oldest", a_full_pool_drops_the_oldest},
    {"what_only_threads_can_is_refused", what_only_threads_can_is_refused},
    {"a_task_beyond_its_limit_is_ended", a_task_beyond_its_limit_is_ended},
    {"a_limit_begins_with_the_task", a_limit_begins_with_the_task},
    {"figures_add_up", figures_add_up},
    CU_TEST_INFO_NULL,
};
