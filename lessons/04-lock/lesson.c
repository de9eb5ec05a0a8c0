/* SPDX-License-Identifier: MIT */
/* A lock, acquired and released (加锁).
 * Watch: all sleep at once, but only one at a time prints. */
#include "lesson.h"

static weft_mutex lock = WEFT_MUTEX_INIT; /* lock = threading.Lock() */
static weft_time seconds = WEFT_S(1);

static int count(weft_task *task)
{
    int i = WEFT_ARG(task, int);

    weft_sleep(seconds); /* time.sleep(1) */
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    weft_print("%d\n", i);
    weft_mutex_release(&lock);
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

    lesson_begin(&argc, &argv, "A thousand threads, one lock.", options);

    for (int i = 0; i < n; i++) /* Thread(), append() and start() in one */
        CHECK(weft_thread_start(&threads[i], count, &i, sizeof(i)));

    for (int i = 0; i < n; i++)
        CHECK(weft_thread_join(threads[i], WEFT_FOREVER));
    return 0;
}
