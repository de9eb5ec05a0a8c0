/* SPDX-License-Identifier: MIT */
/* What a task function sees and says, in a thread; test_process.c does it in a process. */
#include "check.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "weft/semaphore.h"

enum { TEXT = 512 };

/* What weft_on_failure() said: written by the failing thread, read after its join. */
static struct {
    int calls;
    int code;
    char name[TEXT], sentence[TEXT];
} failure;

static void record_failure(const char *task_name, int code, const char *sentence)
{
    failure.calls++;
    failure.code = code;
    snprintf(failure.name, sizeof(failure.name), "%s", task_name);
    snprintf(failure.sentence, sizeof(failure.sentence), "%s", sentence);
}

/* Runs the function in a thread of the name "worker" and waits for its end. */
static void run(weft_function *function, const void *argument, size_t size)
{
    weft_thread *thread;

    memset(&failure, 0, sizeof(failure));
    weft_on_failure(record_failure);
    CU_ASSERT_EQUAL_FATAL(weft_thread_start_with(&thread, function, argument, size,
                                                 &(weft_thread_options){.name = "worker"}),
                          0);
    join_threads(&thread, 1);
    weft_on_failure(NULL);
}

/* Written by the task of a test, read after its join. */
static struct {
    size_t size;
    bool same, aligned;
    int err;
    char name[TEXT];
} seen;

struct big {
    double numbers[1000];
    char text[TEXT];
};

static int look_at_argument(weft_task *task)
{
    const struct big *big = &WEFT_ARG(task, struct big);

    seen.size = weft_task_argument_size(task);
    seen.same = big->numbers[999] == 0.5 && strcmp(big->text, "weft") == 0;
    seen.aligned = (uintptr_t)big % _Alignof(max_align_t) == 0;
    snprintf(seen.name, sizeof(seen.name), "%s", weft_task_name(task));
    return 0;
}

static void the_argument_is_whole_and_aligned(void)
{
    struct big big = {.text = "weft"};

    big.numbers[999] = 0.5;
    run(look_at_argument, &big, sizeof(big));
    CU_ASSERT_EQUAL(seen.size, sizeof(big));
    CU_ASSERT_TRUE(seen.same);
    CU_ASSERT_TRUE(seen.aligned);
    CU_ASSERT_STRING_EQUAL(seen.name, "worker");
    CU_ASSERT_EQUAL(failure.calls, 0);
}

static int look_at_no_argument(weft_task *task)
{
    seen.size = weft_task_argument_size(task);
    return 0;
}

static void without_an_argument_its_size_is_zero(void)
{
    seen.size = 9;
    run(look_at_no_argument, NULL, 0);
    CU_ASSERT_EQUAL(seen.size, 0);
}

static int ask_for_another_size(weft_task *task)
{
    seen.same = weft_task_argument(task, sizeof(char)) == NULL &&
                weft_task_argument(task, sizeof(int)) != NULL;
    return 0;
}

static void asking_for_an_argument_of_another_size_is_misuse(void)
{
    int number = 7;

    expect_misuse(WEFT_EINVAL);
    run(ask_for_another_size, &number, sizeof(number));
    CHECK_MISUSE_SEEN();
    CU_ASSERT_TRUE(seen.same);
}

static int return_a_result(weft_task *task)
{
    seen.err = WEFT_RETURN(task, int, 7);
    return seen.err;
}

static void a_result_that_nobody_asks_for_is_dropped(void)
{
    seen.err = WEFT_EINVAL;
    run(return_a_result, NULL, 0);
    CU_ASSERT_EQUAL(seen.err, 0);
    CU_ASSERT_EQUAL(failure.calls, 0);
}

static int fail_with_words(weft_task *task)
{
    return weft_task_fail(task, WEFT_ENOTFOUND, "no %s in row %d", "needle", 12);
}

