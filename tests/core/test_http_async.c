/* SPDX-License-Identifier: MIT */
/* Many pages at once, as futures. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "http_end.h"
#include "weft/atomic.h"
#include "weft/cancel.h"
#include "weft/caps.h"
#include "weft/event.h"
#include "weft/executor.h"
#include "weft/http.h"
#include "weft/http_server.h"
#include "weft/socket.h"

enum { PAGES = 100, TEXT_SIZE = 32, URL_SIZE = 64 };

/* ---- a server with a page for each number; some of them hang ---- */

struct site {
    weft_http_server *server;
    char texts[PAGES][TEXT_SIZE];  /* written before the server starts */
    weft_event open;               /* until it is set, pages under /hang/ do not come */
    weft_atomic_u32 asked;         /* for any page, counted by each connection */
    uint32_t wanted;               /* of those, by the test */
    weft_atomic_u32 busy, busiest; /* handlers that run, and the most that did */
};

static void answer(const char *path, weft_http_reply *reply, void *context)
{
    struct site *site = context;
    bool hangs = strncmp(path, "/hang/", 6) == 0;
    int number = atoi(path + (hangs ? 6 : 1));
    uint32_t busy = weft_fetch_add_u32(&site->busy, 1, WEFT_SEQ_CST) + 1;
    uint32_t most = weft_load_u32(&site->busiest, WEFT_RELAXED);

    while (most < busy && !weft_cas_u32(&site->busiest, &most, busy, WEFT_RELAXED))
        ;
    weft_fetch_add_u32(&site->asked, 1, WEFT_SEQ_CST);
    if (hangs)
        weft_event_wait(&site->open, SOON);
    *reply = (weft_http_reply){.body = site->texts[number], .size = strlen(site->texts[number])};
    weft_fetch_sub_u32(&site->busy, 1, WEFT_SEQ_CST);
}

static void serve(struct site *site)
{
    const weft_http_server_options options = {.handler = answer, .context = site};

    *site = (struct site){.server = NULL};
    for (int i = 0; i < PAGES; i++)
        snprintf(site->texts[i], TEXT_SIZE, "page %d", i);
    if (!CHECK_OK(weft_http_server_start(&site->server, &options)))
        abort();
}

static weft_future *fetch(struct site *site, const char *folder, size_t number,
                          const weft_http_options *options, weft_time until)
{
    weft_future *future = NULL;
    char url[URL_SIZE];

    snprintf(url, sizeof(url), "%s%s%zu", weft_http_server_url(site->server), folder, number);
    if (!CHECK_OK(weft_http_get_async(&future, url, options, until)))
        abort();
    return future;
}

static void fetch_all(struct site *site, weft_future *futures[PAGES],
                      const weft_http_options *options)
{
    for (size_t i = 0; i < PAGES; i++)
        futures[i] = fetch(site, "", i, options, SOON);
}

static void expect_page(struct site *site, weft_future *future, size_t number)
{
    weft_http_response response = {0};

    if (!CHECK_OK(weft_http_result(future, &response, SOON)))
        return;
    CU_ASSERT_EQUAL(response.status, 200);
    CU_ASSERT_STRING_EQUAL(response.body, site->texts[number]);
    CU_ASSERT_EQUAL(response.size, strlen(site->texts[number]));
    weft_http_response_close(&response); /* does no harm to the future */
    CHECK_OK(weft_http_result(future, &response, WEFT_NOW));
    CU_ASSERT_STRING_EQUAL(response.body, site->texts[number]);
}

static void release_all(weft_future **futures, size_t count)
{
    for (size_t i = 0; i < count; i++)
        weft_future_release(futures[i]);
}

static bool was_asked(void *context)
{
    struct site *site = context;

    return weft_load_u32(&site->asked, WEFT_SEQ_CST) >= site->wanted;
}

static void await_asked(struct site *site, uint32_t wanted)
{
    site->wanted = wanted;
    CU_ASSERT_TRUE(eventually(was_asked, site));
}

/* Of a burst of more connections the system may forget some. */
static unsigned burst(unsigned wanted)
{
    unsigned most = (unsigned)weft_caps()->listen_backlog;

    return wanted < most ? wanted : most;
}

/* ---- a hundred pages ---- */

static void a_hundred_pages_arrive_each_right(void)
{
    static const unsigned bounds[] = {0, 1, 4, PAGES};
    weft_future *futures[PAGES];

    for (size_t n = 0; n < sizeof(bounds) / sizeof(bounds[0]); n++) {
        unsigned bound = bounds[n] ? bounds[n] : 16;
        static struct site site;

        if (bound > burst(bound))
            continue;
        serve(&site);
        fetch_all(&site, futures, &(weft_http_options){.connections = bounds[n]});
        for (size_t i = 0; i < PAGES; i++)
            expect_page(&site, futures[i], i);
        CU_ASSERT_EQUAL(weft_http_server_requests(site.server), PAGES);
        CU_ASSERT_TRUE(weft_http_server_connections(site.server) <= bound);
        CU_ASSERT_TRUE(weft_load_u32(&site.busiest, WEFT_RELAXED) <= bound);
        release_all(futures, PAGES);
        weft_http_server_close(site.server);
    }
}

