/* SPDX-License-Identifier: MIT */
/* What a thread's function hands over when the thread is joined. */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "fail.h"
#include "weft/event.h"

enum { LARGE = 5000 };

struct block {
    unsigned char bytes[LARGE];
};

static int square(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    return WEFT_RETURN(task, int, x *x);
}

static int fill(weft_task *task)
{
    struct block block;

    memset(block.bytes, WEFT_ARG(task, int), sizeof(block.bytes));
    return weft_task_return(task, &block, sizeof(block));
}

static int return_thrice(weft_task *task)
{
    struct block block = {{0}};
    int err = weft_task_return(task, &block, sizeof(block));

    if (err == 0)
        err = WEFT_RETURN(task, char, 'x');
    return err != 0 ? err : WEFT_RETURN(task, int, 3);
}

static int fail_in_words(weft_task *task)
{
    (void)WEFT_RETURN(task, int, 7);
    return weft_task_fail(task, WEFT_EPROTOCOL, "page %d is blank", WEFT_ARG(task, int));
}

static int fail_by_code(weft_task *task)
{
    (void)task;
    return WEFT_ENOTFOUND;
}

static int return_nothing(weft_task *task)
{
    (void)task;
    return 0;
}

static weft_thread *start(weft_function *function, int argument)
{
    weft_thread *thread = NULL;

    CU_ASSERT_EQUAL_FATAL(weft_thread_start(&thread, function, &argument, sizeof(argument)), 0);
    return thread;
}

static void a_small_result_is_handed_over(void)
{
    int y = 0;

    CHECK_OK(weft_thread_join_result(start(square, 12), &y, sizeof(y), SOON));
    CU_ASSERT_EQUAL(y, 144);
}

static void a_large_result_is_handed_over(void)
{
    struct block block = {{0}};

    watch_memory();
    CHECK_OK(weft_thread_join_result(start(fill, 9), &block, sizeof(block), SOON));
    for (int i = 0; i < LARGE; i++)
        if (block.bytes[i] != 9)
            CU_FAIL("a byte is another");
    unwatch_memory();
}

static void the_last_result_counts(void)
{
    int three = 0;

    watch_memory();
    CHECK_OK(weft_thread_join_result(start(return_thrice, 0), &three, sizeof(three), SOON));
    CU_ASSERT_EQUAL(three, 3);
    unwatch_memory();
}

static void who_does_not_want_the_result_passes_null(void)
{
    watch_memory();
    CHECK_OK(weft_thread_join_result(start(fill, 1), NULL, 0, SOON));
    CHECK_OK(weft_thread_join_result(start(return_nothing, 1), NULL, 0, SOON));
    CHECK_OK(weft_thread_join(start(fill, 1), SOON));
    unwatch_memory();
}

static void a_detached_thread_drops_its_result(void)
{
    weft_thread *thread;

    watch_memory();
    thread = start(fill, 1);
    CHECK_OK(weft_thread_detach(thread));
    CHECK_OK(weft_thread_join_all(SOON));
    unwatch_memory();
}

static void another_size_is_misuse_and_ends_the_handle(void)
{
    char untouched[LARGE + 1] = "as it was";
    weft_thread *thread;

    watch_memory();
    thread = start(square, 2);
    expect_misuse(WEFT_ETOOBIG);
    CHECK_ERROR(weft_thread_join_result(thread, untouched, 8, SOON), WEFT_ETOOBIG);
    CHECK_MISUSE_SEEN();
    CHECK_SENTENCE("4 bytes, and 8");
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_thread_join(thread, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_ETOOBIG);
    CHECK_ERROR(weft_thread_join_result(start(fill, 2), untouched, sizeof(untouched), SOON),
                WEFT_ETOOBIG);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_ETOOBIG);
    CHECK_ERROR(weft_thread_join_result(start(return_nothing, 2), untouched, 4, SOON),
                WEFT_ETOOBIG);
    CHECK_MISUSE_SEEN();
    CU_ASSERT_STRING_EQUAL(untouched, "as it was");
    unwatch_memory();
}

