/* SPDX-License-Identifier: MIT */
/* How processes end, and waiting for it. */
#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/doctor.h"

static weft_process_status status_of(weft_process *process)
{
    weft_process_status status = {.exited = false};

    if (process && CHECK_OK(weft_process_join(process, SOON)))
        weft_process_status_get(process, &status);
    CU_ASSERT_TRUE(status.exited);
    return status;
}

static int succeed(weft_task *task)
{
    (void)task;
    return 0;
}

static void success_is_code_zero_and_no_sentence(void)
{
    weft_process *process = start_process(succeed, NULL, 0);
    weft_process_status status = status_of(process);

    CU_ASSERT_EQUAL(status.code, 0);
    CU_ASSERT_EQUAL(status.signal, 0);
    CU_ASSERT_EQUAL(status.error, 0);
    CU_ASSERT_STRING_EQUAL(status.sentence, "");
    weft_process_close(process);
}

static int fail_with_words(weft_task *task)
{
    return weft_task_fail(task, WEFT_ENOTFOUND, "no %s in row %d", "needle", 12);
}

static void failure_is_code_one_with_error_and_sentence(void)
{
    weft_process *process = start_process(fail_with_words, NULL, 0);
    weft_process_status status = status_of(process);

    CU_ASSERT_EQUAL(status.code, 1);
    CU_ASSERT_EQUAL(status.signal, 0);
    CU_ASSERT_EQUAL(status.error, WEFT_ENOTFOUND);
    CU_ASSERT_STRING_EQUAL(status.sentence, "no needle in row 12");
    weft_process_close(process);
}

static int pass_on_an_error(weft_task *task)
{
    weft_offset at;

    (void)task;
    return weft_shared_alloc(&at, SIZE_MAX / 2);
}

static void the_sentence_of_the_call_that_failed_reaches_the_parent(void)
{
    weft_process *process = start_process(pass_on_an_error, NULL, 0);
    weft_process_status status = status_of(process);

    CU_ASSERT_EQUAL(status.code, 1);
    CU_ASSERT_EQUAL(status.error, WEFT_ENOMEM);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.sentence, "arena"));
    weft_process_close(process);
}

static int exit_with_argument(weft_task *task)
{
    exit(WEFT_ARG(task, int));
}

static void exit_in_the_function_is_its_code(void)
{
    const int codes[] = {0, 7, 255};

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        weft_process *process = start_process(exit_with_argument, &codes[i], sizeof(codes[i]));
        weft_process_status status = status_of(process);

        CU_ASSERT_EQUAL(status.code, codes[i]);
        CU_ASSERT_EQUAL(status.signal, 0);
        CU_ASSERT_EQUAL(status.error, 0);
        weft_process_close(process);
    }
}

/* The address comes as an argument so that no compiler sees what is coming. Sanitizers
 * watch for the signal; here the system has it. */
static int write_where_nothing_is(weft_task *task)
{
    uintptr_t nowhere = WEFT_ARG(task, uintptr_t);

    signal(SIGSEGV, SIG_DFL);
    weft_store_u32((weft_atomic_u32 *)nowhere, 1, WEFT_RELAXED);
    return 0;
}

static void a_crash_is_a_signal(void)
{
    uintptr_t nowhere = 64;
    weft_process *process = start_process(write_where_nothing_is, &nowhere, sizeof(nowhere));
    weft_process_status status = status_of(process);

    CU_ASSERT_EQUAL(status.signal, 11);
    CU_ASSERT_EQUAL(status.error, 0);
    weft_process_close(process);
}

static int call_abort(weft_task *task)
{
    (void)task;
    abort();
}

static void abort_is_signal_six(void)
{
    weft_process *process = start_process(call_abort, NULL, 0);
    weft_process_status status = status_of(process);

    CU_ASSERT_EQUAL(status.signal, 6);
    CU_ASSERT_EQUAL(status.error, 0);
    weft_process_close(process);
}

static int run_for_ever(weft_task *task)
{
    weft_atomic_u32 *begun = weft_shared_pointer(WEFT_ARG(task, weft_offset));

    weft_store_u32(begun, 1, WEFT_RELEASE);
    weft_sleep(WEFT_FOREVER);
    return 0;
}

static bool has_begun(void *begun)
{
    return weft_load_u32(begun, WEFT_ACQUIRE) != 0;
}

/* A process that runs, and has begun its function. */
static weft_process *start_endless(weft_offset *at)
{
    weft_process *process;

    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(at, sizeof(weft_atomic_u32)), 0);
    process = start_process(run_for_ever, at, sizeof(*at));
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CU_ASSERT_TRUE(eventually(has_begun, weft_shared_pointer(*at)));
    return process;
}

static void kill_is_signal_nine_and_may_be_repeated(void)
{
    weft_offset at;
    weft_process *process = start_endless(&at);

    CHECK_OK(weft_process_kill(process));
    CHECK_OK(weft_process_kill(process));
    CU_ASSERT_EQUAL(status_of(process).signal, 9);
    CHECK_OK(weft_process_kill(process));
    CHECK_OK(weft_process_terminate(process));
    weft_process_close(process);
    weft_shared_free(at);
}

static void terminate_is_signal_fifteen(void)
{
    weft_offset at;
    weft_process *process = start_endless(&at);

    CHECK_OK(weft_process_terminate(process));
    CU_ASSERT_EQUAL(status_of(process).signal, 15);
    CHECK_OK(weft_process_terminate(process));
    weft_process_close(process);
    weft_shared_free(at);
}

