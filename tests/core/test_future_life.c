/* SPDX-License-Identifier: MIT */
/* How groups and chains come to be and go: in any order, in depth, at once, without memory. */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "fail.h"
#include "halt.h"
#include "tasks.h"
#include "weft/event.h"
#include "weft/fault.h"

enum { HANDLES = 4, PERMUTATIONS = 24, MANY = 100, NESTED = 1000, LONG = 1000, DEEP = 100000 };

static bool all_told(void *count)
{
    return weft_load_u32(&told, WEFT_SEQ_CST) == *(uint32_t *)count;
}

static void expect_told(uint32_t count)
{
    CU_ASSERT_TRUE(eventually(all_told, &count));
}

/* The n-th order in which four handles can be released. */
static void permute(unsigned n, unsigned order[HANDLES])
{
    unsigned left[HANDLES] = {0, 1, 2, 3};

    for (unsigned i = 0; i < HANDLES; i++) {
        unsigned pick = n % (HANDLES - i);

        n /= HANDLES - i;
        order[i] = left[pick];
        memmove(left + pick, left + pick + 1, (HANDLES - pick - 1) * sizeof(left[0]));
    }
}

/* A source, what follows it, all of both, and any of all of these; each tells that it is
 * done, whoever still holds it. Every block comes back. */
static void release_in_order(const unsigned order[HANDLES], unsigned before)
{
    weft_future *f[HANDLES];

    watch_memory();
    open_pool(2);
    f[0] = hold(1);
    CHECK_OK(weft_then(pool, &f[1], f[0], add_one));
    f[2] = all(f, 2);
    f[3] = any(f, 3);
    for (unsigned i = 0; i < HANDLES; i++)
        CHECK_OK(weft_future_on_done(f[i], tell, NULL));
    for (unsigned i = 0; i < before; i++)
        weft_future_release(f[order[i]]);
    open_gate();
    expect_told(HANDLES);
    for (unsigned i = before; i < HANDLES; i++)
        weft_future_release(f[order[i]]);
    close_pool();
    unwatch_memory();
}

static void handles_are_released_in_any_order(void)
{
    unsigned order[HANDLES];

    for (unsigned n = 0; n < PERMUTATIONS; n++) {
        permute(n, order);
        for (unsigned before = 0; before <= HANDLES; before++)
            release_in_order(order, before);
    }
}

/* Nobody but the chain itself holds what is in its middle. */
static void a_chain_of_a_thousand(void)
{
    weft_future *last;

    open_pool(2);
    last = hold(0);
    for (int i = 0; i < LONG; i++) {
        weft_future *next = then(last, add_one);

        weft_future_release(last);
        last = next;
    }
    CU_ASSERT_FALSE(weft_future_done(last));
    open_gate();
    expect_result(last, LONG);
    weft_future_release(last);
    close_pool();
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), LONG);
}

/* A failure runs down the chain in one go, but not down the stack. */
static void a_failure_passes_a_hundred_thousand(void)
{
    weft_future *held, *source, *last;

    open_pool(1);
    held = hold(0);
    source = submit(fail, 7);
    last = then(source, twice);
    for (int i = 0; i < DEEP; i++) {
        weft_future *next = then(last, twice);

        weft_future_release(last);
        last = next;
    }
    open_gate();
    expect_error(last, WEFT_ETOOBIG);
    CHECK_SENTENCE("no room for 7 elephants");
    weft_future_release(held);
    weft_future_release(source);
    weft_future_release(last);
    close_pool();
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 1);
}

static void a_cancel_passes_a_hundred_thousand(void)
{
    weft_future *held, *source, *last;

    open_pool(1);
    held = hold(0);
    source = submit(twice, 7);
    last = then(source, twice);
    for (int i = 0; i < DEEP; i++) {
        weft_future *next = then(last, twice);

        weft_future_release(last);
        last = next;
    }
    CHECK_OK(weft_future_cancel(source));
    CU_ASSERT_TRUE(weft_future_done(last)); /* when cancel has returned */
    expect_error(last, WEFT_ECANCELED);
    weft_future_release(held);
    weft_future_release(source);
    weft_future_release(last);
    close_pool();
}

