/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_FILE_H
#define WEFT_TESTS_FILE_H

/* Files of a test, in the folder it runs in. */

/* Asserts that the file is there, and has this text now. */
void write_file(const char *name, const char *text);

/* Its text, with "\n" ends; "" and a failed assertion if it is not there. Valid until the
 * next call. */
const char *text_of_file(const char *name);

/* A folder is there, or is not. ISO C has none: other programs do it. */
void make_folder(const char *name);
void remove_folder(const char *name);

#endif
