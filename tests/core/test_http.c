/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "weft/atomic.h"
#include "weft/event.h"
#include "weft/http.h"
#include "weft/http_server.h"
#include "weft/socket.h"

enum { URL_SIZE = 128, BIG_SIZE = 300000 };

/* ---- a server with these pages ---- */

static char big_page[BIG_SIZE]; /* written by serve_pages() before the server starts */

static const struct page {
    const char *path;
    weft_http_reply reply;
} pages[] = {
    {"/", {.body = "hello\n", .size = 6}},
    {"/binary", {.body = "a\0b", .size = 3}},
    {"/empty", {0}},
    {"/big", {.body = big_page, .size = BIG_SIZE}},
    {"/error", {.status = 500, .body = "sorry", .size = 5}},
    {"/2", {.status = 302, .location = "/1", .body = "this way", .size = 8}},
    {"/1", {.status = 301, .location = "/"}},
    {"/loop", {.status = 302, .location = "/loop"}},
    {"/file", {.status = 302, .location = "file:///"}},
    {"/nowhere", {.status = 302, .location = "http://[nowhere/"}},
};

static void answer(const char *path, weft_http_reply *reply, void *context)
{
    (void)context;
    reply->status = 404;
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
        if (strcmp(path, pages[i].path) == 0)
            *reply = pages[i].reply;
}

static weft_http_server *serve_pages(void)
{
    weft_http_server *server = NULL;

    for (size_t i = 0; i < BIG_SIZE; i++)
        big_page[i] = (char)('a' + i % 26);
    if (!CHECK_OK(weft_http_server_start(&server, &(weft_http_server_options){.handler = answer})))
        abort(); /* no test below means anything */
    return server;
}

static int get(weft_http_response *response, const weft_http_server *server, const char *path,
               const weft_http_options *options)
{
    char url[URL_SIZE];

    snprintf(url, sizeof(url), "%s%s", weft_http_server_url(server), path + 1);
    return weft_http_get(response, url, options, SOON);
}

/* ---- a server that says what it is told to, to one client ---- */

struct raw_server {
    weft_socket *listener;
    weft_thread *thread;
    const char *reply;
    bool hold; /* the connection stays open until the test is over */
    weft_event over;
    char url[URL_SIZE];
};

static int serve_raw(weft_task *task)
{
    struct raw_server *raw = WEFT_ARG(task, struct raw_server *);
    weft_socket *socket = NULL;
    char request[4096];
    size_t length = 0;

    if (weft_socket_accept(raw->listener, &socket, NULL, SOON) != 0)
        return 0; /* the client will complain */
    if (weft_socket_recv(socket, request, sizeof(request), &length, SOON) == 0)
        weft_socket_send(socket, raw->reply, strlen(raw->reply), NULL, SOON);
    if (raw->hold)
        weft_event_wait(&raw->over, SOON);
    weft_socket_close(socket);
    return 0;
}

static void raw_start(struct raw_server *raw, const char *reply, bool hold)
{
    weft_address address;
    char text[WEFT_ADDRESS_TEXT];

    *raw = (struct raw_server){.reply = reply, .hold = hold};
    if (!CHECK_OK(weft_tcp_listen(&raw->listener, "127.0.0.1", 0, NULL)) ||
        !CHECK_OK(weft_socket_address(raw->listener, &address)))
        abort();
    snprintf(raw->url, sizeof(raw->url), "http://%s/",
             weft_address_text(&address, text, sizeof(text)));
    start_threads(&raw->thread, 1, serve_raw, raw);
}

static void raw_stop(struct raw_server *raw)
{
    weft_event_set(&raw->over);
    weft_socket_shutdown(raw->listener, WEFT_SHUTDOWN_BOTH);
    join_threads(&raw->thread, 1);
    weft_socket_close(raw->listener);
}

