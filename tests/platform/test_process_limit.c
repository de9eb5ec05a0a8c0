/* SPDX-License-Identifier: MIT */
/* Starts that the system refuses, and ends that it does not tell. */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "fail.h"
#include "program.h"
#include "system.h"
#include "weft/caps.h"

static const weft_process_options pipes = {
    .input = WEFT_STREAM_PIPE, .output = WEFT_STREAM_PIPE, .errors = WEFT_STREAM_PIPE};

static bool is_windows(void)
{
    return strcmp(weft_caps()->system, "windows") == 0;
}

static int do_nothing(weft_task *task)
{
    (void)task;
    return 0;
}

/* ---- refused ------------------------------------------------------------------------ */

/* The first case: later there would be a guard already. */
static void without_a_guard_programs_run_all_the_same(void)
{
    refuse_passage("process.spawn", 1, WEFT_ELIMIT);
    CU_ASSERT_EQUAL(code_of(open_echo("exit", "7", &silent)), 7);
    refuse_passage("process.spawn", 0, 0);
    CU_ASSERT_EQUAL(code_of(open_echo("exit", "7", &silent)), 7);
}

static void without_descriptors_a_start_is_refused_and_none_is_lost(void)
{
    const char *const script = "ulimit -n 80; exec \"$0\" \"$@\"";
    const char *const arguments[] = {"sh",     "-c",         script, family_program,
                                     "starve", echo_program, NULL};
    weft_process *process = NULL;
    char text[1024];

    if (is_windows()) {
        skip("nothing there limits how many handles a process has");
        return;
    }
    CHECK_OK(weft_process_open(&process, arguments, &output_only));
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CU_ASSERT_STRING_EQUAL(read_all(process, text, sizeof(text)), "ok\n");
    CU_ASSERT_EQUAL(code_of(process), 0);
}

static int start_with_pipes(void *context)
{
    weft_process *const untouched = context;
    weft_process *process = context;
    int err = weft_process_start_with(&process, do_nothing, NULL, 0, &pipes);

    if (err == 0)
        join_process(process);
    else
        CU_ASSERT_PTR_EQUAL(process, untouched);
    return err;
}

static int open_with_pipes(void *context)
{
    const char *const arguments[] = {echo_program, "exit", "0", NULL};
    weft_process *const untouched = context;
    weft_process *process = context;
    int err = weft_process_open(&process, arguments, &pipes);

    if (err == 0)
        return code_of(process);
    CU_ASSERT_PTR_EQUAL(process, untouched);
    return err;
}

static void a_start_that_is_refused_at_the_last_moment_leaves_nothing(void)
{
    if (is_windows()) {
        skip("there is no such point");
        return;
    }
    CHECK_OK(open_with_pipes(&(int){0})); /* there is a guard now */
    CU_ASSERT_EQUAL(refuse_each_passage("process.spawn", WEFT_ELIMIT, start_with_pipes, &(int){0}),
                    1);
    CU_ASSERT_EQUAL(refuse_each_passage("process.spawn", WEFT_ELIMIT, open_with_pipes, &(int){0}),
                    1);
}

static void without_memory_or_threads_nothing_is_left(void)
{
    CU_ASSERT_TRUE(refuse_each_allocation(start_with_pipes, &(int){0}) > 3);
    CU_ASSERT_TRUE(refuse_each_allocation(open_with_pipes, &(int){0}) > 3);
    CU_ASSERT_TRUE(refuse_each_passage("thread.start", WEFT_ELIMIT, start_with_pipes, &(int){0}) >
                   3);
}

/* ---- unknown -------------------------------------------------------------------------- */

static void expect_unknown_end(weft_process *process)
{
    weft_process_status status = {.code = 0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CHECK_OK(weft_process_join(process, SOON));
    weft_process_status_get(process, &status);
    CU_ASSERT_TRUE(status.exited);
    CU_ASSERT_EQUAL(status.code, 255);
    CU_ASSERT_PTR_NOT_NULL(strstr(status.sentence, "unknown"));
    weft_process_close(process);
}

static void an_end_that_somebody_else_was_told_is_unknown(void)
{
    weft_process *process;

    if (is_windows()) {
        skip("any number may be told how a process ended");
        return;
    }
    ignore_children(true);
    expect_unknown_end(open_echo("exit", "7", &silent));
    expect_unknown_end(start_process(do_nothing, NULL, 0));
    ignore_children(false);
    process = open_echo("exit", "7", &silent);
    collect_child(7);
    expect_unknown_end(process);
}

const char *const suite_name = "process_limit";
CU_TestInfo suite_cases[] = {
    {"without_a_guard_programs_run_all_the_same", without_a_guard_programs_run_all_the_same},
    {"without_descriptors_a_start_is_refused_and_none_is_lost",
     without_descriptors_a_start_is_refused_and_none_is_lost},
    {"a_start_that_is_refused_at_the_last_moment_leaves_nothing",
     a_start_that_is_refused_at_the_last_moment_leaves_nothing},
    {"without_memory_or_threads_nothing_is_left", without_memory_or_threads_nothing_is_left},
    {"an_end_that_somebody_else_was_told_is_unknown",
     an_end_that_somebody_else_was_told_is_unknown},
    CU_TEST_INFO_NULL,
};
