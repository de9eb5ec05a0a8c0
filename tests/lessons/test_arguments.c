/* SPDX-License-Identifier: MIT */
/*
 * Every lesson's program: --help, and each kind of wrong argument, which ends with one
 * line on standard error and exit code 2, before the lesson has begun.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "conversation.h"
#include "twin.h"

static struct conversation talk; /* of the case that runs */

static const struct program {
    const char *lesson, *part;
    const char *options[6]; /* that take a value, by kind: see `wrong` */
} programs[] = {
    {"01-thread", NULL, {"--seconds"}},
    {"02-threads-with-argument", NULL, {"--threads", "--seconds"}},
    {"03-thousand-threads", NULL, {"--threads", "--seconds"}},
    {"04-lock", NULL, {"--threads", "--seconds"}},
    {"05-with-lock", NULL, {"--threads", "--seconds"}},
    {"06-queue", NULL, {"--count", "--threads", "--url"}},
    {"07-processes", NULL, {"--count"}},
    {"08-process-queue", NULL, {"--count", "--workers", "--url"}},
    {"09-pool-apply", NULL, {"--count", "--workers", "--seconds"}},
    {"10-pool-map", NULL, {"--workers"}},
    {"11-thread-executor", NULL, {"--count", "--workers", "--url"}},
    {"12-process-executor", NULL, {"--count", "--workers", "--url"}},
    {"13-tcp-echo", "server", {"--host", "--port", "--clients"}},
    {"13-tcp-echo", "client", {"--host", "--port", "--message"}},
    {"14-udp", "server", {"--host", "--port"}},
    {"14-udp", "client", {"--host", "--port", "--message"}},
    {"15-udp-chat", NULL, {"--port", "--peer-host", "--peer-port", "--group", "--name"}},
    {"16-cancel", NULL, {"--seconds"}},
    {"17-futures", NULL, {"--url"}},
    {"18-worker-crash", NULL, {0}},
    {"19-shared-memory", NULL, {0}},
    {"20-pipe", NULL, {0}},
    {"21-echo-threads", NULL, {"--clients", "--port"}},
    {"22-echo-pool", NULL, {"--clients", "--workers", "--port"}},
    {"23-echo-loop", NULL, {"--clients", "--port"}},
    {"24-lossy-network", NULL, {"--seed", "--seconds"}},
    {"25-pages", NULL, {"--count", "--at-once", "--url"}},
};

/* What no option of that name takes: the first two are tried with every program, the
 * rest with the first that has such an option. */
static const struct wrong {
    const char *option;
    const char *values[8];
} wrong[] = {
    {"--seconds", {"abc", "-1", "3601", "1s", ""}},
    {"--threads", {"abc", "0", "10001", "-5", ""}},
    {"--count", {"abc", "0", "10001", "4x"}},
    {"--seed", {"abc", "0"}},
    {"--clients", {"abc", "0", "99999999999999999999"}},
    {"--workers", {"abc", "0", "101"}},
    {"--port", {"70000", "abc", "-1", "80x", ""}},
    {"--peer-port", {"70000", "abc", "0"}},
    {"--host", {"no.such.host.invalid", "", "bad host"}},
    {"--peer-host", {"no.such.host.invalid", ""}},
    {"--message", {""}},
    {"--group", {"no.such.host.invalid", ""}},
    {"--name", {""}},
    {"--at-once", {"abc", "0", "101"}},
    {"--url",
     {"http://", "http://no.such.host.invalid/", "abc", "ftp://127.0.0.1/",
      "http://127.0.0.1:70000/", "http://[::1/", ""}},
};

enum { PROGRAMS = sizeof(programs) / sizeof(programs[0]), ALWAYS = 2 };

static void run(const struct program *program, enum language language, const char *first,
                const char *second, enum what_is_read what)
{
    const char *const options[] = {first, second, NULL};
    struct command command;

    converse(&talk, command_of(&command, language, program->lesson, program->part, options), what);
}

static void expect_one_line(const struct program *program, enum language language,
                            const char *first, const char *second, enum what_is_read what)
{
    int code;
    bool one_line;

    run(program, language, first, second, what);
    code = finish(&talk);
    one_line = talk.length > 1 && strchr(talk.text, '\n') == talk.text + talk.length - 1;
    if (code != 2 || !one_line)
        printf("\n    %s %s %s ended with %d and this:\n%s\n", program->lesson, first,
               second ? second : "", code, talk.text);
    CU_ASSERT_EQUAL(code, 2);
    CU_ASSERT_TRUE(one_line);
}