static void a_failure_is_told_with_name_code_and_sentence(void)
{
    run(fail_with_words, NULL, 0);
    CU_ASSERT_EQUAL(failure.calls, 1);
    CU_ASSERT_EQUAL(failure.code, WEFT_ENOTFOUND);
    CU_ASSERT_STRING_EQUAL(failure.name, "worker");
    CU_ASSERT_STRING_EQUAL(failure.sentence, "no needle in row 12");
}

static int fail_with_zero(weft_task *task)
{
    return weft_task_fail(task, 0, "it is broken");
}

static void failing_with_code_zero_counts_as_failed(void)
{
    run(fail_with_zero, NULL, 0);
    CU_ASSERT_EQUAL(failure.code, WEFT_EFAILED);
    CU_ASSERT_STRING_EQUAL(failure.sentence, "it is broken");
}

static int fail_at_length(weft_task *task)
{
    char words[TEXT];

    memset(words, 'w', sizeof(words));
    words[sizeof(words) - 1] = '\0';
    return weft_task_fail(task, WEFT_EFAILED, "%s", words);
}

static void a_long_sentence_is_cut_at_255_bytes(void)
{
    run(fail_at_length, NULL, 0);
    CU_ASSERT_EQUAL(strlen(failure.sentence), 255);
}

static int pass_on_an_error(weft_task *task)
{
    weft_semaphore none = WEFT_SEMAPHORE_INIT(0);

    (void)task;
    return weft_semaphore_acquire(&none, WEFT_NOW);
}

static void the_sentence_of_the_call_that_failed_travels_with_its_code(void)
{
    run(pass_on_an_error, NULL, 0);
    CU_ASSERT_EQUAL(failure.code, WEFT_ETIMEDOUT);
    CU_ASSERT_PTR_NOT_NULL(strstr(failure.sentence, "semaphore"));
}

static int return_a_bare_code(weft_task *task)
{
    (void)task;
    return WEFT_ELIMIT;
}

static void a_code_without_a_sentence_is_told_with_its_text(void)
{
    run(return_a_bare_code, NULL, 0);
    CU_ASSERT_EQUAL(failure.code, WEFT_ELIMIT);
    CU_ASSERT_TRUE(strlen(failure.sentence) > 0);
}

static int recover(weft_task *task)
{
    (void)weft_task_fail(task, WEFT_EFAILED, "at first");
    return 0;
}

static void a_task_that_returns_zero_has_not_failed(void)
{
    run(recover, NULL, 0);
    CU_ASSERT_EQUAL(failure.calls, 0);
}

static void without_a_listener_a_failure_is_silent(void)
{
    weft_thread *thread;

    failure.calls = 0;
    weft_on_failure(NULL);
    start_threads(&thread, 1, fail_with_words, NULL);
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(failure.calls, 0);
}

const char *const suite_name = "task";
CU_TestInfo suite_cases[] = {
    {"the_argument_is_whole_and_aligned", the_argument_is_whole_and_aligned},
    {"without_an_argument_its_size_is_zero", without_an_argument_its_size_is_zero},
    {"asking_for_an_argument_of_another_size_is_misuse",
     asking_for_an_argument_of_another_size_is_misuse},
    {"a_result_that_nobody_asks_for_is_dropped", a_result_that_nobody_asks_for_is_dropped},
    {"a_failure_is_told_with_name_code_and_sentence",
     a_failure_is_told_with_name_code_and_sentence},
    {"failing_with_code_zero_counts_as_failed", failing_with_code_zero_counts_as_failed},
    {"a_long_sentence_is_cut_at_255_bytes", a_long_sentence_is_cut_at_255_bytes},
    {"the_sentence_of_the_call_that_failed_travels_with_its_code",
     the_sentence_of_the_call_that_failed_travels_with_its_code},
    {"a_code_without_a_sentence_is_told_with_its_text",
     a_code_without_a_sentence_is_told_with_its_text},
    {"a_task_that_returns_zero_has_not_failed", a_task_that_returns_zero_has_not_failed},
    {"without_a_listener_a_failure_is_silent", without_a_listener_a_failure_is_silent},
    CU_TEST_INFO_NULL,
};
