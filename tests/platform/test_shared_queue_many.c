/* SPDX-License-Identifier: MIT */
/*
 * Many putters and getters at one queue between processes: processes, and the threads of
 * one, where a race detector sees them. No item is lost, doubled, torn or overtaken by a
 * later one of the same putter, and nobody is left asleep.
 */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/shared.h"
#include "weft/shared_queue.h"

enum { PUTTERS = 3, GETTERS = 3, ITEMS = 3000, MOST_WORDS = 50 };

/* What all share, in the arena. */
struct record {
    weft_atomic_u32 seen[PUTTERS][ITEMS]; /* how often each was got */
    weft_atomic_u32 putters, getters;     /* each takes a number */
};

struct traffic {
    weft_shared_queue queue;
    weft_offset record;
    size_t words; /* of the smallest item */
    bool mixed;   /* of all sizes from there on */
};

static struct traffic make_traffic(weft_shared_queue_options options, size_t words, bool mixed)
{
    struct traffic t = {.words = words, .mixed = mixed};

    CU_ASSERT_EQUAL_FATAL(weft_shared_queue_create(&t.queue, &options), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&t.record, sizeof(struct record)), 0);
    return t;
}

/* Each item was got once. */
static void check_and_close(const struct traffic *t)
{
    struct record *record = weft_shared_pointer(t->record);
    uint32_t wrong = 0;

    for (int p = 0; p < PUTTERS; p++)
        for (int i = 0; i < ITEMS; i++)
            wrong += weft_load_u32(&record->seen[p][i], WEFT_RELAXED) != 1;
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(weft_shared_queue_size(t->queue), 0);
    weft_shared_queue_close(t->queue);
    weft_shared_free(t->record);
}

/* An item says whether it is whole: putter, number, and words that follow from them. */
static size_t fill(uint32_t *words, const struct traffic *t, uint32_t putter, uint32_t number)
{
    size_t count = t->words + (t->mixed ? number * 7 % (MOST_WORDS - t->words) : 0);

    words[0] = putter;
    words[1] = number;
    for (size_t i = 2; i < count; i++)
        words[i] = putter * 1000003 + number * 31 + (uint32_t)i;
    return count * sizeof(uint32_t);
}

static int put_all(weft_task *task, struct traffic t)
{
    struct record *record = weft_shared_pointer(t.record);
    uint32_t self = weft_fetch_add_u32(&record->putters, 1, WEFT_RELAXED);
    uint32_t words[MOST_WORDS];

    for (uint32_t i = 0; i < ITEMS; i++) {
        size_t size = fill(words, &t, self, i);

        REQUIRE(task, weft_shared_queue_put(t.queue, words, size, SOON) == 0);
    }
    return 0;
}

static int get_all(weft_task *task, struct traffic t)
{
    struct record *record = weft_shared_pointer(t.record);
    uint32_t next[PUTTERS] = {0};
    uint32_t words[MOST_WORDS], whole[MOST_WORDS];
    size_t length;
    int err;

    while ((err = weft_shared_queue_get(t.queue, words, sizeof(words), &length, SOON)) == 0) {
        REQUIRE(task, length >= 2 * sizeof(words[0]) && words[0] < PUTTERS && words[1] < ITEMS);
        REQUIRE(task, fill(whole, &t, words[0], words[1]) == length);
        REQUIRE(task, memcmp(words, whole, length) == 0);
        REQUIRE(task, words[1] >= next[words[0]]); /* of one putter in order */
        next[words[0]] = words[1] + 1;
        weft_fetch_add_u32(&record->seen[words[0]][words[1]], 1, WEFT_RELAXED);
    }
    REQUIRE(task, err == WEFT_ECLOSED);
    return 0;
}

static int putter(weft_task *task)
{
    return put_all(task, WEFT_ARG(task, struct traffic));
}

static int getter(weft_task *task)
{
    return get_all(task, WEFT_ARG(task, struct traffic));
}

