/* SPDX-License-Identifier: MIT */
/* Pollers: what is ready, and what is registered. Waits are in test_poller_wait.c. */
#include "check.h"

#include "fail.h"
#include "net.h"
#include "polled.h"
#include "weft/caps.h"

static char much[65536];

/* Sends until nothing more goes. */
static void fill_it(weft_socket *socket)
{
    size_t sent;
    int err = 0;

    while (err == 0)
        err = weft_socket_send(socket, much, sizeof(much), &sent, weft_in(WEFT_MS(200)));
    CU_ASSERT_EQUAL(err, WEFT_ETIMEDOUT);
}

/* ---- what is ready ----------------------------------------------------------------- */

static void a_connection_is_readable_while_bytes_are_left(void)
{
    struct pair p;

    open_pair(&p, "127.0.0.1");
    open_poller();
    CHECK_OK(weft_poller_register(poller, p.server, WEFT_READABLE, &tags[1]));
    expect_nothing();
    CHECK_OK(weft_socket_send(p.client, "ab", 2, NULL, SOON));
    expect_ready(p.server, WEFT_READABLE, &tags[1]);
    expect_ready(p.server, WEFT_READABLE, &tags[1]);
    receive_byte(p.server);
    expect_ready(p.server, WEFT_READABLE, &tags[1]);
    receive_byte(p.server);
    expect_nothing();
    weft_poller_close(poller);
    close_pair(&p);
}

static void the_end_is_readable(void)
{
    struct pair p;
    char byte;
    size_t length = 7;

    open_pair(&p, "127.0.0.1");
    open_poller();
    CHECK_OK(weft_poller_register(poller, p.server, WEFT_READABLE, NULL));
    weft_socket_close(p.client);
    p.client = NULL;
    expect_ready(p.server, WEFT_READABLE, NULL);
    CHECK_OK(weft_socket_recv(p.server, &byte, 1, &length, WEFT_NOW));
    CU_ASSERT_EQUAL(length, 0);
    expect_ready(p.server, WEFT_READABLE, NULL);
    weft_poller_close(poller);
    close_pair(&p);
}

static void a_peer_that_has_finished_has_not_hung_up(void)
{
    struct pair p;

    if (!weft_caps()->shutdown_write) {
        skip("this backend cannot finish sending");
        return;
    }
    open_pair(&p, "127.0.0.1");
    open_poller();
    fill_it(p.server);
    CHECK_OK(weft_poller_register(poller, p.server, WEFT_READABLE | WEFT_WRITABLE, NULL));
    CHECK_OK(weft_socket_shutdown(p.client, WEFT_SHUTDOWN_WRITE));
    expect_ready(p.server, WEFT_READABLE, NULL);
    CU_ASSERT_EQUAL(ready[0].events, WEFT_READABLE);
    CHECK_OK(weft_poller_modify(poller, p.server, WEFT_WRITABLE, NULL));
    expect_nothing();
    CHECK_ERROR(weft_poller_wait(poller, ready, ROOM, &ready_count, weft_in(WEFT_MS(30))),
                WEFT_ETIMEDOUT);
    weft_poller_close(poller);
    close_pair(&p);
}

static void a_connection_is_writable_until_it_is_full(void)
{
    struct pair p;
    size_t sent;

    open_pair(&p, "127.0.0.1");
    open_poller();
    CHECK_OK(weft_poller_register(poller, p.client, WEFT_WRITABLE, NULL));
    expect_ready(p.client, WEFT_WRITABLE, NULL);
    fill_it(p.client);
    expect_nothing();
    CHECK_OK(weft_poller_register(poller, p.server, WEFT_READABLE, NULL));
    CHECK_OK(weft_poller_modify(poller, p.client, WEFT_WRITABLE, &tags[2]));
    do {
        CHECK_OK(weft_socket_recv(p.server, much, sizeof(much), &sent, SOON));
        CHECK_OK(weft_poller_wait(poller, ready, ROOM, &ready_count, SOON));
    } while (ready_count == 1 && ready[0].socket == p.server);
    weft_poller_close(poller);
    close_pair(&p);
}

