/* SPDX-License-Identifier: MIT */
/* The proxy for datagrams. The server is a socket of the test's own, which sees what has
 * arrived by then: on one machine a datagram is there as soon as it was sent. */
#include "check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "weft/proxy.h"
#include "weft/socket.h"
#include "weft/thread.h"

enum { MANY = 100, ARRIVED_MOST = 1000 };

/* One client, the proxy, and the server behind it. */
struct road {
    weft_socket *client, *server;
    weft_proxy *proxy;
    weft_address entry; /* the proxy's */
};

static weft_socket *open_socket(void)
{
    weft_socket *socket = NULL;

    if (!CHECK_OK(weft_udp_open(&socket, "127.0.0.1", 0, WEFT_FAMILY_NONE)))
        abort(); /* without it no test below means anything */
    return socket;
}

static int port_of(weft_socket *socket)
{
    weft_address address = {0};

    CHECK_OK(weft_socket_address(socket, &address));
    return address.port;
}

static void open_road(struct road *road, weft_proxy_options options)
{
    road->client = open_socket();
    road->server = open_socket();
    options.udp = true;
    options.to_port = port_of(road->server);
    if (!CHECK_OK(weft_proxy_start(&road->proxy, &options)))
        abort();
    CHECK_OK(weft_address_resolve(&road->entry, "127.0.0.1", weft_proxy_port(road->proxy),
                                  WEFT_IPV4, SOON));
}

static void close_road(struct road *road)
{
    weft_proxy_close(road->proxy);
    weft_socket_close(road->client);
    weft_socket_close(road->server);
}

static void send_number(struct road *road, uint32_t number)
{
    CHECK_OK(weft_socket_sendto(road->client, &number, sizeof(number), &road->entry, SOON));
}

/* The next one that arrives at the server. */
static uint32_t receive_number(struct road *road, weft_address *from)
{
    uint32_t number = UINT32_MAX;
    size_t length = 0;

    CHECK_OK(weft_socket_recvfrom(road->server, &number, sizeof(number), &length, from, SOON));
    CU_ASSERT_EQUAL(length, sizeof(number));
    return number;
}

/* ---- what has become of so many ---------------------------------------------------- */

struct settled {
    weft_proxy *proxy;
    uint64_t count;
};

static bool is_settled(void *context)
{
    struct settled *settled = context;
    weft_proxy_stats stats;

    weft_proxy_stats_get(settled->proxy, &stats);
    return stats.there.passed + stats.there.dropped + stats.there.overflow ==
           settled->count + stats.there.duplicated;
}

/* Sends 0 to count - 1; what arrives, in its order. */
static size_t send_through(struct road *road, uint32_t count, uint32_t *arrived)
{
    struct settled settled = {road->proxy, count};
    size_t seen = 0, length;

    for (uint32_t i = 0; i < count; i++)
        send_number(road, i);
    CU_ASSERT_TRUE(eventually(is_settled, &settled));
    while (seen < ARRIVED_MOST &&
           weft_socket_recvfrom(road->server, &arrived[seen], 4, &length, NULL, WEFT_NOW) == 0)
        seen++;
    return seen;
}

static size_t arrivals(weft_proxy_options options, uint32_t *arrived)
{
    struct road road;
    size_t seen;

    open_road(&road, options);
    seen = send_through(&road, MANY, arrived);
    close_road(&road);
    return seen;
}

/* ---- cases --------------------------------------------------------------------------- */

static void answers_find_the_client_that_asked(void)
{
    struct road road;
    weft_socket *other = open_socket();
    weft_address from[2];
    uint32_t number = 8;
    size_t length;

    open_road(&road, (weft_proxy_options){0});
    send_number(&road, 7);
    CU_ASSERT_EQUAL(receive_number(&road, &from[0]), 7);
    CHECK_OK(weft_socket_sendto(other, &number, sizeof(number), &road.entry, SOON));
    CU_ASSERT_EQUAL(receive_number(&road, &from[1]), 8);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t answer = 70 + i;

        CHECK_OK(weft_socket_sendto(road.server, &answer, sizeof(answer), &from[i], SOON));
    }
    CHECK_OK(weft_socket_recvfrom(other, &number, sizeof(number), &length, &from[0], SOON));
    CU_ASSERT_EQUAL(number, 71);
    CU_ASSERT_TRUE(weft_address_equal(&from[0], &road.entry));
    CHECK_OK(weft_socket_recvfrom(road.client, &number, sizeof(number), &length, NULL, SOON));
    CU_ASSERT_EQUAL(number, 70);
    weft_socket_close(other);
    close_road(&road);
}

