/* SPDX-License-Identifier: MIT */
/* How servers stop, and how a start that is refused ends. */
#include "server_styles.h"

#include "crew.h"
#include "fail.h"
#include "weft/event.h"
#include "weft/thread.h"

/* ---- stop ---- */

static void stops_gracefully_in(enum weft_server_style style)
{
    const weft_server_options options = {.style = style, .framing = WEFT_FRAMING_LINE};
    weft_server *server = start_server(echo, &options);
    weft_socket *idle = connect_to(server), *busy = connect_to(server);

    say(idle, "1\n");
    hears(idle, "1\n");
    say(busy, "2\n");
    hears(busy, "2\n");
    CHECK_OK(weft_server_stop(server, SOON));
    CU_ASSERT_TRUE(is_closed(idle));
    CU_ASSERT_TRUE(is_closed(busy));
    CU_ASSERT_EQUAL(stats_of(server).open, 0);
    CU_ASSERT_EQUAL(stats_of(server).cut, 0);
    CU_ASSERT_EQUAL(stats_of(server).requests, 2);
    CHECK_OK(weft_server_stop(server, WEFT_NOW));
    weft_socket_close(idle);
    weft_socket_close(busy);
    weft_server_close(server);
}

static void stop_closes_connections_between_requests(void)
{
    for_each_style(stops_gracefully_in);
}

static bool has_a_request(void *server)
{
    return stats_of(server).requests > 0;
}

/* Waits until it is told to stop, or a minute. */
static int wait_long(weft_request *request)
{
    int err = weft_sleep(WEFT_S(60));

    return err != 0 ? err : echo(request);
}

static void cuts_in(enum weft_server_style style)
{
    const weft_server_options options = {.style = style};
    weft_server *server = start_server(wait_long, &options);
    weft_socket *socket = connect_to(server);
    weft_time began = weft_clock();

    say(socket, "x");
    CU_ASSERT_TRUE(eventually(has_a_request, server));
    CHECK_ERROR(weft_server_stop(server, weft_in(WEFT_MS(100))), WEFT_ETIMEDOUT);
    CHECK_SENTENCE("1 connections were cut");
    CU_ASSERT_TRUE(weft_clock() - began >= WEFT_MS(100));
    CU_ASSERT_TRUE(is_closed(socket));
    CU_ASSERT_EQUAL(stats_of(server).cut, 1);
    CU_ASSERT_EQUAL(stats_of(server).lost, 0);
    weft_server_close(server); /* the handler's wait has ended */
    CU_ASSERT_TRUE(weft_clock() - began < WEFT_S(60));
    weft_socket_close(socket);
}

static void a_request_that_takes_too_long_is_cut(void)
{
    for_each_style(cuts_in);
}

static weft_event entered, let_go;

static int wait_for_event(weft_request *request)
{
    weft_event_set(&entered);
    (void)weft_event_wait(&let_go, SOON);
    return echo(request);
}

static int stop_server(weft_task *task)
{
    return weft_server_stop(WEFT_ARG(task, weft_server *), SOON);
}

static void finishes_in(enum weft_server_style style)
{
    const weft_server_options options = {.style = style};
    weft_server *server;
    weft_socket *socket;
    weft_thread *stopper;

    if (style == WEFT_SERVER_PROCESSES)
        return; /* an event of this process is none there */
    weft_event_clear(&entered);
    weft_event_clear(&let_go);
    server = start_server(wait_for_event, &options);
    socket = connect_to(server);
    say(socket, "the reply comes");
    CHECK_OK(weft_event_wait(&entered, SOON));
    CHECK_OK(weft_thread_start(&stopper, stop_server, &server, sizeof(server)));
    weft_event_set(&let_go);
    hears(socket, "the reply comes");
    CU_ASSERT_TRUE(is_closed(socket));
    CHECK_OK(weft_thread_join_result(stopper, NULL, 0, SOON));
    CU_ASSERT_EQUAL(stats_of(server).cut, 0);
    weft_socket_close(socket);
    weft_server_close(server);
}

static void stop_lets_a_request_finish(void)
{
    for_each_style(finishes_in);
}

static void accepts_no_more_in(enum weft_server_style style)
{
    weft_server *server = start_server(echo, &(weft_server_options){.style = style});
    weft_socket *socket = connect_to(server), *late = NULL;
    weft_address address;

    weft_server_address(server, &address);
    end_server(server);
    CHECK_ERROR(weft_tcp_connect(&late, "127.0.0.1", address.port, SOON), WEFT_EREFUSED);
    weft_socket_close(socket);
}

static void a_closed_server_is_not_there(void)
{
    for_each_style(accepts_no_more_in);
}

static int stop_myself(weft_request *request)
{
    weft_server *server = *(weft_server **)weft_request_context(request);

    return weft_server_stop(server, SOON) == WEFT_EDEADLK ? echo(request) : WEFT_EFAILED;
}

