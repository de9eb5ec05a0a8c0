/* SPDX-License-Identifier: MIT */
/* A pool of processes, apply_async (进程池).
 * Watch: four lines at a time, one such group each second. */
#include "lesson.h"

struct args { /* a process shares no variable: all it needs travels here */
    int num;
    weft_time seconds;
};

static int func(weft_task *task)
{
    struct args a = WEFT_ARG(task, struct args);

    weft_print("hello world %d\n", a.num);
    weft_sleep(a.seconds); /* time.sleep(1) */
    return 0;
}

int main(int argc, char **argv)
{
    struct args a = {.seconds = WEFT_S(1)};
    unsigned workers = 4;
    int count = 100;
    weft_executor *pool;
    const lesson_option options[] = {
        {"--count", "how many tasks", .count = &count},
        {"--workers", "how many processes", .workers = &workers},
        {"--seconds", "how long a task sleeps", .seconds = &a.seconds},
        {0},
    };

    lesson_begin(&argc, &argv, "A hundred tasks for a pool.", options);
    pool = CHECKED(weft_process_pool(&(weft_pool_options){.workers = workers}));

    for (a.num = 0; a.num < count; a.num++)
        CHECK(weft_submit(pool, NULL, func, &a, sizeof(a))); /* apply_async */

    /* pool.close(); pool.join() */
    weft_executor_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER);
    weft_executor_close(pool);
    return 0;
}
