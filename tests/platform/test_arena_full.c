/* SPDX-License-Identifier: MIT */
/* A small arena, because the system grants no larger one, and what happens when it is full. */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "weft/arena.h"
#include "weft/fault.h"

enum { MIB = 1 << 20, LARGE = MIB, SMALL = 50 * 1024, MOST = 1024 };

static unsigned refusals;

static int refuse_to_reserve(const char *point)
{
    return strcmp(point, "arena.reserve") == 0 && refusals > 0 && refusals-- ? WEFT_ENOMEM : 0;
}

/* Of 8 to 32 MiB, on every system. The arena is made once per program, so each case may be
 * the first to ask. */
static void use_a_small_arena(void)
{
    weft_offset at;

    refusals = sizeof(void *) > 4 ? 11 : 2;
    weft_fault_hook(refuse_to_reserve);
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&at, 1), 0);
    weft_fault_hook(NULL);
    weft_shared_free(at);
}

struct block {
    weft_offset at;
    size_t size;
};

/* Takes blocks of these sizes in turn until there are none of either; how many. */
static size_t fill(struct block *blocks, size_t one, size_t other)
{
    size_t count = 0;
    bool full[2] = {false, false};

    for (size_t turn = 0; count < MOST && !(full[0] && full[1]); turn++) {
        struct block *block = &blocks[count];

        block->size = turn % 2 ? other : one;
        full[turn % 2] = weft_shared_alloc(&block->at, block->size) != 0;
        count += !full[turn % 2];
    }
    CU_ASSERT_TRUE_FATAL(count < MOST);
    return count;
}

static void free_all(const struct block *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        weft_shared_free(blocks[i].at);
}

static int compare_room(weft_task *task)
{
    weft_shared_usage usage;

    weft_shared_usage_get(&usage);
    REQUIRE(task, usage.most == WEFT_ARG(task, uint64_t));
    return 0;
}

static void the_arena_is_as_large_as_the_system_grants_in_children_too(void)
{
    weft_shared_usage usage;

    use_a_small_arena();
    weft_shared_usage_get(&usage);
    CU_ASSERT_TRUE(usage.most >= 8 * MIB);
    CU_ASSERT_TRUE(usage.most <= 32 * MIB);
    join_process(start_process(compare_room, &usage.most, sizeof(usage.most)));
}

static void a_full_arena_says_so_and_works_on_after_a_free(void)
{
    static struct block blocks[MOST];

    use_a_small_arena();
    size_t count = fill(blocks, LARGE, SMALL);
    CU_ASSERT_TRUE_FATAL(count > 4);
    for (size_t i = 0; i < 2; i++) { /* the first two are a large and a small one */
        weft_offset at = 7;

        CHECK_ERROR(weft_shared_alloc(&at, blocks[i].size), WEFT_ENOMEM);
        CHECK_SENTENCE("arena: no ");
        CU_ASSERT_EQUAL(at, 7);
        weft_shared_free(blocks[i].at);
        CHECK_OK(weft_shared_alloc(&blocks[i].at, blocks[i].size));
    }
    free_all(blocks, count);
}

static void where_no_room_is_left_a_larger_block_will_do(void)
{
    static struct block blocks[2 * MOST];
    weft_offset at = 0;

    use_a_small_arena();
    size_t count = fill(blocks, LARGE, SMALL);
    CU_ASSERT_TRUE_FATAL(count > 4);
    count += fill(blocks + count, SMALL / 2, SMALL / 4);
    CHECK_ERROR(weft_shared_alloc(&at, SMALL / 2), WEFT_ENOMEM);
    weft_shared_free(blocks[1].at);
    CHECK_OK(weft_shared_alloc(&at, SMALL / 2));
    CU_ASSERT_EQUAL(at, blocks[1].at);
    free_all(blocks, count);
}

static void small_and_large_blocks_never_meet(void)
{
    static struct block blocks[MOST];
    size_t wrong = 0;

    use_a_small_arena();
    size_t count = fill(blocks, LARGE, SMALL);
    CU_ASSERT_TRUE_FATAL(count > 4);
    for (size_t i = 0; i < count; i++)
        memset(weft_shared_pointer(blocks[i].at), (int)(i % 251), blocks[i].size);
    for (size_t i = 0; i < count; i++) {
        const unsigned char *bytes = weft_shared_pointer(blocks[i].at);

        for (size_t j = 0; j < blocks[i].size; j++)
            wrong += bytes[j] != i % 251;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    free_all(blocks, count);
}

const char *const suite_name = "arena_full";
CU_TestInfo suite_cases[] = {
    {"the_arena_is_as_large_as_the_system_grants_in_children_too",
     the_arena_is_as_large_as_the_system_grants_in_children_too},
    {"small_and_large_blocks_never_meet", small_and_large_blocks_never_meet},
    {"where_no_room_is_left_a_larger_block_will_do", where_no_room_is_left_a_larger_block_will_do},
    {"a_full_arena_says_so_and_works_on_after_a_free",
     a_full_arena_says_so_and_works_on_after_a_free},
    CU_TEST_INFO_NULL,
};
