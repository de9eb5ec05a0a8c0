/* SPDX-License-Identifier: MIT */
/*
 * A checked history of everything at once: each task is submitted, refused, run, cancelled,
 * interrupted, asked and released by whoever comes, in pools that end in the middle of it.
 * Afterwards each that was accepted has ended in exactly one way, none that was refused has
 * run, all arguments and results were whole, and all memory is back.
 */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "fail.h"
#include "weft/atomic.h"
#include "weft/cancel.h"
#include "weft/event.h"
#include "weft/executor.h"
#include "weft/future.h"

enum { ROUNDS = 12, POOLS = 3, SUBMITTERS = 3, EACH = 400, CHILDREN = 2, LARGEST = 10000 };
enum { RECORDS = SUBMITTERS * EACH * (1 + CHILDREN) };

/* What happened to one task. */
struct record {
    weft_atomic_u32 accepted, refused;  /* submits */
    weft_atomic_u32 begun, ended, told; /* runs; returns; callbacks */
    weft_atomic_u32 asked;              /* for a callback */
    weft_atomic_u32 wrong;              /* arguments and results that were not whole */
};

static struct record records[RECORDS];
static weft_atomic_u32 records_used;
static weft_executor *pools[POOLS];
static weft_event never;

static const size_t sizes[] = {8, 48, 49, 10000};

struct random {
    uint32_t state;
};

static uint32_t below(struct random *random, uint32_t limit)
{
    random->state = random->state * 1664525u + 1013904223u;
    return (random->state >> 12) % limit;
}

/* What the bytes of argument and result of a record are. */
struct parcel {
    uint32_t record;
    uint32_t seed;
    unsigned char bytes[LARGEST];
};

static void pack(struct parcel *parcel, uint32_t record, uint32_t seed, size_t size)
{
    parcel->record = record;
    parcel->seed = seed;
    for (size_t i = 8; i < size; i++)
        parcel->bytes[i - 8] = (unsigned char)(record + seed + i);
}

static bool is_whole(const struct parcel *parcel, size_t size)
{
    bool whole = true;

    for (size_t i = 8; i < size; i++)
        whole = whole && parcel->bytes[i - 8] == (unsigned char)(parcel->record + parcel->seed + i);
    return whole && parcel->record < RECORDS;
}

static void add(weft_atomic_u32 *counter)
{
    weft_fetch_add_u32(counter, 1, WEFT_RELAXED);
}

static void tell(weft_future *future, void *context)
{
    struct record *record = context;

    (void)future;
    add(&record->told);
}

static int play(struct random *random, int depth);

/* Checks its argument, then does this or that. */
static int run(weft_task *task)
{
    size_t size = weft_task_argument_size(task);
    const struct parcel *parcel = weft_task_argument(task, size);
    struct record *record = &records[parcel->record];
    struct random random = {parcel->seed};
    int err = 0;

    add(&record->begun);
    if (!is_whole(parcel, size))
        add(&record->wrong);
    switch (below(&random, 8)) {
    case 0:
        err = weft_task_fail(task, WEFT_EFAILED, "record %u", (unsigned)parcel->record);
        break;
    case 1:
        (void)weft_event_wait(&never, weft_in(WEFT_US(300))); /* may be interrupted */
        break;
    case 2:
    case 3: /* children, and waits for them */
        if (parcel->seed & 1)
            for (int i = 0; i < CHILDREN; i++)
                (void)play(&random, 1);
        break;
    default:
        break;
    }
    if (err == 0)
        err = weft_task_return(task, parcel, size);
    add(&record->ended);
    return err;
}

/* 0, or the codes that there may be. */
static void check_result_of(struct record *record, weft_future *future, size_t size,
                            weft_time until)
{
    struct parcel parcel;
    int err = weft_future_result(future, &parcel, size, until);

    if (err == 0 && (!is_whole(&parcel, size) || &records[parcel.record] != record))
        add(&record->wrong);
    else if (err != 0 && err != WEFT_EFAILED && err != WEFT_ECANCELED && err != WEFT_ETIMEDOUT)
        add(&record->wrong);
}

static void handle(struct random *random, struct record *record, weft_future *future, size_t size)
{
    bool asked = below(random, 2) == 0;

    if (asked && weft_future_on_done(future, tell, record) == 0)
        add(&record->asked);
    switch (below(random, 6)) {
    case 0:
        (void)weft_future_cancel(future);
        break;
    case 1:
        (void)weft_future_interrupt(future);
        break;
    case 2:
        check_result_of(record, future, size, WEFT_NOW);
        break;
    case 3:
        check_result_of(record, future, size, weft_in(WEFT_US(100)));
        break;
    case 4:
        check_result_of(record, future, size, WEFT_FOREVER);
        break;
    default:
        break; /* released at once */
    }
    weft_future_release(future);
}

/* One task from submit to release. Tasks submit only to pools of higher numbers and their own,
 * and all that they wait for ends, so nothing waits in a circle. */
static int play(struct random *random, int depth)
{
    struct parcel parcel;
    uint32_t number = weft_fetch_add_u32(&records_used, 1, WEFT_RELAXED);
    size_t size = sizes[below(random, 4)];
    struct record *record = &records[number];
    weft_executor *pool = pools[depth > 0 ? POOLS - 1 : below(random, POOLS)];
    const weft_submit_options options = {.priority = (enum weft_priority)((int)below(random, 3) -
                                                                          1)};
    weft_future *future;
    bool wanted = below(random, 4) != 0;
    /* Only the outer ones have children: bit 0. */
    uint32_t seed = below(random, 1u << 20) * 2 + (depth == 0);
    int err;

    pack(&parcel, number, seed, size);
    err = weft_submit_with(pool, wanted ? &future : NULL, run, &parcel, size, &options,
                           weft_in(WEFT_MS(1)));
    add(err == 0 ? &record->accepted : &record->refused);
    memset(&parcel, 0xee, size < sizeof(parcel) ? size : sizeof(parcel)); /* it was copied */
    if (err == 0 && wanted)
        handle(random, record, future, size);
    return err;
}

