/* SPDX-License-Identifier: MIT */
/* What a server's loop must not forget, which is told of what has arrived once. */
#include "server_styles.h"

#include "fail.h"
#include "system.h"
#include "weft/event.h"

static weft_event entered, let_go;

/* All that others do meanwhile is there when the loop goes on. */
static int wait_at_w(weft_request *request)
{
    if (*(const char *)weft_request_data(request) == 'w') {
        weft_event_set(&entered);
        (void)weft_event_wait(&let_go, SOON);
    }
    return echo(request);
}

static void go_on(void)
{
    weft_event_set(&let_go);
}

static void what_follows_an_urgent_byte_is_served(void)
{
    weft_server *server;
    weft_socket *socket;
    weft_address address;

    if (no_urgent) {
        skip(no_urgent);
        return;
    }
    weft_event_clear(&entered);
    weft_event_clear(&let_go);
    server = start_server(wait_at_w, &(weft_server_options){.style = WEFT_SERVER_LOOP});
    weft_server_address(server, &address);
    socket = connect_to(server);
    say(socket, "w");
    CHECK_OK(weft_event_wait(&entered, SOON));
    CU_ASSERT_TRUE(are_urgent_bytes_passed_over(address.port, go_on));
    hears(socket, "w");
    weft_socket_close(socket);
    end_server(server);
}

/* ---- who waits to be accepted ---- */

static bool has_paused(void *server)
{
    return stats_of(server).pauses > 0;
}

/* There is room again, and the poller cannot be asked for who comes. */
static void a_poller_without_memory_is_asked_again(void)
{
    weft_server *server =
        start_server(echo, &(weft_server_options){.style = WEFT_SERVER_LOOP, .connections = 1});
    weft_socket *first = connect_to(server), *second;

    say(first, "1");
    hears(first, "1");
    second = connect_to(server);
    say(second, "2");
    refuse_passage("poller.modify", 1, WEFT_ENOMEM);
    weft_socket_close(first);
    CU_ASSERT_TRUE(eventually(has_paused, server));
    refuse_passage(NULL, 0, 0);
    hears(second, "2");
    weft_socket_close(second);
    end_server(server);
}

const char *const suite_name = "server_loop";
CU_TestInfo suite_cases[] = {
    {"what_follows_an_urgent_byte_is_served", what_follows_an_urgent_byte_is_served},
    {"a_poller_without_memory_is_asked_again", a_poller_without_memory_is_asked_again},
    CU_TEST_INFO_NULL,
};
