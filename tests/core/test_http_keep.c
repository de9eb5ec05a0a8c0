/* SPDX-License-Identifier: MIT */
/* How many connections the HTTP server has, and which stay open for another request. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "weft/http.h"
#include "weft/http_server.h"
#include "weft/socket.h"

enum { REPLY_SIZE = 65536, KEPT_REQUESTS = 100, CONNECTIONS = 256, KEPT_CONNECTIONS = 192 };

static weft_http_server *start(void)
{
    weft_http_server *server = NULL;

    if (!CHECK_OK(weft_http_server_start(&server, NULL)))
        abort(); /* without it no test below means anything */
    return server;
}

static weft_socket *connect_to(const weft_http_server *server)
{
    int port = atoi(strrchr(weft_http_server_url(server), ':') + 1);
    weft_socket *socket = NULL;

    if (!CHECK_OK(weft_tcp_connect(&socket, "127.0.0.1", port, SOON)))
        abort();
    return socket;
}

/* What one connection gets for these bytes, until the server ends it. */
static void ask(const weft_http_server *server, const char *request, char reply[REPLY_SIZE])
{
    size_t size = 0, length = 1;
    weft_socket *socket = connect_to(server);

    CHECK_OK(weft_socket_send(socket, request, strlen(request), NULL, SOON));
    while (length > 0 && size < REPLY_SIZE - 1) {
        if (!CHECK_OK(weft_socket_recv(socket, reply + size, REPLY_SIZE - 1 - size, &length, SOON)))
            break;
        size += length;
    }
    reply[size] = '\0';
    weft_socket_close(socket);
}

static size_t count(const char *text, const char *part)
{
    size_t found = 0;

    while ((text = strstr(text, part))) {
        found++;
        text += strlen(part);
    }
    return found;
}

/* So many answers, the last of which says that it is. */
static void expect_answers(const char *request, size_t answers)
{
    static char reply[REPLY_SIZE];
    weft_http_server *server = start();

    ask(server, request, reply);
    if (count(reply, "HTTP/1.1 ") != answers)
        printf("\n    '%s' got '%.80s'\n", request, reply);
    CU_ASSERT_EQUAL(count(reply, "HTTP/1.1 "), answers);
    CU_ASSERT_EQUAL(count(reply, "\r\nConnection: keep-alive\r\n"), answers - 1);
    CU_ASSERT_EQUAL(count(reply, "\r\nConnection: close\r\n"), 1);
    CU_ASSERT_EQUAL(weft_http_server_requests(server), answers);
    CU_ASSERT_EQUAL(weft_http_server_connections(server), 1);
    weft_http_server_close(server);
}

#define NEXT "GET /next HTTP/1.1\r\nConnection: x, Close\r\n\r\n"

static void one_connection_serves_several_requests(void)
{
    expect_answers("GET / HTTP/1.1\r\n\r\n" NEXT, 2);
    expect_answers("GET / HTTP/1.1\n\nGET / HTTP/1.1\r\nA: b\r\n\r\n" NEXT, 3);
    expect_answers("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" NEXT, 2);
    expect_answers("GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n" NEXT, 2);
}

static void the_client_may_want_only_one(void)
{
    expect_answers("GET / HTTP/1.0\r\n\r\n" NEXT, 1);
    expect_answers("GET / HTTP/1.1\r\nconnection:close\r\n\r\n" NEXT, 1);
    expect_answers("GET / HTTP/1.1\r\nConnection: keep-alive, close\r\n\r\n" NEXT, 1);
    expect_answers("GET / HTTP/1.0\r\nConnection: not-keep-alive\r\n\r\n" NEXT, 1);
}

