/* SPDX-License-Identifier: MIT */
/* Clients that ask for too much, read too little or stay too long, and a system that has
 * nothing left. */
#include "server_styles.h"

#include "fail.h"
#include "weft/cancel.h"
#include "weft/event.h"
#include "weft/memory.h"
#include "weft/thread.h"

enum { REPLY = 256 << 10, MANY = 64 };

/* ---- size ---- */

static void refuses_large_in(enum weft_server_style style)
{
    weft_server *server = start_server(
        echo,
        &(weft_server_options){.style = style, .framing = WEFT_FRAMING_LINE, .request_limit = 10});
    weft_socket *large = connect_to(server), *fits = connect_to(server);

    say(fits, "0123456789\n");
    hears(fits, "0123456789\n");
    say(large, "0123456789a");
    CU_ASSERT_TRUE(is_closed(large));
    say(fits, "0123456789\n");
    hears(fits, "0123456789\n");
    CU_ASSERT_EQUAL(stats_of(server).refused, 1);
    CU_ASSERT_EQUAL(stats_of(server).failed, 0);
    weft_socket_close(large);
    weft_socket_close(fits);
    end_server(server);
}

static void a_request_over_the_limit_ends_its_connection(void)
{
    for_each_style(refuses_large_in);
}

/* ---- readers that do not read ---- */

static int reply_much(weft_request *request)
{
    static const char much[REPLY] = "much";

    return weft_reply(request, much, sizeof(much));
}

static void serves_others_in(enum weft_server_style style)
{
    weft_server *server = start_server(
        reply_much,
        &(weft_server_options){
            .style = style, .framing = WEFT_FRAMING_LINE, .workers = 2, .output_limit = 65536});
    weft_socket *mute = connect_to(server), *other;
    char *got = weft_alloc(REPLY + 1);
    char lines[MANY];

    memset(lines, '\n', sizeof(lines));
    CU_ASSERT_PTR_NOT_NULL_FATAL(got);
    CHECK_OK(weft_socket_send(mute, lines, MANY, NULL, SOON)); /* 16 MiB of replies */
    other = connect_to(server);
    say(other, "\n");
    CHECK_OK(receive_all(other, got, REPLY + 1));
    CU_ASSERT_EQUAL(strcmp(got, "much"), 0);
    for (int i = 0; i < MANY; i++)
        CHECK_OK(receive_all(mute, got, REPLY + 1)); /* nothing was lost meanwhile */
    CU_ASSERT_EQUAL(stats_of(server).requests, MANY + 1);
    weft_free(got);
    weft_socket_close(mute);
    weft_socket_close(other);
    end_server(server);
}

static void a_client_that_does_not_read_hurts_nobody(void)
{
    for_each_style(serves_others_in);
}

static bool has_timed_out(void *server)
{
    return stats_of(server).timed_out == 1;
}

static void cuts_mute_in(enum weft_server_style style)
{
    weft_server *server =
        start_server(reply_much, &(weft_server_options){.style = style,
                                                        .framing = WEFT_FRAMING_LINE,
                                                        .request_time = WEFT_MS(100)});
    weft_socket *mute = connect_to(server);
    char lines[MANY];

    memset(lines, '\n', sizeof(lines));
    CHECK_OK(weft_socket_send(mute, lines, MANY, NULL, SOON));
    CU_ASSERT_TRUE(eventually(has_timed_out, server));
    CU_ASSERT_TRUE(eventually(nobody_is_connected, server));
    weft_socket_close(mute);
    end_server(server);
}

static void a_reply_that_is_not_read_in_time_is_cut(void)
{
    for_each_style(cuts_mute_in);
}

/* ---- time ---- */

static void cuts_slow_in(enum weft_server_style style)
{
    weft_server *server = start_server(echo, &(weft_server_options){.style = style,
                                                                    .framing = WEFT_FRAMING_LINE,
                                                                    .request_time = WEFT_MS(100)});
    weft_socket *slow = connect_to(server), *idle = connect_to(server);
    weft_time began = weft_clock();

    say(slow, "half a li");
    CU_ASSERT_TRUE(is_closed(slow));
    CU_ASSERT_TRUE(weft_clock() - began >= WEFT_MS(100));
    say(idle, "no hurry\n");
    hears(idle, "no hurry\n");
    CU_ASSERT_EQUAL(stats_of(server).timed_out, 1);
    weft_socket_close(slow);
    weft_socket_close(idle);
    end_server(server);
}

