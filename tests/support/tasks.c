/* SPDX-License-Identifier: MIT */
#include "tasks.h"

#include "check.h"
#include "weft/event.h"

weft_executor *pool;
weft_atomic_u32 runs, told;

static weft_event gate, entered;

void open_pool(unsigned workers)
{
    weft_event_clear(&gate);
    weft_store_u32(&runs, 0, WEFT_SEQ_CST);
    weft_store_u32(&told, 0, WEFT_SEQ_CST);
    pool = weft_thread_pool(&(weft_pool_options){.workers = workers});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
}

void close_pool(void)
{
    open_gate();
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    weft_executor_close(pool);
}

weft_future *submit(weft_function *function, int argument)
{
    weft_future *future = NULL;

    CU_ASSERT_EQUAL_FATAL(weft_submit(pool, &future, function, &argument, sizeof(argument)), 0);
    return future;
}

weft_future *then(weft_future *future, weft_function *function)
{
    weft_future *next = NULL;

    CU_ASSERT_EQUAL_FATAL(weft_then(pool, &next, future, function), 0);
    return next;
}

weft_future *all(weft_future *const *futures, size_t count)
{
    weft_future *group = NULL;

    CU_ASSERT_EQUAL_FATAL(weft_future_all(&group, futures, count), 0);
    return group;
}

weft_future *any(weft_future *const *futures, size_t count)
{
    weft_future *group = NULL;

    CU_ASSERT_EQUAL_FATAL(weft_future_any(&group, futures, count), 0);
    return group;
}

void release(weft_future **futures, size_t count)
{
    for (size_t i = 0; i < count; i++)
        weft_future_release(futures[i]);
}

static int wait_at_the_gate(weft_task *task)
{
    int err;

    weft_event_set(&entered);
    err = weft_event_wait(&gate, WEFT_FOREVER);
    return err != 0 ? err : WEFT_RETURN(task, int, WEFT_ARG(task, int));
}

weft_future *hold(int result)
{
    weft_future *future;

    weft_event_clear(&entered);
    future = submit(wait_at_the_gate, result);
    CHECK_OK(weft_event_wait(&entered, SOON));
    return future;
}

void open_gate(void)
{
    weft_event_set(&gate);
}

int twice(weft_task *task)
{
    weft_fetch_add_u32(&runs, 1, WEFT_SEQ_CST);
    return WEFT_RETURN(task, int, 2 * WEFT_ARG(task, int));
}

int add_one(weft_task *task)
{
    weft_fetch_add_u32(&runs, 1, WEFT_SEQ_CST);
    return WEFT_RETURN(task, int, WEFT_ARG(task, int) + 1);
}

int fail(weft_task *task)
{
    weft_fetch_add_u32(&runs, 1, WEFT_SEQ_CST);
    return weft_task_fail(task, WEFT_ETOOBIG, "no room for %d elephants", WEFT_ARG(task, int));
}

int recover(weft_task *task)
{
    weft_fetch_add_u32(&runs, 1, WEFT_SEQ_CST);
    return WEFT_RETURN(task, int, -WEFT_ARG(task, weft_failure).code);
}

void tell(weft_future *future, void *context)
{
    (void)future;
    (void)context;
    weft_fetch_add_u32(&told, 1, WEFT_SEQ_CST);
}

void expect_result(weft_future *future, int result)
{
    int got = ~result;

    CHECK_OK(weft_future_result(future, &got, sizeof(got), SOON));
    CU_ASSERT_EQUAL(got, result);
}

void expect_error(weft_future *future, int code)
{
    int untouched = 5;

    CHECK_ERROR(weft_future_result(future, &untouched, sizeof(untouched), SOON), code);
    CU_ASSERT_EQUAL(untouched, 5);
}
