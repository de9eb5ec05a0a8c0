/* SPDX-License-Identifier: MIT */
/* Threads, example 1: different tasks side by side (实例1 不同任务并行).
 * Watch: "main thread" comes at once, "helloworld" two seconds later. */
#include "lesson.h"

static weft_time seconds = WEFT_S(2);

static int helloworld(weft_task *task)
{
    (void)task;
    weft_sleep(seconds); /* time.sleep(2) */
    weft_print("helloworld\n");
    return 0;
}

int main(int argc, char **argv)
{
    weft_thread *t;
    const lesson_option options[] = {
        {"--seconds", "how long it sleeps", .seconds = &seconds},
        {0},
    };

    lesson_begin(&argc, &argv, "Two tasks side by side.", options);

    CHECK(weft_thread_start(&t, helloworld, NULL, 0)); /* Thread(); t.start() */
    weft_print("main thread\n");

    CHECK(weft_thread_join(t, WEFT_FOREVER)); /* Python waits here by itself */
    return 0;
}
