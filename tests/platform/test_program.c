/* SPDX-License-Identifier: MIT */
/* Other programs: arguments, and how they end. test_program_stream.c has their streams. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "program.h"
#include "weft/caps.h"

enum { OUTPUT = 8192 };

/* ---- starting ----------------------------------------------------------------- */

static void arguments_arrive_exactly_as_they_were(void)
{
    static const char *const hard[] = {"plain",
                                       "two words",
                                       "",
                                       " ",
                                       "\"",
                                       "a\"b",
                                       "\"quoted\"",
                                       "'single'",
                                       "back\\slash",
                                       "ends in one\\",
                                       "ends in two\\\\",
                                       "\\\"",
                                       "\\\\\"",
                                       "a\\\\b c\\",
                                       "*",
                                       "?",
                                       "%PATH%",
                                       "^&|<>",
                                       "$HOME",
                                       "`x`",
                                       "tab\there",
                                       "--option=value with space",
                                       "/unix/path",
                                       "\xc3\xa9",
                                       "\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\xa7\xb5"};
    enum { HARD = sizeof(hard) / sizeof(hard[0]) };
    const char *arguments[HARD + 3] = {echo_program, "arguments"};
    char expected[OUTPUT] = "", text[OUTPUT] = "";
    weft_process *process = NULL;

    for (int i = 0; i < HARD; i++) {
        size_t used = strlen(expected);

        arguments[i + 2] = hard[i];
        snprintf(expected + used, sizeof(expected) - used, "%d:%s\n", (int)strlen(hard[i]),
                 hard[i]);
    }
    CHECK_OK(weft_process_open(&process, arguments, &output_only));
    if (!process)
        return;
    CU_ASSERT_STRING_EQUAL(read_all(process, text, sizeof(text)), expected);
    CU_ASSERT_EQUAL(code_of(process), 0);
}

static void a_name_without_a_path_is_looked_up(void)
{
    bool windows = strcmp(weft_caps()->system, "windows") == 0;
    const char *const shell[] = {"sh", "-c", "exit 3", NULL};
    const char *const cmd[] = {"cmd", "/c", "exit 3", NULL};
    weft_process *process = NULL;

    CHECK_OK(weft_process_open(&process, windows ? cmd : shell, &silent));
    CU_ASSERT_EQUAL(code_of(process), 3);
}

static void a_program_that_is_not_there_is_not_found(void)
{
    const char *const by_name[] = {"weft-no-such-program", NULL};
    const char *const by_path[] = {"./no-such-folder/weft-no-such-program", NULL};
    int mark = 0;
    void *untouched = &mark;
    weft_process *process = untouched;

    CHECK_ERROR(weft_process_open(&process, by_name, NULL), WEFT_ENOTFOUND);
    CHECK_SENTENCE("weft-no-such-program");
    CHECK_ERROR(weft_process_open(&process, by_path, &both_ways), WEFT_ENOTFOUND);
    CHECK_SENTENCE("weft-no-such-program");
    CU_ASSERT_PTR_EQUAL(process, untouched);
}

static void a_file_that_is_no_program_is_refused(void)
{
    const char *const text_file[] = {"./weft-test-not-a-program.txt", NULL};
    FILE *file = fopen(text_file[0], "w");
    weft_process *process = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs("This is no program.\n", file);
    fclose(file);
    CHECK_ERROR(weft_process_open(&process, text_file, &silent), WEFT_EPERM);
    CHECK_SENTENCE("not-a-program");
    CU_ASSERT_PTR_NULL(process);
    remove(text_file[0]);
}

static void no_program_named_is_misuse(void)
{
    const char *const nothing[] = {NULL};
    weft_process *process = NULL;

    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_process_open(&process, nothing, NULL), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
}

/* ---- how it ends --------------------------------------------------------------- */

static void its_exit_code_is_told(void)
{
    CU_ASSERT_EQUAL(code_of(open_echo("exit", "0", &silent)), 0);
    CU_ASSERT_EQUAL(code_of(open_echo("exit", "7", &silent)), 7);
    CU_ASSERT_EQUAL(code_of(open_echo("exit", "255", &silent)), 255);
    CU_ASSERT_EQUAL(code_of(open_echo("exit", "1", NULL)), 1);
}

