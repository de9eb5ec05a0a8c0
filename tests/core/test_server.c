/* SPDX-License-Identifier: MIT */
#include "server_styles.h"

#include <stdint.h>
#include <stdio.h>

#include "crew.h"
#include "weft/memory.h"

enum { CLIENTS = 20, ROUNDS = 50, BIG = 3 << 20 };

/* ---- the examples ---- */

static void echoes_what_arrives_in(enum weft_server_style style)
{
    weft_server *server = start_server(echo, &(weft_server_options){.style = style});
    weft_socket *socket = connect_to(server);

    say(socket, "hello");
    hears(socket, "hello");
    say(socket, "again");
    hears(socket, "again");
    weft_socket_close(socket);
    end_server(server);
}

static void echoes_what_arrives(void)
{
    for_each_style(echoes_what_arrives_in);
}

/* A conversation in lines: who are you, what you say, and bye. */
static int greet(weft_request *request)
{
    return weft_reply(request, "name?", 5);
}

static int chat(weft_request *request)
{
    const char *line = weft_request_data(request);
    size_t size = weft_request_size(request);
    void **name = weft_request_state(request);
    char answer[128];

    if (!*name) {
        *name = weft_alloc(size + 1);
        if (!*name)
            return WEFT_ENOMEM;
        memcpy(*name, line, size);
        return weft_reply(request, "welcome", 7);
    }
    if (size == 3 && memcmp(line, "bye", 3) == 0)
        weft_request_finish(request);
    snprintf(answer, sizeof(answer), "%s: %.*s", (const char *)*name, (int)size, line);
    return weft_reply(request, answer, strlen(answer));
}

static int forget_name(weft_request *request)
{
    weft_free(*weft_request_state(request));
    return 0;
}

static void chats_in(enum weft_server_style style)
{
    weft_server *server = start_server(chat, &(weft_server_options){.style = style,
                                                                    .framing = WEFT_FRAMING_LINE,
                                                                    .on_open = greet,
                                                                    .on_close = forget_name});
    weft_socket *ann = connect_to(server), *bob = connect_to(server);

    hears(ann, "name?\n");
    say(ann, "Ann\r\nhi\n\nhow");
    hears(ann, "welcome\nAnn: hi\nAnn: \n");
    hears(bob, "name?\n");
    say(bob, "Bob\nbye\nnobody hears this\n");
    hears(bob, "welcome\nBob: bye\n");
    CU_ASSERT_TRUE(is_closed(bob));
    say(ann, " are you?\n");
    hears(ann, "Ann: how are you?\n");
    weft_socket_close(ann);
    weft_socket_close(bob);
    end_server(server);
}

static void a_conversation_in_lines_keeps_its_state(void)
{
    for_each_style(chats_in);
}

/* ---- many ---- */

struct client {
    weft_server *server;
    weft_atomic_u32 next; /* the clients' numbers */
    weft_atomic_u32 wrong;
};

static int talk(weft_task *task)
{
    struct client *all = WEFT_ARG(task, struct client *);
    unsigned number = weft_fetch_add_u32(&all->next, 1, WEFT_RELAXED);
    weft_socket *socket = NULL;
    weft_address address;
    char sent[64], got[64];
    int err;

    weft_server_address(all->server, &address);
    err = weft_tcp_connect(&socket, "127.0.0.1", address.port, SOON);
    for (int i = 0; i < ROUNDS && err == 0; i++) {
        memset(sent, 0, sizeof(sent));
        snprintf(sent, sizeof(sent), "client %u round %d", number, i);
        err = weft_socket_send(socket, sent, sizeof(sent), NULL, SOON);
        if (err == 0)
            err = receive_all(socket, got, sizeof(got));
        if (err == 0 && memcmp(sent, got, sizeof(got)) != 0)
            err = WEFT_EFAILED;
    }
    weft_socket_close(socket);
    weft_fetch_add_u32(&all->wrong, err != 0, WEFT_RELAXED);
    return err;
}

