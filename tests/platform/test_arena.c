/* SPDX-License-Identifier: MIT */
/* Shared memory: blocks, their places, and many processes that allocate at once. */
#include "check.h"

#include <stdint.h>
#include <string.h>

#include "crew.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/shared.h"

enum { PROCESSES = 4, ROUNDS = 3000, KEPT = 24, LARGE = 64 * 1024 * 1024 };

static size_t count_dirty(const unsigned char *bytes, size_t size)
{
    size_t dirty = 0;

    for (size_t i = 0; i < size; i++)
        dirty += bytes[i] != 0;
    return dirty;
}

static void a_block_is_zeroed_and_aligned_to_64(void)
{
    static const size_t sizes[] = {1, 63, 64, 65, 1000, 4096, 70000, 1000000};

    for (int round = 0; round < 2; round++) { /* in the second, memory is used again */
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            weft_offset at = 0;

            CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&at, sizes[i]), 0);
            CU_ASSERT_NOT_EQUAL(at, 0);
            CU_ASSERT_EQUAL(at % 64, 0);
            CU_ASSERT_EQUAL((uintptr_t)weft_shared_pointer(at) % 64, 0);
            CU_ASSERT_EQUAL(count_dirty(weft_shared_pointer(at), sizes[i]), 0);
            memset(weft_shared_pointer(at), 0xAA, sizes[i]);
            weft_shared_free(at);
        }
    }
}

static void blocks_do_not_overlap(void)
{
    weft_offset at[100];

    for (size_t i = 0; i < 100; i++) {
        CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&at[i], 1 + 37 * i), 0);
        memset(weft_shared_pointer(at[i]), (int)i, 1 + 37 * i);
    }
    for (size_t i = 0; i < 100; i++) {
        const unsigned char *bytes = weft_shared_pointer(at[i]);
        size_t wrong = 0;

        for (size_t j = 0; j < 1 + 37 * i; j++)
            wrong += bytes[j] != i;
        CU_ASSERT_EQUAL(wrong, 0);
        weft_shared_free(at[i]);
    }
}

static void offsets_and_pointers_are_two_names_of_one_place(void)
{
    weft_offset at = 0;
    int elsewhere = 0;

    CHECK_OK(weft_shared_alloc(&at, 1000));
    char *pointer = weft_shared_pointer(at);
    CU_ASSERT_EQUAL(weft_shared_offset(pointer), at);
    CU_ASSERT_EQUAL(weft_shared_offset(pointer + 999), at + 999);
    CU_ASSERT_PTR_EQUAL(weft_shared_pointer(at + 999), pointer + 999);
    CU_ASSERT_PTR_NULL(weft_shared_pointer(0));
    CU_ASSERT_EQUAL(weft_shared_offset(NULL), 0);
    CU_ASSERT_EQUAL(weft_shared_offset(&elsewhere), 0);
    weft_shared_free(at);
}

static void free_of_nothing_is_allowed(void)
{
    weft_shared_free(0);
    CU_PASS("it came back");
}

static void freeing_twice_is_misuse(void)
{
    weft_offset at = 0, other = 0;

    CHECK_OK(weft_shared_alloc(&at, 100));
    weft_shared_free(at);
    expect_misuse(WEFT_EINVAL);
    weft_shared_free(at);
    CHECK_MISUSE_SEEN();
    CHECK_OK(weft_shared_alloc(&at, 100));
    CHECK_OK(weft_shared_alloc(&other, 100));
    CU_ASSERT_NOT_EQUAL(at, other);
    weft_shared_free(at);
    weft_shared_free(other);
}

static void a_large_block_can_be_used_to_its_end(void)
{
    weft_offset at = 0;

    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&at, LARGE), 0);
    unsigned char *bytes = weft_shared_pointer(at);
    for (size_t i = 0; i < LARGE; i += 4096)
        bytes[i] = (unsigned char)(i / 4096);
    bytes[LARGE - 1] = 7;
    CU_ASSERT_EQUAL(bytes[4096 * 5], 5);
    weft_shared_free(at);
}

