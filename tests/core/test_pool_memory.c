/* SPDX-License-Identifier: MIT */
/* What a pool's functions leave behind when there is no memory, or no thread. */
#include "check.h"

#include "fail.h"
#include "weft/executor.h"
#include "weft/future.h"

enum { LARGE = 10000, WORKERS = 5 };

static int return_size(weft_task *task)
{
    size_t size = weft_task_argument_size(task);

    return WEFT_RETURN(task, size_t, size);
}

/* A pool, one large argument, closed again. */
static int attempt_submit(void *context)
{
    weft_executor *pool = weft_thread_pool(&(weft_pool_options){.workers = 2});
    weft_future *future;
    int err;

    if (!pool)
        return WEFT_ENOMEM;
    err = weft_submit(pool, &future, return_size, context, LARGE);
    if (err == 0) {
        err = weft_future_result(future, NULL, 0, SOON);
        weft_future_release(future);
    }
    weft_executor_close(pool);
    return err;
}

static void no_memory_for_a_submit_leaves_nothing_behind(void)
{
    static char argument[LARGE];

    CU_ASSERT_TRUE(refuse_each_allocation(attempt_submit, argument) >= 6);
}

static int square(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    return WEFT_RETURN(task, int, x *x);
}

static int attempt_map(void *context)
{
    int in[10] = {1, 2, 3}, out[10];

    return weft_map_with(context, square, WEFT_ITEMS(in), WEFT_ITEMS(out),
                         &(weft_map_options){.chunk = 4}, SOON);
}

static int attempt_imap(void *context)
{
    int in[10] = {1, 2, 3}, result, err;
    weft_imap *imap;

    err = weft_imap_start(&imap, context, square, WEFT_ITEMS(in), sizeof(int), WEFT_UNORDERED);
    if (err != 0)
        return err;
    while ((err = weft_imap_next(imap, NULL, &result, SOON)) == 0)
        continue;
    weft_imap_close(imap);
    return err == WEFT_ECLOSED ? 0 : err;
}

static int attempt_set(void *context)
{
    weft_executor *pool = context;
    weft_completion *done = NULL;
    weft_future *futures[5] = {NULL};
    size_t at;
    int err = 0;

    for (int i = 0; i < 5 && err == 0; i++)
        err = weft_submit(pool, &futures[i], square, &i, sizeof(i));
    if (err == 0)
        err = weft_as_completed(&done, futures, 5);
    while (err == 0)
        err = weft_completion_next(done, &at, SOON);
    weft_completion_close(done);
    for (int i = 0; i < 5; i++)
        weft_future_release(futures[i]);
    return err == WEFT_ECLOSED ? 0 : err;
}

/* A task of the pool does it. */
static int attempt_map_in_task(weft_task *task)
{
    return attempt_imap(WEFT_ARG(task, void *));
}

static int attempt_own_map(void *context)
{
    weft_future *future;
    int err = weft_submit(context, &future, attempt_map_in_task, &context, sizeof(context));

    if (err != 0)
        return err;
    err = weft_future_result(future, NULL, 0, SOON);
    weft_future_release(future);
    return err;
}

static int attempt_in_pool(void *context)
{
    attempt_function *attempt = *(attempt_function **)context;
    weft_executor *pool = weft_thread_pool(&(weft_pool_options){.workers = 2});
    int err;

    if (!pool)
        return WEFT_ENOMEM;
    err = attempt(pool);
    weft_executor_close(pool);
    return err;
}

static void no_memory_for_several_leaves_nothing_behind(void)
{
    attempt_function *attempts[] = {attempt_map, attempt_imap, attempt_set, attempt_own_map};

    for (int i = 0; i < 4; i++)
        CU_ASSERT_TRUE(refuse_each_allocation(attempt_in_pool, &attempts[i]) >= 8);
}

/* A pool that is to be given all its threads at once, and may grow. */
static int attempt_threads(void *context)
{
    weft_executor *pool =
        weft_thread_pool(&(weft_pool_options){.workers = WORKERS, .workers_most = 2 * WORKERS});

    (void)context;
    if (!pool)
        return WEFT_ELIMIT;
    weft_executor_close(pool);
    return 0;
}

static void a_refused_thread_leaves_nothing_behind(void)
{
    CU_ASSERT_EQUAL(refuse_each_passage("thread.start", WEFT_ELIMIT, attempt_threads, NULL),
                    WORKERS);
}

const char *const suite_name = "pool_memory";
CU_TestInfo suite_cases[] = {
    {"no_memory_for_a_submit_leaves_nothing_behind",
     no_memory_for_a_submit_leaves_nothing_behind},
    {"no_memory_for_several_leaves_nothing_behind", no_memory_for_several_leaves_nothing_behind},
    {"a_refused_thread_leaves_nothing_behind", a_refused_thread_leaves_nothing_behind},
    CU_TEST_INFO_NULL,
};
