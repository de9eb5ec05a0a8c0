/* SPDX-License-Identifier: MIT */
/*
 * A history that is checked: several producers and consumers with batches, deadlines and a
 * shutdown at random, and afterwards what was put is compared with what was got.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "weft/atomic.h"
#include "weft/queue.h"
#include "weft/thread.h"

enum { PRODUCERS = 4, CONSUMERS = 4, ITEMS_EACH = 4000, BATCH = 20 };

struct item {
    uint32_t producer, number;
};

enum end { ALL_PUT, DRAINED, DISCARDED };

struct history {
    weft_queue *queue;
    enum end end;
    bool ordered;                     /* FIFO: consumers see each producer's items rise */
    weft_atomic_u32 producers, seeds; /* numbers that threads take */
    uint32_t put[PRODUCERS];          /* by each producer, successfully; its own until joined */
    weft_atomic_u32 got, disorder, unexpected;
    weft_atomic_u32 seen[PRODUCERS][ITEMS_EACH]; /* how often each was got */
};

static uint32_t random_below(uint32_t *state, uint32_t bound)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state % bound;
}

static weft_time random_deadline(uint32_t *random)
{
    switch (random_below(random, 4)) {
    case 0:
        return WEFT_NOW;
    case 1:
        return weft_in(WEFT_US(random_below(random, 100)));
    default:
        return WEFT_FOREVER;
    }
}

static uint32_t seed_of(struct history *history)
{
    return (weft_fetch_add_u32(&history->seeds, 1, WEFT_RELAXED) + 1) * 2654435761u;
}

/* Puts each item again until it is in; ends at the shutdown. */
static int produce(weft_task *task)
{
    struct history *history = WEFT_ARG(task, struct history *);
    uint32_t self = weft_fetch_add_u32(&history->producers, 1, WEFT_RELAXED);
    uint32_t random = seed_of(history), next = 0;
    int err = 0;

    while (next < ITEMS_EACH && (err == 0 || err == WEFT_ETIMEDOUT)) {
        struct item items[BATCH];
        uint32_t count = random_below(&random, 2) ? 1 : random_below(&random, BATCH + 1);
        size_t put = 0;

        if (count > ITEMS_EACH - next)
            count = ITEMS_EACH - next;
        for (uint32_t i = 0; i < count; i++)
            items[i] = (struct item){self, next + i};
        if (count == 1) {
            err = weft_queue_put(history->queue, items, random_deadline(&random));
            put = err == 0;
        } else {
            err = weft_queue_put_many(history->queue, items, count, &put, random_deadline(&random));
        }
        next += (uint32_t)put;
    }
    history->put[self] = next;
    if (err != 0 && err != WEFT_ETIMEDOUT && err != WEFT_ECLOSED)
        weft_fetch_add_u32(&history->unexpected, 1, WEFT_RELAXED);
    return 0;
}

static void record(struct history *history, const struct item *item, int64_t *last)
{
    if (item->producer >= PRODUCERS || item->number >= ITEMS_EACH) {
        weft_fetch_add_u32(&history->unexpected, 1, WEFT_RELAXED);
        return;
    }
    weft_fetch_add_u32(&history->seen[item->producer][item->number], 1, WEFT_RELAXED);
    if (history->ordered && (int64_t)item->number <= last[item->producer])
        weft_fetch_add_u32(&history->disorder, 1, WEFT_RELAXED);
    last[item->producer] = item->number;
    if (weft_queue_task_done(history->queue) != 0)
        weft_fetch_add_u32(&history->unexpected, 1, WEFT_RELAXED);
}

/* Shuts the queue down in the middle of everything, if that is how it ends. */
static void count_got(struct history *history, uint32_t got)
{
    const uint32_t half = PRODUCERS * ITEMS_EACH / 2;
    uint32_t before = weft_fetch_add_u32(&history->got, got, WEFT_RELAXED);

    if (history->end != ALL_PUT && before < half && before + got >= half)
        weft_queue_shutdown(history->queue, history->end == DISCARDED ? WEFT_DISCARD : WEFT_DRAIN);
}

static int consume(weft_task *task)
{
    struct history *history = WEFT_ARG(task, struct history *);
    int64_t last[PRODUCERS] = {-1, -1, -1, -1};
    uint32_t random = seed_of(history);
    int err = 0;

    while (err == 0 || err == WEFT_ETIMEDOUT) {
        struct item items[BATCH];
        size_t got = 0;

        if (random_below(&random, 2)) {
            err = weft_queue_get(history->queue, items, random_deadline(&random));
            got = err == 0;
        } else {
            err = weft_queue_get_many(history->queue, items, random_below(&random, BATCH) + 1, &got,
                                      random_deadline(&random));
        }
        for (size_t i = 0; i < got; i++)
            record(history, &items[i], last);
        count_got(history, (uint32_t)got);
    }
    if (err != WEFT_ECLOSED)
        weft_fetch_add_u32(&history->unexpected, 1, WEFT_RELAXED);
    return 0;
}

