/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_PROGRAM_H
#define WEFT_TESTS_PROGRAM_H

/* Running another program, support/echo.c, which does what its arguments say. */

#include <stddef.h>

#include "weft/process.h"

/* Streams of the program: input, output, errors. */
extern const weft_process_options output_only; /* nothing, pipe, the test's */
extern const weft_process_options both_ways;   /* pipe, pipe, the test's */
extern const weft_process_options silent;      /* nothing at all */

extern const char *const echo_program;    /* paths of the programs */
extern const char *const no_main_program; /* support/nomain.c: calls no weft_main() */
extern const char *const dying_program;   /* support/dying.c: its workers die at start */
extern const char *const family_program;  /* support/family.c: has programs of its own */
extern const char *const builds[2];       /* support/build.c: the same but for a number */

/* Asserts that the program runs with these arguments, of which the second may be NULL;
 * NULL if it does not. */
weft_process *open_echo(const char *what, const char *argument,
                        const weft_process_options *options);

/* All that the program prints, as text with "\n" ends. Asserts that it comes to an end. */
const char *read_all(weft_process *process, char *text, size_t size);

/* Waits for the end and closes the handle; the exit code, or -1 if there is none. */
int code_of(weft_process *process);

#endif