static void stop_by_a_handler_in(enum weft_server_style style)
{
    weft_server *server = NULL;
    weft_socket *socket;

    if (style == WEFT_SERVER_PROCESSES)
        return; /* it has no handle there */
    server = start_server(stop_myself, &(weft_server_options){.style = style, .context = &server});
    socket = connect_to(server);
    expect_misuse(WEFT_EDEADLK);
    say(socket, "stop");
    hears(socket, "stop");
    CHECK_MISUSE_SEEN();
    weft_socket_close(socket);
    end_server(server);
}

static void a_handler_cannot_stop_its_server(void)
{
    for_each_style(stop_by_a_handler_in);
}

/* ---- start ---- */

static void serves_a_path_in(enum weft_server_style style)
{
    const weft_server_options options = {.style = style, .path = "server-test.sock"};
    weft_server *server = NULL;
    weft_socket *socket = NULL;
    weft_address address;
    int err = weft_server_start(&server, echo, &options);

    if (!weft_caps()->unix_sockets || err == WEFT_ENOTSUP) {
        CHECK_ERROR(err, WEFT_ENOTSUP);
        return;
    }
    if (!CHECK_OK(err))
        return;
    weft_server_address(server, &address);
    CU_ASSERT_EQUAL(address.family, WEFT_UNIX);
    CHECK_OK(weft_unix_connect(&socket, options.path, SOON));
    say(socket, "hello");
    hears(socket, "hello");
    end_server(server);
    CU_ASSERT_TRUE(is_closed(socket));
    weft_socket_close(socket);
    CHECK_ERROR(weft_unix_connect(&socket, options.path, SOON), WEFT_ENOTFOUND);
}

static void a_unix_socket_is_served(void)
{
    for_each_style(serves_a_path_in);
}

static enum weft_server_style attempted;

static int start_and_close(void *context)
{
    weft_server *server = NULL;
    int err =
        weft_server_start(&server, echo, &(weft_server_options){.style = attempted, .workers = 2});

    (void)context;
    if (err == 0)
        weft_server_close(server);
    return err;
}

static void leaves_nothing_in(enum weft_server_style style)
{
    int err = WEFT_ENOMEM;
    uint32_t n = 0;

    if (style == WEFT_SERVER_PROCESSES)
        return; /* what it starts allocates for itself */
    attempted = style;
    watch_memory();
    while (err == WEFT_ENOMEM) {
        refuse_allocation(++n);
        err = start_and_close(NULL);
        refuse_allocation(0);
    }
    CHECK_OK(err);
    CU_ASSERT_TRUE(n > 2);
    unwatch_memory();
    CU_ASSERT_TRUE(refuse_each_passage("thread.start", WEFT_ELIMIT, start_and_close, NULL) >= 1);
}

static void a_start_that_is_refused_leaves_nothing(void)
{
    for_each_style(leaves_nothing_in);
}

static void options_that_contradict_are_refused(void)
{
    static const weft_server_options bad[] = {
        {.style = (enum weft_server_style)9},
        {.udp = true, .style = WEFT_SERVER_PROCESSES},
        {.udp = true, .framing = WEFT_FRAMING_LINE},
        {.udp = true, .on_open = echo},
        {.path = "/tmp/x", .port = 5},
        {.style = WEFT_SERVER_PROCESSES, .context = &attempted},
        {.idle_time = -1},
        {.workers = 100000},
    };
    weft_server *server = NULL;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_ERROR(weft_server_start(&server, echo, &bad[i]), WEFT_EINVAL);
        CHECK_SENTENCE("server: ");
    }
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_server_start(&server, NULL, NULL), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    CU_ASSERT_PTR_NULL(server);
    weft_server_close(NULL);
}

static void refuses_the_port_in(enum weft_server_style style)
{
    weft_server *server = start_server(echo, NULL), *second = NULL;
    weft_server_options options = {.style = style};
    weft_address address;

    weft_server_address(server, &address);
    options.port = address.port;
    CHECK_ERROR(weft_server_start(&second, echo, &options), WEFT_EADDRINUSE);
    options.port = 70000;
    CHECK_ERROR(weft_server_start(&second, echo, &options), WEFT_EINVAL);
    CU_ASSERT_PTR_NULL(second);
    weft_server_close(server);
}

static void a_port_in_use_is_refused(void)
{
    for_each_style(refuses_the_port_in);
}

const char *const suite_name = "server_end";
CU_TestInfo suite_cases[] = {
    {"stop_closes_connections_between_requests", stop_closes_connections_between_requests},
    {"a_request_that_takes_too_long_is_cut", a_request_that_takes_too_long_is_cut},
    {"stop_lets_a_request_finish", stop_lets_a_request_finish},
    {"a_closed_server_is_not_there", a_closed_server_is_not_there},
    {"a_handler_cannot_stop_its_server", a_handler_cannot_stop_its_server},
    {"a_unix_socket_is_served", a_unix_socket_is_served},
    {"a_start_that_is_refused_leaves_nothing", a_start_that_is_refused_leaves_nothing},
    {"options_that_contradict_are_refused", options_that_contradict_are_refused},
    {"a_port_in_use_is_refused", a_port_in_use_is_refused},
    CU_TEST_INFO_NULL,
};
