/* SPDX-License-Identifier: MIT */
/* A lock, held by a with block (使用with 加锁).
 * Watch: no release is written; leaving the block in any way releases. */
#include "lesson.h"

static weft_mutex lock = WEFT_MUTEX_INIT; /* lock = threading.Lock() */
static weft_time seconds = WEFT_S(1);

static int count(weft_task *task)
{
    int i = WEFT_ARG(task, int);

    weft_sleep(seconds); /* time.sleep(1) */
    WEFT_WITH (&lock) {
        weft_print("%d\n", i);
    }
    WEFT_END_WITH /* C has no block that ends by itself as Python's does */
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

    lesson_begin(&argc, &argv, "A lock, held by a block.", options);

    for (int i = 0; i < n; i++) /* Thread(), append() and start() in one */
        CHECK(weft_thread_start(&threads[i], count, &i, sizeof(i)));

    for (int i = 0; i < n; i++)
        CHECK(weft_thread_join(threads[i], WEFT_FOREVER));
    return 0;
}