static void a_failure_arrives_with_its_sentence(void)
{
    int untouched = 5;

    watch_memory();
    CHECK_ERROR(weft_thread_join_result(start(fail_in_words, 8), &untouched, 4, SOON),
                WEFT_EFAILED);
    CHECK_SENTENCE("page 8 is blank");
    CHECK_SENTENCE("WEFT_EPROTOCOL");
    CHECK_ERROR(weft_thread_join_result(start(fail_by_code, 8), NULL, 0, SOON), WEFT_EFAILED);
    CHECK_SENTENCE("WEFT_ENOTFOUND");
    CU_ASSERT_EQUAL(untouched, 5);
    unwatch_memory();
}

struct late {
    weft_event let_go;
};

static int return_late(weft_task *task)
{
    struct late *late = WEFT_ARG(task, struct late *);

    weft_event_wait(&late->let_go, SOON);
    return WEFT_RETURN(task, int, 1);
}

static void after_the_deadline_handle_and_result_are_still_there(void)
{
    struct late late = {WEFT_EVENT_INIT};
    weft_thread *thread;
    int one = 0;

    start_threads(&thread, 1, return_late, &late);
    CHECK_ERROR(weft_thread_join_result(thread, &one, sizeof(one), WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_thread_join_result(thread, &one, sizeof(one), weft_in(WEFT_MS(5))),
                WEFT_ETIMEDOUT);
    CU_ASSERT_EQUAL(one, 0);
    weft_event_set(&late.let_go);
    CHECK_OK(weft_thread_join_result(thread, &one, sizeof(one), SOON));
    CU_ASSERT_EQUAL(one, 1);
}

static void what_is_no_handle_is_misuse(void)
{
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_thread_join_result(NULL, NULL, 0, SOON), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
}

static int fill_and_join(void *context)
{
    struct block *block = context;
    int four = 4;
    weft_thread *thread;
    int err = weft_thread_start(&thread, fill, &four, sizeof(four));

    if (err != 0)
        return err;
    err = weft_thread_join_result(thread, block, sizeof(*block), SOON);
    return err == WEFT_EFAILED && strstr(weft_last_error(), "WEFT_ENOMEM") ? WEFT_ENOMEM : err;
}

static void a_result_without_memory_is_told_and_leaves_nothing(void)
{
    struct block block;

    CU_ASSERT_TRUE(refuse_each_allocation(fill_and_join, &block) >= 2);
    CU_ASSERT_EQUAL(block.bytes[LARGE - 1], 4);
}

/* ---- waitable ------------------------------------------------------------------- */

static void its_waitable_is_ready_when_the_thread_has_ended(void)
{
    struct late late = {WEFT_EVENT_INIT};
    weft_waitable waitable;
    weft_thread *thread;
    size_t which = 5;

    start_threads(&thread, 1, return_late, &late);
    waitable = weft_thread_waitable(thread);
    CHECK_ERROR(weft_wait_any(&waitable, 1, &which, weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
    weft_event_set(&late.let_go);
    CHECK_OK(weft_wait_any(&waitable, 1, &which, SOON));
    CU_ASSERT_EQUAL(which, 0);
    CHECK_OK(weft_thread_join(thread, WEFT_NOW));
}

const char *const suite_name = "thread_result";
CU_TestInfo suite_cases[] = {
    {"a_small_result_is_handed_over", a_small_result_is_handed_over},
    {"a_large_result_is_handed_over", a_large_result_is_handed_over},
    {"the_last_result_counts", the_last_result_counts},
    {"who_does_not_want_the_result_passes_null", who_does_not_want_the_result_passes_null},
    {"a_detached_thread_drops_its_result", a_detached_thread_drops_its_result},
    {"another_size_is_misuse_and_ends_the_handle", another_size_is_misuse_and_ends_the_handle},
    {"a_failure_arrives_with_its_sentence", a_failure_arrives_with_its_sentence},
    {"after_the_deadline_handle_and_result_are_still_there",
     after_the_deadline_handle_and_result_are_still_there},
    {"what_is_no_handle_is_misuse", what_is_no_handle_is_misuse},
    {"a_result_without_memory_is_told_and_leaves_nothing",
     a_result_without_memory_is_told_and_leaves_nothing},
    {"its_waitable_is_ready_when_the_thread_has_ended",
     its_waitable_is_ready_when_the_thread_has_ended},
    CU_TEST_INFO_NULL,
};
