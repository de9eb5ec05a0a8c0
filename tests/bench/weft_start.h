/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BENCH_WEFT_START_H
#define WEFT_BENCH_WEFT_START_H

/* weft's processes for the cases that need some: struct starter. */

#include <weft/process.h>
#include <weft/task.h>

#include "processes.h"

/* What a process is told. */
struct weft_start {
    void *object, *shared; /* as this process sees them */
    unsigned index;
};

/* Zeroed memory in the arena. */
void *weft_start_share(size_t size);

/* Starts `function`; `object` and `shared` lie in the arena. */
void weft_start(weft_function *function, void *object, void *shared, unsigned index);
void weft_start_join(void);

/* In the process: what it was told. */
struct weft_start weft_start_read(weft_task *task);

#endif