static void run_processes(weft_shared_queue_options options, size_t words, bool mixed)
{
    weft_process *putters[PUTTERS], *getters[GETTERS];
    struct traffic t = make_traffic(options, words, mixed);

    start_processes(getters, GETTERS, getter, &t, sizeof(t));
    start_processes(putters, PUTTERS, putter, &t, sizeof(t));
    join_processes(putters, PUTTERS);
    weft_shared_queue_shutdown(t.queue, WEFT_DRAIN);
    join_processes(getters, GETTERS);
    check_and_close(&t);
}

static void processes_at_a_small_queue(void)
{
    run_processes((weft_shared_queue_options){.items = 2}, MOST_WORDS, false);
}

static void processes_at_a_large_queue(void)
{
    run_processes((weft_shared_queue_options){.bytes = 20000}, 2, false);
}

/* The first who is woken may need more room than there is. */
static void processes_with_items_of_many_sizes(void)
{
    run_processes((weft_shared_queue_options){.bytes = 500}, 2, true);
}

static int putting_thread(weft_task *task)
{
    return put_all(task, *WEFT_ARG(task, struct traffic *));
}

static int getting_thread(weft_task *task)
{
    return get_all(task, *WEFT_ARG(task, struct traffic *));
}

static void run_threads(weft_shared_queue_options options, size_t words, bool mixed)
{
    weft_thread *putters[PUTTERS], *getters[GETTERS];
    struct traffic t = make_traffic(options, words, mixed);

    start_threads(getters, GETTERS, getting_thread, &t);
    start_threads(putters, PUTTERS, putting_thread, &t);
    join_threads(putters, PUTTERS);
    weft_shared_queue_shutdown(t.queue, WEFT_DRAIN);
    join_threads(getters, GETTERS);
    check_and_close(&t);
}

static void threads_at_a_small_queue(void)
{
    run_threads((weft_shared_queue_options){.items = 1}, 3, false);
}

static void threads_with_items_of_many_sizes(void)
{
    run_threads((weft_shared_queue_options){.bytes = 440}, 2, true);
}

/* ---- one at a time ----------------------------------------------------------------------- */

struct relay {
    weft_shared_queue there, back;
};

static int send_back(weft_task *task)
{
    struct relay r = WEFT_ARG(task, struct relay);
    uint32_t number;
    int err;

    while ((err = weft_shared_queue_get(r.there, &number, sizeof(number), NULL, SOON)) == 0)
        REQUIRE(task, weft_shared_queue_put(r.back, &number, sizeof(number), SOON) == 0);
    REQUIRE(task, err == WEFT_ECLOSED);
    return 0;
}

/* Each side waits for each item: no wake-up may be missed. */
static void items_go_to_and_fro(void)
{
    struct relay r;
    weft_process *process;

    CU_ASSERT_EQUAL_FATAL(weft_shared_queue_create(&r.there, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_queue_create(&r.back, NULL), 0);
    process = start_process(send_back, &r, sizeof(r));
    for (uint32_t i = 0; i < ITEMS; i++) {
        uint32_t number = 0;

        CHECK_OK(weft_shared_queue_put(r.there, &i, sizeof(i), SOON));
        CHECK_OK(weft_shared_queue_get(r.back, &number, sizeof(number), NULL, SOON));
        CU_ASSERT_EQUAL(number, i);
    }
    weft_shared_queue_shutdown(r.there, WEFT_DRAIN);
    join_process(process);
    weft_shared_queue_close(r.there);
    weft_shared_queue_close(r.back);
}

const char *const suite_name = "shared_queue_many";
CU_TestInfo suite_cases[] = {
    {"processes_at_a_small_queue", processes_at_a_small_queue},
    {"processes_at_a_large_queue", processes_at_a_large_queue},
    {"processes_with_items_of_many_sizes", processes_with_items_of_many_sizes},
    {"threads_at_a_small_queue", threads_at_a_small_queue},
    {"threads_with_items_of_many_sizes", threads_with_items_of_many_sizes},
    {"items_go_to_and_fro", items_go_to_and_fro},
    CU_TEST_INFO_NULL,
};
