/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_SYSTEM_H
#define WEFT_TESTS_SYSTEM_H

/* What a test does to its process behind weft's back. */

#include <stdbool.h>

/* NULL, or why there is no such thing here. */
extern const char *const no_fork;
extern const char *const no_descriptors;

/* Runs the function in a process forked off this one; its result, 0 to 255, or -1: it did
 * not come to an end. */
int run_forked(int (*function)(void));

/* Closes these and all between, where they are open. */
void close_descriptors(int first, int last);

#endif
