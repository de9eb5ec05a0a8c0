/* SPDX-License-Identifier: MIT */
/* A pool of processes, map (pool.map).
 * Watch: ten half seconds take one second, and the squares are in order. */
#include "lesson.h"

static int f(weft_task *task)
{
    int x = WEFT_ARG(task, int);

    weft_sleep(WEFT_MS(500)); /* time.sleep(0.5) */
    return WEFT_RETURN(task, int, x * x);
}

int main(int argc, char **argv)
{
    int in[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, out[10]; /* range(10) */
    unsigned workers = 5;
    weft_executor *p;
    const lesson_option options[] = {
        {"--workers", "how many processes", .workers = &workers},
        {0},
    };

    lesson_begin(&argc, &argv, "Squares, from a pool.", options);

    p = CHECKED(weft_process_pool(&(weft_pool_options){.workers = workers}));
    CHECK(weft_map(p, f, WEFT_ITEMS(in), WEFT_ITEMS(out), WEFT_FOREVER));
    weft_print("%s\n", lesson_list(out, 10)); /* print() of a list */
    weft_executor_close(p); /* the end of with Pool(5) as p: */
    return 0;
}
