/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <string.h>

#include "tasks.h"

struct page {
    char title[80];
    int status;
};

/* Side by side, so that one does not get in the way of the other. */
WEFT_TYPED_FUTURE(page_future, struct page);
WEFT_TYPED_FUTURE(count_future, int);
WEFT_TYPED_FUTURE(name_future, const char *);

static int fetch(weft_task *task)
{
    struct page page = {.title = "Weft", .status = WEFT_ARG(task, int)};

    return weft_task_return(task, &page, sizeof(page));
}

static int name(weft_task *task)
{
    return WEFT_RETURN(task, const char *, weft_task_name(task) ? "weft" : "");
}

static void a_typed_future_gives_its_type(void)
{
    int status = 200, count = 0;
    const char *text = "";
    struct page page;
    page_future p;
    count_future c;
    name_future n;

    open_pool(1);
    CHECK_OK(page_future_submit(pool, &p, fetch, &status, sizeof(status)));
    CHECK_OK(count_future_submit(pool, &c, twice, &status, sizeof(status)));
    CHECK_OK(name_future_submit(pool, &n, name, NULL, 0));
    CHECK_OK(page_future_result(p, &page, SOON));
    CHECK_OK(count_future_result(c, &count, SOON));
    CHECK_OK(name_future_result(n, &text, SOON));
    CU_ASSERT_STRING_EQUAL(page.title, "Weft");
    CU_ASSERT_EQUAL(page.status, 200);
    CU_ASSERT_EQUAL(count, 400);
    CU_ASSERT_STRING_EQUAL(text, "weft");
    page_future_release(p);
    count_future_release(c);
    name_future_release(n);
    close_pool();
}

static void an_error_leaves_the_result_untouched(void)
{
    count_future c = {NULL};
    int three = 3, count = 5;

    open_pool(1);
    CHECK_OK(count_future_submit(pool, &c, fail, &three, sizeof(three)));
    CHECK_ERROR(count_future_result(c, &count, SOON), WEFT_ETOOBIG);
    CU_ASSERT_EQUAL(count, 5);
    count_future_release(c);
    close_pool();
}

static void the_plain_future_is_inside(void)
{
    count_future c;
    page_future p;
    int three = 3;

    open_pool(1);
    CHECK_OK(count_future_submit(pool, &c, twice, &three, sizeof(three)));
    CHECK_OK(weft_then(pool, &p.future, c.future, fetch));
    expect_result(c.future, 6);
    CHECK_OK(weft_future_result(p.future, NULL, 0, SOON));
    CU_ASSERT_EQUAL(weft_future_size(p.future), sizeof(struct page));
    count_future_release(c);
    page_future_release(p);
    close_pool();
}

const char *const suite_name = "future_typed";
CU_TestInfo suite_cases[] = {
    {"a_typed_future_gives_its_type", a_typed_future_gives_its_type},
    {"an_error_leaves_the_result_untouched", an_error_leaves_the_result_untouched},
    {"the_plain_future_is_inside", the_plain_future_is_inside},
    CU_TEST_INFO_NULL,
};
