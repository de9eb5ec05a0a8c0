/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_TWIN_H
#define WEFT_TESTS_TWIN_H

/*
 * A lesson in C and in Python: how either is started, and what makes their outputs
 * comparable.
 */

#include <stdbool.h>
#include <stddef.h>

enum language { IN_C, IN_PYTHON };

enum { COMMAND_ARGUMENTS = 16, COMMAND_PATH = 1024 };

/* Valid as long as the options it was made of. */
struct command {
    const char *arguments[COMMAND_ARGUMENTS];
    char path[COMMAND_PATH];
};

/* False, after skip(), where no Python can be started: lessons are then compared with
 * their lesson.out alone. */
bool has_python(void);

/* What runs "01-thread", or the part "server" of "13-tcp-echo"; `part` NULL: it has no
 * parts. The last option is NULL. */
const char *const *command_of(struct command *command, enum language language, const char *lesson,
                              const char *part, const char *const *options);

/* weft-lessons with these options. */
const char *const *runner_command(struct command *command, const char *const *options);

/* A file of the lesson: "lesson.out", or "lesson.py.out" where Python does something else. */
const char *recorded(const char *lesson, const char *file, char *text, size_t size);

/* What differs from run to run becomes PID, PORT and N, as in lesson.out. */
void mask_numbers(char *text);

/* Takes out the line "port N". */
void drop_port_line(char *text);

/* For outputs whose order the schedule decides. */
void sort_lines(char *text);

/* Asserts that the texts are equal; shows the first lines that are not. */
#define CHECK_TEXT(text, expected) check_text((text), (expected), __FILE__, __LINE__)
bool check_text(const char *text, const char *expected, const char *file, int line);

#endif
