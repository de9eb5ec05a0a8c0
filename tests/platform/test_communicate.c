/* SPDX-License-Identifier: MIT */
/* All that goes into a process and all that comes out, in one call. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "program.h"

enum { LARGE = 3000000 };

static const weft_process_options three_pipes = {
    .input = WEFT_STREAM_PIPE, .output = WEFT_STREAM_PIPE, .errors = WEFT_STREAM_PIPE};

static bool has(const char *text, size_t size, const char *expected)
{
    return text && size == strlen(expected) && strcmp(text, expected) == 0;
}

static void input_goes_in_and_output_comes_out(void)
{
    weft_process *process = open_echo("cat", NULL, &three_pipes);
    weft_process_output output = {.output = NULL};
    weft_process_status status;

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CHECK_OK(weft_process_communicate(process, "to and fro", 10, &output, SOON));
    CU_ASSERT_TRUE(has(output.output, output.output_size, "to and fro"));
    CU_ASSERT_TRUE(has(output.errors, output.errors_size, ""));
    weft_process_status_get(process, &status);
    CU_ASSERT_TRUE(status.exited); /* nobody has to join it */
    weft_process_output_free(&output);
    CU_ASSERT_PTR_NULL(output.output);
    CU_ASSERT_PTR_NULL(output.errors);
    weft_process_output_free(&output);
    weft_process_close(process);
}

static void output_and_errors_are_apart(void)
{
    weft_process *process = open_echo("both", NULL, &three_pipes);
    weft_process_output output;

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CHECK_OK(weft_process_communicate(process, NULL, 0, &output, SOON));
    CU_ASSERT_EQUAL(strncmp(output.output, "out", 3), 0);
    CU_ASSERT_EQUAL(strncmp(output.errors, "err", 3), 0);
    weft_process_output_free(&output);
    weft_process_close(process);
}

/* More than any pipe holds, and more than weft keeps for a reader that does not come. */
static void streams_do_not_wait_for_each_other(void)
{
    weft_process *process = open_echo("cat", NULL, &three_pipes);
    weft_process *talker = open_echo("shout", "3000000", &three_pipes);
    weft_process_output output;
    char *sent = malloc(LARGE);

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CU_ASSERT_PTR_NOT_NULL_FATAL(talker);
    CU_ASSERT_PTR_NOT_NULL_FATAL(sent);
    for (int i = 0; i < LARGE; i++)
        sent[i] = (char)('a' + i % 26 - (i % 1000 == 0 ? 32 : 0));
    CHECK_OK(weft_process_communicate(process, sent, LARGE, &output, SOON));
    CU_ASSERT_EQUAL(output.output_size, LARGE);
    CU_ASSERT_EQUAL(memcmp(output.output, sent, LARGE), 0);
    CU_ASSERT_EQUAL(output.output[LARGE], '\0');
    weft_process_output_free(&output);
    /* This one writes its errors first, then as much output. */
    CHECK_OK(weft_process_communicate(talker, NULL, 0, &output, SOON));
    CU_ASSERT_EQUAL(output.errors_size, LARGE);
    CU_ASSERT_EQUAL(output.output_size, LARGE);
    weft_process_output_free(&output);
    weft_process_close(process);
    weft_process_close(talker);
    free(sent);
}

static int shout_back(weft_task *task)
{
    int byte;

    while ((byte = getchar()) != EOF)
        REQUIRE(task, putchar(byte >= 'a' && byte <= 'z' ? byte - 32 : byte) != EOF &&
                          fflush(stdout) == 0);
    return 0;
}

static void functions_communicate_too(void)
{
    const weft_process_options options = {.input = WEFT_STREAM_PIPE, .output = WEFT_STREAM_PIPE};
    weft_process *process = NULL;
    weft_process_output output;

    CHECK_OK(weft_process_start_with(&process, shout_back, NULL, 0, &options));
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CHECK_OK(weft_process_communicate(process, "quiet", 5, &output, SOON));
    CU_ASSERT_TRUE(has(output.output, output.output_size, "QUIET"));
    CU_ASSERT_PTR_NULL(output.errors);
    CU_ASSERT_EQUAL(output.errors_size, 0);
    weft_process_output_free(&output);
    join_process(process);
}

static void without_pipes_it_waits_for_the_end(void)
{
    weft_process *process = open_echo("exit", "3", &silent);
    weft_process_output output;

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CHECK_OK(weft_process_communicate(process, NULL, 0, &output, SOON));
    CU_ASSERT_PTR_NULL(output.output);
    CU_ASSERT_PTR_NULL(output.errors);
    CHECK_OK(weft_process_join(process, WEFT_NOW));
    CU_ASSERT_EQUAL(code_of(process), 3);
}

