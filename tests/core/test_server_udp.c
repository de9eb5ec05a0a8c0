/* SPDX-License-Identifier: MIT */
/* Servers of datagrams. */
#include "server_styles.h"

#include <stdio.h>

#include "crew.h"
#include "fail.h"

enum { CLIENTS = 4, ROUNDS = 100 };

static const enum weft_server_style styles[] = {WEFT_SERVER_LOOP, WEFT_SERVER_THREADS,
                                                WEFT_SERVER_POOL};

static void ask(weft_socket *socket, const weft_address *to, const char *text, const char *expected)
{
    char buffer[256] = "";
    size_t length = 0;

    CHECK_OK(weft_socket_sendto(socket, text, strlen(text), to, SOON));
    CHECK_OK(weft_socket_recvfrom(socket, buffer, sizeof(buffer) - 1, &length, NULL, SOON));
    CU_ASSERT_EQUAL(length, strlen(expected));
    CU_ASSERT_STRING_EQUAL(buffer, expected);
}

static weft_socket *open_client(void)
{
    weft_socket *socket = NULL;

    if (!CHECK_OK(weft_udp_open(&socket, "127.0.0.1", 0, WEFT_FAMILY_NONE)))
        abort();
    return socket;
}

static void each_datagram_is_answered(void)
{
    for (size_t i = 0; i < 3; i++) {
        weft_server *server =
            start_server(echo, &(weft_server_options){.style = styles[i], .udp = true});
        weft_socket *socket = open_client();
        weft_server_stats stats;
        weft_address address;

        weft_server_address(server, &address);
        ask(socket, &address, "hello", "hello");
        ask(socket, &address, "", "");
        stats = stats_of(server);
        CU_ASSERT_EQUAL(stats.requests, 2);
        CU_ASSERT_EQUAL(stats.bytes_in, 5);
        CU_ASSERT_EQUAL(stats.accepted + stats.open + stats.failed, 0);
        weft_socket_close(socket);
        end_server(server);
    }
}

static int tell_port(weft_request *request)
{
    char text[32];
    weft_address peer;

    weft_request_peer(request, &peer);
    snprintf(text, sizeof(text), "%d", (int)peer.port);
    return weft_reply(request, text, strlen(text));
}

static void a_handler_knows_the_sender(void)
{
    weft_server *server =
        start_server(tell_port, &(weft_server_options){.style = WEFT_SERVER_LOOP, .udp = true});
    weft_socket *socket = open_client();
    weft_address address, own;
    char expected[32];

    weft_server_address(server, &address);
    CHECK_OK(weft_socket_address(socket, &own));
    snprintf(expected, sizeof(expected), "%d", (int)own.port);
    ask(socket, &address, "?", expected);
    weft_socket_close(socket);
    end_server(server);
}

static void a_datagram_over_the_limit_is_not_served(void)
{
    weft_server *server =
        start_server(echo, &(weft_server_options){.udp = true, .request_limit = 4, .workers = 1});
    weft_socket *socket = open_client();
    weft_address address;

    weft_server_address(server, &address);
    CHECK_OK(weft_socket_sendto(socket, "large", 5, &address, SOON));
    ask(socket, &address, "fits", "fits");
    CU_ASSERT_EQUAL(stats_of(server).refused, 1);
    CU_ASSERT_EQUAL(stats_of(server).requests, 1);
    weft_socket_close(socket);
    end_server(server);
}

struct talk {
    weft_address to;
    weft_atomic_u32 wrong;
};

static int talk(weft_task *task)
{
    struct talk *all = WEFT_ARG(task, struct talk *);
    weft_socket *socket = NULL;
    int err = weft_udp_open(&socket, "127.0.0.1", 0, WEFT_FAMILY_NONE);

    for (int i = 0; i < ROUNDS && err == 0; i++) {
        int got = -1;
        size_t length = 0;

        err = weft_socket_sendto(socket, &i, sizeof(i), &all->to, SOON);
        if (err == 0)
            err = weft_socket_recvfrom(socket, &got, sizeof(got), &length, NULL, SOON);
        if (err == 0 && got != i)
            err = WEFT_EFAILED;
    }
    weft_socket_close(socket);
    weft_fetch_add_u32(&all->wrong, err != 0, WEFT_RELAXED);
    return err;
}

static void many_clients_are_answered(void)
{
    for (size_t i = 0; i < 3; i++) {
        weft_server *server =
            start_server(echo, &(weft_server_options){.style = styles[i], .udp = true});
        weft_thread *threads[CLIENTS];
        struct talk all = {0};

        weft_server_address(server, &all.to);
        start_threads(threads, CLIENTS, talk, &all);
        join_threads(threads, CLIENTS);
        CU_ASSERT_EQUAL(weft_load_u32(&all.wrong, WEFT_RELAXED), 0);
        CU_ASSERT_EQUAL(stats_of(server).requests, CLIENTS * ROUNDS);
        end_server(server);
    }
}

static int start_and_close(void *context)
{
    weft_server *server = NULL;
    int err = weft_server_start(&server, echo, &(weft_server_options){.udp = true, .workers = 3});

    (void)context;
    if (err == 0)
        weft_server_close(server);
    return err;
}

static void a_start_that_is_refused_leaves_nothing(void)
{
    CU_ASSERT_EQUAL(refuse_each_passage("thread.start", WEFT_ELIMIT, start_and_close, NULL), 3);
}

const char *const suite_name = "server_udp";
CU_TestInfo suite_cases[] = {
    {"each_datagram_is_answered", each_datagram_is_answered},
    {"a_handler_knows_the_sender", a_handler_knows_the_sender},
    {"a_datagram_over_the_limit_is_not_served", a_datagram_over_the_limit_is_not_served},
    {"many_clients_are_answered", many_clients_are_answered},
    {"a_start_that_is_refused_leaves_nothing", a_start_that_is_refused_leaves_nothing},
    CU_TEST_INFO_NULL,
};