static void both_directions_are_told_at_once(void)
{
    struct pair p;

    open_pair(&p, "127.0.0.1");
    open_poller();
    CHECK_OK(weft_poller_register(poller, p.server, WEFT_READABLE | WEFT_WRITABLE, NULL));
    expect_ready(p.server, WEFT_WRITABLE, NULL);
    send_byte(p.client);
    CHECK_OK(weft_poller_modify(poller, p.server, WEFT_READABLE, NULL));
    expect_ready(p.server, WEFT_READABLE, NULL);
    CHECK_OK(weft_poller_modify(poller, p.server, WEFT_READABLE | WEFT_WRITABLE, NULL));
    expect_ready(p.server, WEFT_READABLE | WEFT_WRITABLE, NULL);
    weft_poller_close(poller);
    close_pair(&p);
}

static void a_listener_is_readable_while_somebody_waits_there(void)
{
    weft_socket *listener, *client, *server;
    weft_address at;

    CHECK_OK(weft_tcp_listen(&listener, "127.0.0.1", 0, NULL));
    CHECK_OK(weft_socket_address(listener, &at));
    open_poller();
    CHECK_OK(weft_poller_register(poller, listener, WEFT_READABLE, &tags[3]));
    expect_nothing();
    CHECK_OK(weft_tcp_connect(&client, "127.0.0.1", at.port, SOON));
    expect_ready(listener, WEFT_READABLE, &tags[3]);
    CHECK_OK(weft_socket_accept(listener, &server, NULL, SOON));
    expect_nothing();
    weft_poller_close(poller);
    weft_socket_close(client);
    weft_socket_close(server);
    weft_socket_close(listener);
}

static void a_udp_socket_is_readable_while_datagrams_are_left(void)
{
    weft_socket *a, *b;
    weft_address at;
    size_t length;

    CHECK_OK(weft_udp_open(&a, "127.0.0.1", 0, WEFT_IPV4));
    CHECK_OK(weft_udp_open(&b, "127.0.0.1", 0, WEFT_IPV4));
    CHECK_OK(weft_socket_address(b, &at));
    open_poller();
    CHECK_OK(weft_poller_register(poller, a, WEFT_WRITABLE, NULL));
    expect_ready(a, WEFT_WRITABLE, NULL);
    CHECK_OK(weft_poller_modify(poller, a, 0, NULL));
    CHECK_OK(weft_poller_register(poller, b, WEFT_READABLE, &tags[4]));
    expect_nothing();
    CHECK_OK(weft_socket_sendto(a, "", 0, &at, SOON));
    expect_ready(b, WEFT_READABLE, &tags[4]);
    CHECK_OK(weft_socket_recvfrom(b, &tags[0], 0, &length, NULL, SOON));
    expect_nothing();
    weft_poller_close(poller);
    weft_socket_close(a);
    weft_socket_close(b);
}

static void a_reset_connection_is_ready_for_all_that_was_asked(void)
{
    struct pair p;
    char byte;
    size_t length;

    open_pair(&p, "127.0.0.1");
    open_poller();
    CHECK_OK(weft_poller_register(poller, p.client, WEFT_READABLE, NULL));
    send_byte(p.client);
    CHECK_OK(weft_poller_register(poller, p.server, WEFT_READABLE, NULL));
    expect_ready(p.server, WEFT_READABLE, NULL);
    weft_socket_close(p.server); /* with a byte unread: that resets */
    p.server = NULL;
    expect_ready(p.client, WEFT_READABLE, NULL);
    if (weft_socket_recv(p.client, &byte, 1, &length, WEFT_NOW) == 0)
        CU_ASSERT_EQUAL(length, 0);
    weft_poller_close(poller);
    close_pair(&p);
}

/* ---- sockets that are shut down or closed -------------------------------------------- */