/* Fetching from a server that replies so ends like this; an error names the URL. */
static void expect_of_reply(const char *reply, const weft_http_options *options, int expected)
{
    weft_http_response response = {0};
    struct raw_server raw;

    raw_start(&raw, reply, false);
    CHECK_ERROR(weft_http_get(&response, raw.url, options, SOON), expected);
    if (expected != 0)
        CHECK_SENTENCE(raw.url);
    raw_stop(&raw);
    weft_http_response_close(&response);
}

/* ---- what is fetched ---- */

static void expect_page(const char *path, const weft_http_options *options, int status,
                        const char *body, size_t size)
{
    weft_http_server *server = serve_pages();
    weft_http_response response = {0};

    if (CHECK_OK(get(&response, server, path, options))) {
        CU_ASSERT_EQUAL(response.status, status);
        CU_ASSERT_EQUAL(response.size, size);
        CU_ASSERT_TRUE(response.size == size && memcmp(response.body, body, size) == 0);
        CU_ASSERT_EQUAL(response.body[response.size], '\0');
    }
    weft_http_response_close(&response);
    weft_http_response_close(&response); /* twice is fine */
    weft_http_server_close(server);
}

static void expect_error(const char *path, const weft_http_options *options, int expected,
                         const char *sentence)
{
    weft_http_server *server = serve_pages();
    weft_http_response response = {.status = 7};

    if (CHECK_ERROR(get(&response, server, path, options), expected))
        CHECK_SENTENCE(sentence);
    CU_ASSERT_EQUAL(response.status, 7);
    CU_ASSERT_PTR_NULL(response.body);
    weft_http_server_close(server);
}

static void a_page_arrives_whole(void)
{
    expect_page("/", NULL, 200, "hello\n", 6);
    expect_page("/big", NULL, 200, big_page, BIG_SIZE);
    expect_page("/binary", NULL, 200, "a\0b", 3);
    expect_page("/empty", NULL, 200, "", 0);
}

static void what_the_server_says_is_no_error(void)
{
    expect_page("/missing", NULL, 404, "", 0);
    expect_page("/error", NULL, 500, "sorry", 5);
}

/* ---- redirects and limits ---- */

static void redirects_are_followed_up_to_the_limit(void)
{
    expect_page("/2", NULL, 200, "hello\n", 6);
    expect_page("/2", &(weft_http_options){.redirect_limit = 2}, 200, "hello\n", 6);
    expect_error("/2", &(weft_http_options){.redirect_limit = 1}, WEFT_EREDIRECT, "/2");
    expect_error("/loop", NULL, WEFT_EREDIRECT, "/loop");
}

static void without_redirects_the_redirect_is_the_answer(void)
{
    expect_page("/2", &(weft_http_options){.redirect_limit = -1}, 302, "this way", 8);
    expect_error("/2", &(weft_http_options){.redirect_limit = -2}, WEFT_EINVAL, "redirect_limit");
}

static void redirects_lead_to_http_only(void)
{
    expect_error("/file", NULL, WEFT_ENOTSUP, "/file");
    expect_error("/nowhere", NULL, WEFT_ENOTSUP, "/nowhere");
}

static void a_body_over_the_size_limit_is_refused(void)
{
    const char *unannounced = "HTTP/1.0 200 OK\r\n\r\n0123456789";

    expect_page("/", &(weft_http_options){.size_limit = 6}, 200, "hello\n", 6);
    expect_page("/big", &(weft_http_options){.size_limit = SIZE_MAX}, 200, big_page, BIG_SIZE);
    expect_error("/", &(weft_http_options){.size_limit = 5}, WEFT_ETOOBIG, "5 bytes");
    expect_of_reply(unannounced, &(weft_http_options){.size_limit = 10}, 0);
    expect_of_reply(unannounced, &(weft_http_options){.size_limit = 9}, WEFT_ETOOBIG);
}

static void a_silent_server_is_left_at_the_deadline(void)
{
    static const char *const replies[] = {"", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"};
    weft_http_response response = {0};
    struct raw_server raw;

    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        raw_start(&raw, replies[i], true);
        weft_time until = weft_in(WEFT_MS(200));
        CHECK_ERROR(weft_http_get(&response, raw.url, NULL, until), WEFT_ETIMEDOUT);
        CHECK_SENTENCE(raw.url);
        CU_ASSERT_TRUE(weft_clock() >= until);
        raw_stop(&raw);
    }
}