static void serves_many_in(enum weft_server_style style)
{
    weft_server *server =
        start_server(echo, &(weft_server_options){.style = style, .workers = CLIENTS});
    struct client all = {.server = server};
    weft_thread *threads[CLIENTS];
    weft_server_stats stats;

    start_threads(threads, CLIENTS, talk, &all);
    join_threads(threads, CLIENTS);
    CU_ASSERT_EQUAL(weft_load_u32(&all.wrong, WEFT_RELAXED), 0);
    CU_ASSERT_TRUE(eventually(nobody_is_connected, server));
    stats = stats_of(server);
    CU_ASSERT_EQUAL(stats.accepted, CLIENTS);
    CU_ASSERT_EQUAL(stats.bytes_in, CLIENTS * ROUNDS * 64);
    CU_ASSERT_EQUAL(stats.bytes_out, CLIENTS * ROUNDS * 64);
    CU_ASSERT_TRUE(stats.requests >= CLIENTS * ROUNDS);
    CU_ASSERT_EQUAL(stats.failed + stats.timed_out + stats.refused + stats.lost + stats.cut, 0);
    end_server(server);
}

static void serves_many_clients_and_counts_exactly(void)
{
    for_each_style(serves_many_in);
}

/* ---- streams ---- */

static void survives_pieces_in(enum weft_server_style style)
{
    weft_server *server = start_server(
        echo, &(weft_server_options){.style = style, .framing = WEFT_FRAMING_LENGTH32});
    weft_socket *socket = connect_to(server);
    static const char message[] = {0, 0, 0, 3, 'a', 'b', 'c', 0, 0, 0, 0, 0, 0, 0, 1, 'd'};
    char got[sizeof(message)] = "";

    for (size_t i = 0; i < sizeof(message); i++)
        CHECK_OK(weft_socket_send(socket, message + i, 1, NULL, SOON));
    CHECK_OK(receive_all(socket, got, sizeof(got)));
    CU_ASSERT_EQUAL(memcmp(got, message, sizeof(got)), 0);
    CU_ASSERT_EQUAL(stats_of(server).requests, 3);
    weft_socket_close(socket);
    end_server(server);
}

static void a_request_may_come_in_pieces(void)
{
    for_each_style(survives_pieces_in);
}

static void answers_half_closed_in(enum weft_server_style style)
{
    weft_server *server =
        start_server(echo, &(weft_server_options){.style = style, .framing = WEFT_FRAMING_LINE});
    weft_socket *socket = connect_to(server);

    say(socket, "one\ntwo\nthr");
    CHECK_OK(weft_socket_shutdown(socket, WEFT_SHUTDOWN_WRITE));
    hears(socket, "one\ntwo\n");
    CU_ASSERT_TRUE(is_closed(socket));
    CU_ASSERT_TRUE(eventually(nobody_is_connected, server));
    CU_ASSERT_EQUAL(stats_of(server).refused, 1);
    weft_socket_close(socket);
    end_server(server);
}

static void a_half_closed_connection_is_answered_to_the_end(void)
{
    if (!weft_caps()->shutdown_write) {
        skip("the backend cannot close one half");
        return;
    }
    for_each_style(answers_half_closed_in);
}

static void echoes_much_in(enum weft_server_style style)
{
    weft_server *server = start_server(echo, &(weft_server_options){.style = style});
    weft_socket *socket = connect_to(server);
    char *data = weft_alloc(BIG), *got = weft_alloc(BIG);
    struct sender sender = {.socket = socket, .data = data, .size = BIG};
    weft_thread *thread;

    CU_ASSERT_FATAL(data && got);
    for (size_t i = 0; i < BIG; i++)
        data[i] = (char)(i * 7 + i / 256);
    start_threads(&thread, 1, send_all, &sender);
    CHECK_OK(receive_all(socket, got, BIG));
    join_threads(&thread, 1);
    CHECK_OK(sender.err);
    CU_ASSERT_EQUAL(memcmp(data, got, BIG), 0);
    weft_free(data);
    weft_free(got);
    weft_socket_close(socket);
    end_server(server);
}

static void a_large_stream_comes_back_whole(void)
{
    for_each_style(echoes_much_in);
}

