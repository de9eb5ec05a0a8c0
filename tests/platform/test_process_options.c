/* SPDX-License-Identifier: MIT */
/* Options that functions and other programs share: streams, folder, environment, and what
 * contradicts itself. test_hand_over.c has files and sockets by name. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "file.h"
#include "program.h"
#include "weft/caps.h"

/* A function or a program with these options; asserts that it starts. */
static weft_process *start_with(weft_function *function, const weft_process_options *options)
{
    weft_process *process = NULL;

    CHECK_OK(weft_process_start_with(&process, function, NULL, 0, options));
    return process;
}

/* ---- streams ---------------------------------------------------------------------- */

static int print_both(weft_task *task)
{
    REQUIRE(task, printf("out\n") > 0 && fflush(stdout) == 0);
    REQUIRE(task, fprintf(stderr, "err\n") > 0);
    return 0;
}

static int copy_input(weft_task *task)
{
    int byte;

    while ((byte = getchar()) != EOF)
        REQUIRE(task, putchar(byte) != EOF);
    return 0;
}

static void a_function_has_three_pipes_of_its_own(void)
{
    const weft_process_options options = {
        .input = WEFT_STREAM_PIPE, .output = WEFT_STREAM_PIPE, .errors = WEFT_STREAM_PIPE};
    weft_process *process = start_with(copy_input, &options);
    size_t length = 9;
    char text[64];

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CHECK_OK(weft_process_write(process, "there and back", 14));
    weft_process_close_input(process);
    CU_ASSERT_STRING_EQUAL(read_all(process, text, sizeof(text)), "there and back");
    CHECK_OK(weft_process_read_errors(process, text, sizeof(text), &length, SOON));
    CU_ASSERT_EQUAL(length, 0);
    join_process(process);
}

static void errors_have_a_pipe_of_their_own(void)
{
    const weft_process_options options = {.output = WEFT_STREAM_NOTHING,
                                          .errors = WEFT_STREAM_PIPE};
    weft_process *processes[] = {start_with(print_both, &options),
                                 open_echo("both", NULL, &options)};

    for (int i = 0; i < 2; i++) {
        weft_process_output output;

        CU_ASSERT_PTR_NOT_NULL_FATAL(processes[i]);
        if (!CHECK_OK(weft_process_communicate(processes[i], NULL, 0, &output, SOON)))
            continue;
        CU_ASSERT_PTR_NULL(output.output);
        CU_ASSERT_EQUAL(strncmp(output.errors, "err", 3), 0);
        weft_process_output_free(&output);
        join_process(processes[i]);
    }
}

static void errors_go_where_output_goes(void)
{
    const weft_process_options pipe = {.output = WEFT_STREAM_PIPE, .errors = WEFT_STREAM_OUTPUT};
    const weft_process_options file = {.output = WEFT_STREAM_FILE,
                                       .output_file = "weft-test-both.txt",
                                       .errors = WEFT_STREAM_OUTPUT};
    weft_process *process = start_with(print_both, &pipe);
    char text[64];

    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CU_ASSERT_STRING_EQUAL(read_all(process, text, sizeof(text)), "out\nerr\n");
    join_process(process);
    join_process(start_with(print_both, &file));
    CU_ASSERT_STRING_EQUAL(text_of_file("weft-test-both.txt"), "out\nerr\n");
    remove("weft-test-both.txt");
}

static void output_goes_into_a_file_that_is_made_anew_or_added_to(void)
{
    const char *const name = "weft-test-\xc3\xa9-output.txt";
    weft_process_options options = {.output = WEFT_STREAM_FILE,
                                    .output_file = name,
                                    .errors = WEFT_STREAM_FILE,
                                    .errors_file = "weft-test-errors.txt"};

    write_file("weft-test-errors.txt", "a long line that was here before\n");
    join_process(start_with(print_both, &options));
    CU_ASSERT_STRING_EQUAL(text_of_file("weft-test-errors.txt"), "err\n");
    options.output = WEFT_STREAM_APPEND;
    options.errors = WEFT_STREAM_APPEND;
    CU_ASSERT_EQUAL(code_of(open_echo("both", NULL, &options)), 0);
    CU_ASSERT_STRING_EQUAL(text_of_file("weft-test-errors.txt"), "err\nerr\n");
    options.input = WEFT_STREAM_FILE;
    options.input_file = name;
    options.output = WEFT_STREAM_PIPE;
    options.output_file = NULL;
    weft_process *reader = start_with(copy_input, &options);
    char text[64];
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader);
    CU_ASSERT_STRING_EQUAL(read_all(reader, text, sizeof(text)), "out\nout\n");
    join_process(reader);
    remove("weft-test-errors.txt");
    /* ISO C removes no file of such a name on Windows; a program is told to. */
    const char *const posix[] = {"rm", name, NULL}, *const cmd[] = {"cmd", "/c", "del", name, NULL};
    weft_process *process = NULL;
    CHECK_OK(weft_process_open(&process, strcmp(weft_caps()->system, "windows") == 0 ? cmd : posix,
                               &silent));
    CU_ASSERT_EQUAL(code_of(process), 0);
}

