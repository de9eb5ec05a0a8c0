/* SPDX-License-Identifier: MIT */
/* The queue between processes, used by one: items of all sizes, bounded by count and bytes. */
#include "fuzz.h"

#include <string.h>

#include "weft/error.h"
#include "weft/shared_queue.h"

enum { MOST_ITEMS = 64, MOST_BYTES = 300, HEAD = 8, GUARD = 0x5A };

const char *const fuzz_name = "shared_queue";

static struct input *input;
static weft_shared_queue queue;

/* The model. An item is a number that its bytes are made from. */
static struct item {
    uint32_t number;
    size_t size;
} items[MOST_ITEMS];
static size_t count, items_most, bytes_most;
static size_t bytes; /* of all items, with what each costs */
static size_t unfinished;
static uint32_t numbers;
static bool closed;

void fuzz_prepare(void)
{
}

static size_t cost_of(size_t size)
{
    return HEAD + (size + HEAD - 1) / HEAD * HEAD;
}

static void fill(uint8_t *memory, struct item item)
{
    for (size_t i = 0; i < item.size; i++)
        memory[i] = (uint8_t)(item.number * 37 + i * 3 + item.size);
}

static void put_one(void)
{
    struct item item = {numbers++, below(input, 4) == 0 ? take(input) : below(input, 24)};
    uint8_t memory[256];
    int err, expected = 0;

    fill(memory, item);
    if (cost_of(item.size) > bytes_most)
        expected = WEFT_ETOOBIG;
    else if (closed)
        expected = WEFT_ECLOSED;
    else if (count == items_most || bytes + cost_of(item.size) > bytes_most)
        expected = WEFT_ETIMEDOUT;
    err = weft_shared_queue_put(queue, memory, item.size, WEFT_NOW);
    REQUIRE_EQUAL(err, expected);
    if (err != 0)
        return;
    items[count++] = item;
    bytes += cost_of(item.size);
    unfinished++;
}

static void get_one(unsigned what)
{
    uint8_t memory[MOST_BYTES], whole[256];
    size_t oldest = count > 0 ? items[0].size : 0;
    size_t room = what & 0x80 ? oldest : below(input, MOST_BYTES - 1);
    size_t length = 1000;
    size_t *where = what & 0x40 ? &length : NULL;
    int err, expected = 0;

    if (count == 0)
        expected = closed ? WEFT_ECLOSED : WEFT_ETIMEDOUT;
    else if (room < oldest || (!where && room != oldest))
        expected = WEFT_ETOOBIG;
    memset(memory, GUARD, sizeof(memory));
    err = weft_shared_queue_get(queue, memory, room, where, WEFT_NOW);
    REQUIRE_EQUAL(err, expected);
    REQUIRE_EQUAL(length, where && count > 0 ? oldest : 1000);
    for (size_t i = err == 0 ? oldest : 0; i < sizeof(memory); i++)
        REQUIRE_EQUAL(memory[i], GUARD);
    if (err != 0)
        return;
    fill(whole, items[0]);
    REQUIRE(memcmp(memory, whole, oldest) == 0);
    bytes -= cost_of(oldest);
    count--;
    memmove(&items[0], &items[1], count * sizeof(items[0]));
}

static void task_done(void)
{
    if (unfinished == 0)
        expect_misuse(WEFT_EINVAL);
    REQUIRE_EQUAL(weft_shared_queue_task_done(queue), unfinished > 0 ? 0 : WEFT_EINVAL);
    require_misuse_seen();
    unfinished -= unfinished > 0;
}

static void shut_down(enum weft_ending ending)
{
    weft_shared_queue_shutdown(queue, ending);
    closed = true;
    if (ending == WEFT_DRAIN)
        return;
    unfinished -= count < unfinished ? count : unfinished;
    count = 0;
}

static void check(void)
{
    REQUIRE_EQUAL(weft_shared_queue_size(queue), count);
    REQUIRE_EQUAL(weft_shared_queue_join(queue, WEFT_NOW), unfinished > 0 ? WEFT_ETIMEDOUT : 0);
}

static void operate(void)
{
    unsigned what = take(input);

    switch (what % 8) {
    case 0:
    case 1:
    case 2:
        put_one();
        break;
    case 3:
    case 4:
        get_one(what);
        break;
    case 5:
        task_done();
        break;
    case 6:
        if (what > 0xF0) /* seldom: not much happens afterwards */
            shut_down(below(input, 2) ? WEFT_DRAIN : WEFT_DISCARD);
        break;
    default: /* all that is there */
        while (count > 0)
            get_one(0xC0);
        break;
    }
}

void fuzz(struct input *in)
{
    weft_shared_queue_options options = {0};

    input = in;
    options.items = below(in, MOST_ITEMS) + 1;
    options.bytes = take(in) + 1; /* not always a multiple of 8 */
    items_most = options.items;
    bytes_most = options.bytes;
    count = bytes = unfinished = 0;
    numbers = 0;
    closed = false;
    REQUIRE_EQUAL(weft_shared_queue_create(&queue, &options), 0);
    while (in->left > 0) {
        operate();
        check();
    }
    weft_shared_queue_close(queue);
}
