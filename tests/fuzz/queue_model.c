/* SPDX-License-Identifier: MIT */
#include "queue_model.h"

#include <string.h>

#include "weft/error.h"

enum { MOST_ITEMS = 600, MOST_BATCH = 40, MOST_ITEM_SIZE = 64 };

static struct input *input;
static weft_queue *queue;
static weft_queue_options options;
static size_t item_size;

/* The model. An item is a number that its bytes are made from; which comes first of all is
 * the first of the array. */
static struct item {
    uint32_t number;
    uint8_t key;
} items[MOST_ITEMS];
static size_t size, size_most;
static uint64_t put, got;
static size_t unfinished;
static bool closed;
static uint32_t numbers;

int compare_first_byte(const void *a, const void *b)
{
    return (int)*(const uint8_t *)a - (int)*(const uint8_t *)b;
}

static void fill(uint8_t *bytes, struct item item)
{
    for (size_t i = 0; i < item_size; i++)
        bytes[i] = (uint8_t)(item.number >> (i % 4 * 8) ^ i);
    if (options.order == WEFT_PRIORITY)
        bytes[0] = item.key;
}

/* Where an item comes in the order of getting. */
static size_t place_of(struct item item)
{
    size_t at = 0;

    if (options.order == WEFT_LIFO)
        return 0;
    if (options.order == WEFT_FIFO)
        return size;
    while (at < size && items[at].key <= item.key)
        at++;
    return at;
}

static void model_put(struct item item)
{
    size_t at = place_of(item);

    memmove(&items[at + 1], &items[at], (size - at) * sizeof(items[0]));
    items[at] = item;
    size++;
    put++;
    unfinished++;
    if (size > size_most)
        size_most = size;
}

static void model_get(const uint8_t *bytes)
{
    uint8_t expected[MOST_ITEM_SIZE];

    REQUIRE(size > 0);
    fill(expected, items[0]);
    REQUIRE(memcmp(bytes, expected, item_size) == 0);
    size--;
    got++;
    memmove(&items[0], &items[1], size * sizeof(items[0]));
}

static size_t room(void)
{
    size_t most = options.capacity > 0 ? options.capacity : MOST_ITEMS;

    return most - size;
}

/* What a put that cannot go on says. */
static int obstacle(void)
{
    return closed ? WEFT_ECLOSED : WEFT_ETIMEDOUT;
}

static void check(void)
{
    weft_queue_stats stats;
    weft_waitable waitable = weft_queue_waitable(queue);
    size_t index = 1;

    REQUIRE_EQUAL(weft_queue_size(queue), size);
    weft_queue_stats_get(queue, &stats);
    REQUIRE_EQUAL(stats.size, size);
    REQUIRE_EQUAL(stats.size_most, size_most);
    REQUIRE_EQUAL(stats.put, put);
    REQUIRE_EQUAL(stats.got, got);
    REQUIRE_EQUAL(stats.unfinished, unfinished);
    REQUIRE_EQUAL(stats.getters, 0);
    REQUIRE_EQUAL(stats.putters, 0);
    REQUIRE_EQUAL(weft_wait_any(&waitable, 1, &index, WEFT_NOW),
                  size > 0 || closed ? 0 : WEFT_ETIMEDOUT);
    REQUIRE_EQUAL(weft_queue_join(queue, WEFT_NOW), unfinished > 0 ? WEFT_ETIMEDOUT : 0);
}

/* ---- operations -------------------------------------------------------------- */

static struct item next_item(void)
{
    struct item item = {numbers++, 0};

    if (options.order == WEFT_PRIORITY)
        item.key = (uint8_t)below(input, 8);
    return item;
}

/* The next allocation is refused, if the input says so and one may be asked for. */
static void maybe_refuse(unsigned what)
{
    refuse_allocation(what >= 0xE0);
}

static void put_one(unsigned what)
{
    struct item item = next_item();
    uint8_t bytes[MOST_ITEM_SIZE];
    int err;

    if (options.capacity == 0 && room() == 0)
        return;
    fill(bytes, item);
    maybe_refuse(what);
    err = weft_queue_put(queue, bytes, WEFT_NOW);
    if (was_refused())
        REQUIRE_EQUAL(err, WEFT_ENOMEM);
    else
        REQUIRE_EQUAL(err, closed || room() == 0 ? obstacle() : 0);
    refuse_allocation(0);
    if (err == 0)
        model_put(item);
}

