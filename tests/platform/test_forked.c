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

static weft_offset block; /* of the parent, as the child sees it, like the next */
static struct {
    weft_shared_mutex mutex; /* held by the thread that forks */
    weft_shared_rmutex rmutex;
    weft_shared_condition condition;
    weft_shared_semaphore semaphore;
    weft_shared_event event;
    weft_shared_barrier barrier;
} objects;
static int misuses; /* the child's */

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

/* 0 if each call answers as it should. */
static int try_objects(void)
{
    int right = 0;

    misuses = 0;
    weft_on_misuse(count_misuse);
    right += weft_shared_mutex_release(objects.mutex) == WEFT_EPERM;
    right += weft_shared_mutex_acquire(objects.mutex, WEFT_FOREVER) == WEFT_EPERM;
    right += weft_shared_rmutex_acquire(objects.rmutex, WEFT_FOREVER) == WEFT_EPERM;
    right += weft_shared_condition_notify(objects.condition) == WEFT_EPERM;
    right += weft_shared_semaphore_acquire(objects.semaphore, WEFT_FOREVER) == WEFT_EPERM;
    right += weft_shared_event_set(objects.event) == WEFT_EPERM;
    right += weft_shared_barrier_wait(objects.barrier, NULL, WEFT_FOREVER) == WEFT_EPERM;
    weft_shared_mutex_close(objects.mutex);
    return right == 7 && misuses == 8 ? 0 : 1;
}

static void a_forked_process_uses_no_object_of_its_parent(void)
{
    if (no_fork) {
        skip(no_fork);
        return;
    }
    CHECK_OK(weft_shared_mutex_create(&objects.mutex));
    CHECK_OK(weft_shared_rmutex_create(&objects.rmutex));
    CHECK_OK(weft_shared_condition_create(&objects.condition));
    CHECK_OK(weft_shared_semaphore_create(&objects.semaphore, 1));
    CHECK_OK(weft_shared_event_create(&objects.event));
    CHECK_OK(weft_shared_barrier_create(&objects.barrier, 1));
    CHECK_OK(weft_shared_mutex_acquire(objects.mutex, WEFT_NOW));
    CU_ASSERT_EQUAL(run_forked(try_objects), 0);
    CHECK_OK(weft_shared_mutex_release(objects.mutex));
    CHECK_OK(weft_shared_rmutex_acquire(objects.rmutex, WEFT_NOW));
    CHECK_OK(weft_shared_rmutex_release(objects.rmutex));
    CHECK_OK(weft_shared_semaphore_acquire(objects.semaphore, WEFT_NOW));
    CU_ASSERT_FALSE(weft_shared_event_is_set(objects.event));
    CHECK_OK(weft_shared_barrier_wait(objects.barrier, NULL, WEFT_NOW));
    weft_shared_mutex_close(objects.mutex);
    weft_shared_rmutex_close(objects.rmutex);
    weft_shared_condition_close(objects.condition);
    weft_shared_semaphore_close(objects.semaphore);
    weft_shared_event_close(objects.event);
    weft_shared_barrier_close(objects.barrier);
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

static weft_process *of_parent;

static int sleep_for_ever(weft_task *task)
{
    (void)task;
    return weft_sleep(WEFT_FOREVER);
}

/* 0 if each call answers as it should, and nothing happens to the process. */
static int try_process(void)
{
    weft_process_status status;
    int right = 0;

    misuses = 0;
    weft_on_misuse(count_misuse);
    right += weft_process_join(of_parent, WEFT_FOREVER) == WEFT_EPERM;
    right += weft_process_join_all(WEFT_FOREVER) == WEFT_EPERM;
    right += weft_process_terminate(of_parent) == WEFT_EPERM;
    right += weft_process_kill(of_parent) == WEFT_EPERM;
    weft_process_status_get(of_parent, &status);
    right += !status.exited;
    weft_process_close(of_parent);
    return right == 5 && misuses == 5 ? 0 : 1;
}

static void a_forked_process_is_not_the_parent_of_its_parents_processes(void)
{
    if (no_fork) {
        skip(no_fork);
        return;
    }
    of_parent = start_process(sleep_for_ever, NULL, 0);
    CU_ASSERT_EQUAL(run_forked(try_process), 0);
    CHECK_ERROR(weft_process_join(of_parent, weft_in(WEFT_MS(50))), WEFT_ETIMEDOUT);
    kill_process(of_parent);
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
    {"a_forked_process_is_not_the_parent_of_its_parents_processes",
     a_forked_process_is_not_the_parent_of_its_parents_processes},
    {"a_forked_process_uses_no_object_of_its_parent",
     a_forked_process_uses_no_object_of_its_parent},
    {"a_child_that_forks_goes_on_too", a_child_that_forks_goes_on_too},
    CU_TEST_INFO_NULL,
};