static void a_request_that_does_not_end_is_cut(void)
{
    for_each_style(cuts_slow_in);
}

static void cuts_idle_in(enum weft_server_style style)
{
    weft_server *server =
        start_server(echo, &(weft_server_options){.style = style, .idle_time = WEFT_MS(100)});
    weft_socket *socket = connect_to(server);
    weft_time began = weft_clock();

    CU_ASSERT_TRUE(is_closed(socket));
    CU_ASSERT_TRUE(weft_clock() - began >= WEFT_MS(90)); /* it began a little before */
    CU_ASSERT_TRUE(eventually(nobody_is_connected, server));
    CU_ASSERT_EQUAL(stats_of(server).timed_out, 1);
    weft_socket_close(socket);
    end_server(server);
}

static void a_silent_connection_is_closed(void)
{
    for_each_style(cuts_idle_in);
}

static int sleep_long(weft_request *request)
{
    int err = weft_sleep(WEFT_S(60));

    return err == WEFT_ECANCELED ? WEFT_ECANCELED : echo(request);
}

static void wakes_handler_in(enum weft_server_style style)
{
    weft_server *server = start_server(
        sleep_long, &(weft_server_options){.style = style, .request_time = WEFT_MS(50)});
    weft_socket *socket = connect_to(server);

    say(socket, "x");
    CU_ASSERT_TRUE(is_closed(socket));
    CU_ASSERT_TRUE(eventually(nobody_is_connected, server));
    CU_ASSERT_EQUAL(stats_of(server).failed, 1);
    weft_socket_close(socket);
    end_server(server);
}

static void a_handler_that_waits_too_long_is_woken(void)
{
    for_each_style(wakes_handler_in);
}

static int sleep_a_little(weft_request *request)
{
    (void)weft_sleep(WEFT_MS(150));
    return echo(request);
}

static void is_not_idle_in(enum weft_server_style style)
{
    weft_server *server = start_server(
        sleep_a_little, &(weft_server_options){.style = style, .idle_time = WEFT_MS(100)});
    weft_socket *socket = connect_to(server);

    say(socket, "patience");
    hears(socket, "patience");
    CU_ASSERT_EQUAL(stats_of(server).timed_out, 0);
    weft_socket_close(socket);
    end_server(server);
}

static void a_connection_whose_handler_works_is_not_idle(void)
{
    for_each_style(is_not_idle_in);
}

static int stay_too_long(weft_request *request)
{
    const weft_cancel *before = weft_cancel_enter(NULL);
    int err;

    (void)weft_sleep(WEFT_MS(100));
    weft_cancel_enter(before);
    err = echo(request);
    return err == 0 ? WEFT_EFAILED : 0;
}

static void refuses_late_replies_in(enum weft_server_style style)
{
    weft_server *server = start_server(
        stay_too_long, &(weft_server_options){.style = style, .request_time = WEFT_MS(50)});
    weft_socket *socket = connect_to(server);

    say(socket, "x");
    CU_ASSERT_TRUE(is_closed(socket));
    CU_ASSERT_TRUE(eventually(nobody_is_connected, server));
    CU_ASSERT_EQUAL(stats_of(server).timed_out, 1);
    CU_ASSERT_EQUAL(stats_of(server).failed, 0);
    weft_socket_close(socket);
    end_server(server);
}

static void a_reply_that_comes_too_late_is_not_sent(void)
{
    for_each_style(refuses_late_replies_in);
}

/* ---- number ---- */

static void bounds_in(enum weft_server_style style)
{
    weft_server *server =
        start_server(echo, &(weft_server_options){.style = style, .connections = 2, .workers = 2});
    weft_socket *first = connect_to(server), *second = connect_to(server), *third;

    say(first, "1");
    hears(first, "1");
    say(second, "2");
    hears(second, "2");
    third = connect_to(server);
    say(third, "3");
    say(first, "1");
    hears(first, "1");
    CU_ASSERT_EQUAL(stats_of(server).accepted, 2);
    CU_ASSERT_EQUAL(stats_of(server).open, 2);
    weft_socket_close(second);
    hears(third, "3");
    CU_ASSERT_EQUAL(stats_of(server).accepted, 3);
    weft_socket_close(first);
    weft_socket_close(third);
    end_server(server);
}

