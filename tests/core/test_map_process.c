/* SPDX-License-Identifier: MIT */
/* weft_map() and weft_imap of a pool of processes: shapes, chunks, failures. test_map_end.c has
 * early ends, test_map_death.c the workers that die. */
#include "check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/executor.h"

enum { ITEMS = 300, UNTOUCHED = -7 };

static const size_t chunks[] = {0, 1, 3, 1000};

static weft_executor *pool;
static int in[ITEMS], out[ITEMS];

static void open_pool(unsigned workers)
{
    pool = weft_process_pool(&(weft_pool_options){.workers = workers});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    for (int i = 0; i < ITEMS; i++) {
        in[i] = i;
        out[i] = UNTOUCHED;
    }
}

static void close_pool(void)
{
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    weft_executor_close(pool);
}

/* ---- shapes -------------------------------------------------------------------------- */

/* What an item begins with; the rest of it, like all of a result, follows from these. */
struct head {
    uint32_t index, result_size;
};

static unsigned char byte_of(uint32_t seed, size_t place)
{
    return (unsigned char)(seed * 131 + place * 7 + place / 256);
}

static void paint(unsigned char *bytes, size_t size, uint32_t seed)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_of(seed, i);
}

static bool is_painted(const unsigned char *bytes, size_t size, uint32_t seed)
{
    size_t right = 0;

    while (right < size && bytes[right] == byte_of(seed, right))
        right++;
    return right == size;
}

/* Some write their result in place, some have it copied. */
static int transform(weft_task *task)
{
    size_t size = weft_task_argument_size(task);
    const unsigned char *item = weft_task_argument(task, size);
    unsigned char *result;
    struct head head;
    int err;

    memcpy(&head, item, sizeof(head));
    if (!is_painted(item + sizeof(head), size - sizeof(head), head.index))
        return weft_task_fail(task, WEFT_EINVAL, "item %u came in bits", (unsigned)head.index);
    if (head.index % 2 == 0) {
        result = weft_task_result(task, head.result_size);
        if (!result)
            return WEFT_ENOMEM;
        paint(result, head.result_size, ~head.index);
        return 0;
    }
    result = malloc(head.result_size + 1);
    if (!result)
        return WEFT_ENOMEM;
    paint(result, head.result_size, ~head.index);
    err = weft_task_return(task, result, head.result_size);
    free(result);
    return err;
}

/* Memory for a test: in the arena, or private. */
struct room {
    unsigned char *bytes;
    weft_offset at;
};

static struct room make_room(size_t size, bool shared)
{
    struct room room = {NULL, 0};

    if (shared && weft_shared_alloc(&room.at, size + 1) == 0)
        room.bytes = weft_shared_pointer(room.at);
    else if (!shared)
        room.bytes = malloc(size + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(room.bytes);
    return room;
}

static void free_room(const struct room *room)
{
    if (room->at != 0)
        weft_shared_free(room->at);
    else
        free(room->bytes);
}

static void check_shape(size_t item_size, size_t result_size, size_t count, size_t chunk,
                        unsigned where)
{
    const weft_map_options options = {.chunk = chunk};
    struct room items = make_room(item_size * count, (where & 1) != 0);
    struct room results = make_room(result_size * count, (where & 2) != 0);
    size_t wrong = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct head head = {i, (uint32_t)result_size};

        memcpy(items.bytes + i * item_size, &head, sizeof(head));
        paint(items.bytes + i * item_size + sizeof(head), item_size - sizeof(head), i);
    }
    memset(results.bytes, 0, result_size * count + 1);
    CHECK_OK(weft_map_with(pool, transform, items.bytes, item_size, count, results.bytes,
                           result_size, count, &options, SOON));
    for (uint32_t i = 0; i < count; i++)
        wrong += !is_painted(results.bytes + i * result_size, result_size, ~i);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(results.bytes[result_size * count], 0);
    free_room(&items);
    free_room(&results);
}