static void they_are_told_as_they_complete(void)
{
    static struct site site;
    weft_future *futures[PAGES];
    weft_completion *done = NULL;
    bool told[PAGES] = {false};
    size_t count = 0, i = 0;

    serve(&site);
    fetch_all(&site, futures, &(weft_http_options){.connections = burst(16)});
    CHECK_OK(weft_as_completed(&done, futures, PAGES));
    while (weft_completion_next(done, &i, SOON) == 0) {
        CU_ASSERT_FALSE(told[i]);
        told[i] = true;
        expect_page(&site, futures[i], i);
        count++;
    }
    CU_ASSERT_EQUAL(count, PAGES);
    weft_completion_close(done);
    CHECK_OK(weft_future_wait(futures, PAGES, WEFT_ALL_COMPLETED, WEFT_NOW));
    release_all(futures, PAGES);
    weft_http_server_close(site.server);
}

static void one_page_that_hangs_holds_no_other(void)
{
    static struct site site;
    weft_future *futures[PAGES], *hanging;

    serve(&site);
    hanging = fetch(&site, "hang/", 7, NULL, SOON);
    fetch_all(&site, futures, &(weft_http_options){.connections = burst(16)});
    CHECK_OK(weft_future_wait(futures, PAGES, WEFT_ALL_COMPLETED, SOON));
    CU_ASSERT_FALSE(weft_future_done(hanging));
    weft_event_set(&site.open);
    expect_page(&site, hanging, 7);
    weft_future_release(hanging);
    release_all(futures, PAGES);
    weft_http_server_close(site.server);
}

static void half_of_them_can_be_cancelled(void)
{
    const weft_http_options options = {.connections = PAGES};
    static struct site site;
    weft_future *futures[PAGES];
    weft_http_response response = {0};

    serve(&site);
    for (size_t i = 0; i < PAGES; i++) {
        futures[i] = fetch(&site, "hang/", i, &options, SOON);
        if ((i + 1) % burst(PAGES) == 0)
            await_asked(&site, (uint32_t)i + 1);
    }
    await_asked(&site, PAGES);
    for (size_t i = 0; i < PAGES; i += 2) {
        CHECK_OK(weft_future_cancel(futures[i]));
        CHECK_ERROR(weft_http_result(futures[i], &response, WEFT_NOW), WEFT_ECANCELED);
    }
    weft_event_set(&site.open);
    for (size_t i = 1; i < PAGES; i += 2)
        expect_page(&site, futures[i], i);
    release_all(futures, PAGES);
    weft_http_server_close(site.server);
}

static void a_server_that_closes_in_the_middle_fails_the_rest(void)
{
    static struct site site;
    weft_future *futures[PAGES];
    weft_completion *done = NULL;
    size_t good = 0, i = 0;

    serve(&site);
    fetch_all(&site, futures, &(weft_http_options){.connections = 2});
    CHECK_OK(weft_as_completed(&done, futures, PAGES));
    for (int n = 0; n < 10; n++)
        CHECK_OK(weft_completion_next(done, &i, SOON));
    weft_http_server_close(site.server);
    while (weft_completion_next(done, &i, SOON) == 0)
        ;
    for (i = 0; i < PAGES; i++) {
        weft_http_response response = {0};
        int err = weft_http_result(futures[i], &response, WEFT_NOW);

        if (err == 0)
            CU_ASSERT_STRING_EQUAL(response.body, site.texts[i]);
        good += err == 0;
        CU_ASSERT_TRUE(err == 0 || err == WEFT_ERESET || err == WEFT_ETRUNCATED ||
                       err == WEFT_ECLOSED || err == WEFT_EREFUSED);
    }
    CU_ASSERT_TRUE(good >= 10);
    weft_completion_close(done);
    release_all(futures, PAGES);
}

/* ---- ends ---- */

static void a_cancel_ends_the_transfer(void)
{
    weft_socket *listener = NULL, *socket = NULL;
    weft_future *future = NULL;
    weft_address address;
    char url[URL_SIZE], text[WEFT_ADDRESS_TEXT], request[4096];
    size_t length = 0;
    int err;

    CHECK_OK(weft_tcp_listen(&listener, "127.0.0.1", 0, NULL));
    CHECK_OK(weft_socket_address(listener, &address));
    snprintf(url, sizeof(url), "http://%s/", weft_address_text(&address, text, sizeof(text)));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(weft_http_get_async(&future, url, NULL, WEFT_FOREVER));
        CHECK_OK(weft_socket_accept(listener, &socket, NULL, SOON));
        CHECK_OK(weft_socket_recv(socket, request, sizeof(request), &length, SOON));
        CHECK_OK(i == 0 ? weft_future_cancel(future) : weft_future_interrupt(future));
        err = weft_socket_recv(socket, request, sizeof(request), &length, SOON);
        CU_ASSERT_TRUE(err == WEFT_ERESET || (err == 0 && length == 0)); /* it hung up */
        weft_socket_close(socket);
        weft_future_release(future);
    }
    weft_socket_close(listener);
}

