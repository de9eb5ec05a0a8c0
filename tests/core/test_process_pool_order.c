/* SPDX-License-Identifier: MIT */
/* Who waits for whom: nobody for a long task, a waiter for its result alone; and a pool that
 * several use at once. */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "jobs.h"
#include "weft/atomic.h"
#include "weft/process.h"
#include "weft/timer.h"

static void close_crew(weft_executor *pool)
{
    weft_executor_close(pool);
    close_jobs();
}

/* Of many short tasks none has to wait until a long one is over, wherever it stands among
 * them, also when so far all were short and tasks are handed out many at a time. */
static void nobody_waits_for_a_long_task(void)
{
    enum { TASKS = 64 };
    weft_future *futures[TASKS];
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 4});
    for (int where = 0; where < TASKS; where += 7) {
        warm_up(pool);
        for (int i = 0; i < TASKS; i++)
            futures[i] = submit_job(pool, i == where ? wait_at_gate : mark, i, NULL);
        for (int i = 0; i < TASKS; i++)
            if (i != where)
                expect_value(futures[i], i);
        CU_ASSERT_FALSE(weft_future_done(futures[where]));
        let_go(1);
        expect_value(futures[where], where);
        CHECK_OK(weft_shared_semaphore_acquire(board->begun, SOON));
    }
    close_crew(pool);
}

/* Three long ones, and one worker is left for all the others. */
static void one_free_worker_is_enough(void)
{
    enum { TASKS = 200 };
    weft_future *held[3], *futures[TASKS];
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 4});
    for (int round = 0; round < 10; round++) {
        warm_up(pool);
        for (int i = 0; i < 3; i++)
            held[i] = submit_job(pool, wait_at_gate, i, NULL);
        for (int i = 0; i < TASKS; i++)
            futures[i] = submit_job(pool, mark, i, NULL);
        for (int i = 0; i < TASKS; i++)
            expect_value(futures[i], i);
        let_go(3);
        for (int i = 0; i < 3; i++)
            expect_value(held[i], i);
        for (int i = 0; i < 3; i++)
            CHECK_OK(weft_shared_semaphore_acquire(board->begun, SOON));
    }
    close_crew(pool);
}

/* ---- several users ------------------------------------------------------------------- */

enum { EACH = 3000, AT_ONCE = 50 };

struct user {
    weft_executor *pool;
    weft_atomic_u32 right;
};

/* Submits some and takes their results, again and again. */
static int use(weft_task *task)
{
    struct user *user = WEFT_ARG(task, struct user *);
    weft_future *futures[AT_ONCE];

    for (int done = 0; done < EACH; done += AT_ONCE) {
        for (int i = 0; i < AT_ONCE; i++) {
            struct job argument = job(done + i);
            int err = weft_submit(user->pool, &futures[i], mark, &argument, sizeof(argument));

            if (err != 0)
                return err;
        }
        for (int i = 0; i < AT_ONCE; i++) {
            int result = -1;

            if (weft_future_result(futures[i], &result, sizeof(result), SOON) == 0 &&
                result == done + i)
                weft_fetch_add_u32(&user->right, 1, WEFT_RELAXED);
            weft_future_release(futures[i]);
        }
    }
    return 0;
}

static void threads_may_share_a_pool(void)
{
    struct user user = {0};
    weft_thread *threads[3];

    open_jobs();
    user.pool = processes(&(weft_pool_options){.workers = 2});
    start_threads(threads, 3, use, &user);
    join_threads(threads, 3);
    CU_ASSERT_EQUAL(weft_load_u32(&user.right, WEFT_RELAXED), 3 * EACH);
    close_crew(user.pool);
}

static void tasks_of_a_thread_pool_may_use_it(void)
{
    struct user user = {0}, *argument = &user;
    weft_executor *threads = weft_thread_pool(&(weft_pool_options){.workers = 2});
    weft_future *futures[2];

    CU_ASSERT_PTR_NOT_NULL_FATAL(threads);
    open_jobs();
    user.pool = processes(&(weft_pool_options){.workers = 2});
    for (int i = 0; i < 2; i++)
        CHECK_OK(weft_submit(threads, &futures[i], use, &argument, sizeof(argument)));
    for (int i = 0; i < 2; i++)
        expect_code(futures[i], 0);
    CU_ASSERT_EQUAL(weft_load_u32(&user.right, WEFT_RELAXED), 2 * EACH);
    weft_executor_close(threads);
    close_crew(user.pool);
}

/* ---- callbacks ------------------------------------------------------------------------- */

enum { CALLS = 300 };

struct tally {
    weft_executor *pool;
    weft_atomic_u32 told, again;
    weft_atomic_u32 strange; /* calls in the thread that waits */
    unsigned thread;         /* that thread */
    bool adds;               /* its own: a call may come at once */
};

static void count(weft_future *future, void *context)
{
    struct tally *tally = context;
    struct job argument = job(2);

    weft_fetch_add_u32(&tally->told, weft_future_done(future), WEFT_SEQ_CST);
    if (weft_thread_current_id() == tally->thread && !tally->adds)
        weft_fetch_add_u32(&tally->strange, 1, WEFT_SEQ_CST);
    if (weft_submit(tally->pool, NULL, mark, &argument, sizeof(argument)) == 0)
        weft_fetch_add_u32(&tally->again, 1, WEFT_SEQ_CST);
}

static bool has_told_all(void *context)
{
    struct tally *tally = context;

    return weft_load_u32(&tally->again, WEFT_SEQ_CST) == CALLS;
}

/* Callbacks run in the pool's thread, whoever collects the result, and may submit, even to a
 * pool that is full. */