/* The end mostly arrives together with what it ends. */
static void answers_what_ends_in(enum weft_server_style style)
{
    weft_server *server = start_server(echo, &(weft_server_options){.style = style});
    char sent[3000], got[sizeof(sent)];

    memset(sent, 'w', sizeof(sent));
    for (int i = 0; i < 100; i++) {
        weft_socket *socket = connect_to(server);

        CHECK_OK(weft_socket_send(socket, sent, sizeof(sent), NULL, SOON));
        CHECK_OK(weft_socket_shutdown(socket, WEFT_SHUTDOWN_WRITE));
        CHECK_OK(receive_all(socket, got, sizeof(got)));
        CU_ASSERT_TRUE(is_closed(socket));
        weft_socket_close(socket);
    }
    CU_ASSERT_TRUE(eventually(nobody_is_connected, server));
    end_server(server);
}

static void what_comes_with_the_end_is_answered(void)
{
    if (!weft_caps()->shutdown_write) {
        skip("the backend cannot close one half");
        return;
    }
    for_each_style(answers_what_ends_in);
}

static void lives_on_in(enum weft_server_style style)
{
    weft_server *server = start_server(echo, &(weft_server_options){.style = style});
    weft_socket *socket;

    for (int i = 0; i < 500; i++) {
        socket = connect_to(server);
        if (i % 4 == 0)
            say(socket, "not read: a reset");
        weft_socket_close(socket);
    }
    socket = connect_to(server);
    say(socket, "still there?");
    hears(socket, "still there?");
    weft_socket_close(socket);
    CU_ASSERT_TRUE(eventually(nobody_is_connected, server));
    CU_ASSERT_EQUAL(stats_of(server).lost, 0);
    end_server(server);
}

static void clients_that_connect_and_close_hurt_nobody(void)
{
    for_each_style(lives_on_in);
}

/* ---- errors ---- */

static int fail_at_x(weft_request *request)
{
    const char *line = weft_request_data(request);

    if (echo(request) != 0)
        return WEFT_EFAILED;
    return weft_request_size(request) > 0 && *line == 'x' ? WEFT_EFAILED : 0;
}

static void closes_after_failure_in(enum weft_server_style style)
{
    weft_server *server = start_server(
        fail_at_x, &(weft_server_options){.style = style, .framing = WEFT_FRAMING_LINE});
    weft_socket *good = connect_to(server), *bad = connect_to(server);

    say(bad, "a\nx\n");
    hears(bad, "a\nx\n");
    CU_ASSERT_TRUE(is_closed(bad));
    say(good, "b\n");
    hears(good, "b\n");
    CU_ASSERT_EQUAL(stats_of(server).failed, 1);
    CU_ASSERT_EQUAL(stats_of(server).requests, 3);
    weft_socket_close(good);
    weft_socket_close(bad);
    end_server(server);
}

static void a_handler_that_fails_loses_its_connection(void)
{
    for_each_style(closes_after_failure_in);
}

static int unwanted(weft_request *request)
{
    (void)request;
    return WEFT_EPERM;
}

static void turns_away_in(enum weft_server_style style)
{
    weft_server *server =
        start_server(echo, &(weft_server_options){.style = style, .on_open = unwanted});
    weft_socket *socket = connect_to(server);

    CU_ASSERT_TRUE(is_closed(socket));
    weft_socket_close(socket);
    end_server(server);
}

static void on_open_may_turn_a_client_away(void)
{
    for_each_style(turns_away_in);
}

const char *const suite_name = "server";
CU_TestInfo suite_cases[] = {
    {"echoes_what_arrives", echoes_what_arrives},
    {"a_conversation_in_lines_keeps_its_state", a_conversation_in_lines_keeps_its_state},
    {"serves_many_clients_and_counts_exactly", serves_many_clients_and_counts_exactly},
    {"a_request_may_come_in_pieces", a_request_may_come_in_pieces},
    {"a_half_closed_connection_is_answered_to_the_end",
     a_half_closed_connection_is_answered_to_the_end},
    {"a_large_stream_comes_back_whole", a_large_stream_comes_back_whole},
    {"what_comes_with_the_end_is_answered", what_comes_with_the_end_is_answered},
    {"clients_that_connect_and_close_hurt_nobody", clients_that_connect_and_close_hurt_nobody},
    {"a_handler_that_fails_loses_its_connection", a_handler_that_fails_loses_its_connection},
    {"on_open_may_turn_a_client_away", on_open_may_turn_a_client_away},
    CU_TEST_INFO_NULL,
};
