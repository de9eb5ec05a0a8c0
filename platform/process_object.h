/* SPDX-License-Identifier: MIT */
#ifndef WEFT_PROCESS_OBJECT_H
#define WEFT_PROCESS_OBJECT_H

/*
 * The object behind weft_process: between portable/process.c, which starts it,
 * process_watch.c, which sees it end, process_list.c and process_stream.c.
 *
 * Nobody waits for the end of a process until somebody wants to know: the first that
 * does is its watcher. A join for ever is the watcher itself, which costs one sleep less
 * and no thread; for all others the process has a monitor thread set aside from its
 * start on, so that nothing can be refused later.
 */

#include <stdbool.h>
#include <stddef.h>

#include "internal.h"
#include "pipe.h"
#include "seam.h"
#include "weft/arena.h"
#include "weft/mutex.h"
#include "weft/process.h"

struct weft__monitor;

struct weft_process {
    weft_atomic_u32 references; /* handle, watcher, who walks the list; the last frees */
    weft_atomic_u32 ended;      /* set to 1 by the watcher with release, after `status` */
    weft_mutex lock;            /* guards the next four, and is held to signal the process */
    bool watched;               /* somebody waits in the system, or did */
    bool collected;             /* its number may be another's now */
    struct weft__monitor *monitor; /* set aside for it; NULL: used, or given back */
    weft_atomic_u32 *bell;         /* of weft__process_on_end, or NULL */
    weft_seam_process seam;        /* the starter's, then only under lock or the watcher's */
    weft_process_status status;    /* the watcher's, before `ended` */
    weft_offset block;             /* struct weft__child_block; 0: another program */
    char *name;                    /* these two are written before anyone has the handle */
    weft__pipe *pipes[3];          /* of input, output and errors; NULL: none */
    bool listed;                   /* these three are guarded by the list's lock */
    weft_process *previous, *next;
};

/* ---- process.c ------------------------------------------------------------------- */

/* The last one frees the object. */
void weft__process_unreference(weft_process *process);

/* ---- process_options.c ------------------------------------------------------------ */

/* The options as backends take them, with every WEFT_STREAM_DEFAULT resolved; misuse if
 * they contradict each other. NULL: none. `name` is for the sentence. */
int weft__process_options_check(weft_process_options *checked, const weft_process_options *options,
                                bool is_function, const char *name);

/* ---- process_watch.c -------------------------------------------------------------- */

/* A thread that waits for something to do. */
int weft__monitor_reserve(struct weft__monitor **monitor);

/* It has nothing to do after all; it goes when that stays so. NULL is allowed. */
void weft__monitor_return(struct weft__monitor *monitor);

/* Somebody watches it, now or before. */
void weft__process_watch(weft_process *process);

/* The caller is the watcher, and the process has ended; false: it has another one. */
bool weft__process_watch_here(weft_process *process);

/* ---- process_list.c ---------------------------------------------------------------- */

/* Those that weft_process_join_all() waits for. */
void weft__process_list(weft_process *process);
void weft__process_unlist(weft_process *process);

#endif