static void memory_that_was_freed_is_used_again(void)
{
    for (int i = 0; i < 20; i++) { /* together far more than any arena */
        weft_offset at = 0;

        if (!CHECK_OK(weft_shared_alloc(&at, LARGE)))
            break;
        weft_shared_free(at);
    }
}

static void more_than_the_arena_has_is_refused_and_changes_nothing(void)
{
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 63, SIZE_MAX / 2, SIZE_MAX / 4};
    weft_offset at = 7;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        CHECK_ERROR(weft_shared_alloc(&at, sizes[i]), WEFT_ENOMEM);
        CHECK_SENTENCE("arena");
    }
    CU_ASSERT_EQUAL(at, 7);
    CHECK_OK(weft_shared_alloc(&at, 100));
    weft_shared_free(at);
}

/* ---- processes ------------------------------------------------------------------- */

struct note {
    weft_offset back; /* to a block that the child makes */
    char text[32];
};

static int answer_the_note(weft_task *task)
{
    struct note *note = weft_shared_pointer(WEFT_ARG(task, weft_offset));

    REQUIRE(task, strcmp(note->text, "to the child") == 0);
    REQUIRE(task, weft_shared_alloc(&note->back, 32) == 0);
    strcpy(weft_shared_pointer(note->back), "to the parent");
    return 0;
}

static void what_one_process_writes_the_other_reads(void)
{
    weft_offset at = 0;

    CHECK_OK(weft_shared_alloc(&at, sizeof(struct note)));
    struct note *note = weft_shared_pointer(at);
    strcpy(note->text, "to the child");
    join_process(start_process(answer_the_note, &at, sizeof(at)));
    CU_ASSERT_PTR_NOT_NULL_FATAL(weft_shared_pointer(note->back));
    CU_ASSERT_STRING_EQUAL(weft_shared_pointer(note->back), "to the parent");
    weft_shared_free(note->back); /* by another process than the one that made it */
    weft_shared_free(at);
}

/* All processes allocate, fill, check and free at once, in all sizes up to a page. */
static int allocate_and_check(weft_task *task)
{
    weft_shared_semaphore start = WEFT_ARG(task, weft_shared_semaphore);
    weft_offset kept[KEPT] = {0};
    size_t sizes[KEPT] = {0};
    int mark = (int)(weft_process_current_pid() % 251) + 1;

    REQUIRE(task, weft_shared_semaphore_acquire(start, SOON) == 0);
    for (size_t i = 0; i < ROUNDS; i++) {
        size_t place = i * 7 % KEPT;
        unsigned char *bytes = weft_shared_pointer(kept[place]);

        for (size_t j = 0; j < sizes[place]; j++)
            REQUIRE(task, bytes[j] == mark);
        weft_shared_free(kept[place]);
        sizes[place] = 1 + i * 31 % 4096;
        REQUIRE(task, weft_shared_alloc(&kept[place], sizes[place]) == 0);
        bytes = weft_shared_pointer(kept[place]);
        REQUIRE(task, count_dirty(bytes, sizes[place]) == 0);
        memset(bytes, mark, sizes[place]);
    }
    for (size_t i = 0; i < KEPT; i++)
        weft_shared_free(kept[i]);
    return 0;
}

static void processes_that_allocate_at_once_never_get_the_same_block(void)
{
    weft_process *processes[PROCESSES];
    weft_shared_semaphore start;

    CHECK_OK(weft_shared_semaphore_create(&start, 0));
    start_processes(processes, PROCESSES, allocate_and_check, &start, sizeof(start));
    CHECK_OK(weft_shared_semaphore_release(start, PROCESSES));
    join_processes(processes, PROCESSES);
    weft_shared_semaphore_close(start);
}

