/* SPDX-License-Identifier: MIT */
/* weft_both(): two branches, perhaps at the same time. */
#include "check.h"

#include "weft/atomic.h"
#include "weft/cancel.h"
#include "weft/event.h"
#include "weft/executor.h"
#include "weft/future.h"
#include "weft/parallel.h"

enum { DEEP = 2000 };

static weft_executor *pool;

static void open_pool(unsigned workers)
{
    pool = weft_thread_pool(&(weft_pool_options){.workers = workers});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
}

static void close_pool(void)
{
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    weft_executor_close(pool);
}

/* The int that a task of the pool returns for an int. */
static int run(weft_function *function, int argument)
{
    weft_future *future;
    int result = -1;

    CHECK_OK(weft_submit(pool, &future, function, &argument, sizeof(argument)));
    CHECK_OK(weft_future_result(future, &result, sizeof(result), SOON));
    weft_future_release(future);
    return result;
}

struct fib {
    int n, result;
};

static void fib(void *context)
{
    struct fib *f = context;
    struct fib a = {f->n - 1, 0}, b = {f->n - 2, 0};

    if (f->n > 1)
        weft_both(fib, &a, fib, &b);
    f->result = f->n > 1 ? a.result + b.result : f->n;
}

static int fib_task(weft_task *task)
{
    struct fib f = {WEFT_ARG(task, int), 0};

    fib(&f);
    return WEFT_RETURN(task, int, f.result);
}

static void both_branches_are_done(void)
{
    for (unsigned workers = 1; workers <= 4; workers++) {
        open_pool(workers);
        CU_ASSERT_EQUAL(run(fib_task, 1), 1);
        CU_ASSERT_EQUAL(run(fib_task, 20), 6765);
        close_pool();
    }
}

static void several_tasks_may_branch_at_once(void)
{
    weft_future *futures[8];

    open_pool(3);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 8; i++) {
            int n = 15;

            CHECK_OK(weft_submit(pool, &futures[i], fib_task, &n, sizeof(n)));
        }
        for (int i = 0; i < 8; i++) {
            int result = 0;

            CHECK_OK(weft_future_result(futures[i], &result, sizeof(result), SOON));
            CU_ASSERT_EQUAL(result, 610);
            weft_future_release(futures[i]);
        }
    }
    close_pool();
}

static void outside_a_pool_they_run_in_turn(void)
{
    struct fib f = {15, 0};

    fib(&f);
    CU_ASSERT_EQUAL(f.result, 610);
}

/* Each level leaves a branch in the deque, which is full after 256. */
struct level {
    int depth;
    weft_atomic_u32 *count;
};

static void count_one(void *context)
{
    weft_fetch_add_u32(((struct level *)context)->count, 1, WEFT_RELAXED);
}

static void go_down(void *context)
{
    struct level *level = context;
    struct level below = {level->depth - 1, level->count};

    count_one(level);
    if (level->depth > 0)
        weft_both(go_down, &below, count_one, level);
}

static int go_down_task(weft_task *task)
{
    weft_atomic_u32 count = {0};
    struct level top = {WEFT_ARG(task, int), &count};

    go_down(&top);
    return WEFT_RETURN(task, int, (int)weft_load_u32(&count, WEFT_RELAXED));
}

static void a_full_deque_does_no_harm(void)
{
    for (unsigned workers = 1; workers <= 3; workers++) {
        open_pool(workers);
        CU_ASSERT_EQUAL(run(go_down_task, DEEP), 2 * DEEP + 1);
        CU_ASSERT_EQUAL(run(go_down_task, 255), 511);
        CU_ASSERT_EQUAL(run(go_down_task, 256), 513);
        CU_ASSERT_EQUAL(run(go_down_task, 257), 515);
        close_pool();
    }
}

static void fib_range(size_t first, size_t last, void *context)
{
    for (size_t i = first; i < last; i++) {
        struct fib f = {12, 0};

        fib(&f);
        weft_fetch_add_u32(context, f.result == 144, WEFT_RELAXED);
    }
}

