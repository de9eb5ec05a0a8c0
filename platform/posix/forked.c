/* SPDX-License-Identifier: MIT */
/*
 * Whether the program forked this process off one of weft's. The system itself says so, by
 * a handler that fork() calls in the new process, so that asking costs only a load.
 * (posix_spawn() and vfork() call no such handlers, and need none: exec follows.)
 */
#include "forked.h"

#include <pthread.h>

#include "life_line.h"
#include "seam.h"

static weft_atomic_u32 forked; /* set in the only thread of a forked process */
static pthread_once_t watching = PTHREAD_ONCE_INIT;

static void notice(void)
{
    weft_store_u32(&forked, 1, WEFT_RELAXED);
    weft__life_lines_forked();
}

static void watch(void)
{
    (void)pthread_atfork(NULL, NULL, notice);
}

void weft__watch_forks(void)
{
    pthread_once(&watching, watch);
}

bool weft_seam_process_forked(void)
{
    return weft_load_u32(&forked, WEFT_RELAXED) != 0;
}
