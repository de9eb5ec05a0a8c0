/* SPDX-License-Identifier: MIT */
/* How tasks of a process pool are cancelled, asked to stop, and made to stop. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "jobs.h"
#include "weft/atomic.h"
#include "weft/cancel.h"

enum { MANY = 40 };

static weft_executor *open_crew(unsigned workers, const weft_cancel *cancel)
{
    open_jobs();
    return processes(&(weft_pool_options){
        .workers = workers, .name = "Crew", .cancel = cancel, .grace = WEFT_FOREVER});
}

static void close_crew(weft_executor *pool)
{
    weft_executor_close(pool);
    close_jobs();
}

/* What is cancelled never runs, in a list or in a worker's ring, from whatever end. */
static void what_is_cancelled_never_runs(void)
{
    weft_executor *pool = open_crew(1, NULL);

    for (int round = 0; round < 20; round++) {
        weft_future *held, *futures[MANY];

        warm_up(pool); /* so that tasks stand behind the held one */
        held = hold_worker(pool, NULL);
        for (int i = 0; i < MANY; i++)
            futures[i] = submit_job(pool, mark, i, NULL);
        for (int i = 0; i < MANY; i++) {
            int which = round % 2 == 0 ? i : MANY - 1 - i;

            CU_ASSERT_FALSE(weft_future_running(futures[which]));
            if (which % 3 != 0)
                CHECK_OK(weft_future_cancel(futures[which]));
            CU_ASSERT_EQUAL(weft_future_done(futures[which]), which % 3 != 0);
        }
        CU_ASSERT_TRUE(weft_future_running(held));
        CHECK_ERROR(weft_future_cancel(held), WEFT_EBUSY);
        let_go(1);
        for (int i = 0; i < MANY; i++)
            if (i % 3 != 0)
                expect_code(futures[i], WEFT_ECANCELED);
            else
                expect_value(futures[i], i);
        CU_ASSERT_EQUAL(runs_so_far(), 1 + (MANY + 2) / 3);
        CHECK_OK(weft_future_result(held, NULL, 0, SOON));
        CHECK_ERROR(weft_future_cancel(held), WEFT_ECLOSED);
        CU_ASSERT_FALSE(weft_future_running(held));
        weft_future_release(held);
    }
    close_crew(pool);
}

static void an_interrupt_ends_the_waits_of_one_task(void)
{
    weft_executor *pool = open_crew(2, NULL);
    weft_executor_stats stats;
    weft_future *one, *other, *queued;

    one = hold_worker(pool, NULL);
    other = hold_worker(pool, NULL);
    queued = submit_job(pool, mark, 1, NULL);
    CHECK_OK(weft_future_interrupt(queued));
    CHECK_ERROR(weft_future_result(queued, NULL, 0, WEFT_NOW), WEFT_ECANCELED);
    weft_future_release(queued);
    CHECK_OK(weft_future_interrupt(one));
    CHECK_ERROR(weft_future_result(one, NULL, 0, SOON), WEFT_ECANCELED);
    CHECK_ERROR(weft_future_interrupt(one), WEFT_ECLOSED);
    weft_future_release(one);
    CU_ASSERT_FALSE(weft_future_done(other));
    for (int i = 0; i < 10; i++) /* who was interrupted is none the worse */
        expect_value(submit_job(pool, mark, i, NULL), i);
    let_go(1);
    expect_value(other, -1);
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.started, 2);
    CU_ASSERT_EQUAL(stats.failed, 1);
    CU_ASSERT_EQUAL(stats.cancelled, 1);
    CU_ASSERT_EQUAL(stats.lost, 0);
    close_crew(pool);
}

/* Fails if it was asked to stop before it began. */
static int must_not_be_asked(weft_task *task)
{
    if (weft_task_cancelled(task) || weft_cancel_check() != 0)
        return weft_task_fail(task, WEFT_EFAILED, "it was asked by mistake");
    weft_sleep(WEFT_US(30));
    return 0;
}

