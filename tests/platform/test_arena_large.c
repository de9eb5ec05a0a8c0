/* SPDX-License-Identifier: MIT */
/* Large blocks: as large as memory, exact in what they take, and back with the system after. */
#include "check.h"

#include <stdint.h>
#include <string.h>

#include "crew.h"
#include "weft/arena.h"
#include "weft/caps.h"
#include "weft/fault.h"
#include "weft/shared.h"

enum { MIB = 1 << 20, PAGE = 4096, WORKERS = 3, ROUNDS = 40 };

static weft_shared_usage usage(void)
{
    weft_shared_usage now;

    weft_shared_usage_get(&now);
    return now;
}

static size_t count_dirty(const unsigned char *bytes, size_t size)
{
    size_t dirty = 0;

    for (size_t i = 0; i < size; i++)
        dirty += bytes[i] != 0;
    return dirty;
}

static void a_block_takes_what_was_asked_for_rounded_to_pages(void)
{
    static const size_t sizes[] = {MIB, MIB + 1, 5 * MIB - 7, 9 * MIB + 64};
    weft_offset at[4];

    for (size_t i = 0; i < 4; i++) {
        weft_shared_usage before = usage();

        CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&at[i], sizes[i]), 0);
        CU_ASSERT_EQUAL(usage().blocks, before.blocks + 1);
        CU_ASSERT_TRUE(usage().bytes - before.bytes >= sizes[i]);
        CU_ASSERT_TRUE(usage().bytes - before.bytes <= sizes[i] + 2 * PAGE);
        CU_ASSERT_TRUE(usage().committed - before.committed <= sizes[i] + 2 * PAGE);
    }
    for (size_t i = 0; i < 4; i++)
        weft_shared_free(at[i]);
}

static void a_block_that_was_used_before_is_zero_again(void)
{
    static const size_t sizes[] = {3 * MIB, 2 * MIB + 600000, 3 * MIB - 5, 3 * MIB};

    for (size_t i = 0; i < 4; i++) { /* all of one class */
        weft_offset at = 0;

        CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&at, sizes[i]), 0);
        CU_ASSERT_EQUAL(count_dirty(weft_shared_pointer(at), sizes[i]), 0);
        memset(weft_shared_pointer(at), 0xAA, sizes[i]);
        weft_shared_free(at);
    }
}

static void what_is_freed_goes_back_to_the_system(void)
{
    const weft_capabilities *caps = weft_caps();
    weft_shared_usage before = usage();
    weft_offset at = 0, again = 0;
    size_t size = (size_t)200 * MIB;

    if (sizeof(void *) == 4) {
        skip("the arena of a 32-bit process is smaller");
        return;
    }
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&at, size), 0);
    memset(weft_shared_pointer(at), 1, size);
    CU_ASSERT_TRUE(usage().committed >= before.committed + size);
    weft_shared_free(at);
    if (strcmp(caps->system, "linux") == 0 && strcmp(caps->backend, "baseline") != 0)
        CU_ASSERT_TRUE(usage().committed <= before.committed + PAGE);
    CHECK_OK(weft_shared_alloc(&again, size));
    CU_ASSERT_EQUAL(again, at); /* its place, if not its memory, is used again */
    CU_ASSERT_TRUE(usage().committed <= before.committed + size + 2 * PAGE);
    weft_shared_free(again);
    CU_ASSERT_EQUAL(usage().blocks, before.blocks);
    CU_ASSERT_EQUAL(usage().bytes, before.bytes);
}

static void a_block_of_a_gibibyte_can_be_had(void)
{
    weft_offset at = 0;
    size_t size = (size_t)1 << 30;

    if (sizeof(void *) == 4) {
        skip("the arena of a 32-bit process is smaller");
        return;
    }
    if (weft_shared_alloc(&at, size) != 0) {
        CHECK_SENTENCE("arena"); /* /dev/shm may be small */
        skip(weft_last_error());
        return;
    }
    unsigned char *bytes = weft_shared_pointer(at);
    for (size_t i = 0; i < size; i += size / 64)
        bytes[i] = (unsigned char)(i / (size / 64));
    bytes[size - 1] = 7;
    CU_ASSERT_EQUAL(bytes[size / 64 * 63], 63);
    weft_shared_free(at);
}

static unsigned passages; /* of arena.commit that are let through */

