/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <stdbool.h>

#include "check.h"

const weft_process_options output_only = {
    .input = WEFT_STREAM_NOTHING, .output = WEFT_STREAM_PIPE, .errors = WEFT_STREAM_INHERIT};
const weft_process_options both_ways = {
    .input = WEFT_STREAM_PIPE, .output = WEFT_STREAM_PIPE, .errors = WEFT_STREAM_INHERIT};
const weft_process_options silent = {
    .input = WEFT_STREAM_NOTHING, .output = WEFT_STREAM_NOTHING, .errors = WEFT_STREAM_NOTHING};

/* Set by the build. */
const char *const echo_program = WEFT_TEST_ECHO;
const char *const no_main_program = WEFT_TEST_NOMAIN;
const char *const dying_program = WEFT_TEST_DYING;
const char *const family_program = WEFT_TEST_FAMILY;
const char *const builds[2] = {WEFT_TEST_BUILD_1, WEFT_TEST_BUILD_2};

weft_process *open_echo(const char *what, const char *argument, const weft_process_options *options)
{
    const char *arguments[] = {echo_program, what, argument, NULL};
    weft_process *process = NULL;

    CHECK_OK(weft_process_open(&process, arguments, options));
    return process;
}

const char *read_all(weft_process *process, char *text, size_t size)
{
    size_t held = 0, length = 1;
    char *end = text;

    while (length > 0 && held + 1 < size &&
           CHECK_OK(weft_process_read(process, text + held, size - held - 1, &length, SOON)))
        held += length;
    for (size_t i = 0; i < held; i++)
        if (text[i] != '\r')
            *end++ = text[i];
    *end = '\0';
    return text;
}

int code_of(weft_process *process)
{
    weft_process_status status;

    if (!process)
        return -1;
    CHECK_OK(weft_process_join(process, SOON));
    weft_process_status_get(process, &status);
    weft_process_close(process);
    return status.exited && status.signal == 0 ? status.code : -1;
}
