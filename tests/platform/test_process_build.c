/* SPDX-License-Identifier: MIT */
/* A program whose file was replaced by another build of it while it runs. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "file.h"
#include "program.h"
#include "weft/caps.h"

static const char running[] = "./weft-test-running", waiting[] = "./weft-test-waiting";

/* ISO C does not know that a file is a program. */
static void copy_program(const char *from, const char *to)
{
    const char *const arguments[] = {"cp", from, to, NULL};
    weft_process *process = NULL;

    CHECK_OK(weft_process_open(&process, arguments, &silent));
    CU_ASSERT_EQUAL(code_of(process), 0);
}

/* What the program prints; `replacement` takes its place while it runs. */
static const char *run(const char *replacement, char *text, size_t size)
{
    const char *const arguments[] = {running, replacement, NULL};
    weft_process *process = NULL;

    text[0] = '\0';
    CHECK_OK(weft_process_open(&process, arguments, &output_only));
    if (process) {
        read_all(process, text, size);
        CU_ASSERT_EQUAL(code_of(process), 0);
    }
    return text;
}

static bool programs_can_be_replaced(void)
{
    if (strcmp(weft_caps()->system, "windows") != 0)
        return true;
    skip("Windows keeps the file of a program that runs");
    return false;
}

/* Linux starts what runs; elsewhere the name is all there is, and the child says no. */
static void children_are_the_same_build_or_say_that_they_are_not(void)
{
    bool linux_native =
        strcmp(weft_caps()->system, "linux") == 0 && strcmp(weft_caps()->backend, "baseline") != 0;
    char text[1024];

    if (!programs_can_be_replaced())
        return;
    copy_program(builds[0], running);
    copy_program(builds[1], waiting);
    run(waiting, text, sizeof(text));
    if (linux_native) {
        CU_ASSERT_STRING_EQUAL(text, "a child of build 1\ncode 0: \n");
    } else {
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "code 1: "));
        CU_ASSERT_PTR_NOT_NULL(
            strstr(text, "another build of ./weft-test-running than its parent"));
        CU_ASSERT_PTR_NULL(strstr(text, "a child of build"));
    }
    CU_ASSERT_STRING_EQUAL(run(NULL, text, sizeof(text)), "a child of build 2\ncode 0: \n");
    remove(running);
}

/* Another file, and yet the same. */
static void a_copy_of_the_same_build_will_do(void)
{
    char text[1024];

    if (!programs_can_be_replaced())
        return;
    copy_program(builds[0], running);
    copy_program(builds[0], waiting);
    CU_ASSERT_STRING_EQUAL(run(waiting, text, sizeof(text)), "a child of build 1\ncode 0: \n");
    remove(running);
}

/* The path of a program is seen from here, not from the folder that it works in. */
static void a_path_is_seen_from_the_folder_of_the_parent(void)
{
    const char *const arguments[] = {running, "exit", "7", NULL};
    const weft_process_options options = {.folder = "weft-test-elsewhere"};
    weft_process *process = NULL;

    if (!programs_can_be_replaced())
        return;
    make_folder("weft-test-elsewhere");
    copy_program(echo_program, running);
    CHECK_OK(weft_process_open(&process, arguments, &options));
    CU_ASSERT_EQUAL(code_of(process), 7);
    remove(running);
    remove_folder("weft-test-elsewhere");
}

const char *const suite_name = "process_build";
CU_TestInfo suite_cases[] = {
    {"children_are_the_same_build_or_say_that_they_are_not",
     children_are_the_same_build_or_say_that_they_are_not},
    {"a_copy_of_the_same_build_will_do", a_copy_of_the_same_build_will_do},
    {"a_path_is_seen_from_the_folder_of_the_parent", a_path_is_seen_from_the_folder_of_the_parent},
    CU_TEST_INFO_NULL,
};
