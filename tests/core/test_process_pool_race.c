/* SPDX-License-Identifier: MIT */
/* What meets in a pool of processes at the worst moment: brought about at fault points. */
#include "check.h"

#include <string.h>

#include "internal.h"
#include "jobs.h"
#include "system.h"
#include "weft/atomic.h"
#include "weft/cancel.h"
#include "weft/fault.h"

/* Threads that come to the point stay there while it is closed. In the arena where workers do. */
struct turnstile {
    weft_atomic_u32 closed, came;
};

static void stay(struct turnstile *gate)
{
    if (weft_load_u32(&gate->closed, WEFT_SEQ_CST) == 0)
        return;
    weft_fetch_add_u32(&gate->came, 1, WEFT_SEQ_CST);
    while (weft_load_u32(&gate->closed, WEFT_SEQ_CST) != 0)
        weft_sleep(WEFT_US(200));
}

static void close_gate(struct turnstile *gate)
{
    weft_store_u32(&gate->came, 0, WEFT_SEQ_CST);
    weft_store_u32(&gate->closed, 1, WEFT_SEQ_CST);
}

static void open_gate(struct turnstile *gate)
{
    weft_store_u32(&gate->closed, 0, WEFT_SEQ_CST);
}

static bool came(void *context)
{
    struct turnstile *gate = context;

    return weft_load_u32(&gate->came, WEFT_SEQ_CST) > 0;
}

/* ---- a worker that is asked ------------------------------------------------------------ */

struct worker_gates {
    struct turnstile begun, heard;
};

static struct worker_gates *gates; /* in the arena */

static int at_gates(const char *point)
{
    if (strcmp(point, "worker_run.begun") == 0)
        stay(&gates->begun);
    else if (strcmp(point, "worker_ask.heard") == 0)
        stay(&gates->heard);
    return 0;
}

static int set_gates(weft_task *task)
{
    gates = weft_shared_pointer(WEFT_ARG(task, weft_offset));
    weft_fault_hook(at_gates);
    return 0;
}

/* Fails if it was asked to stop. */
static int must_not_be_asked(weft_task *task)
{
    if (weft_task_cancelled(task) || weft_cancel_check() != 0)
        return weft_task_fail(task, WEFT_EFAILED, "it was asked by mistake");
    return 0;
}

/* The worker hears of the first task's interrupt late, when the second one runs. */
static void an_interrupt_that_is_heard_late_meets_no_other_task(void)
{
    weft_executor *pool;
    weft_future *first, *second;
    weft_offset at;

    open_jobs();
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&at, sizeof(*gates)), 0);
    gates = weft_shared_pointer(at);
    pool = processes(&(weft_pool_options){.workers = 1,
                                          .grace = WEFT_FOREVER,
                                          .initializer = set_gates,
                                          .argument = &at,
                                          .argument_size = sizeof(at)});
    first = hold_worker(pool, NULL);
    CHECK_OK(weft_future_interrupt(first));
    expect_code(first, WEFT_ECANCELED);
    close_gate(&gates->begun);
    close_gate(&gates->heard);
    first = submit_job(pool, mark, 1, NULL);
    CU_ASSERT_TRUE(eventually(came, &gates->begun));
    CHECK_OK(weft_future_interrupt(first));
    CU_ASSERT_TRUE(eventually(came, &gates->heard));
    second = submit_job(pool, must_not_be_asked, 2, NULL);
    open_gate(&gates->begun);
    CHECK_OK(weft_future_result(second, NULL, 0, SOON));
    open_gate(&gates->heard);
    weft_future_release(second);
    expect_value(first, 1);
    weft_executor_close(pool);
    weft_shared_free(at);
    close_jobs();
}

/* ---- the manager ----------------------------------------------------------------------- */

static struct turnstile round_gate;

static int at_round(const char *point)
{
    if (strcmp(point, "process_manager.round") == 0)
        stay(&round_gate);
    return 0;
}

static int tell_name(weft_task *task)
{
    return WEFT_RETURN(task, uint32_t, weft__arena_self());
}

static bool has_died(void *context)
{
    return !weft__arena_process_alive(*(uint32_t *)context);
}

