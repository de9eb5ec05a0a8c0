/* SPDX-License-Identifier: MIT */
/* Cancel and deadlines: three threads wait for what never comes, main crawls.
 * Watch: --wrong gives each page the time that all of them have together. */
#include "lesson.h"

static weft_cancel stop = WEFT_CANCEL_INIT; /* stop = threading.Event() */
static weft_event never = WEFT_EVENT_INIT;  /* nobody sets it */
static weft_queue *empty;                   /* nobody puts anything in */

static int tell(const char *what, int err)
{
    weft_print("%s: %s\n", what, err == WEFT_ECANCELED ? "cancelled" : "done");
    return 0;
}

static int worker(weft_task *task)
{
    int way = WEFT_ARG(task, int), item;

    if (way == 0)
        return tell("sleep", weft_sleep(WEFT_S(60)));
    if (way == 1)
        return tell("queue.get", weft_queue_get(empty, &item, WEFT_FOREVER));
    return tell("event.wait", weft_event_wait(&never, WEFT_FOREVER));
}

int main(int argc, char **argv)
{
    weft_time limit = WEFT_MS(500), until;
    lesson_url url = {0};
    bool wrong = false;
    int err = 0;
    const lesson_option options[] = {
        {"--seconds", "for all pages together", .seconds = &limit},
        {"--wrong", "as long for each page", .flag = &wrong},
        {0},
    };

    lesson_begin(&argc, &argv, "Asked to stop.", options);
    lesson_serve(&url);
    CHECK(weft_queue_create(&empty, sizeof(int), NULL));
    for (int i = 0; i < 3; i++)
        CHECK(weft_thread_start_with(NULL, worker, &i, sizeof(i),
                                     &(weft_thread_options){.cancel = &stop}));

    until = weft_in(limit); /* one instant, for all pages */
    for (int page = 0; page < 100 && err == 0; page++) {
        weft_http_response r = {0};
        err = weft_http_get(&r, url.text, NULL, wrong ? weft_in(limit) : until);
        weft_http_response_close(&r);
    }
    if (err != WEFT_ETIMEDOUT)
        CHECK(err);
    weft_print("crawl: %s\n", err == WEFT_ETIMEDOUT ? "out of time" : "done");

    weft_cancel_request(&stop); /* all who wait go on, and end by themselves */
    CHECK(weft_thread_join_all(WEFT_FOREVER));
    weft_queue_close(empty);
    return lesson_end();
}
