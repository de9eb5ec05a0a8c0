/* SPDX-License-Identifier: MIT */
/* Who does what in a server of a few threads, and who has to wait for whom. */
#include "server_styles.h"

#include "halt.h"
#include "weft/cancel.h"
#include "weft/event.h"
#include "weft/fault.h"

static weft_event entered, let_go;

/* Deaf to the server's end. */
static int stay(weft_request *request)
{
    const weft_cancel *before = weft_cancel_enter(NULL);

    (void)request;
    weft_event_set(&entered);
    (void)weft_event_wait(&let_go, WEFT_FOREVER);
    weft_cancel_enter(before);
    return 0;
}

static weft_server *start_pool(weft_handler *handler, weft_server_options options)
{
    options.style = WEFT_SERVER_POOL;
    options.workers = 2;
    weft_event_clear(&entered);
    weft_event_clear(&let_go);
    return start_server(handler, &options);
}

static bool has_accepted_two(void *server)
{
    return stats_of(server).accepted == 2;
}

/* Nothing had happened for so long that nobody watched. */
static void others_are_served_while_on_close_waits(void)
{
    weft_server *server =
        start_pool(echo, (weft_server_options){.idle_time = WEFT_MS(100), .on_close = stay});
    weft_socket *silent = connect_to(server), *other;

    CHECK_OK(weft_event_wait(&entered, SOON));
    other = connect_to(server);
    CU_ASSERT_TRUE(eventually(has_accepted_two, server));
    weft_event_set(&let_go);
    weft_socket_close(silent);
    weft_socket_close(other);
    end_server(server);
}

/* The watcher looks every 2 ms, and takes no time in between. */
static void a_handler_that_outlives_the_stop_costs_nothing(void)
{
    weft_server *server = start_pool(stay, (weft_server_options){0});
    weft_socket *socket = connect_to(server);
    uint32_t looks;
    weft_time began;

    say(socket, "x");
    CHECK_OK(weft_event_wait(&entered, SOON));
    CHECK_ERROR(weft_server_stop(server, WEFT_NOW), WEFT_ETIMEDOUT);
    began = weft_clock();
    meet_at("server.watch", 1);
    CHECK_OK(weft_sleep(WEFT_MS(50)));
    looks = met();
    meet_at(NULL, 0);
    CU_ASSERT_TRUE(looks <= (uint32_t)((weft_clock() - began) / WEFT_MS(2)) + 2);
    weft_event_set(&let_go);
    weft_server_close(server);
    weft_socket_close(socket);
}

const char *const suite_name = "server_pool";
CU_TestInfo suite_cases[] = {
    {"others_are_served_while_on_close_waits", others_are_served_while_on_close_waits},
    {"a_handler_that_outlives_the_stop_costs_nothing",
     a_handler_that_outlives_the_stop_costs_nothing},
    CU_TEST_INFO_NULL,
};
