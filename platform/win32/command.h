/* SPDX-License-Identifier: MIT */
#ifndef WEFT_COMMAND_H
#define WEFT_COMMAND_H

/* Programs and arguments as Windows starts them: a path and one long text. */

#include <wchar.h>

/* The file of the program `name`, a path or a name in PATH, from weft_alloc().
 * WEFT_ENOTFOUND, WEFT_EPERM (a batch file), WEFT_ENOMEM. */
int weft__program_find(const char *name, wchar_t **path);

/* The command line, from weft_alloc(), that a program splits into these arguments
 * again; the last is NULL. WEFT_ENOMEM; WEFT_ELIMIT: Windows takes none as long. */
int weft__command_line(const char *const *arguments, wchar_t **command);

#endif
