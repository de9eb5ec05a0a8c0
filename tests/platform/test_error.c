/* SPDX-License-Identifier: MIT */
/* Codes, sentences, and who hears of misuse. */
#include "check.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "support.h"
#include "weft/error.h"
#include "weft/mutex.h"
#include "weft/rwlock.h"
#include "weft/semaphore.h"

enum { TEXT = 512 };

static const struct {
    int code;
    int value;
    const char *whole;
} codes[] = {
#define ROW(name, value, text) {WEFT_##name, value, "WEFT_" #name ": " text},
    WEFT_ERRORS(ROW)
#undef ROW
};

enum { CODES = sizeof(codes) / sizeof(codes[0]) };

/* What the hook of a test was told, on the thread that asserts. */
static struct {
    int calls;
    int code;
    char sentence[TEXT];
} told;

static void record(int code, const char *sentence)
{
    told.calls++;
    told.code = code;
    snprintf(told.sentence, sizeof(told.sentence), "%s", sentence);
}

static void fail_once(void)
{
    weft_semaphore none = WEFT_SEMAPHORE_INIT(0);

    CHECK_ERROR(weft_semaphore_acquire(&none, WEFT_NOW), WEFT_ETIMEDOUT);
}

static void every_code_is_negative_and_has_its_name_and_text(void)
{
    for (int i = 0; i < CODES; i++) {
        CU_ASSERT_TRUE(codes[i].code < 0);
        CU_ASSERT_EQUAL(codes[i].code, codes[i].value);
        CU_ASSERT_STRING_EQUAL(weft_strerror(codes[i].code), codes[i].whole);
    }
}

static void no_two_codes_are_the_same_number(void)
{
    for (int i = 0; i < CODES; i++)
        for (int j = 0; j < i; j++)
            CU_ASSERT_NOT_EQUAL(codes[i].code, codes[j].code);
}

/* A program stores codes and sends them to others: they are part of the interface. */
static void numbers_of_codes_never_change(void)
{
    CU_ASSERT_EQUAL(WEFT_EINVAL, -1);
    CU_ASSERT_EQUAL(WEFT_ETIMEDOUT, -3);
    CU_ASSERT_EQUAL(WEFT_EOWNERDEAD, -9);
    CU_ASSERT_EQUAL(WEFT_ELIMIT, -18);
    CU_ASSERT_EQUAL(WEFT_ESYSTEM, -24);
}

static void every_other_number_has_a_text_that_says_it_is_no_code(void)
{
    const int others[] = {1, 7, INT_MAX, INT_MIN, -1000, -(CODES + 1)};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(weft_strerror(others[i]), "not an error code"));
    CU_ASSERT_PTR_NULL(strstr(weft_strerror(0), "not an error code"));
    CU_ASSERT_TRUE(strlen(weft_strerror(0)) > 0);
}

static void a_failure_leaves_a_sentence_that_names_the_object(void)
{
    fail_once();
    CHECK_SENTENCE("semaphore");
}

static void success_leaves_the_sentence_alone(void)
{
    weft_mutex mutex = WEFT_MUTEX_INIT;
    char before[TEXT];

    fail_once();
    snprintf(before, sizeof(before), "%s", weft_last_error());
    CHECK_OK(weft_mutex_acquire(&mutex, WEFT_NOW));
    CHECK_OK(weft_mutex_release(&mutex));
    CU_ASSERT_STRING_EQUAL(weft_last_error(), before);
}

struct sentences {
    char first[TEXT];
    char after_failure[TEXT];
};

static int read_own_sentences(weft_task *task)
{
    struct sentences *s = WEFT_ARG(task, struct sentences *);
    weft_mutex mutex = WEFT_MUTEX_INIT;

    snprintf(s->first, sizeof(s->first), "%s", weft_last_error());
    (void)weft_mutex_release(&mutex);
    snprintf(s->after_failure, sizeof(s->after_failure), "%s", weft_last_error());
    return 0;
}