static void branches_may_be_in_loops(void)
{
    weft_atomic_u32 right = {0};

    open_pool(3);
    CHECK_OK(weft_parallel_for(pool, 500, fib_range, &right, WEFT_FOREVER));
    CU_ASSERT_EQUAL(weft_load_u32(&right, WEFT_RELAXED), 500);
    close_pool();
}

/* ---- with waits inside ----------------------------------------------------------------- */

static void fib_by_task(void *context)
{
    struct fib *f = context;
    weft_future *future;

    f->result = -1;
    if (weft_submit(pool, &future, fib_task, &f->n, sizeof(f->n)) != 0)
        return;
    if (weft_future_result(future, &f->result, sizeof(f->result), WEFT_FOREVER) != 0)
        f->result = -1;
    weft_future_release(future);
}

static int wait_in_branches(weft_task *task)
{
    struct fib a = {WEFT_ARG(task, int), 0}, b = {WEFT_ARG(task, int), 0};

    weft_both(fib_by_task, &a, fib_by_task, &b);
    return WEFT_RETURN(task, int, a.result == b.result ? a.result : -1);
}

static void branches_may_wait_for_futures(void)
{
    for (unsigned workers = 1; workers <= 4; workers++) {
        open_pool(workers);
        for (int i = 0; i < 50; i++)
            CU_ASSERT_EQUAL(run(wait_in_branches, 10), 55);
        close_pool();
    }
}

/* The second branch sets what the first one waits for: if another worker takes it in time,
 * which it may. */
static weft_event taken, release_it;

static void wait_until_taken(void *context)
{
    *(int *)context = weft_event_wait(&taken, weft_in(WEFT_MS(20)));
}

static void say_taken(void *context)
{
    (void)context;
    weft_event_set(&taken);
}

static int look_for_a_thief(weft_task *task)
{
    int err = WEFT_EINVAL;

    weft_event_clear(&taken);
    weft_both(wait_until_taken, &err, say_taken, NULL);
    return WEFT_RETURN(task, int, err == 0);
}

static bool is_taken_by_another(void *context)
{
    (void)context;
    return run(look_for_a_thief, 0) == 1;
}

static void a_worker_that_sleeps_takes_a_branch(void)
{
    open_pool(2);
    for (int i = 0; i < 20; i++)
        CU_ASSERT_TRUE(eventually(is_taken_by_another, NULL));
    close_pool();
}

/* A stolen branch works under the token of its owner's task. */
static void wait_for_release(void *context)
{
    weft_event_set(&taken);
    *(int *)context = weft_event_wait(&release_it, WEFT_FOREVER);
}

static int cancelled_branches(weft_task *task)
{
    int a = 0, b = 0;

    weft_both(wait_for_release, &a, wait_for_release, &b);
    return WEFT_RETURN(task, int, (a == WEFT_ECANCELED) + (b == WEFT_ECANCELED));
}

static void branches_are_interrupted_with_their_task(void)
{
    weft_future *future;
    int argument = 0, result = 0;

    open_pool(2);
    weft_event_clear(&taken);
    weft_event_clear(&release_it);
    CHECK_OK(weft_submit(pool, &future, cancelled_branches, &argument, sizeof(argument)));
    CHECK_OK(weft_event_wait(&taken, SOON));
    CHECK_OK(weft_future_interrupt(future));
    CHECK_OK(weft_future_result(future, &result, sizeof(result), SOON));
    CU_ASSERT_EQUAL(result, 2);
    weft_future_release(future);
    close_pool();
}

const char *const suite_name = "both";
CU_TestInfo suite_cases[] = {
    {"both_branches_are_done", both_branches_are_done},
    {"several_tasks_may_branch_at_once", several_tasks_may_branch_at_once},
    {"outside_a_pool_they_run_in_turn", outside_a_pool_they_run_in_turn},
    {"a_full_deque_does_no_harm", a_full_deque_does_no_harm},
    {"branches_may_be_in_loops", branches_may_be_in_loops},
    {"branches_may_wait_for_futures", branches_may_wait_for_futures},
    {"a_worker_that_sleeps_takes_a_branch", a_worker_that_sleeps_takes_a_branch},
    {"branches_are_interrupted_with_their_task", branches_are_interrupted_with_their_task},
    CU_TEST_INFO_NULL,
};