static void callbacks_run_in_the_pools_thread(void)
{
    struct tally tally = {.thread = weft_thread_current_id()};
    weft_future *futures[CALLS];

    open_jobs();
    tally.pool = processes(&(weft_pool_options){.workers = 2, .capacity = 5});
    for (int i = 0; i < CALLS; i++) {
        futures[i] = submit_job(tally.pool, mark, i, NULL);
        tally.adds = true;
        CHECK_OK(weft_future_on_done(futures[i], count, &tally));
        tally.adds = false;
    }
    for (int i = 0; i < CALLS; i++)
        expect_value(futures[i], i);
    CU_ASSERT_TRUE(eventually(has_told_all, &tally));
    CHECK_OK(weft_executor_shutdown(tally.pool, WEFT_DRAIN, SOON));
    CU_ASSERT_EQUAL(weft_load_u32(&tally.told, WEFT_SEQ_CST), CALLS);
    CU_ASSERT_EQUAL(weft_load_u32(&tally.again, WEFT_SEQ_CST), CALLS);
    CU_ASSERT_EQUAL(runs_so_far(), 2 * CALLS);
    CU_ASSERT_EQUAL(weft_load_u32(&tally.strange, WEFT_SEQ_CST), 0);
    close_crew(tally.pool);
}

static void close_it(weft_future *future, void *context)
{
    (void)future;
    expect_misuse(WEFT_EDEADLK);
    weft_executor_close(*(weft_executor **)context);
}

static void a_callback_cannot_close_its_pool(void)
{
    weft_executor *pool;
    weft_future *held;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1});
    held = hold_worker(pool, NULL);
    CHECK_OK(weft_future_on_done(held, close_it, &pool));
    let_go(1);
    expect_value(held, -1);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    CHECK_MISUSE_SEEN();
    close_crew(pool);
}

static int add_ten(weft_task *task)
{
    return WEFT_RETURN(task, int, WEFT_ARG(task, int) + 10);
}

static int tell_code(weft_task *task)
{
    return WEFT_RETURN(task, int, WEFT_ARG(task, weft_failure).code);
}

static void chains_go_on_in_processes(void)
{
    weft_future *first, *second, *dies, *mended, *cancelled;
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 2});
    for (int i = 0; i < 200; i++) {
        first = submit_job(pool, mark, i, NULL);
        CHECK_OK(weft_then(pool, &second, first, add_ten));
        weft_future_release(first);
        expect_value(second, i + 10);
    }
    dies = submit_job(pool, exit_with, 1, NULL);
    CHECK_OK(weft_otherwise(pool, &mended, dies, tell_code));
    weft_future_release(dies);
    expect_value(mended, WEFT_ELOST);
    first = hold_worker(pool, NULL);
    CHECK_OK(weft_then(pool, &cancelled, first, add_ten));
    CHECK_OK(weft_future_cancel(cancelled));
    let_go(1);
    expect_value(first, -1);
    expect_code(cancelled, WEFT_ECANCELED);
    close_crew(pool);
}

static bool has_fired(void *context)
{
    (void)context;
    return runs_so_far() >= 3;
}

static void a_timer_may_run_in_processes(void)
{
    weft_executor *pool;
    weft_timer *timer;
    struct job argument;

    open_jobs();
    argument = job(1);
    pool = processes(&(weft_pool_options){.workers = 1});
    CHECK_OK(weft_timer_start_with(&timer, weft_in(WEFT_MS(1)), mark, &argument, sizeof(argument),
                                   &(weft_timer_options){.every = WEFT_MS(2), .executor = pool}));
    CU_ASSERT_TRUE(eventually(has_fired, NULL));
    CHECK_OK(weft_timer_cancel(timer, SOON));
    weft_timer_close(timer);
    close_crew(pool);
}

/* A worker is a process like another: it may have a pool of its own. */
static int square_in_processes(weft_task *task)
{
    weft_executor *pool = weft_process_pool(&(weft_pool_options){.workers = 2});
    int number = WEFT_ARG(task, struct job).number, result = 0;
    weft_future *future;
    int err;

    if (!pool)
        return WEFT_ELIMIT;
    err = weft_submit(pool, &future, add_ten, &number, sizeof(number));
    if (err == 0) {
        err = weft_future_result(future, &result, sizeof(result), SOON);
        weft_future_release(future);
    }
    weft_executor_close(pool);
    return err != 0 ? err : WEFT_RETURN(task, int, result);
}

static void a_worker_may_have_a_pool_of_its_own(void)
{
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1});
    expect_value(submit_job(pool, square_in_processes, 7, NULL), 17);
    close_crew(pool);
}

const char *const suite_name = "process_pool_order";
CU_TestInfo suite_cases[] = {
    {"nobody_waits_for_a_long_task", nobody_waits_for_a_long_task},
    {"one_free_worker_is_enough", one_free_worker_is_enough},
    {"threads_may_share_a_pool", threads_may_share_a_pool},
    {"tasks_of_a_thread_pool_may_use_it", tasks_of_a_thread_pool_may_use_it},
    {"callbacks_run_in_the_pools_thread", callbacks_run_in_the_pools_thread},
    {"a_callback_cannot_close_its_pool", a_callback_cannot_close_its_pool},
    {"chains_go_on_in_processes", chains_go_on_in_processes},
    {"a_timer_may_run_in_processes", a_timer_may_run_in_processes},
    {"a_worker_may_have_a_pool_of_its_own", a_worker_may_have_a_pool_of_its_own},
    CU_TEST_INFO_NULL,
};
