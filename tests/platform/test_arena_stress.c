/* SPDX-License-Identifier: MIT */
/*
 * Processes that allocate and free blocks of all sizes, and are killed at any instruction
 * while others go on. In the end every block can be freed and all of them are accounted for.
 */
#include "check.h"

#include <stdint.h>
#include <string.h>

#include "crew.h"
#include "internal.h"
#include "portable/arena_private.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/shared.h"

enum { WORKERS = 4, KILLS = 120, KEPT = 24, MOST = 4096, MIB = 1 << 20 };

/* What a worker leaves where all can see it. A block is in its place from the exchange
 * that puts it there until the one that takes it out; outside it is in the worker's hands,
 * and private to it. */
struct desk {
    weft_atomic_u32 name;
    weft_atomic_u32 rounds; /* relaxed */
    weft_atomic_u64 kept[KEPT];
};

/* At the start and the end of each block. */
struct stamp {
    uint64_t size, at; /* at: the block's own place */
};

static struct stamp *last_of(void *bytes, size_t size)
{
    return (struct stamp *)((char *)bytes + (size - sizeof(struct stamp)) / 64 * 64);
}

static void stamp(weft_offset at, size_t size)
{
    struct stamp *first = weft_shared_pointer(at);

    *last_of(first, size) = *first = (struct stamp){.size = size, .at = at};
}

static bool is_whole(weft_offset at)
{
    struct stamp *first = weft_shared_pointer(at);

    return first->at == at && first->size >= 64 && first->size <= 8 * MIB &&
           memcmp(first, last_of(first, (size_t)first->size), sizeof(*first)) == 0;
}

static bool is_zero(weft_offset at, size_t size)
{
    const unsigned char *bytes = weft_shared_pointer(at);
    size_t dirty = 0;

    for (size_t i = 0; i < size; i += i < 4096 ? 1 : 509)
        dirty += bytes[i] != 0;
    return dirty == 0;
}

/* Few are large: 64 B to 8 MiB, each doubling as likely as the next but one. */
static size_t random_size(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    unsigned shift = (*seed >> 8) % 18;
    shift = shift > 12 && (*seed >> 20) % 4 != 0 ? shift - 9 : shift;
    return 64 + ((size_t)(*seed >> 4) % 64 << shift) % (8 * MIB - 64);
}

static int work(weft_task *task)
{
    struct desk *desk = weft_shared_pointer(WEFT_ARG(task, weft_offset));
    uint32_t seed = (uint32_t)weft_process_current_pid();

    weft_store_u32(&desk->name, weft__arena_self(), WEFT_RELEASE);
    for (uint32_t round = 1;; round++) {
        size_t size = random_size(&seed);
        weft_offset at = 0;

        REQUIRE(task, weft__arena_alloc_private(&at, size) == 0);
        REQUIRE(task, is_zero(at, size));
        stamp(at, size);
        at = weft_exchange_u64(&desk->kept[(seed >> 10) % KEPT], at, WEFT_ACQ_REL);
        REQUIRE(task, at == 0 || is_whole(at));
        weft_shared_free(at);
        weft_store_u32(&desk->rounds, round, WEFT_RELEASE);
    }
}

static bool has_worked(void *context)
{
    return weft_load_u32(&((struct desk *)context)->rounds, WEFT_ACQUIRE) > 20;
}

/* The worker is killed: the rest of its blocks is whole, and what it had in its hands is
 * buried. True if nothing was torn. */
static bool end_worker(weft_process *worker, struct desk *desk, unsigned turn)
{
    bool whole = true;

    CU_ASSERT_TRUE(eventually(has_worked, desk));
    for (unsigned i = 0; i < turn % 7; i++)
        weft_sleep(WEFT_US(61));
    kill_process(worker);
    for (size_t i = 0; i < KEPT; i++) {
        weft_offset at = weft_exchange_u64(&desk->kept[i], 0, WEFT_ACQ_REL);

        if (at == 0)
            continue;
        weft__arena_publish(at);
        whole = whole && is_whole(at);
        weft_shared_free(at);
    }
    weft__arena_bury(weft_load_u32(&desk->name, WEFT_ACQUIRE));
    weft_store_u32(&desk->rounds, 0, WEFT_RELEASE);
    return whole;
}

static bool is_as_before(void *context)
{
    const weft_shared_usage *before = context;
    weft_shared_usage now;

    weft_shared_usage_get(&now);
    return now.blocks == before->blocks && now.bytes == before->bytes;
}

/* How many blocks of the class there are, and how many are not in use. */
static size_t count_blocks(uint32_t class_index, size_t *unused)
{
    struct weft__walk walk = weft__walk_begin();
    size_t count = 0;
    uint32_t unit;

    *unused = 0;
    while (weft__walk_next(&walk, &unit)) {
        if (weft__block_class(weft__block_at(unit)) != class_index)
            continue;
        count++;
        *unused += !weft__block_in_use(unit);
    }
    return count;
}

/* Blocks of the class that nobody uses, and nobody can have. */
static size_t count_lost(uint32_t class_index)
{
    static weft_offset at[MOST];
    size_t unused, none;
    size_t count = count_blocks(class_index, &unused);

    CU_ASSERT_TRUE_FATAL(unused <= MOST);
    for (size_t i = 0; i < unused; i++)
        CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&at[i], (size_t)weft__class_room(class_index)), 0);
    size_t lost = count_blocks(class_index, &none) - count;
    for (size_t i = 0; i < unused; i++)
        weft_shared_free(at[i]);
    return lost;
}

static void workers_who_are_killed_at_random_lose_no_block_and_tear_none(void)
{
    weft_process *workers[WORKERS];
    weft_offset desks[WORKERS];
    weft_shared_usage before;
    size_t torn = 0, lost = 0;

    for (size_t i = 0; i < WORKERS; i++)
        CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&desks[i], sizeof(struct desk)), 0);
    weft_shared_usage_get(&before);
    for (size_t i = 0; i < WORKERS; i++)
        workers[i] = start_process(work, &desks[i], sizeof(desks[i]));
    for (unsigned kill = 0; kill < KILLS + WORKERS; kill++) {
        size_t i = kill % WORKERS;

        torn += !end_worker(workers[i], weft_shared_pointer(desks[i]), kill);
        if (kill < KILLS)
            workers[i] = start_process(work, &desks[i], sizeof(desks[i]));
    }
    CU_ASSERT_EQUAL(torn, 0);
    CU_ASSERT_TRUE(eventually(is_as_before, &before));
    for (uint32_t i = 0; i < WEFT__SMALL_CLASSES; i++)
        lost += count_lost(i);
    CU_ASSERT_EQUAL(lost, 0);
    for (size_t i = 0; i < WORKERS; i++)
        weft_shared_free(desks[i]);
}

const char *const suite_name = "arena_stress";
CU_TestInfo suite_cases[] = {
    {"workers_who_are_killed_at_random_lose_no_block_and_tear_none",
     workers_who_are_killed_at_random_lose_no_block_and_tear_none},
    CU_TEST_INFO_NULL,
};
