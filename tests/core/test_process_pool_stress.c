/* SPDX-License-Identifier: MIT */
/*
 * Workers that are killed at random moments, from outside. Each task leaves on a board in
 * shared memory how often it began and ended; each future is told once. The killer looks into
 * the pool: nobody else knows its processes.
 */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "jobs.h"
#include "process_pool.h"
#include "weft/atomic.h"

enum { TASKS = 1000, LARGE = 3000, KILLS = 50 };

/* In the arena: what became of each task. */
struct trace {
    weft_atomic_u32 begun[TASKS], ended[TASKS];
};

struct step {
    weft_offset trace;
    uint32_t number;
    weft_time takes;
    char padding[8];
};

/* Half of the tasks are told and asked for much. */
struct parcel {
    struct step step;
    char bytes[LARGE];
};

static uint32_t expected(uint32_t number)
{
    return number * 2654435761u;
}

static int work(weft_task *task)
{
    bool large = weft_task_argument_size(task) == sizeof(struct parcel);
    struct step step = large ? WEFT_ARG(task, struct parcel).step : WEFT_ARG(task, struct step);
    struct trace *trace = weft_shared_pointer(step.trace);
    uint32_t result[LARGE / sizeof(uint32_t)];

    weft_fetch_add_u32(&trace->begun[step.number], 1, WEFT_SEQ_CST);
    if (step.takes > 0)
        weft_sleep(step.takes);
    for (size_t i = 0; i < sizeof(result) / sizeof(result[0]); i++)
        result[i] = expected(step.number);
    weft_fetch_add_u32(&trace->ended[step.number], 1, WEFT_SEQ_CST);
    return weft_task_return(task, result, large ? sizeof(result) : sizeof(result[0]));
}

/* ---- the killer --------------------------------------------------------------------- */