static void put_many(unsigned what)
{
    struct item some[MOST_BATCH];
    uint8_t bytes[MOST_BATCH * MOST_ITEM_SIZE];
    size_t count = below(input, MOST_BATCH);
    size_t expected = closed ? 0 : count < room() ? count : room();
    size_t done = 1000;
    int err;

    if (options.capacity == 0 && room() < count)
        return;
    for (size_t i = 0; i < count; i++) {
        some[i] = next_item();
        fill(&bytes[i * item_size], some[i]);
    }
    maybe_refuse(what);
    err = weft_queue_put_many(queue, bytes, count, &done, WEFT_NOW);
    if (was_refused()) {
        REQUIRE_EQUAL(err, WEFT_ENOMEM);
        REQUIRE(done < count && done <= expected);
    } else {
        REQUIRE_EQUAL(done, expected);
        if (count > 0)
            REQUIRE_EQUAL(err, done < count ? obstacle() : 0);
    }
    refuse_allocation(0);
    for (size_t i = 0; i < done; i++)
        model_put(some[i]);
}

static void get_one(void)
{
    uint8_t bytes[MOST_ITEM_SIZE + 1];
    int err;

    memset(bytes, 0x5A, sizeof(bytes));
    err = weft_queue_get(queue, bytes, WEFT_NOW);
    REQUIRE_EQUAL(err, size > 0 ? 0 : obstacle());
    if (err == 0)
        model_get(bytes);
    for (size_t i = err == 0 ? item_size : 0; i < sizeof(bytes); i++)
        REQUIRE_EQUAL(bytes[i], 0x5A);
}

static void get_many(void)
{
    uint8_t bytes[MOST_BATCH * MOST_ITEM_SIZE];
    size_t most = below(input, MOST_BATCH);
    size_t count = 1000;
    int err, expected = size > 0 ? 0 : obstacle();

    if (most == 0) {
        expected = WEFT_EINVAL;
        expect_misuse(WEFT_EINVAL);
    }
    err = weft_queue_get_many(queue, bytes, most, &count, WEFT_NOW);
    require_misuse_seen();
    REQUIRE_EQUAL(err, expected);
    REQUIRE_EQUAL(count, err != 0 ? 1000 : size < most ? size : most);
    for (size_t i = 0; i < count && err == 0; i++)
        model_get(&bytes[i * item_size]);
}

static void task_done(void)
{
    if (unfinished == 0)
        expect_misuse(WEFT_EINVAL);
    REQUIRE_EQUAL(weft_queue_task_done(queue), unfinished > 0 ? 0 : WEFT_EINVAL);
    require_misuse_seen();
    unfinished -= unfinished > 0;
}

static void shut_down(enum weft_ending ending)
{
    weft_queue_shutdown(queue, ending);
    closed = true;
    if (ending == WEFT_DRAIN)
        return;
    got += size;
    unfinished -= size < unfinished ? size : unfinished;
    size = 0;
}

static void operate(void)
{
    unsigned what = take(input);

    switch (what % 16) {
    case 0:
    case 1:
    case 2:
    case 3:
        put_one(what);
        break;
    case 4:
    case 5:
        put_many(what);
        break;
    case 6:
    case 7:
    case 8:
        get_one();
        break;
    case 9:
    case 10:
        get_many();
        break;
    case 11:
    case 12:
        task_done();
        break;
    case 13:
        if (what > 0xF0) /* seldom: not much happens afterwards */
            shut_down(below(input, 2) ? WEFT_DRAIN : WEFT_DISCARD);
        break;
    default:
        break;
    }
}

void fuzz_a_queue(struct input *in, size_t size_of_item, const weft_queue_options *wanted)
{
    input = in;
    item_size = size_of_item;
    options = *wanted;
    size = size_most = unfinished = 0;
    put = got = 0;
    numbers = 0;
    closed = false;
    REQUIRE(item_size <= MOST_ITEM_SIZE && options.capacity <= MOST_ITEMS);
    refuse_allocation(take(in) == 0xFF);
    if (weft_queue_create(&queue, item_size, &options) != 0) {
        REQUIRE(was_refused());
        refuse_allocation(0);
        REQUIRE_EQUAL(weft_queue_create(&queue, item_size, &options), 0);
    }
    REQUIRE(!was_refused());
    while (in->left > 0) {
        operate();
        check();
    }
    REQUIRE_EQUAL(weft_queue_close(queue), 0);
}
