/* SPDX-License-Identifier: MIT */
/*
 * A program whose workers die before they begin: started as a child it exits with 9.
 * Prints what a task of its process pool ends with.
 */
#include <stdlib.h>
#include <string.h>

#include "weft/error.h"
#include "weft/executor.h"
#include "weft/process.h"
#include "weft/text.h"

static int nothing(weft_task *task)
{
    (void)task;
    return 0;
}

int main(int argc, char **argv)
{
    weft_executor *pool;
    weft_future *future;
    int err;

    if (argc > 1 && strncmp(argv[1], "--weft-child", 12) == 0)
        exit(9);
    weft_main(&argc, &argv);
    pool = weft_process_pool(&(weft_pool_options){.workers = 2});
    if (!pool || weft_submit(pool, &future, nothing, NULL, 0) != 0) {
        weft_print("%s\n", weft_last_error());
        return 1;
    }
    err = weft_future_result(future, NULL, 0, WEFT_FOREVER);
    weft_print("%s: %s\n", weft_strerror(err), weft_last_error());
    weft_future_release(future);
    err = weft_submit(pool, NULL, nothing, NULL, 0);
    weft_print("%s: %s\n", weft_strerror(err), weft_last_error());
    weft_executor_close(pool);
    return 0;
}
