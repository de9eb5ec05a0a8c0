/* SPDX-License-Identifier: MIT */
/*
 * The command line: a command, lessons, options, in any order. The first thing
 * that is wrong is told, and nothing is run.
 */
#include "arguments.h"

#include <stdlib.h>
#include <string.h>

#include <weft/error.h>
#include <weft/http.h>
#include <weft/text.h>

static const char *const commands[] = {"list", "run", "explain"};

/* What has been seen beside what `struct arguments` holds. */
struct seen {
    const char *command;    /* NULL: none yet */
    const char *run_option; /* one that only run understands; NULL: none */
    bool all;
    bool lessons[LESSON_COUNT];
};

static bool refuse(const char *argument, const char *reason)
{
    char shown[200];

    weft_print_error(
        "weft-lessons: %s%s%s\n",
        weft_text_printable(argument, strlen(argument), shown, sizeof(shown)),
        *argument != '\0' ? ": " : "", reason);
    return false;
}

/* The value of an option: after "=", or the next argument. NULL: not this one,
 * or `*argv` was moved to the end, and the value is missing. */
static const char *value_of(const char *option, char ***argv)
{
    size_t length = strlen(option);
    const char *argument = **argv;

    if (strncmp(argument, option, length) != 0)
        return NULL;
    if (argument[length] == '=')
        return argument + length + 1;
    if (argument[length] != '\0')
        return NULL;
    if ((*argv)[1])
        ++*argv;
    else
        return "";
    return **argv;
}

static bool read_language(const char *value)
{
    if (strcmp(value, "zh") != 0 && strcmp(value, "en") != 0)
        return refuse("--lang", say("must be zh or en", "只能是 zh 或 en"));
    words_choose(value);
    return true;
}

static bool read_limit(struct arguments *arguments, const char *value)
{
    char *end;
    long seconds = strtol(value, &end, 10);

    if (*value < '0' || *value > '9' || *end != '\0' || seconds < 1 ||
        seconds > 3600)
        return refuse("--limit", say("must be seconds, 1 to 3600",
                                     "必须是秒数，1 到 3600"));
    arguments->limit = WEFT_S(seconds);
    return true;
}

static bool read_url(struct arguments *arguments, const char *value)
{
    if (weft_http_url_check(value) != 0)
        return refuse("--url", weft_last_error());
    arguments->url = value;
    return true;
}

static bool read_option(struct arguments *arguments, struct seen *seen,
                        char ***argv)
{
    const char *argument = **argv, *value;

    if ((value = value_of("--lang", argv)) != NULL)
        return read_language(value);
    if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
        arguments->command = COMMAND_HELP;
        return true;
    }
    seen->run_option = argument;
    if (strcmp(argument, "--all") == 0)
        seen->all = true;
    else if (strcmp(argument, "--fast") == 0)
        arguments->pace = PACE_FAST;
    else if (strcmp(argument, "--full") == 0)
        arguments->pace = PACE_COURSE;
    else if ((value = value_of("--limit", argv)) != NULL)
        return read_limit(arguments, value);
    else if ((value = value_of("--url", argv)) != NULL)
        return read_url(arguments, value);
    else
        return refuse(argument, say("unknown option, see --help",
                                    "没有这个选项，请看 --help"));
    return true;
}

static bool read_command(struct arguments *arguments, struct seen *seen,
                         const char *argument)
{
    for (int i = 0; i < (int)(sizeof(commands) / sizeof(commands[0])); i++) {
        if (strcmp(argument, commands[i]) != 0)
            continue;
        seen->command = commands[i];
        if (arguments->command != COMMAND_HELP)
            arguments->command = (enum command)i;
        return true;
    }
    return refuse(argument, say("unknown command, one of list, run and explain",
                                "没有这个命令，可以用 list、run 和 explain"));
}

static bool read_lesson(struct seen *seen, const char *argument)
{
    const struct lesson *lesson = find_lesson(argument);

    if (!lesson)
        return refuse(argument, say("no such lesson, see weft-lessons list",
                                    "没有这一课，请看 weft-lessons list"));
    seen->lessons[lesson - lessons] = true;
    return true;
}

/* What each command needs, and what only run understands. */
static bool check(struct arguments *arguments, const struct seen *seen)
{
    for (int i = 0; i < LESSON_COUNT; i++) {
        if (seen->all || seen->lessons[i])
            arguments->chosen[arguments->count++] = &lessons[i];
    }
    if (arguments->command == COMMAND_HELP)
        return true;
    if (seen->run_option && arguments->command != COMMAND_RUN)
        return refuse(seen->run_option,
                      say("is for run, as in weft-lessons run --all",
                          "只用于 run，例如 weft-lessons run --all"));
    if (arguments->command == COMMAND_LIST && arguments->count > 0)
        return refuse("list", say("takes no lessons", "后面不能写课程"));
    if (arguments->command == COMMAND_RUN && arguments->count == 0)
        return refuse("run",
                      say("which lessons? Such as: run 3 7, or run --all",
                          "运行哪几课？例如：run 3 7，或者 run --all"));
    if (arguments->command == COMMAND_EXPLAIN && arguments->count == 0)
        return refuse("explain", say("which lesson? Such as: explain 10",
                                     "解释哪一课？例如：explain 10"));
    return true;
}

bool read_arguments(struct arguments *arguments, char **argv)
{
    struct seen seen = {0};
    bool good = true;

    *arguments = (struct arguments){.limit = WEFT_S(60)};
    for (; *argv && good; argv++) {
        if (**argv == '-')
            good = read_option(arguments, &seen, &argv);
        else if (!seen.command)
            good = read_command(arguments, &seen, *argv);
        else
            good = read_lesson(&seen, *argv);
    }
    return good && check(arguments, &seen);
}
