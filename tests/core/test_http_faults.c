/* SPDX-License-Identifier: MIT */
/* Bad URLs and bad servers: what a fetch says of each. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "weft/atomic.h"
#include "weft/caps.h"
#include "weft/event.h"
#include "weft/http.h"
#include "weft/socket.h"

enum { URL_SIZE = 64, HUGE_SIZE = 1 << 20 };

/* ---- URLs ---- */

static char long_host[sizeof("http://") + 301] = "http://"; /* filled when the test begins */

static const struct {
    const char *url, *sentence;
    int code;
} urls[] = {
    {"", "empty", WEFT_EINVAL},
    {"http:///path", "names no host", WEFT_EINVAL},
    {"http://127.0.0.1:99999/", "http://127.0.0.1:99999/", WEFT_EINVAL},
    {"http://127.0.0.1:0/", "port 0", WEFT_EINVAL},
    {long_host, "longer than any name", WEFT_EINVAL},
    {"http://127.0.0.1/\x01", "\\x01", WEFT_EINVAL},
    {"gopher://127.0.0.1/", "neither with http", WEFT_ENOTSUP},
    {"file:///etc/passwd", "neither with http", WEFT_ENOTSUP},
    {"xhttp://127.0.0.1/", "neither with http", WEFT_ENOTSUP},
};

static void what_is_no_url_says_why(void)
{
    weft_future *future = NULL;

    memset(long_host + strlen("http://"), 'a', 300);
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        CHECK_ERROR(weft_http_get_async(&future, urls[i].url, NULL, SOON), urls[i].code);
        CHECK_SENTENCE(urls[i].sentence);
        CU_ASSERT_PTR_NULL(future);
        CHECK_ERROR(weft_http_url_check(urls[i].url), urls[i].code);
    }
}

/* ---- servers ---- */

enum flow {
    CLOSE, /* reads the request, replies, and closes */
    RESET, /* reads one byte of it, replies, and closes: the rest resets the connection */
    SHUT,  /* closes at once */
    HOLD,  /* replies and says nothing more */
    DRIP   /* replies, and goes on byte by byte for as long as anybody listens */
};

struct deed {
    const char *name;
    const char *reply;
    size_t size;
    enum flow flow;
    int status;           /* of the response; 0: there is none, but */
    int code;             /* this error, and */
    const char *sentence; /* this in its sentence; NULL: the URL will do */
};

#define OK "HTTP/1.1 200 OK\r\n"
#define TEXT(text) (text), sizeof(text) - 1

static char huge_header[HUGE_SIZE] = OK "Huge: "; /* filled when the test begins */

