/* SPDX-License-Identifier: MIT */
/* The queue between threads (queue 模块): 100 items, 100 threads, until Empty.
 * Watch: --wrong takes a second, because main fetches every page itself. */
#include "lesson.h"

static lesson_url url; /* a small server of our own, unless --url */
static weft_queue *q;

static int get_baidu(weft_task *task)
{
    weft_http_response r;
    int item;

    (void)task;
    while (weft_queue_get(q, &item, WEFT_NOW) == 0) { /* until queue.Empty */
        int err = weft_http_get(&r, url.text, NULL, weft_in(WEFT_S(60)));
        if (err != 0)
            return err; /* what request.urlopen() raises */
        weft_print("%d\n", r.status);
        weft_http_response_close(&r);
    }
    return 0;
}

static weft_function *get_baidu_wrong(void)
{
    CHECK(get_baidu(NULL)); /* target=get_baidu(): called here and now, */
    return lesson_nothing;  /* and the thread gets what it returned, None */
}

int main(int argc, char **argv)
{
    static weft_thread *ts[LESSON_MOST];
    int count = 100, threads = 100;
    bool wrong = false;
    const lesson_option options[] = {
        {"--count", "how many items", .count = &count},
        {"--threads", "how many", .count = &threads},
        {"--url", "what to fetch", .url = &url},
        {"--wrong", "as target=get_baidu()", .flag = &wrong},
        {0},
    };

    lesson_begin(&argc, &argv, "Threads empty a queue.", options);
    lesson_serve(&url);
    CHECK(weft_queue_create(&q, sizeof(int), NULL));
    for (int i = 0; i < count; i++)
        CHECK(weft_queue_put(q, &i, WEFT_FOREVER));

    for (int i = 0; i < threads; i++)
        CHECK(weft_thread_start(&ts[i], wrong ? get_baidu_wrong() : get_baidu,
                                NULL, 0));
    for (int i = 0; i < threads; i++) /* the course joins the last one, t */
        CHECK(weft_thread_join(ts[i], WEFT_FOREVER));
    weft_queue_close(q);
    return lesson_end();
}
