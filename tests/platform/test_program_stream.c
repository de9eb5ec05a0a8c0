/* SPDX-License-Identifier: MIT */
/* What goes into another program and what comes out of it. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "program.h"
#include "weft/fault.h"

enum { LARGE = 3000000, PROGRAMS = 8 };

static void output_is_read_to_its_end_and_the_end_stays(void)
{
    weft_process *process = open_echo("both", NULL, &output_only);
    char text[64];
    size_t length = 9;

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CU_ASSERT_STRING_EQUAL(read_all(process, text, sizeof(text)), "out\n");
    CHECK_OK(weft_process_read(process, text, sizeof(text), &length, WEFT_NOW));
    CU_ASSERT_EQUAL(length, 0);
    CU_ASSERT_EQUAL(code_of(process), 0);
}

static void errors_go_into_the_same_pipe_if_asked(void)
{
    const weft_process_options options = {
        .input = WEFT_STREAM_NOTHING, .output = WEFT_STREAM_PIPE, .errors = WEFT_STREAM_OUTPUT};
    weft_process *process = open_echo("both", NULL, &options);
    char text[64];

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CU_ASSERT_STRING_EQUAL(read_all(process, text, sizeof(text)), "out\nerr\n");
    CU_ASSERT_EQUAL(code_of(process), 0);
}

static void reading_gives_up_at_the_deadline_and_not_before(void)
{
    weft_process *process = open_echo("cat", NULL, &both_ways);
    weft_time until = weft_in(WEFT_MS(20));
    size_t length = 9;
    char byte;

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CHECK_ERROR(weft_process_read(process, &byte, 1, &length, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_process_read(process, &byte, 1, &length, weft_clock() - 1), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_process_read(process, &byte, 1, &length, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE(echo_program);
    CU_ASSERT_EQUAL(length, 9);
    weft_process_close_input(process);
    CU_ASSERT_EQUAL(code_of(process), 0);
}

static void what_is_written_reaches_its_input(void)
{
    weft_process *process = open_echo("cat", NULL, &both_ways);
    char text[64];

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CHECK_OK(weft_process_write(process, "to and ", 7));
    CHECK_OK(weft_process_write(process, "fro", 3));
    weft_process_close_input(process);
    CU_ASSERT_STRING_EQUAL(read_all(process, text, sizeof(text)), "to and fro");
    CHECK_ERROR(weft_process_write(process, "x", 1), WEFT_ECLOSED);
    CHECK_SENTENCE("input");
    weft_process_close_input(process);
    CU_ASSERT_EQUAL(code_of(process), 0);
}

/* More than any pipe holds, in both directions: nobody may wait for the other. */
static void writing_never_waits_and_nothing_is_lost(void)
{
    weft_process *process = open_echo("cat", NULL, &both_ways);
    char *sent = malloc(LARGE), *got = malloc(LARGE + 2);

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CU_ASSERT_PTR_NOT_NULL_FATAL(sent);
    CU_ASSERT_PTR_NOT_NULL_FATAL(got);
    for (int i = 0; i < LARGE; i++)
        sent[i] = (char)('a' + i % 26 - (i % 1000 == 0 ? 32 : 0));
    CHECK_OK(weft_process_write(process, sent, LARGE / 2));
    CHECK_OK(weft_process_write(process, sent + LARGE / 2, LARGE - LARGE / 2));
    weft_process_close_input(process);
    read_all(process, got, LARGE + 2);
    CU_ASSERT_EQUAL(strlen(got), LARGE);
    CU_ASSERT_EQUAL(memcmp(got, sent, LARGE), 0);
    CU_ASSERT_EQUAL(code_of(process), 0);
    free(sent);
    free(got);
}

static void input_that_is_nothing_ends_at_once(void)
{
    CU_ASSERT_EQUAL(code_of(open_echo("cat", NULL, &silent)), 0);
}

static void output_that_is_nothing_is_thrown_away(void)
{
    CU_ASSERT_EQUAL(code_of(open_echo("flood", "1000000", &silent)), 0);
    CU_ASSERT_EQUAL(code_of(open_echo("both", NULL, &silent)), 0);
}

static bool input_is_closed(void *process)
{
    return weft_process_write(process, "x", 1) == WEFT_ECLOSED;
}

static void writing_to_a_program_that_has_ended_is_closed(void)
{
    weft_process *process = open_echo("exit", "0", &both_ways);

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CHECK_OK(weft_process_join(process, SOON));
    CU_ASSERT_TRUE(eventually(input_is_closed, process));
    CU_ASSERT_EQUAL(code_of(process), 0);
}

static void output_can_be_read_after_the_end(void)
{
    weft_process *process = open_echo("flood", "100000", &output_only);
    char *text = malloc(100002);

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CHECK_OK(weft_process_join(process, SOON));
    CU_ASSERT_EQUAL(strlen(read_all(process, text, 100002)), 100000);
    CU_ASSERT_EQUAL(code_of(process), 0);
    free(text);
}

