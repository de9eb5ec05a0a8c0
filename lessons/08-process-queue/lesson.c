/* SPDX-License-Identifier: MIT */
/* The queue between processes (队列): 100 items, 4 processes, until Empty.
 * Watch: --wrong takes a second, because main fetches every page itself. */
#include "lesson.h"

static struct args { /* each process has its own variables: */
    weft_shared_queue q;
    lesson_url url; /* a small server of our own, unless --url */
} a;

static int get_baidu(weft_task *task)
{
    weft_http_response r;
    int i; /* an item, until the queue is Empty */

    if (task) /* a child gets what it needs as its argument */
        a = WEFT_ARG(task, struct args);
    while (weft_shared_queue_get(a.q, &i, sizeof(i), NULL, WEFT_NOW) == 0) {
        int err = weft_http_get(&r, a.url.text, NULL, weft_in(WEFT_S(60)));
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
    return lesson_nothing;  /* and the process gets what it returned, None */
}

int main(int argc, char **argv)
{
    weft_process *ps[LESSON_WORKERS];
    unsigned workers = 4;
    int count = 100;
    bool wrong = false;
    const lesson_option options[] = {
        {"--count", "how many items", .count = &count},
        {"--workers", "how many processes", .workers = &workers},
        {"--url", "what to fetch", .url = &a.url},
        {"--wrong", "as target=get_baidu()", .flag = &wrong},
        {0},
    };

    lesson_begin(&argc, &argv, "Processes empty a queue.", options);
    lesson_serve(&a.url);
    CHECK(weft_shared_queue_create(&a.q, NULL));
    for (int i = 0; i < count; i++)
        CHECK(weft_shared_queue_put(a.q, &i, sizeof(i), WEFT_NOW));
    for (unsigned i = 0; i < workers; i++)
        CHECK(weft_process_start(&ps[i], wrong ? get_baidu_wrong() : get_baidu,
                                 &a, sizeof(a)));
    for (unsigned i = 0; i < workers; i++)
        lesson_join(ps[i]);
    weft_shared_queue_close(a.q);
    return lesson_end();
}