/* Nothing lost but what a discard dropped: of a FIFO the newest items; nothing twice. */
static void check(struct history *history)
{
    uint32_t put = 0, got = 0, twice = 0, lost = 0, gaps = 0;
    weft_queue_stats stats;

    for (int p = 0; p < PRODUCERS; p++) {
        uint32_t missing = 0;

        put += history->put[p];
        for (uint32_t i = 0; i < ITEMS_EACH; i++) {
            uint32_t seen = history->seen[p][i].value;

            got += seen;
            twice += seen > 1;
            lost += seen == 0 && i < history->put[p];
            twice += seen > 0 && i >= history->put[p];
            missing += seen == 0;
            gaps += seen > 0 && missing > 0;
        }
    }
    weft_queue_stats_get(history->queue, &stats);
    CU_ASSERT_EQUAL(twice, 0);
    CU_ASSERT_EQUAL(history->got.value, got);
    CU_ASSERT_EQUAL(stats.put, put);
    CU_ASSERT_EQUAL(stats.got, put);
    CU_ASSERT_EQUAL(stats.size, 0);
    CU_ASSERT_EQUAL(lost, put - got);
    CU_ASSERT_TRUE(history->end == DISCARDED || lost == 0);
    CU_ASSERT_TRUE(!history->ordered || gaps == 0);
    CU_ASSERT_EQUAL(history->disorder.value, 0);
    CU_ASSERT_EQUAL(history->unexpected.value, 0);
}

static void live_through(const weft_queue_options *options, enum end end)
{
    struct history *history = calloc(1, sizeof(*history));
    weft_thread *producers[PRODUCERS], *consumers[CONSUMERS];

    CU_ASSERT_PTR_NOT_NULL_FATAL(history);
    history->end = end;
    history->ordered = options->order == WEFT_FIFO;
    CU_ASSERT_EQUAL_FATAL(weft_queue_create(&history->queue, sizeof(struct item), options), 0);
    start_threads(consumers, CONSUMERS, consume, history);
    start_threads(producers, PRODUCERS, produce, history);
    join_threads(producers, PRODUCERS);
    weft_queue_shutdown(history->queue, WEFT_DRAIN);
    join_threads(consumers, CONSUMERS);
    CHECK_OK(weft_queue_join(history->queue, WEFT_NOW));
    check(history);
    CHECK_OK(weft_queue_close(history->queue));
    free(history);
}

static int compare_items(const void *a, const void *b)
{
    const struct item *one = a, *other = b;

    return (one->number > other->number) - (one->number < other->number);
}

static void a_ring_of(size_t capacity)
{
    for (enum end end = ALL_PUT; end <= DISCARDED; end++)
        live_through(&(weft_queue_options){.capacity = capacity}, end);
}

static void a_ring_of_1(void)
{
    a_ring_of(1);
}

static void a_ring_of_2(void)
{
    a_ring_of(2);
}

static void a_ring_of_7(void)
{
    a_ring_of(7);
}

static void a_ring_of_1024(void)
{
    a_ring_of(1024);
}

static void a_fifo_without_bound(void)
{
    for (enum end end = ALL_PUT; end <= DISCARDED; end++)
        live_through(&(weft_queue_options){0}, end);
}

static void a_lifo(void)
{
    for (enum end end = ALL_PUT; end <= DISCARDED; end++)
        live_through(&(weft_queue_options){.order = WEFT_LIFO, .capacity = end * 10u}, end);
}

static void a_priority_queue(void)
{
    for (enum end end = ALL_PUT; end <= DISCARDED; end++)
        live_through(&(weft_queue_options){.order = WEFT_PRIORITY,
                                           .compare = compare_items,
                                           .capacity = end * 10u},
                     end);
}

const char *const suite_name = "queue_stress";
CU_TestInfo suite_cases[] = {
    {"a_ring_of_1", a_ring_of_1},
    {"a_ring_of_2", a_ring_of_2},
    {"a_ring_of_7", a_ring_of_7},
    {"a_ring_of_1024", a_ring_of_1024},
    {"a_fifo_without_bound", a_fifo_without_bound},
    {"a_lifo", a_lifo},
    {"a_priority_queue", a_priority_queue},
    CU_TEST_INFO_NULL,
};
