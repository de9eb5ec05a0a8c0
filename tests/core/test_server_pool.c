/* SPDX-License-Identifier: MIT */
/* Who does what in a server of a few threads, and who has to wait for whom. */
#include "server_styles.h"

#include "halt.h"
#include "weft/cancel.h"
#include "weft/event.h"
#include "weft/fault.h"
#include "weft/thread.h"

enum { MANY = 150 };

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
    if (options.workers == 0)
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

static int wait_at_w(weft_request *request)
{
    return *(const char *)weft_request_data(request) == 'w' ? stay(request) : echo(request);
}

static int stop_server(weft_task *task)
{
    return weft_server_stop(WEFT_ARG(task, weft_server *), SOON);
}

/* Also if its connection was in a thread's hands when the server was stopped. */
static void what_had_arrived_is_answered_at_the_end(void)
{
    weft_server *server = start_pool(wait_at_w, (weft_server_options){0});
    weft_socket *socket = connect_to(server);
    weft_thread *stopper;

    say(socket, "wait");
    CHECK_OK(weft_event_wait(&entered, SOON));
    say(socket, "arrived");
    CHECK_OK(weft_thread_start(&stopper, stop_server, &server, sizeof(server)));
    CHECK_OK(weft_sleep(WEFT_MS(20))); /* or it is not stopped yet, and must answer anyway */
    weft_event_set(&let_go);
    hears(socket, "arrived");
    CU_ASSERT_TRUE(is_closed(socket));
    CHECK_OK(weft_thread_join_result(stopper, NULL, 0, SOON));
    CU_ASSERT_EQUAL(stats_of(server).cut, 0);
    weft_socket_close(socket);
    weft_server_close(server);
}

static weft_server *dying;
static unsigned closed;

/* First those two that are no lines are closed, then those that were late, and then one that
 * was not: meanwhile others get late. */
static int linger(weft_request *request)
{
    const weft_cancel *before = weft_cancel_enter(NULL);

    (void)request;
    if (closed++ == stats_of(dying).timed_out + 2)
        (void)weft_sleep(WEFT_MS(10));
    weft_cancel_enter(before);
    return 0;
}

static int stop_early(weft_task *task)
{
    (void)weft_server_stop(dying, WEFT_ARG(task, weft_time));
    return 0;
}

/* Lines that do not end, of which some are late when the server is cut. The later a connection
 * came, the sooner it is late, and closed. Whoever gets late when others are gone must not meet
 * them; if it does, which takes some luck, it is seen by who watches memory. */
static void connections_get_late_while_the_last_are_closed(void)
{
    weft_socket *idle, *sleeper, *sockets[MANY];
    weft_time cut_at;
    weft_thread *stopper;

    dying = start_pool(stay, (weft_server_options){.workers = 1,
                                                   .framing = WEFT_FRAMING_LINE,
                                                   .request_time = WEFT_S(1),
                                                   .on_close = linger});
    closed = 0;
    idle = connect_to(dying);
    sleeper = connect_to(dying);
    for (int i = 0; i < MANY; i++)
        sockets[i] = connect_to(dying);
    cut_at = weft_in(WEFT_MS(1050));
    for (int i = MANY - 1; i >= 0; i--) {
        say(sockets[i], "x");
        CHECK_OK(weft_sleep(WEFT_MS(1)));
    }
    say(sleeper, "s");
    CHECK_OK(weft_thread_start(&stopper, stop_early, &cut_at, sizeof(cut_at)));
    CU_ASSERT_TRUE(is_closed(idle)); /* all had their last turn */
    (void)weft_socket_send(sleeper, "\n", 1, NULL, SOON);
    CHECK_OK(weft_thread_join_result(stopper, NULL, 0, SOON));
    weft_event_set(&let_go);
    weft_server_close(dying);
    CU_ASSERT_EQUAL(closed, MANY + 2);
    for (int i = 0; i < MANY; i++)
        weft_socket_close(sockets[i]);
    weft_socket_close(sleeper);
    weft_socket_close(idle);
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
    {"what_had_arrived_is_answered_at_the_end", what_had_arrived_is_answered_at_the_end},
    {"connections_get_late_while_the_last_are_closed",
     connections_get_late_while_the_last_are_closed},
    {"a_handler_that_outlives_the_stop_costs_nothing",
     a_handler_that_outlives_the_stop_costs_nothing},
    CU_TEST_INFO_NULL,
};
