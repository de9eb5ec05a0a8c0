/* SPDX-License-Identifier: MIT */
#ifndef WEFT_LAUNCH_H
#define WEFT_LAUNCH_H

/* Starting a process that inherits these handles and nothing else, and that dies with
 * this one. */

#include <stddef.h>
#include <wchar.h>

#include <windows.h>

#include "weft/process.h"

/* Exit codes by which weft ends a process: the number of a POSIX signal in the low byte. */
#define WEFT__EXIT_SIGNAL 0xE05EF700u

/* What the first argument of a child begins with: arena, its size, stop event, parent. */
#define WEFT__CHILD_MARK "--weft-child="

enum { WEFT__HEIRS = 6 };

/* All zero: nothing is inherited. */
typedef struct weft__launch {
    HANDLE heirs[WEFT__HEIRS]; /* inheritable copies, that live only for the launch */
    size_t count;
    HANDLE streams[3]; /* among the heirs, or NULL */
} weft__launch;

/* The child will have a handle of the same object, with the same number as *copy.
 * access 0: what `handle` itself may do. */
int weft__launch_share(weft__launch *launch, HANDLE handle, DWORD access, HANDLE *copy);

/* Standard streams as the options say; receives this process's ends of pipes, NULL
 * where there are none, to be closed by the caller also after an error. */
int weft__launch_streams(weft__launch *launch, const weft_process_options *options, HANDLE *input,
                         HANDLE *output);

/* Runs the program; `name` is for error sentences. */
int weft__launch_run(weft__launch *launch, const wchar_t *program, wchar_t *command,
                     const char *name, PROCESS_INFORMATION *started);

/* Closes the copies, whether it ran or not. */
void weft__launch_end(weft__launch *launch);

#endif