static int allocate_in_a_thread(weft_task *task)
{
    weft_atomic_u32 *wrong = WEFT_ARG(task, weft_atomic_u32 *);

    /* Two of one size, freed in the order they came: what confuses a list of free blocks. */
    for (size_t i = 0; i < 60 * ROUNDS; i++) {
        weft_offset at[2] = {0};

        for (size_t j = 0; j < 2; j++) {
            if (weft_shared_alloc(&at[j], 20) != 0 ||
                weft_fetch_add_u32(weft_shared_pointer(at[j]), 1, WEFT_RELAXED) != 0)
                weft_fetch_add_u32(wrong, 1, WEFT_RELAXED);
        }
        weft_shared_free(at[0]);
        weft_shared_free(at[1]);
    }
    return 0;
}

static void threads_that_allocate_at_once_never_get_the_same_block(void)
{
    weft_thread *threads[PROCESSES];
    weft_atomic_u32 wrong = {0};

    start_threads(threads, PROCESSES, allocate_in_a_thread, &wrong);
    join_threads(threads, PROCESSES);
    CU_ASSERT_EQUAL(weft_load_u32(&wrong, WEFT_RELAXED), 0);
}

/* A block whose owner was killed is lost, but nothing else is. */
static int allocate_for_ever(weft_task *task)
{
    weft_shared_semaphore start = WEFT_ARG(task, weft_shared_semaphore);

    REQUIRE(task, weft_shared_semaphore_release(start, 1) == 0);
    for (;;) {
        weft_offset at[3];

        for (size_t i = 0; i < 3; i++)
            REQUIRE(task, weft_shared_alloc(&at[i], 100 + 900 * i) == 0);
        for (size_t i = 0; i < 3; i++)
            weft_shared_free(at[i]);
    }
    return 0;
}

static void a_process_killed_while_it_allocates_leaves_the_arena_usable(void)
{
    weft_shared_semaphore start, go;

    CHECK_OK(weft_shared_semaphore_create(&start, 0));
    CHECK_OK(weft_shared_semaphore_create(&go, 1));
    for (int i = 0; i < 15; i++) {
        weft_process *process = start_process(allocate_for_ever, &start, sizeof(start));

        CHECK_OK(weft_shared_semaphore_acquire(start, SOON));
        weft_sleep(WEFT_US(70) * i);
        kill_process(process);
    }
    join_process(start_process(allocate_and_check, &go, sizeof(go)));
    weft_shared_semaphore_close(start);
    weft_shared_semaphore_close(go);
}

const char *const suite_name = "arena";
CU_TestInfo suite_cases[] = {
    {"a_block_is_zeroed_and_aligned_to_64", a_block_is_zeroed_and_aligned_to_64},
    {"blocks_do_not_overlap", blocks_do_not_overlap},
    {"offsets_and_pointers_are_two_names_of_one_place",
     offsets_and_pointers_are_two_names_of_one_place},
    {"free_of_nothing_is_allowed", free_of_nothing_is_allowed},
    {"freeing_twice_is_misuse", freeing_twice_is_misuse},
    {"a_large_block_can_be_used_to_its_end", a_large_block_can_be_used_to_its_end},
    {"memory_that_was_freed_is_used_again", memory_that_was_freed_is_used_again},
    {"more_than_the_arena_has_is_refused_and_changes_nothing",
     more_than_the_arena_has_is_refused_and_changes_nothing},
    {"what_one_process_writes_the_other_reads", what_one_process_writes_the_other_reads},
    {"processes_that_allocate_at_once_never_get_the_same_block",
     processes_that_allocate_at_once_never_get_the_same_block},
    {"threads_that_allocate_at_once_never_get_the_same_block",
     threads_that_allocate_at_once_never_get_the_same_block},
    {"a_process_killed_while_it_allocates_leaves_the_arena_usable",
     a_process_killed_while_it_allocates_leaves_the_arena_usable},
    CU_TEST_INFO_NULL,
};