/* Where the next request begins nobody can say then: what follows may be somebody's body. */
static void after_what_is_not_understood_it_ends(void)
{
    expect_answers("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody" NEXT, 1);
    expect_answers("GET / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody" NEXT, 1);
    expect_answers("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT, 1);
    expect_answers("GET / HTTP/1.1\r\nno colon\r\n\r\n" NEXT, 1);
}

static void after_so_many_requests_it_ends(void)
{
    static char requests[sizeof("GET /  HTTP/1.1\r\n\r\n") * (KEPT_REQUESTS + 1)];
    size_t size = 0;

    for (int i = 0; i <= KEPT_REQUESTS; i++)
        size +=
            (size_t)snprintf(requests + size, sizeof(requests) - size, "GET / HTTP/1.1\r\n\r\n");
    expect_answers(requests, KEPT_REQUESTS);
}

static void the_client_keeps_its_connection(void)
{
    weft_http_server *server = start();

    for (int i = 0; i < 20; i++) {
        weft_http_response response = {0};

        CHECK_OK(weft_http_get(&response, weft_http_server_url(server), NULL, SOON));
        weft_http_response_close(&response);
    }
    CU_ASSERT_EQUAL(weft_http_server_requests(server), 20);
    CU_ASSERT_EQUAL(weft_http_server_connections(server), 1);
    weft_http_server_close(server);
}

/* ---- how many there are ---- */

static int fetch(weft_task *task)
{
    weft_http_server *server = WEFT_ARG(task, weft_http_server *);
    weft_http_response response = {0};
    int err = weft_http_get(&response, weft_http_server_url(server), NULL, SOON);

    weft_http_response_close(&response);
    return err;
}

static void connections_beyond_the_limit_wait(void)
{
    weft_http_server *server = start();
    weft_socket *silent[CONNECTIONS];
    weft_thread *thread;

    for (size_t i = 0; i < CONNECTIONS; i++)
        silent[i] = connect_to(server);
    start_threads(&thread, 1, fetch, server);
    CU_ASSERT_EQUAL(weft_http_server_requests(server), 0);
    weft_socket_close(silent[0]);
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(weft_http_server_requests(server), 1);
    for (size_t i = 1; i < CONNECTIONS; i++)
        weft_socket_close(silent[i]);
    weft_http_server_close(server);
}

/* One that says nothing, and that the server has. */
static weft_socket *connect_silently(weft_http_server *server)
{
    size_t before = weft_http_server_connections(server);
    weft_socket *socket = connect_to(server);

    while (weft_http_server_connections(server) == before)
        weft_sleep(WEFT_MS(1));
    return socket;
}

static void they_are_kept_while_there_is_room_for_others(void)
{
    static char reply[REPLY_SIZE];
    weft_http_server *server = start();
    weft_socket *silent[KEPT_CONNECTIONS];

    for (size_t i = 0; i < KEPT_CONNECTIONS - 1; i++)
        silent[i] = connect_silently(server);
    ask(server, "GET / HTTP/1.1\r\n\r\n" NEXT, reply);
    CU_ASSERT_EQUAL(count(reply, "HTTP/1.1 "), 2);
    silent[KEPT_CONNECTIONS - 1] = connect_silently(server);
    ask(server, "GET / HTTP/1.1\r\n\r\n" NEXT, reply);
    CU_ASSERT_EQUAL(count(reply, "HTTP/1.1 "), 1);
    for (size_t i = 0; i < KEPT_CONNECTIONS; i++)
        weft_socket_close(silent[i]);
    weft_http_server_close(server);
}

const char *const suite_name = "http_keep";
CU_TestInfo suite_cases[] = {
    {"one_connection_serves_several_requests", one_connection_serves_several_requests},
    {"the_client_may_want_only_one", the_client_may_want_only_one},
    {"after_what_is_not_understood_it_ends", after_what_is_not_understood_it_ends},
    {"after_so_many_requests_it_ends", after_so_many_requests_it_ends},
    {"the_client_keeps_its_connection", the_client_keeps_its_connection},
    {"connections_beyond_the_limit_wait", connections_beyond_the_limit_wait},
    {"they_are_kept_while_there_is_room_for_others", they_are_kept_while_there_is_room_for_others},
    CU_TEST_INFO_NULL,
};