static void without_faults_all_arrive_in_order(void)
{
    static uint32_t arrived[ARRIVED_MOST];

    CU_ASSERT_EQUAL(arrivals((weft_proxy_options){0}, arrived), MANY);
    for (uint32_t i = 0; i < MANY; i++)
        CU_ASSERT_EQUAL(arrived[i], i);
}

static void empty_and_large_datagrams_pass(void)
{
    static unsigned char sent[60000], received[65536];
    struct road road;
    size_t length = 1;

    open_road(&road, (weft_proxy_options){0});
    memset(sent, 'x', sizeof(sent));
    CHECK_OK(weft_socket_sendto(road.client, NULL, 0, &road.entry, SOON));
    CHECK_OK(weft_socket_recvfrom(road.server, received, sizeof(received), &length, NULL, SOON));
    CU_ASSERT_EQUAL(length, 0);
    CHECK_OK(weft_socket_sendto(road.client, sent, sizeof(sent), &road.entry, SOON));
    CHECK_OK(weft_socket_recvfrom(road.server, received, sizeof(received), &length, NULL, SOON));
    CU_ASSERT_EQUAL(length, sizeof(sent));
    CU_ASSERT_EQUAL(memcmp(sent, received, sizeof(sent)), 0);
    close_road(&road);
}

static void what_is_dropped_is_the_seeds(void)
{
    static uint32_t first[ARRIVED_MOST], again[ARRIVED_MOST], other[ARRIVED_MOST];
    const weft_proxy_options options = {.there = {.drop = 100}, .seed = 5};
    weft_proxy_options another = options;
    size_t count = arrivals(options, first), count_other;

    CU_ASSERT_TRUE(count < MANY - 2 && count > MANY - 25);
    CU_ASSERT_EQUAL(arrivals(options, again), count);
    CU_ASSERT_EQUAL(memcmp(first, again, sizeof(first)), 0);
    another.seed = 6;
    count_other = arrivals(another, other);
    CU_ASSERT_TRUE(count_other != count || memcmp(first, other, sizeof(first)) != 0);
}

static void all_or_nothing_is_dropped(void)
{
    static uint32_t arrived[ARRIVED_MOST];

    CU_ASSERT_EQUAL(arrivals((weft_proxy_options){.there = {.drop = 1000}}, arrived), 0);
    CU_ASSERT_EQUAL(arrivals((weft_proxy_options){.back = {.drop = 1000}}, arrived), MANY);
}

static void a_duplicate_follows_at_once(void)
{
    static uint32_t arrived[ARRIVED_MOST];

    CU_ASSERT_EQUAL(arrivals((weft_proxy_options){.there = {.duplicate = 1000}}, arrived),
                    2 * MANY);
    for (uint32_t i = 0; i < 2 * MANY; i++)
        CU_ASSERT_EQUAL(arrived[i], i / 2);
}

static int by_number(const void *a, const void *b)
{
    const uint32_t *left = a, *right = b;

    return *left < *right ? -1 : *left > *right;
}

/* One that waits too long for the next goes on without: then it was no exchange. */
static void a_reordered_datagram_comes_after_the_next(void)
{
    static uint32_t arrived[ARRIVED_MOST];
    bool exchanged = false;

    for (int attempt = 0; attempt < 20 && !exchanged; attempt++) {
        CU_ASSERT_EQUAL(arrivals((weft_proxy_options){.there = {.reorder = 1000}}, arrived), MANY);
        exchanged = arrived[0] == 1 && arrived[1] == 0;
        qsort(arrived, MANY, sizeof(arrived[0]), by_number);
        for (uint32_t i = 0; i < MANY; i++)
            CU_ASSERT_EQUAL(arrived[i], i);
    }
    CU_ASSERT_TRUE(exchanged);
}

static void the_last_one_is_not_held_for_ever(void)
{
    struct road road;

    open_road(&road, (weft_proxy_options){.there = {.reorder = 1000}});
    send_number(&road, 3);
    CU_ASSERT_EQUAL(receive_number(&road, NULL), 3);
    close_road(&road);
}

static void a_delay_is_kept(void)
{
    struct road road;
    weft_time began;
    weft_proxy_stats stats;

    open_road(&road, (weft_proxy_options){.there = {.delay = WEFT_MS(30), .jitter = WEFT_MS(5)}});
    began = weft_clock();
    send_number(&road, 1);
    CU_ASSERT_EQUAL(receive_number(&road, NULL), 1);
    CU_ASSERT_TRUE(weft_clock() - began >= WEFT_MS(30));
    weft_proxy_stats_get(road.proxy, &stats);
    CU_ASSERT_EQUAL(stats.there.delayed, 1);
    CU_ASSERT_EQUAL(stats.connections, 1);
    close_road(&road);
}