static void a_file_that_is_not_there_is_named(void)
{
    const char *const arguments[] = {echo_program, "cat", NULL};
    const weft_process_options input = {.input = WEFT_STREAM_FILE,
                                        .input_file = "weft-test-no-such-input.txt"};
    const weft_process_options output = {.output = WEFT_STREAM_FILE,
                                         .output_file = "weft-test-no-folder/output.txt"};
    weft_process *process = NULL;

    CHECK_ERROR(weft_process_start_with(&process, copy_input, NULL, 0, &input), WEFT_ENOTFOUND);
    CHECK_SENTENCE("weft-test-no-such-input.txt");
    CHECK_ERROR(weft_process_open(&process, arguments, &output), WEFT_ENOTFOUND);
    CHECK_SENTENCE("weft-test-no-folder");
    CU_ASSERT_PTR_NULL(process);
}

/* ---- folder and environment ---------------------------------------------------------- */

static int leave_a_file(weft_task *task)
{
    FILE *file = fopen("was-here.txt", "wb");

    REQUIRE(task, file != NULL);
    REQUIRE(task, fputs(weft_process_current_name(), file) >= 0);
    REQUIRE(task, fclose(file) == 0);
    return 0;
}

static void a_process_works_in_its_folder(void)
{
    const weft_process_options function = {.folder = "weft-test-folder", .name = "worker"};
    const weft_process_options program = {.folder = "weft-test-folder",
                                          .output = WEFT_STREAM_FILE,
                                          .output_file = "weft-test-here.txt"};

    make_folder("weft-test-folder");
    join_process(start_with(leave_a_file, &function));
    CU_ASSERT_STRING_EQUAL(text_of_file("weft-test-folder/was-here.txt"), "worker");
    /* The program sees the file from there, and its output file is seen from here. */
    CU_ASSERT_EQUAL(code_of(open_echo("show", "was-here.txt", &program)), 0);
    CU_ASSERT_STRING_EQUAL(text_of_file("weft-test-here.txt"), "worker");
    remove("weft-test-here.txt");
    remove("weft-test-folder/was-here.txt");
    remove_folder("weft-test-folder");
}

static void a_folder_that_is_not_there_is_named(void)
{
    const char *const arguments[] = {echo_program, "exit", "0", NULL};
    const weft_process_options nowhere = {.folder = "weft-test-nowhere"};
    const weft_process_options a_file = {.folder = "weft-test-file.txt"};
    weft_process *process = NULL;

    write_file("weft-test-file.txt", "");
    CHECK_ERROR(weft_process_start_with(&process, leave_a_file, NULL, 0, &nowhere), WEFT_ENOTFOUND);
    CHECK_SENTENCE("weft-test-nowhere");
    CHECK_ERROR(weft_process_open(&process, arguments, &nowhere), WEFT_ENOTFOUND);
    CHECK_SENTENCE("weft-test-nowhere");
    CHECK_ERROR(weft_process_open(&process, arguments, &a_file), WEFT_ENOTFOUND);
    CHECK_SENTENCE("weft-test-file.txt");
    CU_ASSERT_PTR_NULL(process);
    remove("weft-test-file.txt");
}

static void a_program_that_is_not_there_is_named_not_its_folder(void)
{
    const char *const arguments[] = {"weft-no-such-program", NULL};
    const char *const path[] = {"./weft-no-such-program", NULL};
    const weft_process_options options = {.folder = "."};
    weft_process *process = NULL;

    CHECK_ERROR(weft_process_open(&process, arguments, &options), WEFT_ENOTFOUND);
    CHECK_SENTENCE("weft-no-such-program");
    CHECK_ERROR(weft_process_open(&process, path, &options), WEFT_ENOTFOUND);
    CHECK_SENTENCE("weft-no-such-program");
    CU_ASSERT_PTR_NULL(process);
}

static int know_the_environment(weft_task *task)
{
    const char *value = getenv("WEFT_TEST_VALUE");

    REQUIRE(task, value && strcmp(value, "4 + 2 = 6") == 0);
    REQUIRE(task, getenv("PATH") == NULL);
    return 0;
}

