/* SPDX-License-Identifier: MIT */
/* Processes with a lock in common (进程 multiprocessing).
 * Watch: five numbers of processes, and no line is broken by another. */
#include "lesson.h"

struct args { /* a process shares no variable: all it needs travels here */
    char label[16];
    weft_shared_mutex lock;
};

static int whoami(weft_task *task)
{
    struct args a = WEFT_ARG(task, struct args);

    CHECK(weft_shared_mutex_acquire(a.lock, WEFT_FOREVER)); /* with lock: */
    weft_print("%s: name:%s, pid:%llu\n", a.label,
               weft_process_current_name(), /* __name__, which C lacks */
               (unsigned long long)weft_process_current_pid());
    weft_shared_mutex_release(a.lock);
    return 0;
}

int main(int argc, char **argv)
{
    weft_process *p[LESSON_WORKERS];
    struct args a = {.label = "child"};
    unsigned count = 5;
    const lesson_option options[] = {
        {"--count", "how many processes", .workers = &count},
        {0},
    };

    lesson_begin(&argc, &argv, "Five processes, one lock.", options);
    CHECK(weft_shared_mutex_create(&a.lock)); /* lock = Lock() */

    for (unsigned i = 0; i < count; i++)
        CHECK(weft_process_start(&p[i], whoami, &a, sizeof(a)));

    for (unsigned i = 0; i < count; i++)
        lesson_join(p[i]); /* Python does it by itself when the program ends */
    weft_shared_mutex_close(a.lock);
    return 0;
}
