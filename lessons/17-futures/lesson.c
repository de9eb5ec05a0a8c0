/* SPDX-License-Identifier: MIT */
/* Chains of futures: fetch, then len; each length is printed when it is there.
 * Watch: page 4 does not exist. Its len never runs, and all hears why. */
#include "lesson.h"

static lesson_url url; /* page n of it takes n times 100 ms */

static int fetch(weft_task *task)
{
    return lesson_fetch(task, &url, WEFT_ARG(task, int)); /* its text */
}

static int len(weft_task *task) /* of its argument: what fetch returned */
{
    return WEFT_RETURN(task, size_t, weft_task_argument_size(task));
}

int main(int argc, char **argv)
{
    const int pages[] = {3, 1, 2, 4};
    weft_future *text, *lens[4], *all;
    weft_executor *executor;
    weft_completion *done;
    size_t i, sum = 0, asked = 0;
    bool wrong = false;
    const lesson_option options[] = {
        {"--url", "where the pages are", .url = &url},
        {"--wrong", "asks for the first page first", .flag = &wrong},
        {0},
    };

    lesson_begin(&argc, &argv, "Chains of futures.", options);
    lesson_serve(&url);
    executor = CHECKED(weft_thread_pool(&(weft_pool_options){.workers = 4}));
    for (i = 0; i < 4; i++) {
        CHECK(weft_submit(executor, &text, fetch, &pages[i], sizeof(int)));
        CHECK(weft_then(executor, &lens[i], text, len));
        weft_future_release(text); /* the chain keeps what it needs */
    }
    CHECK(weft_future_all(&all, lens, 4));
    CHECK(weft_as_completed(&done, lens, 4));
    while (weft_completion_next(done, &i, WEFT_FOREVER) == 0) {
        size_t size = 0;
        i = wrong ? asked++ : i;
        if (weft_future_result(lens[i], &size, sizeof(size), WEFT_FOREVER) == 0)
            weft_print("page %d: %zu bytes\n", pages[i], size);
        else
            weft_print("page %d: %s\n", pages[i], weft_last_error());
        sum += size;
        weft_future_release(lens[i]);
    }
    if (weft_future_result(all, NULL, 0, WEFT_FOREVER) == 0)
        weft_print("all: %zu bytes\n", sum);
    else
        weft_print("all: %s\n", weft_last_error());
    weft_completion_close(done);
    weft_future_release(all);
    weft_executor_close(executor);
    return lesson_end();
}