static void each_thread_has_its_own_sentence_and_none_at_first(void)
{
    struct sentences s = {"not written", "not written"};
    weft_thread *thread;

    fail_once();
    expect_misuse(WEFT_EPERM);
    start_threads(&thread, 1, read_own_sentences, &s);
    join_threads(&thread, 1);
    CHECK_MISUSE_SEEN();
    CU_ASSERT_STRING_EQUAL(s.first, "");
    CU_ASSERT_PTR_NOT_NULL(strstr(s.after_failure, "mutex"));
    CHECK_SENTENCE("semaphore");
}

static void misuse_is_told_before_the_error_is_returned(void)
{
    weft_mutex mutex = WEFT_MUTEX_INIT;

    told.calls = 0;
    weft_on_misuse(record);
    CHECK_ERROR(weft_mutex_release(&mutex), WEFT_EPERM);
    weft_on_misuse(support_on_misuse);
    CU_ASSERT_EQUAL(told.calls, 1);
    CU_ASSERT_EQUAL(told.code, WEFT_EPERM);
    CU_ASSERT_STRING_EQUAL(told.sentence, weft_last_error());
    CU_ASSERT_PTR_NOT_NULL(strstr(told.sentence, "MainThread"));
}

static void what_is_no_misuse_is_not_told(void)
{
    told.calls = 0;
    weft_on_misuse(record);
    fail_once();
    weft_on_misuse(support_on_misuse);
    CU_ASSERT_EQUAL(told.calls, 0);
}

static void without_a_hook_misuse_is_an_error_and_no_more(void)
{
    weft_mutex mutex = WEFT_MUTEX_INIT;

    weft_on_misuse(NULL);
    CHECK_ERROR(weft_mutex_release(&mutex), WEFT_EPERM);
    CHECK_SENTENCE("mutex");
    weft_on_misuse(support_on_misuse);
}

static weft_rwlock used_by_the_hook = WEFT_RWLOCK_INIT;

static void use_the_misused_lock(int code, const char *sentence)
{
    record(code, sentence);
    if (weft_rwlock_acquire_read(&used_by_the_hook, WEFT_NOW) == 0)
        told.code = weft_rwlock_release(&used_by_the_hook);
}

static void the_hook_may_use_the_object_that_was_misused(void)
{
    told.calls = 0;
    weft_on_misuse(use_the_misused_lock);
    CHECK_ERROR(weft_rwlock_release(&used_by_the_hook), WEFT_EPERM);
    weft_on_misuse(support_on_misuse);
    CU_ASSERT_EQUAL(told.calls, 1);
    CU_ASSERT_EQUAL(told.code, 0);
}

const char *const suite_name = "error";
CU_TestInfo suite_cases[] = {
    {"every_code_is_negative_and_has_its_name_and_text",
     every_code_is_negative_and_has_its_name_and_text},
    {"no_two_codes_are_the_same_number", no_two_codes_are_the_same_number},
    {"numbers_of_codes_never_change", numbers_of_codes_never_change},
    {"every_other_number_has_a_text_that_says_it_is_no_code",
     every_other_number_has_a_text_that_says_it_is_no_code},
    {"a_failure_leaves_a_sentence_that_names_the_object",
     a_failure_leaves_a_sentence_that_names_the_object},
    {"success_leaves_the_sentence_alone", success_leaves_the_sentence_alone},
    {"each_thread_has_its_own_sentence_and_none_at_first",
     each_thread_has_its_own_sentence_and_none_at_first},
    {"misuse_is_told_before_the_error_is_returned", misuse_is_told_before_the_error_is_returned},
    {"what_is_no_misuse_is_not_told", what_is_no_misuse_is_not_told},
    {"without_a_hook_misuse_is_an_error_and_no_more",
     without_a_hook_misuse_is_an_error_and_no_more},
    {"the_hook_may_use_the_object_that_was_misused", the_hook_may_use_the_object_that_was_misused},
    CU_TEST_INFO_NULL,
};