static void every_shape_gives_the_right_results(void)
{
    static const size_t sizes[][2] = {{8, 8},       {24, 1},     {9, 17},
                                      {100, 5000},  {5000, 64},  {1 << 20, 1 << 20},
                                      {8, 1 << 20}, {1 << 20, 8}};
    static const size_t counts[] = {0, 1, 2, 20};

    open_pool(2);
    for (size_t size = 0; size < sizeof(sizes) / sizeof(sizes[0]); size++)
        for (size_t count = 0; count < sizeof(counts) / sizeof(counts[0]); count++)
            for (unsigned where = 0; where < 4; where++)
                for (size_t chunk = 0; chunk < 4; chunk++)
                    check_shape(sizes[size][0], sizes[size][1], counts[count], chunks[chunk],
                                where);
    close_pool();
}

static int count_a_run(weft_task *task)
{
    weft_atomic_u32 *runs = weft_shared_pointer(WEFT_ARG(task, weft_offset));

    weft_fetch_add_u32(runs, 1, WEFT_RELAXED);
    return weft_task_result(task, 5000) ? 0 : WEFT_ENOMEM;
}

static void results_that_nobody_wants_are_dropped(void)
{
    weft_offset at, items[100];

    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&at, sizeof(weft_atomic_u32)), 0);
    for (int i = 0; i < 100; i++)
        items[i] = at;
    open_pool(2);
    for (int i = 0; i < 4; i++) {
        const weft_map_options options = {.chunk = chunks[i]};

        CHECK_OK(weft_map_with(pool, count_a_run, WEFT_ITEMS(items), NULL, 0, 0, &options, SOON));
    }
    CU_ASSERT_EQUAL(weft_load_u32(weft_shared_pointer(at), WEFT_RELAXED), 400);
    close_pool();
    weft_shared_free(at);
}

/* ---- failures ------------------------------------------------------------------------ */

static int fail_at_some(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    if (x % 100 == 42)
        return weft_task_fail(task, WEFT_ETOOBIG, "%d is too much", x);
    return WEFT_RETURN(task, int, x *x);
}

static void a_failure_names_its_item_and_leaves_the_others(void)
{
    open_pool(3);
    for (int i = 0; i < 4; i++) {
        const weft_map_options options = {.chunk = chunks[i]};
        int wrong = 0;

        memset(out, 0xff, sizeof(out));
        CHECK_ERROR(
            weft_map_with(pool, fail_at_some, WEFT_ITEMS(in), WEFT_ITEMS(out), &options, SOON),
            WEFT_ETOOBIG);
        CHECK_SENTENCE("item 42: 42 is too much");
        for (int k = 0; k < ITEMS; k++)
            wrong += out[k] != (k % 100 == 42 ? -1 : k * k);
        CU_ASSERT_EQUAL(wrong, 0);
    }
    close_pool();
}

static int fail_always(weft_task *task)
{
    return weft_task_fail(task, WEFT_ETOOBIG, "%d is too much", WEFT_ARG(task, int));
}

static int return_odd_size(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    if (x == 11)
        return WEFT_RETURN(task, double, 1.5);
    if (x == 12)
        return weft_task_result(task, 100) ? 0 : WEFT_ENOMEM;
    if (x == 13)
        return 0; /* nothing at all */
    return WEFT_RETURN(task, int, x);
}

static void results_of_another_size_are_refused(void)
{
    open_pool(2);
    for (int i = 0; i < 4; i++) {
        const weft_map_options options = {.chunk = chunks[i]};
        int wrong = 0;

        memset(out, 0xff, sizeof(out));
        CHECK_ERROR(
            weft_map_with(pool, return_odd_size, WEFT_ITEMS(in), WEFT_ITEMS(out), &options, SOON),
            WEFT_EINVAL);
        CHECK_SENTENCE("item 11");
        CHECK_SENTENCE("8 bytes, not 4");
        for (int k = 0; k < ITEMS; k++)
            wrong += out[k] != (k >= 11 && k <= 13 ? -1 : k);
        CU_ASSERT_EQUAL(wrong, 0);
    }
    close_pool();
}

/* All results of an iteration: each index once, its result right, in order if it is to be.
 * How many failed. */