static void a_process_can_be_killed_at_any_moment_of_its_start(void)
{
    weft_offset at;
    weft_process *process;

    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&at, sizeof(weft_atomic_u32)), 0);
    for (int i = 0; i < 20; i++) {
        process = start_process(run_for_ever, &at, sizeof(at));
        CU_ASSERT_PTR_NOT_NULL_FATAL(process);
        weft_sleep(WEFT_US(150) * i);
        CHECK_OK(weft_process_kill(process));
        CU_ASSERT_EQUAL(status_of(process).signal, 9);
        weft_process_close(process);
    }
    weft_shared_free(at);
}

/* ---- join ----------------------------------------------------------------------- */

static void join_gives_up_at_the_deadline_and_the_process_goes_on(void)
{
    weft_offset at;
    weft_process *process = start_endless(&at);
    weft_time until = weft_in(WEFT_MS(20));
    weft_process_status status;

    CHECK_ERROR(weft_process_join(process, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_process_join(process, weft_clock() - 1), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_process_join(process, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE(weft_process_name(process));
    weft_process_status_get(process, &status);
    CU_ASSERT_FALSE(status.exited);
    kill_process(process);
    weft_shared_free(at);
}

static int join_the_process(weft_task *task)
{
    return weft_process_join(*WEFT_ARG(task, weft_process **), SOON);
}

static weft_atomic_u32 failed_threads;

static void count_failed_thread(const char *name, int code, const char *sentence)
{
    (void)name;
    (void)code;
    (void)sentence;
    weft_fetch_add_u32(&failed_threads, 1, WEFT_RELAXED);
}

static void any_number_of_threads_may_join_and_also_later(void)
{
    weft_offset at;
    weft_process *process = start_endless(&at);
    weft_thread *threads[4];

    weft_on_failure(count_failed_thread);
    start_threads(threads, 4, join_the_process, &process);
    CHECK_OK(weft_process_kill(process));
    join_threads(threads, 4);
    weft_on_failure(NULL);
    CU_ASSERT_EQUAL(weft_load_u32(&failed_threads, WEFT_RELAXED), 0);
    CHECK_OK(weft_process_join(process, WEFT_NOW));
    CHECK_OK(weft_process_join(process, WEFT_FOREVER));
    weft_process_close(process);
    weft_shared_free(at);
}

static int join_for_ever(weft_task *task)
{
    return weft_process_join(*WEFT_ARG(task, weft_process **), WEFT_FOREVER);
}

static bool all_are_seen(void *context)
{
    static char report[65536];
    int count = 0;

    (void)context;
    CHECK_OK(weft_doctor_report(report, sizeof(report), NULL));
    for (const char *text = report; (text = strstr(text, "waits for process 0x")) != NULL; text++)
        count++;
    return count == 4;
}

/* One of them waits in the system, the others for that one. */
static void joins_for_ever_are_seen_by_the_doctor_and_end(void)
{
    weft_offset at;
    weft_process *process = start_endless(&at);
    weft_thread *threads[4];

    weft_on_failure(count_failed_thread);
    start_threads(threads, 4, join_for_ever, &process);
    CU_ASSERT_TRUE(eventually(all_are_seen, NULL));
    CHECK_OK(weft_process_kill(process));
    join_threads(threads, 4);
    weft_on_failure(NULL);
    CU_ASSERT_EQUAL(weft_load_u32(&failed_threads, WEFT_RELAXED), 0);
    CU_ASSERT_EQUAL(status_of(process).signal, 9);
    weft_process_close(process);
    weft_shared_free(at);
}

static void its_waitable_is_ready_when_the_process_has_ended(void)
{
    weft_offset at;
    weft_process *process = start_endless(&at);
    weft_waitable waitable = weft_process_waitable(process);
    size_t which = 5;

    CHECK_ERROR(weft_wait_any(&waitable, 1, &which, weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
    CHECK_OK(weft_process_kill(process));
    CHECK_OK(weft_wait_any(&waitable, 1, &which, SOON));
    CU_ASSERT_EQUAL(which, 0);
    CHECK_OK(weft_process_join(process, WEFT_NOW));
    weft_process_close(process);
    weft_shared_free(at);
}

const char *const suite_name = "process_end";
CU_TestInfo suite_cases[] = {
    {"success_is_code_zero_and_no_sentence", success_is_code_zero_and_no_sentence},
    {"failure_is_code_one_with_error_and_sentence", failure_is_code_one_with_error_and_sentence},
    {"the_sentence_of_the_call_that_failed_reaches_the_parent",
     the_sentence_of_the_call_that_failed_reaches_the_parent},
    {"exit_in_the_function_is_its_code", exit_in_the_function_is_its_code},
    {"a_crash_is_a_signal", a_crash_is_a_signal},
    {"abort_is_signal_six", abort_is_signal_six},
    {"kill_is_signal_nine_and_may_be_repeated", kill_is_signal_nine_and_may_be_repeated},
    {"terminate_is_signal_fifteen", terminate_is_signal_fifteen},
    {"a_process_can_be_killed_at_any_moment_of_its_start",
     a_process_can_be_killed_at_any_moment_of_its_start},
    {"join_gives_up_at_the_deadline_and_the_process_goes_on",
     join_gives_up_at_the_deadline_and_the_process_goes_on},
    {"any_number_of_threads_may_join_and_also_later",
     any_number_of_threads_may_join_and_also_later},
    {"joins_for_ever_are_seen_by_the_doctor_and_end",
     joins_for_ever_are_seen_by_the_doctor_and_end},
    {"its_waitable_is_ready_when_the_process_has_ended",
     its_waitable_is_ready_when_the_process_has_ended},
    CU_TEST_INFO_NULL,
};
