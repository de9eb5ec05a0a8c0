/* SPDX-License-Identifier: MIT */
/* The proxy for connections, and what is true of both kinds: what goes through, beginning
 * and end. */
#include "check.h"

#include <stdint.h>
#include <string.h>

#include "fail.h"
#include "proxy_road.h"
#include "weft/thread.h"

enum { BIG = 4 << 20 };

/* ---- what goes through ------------------------------------------------------------- */

static unsigned char big[BIG], received[BIG];

/* All of `big`, by a thread, while this one reads it at the other end. */
static void expect_big(weft_socket *from, weft_socket *to)
{
    struct sender sender = {.socket = from, .data = big, .size = BIG};
    struct sender *argument = &sender;
    weft_thread *thread = NULL;

    CHECK_OK(weft_thread_start(&thread, send_all, &argument, sizeof(argument)));
    memset(received, 0, sizeof(received));
    CHECK_OK(receive_all(to, received, BIG));
    CHECK_OK(weft_thread_join(thread, SOON));
    CHECK_OK(sender.err);
    CU_ASSERT_EQUAL(memcmp(big, received, BIG), 0);
}

static void fill_big(void)
{
    for (size_t i = 0; i < BIG; i++)
        big[i] = (unsigned char)(i * 7 + i / 1000);
}

static void all_bytes_arrive_both_ways(void)
{
    struct road road;

    fill_big();
    open_road(&road, (weft_proxy_options){0});
    expect_big(road.client, road.server);
    expect_big(road.server, road.client);
    CU_ASSERT_EQUAL(stats_of(road.proxy).there.bytes, BIG);
    CU_ASSERT_EQUAL(stats_of(road.proxy).connections, 1);
    close_road(&road);
}

/* More than may wait in the proxy, so that it has to stop reading meanwhile. */
static void a_delay_is_kept_and_loses_nothing(void)
{
    struct road road;
    weft_time began = weft_clock();

    fill_big();
    open_road(&road, (weft_proxy_options){.there = {.delay = WEFT_MS(30), .jitter = WEFT_MS(10)},
                                          .seed = 3});
    expect_big(road.client, road.server);
    CU_ASSERT_TRUE(weft_clock() - began >= WEFT_MS(30));
    close_road(&road);
}

static void pieces_and_a_rate_are_kept(void)
{
    struct road road;
    weft_time began;

    open_road(&road, (weft_proxy_options){.there = {.piece = 1, .rate = 200}});
    began = weft_clock();
    say(road.client, "a thread of the warp.");
    expect_text(road.server, "a thread of the warp.");
    CU_ASSERT_TRUE(weft_clock() - began >= WEFT_MS(100)); /* 20 more bytes, of 5 ms */
    close_road(&road);
}

static void half_an_end_is_passed_on(void)
{
    struct road road;

    if (!weft_caps()->shutdown_write) {
        skip("this backend cannot end one direction");
        return;
    }
    open_road(&road, (weft_proxy_options){0});
    say(road.client, "question");
    CHECK_OK(weft_socket_shutdown(road.client, WEFT_SHUTDOWN_WRITE));
    expect_text(road.server, "question");
    expect_end(road.server);
    say(road.server, "answer");
    CHECK_OK(weft_socket_shutdown(road.server, WEFT_SHUTDOWN_WRITE));
    expect_text(road.client, "answer");
    expect_end(road.client);
    close_road(&road);
}

static void an_end_is_passed_on(void)
{
    struct road road;

    open_road(&road, (weft_proxy_options){0});
    say(road.client, "last words");
    weft_socket_close(road.client);
    road.client = NULL;
    expect_text(road.server, "last words");
    expect_end(road.server);
    close_road(&road);
}

/* ---- beginning and end --------------------------------------------------------------- */

static void senseless_options_are_refused(void)
{
    const weft_proxy_options senseless[] = {
        {.to_port = 0},
        {.to_port = 70000},
        {.to_port = 9, .port = 70000},
        {.to_port = 9, .there = {.drop = 10}},
        {.to_port = 9, .udp = true, .there = {.drop = 1001}},
        {.to_port = 9, .udp = true, .back = {.drop = -1}},
        {.to_port = 9, .udp = true, .back = {.rate = 10}},
        {.to_port = 9, .udp = true, .refuse = 1},
        {.to_port = 9, .back = {.delay = -1}},
    };
    weft_proxy *proxy = NULL;

    for (size_t i = 0; i < sizeof(senseless) / sizeof(senseless[0]); i++)
        CHECK_ERROR(weft_proxy_start(&proxy, &senseless[i]), WEFT_EINVAL);
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_proxy_start(&proxy, NULL), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    CU_ASSERT_PTR_NULL(proxy);
    weft_proxy_close(NULL);
}

static void it_closes_while_traffic_runs(void)
{
    struct road road;
    struct sender sender = {.data = big, .size = BIG};
    struct sender *argument = &sender;
    weft_thread *thread = NULL;

    open_road(&road, (weft_proxy_options){.there = {.rate = 1000000, .delay = WEFT_MS(1)}});
    sender.socket = road.client;
    CHECK_OK(weft_thread_start(&thread, send_all, &argument, sizeof(argument)));
    CHECK_OK(receive_all(road.server, received, 1000));
    weft_proxy_close(road.proxy);
    road.proxy = NULL;
    CHECK_OK(weft_thread_join(thread, SOON));
    close_road(&road);
}

static int start_and_close(void *udp)
{
    weft_proxy *proxy = NULL;
    int err = weft_proxy_start(&proxy, &(weft_proxy_options){.udp = udp != NULL, .to_port = 9});

    weft_proxy_close(proxy);
    return err;
}

static void expect_clean_refusals(void *udp)
{
    int err = WEFT_ENOMEM;
    uint32_t n = 0;

    watch_memory();
    while (err == WEFT_ENOMEM) { /* ends when the n-th is not the start's own any more */
        refuse_allocation(++n);
        err = start_and_close(udp);
        refuse_allocation(0);
    }
    CHECK_OK(err);
    CU_ASSERT_TRUE(n > 3);
    unwatch_memory();
    CU_ASSERT_EQUAL(refuse_each_passage("thread.start", WEFT_ELIMIT, start_and_close, udp),
                    udp ? 2 : 1);
}

static void a_start_that_is_refused_leaves_nothing(void)
{
    bool udp = true;

    expect_clean_refusals(NULL);
    expect_clean_refusals(&udp);
}

const char *const suite_name = "proxy";
CU_TestInfo suite_cases[] = {
    {"all_bytes_arrive_both_ways", all_bytes_arrive_both_ways},
    {"a_delay_is_kept_and_loses_nothing", a_delay_is_kept_and_loses_nothing},
    {"pieces_and_a_rate_are_kept", pieces_and_a_rate_are_kept},
    {"half_an_end_is_passed_on", half_an_end_is_passed_on},
    {"an_end_is_passed_on", an_end_is_passed_on},
    {"senseless_options_are_refused", senseless_options_are_refused},
    {"it_closes_while_traffic_runs", it_closes_while_traffic_runs},
    {"a_start_that_is_refused_leaves_nothing", a_start_that_is_refused_leaves_nothing},
    CU_TEST_INFO_NULL,
};
