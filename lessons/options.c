/* SPDX-License-Identifier: MIT */
/*
 * Options of the lessons: a table says what there is (lesson.h), and everything
 * wrong ends in refuse(): one line on standard error, exit code 2.
 *
 * All of it runs in the main thread before the lesson starts anything.
 */
#include "support.h"

#include <stdio.h>
#include <string.h>

#define NAME_SIZE 64

static char program[NAME_SIZE] = "lesson"; /* for messages; set first */
static const char *language;               /* --lang; NULL: the system's */

void lesson_refuse(const char *name, const char *value, const char *reason)
{
    char shown[200] = "";

    if (value)
        weft_text_printable(value, strlen(value), shown, sizeof(shown));
    weft_print_error("%s: %s%s%s%s%s%s\n", program, name ? name : "",
                     name && value ? " " : "", value ? "'" : "", shown,
                     value ? "': " : (name ? ": " : ""), reason);
    lesson_leave(2);
}

static void read_language(const char *name, const char *value)
{
    if (strcmp(value, "zh") != 0 && strcmp(value, "en") != 0)
        lesson_refuse(name, value, "must be zh or en");
    language = value;
}

/* What every lesson takes beside its own. */
static const lesson_option lang = {.name = "--lang",
                                   .help = "zh or en, what it asks in"};

static void read_value(const lesson_option *option, const char *value)
{
    if (option == &lang)
        read_language(option->name, value);
    if (option->count)
        *option->count =
            lesson_read_number(option->name, value, 1, LESSON_MOST);
    if (option->workers)
        *option->workers = (unsigned)lesson_read_number(option->name, value, 1,
                                                        LESSON_WORKERS);
    if (option->seconds)
        *option->seconds = lesson_read_seconds(option->name, value);
    if (option->host)
        *option->host = lesson_read_host(option->name, value);
    if (option->port)
        *option->port = lesson_read_port(option->name, value, 1);
    if (option->own_port)
        *option->own_port = lesson_read_port(option->name, value, 0);
    if (option->url)
        lesson_read_url(option->name, value, option->url);
    if (option->text)
        *option->text = lesson_read_text(option->name, value);
}

/* The default as text, empty if there is none. */
static const char *default_of(const lesson_option *option, char *text,
                              size_t size)
{
    const int *number = option->count      ? option->count
                        : option->own_port ? option->own_port
                                           : option->port;

    text[0] = '\0';
    if (number && *number != 0)
        snprintf(text, size, " (%d)", *number);
    else if (option->workers)
        snprintf(text, size, " (%u)", *option->workers);
    else if (option->seconds)
        snprintf(text, size, " (%g)", (double)*option->seconds / 1e9);
    else if (option->host && *option->host)
        snprintf(text, size, " (%s)", *option->host);
    else if (option->text && *option->text)
        snprintf(text, size, " (%s)", *option->text);
    return text;
}

static void print_option(const lesson_option *option)
{
    char value[160], name[NAME_SIZE];

    snprintf(name, sizeof(name), "%s%s", option->name,
             option->flag ? "" : " ...");
    weft_print("  %-18s %s%s\n", name, option->help,
               default_of(option, value, sizeof(value)));
}

static void print_help(const char *about, const lesson_option *options)
{
    weft_print("usage: %s [options]\n%s\n\n", program, about);
    for (; options->name; options++)
        print_option(options);
    print_option(&lang);
    weft_print("  %-18s %s\n", "--help", "this text");
}

/* What the argument is called without directories and ".exe". */
static void name_program(const char *argument)
{
    const char *start = argument;
    size_t length;

    for (const char *c = argument; *c != '\0'; c++) {
        if (*c == '/' || *c == '\\')
            start = c + 1;
    }
    length = strlen(start);
    if (length > 4 && strcmp(start + length - 4, ".exe") == 0)
        length -= 4;
    if (length > 0)
        snprintf(program, sizeof(program), "%.*s", (int)length, start);
}

static bool is_named(const lesson_option *option, const char *argument)
{
    size_t length = strcspn(argument, "=");

    return strlen(option->name) == length &&
           strncmp(option->name, argument, length) == 0;
}

/* The option that the argument names, alone or before "=". */
static const lesson_option *find(const lesson_option *options,
                                 const char *argument)
{
    for (; options->name; options++) {
        if (is_named(options, argument))
            return options;
    }
    if (!is_named(&lang, argument))
        lesson_refuse(NULL, argument,
                      argument[0] == '-'
                          ? "unknown option, see --help"
                          : "only options are expected, see --help");
    return &lang;
}

static void read_option(const lesson_option *option, const char *value,
                        char ***argv)
{
    if (option->flag && value)
        lesson_refuse(option->name, NULL, "takes no value");
    if (!option->flag && !value && !*++*argv)
        lesson_refuse(option->name, NULL, "needs a value");
    if (option->flag)
        *option->flag = true;
    else
        read_value(option, value ? value : **argv);
}

static void read_options(char **argv, const char *about,
                         const lesson_option *options)
{
    for (; *argv; argv++) {
        const char *value = strchr(*argv, '=');

        if (strcmp(*argv, "--help") == 0 || strcmp(*argv, "-h") == 0) {
            print_help(about, options);
            lesson_leave(0);
        }
        read_option(find(options, *argv), value ? value + 1 : NULL, &argv);
    }
}

void lesson_begin(int *argc, char ***argv, const char *about,
                  const lesson_option *options)
{
    weft_on_misuse(lesson_on_misuse); /* before weft_main(): in children too */
    weft_on_failure(lesson_on_failure);
    weft_main(argc, argv);
    if (*argc < 1)
        return;
    name_program((*argv)[0]);
    read_options(*argv + 1, about, options);
}

bool lesson_input(char line[LESSON_LINE], const char *chinese,
                  const char *english)
{
    const char *chosen = language ? language : weft_text_language();
    int err = weft_input(strcmp(chosen, "zh") == 0 ? chinese : english, line,
                         LESSON_LINE);

    if (err == WEFT_ECLOSED)
        return false;
    if (err != WEFT_ETRUNCATED && err != WEFT_EBADTEXT)
        CHECK(err); /* cut or mended, a line is a line */
    return true;
}

bool lesson_ask_host(const char **host, const char *chinese,
                     const char *english)
{
    static char line[LESSON_LINE];

    if (*host)
        return true;
    if (!lesson_input(line, chinese, english))
        return false;
    *host = lesson_read_host(NULL, line);
    return true;
}

bool lesson_ask_port(int *port, const char *chinese, const char *english)
{
    char line[LESSON_LINE];

    if (*port != 0)
        return true;
    if (!lesson_input(line, chinese, english))
        return false;
    *port = lesson_read_port(NULL, line, 1);
    return true;
}