/* An interrupt meets the task that it is meant for, or none. */
static void an_interrupt_that_comes_late_meets_no_other_task(void)
{
    weft_executor *pool = open_crew(1, NULL);
    weft_future *asked[MANY], *left_alone[MANY];
    int obeyed = 0;

    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < MANY; i++) {
            asked[i] = submit_job(pool, must_not_be_asked, i, NULL);
            left_alone[i] = submit_job(pool, must_not_be_asked, i, NULL);
        }
        for (int i = 0; i < MANY; i++) {
            int err = weft_future_interrupt(asked[i]);

            CU_ASSERT_TRUE(err == 0 || err == WEFT_ECLOSED);
            if (i % 4 == 0) /* so that some are met while they run */
                CHECK_OK(weft_future_result(left_alone[i], NULL, 0, SOON));
        }
        for (int i = 0; i < MANY; i++) {
            CHECK_OK(weft_future_result(left_alone[i], NULL, 0, SOON));
            obeyed += weft_future_result(asked[i], NULL, 0, SOON) == WEFT_ECANCELED;
            weft_future_release(left_alone[i]);
            weft_future_release(asked[i]);
        }
    }
    CU_ASSERT_TRUE(obeyed > 0);
    close_crew(pool);
}

static void a_task_that_goes_on_is_killed_after_the_grace(void)
{
    weft_executor *pool;
    weft_future *future;
    weft_executor_stats stats;
    weft_time asked;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1, .name = "Crew", .grace = WEFT_MS(30)});
    future = submit_job(pool, compute, 0, NULL);
    CHECK_OK(weft_shared_semaphore_acquire(board->begun, SOON));
    asked = weft_clock();
    CHECK_OK(weft_future_interrupt(future));
    CHECK_ERROR(weft_future_result(future, NULL, 0, SOON), WEFT_ECANCELED);
    CHECK_SENTENCE("0.03 s");
    CHECK_SENTENCE("worker Crew-1 (pid ");
    CHECK_SENTENCE("killed");
    CU_ASSERT_TRUE(weft_clock() - asked >= WEFT_MS(30));
    weft_future_release(future);
    expect_value(submit_job(pool, mark, 3, NULL), 3);
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.started, 2);
    close_crew(pool);
}

/* ---- tokens ----------------------------------------------------------------------------- */

static void the_pools_token_ends_all_its_tasks(void)
{
    weft_cancel cancel = WEFT_CANCEL_INIT, own = WEFT_CANCEL_INIT;
    weft_executor *pool = open_crew(2, &cancel);
    weft_future *futures[MANY], *other;

    futures[0] = hold_worker(pool, NULL);
    futures[1] = hold_worker(pool, NULL);
    other = submit_job(pool, mark, 9, &(weft_submit_options){.cancel = &own});
    for (int i = 2; i < MANY; i++)
        futures[i] = submit_job(pool, mark, i, NULL);
    weft_cancel_request(&cancel);
    for (int i = 0; i < MANY; i++)
        expect_code(futures[i], WEFT_ECANCELED);
    expect_value(other, 9); /* it has another token, and so is not meant */
    CU_ASSERT_EQUAL(runs_so_far(), 3);
    expect_code(submit_job(pool, mark, 1, NULL), WEFT_ECANCELED);
    close_crew(pool);
}

static void a_tasks_own_token_ends_it_alone(void)
{
    weft_cancel *cancel = calloc(1, sizeof(*cancel));
    weft_executor *pool = open_crew(2, NULL);
    weft_submit_options options = {.cancel = cancel};
    weft_future *running, *other, *queued[3], *left;

    CU_ASSERT_PTR_NOT_NULL_FATAL(cancel);
    running = hold_worker(pool, &options);
    other = hold_worker(pool, NULL);
    for (int i = 0; i < 3; i++)
        queued[i] = submit_job(pool, mark, i, &options);
    left = submit_job(pool, mark, 8, NULL);
    weft_cancel_request(cancel);
    expect_code(running, WEFT_ECANCELED);
    for (int i = 0; i < 3; i++)
        expect_code(queued[i], WEFT_ECANCELED);
    free(cancel); /* its tasks are done */
    expect_value(left, 8);
    CU_ASSERT_FALSE(weft_future_done(other));
    let_go(1);
    expect_value(other, -1);
    close_crew(pool);
}