static void what_was_shut_down_is_ready(void)
{
    weft_socket *sockets[3], *client;
    struct pair p;
    weft_address at;

    open_pair(&p, "127.0.0.1");
    CHECK_OK(weft_tcp_listen(&sockets[0], "127.0.0.1", 0, NULL));
    CHECK_OK(weft_udp_open(&sockets[1], "127.0.0.1", 0, WEFT_IPV4));
    CHECK_OK(weft_socket_address(sockets[0], &at));
    sockets[2] = p.server;
    for (int i = 0; i < 3; i++) {
        open_poller();
        CHECK_OK(weft_poller_register(poller, sockets[i], WEFT_READABLE, &tags[i]));
        expect_nothing();
        CHECK_OK(weft_socket_shutdown(sockets[i], WEFT_SHUTDOWN_READ));
        expect_ready(sockets[i], WEFT_READABLE, &tags[i]);
        expect_ready(sockets[i], WEFT_READABLE, &tags[i]);
        CHECK_OK(weft_poller_modify(poller, sockets[i], 0, &tags[i]));
        expect_nothing();
        CHECK_OK(weft_poller_unregister(poller, sockets[i]));
        CHECK_OK(weft_poller_register(poller, sockets[i], WEFT_READABLE, &tags[3]));
        expect_ready(sockets[i], WEFT_READABLE, &tags[3]);
        weft_poller_close(poller);
    }
    CHECK_ERROR(weft_socket_accept(sockets[0], &client, NULL, WEFT_NOW), WEFT_ECLOSED);
    weft_socket_close(sockets[0]);
    weft_socket_close(sockets[1]);
    close_pair(&p);
}

static void shutting_down_leaves_the_other_direction(void)
{
    struct pair p;

    open_pair(&p, "127.0.0.1");
    open_poller();
    CHECK_OK(weft_poller_register(poller, p.server, WEFT_READABLE | WEFT_WRITABLE, NULL));
    CHECK_OK(weft_socket_shutdown(p.server, WEFT_SHUTDOWN_READ));
    expect_ready(p.server, WEFT_READABLE | WEFT_WRITABLE, NULL);
    CHECK_OK(weft_poller_modify(poller, p.server, WEFT_WRITABLE, NULL));
    expect_ready(p.server, WEFT_WRITABLE, NULL);
    weft_poller_close(poller);
    close_pair(&p);
}

static void closing_unregisters_everywhere(void)
{
    weft_poller *other;
    struct pair p;

    open_pair(&p, "127.0.0.1");
    open_poller();
    CHECK_OK(weft_poller_create(&other));
    CHECK_OK(weft_poller_register(poller, p.server, WEFT_WRITABLE, NULL));
    CHECK_OK(weft_poller_register(other, p.server, WEFT_WRITABLE, NULL));
    CHECK_OK(weft_poller_wait(other, ready, ROOM, &ready_count, SOON));
    CU_ASSERT_EQUAL(ready_count, 1);
    expect_ready(p.server, WEFT_WRITABLE, NULL);
    weft_socket_close(p.server);
    p.server = NULL;
    expect_nothing();
    CHECK_ERROR(weft_poller_wait(other, ready, ROOM, &ready_count, WEFT_NOW), WEFT_ETIMEDOUT);
    weft_poller_close(poller);
    weft_poller_close(other);
    close_pair(&p);
}

/* ---- registering ---------------------------------------------------------------------- */

static void a_socket_is_registered_once(void)
{
    struct pair p;

    open_pair(&p, "127.0.0.1");
    open_poller();
    CHECK_ERROR(weft_poller_modify(poller, p.server, WEFT_READABLE, NULL), WEFT_ENOTFOUND);
    CHECK_ERROR(weft_poller_unregister(poller, p.server), WEFT_ENOTFOUND);
    CHECK_SENTENCE("127.0.0.1:");
    CHECK_OK(weft_poller_register(poller, p.server, WEFT_WRITABLE, &tags[1]));
    CHECK_ERROR(weft_poller_register(poller, p.server, WEFT_READABLE, &tags[2]), WEFT_EINVAL);
    CHECK_SENTENCE("registered already");
    expect_ready(p.server, WEFT_WRITABLE, &tags[1]);
    CHECK_OK(weft_poller_modify(poller, p.server, WEFT_WRITABLE, &tags[2]));
    expect_ready(p.server, WEFT_WRITABLE, &tags[2]);
    CHECK_OK(weft_poller_unregister(poller, p.server));
    expect_nothing();
    CHECK_ERROR(weft_poller_unregister(poller, p.server), WEFT_ENOTFOUND);
    CHECK_OK(weft_poller_register(poller, p.server, WEFT_WRITABLE, &tags[3]));
    expect_ready(p.server, WEFT_WRITABLE, &tags[3]);
    weft_poller_close(poller);
    close_pair(&p);
}

