/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "http_end.h"
#include "weft/caps.h"
#include "weft/event.h"
#include "weft/http.h"
#include "weft/http_server.h"
#include "weft/socket.h"
#include "weft/thread.h"

enum { BIG_SIZE = 4 << 20, REPLY_SIZE = 16384, CONNECTIONS = 256 };

static char big_body[BIG_SIZE];

static weft_http_server *start(const weft_http_server_options *options)
{
    weft_http_server *server = NULL;

    if (!CHECK_OK(weft_http_server_start(&server, options)))
        abort(); /* without it no test below means anything */
    return server;
}

static int port_of(const weft_http_server *server)
{
    return atoi(strrchr(weft_http_server_url(server), ':') + 1);
}

/* ---- a client that says what it is told to ---- */

static weft_socket *connect_to(const weft_http_server *server)
{
    weft_socket *socket = NULL;

    CHECK_OK(weft_tcp_connect(&socket, "127.0.0.1", port_of(server), SOON));
    return socket;
}

/* Reads until the server has finished. */
static int read_reply(weft_socket *socket, char reply[REPLY_SIZE])
{
    size_t size = 0, length = 1;
    int err = 0;

    while (err == 0 && length > 0 && size < REPLY_SIZE - 1) {
        err = weft_socket_recv(socket, reply + size, REPLY_SIZE - 1 - size, &length, SOON);
        size += err == 0 ? length : 0;
    }
    reply[size] = '\0';
    return err;
}

static int ask(const weft_http_server *server, const char *request, size_t size,
               char reply[REPLY_SIZE])
{
    weft_socket *socket = connect_to(server);
    int err = socket ? weft_socket_send(socket, request, size, NULL, SOON) : WEFT_EREFUSED;

    if (err == 0)
        err = read_reply(socket, reply);
    weft_socket_close(socket);
    return err;
}

/* The reply begins so. */
static void expect_reply(const weft_http_server *server, const char *request, const char *expected)
{
    char reply[REPLY_SIZE] = "";

    CHECK_OK(ask(server, request, strlen(request), reply));
    if (strncmp(reply, expected, strlen(expected)) != 0)
        printf("\n    '%s' got '%.80s'\n", request, reply);
    CU_ASSERT_EQUAL(strncmp(reply, expected, strlen(expected)), 0);
}

static void expect_alive(const weft_http_server *server)
{
    weft_http_response response = {0};

    CHECK_OK(weft_http_get(&response, weft_http_server_url(server), NULL, SOON));
    CU_ASSERT_EQUAL(response.status, 200);
    weft_http_response_close(&response);
}

/* ---- what it answers ---- */

