/* SPDX-License-Identifier: MIT */
/*
 * A program that forgot weft_main() and wants to start a process, and a pool of them. Prints
 * the sentences it gets; exit code 3: refused as it should be; 4: not.
 */
#include "weft/error.h"
#include "weft/executor.h"
#include "weft/process.h"
#include "weft/text.h"

static int never_runs(weft_task *task)
{
    (void)task;
    return weft_print("a child runs\n");
}

int main(void)
{
    weft_process *process = NULL;
    int err = weft_process_start(&process, never_runs, NULL, 0);

    (void)weft_print("%s\n", weft_last_error());
    if (err != WEFT_EPERM || process || weft_process_pool(NULL))
        return 4;
    (void)weft_print("%s\n", weft_last_error());
    return 3;
}