static void the_environment_is_the_one_that_is_given(void)
{
    const char *const environment[] = {"WEFT_TEST_VALUE=4 + 2 = 6", "WEFT_TEST_EMPTY=", NULL};
    const weft_process_options options = {.environment = environment, .output = WEFT_STREAM_PIPE};
    weft_process *process = start_with(know_the_environment, &options);
    char text[64];

    join_process(process);
    process = open_echo("environment", "WEFT_TEST_VALUE", &options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CU_ASSERT_STRING_EQUAL(read_all(process, text, sizeof(text)), "4 + 2 = 6\n");
    CU_ASSERT_EQUAL(code_of(process), 0);
    process = open_echo("environment", "PATH", &options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(process);
    CU_ASSERT_STRING_EQUAL(read_all(process, text, sizeof(text)), "(none)\n");
    CU_ASSERT_EQUAL(code_of(process), 0);
}

/* ---- contradictions ------------------------------------------------------------------- */

static const weft_handover twice[] = {{.name = "log", .file = 1}, {.name = "log", .file = 2}};
static const weft_handover nameless[] = {{.name = "", .file = 1}};
static const weft_handover assigned[] = {{.name = "a=b", .file = 1}};
static const weft_handover no_file[] = {{.name = "log", .file = -1}};
static const weft_handover many[17] = {{.name = "log", .file = 1}};
static const char *const no_pair[] = {"A=1", "B", NULL};

static const struct contradiction {
    const char *sentence;
    weft_process_options options;
} contradictions[] = {
    {"output has the name of a file", {.output = WEFT_STREAM_PIPE, .output_file = "x"}},
    {"input has the name of a file", {.input_file = "x"}},
    {"errors is a file, but none is named", {.errors = WEFT_STREAM_FILE}},
    {"output is a file, but none is named", {.output = WEFT_STREAM_APPEND, .output_file = ""}},
    {"input cannot be WEFT_STREAM_APPEND", {.input = WEFT_STREAM_APPEND, .input_file = "x"}},
    {"output cannot be WEFT_STREAM_OUTPUT", {.output = WEFT_STREAM_OUTPUT}},
    {"input cannot be WEFT_STREAM_OUTPUT", {.input = WEFT_STREAM_OUTPUT}},
    {"no enum weft_stream", {.output = (enum weft_stream)99}},
    {"two to hand over are named log", {.hand_over = twice, .hand_over_count = 2}},
    {"hand_over[0] needs a name", {.hand_over = nameless, .hand_over_count = 1}},
    {"hand_over[0] needs a name", {.hand_over = assigned, .hand_over_count = 1}},
    {"log to hand over is neither", {.hand_over = no_file, .hand_over_count = 1}},
    {"at most 16", {.hand_over = many, .hand_over_count = 17}},
    {"hand_over is NULL", {.hand_over_count = 1}},
    {"\"B\" in its environment", {.environment = no_pair}},
    {"folder has an empty name", {.folder = ""}},
};

static void contradictions_are_misuse_that_says_which(void)
{
    const char *const arguments[] = {echo_program, "exit", "0", NULL};
    weft_process *process = NULL;

    for (size_t i = 0; i < sizeof(contradictions) / sizeof(contradictions[0]); i++) {
        const struct contradiction *c = &contradictions[i];

        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_process_start_with(&process, print_both, NULL, 0, &c->options),
                    WEFT_EINVAL);
        CHECK_SENTENCE(c->sentence);
        CHECK_MISUSE_SEEN();
        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_process_open(&process, arguments, &c->options), WEFT_EINVAL);
        CHECK_SENTENCE(c->sentence);
        CHECK_MISUSE_SEEN();
    }
    CU_ASSERT_PTR_NULL(process);
}

const char *const suite_name = "process_options";
CU_TestInfo suite_cases[] = {
    {"a_function_has_three_pipes_of_its_own", a_function_has_three_pipes_of_its_own},
    {"errors_have_a_pipe_of_their_own", errors_have_a_pipe_of_their_own},
    {"errors_go_where_output_goes", errors_go_where_output_goes},
    {"output_goes_into_a_file_that_is_made_anew_or_added_to",
     output_goes_into_a_file_that_is_made_anew_or_added_to},
    {"a_file_that_is_not_there_is_named", a_file_that_is_not_there_is_named},
    {"a_process_works_in_its_folder", a_process_works_in_its_folder},
    {"a_folder_that_is_not_there_is_named", a_folder_that_is_not_there_is_named},
    {"a_program_that_is_not_there_is_named_not_its_folder",
     a_program_that_is_not_there_is_named_not_its_folder},
    {"the_environment_is_the_one_that_is_given", the_environment_is_the_one_that_is_given},
    {"contradictions_are_misuse_that_says_which", contradictions_are_misuse_that_says_which},
    CU_TEST_INFO_NULL,
};
