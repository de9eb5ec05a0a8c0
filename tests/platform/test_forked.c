/* SPDX-License-Identifier: MIT */
/*
 * A program that forks: its new process shares the memory of one of weft's but is none of
 * them. Each call says so, none hangs, and the old process goes on as before.
 */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "internal.h"
#include "system.h"
#include "weft/arena.h"
#include "weft/shared.h"
#include "weft/shared_value.h"

static weft_offset block; /* of the parent, as the child sees it */
static int misuses;       /* the child's */

static void count_misuse(int code, const char *sentence)
{
    misuses += code == WEFT_EPERM && strstr(sentence, "forked") != NULL;
}

static int nothing(weft_task *task)
{
    (void)task;
    return 0;
}

/* A bit for each call that did not answer as it should. */
static int try_all(void)
{
    weft_offset at = 0;
    weft_shared_mutex mutex = {0};
    weft_shared_semaphore semaphore = {0};
    weft_process *process = NULL;
    int wrong = 0;

    weft_on_misuse(count_misuse);
    if (weft_shared_alloc(&at, 100) != WEFT_EPERM || !strstr(weft_last_error(), "forked"))
        wrong |= 1;
    if (weft_process_start(&process, nothing, NULL, 0) != WEFT_EPERM)
        wrong |= 2;
    if (weft_shared_mutex_create(&mutex) != WEFT_EPERM)
        wrong |= 4;
    if (weft_shared_semaphore_create(&semaphore, 1) != WEFT_EPERM)
        wrong |= 8;
    if (weft__arena_check() != WEFT_EPERM)
        wrong |= 16;
    if (misuses < 5)
        wrong |= 32;
    weft_shared_free(block);
    return at != 0 || process || mutex.at != 0 || semaphore.at != 0 ? wrong | 64 : wrong;
}

static void a_process_that_was_forked_before_the_arena_is_told_so(void)
{
    weft_shared_usage usage;

    if (no_fork) {
        skip(no_fork);
        return;
    }
    weft_shared_usage_get(&usage);
    CU_ASSERT_EQUAL(usage.most, 0);
    CU_ASSERT_EQUAL(run_forked(try_all), 0);
    CU_ASSERT_EQUAL(weft__arena_check(), 0);
}

static void a_process_that_was_forked_is_told_so_and_its_parent_goes_on(void)
{
    weft_shared_usage before, after;

    if (no_fork) {
        skip(no_fork);
        return;
    }
    CHECK_OK(weft_shared_alloc(&block, 100));
    strcpy(weft_shared_pointer(block), "here");
    weft_shared_usage_get(&before);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(run_forked(try_all), 0);
    CU_ASSERT_EQUAL(weft__arena_check(), 0);
    weft_shared_usage_get(&after);
    CU_ASSERT_EQUAL(after.blocks, before.blocks);
    CU_ASSERT_STRING_EQUAL(weft_shared_pointer(block), "here");
    join_process(start_process(nothing, NULL, 0));
    weft_shared_free(block);
    block = 0;
}

static int fork_and_try(weft_task *task)
{
    REQUIRE(task, run_forked(try_all) == 0);
    REQUIRE(task, weft_shared_alloc(&block, 100) == 0);
    weft_shared_free(block);
    return 0;
}

static void a_child_that_forks_goes_on_too(void)
{
    if (no_fork) {
        skip(no_fork);
        return;
    }
    join_process(start_process(fork_and_try, NULL, 0));
}

const char *const suite_name = "forked";
CU_TestInfo suite_cases[] = {
    {"a_process_that_was_forked_before_the_arena_is_told_so",
     a_process_that_was_forked_before_the_arena_is_told_so},
    {"a_process_that_was_forked_is_told_so_and_its_parent_goes_on",
     a_process_that_was_forked_is_told_so_and_its_parent_goes_on},
    {"a_child_that_forks_goes_on_too", a_child_that_forks_goes_on_too},
    CU_TEST_INFO_NULL,
};