static const struct deed deeds[] = {
    {"404", TEXT("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), CLOSE, 404, 0, NULL},
    {"500", TEXT("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), CLOSE, 500, 0, NULL},
    {"loop", TEXT("HTTP/1.1 302 No\r\nLocation: /\r\nConnection: close\r\n\r\n"), CLOSE, 0,
     WEFT_EREDIRECT, "redirects"},
    {"to a file", TEXT("HTTP/1.1 302 No\r\nLocation: file:///etc/passwd\r\n\r\n"), CLOSE, 0,
     WEFT_ENOTSUP, "a redirect leads to no page"},
    {"garbage", TEXT("\x16\x03\x01 gibberish\r\n\r\n"), CLOSE, 0, WEFT_EPROTOCOL, "HTTP/0.9"},
    {"length", TEXT(OK "Content-Length: -5\r\n\r\n"), CLOSE, 0, WEFT_EPROTOCOL, "Content-Length"},
    {"no length", TEXT(OK "Content-Length: abc\r\n\r\n"), CLOSE, 0, WEFT_EPROTOCOL,
     "Content-Length"},
    {"chunks", TEXT(OK "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc"), CLOSE, 0, WEFT_EPROTOCOL,
     NULL},
    {"NUL", TEXT(OK "A: b\0c\r\n\r\n"), CLOSE, 0, WEFT_EPROTOCOL, "header"},
    {"huge header", huge_header, HUGE_SIZE, CLOSE, 0, WEFT_ETOOBIG, "header"},
    {"too big", TEXT(OK "Content-Length: 99999999\r\n\r\n"), HOLD, 0, WEFT_ETOOBIG, "limit"},
    {"truncates", TEXT(OK "Content-Length: 9\r\n\r\nhalf"), CLOSE, 0, WEFT_ETRUNCATED, NULL},
    {"resets", TEXT(OK "Content-Length: 9\r\n\r\nhalf"), RESET, 0, WEFT_ERESET, NULL},
    {"resets early", TEXT(""), RESET, 0, WEFT_ERESET, NULL},
    {"no reply", TEXT(""), CLOSE, 0, WEFT_ECLOSED, NULL},
    {"closes at once", TEXT(""), SHUT, 0, WEFT_ERESET, NULL},
    {"hangs", TEXT(""), HOLD, 0, WEFT_ETIMEDOUT, "after 0 bytes"},
    {"hangs later", TEXT(OK "Content-Length: 9\r\n\r\nhalf"), HOLD, 0, WEFT_ETIMEDOUT,
     "after 4 bytes"},
    {"slow", TEXT(OK "Content-Length: 999999\r\n\r\n"), DRIP, 0, WEFT_ETIMEDOUT, "bytes of body"},
    {"slow header", TEXT(OK "Slow: "), DRIP, 0, WEFT_ETIMEDOUT, "after 0 bytes"},
};

struct bad_server {
    const struct deed *deed;
    weft_socket *listener;
    weft_thread *thread;
    weft_event over;
    char url[URL_SIZE];
};

static void misbehave(struct bad_server *bad, weft_socket *socket)
{
    const struct deed *deed = bad->deed;
    char request[4096];
    size_t length = 0;

    if (deed->flow == SHUT ||
        weft_socket_recv(socket, request, deed->flow == RESET ? 1 : sizeof(request), &length,
                         SOON) != 0)
        return;
    if (weft_socket_send(socket, deed->reply, deed->size, NULL, SOON) != 0)
        return;
    if (deed->flow == HOLD)
        weft_event_wait(&bad->over, SOON);
    while (deed->flow == DRIP && weft_socket_send(socket, "x", 1, NULL, SOON) == 0 &&
           weft_event_wait(&bad->over, weft_in(WEFT_MS(10))) != 0)
        ;
}

/* One client after another, until the listener is shut down. */
static int serve(weft_task *task)
{
    struct bad_server *bad = WEFT_ARG(task, struct bad_server *);
    weft_socket *socket = NULL;

    while (weft_socket_accept(bad->listener, &socket, NULL, SOON) == 0) {
        misbehave(bad, socket);
        weft_socket_close(socket);
    }
    return 0;
}

static void start(struct bad_server *bad, const struct deed *deed)
{
    weft_address address;
    char text[WEFT_ADDRESS_TEXT];

    *bad = (struct bad_server){.deed = deed};
    if (!CHECK_OK(weft_tcp_listen(&bad->listener, "127.0.0.1", 0, NULL)) ||
        !CHECK_OK(weft_socket_address(bad->listener, &address)))
        abort();
    snprintf(bad->url, sizeof(bad->url), "http://%s/",
             weft_address_text(&address, text, sizeof(text)));
    start_threads(&bad->thread, 1, serve, bad);
}

static void stop(struct bad_server *bad)
{
    weft_event_set(&bad->over);
    weft_socket_shutdown(bad->listener, WEFT_SHUTDOWN_BOTH);
    join_threads(&bad->thread, 1);
    weft_socket_close(bad->listener);
}

/* Of who closes before the request has come, the system tells the end or the reset. Wine tells
 * libcurl the end for any reset. */
static bool is_told(const struct deed *deed, int err)
{
    int end = deed->size > 0 ? WEFT_ETRUNCATED : WEFT_ECLOSED;
    bool any_end =
        deed->flow == SHUT || (deed->flow == RESET && strcmp(weft_caps()->system, "windows") == 0);

    return err == deed->code || (any_end && err == end);
}

static void expect_end(const struct deed *deed, weft_future *future, const char *url)
{
    weft_http_response response = {0};
    int err = weft_http_result(future, &response, SOON);
    unsigned failures = CU_get_number_of_failures();

    if (deed->status != 0 && CHECK_OK(err))
        CU_ASSERT_EQUAL(response.status, deed->status);
    CU_ASSERT_TRUE(is_told(deed, err));
    if (err != 0) {
        CHECK_SENTENCE(url);
        CHECK_SENTENCE(deed->sentence ? deed->sentence : url);
    }
    if (CU_get_number_of_failures() != failures)
        printf("    it was '%s': %s\n", deed->name, weft_last_error());
}

/* All at once: none of them may disturb another. */
static void each_bad_server_is_told_apart(void)
{
    enum { DEEDS = sizeof(deeds) / sizeof(deeds[0]) };
    static struct bad_server servers[DEEDS];
    weft_future *futures[DEEDS];
    weft_completion *done = NULL;
    weft_time until, late = 0;
    size_t i = 0;

    memset(huge_header + strlen(huge_header), 'a', HUGE_SIZE - strlen(huge_header));
    for (i = 0; i < DEEDS; i++)
        start(&servers[i], &deeds[i]);
    until = weft_in(WEFT_S(2)); /* time enough for what shall arrive before */
    for (i = 0; i < DEEDS; i++)
        CHECK_OK(weft_http_get_async(&futures[i], servers[i].url, NULL,
                                     deeds[i].code == WEFT_ETIMEDOUT ? until : SOON));
    CHECK_OK(weft_as_completed(&done, futures, DEEDS));
    while (weft_completion_next(done, &i, SOON) == 0) {
        if (deeds[i].code == WEFT_ETIMEDOUT) {
            CU_ASSERT_TRUE(weft_clock() >= until);
            late = weft_clock() - until;
        }
        expect_end(&deeds[i], futures[i], servers[i].url);
        weft_future_release(futures[i]);
    }
    printf("%.1f ms after the deadline ... ", (double)late / 1e6);
    weft_completion_close(done);
    for (i = 0; i < DEEDS; i++)
        stop(&servers[i]);
}

/* weft_http_get() tells the same. */
static void one_after_another_they_are_too(void)
{
    for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
        weft_http_response response = {0};
        struct bad_server bad;
        int err;

        start(&bad, &deeds[i]);
        err = weft_http_get(&response, bad.url, NULL,
                            deeds[i].code == WEFT_ETIMEDOUT ? weft_in(WEFT_MS(50)) : SOON);
        CU_ASSERT_TRUE(is_told(&deeds[i], err));
        CU_ASSERT_EQUAL(response.status, deeds[i].status);
        weft_http_response_close(&response);
        stop(&bad);
    }
}

const char *const suite_name = "http_faults";
CU_TestInfo suite_cases[] = {
    {"what_is_no_url_says_why", what_is_no_url_says_why},
    {"each_bad_server_is_told_apart", each_bad_server_is_told_apart},
    {"one_after_another_they_are_too", one_after_another_they_are_too},
    CU_TEST_INFO_NULL,
};
