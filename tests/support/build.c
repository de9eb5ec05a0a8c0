/* SPDX-License-Identifier: MIT */
/*
 * A program that has been replaced while it runs. Its argument, if there is one, is a file
 * that takes the place of its own; then it starts a process, and prints how that ended.
 */
#include <stdio.h>

#include "weft/error.h"
#include "weft/process.h"
#include "weft/text.h"

static int tell_build(weft_task *task)
{
    (void)task;
    return weft_print("a child of build %d\n", BUILD);
}

int main(int argc, char **argv)
{
    weft_process_status status;
    weft_process *process;

    weft_main(&argc, &argv);
    if (argc > 1 && rename(argv[1], argv[0]) != 0)
        return 2;
    if (weft_process_start(&process, tell_build, NULL, 0) != 0 ||
        weft_process_join(process, WEFT_FOREVER) != 0) {
        (void)weft_print("%s\n", weft_last_error());
        return 1;
    }
    weft_process_status_get(process, &status);
    (void)weft_print("code %d: %s\n", status.code, status.sentence);
    weft_process_close(process);
    return 0;
}
