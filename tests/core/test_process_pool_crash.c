/* SPDX-License-Identifier: MIT */
/* Workers that die, in every way: what is lost, what is told, and that the pool goes on. */
#include "check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobs.h"
#include "weft/atomic.h"
#include "weft/process.h"

/* What the pool must still be able to do. */
static void goes_on(weft_executor *pool)
{
    expect_value(submit_job(pool, mark, 7, NULL), 7);
}

static int end_by_abort(weft_task *task)
{
    (void)task;
    signal(SIGABRT, SIG_DFL); /* also where a sanitizer listens */
    abort();
}

static int end_by_fault(weft_task *task)
{
    (void)task;
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
    return 0;
}

static void each_end_is_told_by_kind(void)
{
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1, .name = "Crew"});
    expect_code(submit_job(pool, exit_with, 3, NULL), WEFT_ELOST);
    CHECK_SENTENCE("task 1 lost");
    CHECK_SENTENCE("worker Crew-1 (pid ");
    CHECK_SENTENCE("exited with code 3");
    expect_code(submit_job(pool, exit_with, 0, NULL), WEFT_ELOST);
    CHECK_SENTENCE("task 2 lost");
    CHECK_SENTENCE("exited with code 0");
    expect_code(submit_job(pool, end_by_abort, 0, NULL), WEFT_ELOST);
    CHECK_SENTENCE("worker Crew-3 (pid ");
    expect_code(submit_job(pool, end_by_fault, 0, NULL), WEFT_ELOST);
    CHECK_SENTENCE("worker Crew-4 (pid ");
    goes_on(pool);
    weft_executor_close(pool);
    close_jobs();
}

static int print_and_close(weft_task *task)
{
    fflush(stdout);
    fclose(stdin);
    fclose(stderr);
    return WEFT_RETURN(task, int, 5);
}

static void streams_that_a_task_closes_harm_nobody(void)
{
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1});
    expect_value(submit_job(pool, print_and_close, 0, NULL), 5);
    goes_on(pool);
    expect_code(submit_job(pool, exit_with, 4, NULL), WEFT_ELOST);
    goes_on(pool);
    weft_executor_close(pool);
    close_jobs();
}

enum { LARGE = 100 * 1000 * 1000 };

static int make_large(weft_task *task)
{
    char *place = weft_task_result(task, LARGE);

    if (!place)
        return WEFT_ENOMEM;
    memset(place, 'x', LARGE);
    return 0;
}

static void a_large_result_arrives_whole(void)
{
    weft_executor_stats stats;
    weft_executor *pool;
    weft_future *future;
    const void *bytes = NULL;
    size_t size = 0, wrong = 0;
    int err;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1});
    future = submit_job(pool, make_large, 0, NULL);
    err = weft_future_view(future, &bytes, &size, SOON);
    if (err == WEFT_ENOMEM) {
        skip("there is no room for 100 MB in this arena");
    } else {
        CHECK_OK(err);
        CU_ASSERT_EQUAL_FATAL(size, LARGE);
        for (size_t i = 0; i < size; i += 4096)
            wrong += ((const char *)bytes)[i] != 'x';
        CU_ASSERT_EQUAL(wrong, 0);
        CHECK_OK(weft_executor_stats_get(pool, &stats));
        CU_ASSERT_EQUAL(stats.bytes_in, LARGE);
        CU_ASSERT_EQUAL(stats.bytes_out, sizeof(struct job));
    }
    weft_future_release(future);
    goes_on(pool);
    weft_executor_close(pool);
    close_jobs();
}

/* ---- tried again ------------------------------------------------------------------- */

/* Its worker dies, as often as the number says in all. */
static int die_at_first(weft_task *task)
{
    struct job argument = WEFT_ARG(task, struct job);
    struct board *where = weft_shared_pointer(argument.board);

    if ((int)weft_fetch_add_u32(&where->runs, 1, WEFT_SEQ_CST) < argument.number)
        exit(9);
    return WEFT_RETURN(task, int, argument.number);
}

static void a_task_that_may_be_is_tried_again(void)
{
    weft_executor_stats stats;
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 2});
    expect_value(submit_job(pool, die_at_first, 2, &(weft_submit_options){.retries = 2}), 2);
    CU_ASSERT_EQUAL(runs_so_far(), 3);
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.retried, 2);
    CU_ASSERT_EQUAL(stats.lost, 0);
    CU_ASSERT_EQUAL(stats.finished, 1);
    weft_executor_close(pool);
    close_jobs();
}