/* In the ring stand: done, cancelled, done, and what the worker died of. */
static void results_behind_a_gap_survive_their_worker(void)
{
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1});
    weft_fault_hook(at_round);
    for (int round = 0; round < 3; round++) {
        weft_future *held, *cancelled, *done, *fatal, *named;
        uint32_t name = 0;

        warm_up(pool);
        named = submit_job(pool, tell_name, 0, NULL);
        CHECK_OK(weft_future_result(named, &name, sizeof(name), SOON));
        weft_future_release(named);
        close_gate(&round_gate);
        held = submit_job(pool, wait_at_gate, 1, NULL);
        cancelled = submit_job(pool, mark, 2, NULL);
        done = submit_job(pool, mark, 3, NULL);
        fatal = submit_job(pool, exit_with, 4, NULL);
        CU_ASSERT_TRUE(eventually(came, &round_gate));
        CHECK_OK(weft_shared_semaphore_acquire(board->begun, SOON));
        CHECK_OK(weft_future_cancel(cancelled));
        let_go(1);
        CU_ASSERT_TRUE(eventually(has_died, &name));
        open_gate(&round_gate);
        expect_value(held, 1);
        expect_code(cancelled, WEFT_ECANCELED);
        expect_value(done, 3);
        expect_code(fatal, WEFT_ELOST);
    }
    weft_fault_hook(NULL);
    weft_executor_close(pool);
    close_jobs();
}

static weft_future *of_parent;

/* 0: it is told that the future is not its own. */
static int try_future(void)
{
    weft_on_misuse(NULL);
    if (weft_future_cancel(of_parent) == 0 || weft_future_interrupt(of_parent) != 0)
        return 1;
    return weft_future_result(of_parent, NULL, 0, WEFT_FOREVER) == WEFT_EPERM ? 0 : 2;
}

/* The ring in which the task stands is in memory that the forked process has, too. */
static void a_forked_process_takes_no_task_of_its_parent(void)
{
    weft_executor *pool;
    weft_future *held;

    if (no_fork) {
        skip(no_fork);
        return;
    }
    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1});
    warm_up(pool);
    weft_fault_hook(at_round);
    close_gate(&round_gate);
    held = submit_job(pool, wait_at_gate, 1, NULL);
    of_parent = submit_job(pool, mark, 2, NULL);
    CU_ASSERT_TRUE(eventually(came, &round_gate));
    CHECK_OK(weft_shared_semaphore_acquire(board->begun, SOON));
    CU_ASSERT_EQUAL(run_forked(try_future), 0);
    open_gate(&round_gate);
    let_go(1);
    expect_value(held, 1);
    expect_value(of_parent, 2);
    weft_fault_hook(NULL);
    weft_executor_close(pool);
    close_jobs();
}

static weft_atomic_u32 met_next; /* 1: the task behind had begun when the limit was looked at */

/* The task that has had its time ends just now, and the next one begins. */
static int at_overrun(const char *point)
{
    if (strcmp(point, "process_watch.overrun") != 0)
        return 0;
    (void)weft_shared_semaphore_release(board->gate, 1);
    (void)weft_shared_semaphore_acquire(board->begun, weft_in(WEFT_S(1)));
    if (weft_shared_semaphore_acquire(board->begun, weft_in(WEFT_S(1))) == 0)
        weft_store_u32(&met_next, 1, WEFT_SEQ_CST);
    return 0;
}

/* The limit is that of the first task; whether the second is behind it then, time decides. */
static void a_limit_meets_no_other_task(void)
{
    const weft_submit_options limited = {.limit = WEFT_US(200)};
    weft_time until = SOON;
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1});
    weft_store_u32(&met_next, 0, WEFT_SEQ_CST);
    while (weft_load_u32(&met_next, WEFT_SEQ_CST) == 0 && weft_clock() < until) {
        weft_future *first, *second;

        warm_up(pool);
        weft_fault_hook(at_overrun);
        first = submit_job(pool, wait_at_gate, 1, &limited);
        second = submit_job(pool, wait_at_gate, 2, NULL);
        expect_value(first, 1);
        weft_fault_hook(NULL);
        let_go(1);
        expect_value(second, 2);
        while (weft_shared_semaphore_acquire(board->begun, WEFT_NOW) == 0)
            continue;
    }
    CU_ASSERT_EQUAL(weft_load_u32(&met_next, WEFT_SEQ_CST), 1);
    weft_executor_close(pool);
    close_jobs();
}

