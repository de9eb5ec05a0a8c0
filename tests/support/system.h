/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_SYSTEM_H
#define WEFT_TESTS_SYSTEM_H

/* What a test does to its process behind weft's back. */

#include <stdbool.h>
#include <stdio.h>

/* NULL, or why there is no such thing here. */
extern const char *const no_fork;
extern const char *const no_descriptors;

/* NULL, or why TLS accepts any certificate here. */
const char *any_certificate_passes(void);

/* Runs the function in a process forked off this one; its result, 0 to 255, or -1: it did
 * not come to an end. */
int run_forked(int (*function)(void));

/* The system forgets about children that have ended, or keeps them in mind again. */
void ignore_children(bool ignore);

/* Collects children, whosever, until one that ended with this code has been. */
void collect_child(int code);

/* What the C library calls an open file, and the other way round. */
int descriptor_of(FILE *file);
FILE *file_of(int descriptor, const char *mode);

/* Connects to the port of this machine and sends a, b, and c, of which b is urgent. Whether a and
 * c come back when ready() has returned. */
extern const char *const no_urgent; /* NULL, or why it cannot be called here */
bool are_urgent_bytes_passed_over(int port, void (*ready)(void));

/* A terminal: a program that opens the path has it, and what that writes is read here and
 * the other way round. NULL: there is no such thing here. */
FILE *open_terminal(char *path, size_t size);

/* Closes these and all between, where they are open. */
void close_descriptors(int first, int last);

#endif