struct killer {
    weft_executor *pool;
    weft_time pause;
    weft_atomic_u32 stop, kills;
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Kills one that has got ready; others would be starts that failed. */
static bool kill_one(weft_executor *executor, uint32_t number)
{
    struct weft__process_pool *pool = weft__process_pool_of(executor);
    bool killed = false;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    for (unsigned i = 0; i < pool->seat_count && !killed; i++) {
        struct weft__seat *seat = &pool->seats[(i + number) % pool->seat_count];

        killed = seat->ready && weft_process_kill(seat->process) == 0;
    }
    weft_mutex_release(&pool->mutex);
    return killed;
}

static int kill_some(weft_task *task)
{
    struct killer *killer = WEFT_ARG(task, struct killer *);
    uint32_t random = 4711;

    while (weft_load_u32(&killer->stop, WEFT_ACQUIRE) == 0 &&
           weft_load_u32(&killer->kills, WEFT_RELAXED) < KILLS) {
        weft_sleep(killer->pause / 2 + next_random(&random) % (uint32_t)killer->pause);
        weft_fetch_add_u32(&killer->kills, kill_one(killer->pool, next_random(&random)),
                           WEFT_RELAXED);
    }
    return 0;
}

/* ---- what became of the tasks ---------------------------------------------------------- */

static weft_atomic_u32 told[TASKS];

static void hear(weft_future *future, void *context)
{
    weft_fetch_add_u32(context, weft_future_done(future), WEFT_SEQ_CST);
}

static weft_future *submit(weft_executor *pool, weft_offset at, uint32_t number, weft_time takes,
                           const weft_submit_options *options)
{
    static struct parcel parcel;
    weft_future *future = NULL;

    parcel.step = (struct step){.trace = at, .number = number, .takes = takes};
    CHECK_OK(weft_submit_with(pool, &future, work, &parcel,
                              number % 2 == 0 ? sizeof(parcel) : sizeof(parcel.step), options,
                              SOON));
    CU_ASSERT_PTR_NOT_NULL_FATAL(future);
    if (number % 3 == 0)
        CHECK_OK(weft_future_on_done(future, hear, &told[number]));
    return future;
}

/* Whether it has the right result; asserts that it is lost otherwise. */
static bool is_right(weft_future *future, uint32_t number)
{
    uint32_t result[LARGE / sizeof(uint32_t)];
    size_t count = number % 2 == 0 ? LARGE / sizeof(uint32_t) : 1, wrong = 0;
    int err = weft_future_result(future, result, count * sizeof(uint32_t), SOON);

    if (err != 0) {
        CU_ASSERT_EQUAL(err, WEFT_ELOST);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        wrong += result[i] != expected(number);
    CU_ASSERT_EQUAL(wrong, 0);
    return true;
}

/* How many are right. `most`: times that a task may begin. */
static unsigned check_all(weft_future **futures, const struct trace *trace, uint32_t most)
{
    unsigned right = 0;

    for (uint32_t i = 0; i < TASKS; i++) {
        bool good = is_right(futures[i], i);
        uint32_t begun = weft_load_u32(&trace->begun[i], WEFT_SEQ_CST);
        uint32_t ended = weft_load_u32(&trace->ended[i], WEFT_SEQ_CST);

        CU_ASSERT_TRUE(begun <= most);
        CU_ASSERT_TRUE(!good || ended >= 1);
        right += good;
        weft_future_release(futures[i]);
    }
    return right;
}

static void check_told(void)
{
    for (uint32_t i = 0; i < TASKS; i++)
        CU_ASSERT_EQUAL(weft_load_u32(&told[i], WEFT_SEQ_CST), i % 3 == 0);
}

/* TASKS tasks while workers are killed all the time. */
static void run_under_fire(unsigned workers, weft_time takes, weft_time pause,
                           const weft_submit_options *options)
{
    static weft_future *futures[TASKS];
    struct killer killer = {.pause = pause};
    weft_executor_stats stats;
    weft_thread *thread;
    weft_offset at;
    unsigned right;

    memset(told, 0, sizeof(told));
    CHECK_OK(weft_shared_alloc(&at, sizeof(struct trace)));
    killer.pool = processes(&(weft_pool_options){.workers = workers});
    start_threads(&thread, 1, kill_some, &killer);
    for (uint32_t i = 0; i < TASKS; i++)
        futures[i] = submit(killer.pool, at, i, takes, options);
    right = check_all(futures, weft_shared_pointer(at), options ? UINT32_MAX : 1);
    weft_store_u32(&killer.stop, 1, WEFT_RELEASE);
    join_threads(&thread, 1);
    CHECK_OK(weft_executor_shutdown(killer.pool, WEFT_DRAIN, SOON));
    CHECK_OK(weft_executor_stats_get(killer.pool, &stats));
    CU_ASSERT_EQUAL(stats.finished, right);
    CU_ASSERT_EQUAL(stats.lost, TASKS - right);
    CU_ASSERT_EQUAL(stats.failed, TASKS - right);
    CU_ASSERT_TRUE(stats.lost + stats.retried <= weft_load_u32(&killer.kills, WEFT_RELAXED));
    if (options)
        CU_ASSERT_EQUAL(right, TASKS);
    check_told();
    weft_executor_close(killer.pool);
    weft_shared_free(at);
}

static void each_task_is_right_or_told_to_be_lost(void)
{
    run_under_fire(2, WEFT_US(500), WEFT_MS(10), NULL);
    run_under_fire(4, WEFT_US(500), WEFT_MS(10), NULL);
}

static void short_tasks_are_right_or_told_to_be_lost(void)
{
    for (int i = 0; i < 5; i++)
        run_under_fire(3, 0, WEFT_US(200), NULL);
}

static void tasks_that_may_be_tried_again_are_all_right(void)
{
    run_under_fire(3, WEFT_US(300), WEFT_MS(10), &(weft_submit_options){.retries = 1000});
    run_under_fire(2, 0, WEFT_US(300), &(weft_submit_options){.retries = 1000});
}

static int square(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    return WEFT_RETURN(task, int, x *x);
}

static void an_idle_worker_that_is_killed_harms_no_map(void)
{
    weft_executor *pool = processes(&(weft_pool_options){.workers = 2});
    int in[8] = {0, 1, 2, 3, 4, 5, 6, 7}, out[8];

    for (int trial = 0; trial < 100; trial++) {
        weft_map_options again = {.task = &(weft_submit_options){.retries = 10}};

        memset(out, -1, sizeof(out));
        (void)kill_one(pool, (uint32_t)trial);
        CHECK_OK(weft_map_with(pool, square, WEFT_ITEMS(in), WEFT_ITEMS(out), &again, SOON));
        for (int i = 0; i < 8; i++)
            CU_ASSERT_EQUAL(out[i], i * i);
    }
    weft_executor_close(pool);
}

/* What cancels, interrupts and kills do to each other. */
static void cancels_and_kills_may_meet(void)
{
    static weft_future *futures[TASKS];
    struct killer killer = {.pause = WEFT_MS(1)};
    unsigned ended[4] = {0}; /* right, cancelled, lost, other */
    weft_executor_stats stats;
    weft_thread *thread;
    weft_offset at;

    memset(told, 0, sizeof(told));
    CHECK_OK(weft_shared_alloc(&at, sizeof(struct trace)));
    killer.pool = processes(&(weft_pool_options){.workers = 3});
    start_threads(&thread, 1, kill_some, &killer);
    for (uint32_t i = 0; i < TASKS; i++) {
        futures[i] = submit(killer.pool, at, i, WEFT_US(20), NULL);
        if (i % 4 == 1)
            (void)weft_future_cancel(futures[i / 2]);
        else if (i % 4 == 2)
            (void)weft_future_interrupt(futures[i - i % 7]);
    }
    for (uint32_t i = 0; i < TASKS; i++) {
        int err = weft_future_result(futures[i], NULL, 0, SOON);

        ended[err == 0 ? 0 : err == WEFT_ECANCELED ? 1 : err == WEFT_ELOST ? 2 : 3]++;
        weft_future_release(futures[i]);
    }
    weft_store_u32(&killer.stop, 1, WEFT_RELEASE);
    join_threads(&thread, 1);
    CHECK_OK(weft_executor_shutdown(killer.pool, WEFT_DRAIN, SOON));
    CHECK_OK(weft_executor_stats_get(killer.pool, &stats));
    CU_ASSERT_EQUAL(ended[3], 0);
    CU_ASSERT_EQUAL(stats.finished, ended[0]);
    CU_ASSERT_EQUAL(stats.cancelled + stats.failed, ended[1] + ended[2]);
    CU_ASSERT_EQUAL(stats.lost, ended[2]);
    check_told();
    weft_executor_close(killer.pool);
    weft_shared_free(at);
}

const char *const suite_name = "process_pool_stress";
CU_TestInfo suite_cases[] = {
    {"each_task_is_right_or_told_to_be_lost", each_task_is_right_or_told_to_be_lost},
    {"short_tasks_are_right_or_told_to_be_lost", short_tasks_are_right_or_told_to_be_lost},
    {"tasks_that_may_be_tried_again_are_all_right", tasks_that_may_be_tried_again_are_all_right},
    {"an_idle_worker_that_is_killed_harms_no_map", an_idle_worker_that_is_killed_harms_no_map},
    {"cancels_and_kills_may_meet", cancels_and_kills_may_meet},
    CU_TEST_INFO_NULL,
};