/* A group of a group of a group: counted off, and cancelled, without a deep stack. */
static void groups_of_groups(void)
{
    weft_future *held, *source, *first, *last;

    open_pool(1);
    held = hold(0);
    source = submit(twice, 1);
    first = last = all(&source, 1);
    for (int i = 0; i < NESTED; i++) {
        weft_future *next = i % 2 == 0 ? any(&last, 1) : all(&last, 1);

        if (last != first)
            weft_future_release(last);
        last = next;
    }
    CHECK_OK(weft_future_cancel(last));
    CU_ASSERT_TRUE(weft_future_done(first));
    expect_error(source, WEFT_ECANCELED);
    weft_future_release(held);
    weft_future_release(source);
    weft_future_release(first);
    weft_future_release(last);
    close_pool();
}

static void a_large_group(void)
{
    weft_future *f[MANY], *group;

    open_pool(2);
    f[0] = hold(0);
    for (int i = 1; i < MANY; i++)
        f[i] = submit(twice, i);
    group = all(f, MANY);
    release(f, MANY);
    open_gate();
    CHECK_OK(weft_future_result(group, NULL, 0, SOON));
    weft_future_release(group);
    close_pool();
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), MANY - 1);
}

static int interrupt_it(weft_task *task)
{
    weft_future **group = WEFT_ARG(task, weft_future **);

    (void)weft_future_interrupt(*group);
    return 0;
}

/* An interrupt passes over the members while the last of them ends the group. */
static void interrupt_and_end_meet(void)
{
    open_pool(2);
    for (int i = 0; i < 300; i++) {
        weft_future *f[2], *group;
        weft_thread *thread;

        weft_store_u32(&told, 0, WEFT_SEQ_CST);
        f[0] = submit(twice, i);
        f[1] = submit(twice, i);
        group = i % 2 == 0 ? all(f, 2) : any(f, 2);
        CHECK_OK(weft_future_on_done(group, tell, NULL));
        release(f, 2);
        start_threads(&thread, 1, interrupt_it, &group);
        CHECK_OK(weft_future_wait(&group, 1, WEFT_ALL_COMPLETED, SOON));
        join_threads(&thread, 1);
        weft_future_release(group);
        expect_told(1);
    }
    close_pool();
}

/* The worker has it in hand when its last other holder cancels it and lets go. */
static void cancelled_and_released_as_it_begins(void)
{
    static const char *const begin = "thread_run.begin";
    weft_future *future;

    open_pool(1);
    meet_at(begin, 2);
    future = submit(twice, 1);
    CU_ASSERT_TRUE(eventually(somebody_met, NULL));
    CHECK_OK(weft_future_cancel(future));
    weft_future_release(future);
    (void)weft_fault_point(begin);
    meet_at(NULL, 0);
    close_pool();
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 0);
}

static weft_event iterates, may_iterate;
static weft_completion *completion;

/* Waits for the future of an iteration from within the pool that is to run it. */
static int iterate(weft_task *task)
{
    size_t index;
    int err;

    (void)task;
    weft_event_set(&iterates);
    err = weft_event_wait(&may_iterate, WEFT_FOREVER);
    return err != 0 ? err : weft_completion_next(completion, &index, WEFT_FOREVER);
}

static bool has_come_or_run(void *context)
{
    return somebody_met(context) || weft_load_u32(&runs, WEFT_SEQ_CST) > 0;
}

/* The iteration alone knows the task: its submitter has let go of it. One worker takes it off
 * the list while another one, which waits for the iteration, runs it. */
