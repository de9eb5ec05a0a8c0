/* SPDX-License-Identifier: MIT */
/* What a server's loop must not forget, which is told of what has arrived once. */
#include "server_styles.h"

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

const char *const suite_name = "server_loop";
CU_TestInfo suite_cases[] = {
    {"what_follows_an_urgent_byte_is_served", what_follows_an_urgent_byte_is_served},
    CU_TEST_INFO_NULL,
};
