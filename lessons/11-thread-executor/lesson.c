/* SPDX-License-Identifier: MIT */
/* Futures: ThreadPoolExecutor, 4 threads fetch 100 times.
 * Watch: --wrong takes four times as long, because main fetches by itself. */
#include "lesson.h"

static lesson_url url; /* a small server of our own, unless --url */

static int get_baidu(weft_task *task)
{
    weft_http_response r;
    int err = weft_http_get(&r, url.text, NULL, weft_in(WEFT_S(60)));

    (void)task;
    if (err != 0)
        return err; /* what request.urlopen() raises */
    weft_print("%d\n", r.status);
    weft_http_response_close(&r);
    return 0;
}

static weft_function *get_baidu_wrong(void)
{
    CHECK(get_baidu(NULL)); /* submit(get_baidu()): called here and now, */
    return lesson_nothing;  /* and the pool gets what it returned, None */
}

int main(int argc, char **argv)
{
    unsigned workers = 4;
    int count = 100;
    weft_executor *executor;
    bool wrong = false;
    const lesson_option options[] = {
        {"--count", "how many times", .count = &count},
        {"--workers", "how many threads", .workers = &workers},
        {"--url", "what to fetch", .url = &url},
        {"--wrong", "as submit(get_baidu())", .flag = &wrong},
        {0},
    };

    lesson_begin(&argc, &argv, "A pool of threads fetches.", options);
    lesson_serve(&url);

    executor =
        CHECKED(weft_thread_pool(&(weft_pool_options){.workers = workers}));
    for (int i = 0; i < count; i++)
        CHECK(weft_submit(executor, NULL, wrong ? get_baidu_wrong() : get_baidu,
                          NULL, 0));
    weft_executor_shutdown(executor, WEFT_DRAIN, WEFT_FOREVER); /* with ends */
    weft_executor_close(executor);
    return lesson_end();
}
