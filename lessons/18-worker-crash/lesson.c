/* SPDX-License-Identifier: MIT */
/* A worker crashes: eight squares, and one task that ends its process.
 * Watch: the future says who died and of what; the other seven are right. */
#include <stdlib.h>

#include "lesson.h"

static int square(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    weft_sleep(WEFT_MS(50));
    if (x == 3)
        abort(); /* os.abort(): no exception, the process is gone */
    return WEFT_RETURN(task, int, x * x);
}

static void show(int x, weft_future *future)
{
    int y = 0;
    int err = weft_future_result(future, &y, sizeof(y), WEFT_FOREVER);

    if (err == 0)
        weft_print("%d: %d\n", x, y);
    else /* weft_last_error() says more: worker, pid and signal */
        weft_print("%d: %s\n", x, weft_strerror(err));
    weft_future_release(future);
}

int main(int argc, char **argv)
{
    weft_future *f[8], *again;
    int x = 8;
    const lesson_option options[] = {{0}};

    lesson_begin(&argc, &argv, "A worker crashes.", options);
    weft_executor *pool =
        CHECKED(weft_process_pool(&(weft_pool_options){.workers = 2}));

    for (int i = 0; i < 8; i++)
        CHECK(weft_submit(pool, &f[i], square, &i, sizeof(i)));
    for (int i = 0; i < 8; i++)
        show(i, f[i]);

    CHECK(weft_submit(pool, &again, square, &x, sizeof(x)));
    show(x, again); /* the pool has its two workers again */
    weft_executor_close(pool);
    return 0;
}
