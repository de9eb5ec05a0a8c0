/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_FILE_H
#define WEFT_TESTS_FILE_H

/* Files of a test, in the folder it runs in. */

#include <stddef.h>
#include <stdio.h>

/* Asserts that the file is there, and has this text now. */
void write_file(const char *name, const char *text);

/* Its text, with "\n" ends; "" and a failed assertion if it is not there. Valid until the
 * next call. */
const char *text_of_file(const char *name);

/* What the C library calls an open file, and the other way round. ISO C has no descriptors,
 * but every C library that weft knows has these two. */
int descriptor_of(FILE *file);
FILE *file_of(int descriptor, const char *mode);

/* A folder is there, or is not. ISO C has none: other programs do it. */
void make_folder(const char *name);
void remove_folder(const char *name);

#endif