static void connections_beyond_the_bound_wait(void)
{
    for_each_style(bounds_in);
}

static void pauses_in(enum weft_server_style style)
{
    weft_server *server;
    weft_socket *old, *waiting, *last;

    if (style == WEFT_SERVER_PROCESSES)
        return; /* the fault would be in another process */
    server = start_server(echo, &(weft_server_options){.style = style});
    old = connect_to(server);
    say(old, "1");
    hears(old, "1");
    refuse_passage("server.take", 1, WEFT_ELIMIT);
    waiting = connect_to(server);
    say(waiting, "2");
    say(old, "3");
    hears(old, "3");
    hears(waiting, "2");
    last = connect_to(server); /* the refusal was meant for it, if the other's was called before */
    say(last, "4");
    hears(last, "4");
    refuse_passage(NULL, 0, 0);
    CU_ASSERT_EQUAL(stats_of(server).pauses, 1);
    CU_ASSERT_TRUE(stats_of(server).paused > 0);
    weft_socket_close(last);
    weft_socket_close(old);
    weft_socket_close(waiting);
    end_server(server);
}

static void without_descriptors_the_old_are_served_and_the_new_later(void)
{
    for_each_style(pauses_in);
}

static void a_connection_waits_for_its_thread(void)
{
    weft_server *server = start_server(echo, NULL);
    weft_socket *socket;

    refuse_passage("thread.start", 1, WEFT_ELIMIT);
    socket = connect_to(server);
    say(socket, "patience");
    hears(socket, "patience");
    refuse_passage(NULL, 0, 0);
    CU_ASSERT_EQUAL(stats_of(server).pauses, 1);
    weft_socket_close(socket);
    end_server(server);
}

/* ---- a pool ---- */

static weft_event let_go;

static int wait_at_w(weft_request *request)
{
    if (*(const char *)weft_request_data(request) == 'w')
        (void)weft_event_wait(&let_go, SOON);
    return echo(request);
}

static void a_pool_serves_others_while_a_handler_waits(void)
{
    weft_server *server =
        start_server(wait_at_w, &(weft_server_options){.style = WEFT_SERVER_POOL, .workers = 3});
    weft_socket *waits[2], *other = connect_to(server);

    weft_event_clear(&let_go);
    for (int i = 0; i < 2; i++) {
        waits[i] = connect_to(server);
        say(waits[i], "w1");
        say(waits[i], "w2"); /* not to overtake, and not to be served at the same time */
    }
    for (int i = 0; i < 100; i++) {
        say(other, "quick");
        hears(other, "quick");
    }
    weft_event_set(&let_go);
    for (int i = 0; i < 2; i++) {
        hears(waits[i], "w1w2");
        weft_socket_close(waits[i]);
    }
    weft_socket_close(other);
    end_server(server);
}

const char *const suite_name = "server_limits";
CU_TestInfo suite_cases[] = {
    {"a_request_over_the_limit_ends_its_connection", a_request_over_the_limit_ends_its_connection},
    {"a_client_that_does_not_read_hurts_nobody", a_client_that_does_not_read_hurts_nobody},
    {"a_reply_that_is_not_read_in_time_is_cut", a_reply_that_is_not_read_in_time_is_cut},
    {"a_request_that_does_not_end_is_cut", a_request_that_does_not_end_is_cut},
    {"a_silent_connection_is_closed", a_silent_connection_is_closed},
    {"a_handler_that_waits_too_long_is_woken", a_handler_that_waits_too_long_is_woken},
    {"a_connection_whose_handler_works_is_not_idle", a_connection_whose_handler_works_is_not_idle},
    {"a_reply_that_comes_too_late_is_not_sent", a_reply_that_comes_too_late_is_not_sent},
    {"connections_beyond_the_bound_wait", connections_beyond_the_bound_wait},
    {"without_descriptors_the_old_are_served_and_the_new_later",
     without_descriptors_the_old_are_served_and_the_new_later},
    {"a_connection_waits_for_its_thread", a_connection_waits_for_its_thread},
    {"a_pool_serves_others_while_a_handler_waits", a_pool_serves_others_while_a_handler_waits},
    CU_TEST_INFO_NULL,
};
