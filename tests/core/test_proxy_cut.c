/* SPDX-License-Identifier: MIT */
/* The proxy for connections: what it does to them. */
#include "check.h"

#include <string.h>

#include "fail.h"
#include "proxy_road.h"

enum { HUGE_SIZE = 64 << 20 };

static void a_reset_comes_after_so_many_bytes(void)
{
    struct road road;
    char buffer[100];
    size_t most = sizeof(buffer), got = 0;
    int err = 0;

    open_road(&road, (weft_proxy_options){.back = {.reset_after = 10}});
    say(road.server, "a thread of the warp");
    while (err == 0 && got < most) {
        size_t length = 0;

        err = weft_socket_recv(road.client, buffer + got, most - got, &length, SOON);
        got += length;
        if (err == 0 && length == 0)
            break;
    }
    CU_ASSERT_EQUAL(err, can_reset() ? WEFT_ERESET : 0);
    /* Windows forgets what was not read yet. */
    CU_ASSERT_TRUE(got == 10 || (got < 10 && strcmp(weft_caps()->system, "windows") == 0));
    expect_reset(road.server);
    CU_ASSERT_TRUE(eventually(was_reset_once, road.proxy));
    CU_ASSERT_EQUAL(stats_of(road.proxy).back.bytes, 10);
    close_road(&road);
}

static void an_ends_own_reset_is_passed_on(void)
{
    struct road road;

    open_road(&road, (weft_proxy_options){0});
    weft_socket_abort(road.client);
    road.client = NULL;
    expect_reset(road.server);
    close_road(&road);
}

static void one_connection_is_refused(void)
{
    struct road road;
    weft_socket *third, *server = NULL;

    open_road(&road, (weft_proxy_options){.refuse = 2});
    expect_reset_at_once(road.proxy);
    third = connect_to(road.proxy);
    CHECK_OK(weft_socket_accept(road.listener, &server, NULL, SOON));
    say(third, "third");
    expect_text(server, "third");
    say(road.client, "first");
    expect_text(road.server, "first");
    CU_ASSERT_EQUAL(stats_of(road.proxy).connections, 3);
    weft_socket_close(third);
    weft_socket_close(server);
    close_road(&road);
}

static void what_stalls_reads_no_more(void)
{
    static unsigned char much[HUGE_SIZE];
    struct road road;
    char byte;
    size_t sent = 0, length;

    open_road(&road, (weft_proxy_options){.there = {.stall_after = 5}});
    CHECK_ERROR(weft_socket_send(road.client, much, sizeof(much), &sent, weft_in(WEFT_MS(300))),
                WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(sent < sizeof(much));
    for (int i = 0; i < 5; i++)
        CHECK_OK(receive_all(road.server, &byte, 1));
    CHECK_ERROR(weft_socket_recv(road.server, &byte, 1, &length, weft_in(WEFT_MS(20))),
                WEFT_ETIMEDOUT);
    say(road.server, "back");
    expect_text(road.client, "back");
    close_road(&road);
}

static void reset_all_cuts_every_connection(void)
{
    struct road road;
    weft_socket *other, *server = NULL;

    open_road(&road, (weft_proxy_options){0});
    other = connect_to(road.proxy);
    CHECK_OK(weft_socket_accept(road.listener, &server, NULL, SOON));
    say(other, "here"); /* so that both are wholly there */
    expect_text(server, "here");
    say(road.client, "here");
    expect_text(road.server, "here");
    weft_proxy_reset_all(road.proxy);
    expect_reset(other);
    expect_reset(server);
    expect_reset(road.client);
    expect_reset(road.server);
    CU_ASSERT_EQUAL(stats_of(road.proxy).resets, 2);
    weft_socket_close(other);
    weft_socket_close(server);
    other = connect_to(road.proxy); /* it goes on */
    CHECK_OK(weft_socket_accept(road.listener, &server, NULL, SOON));
    weft_socket_close(other);
    weft_socket_close(server);
    close_road(&road);
}

static void without_a_server_the_client_is_reset(void)
{
    struct road road;

    open_proxy(&road, (weft_proxy_options){0});
    weft_socket_close(road.listener);
    road.listener = NULL;
    expect_reset_at_once(road.proxy);
    CU_ASSERT_EQUAL(stats_of(road.proxy).resets, 1);
    close_road(&road);
}

static void one_connection_too_many_waits(void)
{
    struct road road;
    weft_socket *second;
    char byte;
    size_t length;

    open_road(&road, (weft_proxy_options){.most = 1});
    second = connect_to(road.proxy);
    say(second, "second");
    say(road.client, "first");
    expect_text(road.server, "first");
    CHECK_ERROR(weft_socket_recv(second, &byte, 1, &length, weft_in(WEFT_MS(20))), WEFT_ETIMEDOUT);
    CU_ASSERT_EQUAL(stats_of(road.proxy).connections, 1);
    weft_socket_close(road.client);
    weft_socket_close(road.server);
    CHECK_OK(weft_socket_accept(road.listener, &road.server, NULL, SOON));
    expect_text(road.server, "second");
    road.client = second;
    close_road(&road);
}

static void without_a_thread_the_connection_is_reset(void)
{
    struct road road;

    open_proxy(&road, (weft_proxy_options){0});
    refuse_passage("thread.start", 1, WEFT_ELIMIT);
    expect_reset_at_once(road.proxy);
    refuse_passage(NULL, 0, 0);
    road.client = connect_to(road.proxy);
    CHECK_OK(weft_socket_accept(road.listener, &road.server, NULL, SOON));
    say(road.client, "served");
    expect_text(road.server, "served");
    close_road(&road);
}

const char *const suite_name = "proxy that cuts";
CU_TestInfo suite_cases[] = {
    {"a_reset_comes_after_so_many_bytes", a_reset_comes_after_so_many_bytes},
    {"an_ends_own_reset_is_passed_on", an_ends_own_reset_is_passed_on},
    {"one_connection_is_refused", one_connection_is_refused},
    {"what_stalls_reads_no_more", what_stalls_reads_no_more},
    {"reset_all_cuts_every_connection", reset_all_cuts_every_connection},
    {"without_a_server_the_client_is_reset", without_a_server_the_client_is_reset},
    {"one_connection_too_many_waits", one_connection_too_many_waits},
    {"without_a_thread_the_connection_is_reset", without_a_thread_the_connection_is_reset},
    CU_TEST_INFO_NULL,
};
