/* SPDX-License-Identifier: MIT */
/* Threads, example 2: one kind of task, with an argument (实例2 同种任务并行).
 * Watch: each thread has its own id; in which order they wake is not said. */
#include "lesson.h"

static weft_time seconds = WEFT_S(2);

static int helloworld(weft_task *task)
{
    int id = WEFT_ARG(task, int);

    weft_sleep(seconds); /* time.sleep(2) */
    weft_print("thread %d helloworld\n", id);
    return 0;
}

int main(int argc, char **argv)
{
    int threads = 5;
    const lesson_option options[] = {
        {"--threads", "how many", .count = &threads},
        {"--seconds", "how long each sleeps", .seconds = &seconds},
        {0},
    };

    lesson_begin(&argc, &argv, "Five threads of one kind.", options);

    for (int i = 0; i < threads; i++) /* args=(i,): i is copied */
        CHECK(weft_thread_start(NULL, helloworld, &i, sizeof(i)));
    weft_print("main thread\n");

    CHECK(weft_thread_join_all(WEFT_FOREVER)); /* Python does it by itself */
    return 0;
}
