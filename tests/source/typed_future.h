/* SPDX-License-Identifier: MIT */
/* Typed futures as a program uses them, compiled as C and as C++: building is the test. */
#include <weft/executor.h>

struct page {
    int status;
};

WEFT_TYPED_FUTURE(page_future, struct page);
WEFT_TYPED_FUTURE(unused_future, double); /* which is no reason for a warning */

int status_of(weft_executor *pool, weft_function *fetch, const char *url);

int status_of(weft_executor *pool, weft_function *fetch, const char *url)
{
    page_future f;
    struct page page;

    if (page_future_submit(pool, &f, fetch, &url, sizeof(url)) != 0)
        return -1;
    if (page_future_result(f, &page, WEFT_FOREVER) != 0)
        page.status = -1;
    page_future_release(f);
    return page.status;
}
