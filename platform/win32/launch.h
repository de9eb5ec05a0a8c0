/* SPDX-License-Identifier: MIT */
#ifndef WEFT_LAUNCH_H
#define WEFT_LAUNCH_H

/* Starting a process that has what its options say, inherits nothing else, and dies with
 * this one. */

#include <stddef.h>
#include <wchar.h>

#include <windows.h>

#include "weft/process.h"

#include "seam.h"

/* Exit codes by which weft ends a process: the number of a POSIX signal in the low byte. */
#define WEFT__EXIT_SIGNAL 0xE05EF700u

/* What the first argument of a child begins with. Numbers in hex follow, with commas between
 * them: arena, its size, stop event, parent, and what was handed over. */
#define WEFT__CHILD_MARK "--weft-child="

enum { WEFT__FIXED = 4, WEFT__HANDED = 16 };

/* Zero but for the first: nothing is inherited, and nothing is there to be closed. */
typedef struct weft__launch {
    DWORD without_console; /* CreateProcess's flag if this process has no console either */
    HANDLE heirs[3 + WEFT__FIXED + WEFT__HANDED]; /* inheritable, open for the launch alone */
    size_t count;
    HANDLE streams[3];           /* among the heirs, or NULL */
    HANDLE handed[WEFT__HANDED]; /* likewise, in the order of the options */
    HANDLE ends[3];              /* this process's ends of pipes, or NULL */
    HANDLE group;                /* the job of the child and all below it, or NULL */
    wchar_t *folder;             /* these two are NULL where the child has its parent's */
    wchar_t *environment;
} weft__launch;

/* ---- launch.c ------------------------------------------------------------------------ */

/* All that the options ask for is there. `tell`: what is handed over stands in the
 * environment. */
int weft__launch_prepare(weft__launch *launch, const weft_process_options *options, bool tell);

/* Runs the program, and moves what lives on to *process and `ends`; `name` is for error
 * sentences. */
int weft__launch_run(weft__launch *launch, const wchar_t *program, wchar_t *command,
                     const char *name, weft_seam_process *process, uintptr_t ends[3]);

/* Closes what is left, whether it ran or not. */
void weft__launch_end(weft__launch *launch);

/* ---- inherit.c ----------------------------------------------------------------------- */

/* The child will have a handle of the same object, with the same number as *copy.
 * access 0: what `handle` itself may do. */
int weft__launch_share(weft__launch *launch, HANDLE handle, DWORD access, HANDLE *copy);

/* Standard streams, and what is handed over, as the options say. */
int weft__launch_streams(weft__launch *launch, const weft_process_options *options);
int weft__launch_hand_over(weft__launch *launch, const weft_process_options *options);

/* ---- environment.c ------------------------------------------------------------------- */

/* The folder's full path, from weft_alloc(). WEFT_ENOTFOUND, WEFT_EPERM: none to work in. */
int weft__folder(const char *folder, wchar_t **path);

/* The block of the environment in the options, or of this process, from weft_alloc(), with
 * the numbers of `handed` (NULL: without) under the names that the options give them. */
int weft__environment(const weft_process_options *options, const HANDLE *handed, wchar_t **block);

/* ---- job.c --------------------------------------------------------------------------- */

/* The job that ends with this process. NULL: the system refuses one. */
HANDLE weft__job_of_this_process(void);

/* One to kill a process by, with all below it. */
int weft__job_create(HANDLE *job);

/* All in it end, as by signal 9. */
int weft__job_kill(HANDLE job);

#endif