static void a_poisonous_task_is_told_with_its_tries(void)
{
    weft_executor_stats stats;
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1});
    expect_code(submit_job(pool, exit_with, 1, &(weft_submit_options){.retries = 2}), WEFT_ELOST);
    CHECK_SENTENCE("tried 3 times");
    CHECK_SENTENCE("exited with code 1");
    CU_ASSERT_EQUAL(runs_so_far(), 3);
    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.lost, 1);
    CU_ASSERT_EQUAL(stats.failed, 1);
    goes_on(pool);
    weft_executor_close(pool);
    close_jobs();
}

struct letter {
    struct job job;
    char text[5000];
};

static int read_at_second_try(weft_task *task)
{
    const struct letter *letter = weft_task_argument(task, sizeof(*letter));
    struct board *where = weft_shared_pointer(letter->job.board);

    if (weft_fetch_add_u32(&where->runs, 1, WEFT_SEQ_CST) == 0)
        exit(9);
    return weft_task_return(task, letter->text, sizeof(letter->text));
}

static void a_large_argument_is_there_at_the_second_try(void)
{
    static struct letter letter;
    static char text[sizeof(letter.text)];
    weft_executor *pool;
    weft_future *future;

    open_jobs();
    letter.job = job(0);
    memset(letter.text, 'l', sizeof(letter.text));
    pool = processes(&(weft_pool_options){.workers = 1});
    CHECK_OK(weft_submit_with(pool, &future, read_at_second_try, &letter, sizeof(letter),
                              &(weft_submit_options){.retries = 1}, SOON));
    CHECK_OK(weft_future_result(future, text, sizeof(text), SOON));
    CU_ASSERT_EQUAL(memcmp(text, letter.text, sizeof(text)), 0);
    weft_future_release(future);
    weft_executor_close(pool);
    close_jobs();
}

/* What stands behind a task whose worker dies, in the ring or before it, is not lost. */
static void what_waits_behind_a_dead_worker_runs(void)
{
    enum { TASKS = 100 };
    weft_future *futures[TASKS];
    weft_executor *pool;

    open_jobs();
    pool = processes(&(weft_pool_options){.workers = 1});
    for (int round = 0; round < 5; round++) {
        warm_up(pool);
        for (int i = 0; i < TASKS; i++)
            futures[i] = submit_job(pool, i % 20 == 3 ? exit_with : mark, i, NULL);
        for (int i = 0; i < TASKS; i++)
            if (i % 20 == 3)
                expect_code(futures[i], WEFT_ELOST);
            else
                expect_value(futures[i], i);
        CU_ASSERT_EQUAL(runs_so_far(), TASKS);
    }
    weft_executor_close(pool);
    close_jobs();
}

/* ---- nobody asks --------------------------------------------------------------------- */

static weft_atomic_u32 told;

static void hear(const char *name, int code, const char *sentence)
{
    if (code == WEFT_ELOST && strcmp(name, "Crew") == 0 && strstr(sentence, "task 1 lost"))
        weft_fetch_add_u32(&told, 1, WEFT_SEQ_CST);
}

static bool was_told(void *context)
{
    (void)context;
    return weft_load_u32(&told, WEFT_SEQ_CST) == 1;
}

static void a_loss_that_nobody_asks_for_is_told_to_the_hook(void)
{
    weft_executor *pool;

    open_jobs();
    weft_on_failure(hear);
    pool = processes(&(weft_pool_options){.workers = 1, .name = "Crew"});
    weft_future_release(submit_job(pool, exit_with, 1, NULL));
    CU_ASSERT_TRUE(eventually(was_told, NULL));
    weft_executor_close(pool);
    weft_on_failure(NULL);
    close_jobs();
}

const char *const suite_name = "process_pool_crash";
CU_TestInfo suite_cases[] = {
    {"each_end_is_told_by_kind", each_end_is_told_by_kind},
    {"streams_that_a_task_closes_harm_nobody", streams_that_a_task_closes_harm_nobody},
    {"a_large_result_arrives_whole", a_large_result_arrives_whole},
    {"a_task_that_may_be_is_tried_again", a_task_that_may_be_is_tried_again},
    {"a_poisonous_task_is_told_with_its_tries", a_poisonous_task_is_told_with_its_tries},
    {"a_large_argument_is_there_at_the_second_try", a_large_argument_is_there_at_the_second_try},
    {"what_waits_behind_a_dead_worker_runs", what_waits_behind_a_dead_worker_runs},
    {"a_loss_that_nobody_asks_for_is_told_to_the_hook",
     a_loss_that_nobody_asks_for_is_told_to_the_hook},
    CU_TEST_INFO_NULL,
};