static void expect_refused(const struct program *program, enum language language, const char *first,
                           const char *second)
{
    expect_one_line(program, language, first, second, ERRORS_ARE_READ);
}

/* `every`: all values, not only the ones that are always tried. */
static void expect_values_refused(const struct program *program, const struct wrong *w, bool every)
{
    for (int i = 0; w->values[i] && (every || i < ALWAYS); i++)
        expect_refused(program, IN_C, w->option, w->values[i]);
}

static bool has_option(const struct program *program, const char *name)
{
    for (const char *const *option = program->options; *option; option++) {
        if (strcmp(*option, name) == 0)
            return true;
    }
    return false;
}

static void help_names_every_option(void)
{
    for (int i = 0; i < PROGRAMS; i++) {
        run(&programs[i], IN_C, "--help", NULL, BOTH_ARE_READ);
        CU_ASSERT_EQUAL(finish(&talk), 0);
        CU_ASSERT_EQUAL(strncmp(talk.text, "usage: lesson-", 14), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(talk.text, programs[i].lesson));
        CU_ASSERT_PTR_NOT_NULL(strstr(talk.text, "--lang"));
        for (const char *const *option = programs[i].options; *option; option++)
            CU_ASSERT_PTR_NOT_NULL(strstr(talk.text, *option));
    }
}

static void help_is_no_error(void)
{
    run(&programs[0], IN_C, "--help", NULL, ERRORS_ARE_READ);
    CU_ASSERT_EQUAL(finish(&talk), 0);
    CHECK_TEXT(talk.text, "");
}

static void unknown_arguments_are_refused(void)
{
    for (int i = 0; i < PROGRAMS; i++) {
        expect_refused(&programs[i], IN_C, "--no-such-option", NULL);
        expect_refused(&programs[i], IN_C, "surplus", NULL);
        expect_refused(&programs[i], IN_C, "--lang", "fr");
    }
    expect_refused(&programs[0], IN_C, "\xff\xfe", NULL);
}

static void wrong_values_are_refused(void)
{
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        bool every = true;

        for (int j = 0; j < PROGRAMS; j++) {
            if (!has_option(&programs[j], wrong[i].option))
                continue;
            expect_values_refused(&programs[j], &wrong[i], every);
            every = false;
        }
    }
}

static void missing_values_are_refused(void)
{
    for (int i = 0; i < PROGRAMS; i++)
        if (programs[i].options[0])
            expect_refused(&programs[i], IN_C, programs[i].options[0], NULL);
}

static void the_sentence_names_option_and_value(void)
{
    expect_refused(&programs[12], IN_C, "--port", "70000");
    CHECK_TEXT(talk.text,
               "lesson-13-tcp-echo-server: --port '70000': must be a port, 0 to 65535\n");
    expect_refused(&programs[13], IN_C, "--port", "abc");
    CHECK_TEXT(talk.text, "lesson-13-tcp-echo-client: --port 'abc': must be a port, 1 to 65535\n");
}

static void nothing_is_printed_before_the_refusal(void)
{
    for (int i = 0; i < PROGRAMS; i++)
        expect_one_line(&programs[i], IN_C, "--no-such-option", NULL, BOTH_ARE_READ);
}

static void twins_refuse_the_same(void)
{
    if (!has_python())
        return;
    for (int i = 0; i < PROGRAMS; i++) {
        expect_refused(&programs[i], IN_PYTHON, "--no-such-option", NULL);
        if (programs[i].options[0])
            expect_refused(&programs[i], IN_PYTHON, programs[i].options[0], "");
    }
}

const char *const suite_name = "arguments of the lessons";
CU_TestInfo suite_cases[] = {
    {"help_names_every_option", help_names_every_option},
    {"help_is_no_error", help_is_no_error},
    {"unknown_arguments_are_refused", unknown_arguments_are_refused},
    {"wrong_values_are_refused", wrong_values_are_refused},
    {"missing_values_are_refused", missing_values_are_refused},
    {"the_sentence_names_option_and_value", the_sentence_names_option_and_value},
    {"nothing_is_printed_before_the_refusal", nothing_is_printed_before_the_refusal},
    {"twins_refuse_the_same", twins_refuse_the_same},
    CU_TEST_INFO_NULL,
};