static void without_a_handler_there_is_one_page(void)
{
    weft_http_server *server = start(NULL);
    char reply[REPLY_SIZE] = "", *body;
    const char *request = "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", *length;

    CHECK_OK(ask(server, request, strlen(request), reply));
    body = strstr(reply, "\r\n\r\n");
    length = strstr(reply, "\r\nContent-Length: ");
    CU_ASSERT_EQUAL(strncmp(reply, "HTTP/1.1 200 OK\r\n", 17), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(reply, "\r\nConnection: close\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(reply, "\r\nContent-Type: text/html; charset=utf-8\r\n"));
    CU_ASSERT_TRUE(body && length && strlen(body + 4) == (size_t)atoi(length + 18));
    CU_ASSERT_TRUE(body && strstr(body, "<html>") != NULL);
    expect_reply(server, "GET /?a=b HTTP/1.0\n\n", "HTTP/1.1 200 OK\r\n");
    expect_reply(server, "GET /other HTTP/1.0\r\n\r\n", "HTTP/1.1 404 Not Found\r\n");
    CU_ASSERT_EQUAL(weft_http_server_requests(server), 3);
    weft_http_server_close(server);
}

static void what_is_no_get_is_refused(void)
{
    /* clang-format off */
    static const char *const bad[] = {
        "\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1\r\n\r\n", "GET  HTTP/1.1\r\n\r\n",
        "GET x HTTP/1.1\r\n\r\n", "GET http://x/ HTTP/1.1\r\n\r\n", "GET / x HTTP/1.1\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\n\r\n", "G(T / HTTP/1.1\r\n\r\n", "GET / HTTP/x.1\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\n folded: a\r\n\r\n",
        "GET / HTTP/1.1\r\na: \x01\r\n\r\n", "\x16\x03\x01",
    };
    /* clang-format on */
    weft_http_server *server = start(NULL);
    char reply[REPLY_SIZE] = "";

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_reply(server, bad[i], "HTTP/1.1 400 Bad Request\r\n");
    CHECK_OK(ask(server, "GET /\0 HTTP/1.1\r\n\r\n", 19, reply));
    CU_ASSERT_EQUAL(strncmp(reply, "HTTP/1.1 400 ", 13), 0);
    expect_reply(server, "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
                 "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\n");
    expect_reply(server, "HEAD / HTTP/1.1\r\n\r\n", "HTTP/1.1 405 ");
    expect_reply(server, "GET / HTTP/2.0\r\n\r\n", "HTTP/1.1 505 ");
    expect_alive(server);
    weft_http_server_close(server);
}

/* Answers with the path that it was asked for, or as the path says. */
static void echo(const char *path, weft_http_reply *reply, void *context)
{
    char *body = context;

    if (strcmp(path, "/big") == 0) {
        *reply = (weft_http_reply){.body = big_body, .size = BIG_SIZE, .content_type = "a/b"};
    } else if (strcmp(path, "/bad-location") == 0) {
        *reply = (weft_http_reply){.status = 302, .location = "/a\r\nSet-Cookie: b"};
    } else if (strcmp(path, "/bad-status") == 0) {
        reply->status = 99;
    } else if (strcmp(path, "/nothing") == 0) {
        *reply = (weft_http_reply){.status = 204, .body = "x", .size = 1};
    } else if (strncmp(path, "/to?", 4) == 0) {
        *reply = (weft_http_reply){.status = 302, .location = path + 4};
    } else {
        snprintf(body, 64, "%s", path);
        reply->body = body;
        reply->size = strlen(body);
    }
}

static void a_handler_answers(void)
{
    char path[64], reply[REPLY_SIZE] = "";
    weft_http_server *server = start(&(weft_http_server_options){.handler = echo, .context = path});
    const char *nothing = "GET /nothing HTTP/1.0\r\n\r\n";

    expect_reply(server, "GET /a/b?c=%20 HTTP/1.0\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\n");
    expect_reply(server, "GET /to?/x HTTP/1.0\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: /x\r\n");
    expect_reply(server, "GET /bad-location HTTP/1.0\r\n\r\n", "HTTP/1.1 500 ");
    expect_reply(server, "GET /bad-status HTTP/1.0\r\n\r\n", "HTTP/1.1 500 ");
    CHECK_OK(ask(server, nothing, strlen(nothing), reply));
    CU_ASSERT_PTR_NULL(strstr(reply, "Content-Length"));
    CU_ASSERT_STRING_EQUAL(strstr(reply, "\r\n\r\n"), "\r\n\r\n");
    weft_http_server_close(server);
    CU_ASSERT_STRING_EQUAL(path, "/a/b?c=%20"); /* its threads have ended */
}

static void a_big_answer_arrives_whole(void)
{
    char path[64], url[128];
    weft_http_server *server = start(&(weft_http_server_options){.handler = echo, .context = path});
    weft_http_response response = {0};

    for (size_t i = 0; i < BIG_SIZE; i++)
        big_body[i] = (char)(i * 7 + i / 256);
    snprintf(url, sizeof(url), "%sbig", weft_http_server_url(server));
    CHECK_OK(weft_http_get(&response, url, NULL, SOON));
    CU_ASSERT_EQUAL(response.size, BIG_SIZE);
    CU_ASSERT_TRUE(response.size == BIG_SIZE && memcmp(response.body, big_body, BIG_SIZE) == 0);
    weft_http_response_close(&response);
    weft_http_server_close(server);
}

/* ---- clients that behave badly ---- */

static void a_request_may_arrive_in_pieces(void)
{
    static const char request[] = "GET / HTTP/1.0\r\nHost: a\r\n\r\n";
    weft_http_server *server = start(NULL);
    weft_socket *socket = connect_to(server);
    char reply[REPLY_SIZE] = "";

    for (size_t i = 0; i < sizeof(request) - 1; i++)
        CHECK_OK(weft_socket_send(socket, &request[i], 1, NULL, SOON));
    if (weft_caps()->shutdown_write)
        CHECK_OK(weft_socket_shutdown(socket, WEFT_SHUTDOWN_WRITE));
    CHECK_OK(read_reply(socket, reply));
    CU_ASSERT_EQUAL(strncmp(reply, "HTTP/1.1 200 OK\r\n", 17), 0);
    weft_socket_close(socket);
    weft_http_server_close(server);
}

static void a_huge_head_is_refused_and_the_client_hears_it(void)
{
    size_t size = 1 << 20;
    weft_http_server *server = start(NULL);
    char *request = malloc(size), reply[REPLY_SIZE] = "";

    CU_ASSERT_PTR_NOT_NULL_FATAL(request);
    memset(request, 'a', size);
    memcpy(request, "GET / HTTP/1.1\r\na: ", 19);
    CHECK_OK(ask(server, request, size, reply));
    CU_ASSERT_EQUAL(strncmp(reply, "HTTP/1.1 431 ", 13), 0);
    expect_alive(server);
    free(request);
    weft_http_server_close(server);
}

static void clients_that_go_away_or_stay_silent_hurt_nobody(void)
{
    weft_http_server *server = start(NULL);
    weft_socket *silent = connect_to(server), *half = connect_to(server);

    CHECK_OK(weft_socket_send(half, "GET / HT", 8, NULL, SOON));
    for (int i = 0; i < 100; i++) {
        weft_socket *gone = connect_to(server);

        if (i % 2 == 0)
            CHECK_OK(weft_socket_send(gone, "GET / HTTP/1.1\r\n\r\n", 18, NULL, SOON));
        weft_socket_close(gone); /* without reading: a reset, if the answer was there */
    }
    expect_alive(server);
    weft_socket_close(silent);
    weft_socket_close(half);
    weft_http_server_close(server);
}

/* ---- start and end ---- */

static void close_ends_connections_that_are_open(void)
{
    weft_http_server *server = start(NULL);
    weft_socket *silent[CONNECTIONS + 2];
    char reply[REPLY_SIZE];

    for (size_t i = 0; i < CONNECTIONS + 2; i++)
        silent[i] = connect_to(server);
    weft_http_server_close(server);
    (void)read_reply(silent[0], reply); /* it ends, however it ends */
    CU_ASSERT_STRING_EQUAL(reply, "");
    for (size_t i = 0; i < CONNECTIONS + 2; i++)
        weft_socket_close(silent[i]);
    weft_http_server_close(NULL);
}

struct long_wait {
    weft_event begun, never;
    int err; /* what the wait returned; the handler's until close has returned */
};

static void hang(const char *path, weft_http_reply *reply, void *context)
{
    struct long_wait *w = context;

    (void)path;
    (void)reply;
    weft_event_set(&w->begun);
    w->err = weft_event_wait(&w->never, SOON);
}

static void close_ends_the_waits_of_handlers(void)
{
    struct long_wait w = {WEFT_EVENT_INIT, WEFT_EVENT_INIT, 0};
    weft_http_server *server = start(&(weft_http_server_options){.handler = hang, .context = &w});
    weft_socket *socket = connect_to(server);

    CHECK_OK(weft_socket_send(socket, "GET / HTTP/1.1\r\n\r\n", 18, NULL, SOON));
    CHECK_OK(weft_event_wait(&w.begun, SOON));
    weft_http_server_close(server);
    CU_ASSERT_EQUAL(w.err, WEFT_ECANCELED);
    weft_socket_close(socket);
}

static void a_port_in_use_is_refused(void)
{
    weft_http_server *server = start(NULL), *second = NULL;
    weft_http_server_options options = {.port = port_of(server)};

    CHECK_ERROR(weft_http_server_start(&second, &options), WEFT_EADDRINUSE);
    CU_ASSERT_PTR_NULL(second);
    weft_http_server_close(server);
    options.port = 70000;
    CHECK_ERROR(weft_http_server_start(&second, &options), WEFT_EINVAL);
}

static void its_url_leads_to_it(void)
{
    weft_http_server *server = start(&(weft_http_server_options){.host = ""});

    CU_ASSERT_EQUAL(strncmp(weft_http_server_url(server), "http://", 7), 0);
    expect_alive(server);
    weft_http_server_close(server);
}

static void the_end_of_the_program_does_not_wait_for_it(void)
{
    weft_http_server *server = start(NULL);

    expect_alive(server);
    CHECK_OK(weft_thread_join_all(SOON));
    weft_http_server_close(server);
}

/* ---- when the system refuses ---- */

static int start_and_close(void *context)
{
    weft_http_server *server = NULL;
    int err = weft_http_server_start(&server, NULL);

    (void)context;
    weft_http_server_close(server);
    return err;
}

static void a_start_that_is_refused_leaves_nothing(void)
{
    int err = WEFT_ENOMEM;
    uint32_t n = 0;

    CHECK_OK(weft__http_end(SOON)); /* of the client, which earlier cases have used */
    watch_memory();
    while (err == WEFT_ENOMEM) { /* ends when the n-th is not the start's own any more */
        refuse_allocation(++n);
        err = start_and_close(NULL);
        refuse_allocation(0);
    }
    CHECK_OK(err);
    CU_ASSERT_TRUE(n > 1);
    unwatch_memory();
    CU_ASSERT_EQUAL(refuse_each_passage("thread.start", WEFT_ELIMIT, start_and_close, NULL), 1);
}

static void a_connection_is_served_even_if_no_thread_starts(void)
{
    weft_http_server *server = start(NULL);

    refuse_passage("thread.start", 1, WEFT_ELIMIT);
    expect_reply(server, "GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n");
    refuse_passage(NULL, 0, 0);
    expect_reply(server, "GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n");
    CU_ASSERT_EQUAL(weft_http_server_requests(server), 2);
    weft_http_server_close(server);
}

static void accepting_goes_on_after_an_error(void)
{
    weft_http_server *server = NULL;

    refuse_passage("server.take", 1, WEFT_ELIMIT);
    server = start(NULL);
    expect_alive(server);
    refuse_passage(NULL, 0, 0);
    weft_http_server_close(server);
}

const char *const suite_name = "http_server";
CU_TestInfo suite_cases[] = {
    {"without_a_handler_there_is_one_page", without_a_handler_there_is_one_page},
    {"what_is_no_get_is_refused", what_is_no_get_is_refused},
    {"a_handler_answers", a_handler_answers},
    {"a_big_answer_arrives_whole", a_big_answer_arrives_whole},
    {"a_request_may_arrive_in_pieces", a_request_may_arrive_in_pieces},
    {"a_huge_head_is_refused_and_the_client_hears_it",
     a_huge_head_is_refused_and_the_client_hears_it},
    {"clients_that_go_away_or_stay_silent_hurt_nobody",
     clients_that_go_away_or_stay_silent_hurt_nobody},
    {"close_ends_connections_that_are_open", close_ends_connections_that_are_open},
    {"close_ends_the_waits_of_handlers", close_ends_the_waits_of_handlers},
    {"a_port_in_use_is_refused", a_port_in_use_is_refused},
    {"its_url_leads_to_it", its_url_leads_to_it},
    {"the_end_of_the_program_does_not_wait_for_it", the_end_of_the_program_does_not_wait_for_it},
    {"a_start_that_is_refused_leaves_nothing", a_start_that_is_refused_leaves_nothing},
    {"a_connection_is_served_even_if_no_thread_starts",
     a_connection_is_served_even_if_no_thread_starts},
    {"accepting_goes_on_after_an_error", accepting_goes_on_after_an_error},
    CU_TEST_INFO_NULL,
};
