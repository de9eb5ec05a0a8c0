/* SPDX-License-Identifier: MIT */
/* The allocator hook, and what weft does when there is no memory. */
#include "check.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "weft/atomic.h"
#include "weft/memory.h"

static void a_block_is_zeroed_and_aligned(void)
{
    for (size_t size = 0; size < 300; size += 37) {
        unsigned char *block = weft_alloc(size);
        size_t dirty = 0;

        CU_ASSERT_PTR_NOT_NULL_FATAL(block);
        CU_ASSERT_EQUAL((uintptr_t)block % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            dirty += block[i] != 0;
        CU_ASSERT_EQUAL(dirty, 0);
        memset(block, 0xAA, size); /* a later block gets this memory, zeroed again */
        weft_free(block);
    }
}

static void free_of_null_is_allowed(void)
{
    weft_free(NULL);
    CU_PASS("it came back");
}

static void blocks_come_from_the_allocator_and_go_back_to_it(void)
{
    void *block;

    watch_memory();
    block = weft_alloc(10);
    CU_ASSERT_PTR_NOT_NULL(block);
    CU_ASSERT_EQUAL(blocks_in_use(), 1);
    weft_free(NULL);
    CU_ASSERT_EQUAL(blocks_in_use(), 1);
    weft_free(block);
    CU_ASSERT_EQUAL(blocks_in_use(), 0);
    unwatch_memory();
}

static void the_allocator_cannot_change_while_a_block_is_in_use(void)
{
    void *block = weft_alloc(1);

    CU_ASSERT_PTR_NOT_NULL(block);
    CHECK_ERROR(weft_set_allocator(NULL), WEFT_EBUSY);
    CHECK_SENTENCE("allocator");
    weft_free(block);
    CHECK_OK(weft_set_allocator(NULL));
}

static void *allocate_nothing(void *context, size_t size)
{
    *(size_t *)context = size;
    return NULL;
}

static void release_nothing(void *context, void *memory)
{
    (void)context;
    (void)memory;
}

static void an_allocator_that_lacks_a_function_is_refused(void)
{
    CHECK_ERROR(weft_set_allocator(&(weft_allocator){allocate_nothing, NULL, NULL}), WEFT_EINVAL);
    CHECK_ERROR(weft_set_allocator(&(weft_allocator){NULL, release_nothing, NULL}), WEFT_EINVAL);
    CU_ASSERT_NOT_EQUAL(strlen(weft_last_error()), 0);
}

static void the_allocator_gets_its_context_and_the_size(void)
{
    size_t asked = 0;

    CHECK_OK(weft_set_allocator(&(weft_allocator){allocate_nothing, release_nothing, &asked}));
    CU_ASSERT_PTR_NULL(weft_alloc(1234));
    CU_ASSERT_TRUE(asked >= 1234);
    CHECK_SENTENCE("1234");
    CHECK_OK(weft_set_allocator(NULL));
}

static void refused_memory_gives_null_and_a_sentence_with_the_size(void)
{
    size_t size = SIZE_MAX / 2;
    char digits[32];

    snprintf(digits, sizeof(digits), "%zu", size);
    watch_memory();
    refuse_allocation(1);
    CU_ASSERT_PTR_NULL(weft_alloc(size));
    CHECK_SENTENCE(digits);
    unwatch_memory();
}

static void a_copy_of_a_text_is_the_same_text_elsewhere(void)
{
    const char *text = "weft \xe7\xbb\x87";
    char *copy = weft_copy_text(text);
    char *empty = weft_copy_text("");

    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    CU_ASSERT_PTR_NOT_EQUAL(copy, text);
    CU_ASSERT_STRING_EQUAL(copy, text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(empty);
    CU_ASSERT_STRING_EQUAL(empty, "");
    weft_free(copy);
    weft_free(empty);
}

static void a_copy_without_memory_is_null(void)
{
    watch_memory();
    refuse_allocation(1);
    CU_ASSERT_PTR_NULL(weft_copy_text("weft"));
    CHECK_SENTENCE("memory");
    unwatch_memory();
}

enum { THREADS = 4, ROUNDS = 20000, KEPT = 16 };

static int allocate_and_free(weft_task *task)
{
    weft_atomic_u32 *wrong = WEFT_ARG(task, weft_atomic_u32 *);
    unsigned char *kept[KEPT] = {NULL};
    unsigned char mark = (unsigned char)weft_thread_current_id();

    for (size_t i = 0; i < ROUNDS; i++) {
        unsigned char **place = &kept[i % KEPT];

        if (*place && (*place)[i % 7] != mark)
            weft_fetch_add_u32(wrong, 1, WEFT_RELAXED);
        weft_free(*place);
        *place = weft_alloc(8 + i % 500);
        if (*place)
            memset(*place, mark, 8);
    }
    for (size_t i = 0; i < KEPT; i++)
        weft_free(kept[i]);
    return 0;
}

static void threads_allocate_at_once_and_nothing_is_left(void)
{
    weft_thread *threads[THREADS];
    weft_atomic_u32 wrong = {0};

    watch_memory();
    start_threads(threads, THREADS, allocate_and_free, &wrong);
    join_threads(threads, THREADS);
    CU_ASSERT_EQUAL(weft_load_u32(&wrong, WEFT_RELAXED), 0);
    unwatch_memory();
}

const char *const suite_name = "memory";
CU_TestInfo suite_cases[] = {
    {"a_block_is_zeroed_and_aligned", a_block_is_zeroed_and_aligned},
    {"free_of_null_is_allowed", free_of_null_is_allowed},
    {"blocks_come_from_the_allocator_and_go_back_to_it",
     blocks_come_from_the_allocator_and_go_back_to_it},
    {"the_allocator_gets_its_context_and_the_size", the_allocator_gets_its_context_and_the_size},
    {"the_allocator_cannot_change_while_a_block_is_in_use",
     the_allocator_cannot_change_while_a_block_is_in_use},
    {"an_allocator_that_lacks_a_function_is_refused",
     an_allocator_that_lacks_a_function_is_refused},
    {"refused_memory_gives_null_and_a_sentence_with_the_size",
     refused_memory_gives_null_and_a_sentence_with_the_size},
    {"a_copy_of_a_text_is_the_same_text_elsewhere", a_copy_of_a_text_is_the_same_text_elsewhere},
    {"a_copy_without_memory_is_null", a_copy_without_memory_is_null},
    {"threads_allocate_at_once_and_nothing_is_left", threads_allocate_at_once_and_nothing_is_left},
    CU_TEST_INFO_NULL,
};