static void after_the_deadline_nothing_is_sent(void)
{
    weft_http_server *server = serve_pages();
    weft_http_response response = {0};

    CHECK_ERROR(weft_http_get(&response, weft_http_server_url(server), NULL, WEFT_NOW),
                WEFT_ETIMEDOUT);
    CHECK_SENTENCE(weft_http_server_url(server));
    CU_ASSERT_EQUAL(weft_http_server_requests(server), 0);
    weft_http_server_close(server);
}

static void a_body_that_memory_cannot_hold_is_an_error(void)
{
    refuse_passage("http.body", 1, WEFT_ENOMEM);
    expect_error("/", NULL, WEFT_ENOMEM, "body");
    refuse_passage("http.body", 1, WEFT_ENOMEM);
    expect_error("/empty", NULL, WEFT_ENOMEM, "body");
    refuse_passage(NULL, 0, 0);
}

/* ---- broken servers ---- */

static void a_connection_that_breaks_is_told(void)
{
    expect_of_reply("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfour", NULL, WEFT_ETRUNCATED);
    expect_of_reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfour", NULL,
                    WEFT_ETRUNCATED);
    expect_of_reply("", NULL, WEFT_ECLOSED);
}

static void what_is_no_http_is_refused(void)
{
    expect_of_reply("garbage\r\n", NULL, WEFT_EPROTOCOL);
    expect_of_reply("HTTP/9.9 200 OK\r\n\r\n", NULL, WEFT_EPROTOCOL);
    expect_of_reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc", NULL,
                    WEFT_EPROTOCOL);
    expect_of_reply("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", NULL, WEFT_EPROTOCOL);
}

static void tls_needs_a_server_that_speaks_it(void)
{
    weft_http_server *server = serve_pages();
    weft_http_response response = {0};
    char url[URL_SIZE];

    snprintf(url, sizeof(url), "https%s", weft_http_server_url(server) + strlen("http"));
    CHECK_ERROR(weft_http_get(&response, url, NULL, SOON), WEFT_EPROTOCOL);
    CHECK_SENTENCE(url);
    weft_http_server_close(server);
}

static void a_port_without_a_server_refuses(void)
{
    weft_http_response response = {0};
    struct raw_server raw;

    raw_start(&raw, NULL, false);
    raw_stop(&raw); /* nobody listens there any more */
    CHECK_ERROR(weft_http_get(&response, raw.url, NULL, SOON), WEFT_EREFUSED);
    CHECK_SENTENCE(raw.url);
}

static void a_host_that_does_not_exist_is_not_found(void)
{
    weft_http_response response = {0};

    if (getenv("http_proxy") || getenv("all_proxy") || getenv("ALL_PROXY")) {
        skip("names are looked up by the proxy of the environment");
        return;
    }
    CHECK_ERROR(weft_http_get(&response, "http://nosuch.invalid/", NULL, SOON), WEFT_ENOTFOUND);
    CHECK_SENTENCE("nosuch.invalid");
}

/* ---- URLs ---- */

static void what_is_no_url_is_refused(void)
{
    /* clang-format off */
    static const char *const bad[] = {
        "", "abc", "//x/", "www.example.org", "http:", "http:/x", "http:///x", "http://",
        "https://", "http://:80/", "http://?a",
        " http://x/", "http://x y/", "http://x/\n", "http://\x1b[31m/", "http://x\x7f/",
        "http://x:70000/", "http://x:-1/", "http://x:0/", "http://x:abc/", "http://[::1/",
        "http://[zz]/",
    };
    /* clang-format on */
    char long_host[320] = "http://";
    weft_http_response response = {0};

    memset(long_host + strlen("http://"), 'a', 300);
    CHECK_ERROR(weft_http_get(&response, long_host, NULL, SOON), WEFT_EINVAL);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (!CHECK_ERROR(weft_http_url_check(bad[i]), WEFT_EINVAL))
            printf("    it was \"%s\"\n", bad[i]);
        CHECK_SENTENCE("url");
        CU_ASSERT_PTR_NULL(strchr(weft_last_error(), '\x1b'));
        CHECK_ERROR(weft_http_get(&response, bad[i], NULL, SOON), WEFT_EINVAL);
    }
    CHECK_ERROR(weft_http_get(&response, NULL, NULL, SOON), WEFT_EINVAL);
}