static void a_program_that_talks_without_end_can_be_closed(void)
{
    weft_process *process;
    char byte;
    size_t length;

    watch_memory();
    process = open_echo("flood", "1000000000", &output_only);
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CHECK_OK(weft_process_read(process, &byte, 1, &length, SOON));
    weft_sleep(WEFT_MS(30)); /* all that is kept is full now, most likely */
    CHECK_ERROR(weft_process_join(process, WEFT_NOW), WEFT_ETIMEDOUT);
    kill_process(process);
    unwatch_memory(); /* whoever kept it has gone too */
}

static void streams_that_are_no_pipes_are_misuse(void)
{
    weft_process *process = open_echo("exit", "0", &silent);
    size_t length;
    char byte;

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_process_read(process, &byte, 1, &length, WEFT_FOREVER), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_process_write(process, "x", 1), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    weft_process_close_input(process);
    CU_ASSERT_EQUAL(code_of(process), 0);
}

/* An inherited end of the first one's input pipe would keep it from ending. */
static void programs_do_not_inherit_the_pipes_of_others(void)
{
    weft_process *processes[PROGRAMS];

    for (int i = 0; i < PROGRAMS; i++)
        processes[i] = open_echo("cat", NULL, &both_ways);
    for (int i = 0; i < PROGRAMS; i++) {
        if (processes[i])
            weft_process_close_input(processes[i]);
        CU_ASSERT_EQUAL(code_of(processes[i]), 0);
    }
}

static void closing_the_handle_closes_its_input(void)
{
    weft_process *process;

    watch_memory();
    process = open_echo("cat", NULL, &both_ways);
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    weft_process_close(process);
    unwatch_memory(); /* what weft knows of a process goes when that has ended */
}

static void output_that_memory_cannot_hold_is_an_error_not_an_end(void)
{
    weft_process *process;
    size_t length = 0;
    char text[64];

    watch_memory();
    process = open_echo("cat", NULL, &both_ways);
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    refuse_allocation(2); /* the first keeps what is written, the second what comes back */
    CHECK_OK(weft_process_write(process, "lost", 4));
    weft_process_close_input(process);
    CHECK_ERROR(weft_process_read(process, text, sizeof(text), &length, SOON), WEFT_ENOMEM);
    CHECK_SENTENCE(echo_program);
    kill_process(process);
    unwatch_memory();
}

static FILE *stranger;

/* No descriptor is left, and another thread opens a file just then. */
static int refuse_a_descriptor(const char *point)
{
    if (strcmp(point, "process.descriptor") != 0)
        return 0;
    if (!stranger)
        stranger = tmpfile();
    return WEFT_ELIMIT;
}

static void a_refused_file_for_its_output_closes_no_other(void)
{
    const weft_process_options options = {.output = WEFT_STREAM_FILE,
                                          .output_file = "program_stream.txt"};
    const char *const arguments[] = {echo_program, "both", NULL};
    weft_process *process = NULL;
    int err;

    weft_fault_hook(refuse_a_descriptor);
    err = weft_process_open(&process, arguments, &options);
    weft_fault_hook(NULL);
    if (stranger) { /* otherwise there are no descriptors here */
        CU_ASSERT_EQUAL(err, WEFT_ELIMIT);
        CU_ASSERT_TRUE(fputs("mine", stranger) >= 0);
        CU_ASSERT_EQUAL(fclose(stranger), 0);
    }
    if (process)
        join_process(process);
    remove(options.output_file);
}

const char *const suite_name = "program_stream";
CU_TestInfo suite_cases[] = {
    {"output_is_read_to_its_end_and_the_end_stays", output_is_read_to_its_end_and_the_end_stays},
    {"errors_go_into_the_same_pipe_if_asked", errors_go_into_the_same_pipe_if_asked},
    {"reading_gives_up_at_the_deadline_and_not_before",
     reading_gives_up_at_the_deadline_and_not_before},
    {"what_is_written_reaches_its_input", what_is_written_reaches_its_input},
    {"writing_never_waits_and_nothing_is_lost", writing_never_waits_and_nothing_is_lost},
    {"input_that_is_nothing_ends_at_once", input_that_is_nothing_ends_at_once},
    {"output_that_is_nothing_is_thrown_away", output_that_is_nothing_is_thrown_away},
    {"writing_to_a_program_that_has_ended_is_closed",
     writing_to_a_program_that_has_ended_is_closed},
    {"output_can_be_read_after_the_end", output_can_be_read_after_the_end},
    {"a_program_that_talks_without_end_can_be_closed",
     a_program_that_talks_without_end_can_be_closed},
    {"streams_that_are_no_pipes_are_misuse", streams_that_are_no_pipes_are_misuse},
    {"programs_do_not_inherit_the_pipes_of_others", programs_do_not_inherit_the_pipes_of_others},
    {"closing_the_handle_closes_its_input", closing_the_handle_closes_its_input},
    {"output_that_memory_cannot_hold_is_an_error_not_an_end",
     output_that_memory_cannot_hold_is_an_error_not_an_end},
    {"a_refused_file_for_its_output_closes_no_other",
     a_refused_file_for_its_output_closes_no_other},
    CU_TEST_INFO_NULL,
};
