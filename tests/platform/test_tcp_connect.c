/* SPDX-License-Identifier: MIT */
/* Connecting to hosts with several addresses, some of them dead. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "halt.h"
#include "net.h"
#include "weft/cancel.h"
#include "weft/caps.h"

enum { MOST_FILLERS = 64 };

/* A listener that answers nobody any more: its queue is full, and the system drops who comes. */
struct deaf {
    weft_socket *listener, *fillers[MOST_FILLERS];
    weft_address at;
    size_t count;
};

/* False: this system does not drop them. */
static bool open_deaf(struct deaf *d, const char *host, int port)
{
    int err = 0;

    memset(d, 0, sizeof(*d));
    CHECK_OK(weft_tcp_listen(&d->listener, host, port, &(weft_listen_options){.backlog = 1}));
    CHECK_OK(weft_socket_address(d->listener, &d->at));
    while (err == 0 && d->count < MOST_FILLERS) {
        err = weft_tcp_connect(&d->fillers[d->count], host, d->at.port, weft_in(WEFT_MS(100)));
        d->count += err == 0;
    }
    return err == WEFT_ETIMEDOUT;
}

static void close_deaf(struct deaf *d)
{
    for (size_t i = 0; i < d->count; i++)
        weft_socket_close(d->fillers[i]);
    weft_socket_close(d->listener);
}

/* A deaf 127.0.0.1, which is the first address of localhost. False: there is none here. */
static bool open_deaf_localhost(struct deaf *d)
{
    if (!has_ipv6())
        return false;
    if (open_deaf(d, "127.0.0.1", 0))
        return true;
    close_deaf(d);
    skip("this system refuses who comes to a full queue");
    return false;
}

static void expect_peer(weft_socket *socket, const char *ip)
{
    weft_address peer = {0};
    char text[WEFT_ADDRESS_TEXT];

    CHECK_OK(weft_socket_peer(socket, &peer));
    CU_ASSERT_STRING_EQUAL(weft_address_ip(&peer, text, sizeof(text)), ip);
}

static void an_address_that_answers_nothing_costs_a_quarter_of_a_second(void)
{
    struct deaf d;
    weft_socket *listener = NULL, *client = NULL;
    weft_time begun;

    if (!open_deaf_localhost(&d))
        return;
    CHECK_OK(weft_tcp_listen(&listener, "::1", d.at.port, NULL));
    begun = weft_clock();
    CHECK_OK(weft_tcp_connect(&client, "localhost", d.at.port, SOON));
    CU_ASSERT_TRUE(weft_clock() - begun >= WEFT_MS(250));
    if (client)
        expect_peer(client, "::1");
    weft_socket_close(client);
    weft_socket_close(listener);
    close_deaf(&d);
}

static void an_address_that_refuses_is_followed_by_the_next(void)
{
    weft_socket *listener = NULL, *client = NULL;
    weft_address at = {0};

    if (!has_ipv6())
        return;
    CHECK_OK(weft_tcp_listen(&listener, "::1", 0, NULL));
    CHECK_OK(weft_socket_address(listener, &at));
    CHECK_OK(weft_tcp_connect(&client, "localhost", at.port, SOON));
    if (client)
        expect_peer(client, "::1");
    weft_socket_close(client);
    client = NULL;
    weft_socket_close(listener);
    CHECK_ERROR(weft_tcp_connect(&client, "localhost", at.port, SOON), WEFT_EREFUSED);
    CHECK_SENTENCE("localhost");
    CHECK_SENTENCE("127.0.0.1");
    CHECK_SENTENCE("[::1]");
    CU_ASSERT_PTR_NULL(client);
}

static void one_deadline_is_for_all_addresses(void)
{
    struct deaf first, second;
    weft_socket *client = NULL;

    if (!open_deaf_localhost(&first))
        return;
    CU_ASSERT_TRUE(open_deaf(&second, "::1", first.at.port));
    CHECK_ERROR(weft_tcp_connect(&client, "localhost", first.at.port, weft_in(WEFT_MS(400))),
                WEFT_ETIMEDOUT);
    CHECK_SENTENCE("localhost");
    CHECK_SENTENCE("127.0.0.1");
    CHECK_SENTENCE("[::1]");
    CHECK_SENTENCE("deadline");
    CHECK_ERROR(weft_tcp_connect(&client, "localhost", first.at.port, WEFT_NOW), WEFT_ETIMEDOUT);
    CU_ASSERT_PTR_NULL(client);
    close_deaf(&second);
    close_deaf(&first);
}

struct attempt {
    int port;
    const weft_cancel *cancel;
    int err; /* may be read after the thread was joined */
};

static int try_to_connect(weft_task *task)
{
    struct attempt *a = WEFT_ARG(task, struct attempt *);
    weft_socket *client = NULL;

    weft_cancel_enter(a->cancel);
    a->err = weft_tcp_connect(&client, "127.0.0.1", a->port, SOON);
    weft_cancel_enter(NULL);
    weft_socket_close(client);
    return 0;
}

static void a_cancel_ends_connect(void)
{
    weft_cancel stop = WEFT_CANCEL_INIT;
    struct attempt a = {.cancel = &stop};
    struct deaf d;
    weft_thread *thread;

    if (!open_deaf_localhost(&d))
        return;
    a.port = d.at.port;
    meet_at("socket.listed", 1);
    start_threads(&thread, 1, try_to_connect, &a);
    CU_ASSERT_TRUE(eventually(somebody_met, NULL));
    weft_cancel_request(&stop);
    join_threads(&thread, 1);
    meet_at(NULL, 0);
    CU_ASSERT_EQUAL(a.err, WEFT_ECANCELED);
    close_deaf(&d);
}

const char *const suite_name = "tcp_connect";
CU_TestInfo suite_cases[] = {
    {"an_address_that_answers_nothing_costs_a_quarter_of_a_second",
     an_address_that_answers_nothing_costs_a_quarter_of_a_second},
    {"an_address_that_refuses_is_followed_by_the_next",
     an_address_that_refuses_is_followed_by_the_next},
    {"one_deadline_is_for_all_addresses", one_deadline_is_for_all_addresses},
    {"a_cancel_ends_connect", a_cancel_ends_connect},
    CU_TEST_INFO_NULL,
};
