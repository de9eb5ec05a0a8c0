/* SPDX-License-Identifier: MIT */
/* Threads, example 3: a thousand, started, then joined (实例3 线程间同步).
 * Watch: they all sleep at once, so it takes one second and not a thousand. */
#include "lesson.h"

static weft_time seconds = WEFT_S(1);

static int count(weft_task *task)
{
    int i = WEFT_ARG(task, int);

    weft_sleep(seconds); /* time.sleep(1) */
    weft_print("%d\n", i);
    return 0;
}

int main(int argc, char **argv)
{
    static weft_thread *threads[LESSON_MOST]; /* threads = [] */
    int n = 1000;
    const lesson_option options[] = {
        {"--threads", "how many", .count = &n},
        {"--seconds", "how long each sleeps", .seconds = &seconds},
        {0},
    };

    lesson_begin(&argc, &argv, "A thousand threads, then joined.", options);

    for (int i = 0; i < n; i++) /* Thread(), append() and start() in one */
        CHECK(weft_thread_start(&threads[i], count, &i, sizeof(i)));

    for (int i = 0; i < n; i++)
        CHECK(weft_thread_join(threads[i], WEFT_FOREVER));
    return 0;
}
