/* SPDX-License-Identifier: MIT */
/* weft_thread_cancel() and the token that a thread is started under. */
#include "check.h"

#include "crew.h"
#include "fail.h"
#include "weft/cancel.h"
#include "weft/event.h"

/* A thread that waits for what does not come; the results are read after its join. */
struct sleeper {
    weft_event begun, never;
    weft_thread *other; /* to join, for those who do */
    int wait, clean_up, check;
    bool before, after;
};

static int sleep_until_cancelled(weft_task *task)
{
    struct sleeper *s = WEFT_ARG(task, struct sleeper *);

    s->before = weft_task_cancelled(task);
    weft_event_set(&s->begun);
    s->wait = weft_event_wait(&s->never, SOON);
    s->after = weft_task_cancelled(task);
    s->check = weft_cancel_check();
    weft_cancel_enter(NULL);
    s->clean_up = weft_event_wait(&s->never, weft_in(WEFT_MS(2)));
    return 0;
}

static void check_cancelled(const struct sleeper *s)
{
    CU_ASSERT_EQUAL(s->wait, WEFT_ECANCELED);
    CU_ASSERT_EQUAL(s->check, WEFT_ECANCELED);
    CU_ASSERT_EQUAL(s->clean_up, WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(s->after);
}

static void cancelling_a_thread_ends_its_wait(void)
{
    struct sleeper s = {.wait = 0};
    weft_thread *thread;

    start_threads(&thread, 1, sleep_until_cancelled, &s);
    CHECK_OK(weft_event_wait(&s.begun, SOON));
    CHECK_OK(weft_thread_cancel(thread));
    CHECK_OK(weft_thread_cancel(thread));
    join_threads(&thread, 1);
    CU_ASSERT_FALSE(s.before);
    check_cancelled(&s);
}

static void the_token_of_its_starter_cancels_a_thread_too(void)
{
    weft_cancel stop = WEFT_CANCEL_INIT;
    struct sleeper s = {.wait = 0}, *argument = &s;
    weft_thread *thread = NULL;

    CU_ASSERT_EQUAL_FATAL(weft_thread_start_with(&thread, sleep_until_cancelled, &argument,
                                                 sizeof(argument),
                                                 &(weft_thread_options){.cancel = &stop}),
                          0);
    CHECK_OK(weft_event_wait(&s.begun, SOON));
    weft_cancel_request(&stop);
    join_threads(&thread, 1);
    check_cancelled(&s);
}

static void a_thread_does_not_pass_its_token_to_those_it_starts(void)
{
    weft_cancel stop = WEFT_CANCEL_INIT;
    const weft_cancel *before = weft_cancel_enter(&stop);
    struct sleeper s = {.wait = 0};
    weft_thread *thread;

    weft_cancel_request(&stop);
    weft_event_set(&s.never);
    start_threads(&thread, 1, sleep_until_cancelled, &s);
    weft_cancel_enter(before);
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(s.wait, 0);
    CU_ASSERT_FALSE(s.after);
}

static int join_the_other(weft_task *task)
{
    struct sleeper *s = WEFT_ARG(task, struct sleeper *);

    weft_event_set(&s->begun);
    s->wait = weft_thread_join(s->other, SOON);
    s->check = weft_thread_join_all(SOON);
    return 0;
}

static void joins_are_cancelled_and_the_handle_stays(void)
{
    struct sleeper s = {.wait = 0}, j = {.wait = 0};
    weft_thread *joiner;

    start_threads(&j.other, 1, sleep_until_cancelled, &s);
    start_threads(&joiner, 1, join_the_other, &j);
    CHECK_OK(weft_event_wait(&j.begun, SOON));
    CHECK_OK(weft_thread_cancel(joiner));
    join_threads(&joiner, 1);
    CU_ASSERT_EQUAL(j.wait, WEFT_ECANCELED);
    CU_ASSERT_EQUAL(j.check, WEFT_ECANCELED);
    CU_ASSERT_TRUE(weft_thread_is_alive(j.other));
    CHECK_OK(weft_thread_cancel(j.other));
    join_threads(&j.other, 1);
}

/* One thread joins it while another cancels it, over and over. */
static void a_thread_is_cancelled_while_another_joins_it(void)
{
    for (int i = 0; i < 50; i++) {
        struct sleeper s = {.wait = 0}, j = {.wait = 0};
        weft_thread *joiner;

        start_threads(&j.other, 1, sleep_until_cancelled, &s);
        start_threads(&joiner, 1, join_the_other, &j);
        CHECK_OK(weft_event_wait(&j.begun, SOON));
        CHECK_OK(weft_thread_cancel(j.other));
        join_threads(&joiner, 1);
        CU_ASSERT_EQUAL(j.wait, 0);
        CU_ASSERT_EQUAL(j.check, 0);
    }
}

static void what_is_no_live_handle_is_misuse(void)
{
    struct sleeper s = {.wait = 0};
    weft_thread *thread;

    weft_event_set(&s.never);
    start_threads(&thread, 1, sleep_until_cancelled, &s);
    join_threads(&thread, 1);
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_thread_cancel(thread), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_thread_cancel(NULL), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
}

const char *const suite_name = "thread_cancel";
CU_TestInfo suite_cases[] = {
    {"cancelling_a_thread_ends_its_wait", cancelling_a_thread_ends_its_wait},
    {"the_token_of_its_starter_cancels_a_thread_too",
     the_token_of_its_starter_cancels_a_thread_too},
    {"a_thread_does_not_pass_its_token_to_those_it_starts",
     a_thread_does_not_pass_its_token_to_those_it_starts},
    {"joins_are_cancelled_and_the_handle_stays", joins_are_cancelled_and_the_handle_stays},
    {"a_thread_is_cancelled_while_another_joins_it", a_thread_is_cancelled_while_another_joins_it},
    {"what_is_no_live_handle_is_misuse", what_is_no_live_handle_is_misuse},
    CU_TEST_INFO_NULL,
};