static void the_deadline_covers_the_wait_for_a_turn(void)
{
    const weft_http_options one = {.connections = 1};
    static struct site site;
    weft_http_response response = {0};
    weft_future *first, *second;
    weft_time until;

    serve(&site);
    first = fetch(&site, "hang/", 1, &one, SOON);
    until = weft_in(WEFT_MS(100));
    second = fetch(&site, "", 2, &one, until);
    CHECK_ERROR(weft_http_result(second, &response, SOON), WEFT_ETIMEDOUT);
    CHECK_SENTENCE("host");
    CU_ASSERT_TRUE(weft_clock() >= until);
    CU_ASSERT_FALSE(weft_future_done(first));
    weft_event_set(&site.open);
    expect_page(&site, first, 1);
    weft_future_release(first);
    weft_future_release(second);
    weft_http_server_close(site.server);
}

struct getter {
    struct site *site;
    weft_cancel cancel;
    int err; /* of the call, read after the thread was joined */
};

static int get_under_token(weft_task *task)
{
    struct getter *getter = WEFT_ARG(task, struct getter *);
    weft_http_response response = {0};
    char url[URL_SIZE];

    weft_cancel_enter(&getter->cancel);
    snprintf(url, sizeof(url), "%shang/1", weft_http_server_url(getter->site->server));
    getter->err = weft_http_get(&response, url, NULL, SOON);
    return 0;
}

static void the_token_of_the_caller_ends_a_get(void)
{
    static struct site site;
    struct getter getter = {.site = &site};
    weft_thread *thread;

    serve(&site);
    start_threads(&thread, 1, get_under_token, &getter);
    await_asked(&site, 1);
    weft_cancel_request(&getter.cancel);
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(getter.err, WEFT_ECANCELED);
    weft_event_set(&site.open);
    weft_http_server_close(site.server);
}

static void the_end_of_the_thread_ends_all(void)
{
    static struct site site;
    weft_http_response response = {0};
    weft_future *hanging;

    serve(&site);
    hanging = fetch(&site, "hang/", 1, NULL, WEFT_FOREVER);
    await_asked(&site, 1);
    CHECK_OK(weft__http_end(SOON));
    CHECK_ERROR(weft_http_result(hanging, &response, WEFT_NOW), WEFT_ECANCELED);
    weft_event_set(&site.open);
    weft_future_release(hanging);
    hanging = fetch(&site, "", 2, NULL, SOON); /* there is another one now */
    expect_page(&site, hanging, 2);
    weft_future_release(hanging);
    weft_http_server_close(site.server);
}

/* ---- what comes after a page ---- */

static int length_of_page(weft_task *task)
{
    weft_http_response response;
    int err = weft_http_argument(task, &response);

    return err != 0 ? err : WEFT_RETURN(task, size_t, strlen(response.body));
}

static void another_task_gets_the_page(weft_executor *pool)
{
    static struct site site;
    weft_future *page, *length = NULL;
    size_t size = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    serve(&site);
    page = fetch(&site, "hang/", 11, NULL, SOON);
    CHECK_OK(weft_then(pool, &length, page, length_of_page));
    weft_future_release(page);
    weft_event_set(&site.open);
    CHECK_OK(weft_future_result(length, &size, sizeof(size), SOON));
    CU_ASSERT_EQUAL(size, strlen("page 11"));
    weft_future_release(length);
    weft_executor_close(pool);
    weft_http_server_close(site.server);
}

static void then_gets_the_page(void)
{
    another_task_gets_the_page(weft_thread_pool(&(weft_pool_options){.workers = 2}));
    another_task_gets_the_page(weft_process_pool(&(weft_pool_options){.workers = 1}));
}

const char *const suite_name = "http_async";
CU_TestInfo suite_cases[] = {
    {"a_hundred_pages_arrive_each_right", a_hundred_pages_arrive_each_right},
    {"they_are_told_as_they_complete", they_are_told_as_they_complete},
    {"one_page_that_hangs_holds_no_other", one_page_that_hangs_holds_no_other},
    {"half_of_them_can_be_cancelled", half_of_them_can_be_cancelled},
    {"a_server_that_closes_in_the_middle_fails_the_rest",
     a_server_that_closes_in_the_middle_fails_the_rest},
    {"a_cancel_ends_the_transfer", a_cancel_ends_the_transfer},
    {"the_deadline_covers_the_wait_for_a_turn", the_deadline_covers_the_wait_for_a_turn},
    {"the_token_of_the_caller_ends_a_get", the_token_of_the_caller_ends_a_get},
    {"the_end_of_the_thread_ends_all", the_end_of_the_thread_ends_all},
    {"then_gets_the_page", then_gets_the_page},
    CU_TEST_INFO_NULL,
};