static int iterate(weft_function *function, enum weft_imap_order order,
                   const weft_map_options *options)
{
    static unsigned char seen[ITEMS];
    int result, wrong = 0, failed = 0, count = 0, err;
    size_t index;
    weft_imap *imap;

    memset(seen, 0, sizeof(seen));
    CHECK_OK(
        weft_imap_start_with(&imap, pool, function, WEFT_ITEMS(in), sizeof(int), order, options));
    while ((err = weft_imap_next(imap, &index, &result, SOON)) == 0 || err == WEFT_ETOOBIG) {
        char expected[40];

        snprintf(expected, sizeof(expected), "%d is too much", (int)index);
        wrong += seen[index]++ != 0 || (order == WEFT_ORDERED && index != (size_t)count);
        wrong +=
            err == 0 ? result != (int)(index * index) : strcmp(weft_last_error(), expected) != 0;
        failed += err != 0;
        count++;
    }
    CU_ASSERT_EQUAL(err, WEFT_ECLOSED);
    CU_ASSERT_EQUAL(count, ITEMS);
    CU_ASSERT_EQUAL(wrong, 0);
    weft_imap_close(imap);
    return failed;
}

static void iterations_give_each_result_once(void)
{
    const size_t aheads[] = {0, 1, 2, 10000};

    open_pool(3);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 4; k++)
            for (int order = WEFT_ORDERED; order <= WEFT_UNORDERED; order++) {
                const weft_map_options options = {.chunk = chunks[i], .ahead = aheads[k]};

                CU_ASSERT_EQUAL(iterate(fail_at_some, (enum weft_imap_order)order, &options),
                                ITEMS / 100);
                if (k == 0)
                    CU_ASSERT_EQUAL(iterate(fail_always, (enum weft_imap_order)order, &options),
                                    ITEMS);
            }
    close_pool();
}

/* ---- refused memory -------------------------------------------------------------------- */

static int square(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    return WEFT_RETURN(task, int, x *x);
}

/* A map either succeeds, or says that it had no memory. */
static bool is_told_of_refusal(size_t chunk)
{
    const weft_map_options options = {.chunk = chunk};
    int err, wrong = 0;

    memset(out, 0xff, sizeof(out));
    err = weft_map_with(pool, square, WEFT_ITEMS(in), WEFT_ITEMS(out), &options, SOON);
    if (err != 0)
        return err == WEFT_ENOMEM && strlen(weft_last_error()) > 0;
    for (int i = 0; i < ITEMS; i++)
        wrong += out[i] != i * i;
    return wrong == 0;
}

static void refused_memory_is_told_and_nothing_is_lost(void)
{
    watch_memory();
    open_pool(2);
    for (int i = 0; i < 4; i++)
        for (uint32_t n = 1; n <= 30; n++) {
            refuse_allocation(n);
            CU_ASSERT_TRUE(is_told_of_refusal(chunks[i]));
            refuse_allocation(0);
            refuse_passage("arena.alloc", n, WEFT_ENOMEM);
            CU_ASSERT_TRUE(is_told_of_refusal(chunks[i]));
            refuse_passage("arena.alloc", 0, 0);
        }
    CU_ASSERT_TRUE(is_told_of_refusal(3) && out[ITEMS - 1] == (ITEMS - 1) * (ITEMS - 1));
    close_pool();
    unwatch_memory();
}

const char *const suite_name = "map_process";
CU_TestInfo suite_cases[] = {
    {"every_shape_gives_the_right_results", every_shape_gives_the_right_results},
    {"results_that_nobody_wants_are_dropped", results_that_nobody_wants_are_dropped},
    {"a_failure_names_its_item_and_leaves_the_others",
     a_failure_names_its_item_and_leaves_the_others},
    {"results_of_another_size_are_refused", results_of_another_size_are_refused},
    {"iterations_give_each_result_once", iterations_give_each_result_once},
    {"refused_memory_is_told_and_nothing_is_lost", refused_memory_is_told_and_nothing_is_lost},
    CU_TEST_INFO_NULL,
};