static void a_token_that_expires_ends_its_task(void)
{
    weft_cancel cancel = {.expires = weft_in(WEFT_MS(20))};
    weft_executor *pool = open_crew(1, NULL);

    expect_code(submit_job(pool, wait_at_gate, 1, &(weft_submit_options){.cancel = &cancel}),
                WEFT_ECANCELED);
    CU_ASSERT_TRUE(weft_clock() >= cancel.expires);
    close_crew(pool);
}

/* ---- shutdown --------------------------------------------------------------------------- */

static void discard_cancels_what_has_not_begun(void)
{
    weft_executor *pool = open_crew(2, NULL);
    weft_future *held[2], *futures[MANY], *later;
    weft_executor_stats stats;

    warm_up(pool);
    held[0] = hold_worker(pool, NULL);
    held[1] = hold_worker(pool, NULL);
    for (int i = 0; i < MANY; i++)
        futures[i] = submit_job(pool, mark, i, NULL);
    later = submit_job(pool, mark, 1, &(weft_submit_options){.at = weft_in(WEFT_S(3600))});
    CHECK_ERROR(weft_executor_shutdown(pool, WEFT_DISCARD, WEFT_NOW), WEFT_ETIMEDOUT);
    for (int i = 0; i < MANY; i++) {
        CHECK_ERROR(weft_future_result(futures[i], NULL, 0, WEFT_NOW), WEFT_ECANCELED);
        weft_future_release(futures[i]);
    }
    expect_code(later, WEFT_ECANCELED);
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.cancelled, MANY + 1);
    CU_ASSERT_EQUAL(stats.busy, 2);
    let_go(2);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DISCARD, SOON));
    expect_value(held[0], -1);
    expect_value(held[1], -1);
    CU_ASSERT_EQUAL(runs_so_far(), 2);
    close_crew(pool);
}

static void close_kills_what_runs_and_says_so(void)
{
    weft_executor *pool = open_crew(1, NULL);
    weft_future *running = hold_worker(pool, NULL), *queued = submit_job(pool, mark, 1, NULL);

    weft_executor_close(pool);
    CHECK_ERROR(weft_future_result(running, NULL, 0, WEFT_NOW), WEFT_ELOST);
    CHECK_SENTENCE("pool Crew was closed");
    CHECK_SENTENCE("Crew-1");
    CHECK_ERROR(weft_future_result(queued, NULL, 0, WEFT_NOW), WEFT_ECANCELED);
    CHECK_ERROR(weft_future_cancel(running), WEFT_ECLOSED); /* futures outlive their pool */
    CHECK_OK(weft_future_cancel(queued));
    CU_ASSERT_FALSE(weft_future_running(running));
    weft_future_release(running);
    weft_future_release(queued);
    close_jobs();
}

const char *const suite_name = "process_pool_cancel";
CU_TestInfo suite_cases[] = {
    {"what_is_cancelled_never_runs", what_is_cancelled_never_runs},
    {"an_interrupt_ends_the_waits_of_one_task", an_interrupt_ends_the_waits_of_one_task},
    {"an_interrupt_that_comes_late_meets_no_other_task",
     an_interrupt_that_comes_late_meets_no_other_task},
    {"a_task_that_goes_on_is_killed_after_the_grace",
     a_task_that_goes_on_is_killed_after_the_grace},
    {"the_pools_token_ends_all_its_tasks", the_pools_token_ends_all_its_tasks},
    {"a_tasks_own_token_ends_it_alone", a_tasks_own_token_ends_it_alone},
    {"a_token_that_expires_ends_its_task", a_token_that_expires_ends_its_task},
    {"discard_cancels_what_has_not_begun", discard_cancels_what_has_not_begun},
    {"close_kills_what_runs_and_says_so", close_kills_what_runs_and_says_so},
    CU_TEST_INFO_NULL,
};