static void it_can_be_killed(void)
{
    weft_process *process = open_echo("sleep", NULL, &output_only);
    weft_process_status status;
    char text[16];
    size_t length;

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CHECK_OK(weft_process_read(process, text, sizeof(text), &length, SOON));
    CHECK_ERROR(weft_process_join(process, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_process_kill(process));
    CHECK_OK(weft_process_join(process, SOON));
    weft_process_status_get(process, &status);
    CU_ASSERT_EQUAL(status.signal, 9);
    CU_ASSERT_EQUAL(status.error, 0);
    CHECK_OK(weft_process_kill(process));
    weft_process_close(process);
}

static void it_can_be_asked_to_end(void)
{
    weft_process *process = open_echo("sleep", NULL, &output_only);
    weft_process_status status;
    char text[16];
    size_t length;

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CHECK_OK(weft_process_read(process, text, sizeof(text), &length, SOON));
    CHECK_OK(weft_process_terminate(process));
    CHECK_OK(weft_process_join(process, SOON));
    weft_process_status_get(process, &status);
    CU_ASSERT_EQUAL(status.signal, 15);
    weft_process_close(process);
}

/* ---- refused -------------------------------------------------------------------- */

static int open_and_end(void *context)
{
    const char *const arguments[] = {echo_program, "exit", "0", NULL};
    weft_process *const untouched = context;
    weft_process *process = context;
    int err = weft_process_open(&process, arguments, &both_ways);

    if (err != 0) {
        CU_ASSERT_PTR_EQUAL(process, untouched);
        return err;
    }
    return code_of(process);
}

static void without_memory_nothing_is_left(void)
{
    CU_ASSERT_TRUE(refuse_each_allocation(open_and_end, &(int){0}) > 0);
}

static void without_threads_nothing_is_left(void)
{
    CU_ASSERT_TRUE(refuse_each_passage("thread.start", WEFT_ELIMIT, open_and_end, &(int){0}) > 0);
}

/* ---- weft in it ------------------------------------------------------------------ */

static void a_child_prints_where_its_parent_does_and_reads_nothing(void)
{
    const weft_process_options options = {
        .input = WEFT_STREAM_PIPE, .output = WEFT_STREAM_PIPE, .errors = WEFT_STREAM_OUTPUT};
    weft_process *process = open_echo("child", NULL, &options);
    char text[256];

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CHECK_OK(weft_process_write(process, "for the parent alone", 20));
    CU_ASSERT_STRING_EQUAL(read_all(process, text, sizeof(text)),
                           "printf in the child, input empty\nweft_print in the child\n"
                           "errors of the child\n");
    CU_ASSERT_EQUAL(code_of(process), 0);
}

static void without_weft_main_a_program_is_told_so_and_starts_nothing(void)
{
    const char *const arguments[] = {no_main_program, NULL};
    weft_process *process = NULL;
    char text[512];

    CHECK_OK(weft_process_open(&process, arguments, &output_only));
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    read_all(process, text, sizeof(text));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "weft_main"));
    CU_ASSERT_PTR_NULL(strstr(text, "a child runs"));
    CU_ASSERT_EQUAL(code_of(process), 3);
}

const char *const suite_name = "program";
CU_TestInfo suite_cases[] = {
    {"arguments_arrive_exactly_as_they_were", arguments_arrive_exactly_as_they_were},
    {"a_name_without_a_path_is_looked_up", a_name_without_a_path_is_looked_up},
    {"a_program_that_is_not_there_is_not_found", a_program_that_is_not_there_is_not_found},
    {"a_file_that_is_no_program_is_refused", a_file_that_is_no_program_is_refused},
    {"no_program_named_is_misuse", no_program_named_is_misuse},
    {"its_exit_code_is_told", its_exit_code_is_told},
    {"it_can_be_killed", it_can_be_killed},
    {"it_can_be_asked_to_end", it_can_be_asked_to_end},
    {"without_memory_nothing_is_left", without_memory_nothing_is_left},
    {"without_threads_nothing_is_left", without_threads_nothing_is_left},
    {"a_child_prints_where_its_parent_does_and_reads_nothing",
     a_child_prints_where_its_parent_does_and_reads_nothing},
    {"without_weft_main_a_program_is_told_so_and_starts_nothing",
     without_weft_main_a_program_is_told_so_and_starts_nothing},
    CU_TEST_INFO_NULL,
};