static void at_the_deadline_what_came_is_kept(void)
{
    weft_process *process = open_echo("sleep", NULL, &output_only);
    weft_process_output output = {.output_size = 77};
    weft_time until = weft_in(WEFT_MS(20));

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CHECK_ERROR(weft_process_communicate(process, NULL, 0, &output, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE(echo_program);
    CU_ASSERT_EQUAL(output.output_size, 77);
    CHECK_ERROR(weft_process_communicate(process, NULL, 0, &output, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_process_kill(process));
    /* It may have been killed before it was "ready". */
    CHECK_OK(weft_process_communicate(process, NULL, 0, &output, SOON));
    CU_ASSERT_TRUE(output.output_size == 0 || strncmp(output.output, "ready", 5) == 0);
    weft_process_output_free(&output);
    CHECK_OK(weft_process_communicate(process, NULL, 0, &output, SOON));
    CU_ASSERT_TRUE(has(output.output, output.output_size, ""));
    weft_process_output_free(&output);
    weft_process_close(process);
}

static void what_was_read_before_does_not_come_again(void)
{
    const weft_process_options options = {.input = WEFT_STREAM_PIPE, .output = WEFT_STREAM_PIPE};
    weft_process *process = NULL;
    weft_process_output output;
    size_t length = 0;
    char byte = 0;

    CHECK_OK(weft_process_start_with(&process, shout_back, NULL, 0, &options));
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CHECK_OK(weft_process_write(process, "ab", 2));
    CHECK_OK(weft_process_read(process, &byte, 1, &length, SOON));
    CU_ASSERT_EQUAL(byte, 'A');
    CHECK_OK(weft_process_communicate(process, "c", 1, &output, SOON));
    CU_ASSERT_TRUE(has(output.output, output.output_size, "BC"));
    weft_process_output_free(&output);
    weft_process_close(process);
}

static void a_process_that_reads_no_input_is_no_error(void)
{
    weft_process *process = open_echo("exit", "0", &three_pipes);
    weft_process_output output;
    char *sent = calloc(1, LARGE);

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CU_ASSERT_PTR_NOT_NULL_FATAL(sent);
    CHECK_OK(weft_process_communicate(process, sent, LARGE, &output, SOON));
    CU_ASSERT_EQUAL(output.output_size, 0);
    weft_process_output_free(&output);
    CU_ASSERT_EQUAL(code_of(process), 0);
    free(sent);
}

static void input_that_cannot_be_sent_is_misuse(void)
{
    weft_process *process = open_echo("exit", "0", &output_only);
    weft_process *closed = open_echo("cat", NULL, &both_ways);
    weft_process_output output;

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CU_ASSERT_PTR_NOT_NULL_FATAL(closed);
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_process_communicate(process, "x", 1, &output, SOON), WEFT_EINVAL);
    CHECK_SENTENCE("input");
    CHECK_MISUSE_SEEN();
    weft_process_close_input(closed);
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_process_communicate(closed, "x", 1, &output, SOON), WEFT_EINVAL);
    CHECK_SENTENCE("closed before");
    CHECK_MISUSE_SEEN();
    CU_ASSERT_EQUAL(code_of(process), 0);
    CU_ASSERT_EQUAL(code_of(closed), 0);
}

static void without_memory_it_is_an_error_and_nothing_is_left(void)
{
    weft_process_output output = {.output = NULL};
    weft_process *process;

    watch_memory();
    process = open_echo("cat", NULL, &both_ways);
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    refuse_allocation(1);
    CHECK_ERROR(weft_process_communicate(process, "x", 1, &output, SOON), WEFT_ENOMEM);
    refuse_allocation(0);
    CU_ASSERT_PTR_NULL(output.output);
    kill_process(process);
    unwatch_memory();
}

const char *const suite_name = "communicate";
CU_TestInfo suite_cases[] = {
    {"input_goes_in_and_output_comes_out", input_goes_in_and_output_comes_out},
    {"output_and_errors_are_apart", output_and_errors_are_apart},
    {"streams_do_not_wait_for_each_other", streams_do_not_wait_for_each_other},
    {"functions_communicate_too", functions_communicate_too},
    {"without_pipes_it_waits_for_the_end", without_pipes_it_waits_for_the_end},
    {"at_the_deadline_what_came_is_kept", at_the_deadline_what_came_is_kept},
    {"what_was_read_before_does_not_come_again", what_was_read_before_does_not_come_again},
    {"a_process_that_reads_no_input_is_no_error", a_process_that_reads_no_input_is_no_error},
    {"input_that_cannot_be_sent_is_misuse", input_that_cannot_be_sent_is_misuse},
    {"without_memory_it_is_an_error_and_nothing_is_left",
     without_memory_it_is_an_error_and_nothing_is_left},
    CU_TEST_INFO_NULL,
};