static void one_client_too_many_is_not_heard(void)
{
    struct road road;
    struct settled settled;
    weft_socket *other = open_socket();
    weft_proxy_stats stats;

    open_road(&road, (weft_proxy_options){.most = 1});
    send_number(&road, 1);
    CU_ASSERT_EQUAL(receive_number(&road, NULL), 1);
    CHECK_OK(weft_socket_sendto(other, "more", 4, &road.entry, SOON));
    settled = (struct settled){road.proxy, 2};
    CU_ASSERT_TRUE(eventually(is_settled, &settled));
    weft_proxy_stats_get(road.proxy, &stats);
    CU_ASSERT_EQUAL(stats.there.overflow, 1);
    CU_ASSERT_EQUAL(stats.there.passed, 1);
    CU_ASSERT_EQUAL(stats.there.bytes, 4);
    weft_socket_close(other);
    close_road(&road);
}

static bool three_wait(void *context)
{
    weft_proxy_stats stats;

    weft_proxy_stats_get(context, &stats);
    return stats.there.delayed == 3;
}

static void reset_all_drops_what_waits(void)
{
    struct road road;
    weft_proxy_stats stats;

    open_road(&road, (weft_proxy_options){.there = {.delay = WEFT_S(3600)}});
    for (uint32_t i = 0; i < 3; i++)
        send_number(&road, i);
    CU_ASSERT_TRUE(eventually(three_wait, road.proxy));
    weft_proxy_reset_all(road.proxy);
    weft_proxy_stats_get(road.proxy, &stats);
    CU_ASSERT_EQUAL(stats.there.dropped, 3);
    send_number(&road, 4);
    close_road(&road); /* with one in the line */
}

static int flood(weft_task *task)
{
    struct road *road = WEFT_ARG(task, struct road *);
    const uint32_t datagram = 0;

    while (weft_cancel_check() == 0)
        weft_socket_sendto(road->client, &datagram, sizeof(datagram), &road->entry, SOON);
    return 0;
}

static void it_closes_while_traffic_runs(void)
{
    struct road road;
    struct road *argument = &road;
    weft_thread *sender = NULL;

    open_road(&road, (weft_proxy_options){.there = {.jitter = WEFT_MS(1), .duplicate = 500},
                                          .back = {.drop = 500}});
    CHECK_OK(weft_thread_start(&sender, flood, &argument, sizeof(argument)));
    receive_number(&road, NULL);
    weft_proxy_close(road.proxy);
    road.proxy = NULL;
    weft_thread_cancel(sender);
    CHECK_OK(weft_thread_join(sender, SOON));
    close_road(&road);
}

/* The proxy's own threads are at rest: the datagram's memory is asked for next. */
static void without_memory_a_datagram_is_lost(void)
{
    struct road road;
    struct settled settled;
    weft_proxy_stats stats;

    watch_memory();
    open_road(&road, (weft_proxy_options){0});
    send_number(&road, 1);
    CU_ASSERT_EQUAL(receive_number(&road, NULL), 1);
    settled = (struct settled){road.proxy, 1};
    CU_ASSERT_TRUE(eventually(is_settled, &settled));
    refuse_allocation(1);
    send_number(&road, 2);
    settled.count = 2;
    CU_ASSERT_TRUE(eventually(is_settled, &settled));
    send_number(&road, 3);
    CU_ASSERT_EQUAL(receive_number(&road, NULL), 3);
    weft_proxy_stats_get(road.proxy, &stats);
    CU_ASSERT_EQUAL(stats.there.overflow, 1);
    close_road(&road);
    unwatch_memory();
}

const char *const suite_name = "proxy of datagrams";
CU_TestInfo suite_cases[] = {
    {"answers_find_the_client_that_asked", answers_find_the_client_that_asked},
    {"without_faults_all_arrive_in_order", without_faults_all_arrive_in_order},
    {"empty_and_large_datagrams_pass", empty_and_large_datagrams_pass},
    {"what_is_dropped_is_the_seeds", what_is_dropped_is_the_seeds},
    {"all_or_nothing_is_dropped", all_or_nothing_is_dropped},
    {"a_duplicate_follows_at_once", a_duplicate_follows_at_once},
    {"a_reordered_datagram_comes_after_the_next", a_reordered_datagram_comes_after_the_next},
    {"the_last_one_is_not_held_for_ever", the_last_one_is_not_held_for_ever},
    {"a_delay_is_kept", a_delay_is_kept},
    {"one_client_too_many_is_not_heard", one_client_too_many_is_not_heard},
    {"reset_all_drops_what_waits", reset_all_drops_what_waits},
    {"it_closes_while_traffic_runs", it_closes_while_traffic_runs},
    {"without_memory_a_datagram_is_lost", without_memory_a_datagram_is_lost},
    CU_TEST_INFO_NULL,
};