static void without_events_not_even_a_hang_up_is_told(void)
{
    struct pair p;

    open_pair(&p, "127.0.0.1");
    open_poller();
    CHECK_OK(weft_poller_register(poller, p.server, 0, &tags[1]));
    CHECK_OK(weft_poller_register(poller, p.client, WEFT_READABLE, NULL));
    send_byte(p.client);
    send_byte(p.server);
    expect_ready(p.client, WEFT_READABLE, NULL);
    weft_socket_close(p.client); /* which resets: a byte is unread */
    p.client = NULL;
    CHECK_ERROR(weft_poller_wait(poller, ready, ROOM, &ready_count, weft_in(WEFT_MS(20))),
                WEFT_ETIMEDOUT);
    CHECK_OK(weft_poller_modify(poller, p.server, WEFT_READABLE, &tags[2]));
    expect_ready(p.server, WEFT_READABLE, &tags[2]);
    weft_poller_close(poller);
    close_pair(&p);
}

static void misuse_is_told(void)
{
    struct pair p;

    open_pair(&p, "127.0.0.1");
    open_poller();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_poller_register(NULL, p.server, WEFT_READABLE, NULL), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_poller_register(poller, NULL, WEFT_READABLE, NULL), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_poller_register(poller, p.server, WEFT_HUNG_UP, NULL), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_poller_wait(poller, ready, 0, &ready_count, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_poller_wake(NULL), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    weft_poller_close(poller);
    weft_poller_close(NULL);
    close_pair(&p);
}

static int use_poller(void *context)
{
    weft_poller *used = NULL;
    weft_socket *socket = NULL;
    int err = weft_udp_open(&socket, "127.0.0.1", 0, WEFT_IPV4);

    (void)context;
    if (err == 0)
        err = weft_poller_create(&used);
    if (err == 0)
        err = weft_poller_register(used, socket, WEFT_READABLE, NULL);
    if (err == 0)
        err = weft_poller_modify(used, socket, WEFT_WRITABLE, NULL);
    if (err == 0)
        err = weft_poller_wait(used, ready, ROOM, &ready_count, SOON);
    weft_poller_close(used);
    weft_socket_close(socket);
    return err;
}

static void without_memory_it_fails(void)
{
    CU_ASSERT_TRUE(refuse_each_allocation(use_poller, NULL) >= 5);
    CU_ASSERT_EQUAL(refuse_each_passage("poller.create", WEFT_ELIMIT, use_poller, NULL), 1);
}

const char *const suite_name = "poller";
CU_TestInfo suite_cases[] = {
    {"a_connection_is_readable_while_bytes_are_left",
     a_connection_is_readable_while_bytes_are_left},
    {"the_end_is_readable", the_end_is_readable},
    {"a_peer_that_has_finished_has_not_hung_up", a_peer_that_has_finished_has_not_hung_up},
    {"a_connection_is_writable_until_it_is_full", a_connection_is_writable_until_it_is_full},
    {"both_directions_are_told_at_once", both_directions_are_told_at_once},
    {"a_listener_is_readable_while_somebody_waits_there",
     a_listener_is_readable_while_somebody_waits_there},
    {"a_udp_socket_is_readable_while_datagrams_are_left",
     a_udp_socket_is_readable_while_datagrams_are_left},
    {"a_reset_connection_is_ready_for_all_that_was_asked",
     a_reset_connection_is_ready_for_all_that_was_asked},
    {"what_was_shut_down_is_ready", what_was_shut_down_is_ready},
    {"shutting_down_leaves_the_other_direction", shutting_down_leaves_the_other_direction},
    {"closing_unregisters_everywhere", closing_unregisters_everywhere},
    {"a_socket_is_registered_once", a_socket_is_registered_once},
    {"without_events_not_even_a_hang_up_is_told", without_events_not_even_a_hang_up_is_told},
    {"misuse_is_told", misuse_is_told},
    {"without_memory_it_fails", without_memory_it_fails},
    CU_TEST_INFO_NULL,
};
