/* SPDX-License-Identifier: MIT */
/* A hundred pages at once, and no thread of ours waits for any.
 * Watch: how long it takes, beside lesson 11, whose four threads take turns. */
#include "lesson.h"

int main(int argc, char **argv)
{
    int count = 100;
    unsigned at_once = 100;
    bool https = false;
    lesson_url url = {0};
    weft_future *pages[LESSON_MOST];
    weft_completion *done;
    weft_http_response r;
    size_t i;
    const lesson_option options[] = {
        {"--https", "from a server that nobody vouches for", .flag = &https},
        {"--url", "what to fetch", .url = &url},
        {"--count", "how often", .count = &count},
        {"--at-once", "connections", .workers = &at_once},
        {0},
    };

    lesson_begin(&argc, &argv, "A hundred pages at once.", options);
    if (https)
        lesson_serve_https(&url);
    else
        lesson_serve(&url);
    for (int n = 0; n < count; n++)
        CHECK(weft_http_get_async(&pages[n], url.text,
                                  &(weft_http_options){.connections = at_once},
                                  weft_in(WEFT_S(10))));
    CHECK(weft_as_completed(&done, pages, (size_t)count));
    while (weft_completion_next(done, &i, WEFT_FOREVER) == 0) {
        if (weft_http_result(pages[i], &r, WEFT_NOW) == 0)
            weft_print("%d\n", r.status); /* print(r.code) */
        else
            weft_print("%s\n", weft_last_error());
        weft_future_release(pages[i]);
    }
    weft_completion_close(done);
    return lesson_end();
}