static void an_iterated_task_that_nobody_holds_runs_once(void)
{
    static const char *const begin = "thread_run.begin_alone";
    weft_future *f[2], *future;

    open_pool(2);
    weft_event_clear(&iterates);
    weft_event_clear(&may_iterate);
    f[0] = submit(iterate, 0);
    CHECK_OK(weft_event_wait(&iterates, SOON));
    f[1] = hold(0);
    future = submit(twice, 1);
    CU_ASSERT_EQUAL_FATAL(weft_as_completed(&completion, &future, 1), 0);
    weft_future_release(future);
    meet_at(begin, 2);
    open_gate();
    CU_ASSERT_TRUE(eventually(has_come_or_run, NULL));
    weft_event_set(&may_iterate);
    CHECK_OK(weft_future_result(f[0], NULL, 0, SOON));
    if (met() > 0)
        (void)weft_fault_point(begin);
    release(f, 2);
    close_pool();
    meet_at(NULL, 0);
    weft_completion_close(completion);
    CU_ASSERT_EQUAL(weft_load_u32(&runs, WEFT_SEQ_CST), 1);
}

/* A whole life in one go: whatever is refused, all of it comes back. */
static int live_as_chain(void *context)
{
    weft_future *source = NULL, *same = NULL, *next = NULL;
    weft_executor *executor = weft_thread_pool(&(weft_pool_options){.workers = 1});
    int one = 1, err;

    (void)context;
    if (!executor)
        return WEFT_ENOMEM;
    err = weft_submit(executor, &source, twice, &one, sizeof(one));
    if (err == 0)
        err = weft_otherwise(executor, &same, source, recover);
    if (err == 0)
        err = weft_then(executor, &next, same, add_one);
    if (err == 0)
        err = weft_future_result(next, &one, sizeof(one), SOON);
    weft_future_release(source);
    weft_future_release(same);
    weft_future_release(next);
    CHECK_OK(weft_executor_shutdown(executor, WEFT_DRAIN, SOON));
    weft_executor_close(executor);
    return err;
}

static void each_allocation_of_a_chain_refused(void)
{
    CU_ASSERT_TRUE(refuse_each_allocation(live_as_chain, NULL) > 8);
}

typedef int combiner(weft_future **group, weft_future *const *futures, size_t count);

/* The same for groups. */
static int live_as_group(void *make)
{
    combiner **combine = make;
    weft_executor *executor = weft_thread_pool(&(weft_pool_options){.workers = 1});
    weft_future *f[2] = {NULL, NULL}, *group = NULL;
    int one = 1, err;

    if (!executor)
        return WEFT_ENOMEM;
    err = weft_submit(executor, &f[0], twice, &one, sizeof(one));
    if (err == 0)
        err = weft_submit(executor, &f[1], twice, &one, sizeof(one));
    if (err == 0)
        err = (*combine)(&group, f, 2);
    if (err == 0)
        err = weft_future_wait(&group, 1, WEFT_ALL_COMPLETED, SOON);
    else if (f[1]) /* a group that failed to be made leaves its members alone */
        CHECK_OK(weft_future_result(f[1], NULL, 0, SOON));
    release(f, 2);
    weft_future_release(group);
    CHECK_OK(weft_executor_shutdown(executor, WEFT_DRAIN, SOON));
    weft_executor_close(executor);
    return err;
}

static void each_allocation_of_a_group_refused(void)
{
    combiner *combiners[] = {weft_future_all, weft_future_any};

    for (int i = 0; i < 2; i++)
        CU_ASSERT_TRUE(refuse_each_allocation(live_as_group, &combiners[i]) > 8);
}

const char *const suite_name = "future_life";
CU_TestInfo suite_cases[] = {
    {"handles_are_released_in_any_order", handles_are_released_in_any_order},
    {"a_chain_of_a_thousand", a_chain_of_a_thousand},
    {"a_failure_passes_a_hundred_thousand", a_failure_passes_a_hundred_thousand},
    {"a_cancel_passes_a_hundred_thousand", a_cancel_passes_a_hundred_thousand},
    {"groups_of_groups", groups_of_groups},
    {"a_large_group", a_large_group},
    {"interrupt_and_end_meet", interrupt_and_end_meet},
    {"cancelled_and_released_as_it_begins", cancelled_and_released_as_it_begins},
    {"an_iterated_task_that_nobody_holds_runs_once", an_iterated_task_that_nobody_holds_runs_once},
    {"each_allocation_of_a_chain_refused", each_allocation_of_a_chain_refused},
    {"each_allocation_of_a_group_refused", each_allocation_of_a_group_refused},
    CU_TEST_INFO_NULL,
};