static void urls_of_http_pass(void)
{
    /* clang-format off */
    static const char *const good[] = {
        "http://127.0.0.1/", "HTTP://LOCALHOST", "https://example.org:443/a/b?c=d#e",
        "http://[::1]:8080/", "http://user:pw@host/", "http://x?a", "http://x:65535/",
        "http://x/\xe4\xbd\xa0\xe5\xa5\xbd", "https://x:1",
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        CHECK_OK(weft_http_url_check(good[i]));
}

struct crowd {
    const char *url;
    weft_atomic_u32 asked; /* counted by all, as is good */
    weft_atomic_u32 good;
};

enum { FETCHES = 100, FETCHERS = 16 };

static int fetch_some(weft_task *task)
{
    struct crowd *crowd = WEFT_ARG(task, struct crowd *);

    while (weft_fetch_add_u32(&crowd->asked, 1, WEFT_RELAXED) < FETCHES) {
        weft_http_response response = {0};

        if (weft_http_get(&response, crowd->url, NULL, SOON) == 0 && response.status == 200)
            weft_fetch_add_u32(&crowd->good, 1, WEFT_RELAXED);
        weft_http_response_close(&response);
    }
    return 0;
}

static void sixteen_threads_fetch_a_hundred_pages(void)
{
    weft_http_server *server = serve_pages();
    struct crowd crowd = {.url = weft_http_server_url(server)};
    weft_thread *threads[FETCHERS];

    start_threads(threads, FETCHERS, fetch_some, &crowd);
    join_threads(threads, FETCHERS);
    CU_ASSERT_EQUAL(weft_load_u32(&crowd.good, WEFT_RELAXED), FETCHES);
    CU_ASSERT_EQUAL(weft_http_server_requests(server), FETCHES);
    weft_http_server_close(server);
}

const char *const suite_name = "http";
CU_TestInfo suite_cases[] = {
    {"a_page_arrives_whole", a_page_arrives_whole},
    {"what_the_server_says_is_no_error", what_the_server_says_is_no_error},
    {"redirects_are_followed_up_to_the_limit", redirects_are_followed_up_to_the_limit},
    {"without_redirects_the_redirect_is_the_answer", without_redirects_the_redirect_is_the_answer},
    {"redirects_lead_to_http_only", redirects_lead_to_http_only},
    {"a_body_over_the_size_limit_is_refused", a_body_over_the_size_limit_is_refused},
    {"a_silent_server_is_left_at_the_deadline", a_silent_server_is_left_at_the_deadline},
    {"after_the_deadline_nothing_is_sent", after_the_deadline_nothing_is_sent},
    {"a_body_that_memory_cannot_hold_is_an_error", a_body_that_memory_cannot_hold_is_an_error},
    {"a_connection_that_breaks_is_told", a_connection_that_breaks_is_told},
    {"what_is_no_http_is_refused", what_is_no_http_is_refused},
    {"tls_needs_a_server_that_speaks_it", tls_needs_a_server_that_speaks_it},
    {"a_port_without_a_server_refuses", a_port_without_a_server_refuses},
    {"a_host_that_does_not_exist_is_not_found", a_host_that_does_not_exist_is_not_found},
    {"what_is_no_url_is_refused", what_is_no_url_is_refused},
    {"urls_of_http_pass", urls_of_http_pass},
    {"sixteen_threads_fetch_a_hundred_pages", sixteen_threads_fetch_a_hundred_pages},
    CU_TEST_INFO_NULL,
};