/* ---- tokens ------------------------------------------------------------------------------ */

/* The token cancels what waits under it, and then is as good as new. */
static void use_token(weft_executor *pool, weft_cancel *token)
{
    weft_future *future = submit_job(pool, mark, 0, &(weft_submit_options){.cancel = token});

    weft_cancel_request(token);
    expect_code(future, WEFT_ECANCELED);
    *token = (weft_cancel)WEFT_CANCEL_INIT;
}

/* A pool that remembered the token of a task that was dropped would not see it again. */
static void a_dropped_task_leaves_nothing_of_its_token(void)
{
    weft_cancel token = WEFT_CANCEL_INIT;
    weft_submit_options options = {.cancel = &token};
    weft_executor *pool;
    weft_future *held, *dropped, *next;

    open_jobs();
    pool = processes(
        &(weft_pool_options){.workers = 1, .capacity = 1, .when_full = WEFT_FULL_DROP_OLDEST});
    held = hold_worker(pool, NULL);
    dropped = submit_job(pool, mark, 1, &options);
    next = submit_job(pool, mark, 2, NULL);
    expect_code(dropped, WEFT_ECANCELED);
    use_token(pool, &token);
    expect_code(next, WEFT_ECANCELED); /* dropped */
    use_token(pool, &token);
    let_go(1);
    expect_value(held, -1);
    weft_executor_close(pool);
    close_jobs();
}

static void a_task_that_is_cancelled_at_once_leaves_nothing_of_its_token(void)
{
    weft_cancel token = WEFT_CANCEL_INIT, other = WEFT_CANCEL_INIT;
    weft_submit_options options = {.cancel = &token};
    weft_executor *pool;
    weft_future *held;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1});
    held = hold_worker(pool, NULL);
    weft_cancel_request(&token);
    expect_code(submit_job(pool, mark, 1, &options), WEFT_ECANCELED);
    use_token(pool, &other); /* now the pool has looked at all tokens that it has */
    token = (weft_cancel)WEFT_CANCEL_INIT;
    use_token(pool, &token);
    let_go(1);
    expect_value(held, -1);
    weft_executor_close(pool);
    close_jobs();
}

/* ---- the end ------------------------------------------------------------------------------- */

/* An earlier interrupt does not keep the pool from ending a finalizer that goes on. */
static void close_ends_a_finalizer_that_goes_on(void)
{
    struct job argument;
    weft_executor *pool;
    weft_future *held;

    open_jobs();
    argument = job(0);
    pool = processes(&(weft_pool_options){.workers = 1,
                                          .grace = WEFT_S(60),
                                          .finalizer = compute,
                                          .argument = &argument,
                                          .argument_size = sizeof(argument)});
    held = hold_worker(pool, NULL);
    CHECK_OK(weft_future_interrupt(held));
    expect_code(held, WEFT_ECANCELED);
    CHECK_ERROR(weft_executor_shutdown(pool, WEFT_DRAIN, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_shared_semaphore_acquire(board->begun, SOON));
    weft_executor_close(pool);
    close_jobs();
}

const char *const suite_name = "process_pool_race";
CU_TestInfo suite_cases[] = {
    {"an_interrupt_that_is_heard_late_meets_no_other_task",
     an_interrupt_that_is_heard_late_meets_no_other_task},
    {"results_behind_a_gap_survive_their_worker", results_behind_a_gap_survive_their_worker},
    {"a_forked_process_takes_no_task_of_its_parent", a_forked_process_takes_no_task_of_its_parent},
    {"a_limit_meets_no_other_task", a_limit_meets_no_other_task},
    {"a_dropped_task_leaves_nothing_of_its_token", a_dropped_task_leaves_nothing_of_its_token},
    {"a_task_that_is_cancelled_at_once_leaves_nothing_of_its_token",
     a_task_that_is_cancelled_at_once_leaves_nothing_of_its_token},
    {"close_ends_a_finalizer_that_goes_on", close_ends_a_finalizer_that_goes_on},
    CU_TEST_INFO_NULL,
};