static int refuse_memory(const char *point)
{
    return strcmp(point, "arena.commit") == 0 && passages-- == 0 ? WEFT_ENOMEM : 0;
}

static void memory_that_the_system_refuses_is_an_error_and_leaves_nothing(void)
{
    /* Of classes of which this program has no block yet, for their head and for themselves. */
    static const size_t sizes[] = {8 * MIB, 900 * 1024, 17 * MIB};
    static const unsigned let_through[] = {0, 0, 1};
    weft_shared_usage before = usage();

    for (size_t i = 0; i < 3; i++) {
        weft_offset at = 7;

        passages = let_through[i];
        weft_fault_hook(refuse_memory);
        CHECK_ERROR(weft_shared_alloc(&at, sizes[i]), WEFT_ENOMEM);
        weft_fault_hook(NULL);
        CHECK_SENTENCE("bytes");
        CU_ASSERT_EQUAL(at, 7);
        CU_ASSERT_EQUAL(usage().blocks, before.blocks);
        CU_ASSERT_EQUAL(usage().bytes, before.bytes);
        CHECK_OK(weft_shared_alloc(&at, sizes[i]));
        weft_shared_free(at);
    }
}

/* Workers who allocate at once, each fills its own. */
static int fill_and_check(weft_task *task)
{
    weft_shared_semaphore start = WEFT_ARG(task, weft_shared_semaphore);
    int mark = (int)(weft_process_current_pid() % 251) + 1;

    REQUIRE(task, weft_shared_semaphore_acquire(start, SOON) == 0);
    for (size_t i = 0; i < ROUNDS; i++) {
        size_t size = (1 + i % 4) * MIB + i * 1000;
        weft_offset at = 0;

        REQUIRE(task, weft_shared_alloc(&at, size) == 0);
        unsigned char *bytes = weft_shared_pointer(at);
        REQUIRE(task, count_dirty(bytes, size) == 0);
        memset(bytes, mark, size);
        for (size_t j = 0; j < size; j += 1000)
            REQUIRE(task, bytes[j] == mark);
        weft_shared_free(at);
    }
    return 0;
}

static void processes_that_allocate_at_once_have_blocks_of_their_own(void)
{
    weft_process *processes[WORKERS];
    weft_shared_semaphore start;

    CHECK_OK(weft_shared_semaphore_create(&start, 0));
    start_processes(processes, WORKERS, fill_and_check, &start, sizeof(start));
    CHECK_OK(weft_shared_semaphore_release(start, WORKERS));
    join_processes(processes, WORKERS);
    weft_shared_semaphore_close(start);
}

static void usage_counts_small_blocks_too(void)
{
    weft_shared_usage before = usage();
    weft_offset at[10];

    for (size_t i = 0; i < 10; i++)
        CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&at[i], 1000), 0);
    CU_ASSERT_EQUAL(usage().blocks, before.blocks + 10);
    CU_ASSERT_TRUE(usage().bytes >= before.bytes + 10 * 1000);
    CU_ASSERT_TRUE(usage().bytes <= before.bytes + 10 * 1500);
    CU_ASSERT_TRUE(usage().committed <= usage().most);
    for (size_t i = 0; i < 10; i++)
        weft_shared_free(at[i]);
    CU_ASSERT_EQUAL(usage().blocks, before.blocks);
    CU_ASSERT_EQUAL(usage().bytes, before.bytes);
}

const char *const suite_name = "arena_large";
CU_TestInfo suite_cases[] = {
    {"memory_that_the_system_refuses_is_an_error_and_leaves_nothing",
     memory_that_the_system_refuses_is_an_error_and_leaves_nothing},
    {"a_block_takes_what_was_asked_for_rounded_to_pages",
     a_block_takes_what_was_asked_for_rounded_to_pages},
    {"a_block_that_was_used_before_is_zero_again", a_block_that_was_used_before_is_zero_again},
    {"what_is_freed_goes_back_to_the_system", what_is_freed_goes_back_to_the_system},
    {"a_block_of_a_gibibyte_can_be_had", a_block_of_a_gibibyte_can_be_had},
    {"processes_that_allocate_at_once_have_blocks_of_their_own",
     processes_that_allocate_at_once_have_blocks_of_their_own},
    {"usage_counts_small_blocks_too", usage_counts_small_blocks_too},
    CU_TEST_INFO_NULL,
};
