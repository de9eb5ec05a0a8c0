/* SPDX-License-Identifier: MIT */
/*
 * weft-bench-spawn: with --return, what all peers start: it returns from main at once.
 * Otherwise weft's own measurement of the same: --measure spawn weft WORK MIB 0.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/arena.h>
#include <weft/caps.h>
#include <weft/process.h>

#include "processes.h"

static int nothing(weft_task *task)
{
    (void)task;
    return 0;
}

/* Tells that functions do run. */
static int raise_flag(weft_task *task)
{
    weft_store_u32(weft_shared_pointer(WEFT_ARG(task, weft_offset)), 1, WEFT_RELEASE);
    return 0;
}

static int start_and_join(weft_function *function, const void *argument, size_t size)
{
    weft_process_status status;
    weft_process *process;

    need(weft_process_start(&process, function, argument, size) == 0, "weft_process_start");
    need(weft_process_join(process, WEFT_FOREVER) == 0, "weft_process_join");
    weft_process_status_get(process, &status);
    weft_process_close(process);
    return status.exited && status.code == 0 && status.signal == 0;
}

static int measure(uint64_t work, unsigned mib)
{
    struct run run = {.work = work, .a = mib, .with_children = 1, .unit = "per s"};
    weft_offset flag;
    uint64_t well = 0;

    need(weft_shared_alloc(&flag, sizeof(weft_atomic_u32)) == 0, "weft_shared_alloc");
    if (!start_and_join(raise_flag, &flag, sizeof(flag)) ||
        weft_load_u32(weft_shared_pointer(flag), WEFT_ACQUIRE) != 1)
        run.wrong = "the function of a process did not run";
    grow(mib);
    run_begin(&run);
    for (uint64_t i = 0; i < work; i++)
        well += start_and_join(nothing, NULL, 0) ? 1 : 0;
    run_end(&run);
    if (well != work)
        run.wrong = "a process did not end as it should";
    run.value = (double)work / run.seconds;
    return run_print(&run);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--return") == 0)
        return SPAWN_CODE;
    weft_main(&argc, &argv);
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts(weft_caps()->backend);
        return 0;
    }
    if (argc != 7 || strcmp(argv[2], "spawn") != 0) {
        fprintf(stderr, "weft-bench-spawn: --measure spawn weft WORK MIB 0\n");
        return 2;
    }
    return measure(strtoull(argv[4], NULL, 10), (unsigned)strtoul(argv[5], NULL, 10));
}
