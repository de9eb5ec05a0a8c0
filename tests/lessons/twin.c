/* SPDX-License-Identifier: MIT */
#include "twin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "weft/process.h"

/* ---- commands -------------------------------------------------------------------- */

/* NULL: it cannot be started, or is too old for the twins. */
static const char *find_python(void)
{
    static const char *const names[] = {"python3", "python"};
    static const weft_process_options silent = {
        .input = WEFT_STREAM_NOTHING, .output = WEFT_STREAM_NOTHING, .errors = WEFT_STREAM_NOTHING};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *const arguments[] = {names[i], "-c",
                                         "import sys; sys.exit(sys.version_info < (3, 8))", NULL};
        weft_process *process = NULL;
        weft_process_status status = {0};

        if (weft_process_open(&process, arguments, &silent) != 0)
            continue;
        weft_process_join(process, SOON);
        weft_process_status_get(process, &status);
        weft_process_close(process);
        if (status.exited && status.signal == 0 && status.code == 0)
            return names[i];
    }
    return NULL;
}

static const char *python(void)
{
    static const char *found;
    static bool looked;

    if (!looked)
        found = find_python();
    looked = true;
    return found;
}

bool has_python(void)
{
    if (!python())
        skip("no Python 3.8 here to compare with");
    return python() != NULL;
}

static void add_options(struct command *command, int count, const char *const *options)
{
    while (*options && count < COMMAND_ARGUMENTS - 1)
        command->arguments[count++] = *options++;
    command->arguments[count] = NULL;
}

const char *const *command_of(struct command *command, enum language language, const char *lesson,
                              const char *part, const char *const *options)
{
    int count = 0;

    if (language == IN_C) {
        snprintf(command->path, COMMAND_PATH, "%s/lesson-%s%s%s", WEFT_TEST_PROGRAMS, lesson,
                 part ? "-" : "", part ? part : "");
    } else {
        snprintf(command->path, COMMAND_PATH, "%s/%s/%s.py", WEFT_TEST_LESSONS, lesson,
                 part ? part : "lesson");
        command->arguments[count++] = python() ? python() : "python3";
        command->arguments[count++] = "-u"; /* each line at once, as C does it here */
        command->arguments[count++] = "-B"; /* leaves nothing behind in the sources */
    }
    command->arguments[count++] = command->path;
    add_options(command, count, options);
    return command->arguments;
}

const char *const *runner_command(struct command *command, const char *const *options)
{
    snprintf(command->path, COMMAND_PATH, "%s/weft-lessons", WEFT_TEST_PROGRAMS);
    command->arguments[0] = command->path;
    add_options(command, 1, options);
    return command->arguments;
}

/* ---- texts ----------------------------------------------------------------------- */

const char *recorded(const char *lesson, const char *name, char *text, size_t size)
{
    char path[COMMAND_PATH];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s/%s", WEFT_TEST_LESSONS, lesson, name);
    text[0] = '\0';
    file = fopen(path, "r");
    if (!file) {
        printf("\n    %s cannot be opened\n", path);
        CU_FAIL("nothing is recorded");
        return text;
    }
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* The buffer has room to spare: a short number may become a longer word. */
static void mask(char *text, const char *before, const char *word)
{
    while ((text = strstr(text, before)) != NULL) {
        size_t digits, length = strlen(word);

        text += strlen(before);
        digits = strspn(text, "0123456789");
        if (digits == 0)
            continue;
        memmove(text + length, text + digits, strlen(text + digits) + 1);
        memcpy(text, word, length);
    }
}

void mask_numbers(char *text)
{
    mask(text, ", pid:", "PID");
    mask(text, "('127.0.0.1', ", "PORT");
    mask(text, "default workers: ", "N");
}

void drop_port_line(char *text)
{
    char *end = strchr(text, '\n');

    if (end && strncmp(text, "port ", 5) == 0)
        memmove(text, end + 1, strlen(end + 1) + 1);
}

static int compare(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;

    return strcmp(*left, *right);
}

/* A last line without an end stays where it is, and as it is. */
void sort_lines(char *text)
{
    enum { MOST = 2000 };
    const char *lines[MOST];
    char *copy = malloc(strlen(text) + 1), *line = copy, *end;
    size_t count = 0;

    if (!copy)
        return;
    memcpy(copy, text, strlen(text) + 1);
    for (; count < MOST && (end = strchr(line, '\n')) != NULL; line = end + 1) {
        lines[count++] = line;
        *end = '\0';
    }
    qsort(lines, count, sizeof(lines[0]), compare);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(lines[i]);

        memcpy(text, lines[i], length);
        text += length;
        *text++ = '\n';
    }
    free(copy);
}

bool check_text(const char *text, const char *expected, const char *file, int line)
{
    const char *a = text, *b = expected;
    int number = 1;

    if (strcmp(text, expected) == 0)
        return CU_assertImplementation(CU_TRUE, (unsigned)line, "text", file, "", CU_FALSE);
    while (strcspn(a, "\n") == strcspn(b, "\n") && strncmp(a, b, strcspn(a, "\n") + 1) == 0) {
        a += strcspn(a, "\n") + 1;
        b += strcspn(b, "\n") + 1;
        number++;
    }
    printf("\n    %s:%d: line %d is      : %.*s\n    it should be: %.*s\n", file, line, number,
           (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b);
    return CU_assertImplementation(CU_FALSE, (unsigned)line, "text", file, "", CU_FALSE);
}
