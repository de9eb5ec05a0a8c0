/* SPDX-License-Identifier: MIT */
/* Servers whose handlers run in processes, where they may crash. */
#include "server_styles.h"

#include <stdint.h>
#include <stdio.h>

#include "crew.h"
#include "weft/process.h"

/* What the line says: die, who are you, or nothing in particular. */
static int obey(weft_request *request)
{
    const char *line = weft_request_data(request);
    size_t size = weft_request_size(request);
    char answer[64];

    if (size == 3 && memcmp(line, "die", 3) == 0)
        abort();
    if (size == 3 && memcmp(line, "pid", 3) == 0) {
        snprintf(answer, sizeof(answer), "%llu", (unsigned long long)weft_process_current_pid());
        return weft_reply(request, answer, strlen(answer));
    }
    return echo(request);
}

static bool skips(void)
{
    if (strcmp(weft_caps()->backend, "sdl2") != 0)
        return false;
    skip("the backend cannot hand a socket to a process");
    return true;
}

static weft_server *start(unsigned workers)
{
    return start_server(obey, &(weft_server_options){.style = WEFT_SERVER_PROCESSES,
                                                     .framing = WEFT_FRAMING_LINE,
                                                     .workers = workers});
}

static void the_handler_runs_in_another_process(void)
{
    char own[32], line[64] = "";
    weft_server *server;
    weft_socket *socket;
    size_t length = 0;

    if (skips())
        return;
    server = start(1);
    socket = connect_to(server);
    snprintf(own, sizeof(own), "%llu\n", (unsigned long long)weft_process_current_pid());
    say(socket, "pid\n");
    CHECK_OK(weft_socket_recv(socket, line, sizeof(line) - 1, &length, SOON));
    CU_ASSERT_TRUE(length > 1);
    CU_ASSERT_STRING_NOT_EQUAL(line, own);
    weft_socket_close(socket);
    end_server(server);
}

static void a_crash_loses_its_connection_and_nothing_else(void)
{
    weft_server *server;
    weft_socket *good, *bad;
    weft_server_stats stats;

    if (skips())
        return;
    server = start(2);
    good = connect_to(server);
    bad = connect_to(server);
    say(good, "a\n");
    hears(good, "a\n");
    say(bad, "b\n");
    hears(bad, "b\n");
    say(bad, "die\n");
    CU_ASSERT_TRUE(is_closed(bad));
    say(good, "c\n");
    hears(good, "c\n");
    weft_socket_close(bad);
    bad = connect_to(server); /* another process has taken its place */
    say(bad, "d\n");
    hears(bad, "d\n");
    stats = stats_of(server);
    CU_ASSERT_EQUAL(stats.lost, 1);
    CU_ASSERT_EQUAL(stats.accepted, 3);
    CU_ASSERT_EQUAL(stats.requests, 5);
    CU_ASSERT_EQUAL(stats.open, 2);
    weft_socket_close(good);
    weft_socket_close(bad);
    end_server(server);
}

static void crashes_in_a_row_end_no_server(void)
{
    weft_server *server;
    weft_socket *socket;

    if (skips())
        return;
    server = start(1);
    for (int i = 0; i < 4; i++) {
        socket = connect_to(server);
        say(socket, "die\n");
        CU_ASSERT_TRUE(is_closed(socket));
        weft_socket_close(socket);
    }
    socket = connect_to(server);
    say(socket, "and yet\n");
    hears(socket, "and yet\n");
    CU_ASSERT_EQUAL(stats_of(server).lost, 4);
    weft_socket_close(socket);
    end_server(server);
}

static void where_sockets_stay_at_home_it_is_said(void)
{
    weft_server *server = NULL;

    if (strcmp(weft_caps()->backend, "sdl2") != 0) {
        skip("sockets can be handed over here");
        return;
    }
    CHECK_ERROR(
        weft_server_start(&server, obey, &(weft_server_options){.style = WEFT_SERVER_PROCESSES}),
        WEFT_ENOTSUP);
    CU_ASSERT_PTR_NULL(server);
}

const char *const suite_name = "server_processes";
CU_TestInfo suite_cases[] = {
    {"the_handler_runs_in_another_process", the_handler_runs_in_another_process},
    {"a_crash_loses_its_connection_and_nothing_else",
     a_crash_loses_its_connection_and_nothing_else},
    {"crashes_in_a_row_end_no_server", crashes_in_a_row_end_no_server},
    {"where_sockets_stay_at_home_it_is_said", where_sockets_stay_at_home_it_is_said},
    CU_TEST_INFO_NULL,
};