static weft_atomic_u32 last_seed;

static int submit_many(weft_task *task)
{
    struct random random = {weft_fetch_add_u32(&last_seed, 977, WEFT_RELAXED)};

    (void)task;
    for (int i = 0; i < EACH; i++)
        (void)play(&random, 0);
    return 0;
}

/* ---- one round ------------------------------------------------------------------------- */

static void open_pools(int round)
{
    const enum weft_when_full policies[] = {WEFT_FULL_WAIT, WEFT_FULL_REFUSE, WEFT_FULL_RUN,
                                            WEFT_FULL_DROP_OLDEST};

    memset(records, 0, sizeof(records));
    weft_store_u32(&records_used, 0, WEFT_RELAXED);
    for (int i = 0; i < POOLS; i++) {
        unsigned workers = 1 + (unsigned)(round + i) % 4;

        pools[i] = weft_thread_pool(&(weft_pool_options){
            .workers = workers,
            .workers_most = i == 1 ? 4 : workers,
            .idle = WEFT_US(200),
            .capacity = round % 2 == 0 ? 0 : 8,
            .when_full = policies[(round / 2 + i) % 4]});
        CU_ASSERT_PTR_NOT_NULL_FATAL(pools[i]);
    }
}

static void check_figures(weft_executor *pool, uint64_t *submitted)
{
    weft_executor_stats stats;

    CHECK_OK(weft_executor_stats_get(pool, &stats));
    CU_ASSERT_EQUAL(stats.submitted, stats.finished + stats.failed + stats.cancelled);
    *submitted += stats.submitted;
}

static void check_records(uint64_t submitted)
{
    uint32_t used = weft_load_u32(&records_used, WEFT_RELAXED);
    unsigned bad = 0;
    uint64_t accepted = 0;

    CU_ASSERT_TRUE(used <= RECORDS);
    for (uint32_t i = 0; i < used; i++) {
        const struct record *r = &records[i];
        uint32_t taken = weft_load_u32(&r->accepted, WEFT_RELAXED);
        uint32_t begun = weft_load_u32(&r->begun, WEFT_RELAXED);

        accepted += taken;
        bad += taken + weft_load_u32(&r->refused, WEFT_RELAXED) != 1;
        bad += begun > taken || begun != weft_load_u32(&r->ended, WEFT_RELAXED);
        bad += weft_load_u32(&r->told, WEFT_RELAXED) != weft_load_u32(&r->asked, WEFT_RELAXED);
        bad += weft_load_u32(&r->wrong, WEFT_RELAXED) != 0;
    }
    CU_ASSERT_EQUAL(bad, 0);
    CU_ASSERT_EQUAL(accepted, submitted);
}

static void everything_at_once_comes_to_one_end(void)
{
    weft_event_clear(&never);
    for (int round = 0; round < ROUNDS; round++) {
        weft_thread *threads[SUBMITTERS];
        uint64_t submitted = 0;

        watch_memory();
        open_pools(round);
        start_threads(threads, SUBMITTERS, submit_many, NULL);
        if (round % 3 != 0) { /* in the middle of it, for one pool or for all */
            weft_sleep(WEFT_MS(round % 4));
            for (int i = 0; i < (round % 3 == 1 ? 1 : POOLS); i++)
                CHECK_OK(weft_executor_shutdown(pools[i], i % 2 ? WEFT_DRAIN : WEFT_DISCARD,
                                                SOON));
        }
        join_threads(threads, SUBMITTERS);
        for (int i = 0; i < POOLS; i++)
            CHECK_OK(weft_executor_shutdown(pools[i], round % 2 ? WEFT_DRAIN : WEFT_DISCARD,
                                            SOON));
        for (int i = 0; i < POOLS; i++) {
            check_figures(pools[i], &submitted);
            weft_executor_close(pools[i]);
        }
        check_records(submitted);
        unwatch_memory();
    }
}

/* ---- futures that outlive their pool ------------------------------------------------------- */

static void futures_may_be_released_after_their_pool(void)
{
    watch_memory();
    for (int round = 0; round < 20; round++) {
        weft_executor *pool = weft_thread_pool(&(weft_pool_options){.workers = 2});
        weft_future *futures[100];
        struct parcel parcel;

        CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
        memset(records, 0, sizeof(records));
        for (uint32_t i = 0; i < 100; i++) {
            size_t size = sizes[i % 4];

            pack(&parcel, i, i * 2, size);
            CHECK_OK(weft_submit(pool, &futures[i], run, &parcel, size));
        }
        weft_executor_close(pool);
        for (uint32_t i = 0; i < 100; i++) {
            uint32_t at = round % 2 ? i : 99 - i;

            CU_ASSERT_TRUE(weft_future_done(futures[at]));
            check_result_of(&records[at], futures[at], sizes[at % 4], WEFT_NOW);
            CU_ASSERT_EQUAL(weft_load_u32(&records[at].wrong, WEFT_RELAXED), 0);
            weft_future_release(futures[at]);
        }
    }
    unwatch_memory();
}

const char *const suite_name = "pool_stress";
CU_TestInfo suite_cases[] = {
    {"everything_at_once_comes_to_one_end", everything_at_once_comes_to_one_end},
    {"futures_may_be_released_after_their_pool", futures_may_be_released_after_their_pool},
    CU_TEST_INFO_NULL,
};
