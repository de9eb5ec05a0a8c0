/* SPDX-License-Identifier: MIT */
/* TCP: connections that begin, bytes, and how they end. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "net.h"
#include "weft/caps.h"
#include "weft/socket.h"

enum { BULK = 4 << 20 };

static void echo_over(const char *host)
{
    struct pair p;
    char text[WEFT_ADDRESS_TEXT], buffer[8] = "";
    size_t sent = 0;
    weft_address address;

    open_pair(&p, host);
    CHECK_OK(weft_socket_send(p.client, "hello", 5, &sent, SOON));
    CU_ASSERT_EQUAL(sent, 5);
    CHECK_OK(receive_all(p.server, buffer, 5));
    CHECK_OK(weft_socket_send(p.server, buffer, 5, NULL, SOON));
    memset(buffer, 0, sizeof(buffer));
    CHECK_OK(receive_all(p.client, buffer, 5));
    CU_ASSERT_STRING_EQUAL(buffer, "hello");

    CU_ASSERT_STRING_EQUAL(weft_address_ip(&p.peer, text, sizeof(text)), host);
    CHECK_OK(weft_socket_peer(p.client, &address));
    CU_ASSERT_STRING_EQUAL(weft_address_ip(&address, text, sizeof(text)), host);
    CU_ASSERT_EQUAL(address.port, p.at.port);
    CHECK_OK(weft_socket_peer(p.server, &address));
    CU_ASSERT_TRUE(weft_address_equal(&address, &p.peer));
    close_pair(&p);
}

static void echo_over_ipv4(void)
{
    echo_over("127.0.0.1");
}

static void echo_over_ipv6(void)
{
    if (has_ipv6())
        echo_over("::1");
}

static void both_ends_agree_on_their_addresses(void)
{
    struct pair p;
    weft_address own = {0};

    if (!weft_caps()->bind_address) {
        skip("this backend does not know a connection's own address");
        return;
    }
    open_pair(&p, "127.0.0.1");
    CHECK_OK(weft_socket_address(p.client, &own));
    CU_ASSERT_TRUE(weft_address_equal(&own, &p.peer));
    CHECK_OK(weft_socket_address(p.server, &own));
    CU_ASSERT_TRUE(weft_address_equal(&own, &p.at));
    CHECK_ERROR(weft_socket_peer(p.listener, &own), WEFT_EINVAL);
    CHECK_SENTENCE("not connected");
    close_pair(&p);
}

static void a_name_is_tried_at_all_its_addresses(void)
{
    weft_socket *listener = NULL, *client = NULL;
    weft_address at = {0};
    int err;

    /* "localhost" is ::1 and 127.0.0.1 on most machines; only one of them answers. */
    CHECK_OK(weft_tcp_listen(&listener, "127.0.0.1", 0, NULL));
    CHECK_OK(weft_socket_address(listener, &at));
    err = weft_tcp_connect(&client, "localhost", at.port, SOON);
    weft_socket_close(listener);
    if (err == WEFT_ENOTFOUND) {
        skip("this machine does not know localhost");
        return;
    }
    CHECK_OK(err);
    weft_socket_close(client);
    client = NULL;
    CHECK_ERROR(weft_tcp_connect(&client, "localhost", at.port, SOON), WEFT_EREFUSED);
    CHECK_SENTENCE("localhost");
    CU_ASSERT_PTR_NULL(client);
}

static void a_port_in_use_is_refused(void)
{
    weft_socket *first = NULL, *second = NULL;
    weft_address at = {0};

    CHECK_OK(weft_tcp_listen(&first, "127.0.0.1", 0, NULL));
    CHECK_OK(weft_socket_address(first, &at));
    CHECK_ERROR(weft_tcp_listen(&second, "127.0.0.1", at.port, NULL), WEFT_EADDRINUSE);
    CHECK_SENTENCE("tcp");
    CU_ASSERT_PTR_NULL(second);
    weft_socket_close(first);
}

static void a_server_that_ended_does_not_block_its_port(void)
{
    struct pair p;
    weft_socket *again = NULL;

    open_pair(&p, "127.0.0.1");
    weft_socket_close(p.server); /* the side that closes first is remembered by the system */
    weft_socket_close(p.client);
    weft_socket_close(p.listener);
    CHECK_OK(weft_tcp_listen(&again, "127.0.0.1", p.at.port, NULL));
    weft_socket_close(again);
}

static void nobody_listening_is_refused_with_the_address(void)
{
    weft_socket *socket = NULL;
    weft_address at = {0};

    CHECK_OK(weft_tcp_listen(&socket, "127.0.0.1", 0, NULL));
    CHECK_OK(weft_socket_address(socket, &at));
    weft_socket_close(socket);
    socket = NULL;
    CHECK_ERROR(weft_tcp_connect(&socket, "127.0.0.1", at.port, SOON), WEFT_EREFUSED);
    CHECK_SENTENCE("127.0.0.1");
    CU_ASSERT_PTR_NULL(socket);
}

static void a_link_local_address_needs_its_interface(void)
{
    weft_socket *socket = NULL;

    if (!weft_caps()->ipv6) {
        skip("this backend has no IPv6");
        return;
    }
    CHECK_ERROR(weft_tcp_connect(&socket, "fe80::1", 80, SOON), WEFT_EINVAL);
    CHECK_SENTENCE("interface");
}

static void deadlines_of_accept_and_recv_hold(void)
{
    struct pair p;
    weft_socket *nobody = NULL;
    char byte = 0;
    size_t length = 7;
    weft_time until;

    open_pair(&p, "127.0.0.1");
    until = weft_in(WEFT_MS(30));
    CHECK_ERROR(weft_socket_accept(p.listener, &nobody, NULL, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("accept");
    until = weft_in(WEFT_MS(30));
    CHECK_ERROR(weft_socket_recv(p.client, &byte, 1, &length, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("receive");
    CHECK_ERROR(weft_socket_accept(p.listener, &nobody, NULL, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_socket_recv(p.client, &byte, 1, &length, WEFT_NOW), WEFT_ETIMEDOUT);
    CU_ASSERT_PTR_NULL(nobody);
    CU_ASSERT_EQUAL(length, 7);

    /* What is there beats a deadline that has passed. */
    CHECK_OK(weft_socket_send(p.server, "xy", 2, NULL, SOON));
    CHECK_OK(receive_all(p.client, &byte, 1));
    CHECK_OK(weft_socket_recv(p.client, &byte, 1, &length, weft_clock() - WEFT_S(1)));
    CU_ASSERT_EQUAL(byte, 'y');
    close_pair(&p);
}

static void a_send_to_who_never_reads_times_out_and_tells_how_much_went(void)
{
    const size_t size = 64 << 20;
    struct pair p;
    size_t sent = 0, got = 0, length = 0;
    char *data = calloc(1, size);

    open_pair(&p, "127.0.0.1");
    CHECK_ERROR(weft_socket_send(p.client, data, size, &sent, weft_in(WEFT_MS(300))),
                WEFT_ETIMEDOUT);
    CHECK_SENTENCE("send");
    CU_ASSERT_TRUE(sent > 0);
    CU_ASSERT_TRUE(sent < size);
    weft_socket_close(p.client);
    p.client = NULL;
    while (weft_socket_recv(p.server, data, size, &length, SOON) == 0 && length > 0)
        got += length;
    CU_ASSERT_EQUAL(got, sent);
    close_pair(&p);
    free(data);
}

static void the_end_is_a_length_of_0_again_and_again(void)
{
    struct pair p;
    char buffer[8];
    size_t length = 7;

    open_pair(&p, "127.0.0.1");
    CHECK_OK(weft_socket_send(p.client, "end", 3, NULL, SOON));
    weft_socket_close(p.client);
    p.client = NULL;
    CHECK_OK(receive_all(p.server, buffer, 3));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(weft_socket_recv(p.server, buffer, sizeof(buffer), &length, SOON));
        CU_ASSERT_EQUAL(length, 0);
    }
    close_pair(&p);
}

static void the_rest_comes_back_after_a_half_close(void)
{
    struct pair p;
    char buffer[8] = "";
    size_t length = 7;

    open_pair(&p, "127.0.0.1");
    if (!weft_caps()->shutdown_write) {
        CHECK_ERROR(weft_socket_shutdown(p.client, WEFT_SHUTDOWN_WRITE), WEFT_ENOTSUP);
        close_pair(&p);
        skip("this backend cannot close one direction");
        return;
    }
    CHECK_OK(weft_socket_send(p.client, "rest", 4, NULL, SOON));
    CHECK_OK(weft_socket_shutdown(p.client, WEFT_SHUTDOWN_WRITE));
    CHECK_OK(receive_all(p.server, buffer, 4));
    CHECK_OK(weft_socket_recv(p.server, buffer + 4, 1, &length, SOON));
    CU_ASSERT_EQUAL(length, 0);
    CHECK_OK(weft_socket_send(p.server, buffer, 4, NULL, SOON));
    memset(buffer, 0, sizeof(buffer));
    CHECK_OK(receive_all(p.client, buffer, 4));
    CU_ASSERT_STRING_EQUAL(buffer, "rest");
    CHECK_ERROR(weft_socket_send(p.client, "x", 1, &length, SOON), WEFT_ECLOSED);
    CU_ASSERT_EQUAL(length, 0);
    close_pair(&p);
}

static void a_reset_in_mid_message_is_no_end_of_file(void)
{
    struct pair p;
    char buffer[8] = "";
    size_t length = 7;
    int err;

    open_pair(&p, "127.0.0.1");
    CHECK_OK(weft_socket_send(p.server, "half ", 5, NULL, SOON));
    CHECK_OK(receive_all(p.client, buffer, 5));
    CU_ASSERT_STRING_EQUAL(buffer, "half ");
    /* Who closes with bytes unread resets the connection. */
    CHECK_OK(weft_socket_send(p.client, "unread", 6, NULL, SOON));
    CHECK_OK(receive_all(p.server, buffer, 1));
    weft_socket_close(p.server);
    p.server = NULL;
    err = weft_socket_recv(p.client, buffer, sizeof(buffer), &length, SOON);
    if (err == 0 && length == 0)
        skip("this system ends such a connection in order");
    else
        CU_ASSERT_EQUAL(err, WEFT_ERESET);
    close_pair(&p);
}

static void sends_to_a_closed_peer_end_in_a_reset(void)
{
    struct pair p;
    char byte;
    size_t length;
    int err = 0;

    open_pair(&p, "127.0.0.1");
    CHECK_OK(weft_socket_send(p.client, "unread", 6, NULL, SOON));
    weft_socket_close(p.server);
    p.server = NULL;
    for (int i = 0; i < 1000 && err == 0; i++) {
        err = weft_socket_send(p.client, "x", 1, NULL, SOON);
        weft_sleep(WEFT_MS(1));
    }
    CU_ASSERT_EQUAL(err, WEFT_ERESET);
    CHECK_SENTENCE("send");
    CHECK_ERROR(weft_socket_send(p.client, "x", 1, NULL, SOON), WEFT_ERESET);
    /* Nor does who reads take it for an orderly end, though the sender was told first. */
    CHECK_ERROR(weft_socket_recv(p.client, &byte, 1, &length, SOON), WEFT_ERESET);
    CHECK_OK(weft_socket_shutdown(p.client, WEFT_SHUTDOWN_BOTH));
    close_pair(&p);
}

/* A thread that echoes what comes until the end. */
static int echo(weft_task *task)
{
    weft_socket *socket = WEFT_ARG(task, weft_socket *);
    char *buffer = malloc(70000);
    size_t length = 1;
    int err = 0;

    while (err == 0 && length > 0) {
        err = weft_socket_recv(socket, buffer, 70000, &length, SOON);
        if (err == 0)
            err = weft_socket_send(socket, buffer, length, NULL, SOON);
    }
    free(buffer);
    return err;
}

static void one_sends_while_another_reads_the_same_socket(void)
{
    struct pair p;
    unsigned char *data = malloc(BULK), *back = malloc(BULK);
    struct sender s = {.data = data, .size = BULK, .err = WEFT_EINVAL};
    weft_thread *threads[2];

    for (size_t i = 0; i < BULK; i++)
        data[i] = (unsigned char)(i * 7 + i / 251);
    open_pair(&p, "127.0.0.1");
    s.socket = p.client;
    start_threads(&threads[0], 1, echo, p.server);
    start_threads(&threads[1], 1, send_all, &s);
    CHECK_OK(receive_all(p.client, back, BULK));
    CU_ASSERT_EQUAL(memcmp(data, back, BULK), 0);
    CHECK_OK(weft_socket_shutdown(p.client, WEFT_SHUTDOWN_BOTH));
    join_threads(threads, 2);
    CHECK_OK(s.err);
    CU_ASSERT_EQUAL(s.sent, BULK);
    close_pair(&p);
    free(data);
    free(back);
}

static void all_interfaces_are_ipv4_and_ipv6(void)
{
    weft_socket *listener = NULL, *client = NULL, *server = NULL;
    weft_address at = {0}, peer = {0};

    CHECK_OK(weft_tcp_listen(&listener, NULL, 0, NULL));
    CHECK_OK(weft_socket_address(listener, &at));
    CHECK_OK(weft_tcp_connect(&client, "127.0.0.1", at.port, SOON));
    CHECK_OK(weft_socket_accept(listener, &server, &peer, SOON));
    CU_ASSERT_EQUAL(peer.family, WEFT_IPV4);
    CU_ASSERT_EQUAL(peer.ip[0], 127);
    weft_socket_close(client);
    weft_socket_close(server);
    if (has_ipv6()) {
        CHECK_OK(weft_tcp_connect(&client, "::1", at.port, SOON));
        CHECK_OK(weft_socket_accept(listener, &server, &peer, SOON));
        CU_ASSERT_EQUAL(peer.family, WEFT_IPV6);
        weft_socket_close(client);
        weft_socket_close(server);
    }
    weft_socket_close(listener);
}

static void ipv6_only_leaves_ipv4_out(void)
{
    weft_listen_options options = {.ipv6_only = true};
    weft_socket *listener = NULL, *client = NULL;
    weft_address at = {0};

    if (!has_ipv6())
        return;
    CHECK_OK(weft_tcp_listen(&listener, "::", 0, &options));
    CHECK_OK(weft_socket_address(listener, &at));
    CHECK_ERROR(weft_tcp_connect(&client, "127.0.0.1", at.port, SOON), WEFT_EREFUSED);
    CHECK_OK(weft_tcp_connect(&client, "::1", at.port, SOON));
    weft_socket_close(client);
    weft_socket_close(listener);
}

const char *const suite_name = "tcp";
CU_TestInfo suite_cases[] = {
    {"echo_over_ipv4", echo_over_ipv4},
    {"echo_over_ipv6", echo_over_ipv6},
    {"both_ends_agree_on_their_addresses", both_ends_agree_on_their_addresses},
    {"a_name_is_tried_at_all_its_addresses", a_name_is_tried_at_all_its_addresses},
    {"a_port_in_use_is_refused", a_port_in_use_is_refused},
    {"a_server_that_ended_does_not_block_its_port", a_server_that_ended_does_not_block_its_port},
    {"nobody_listening_is_refused_with_the_address", nobody_listening_is_refused_with_the_address},
    {"a_link_local_address_needs_its_interface", a_link_local_address_needs_its_interface},
    {"deadlines_of_accept_and_recv_hold", deadlines_of_accept_and_recv_hold},
    {"a_send_to_who_never_reads_times_out_and_tells_how_much_went",
     a_send_to_who_never_reads_times_out_and_tells_how_much_went},
    {"the_end_is_a_length_of_0_again_and_again", the_end_is_a_length_of_0_again_and_again},
    {"the_rest_comes_back_after_a_half_close", the_rest_comes_back_after_a_half_close},
    {"a_reset_in_mid_message_is_no_end_of_file", a_reset_in_mid_message_is_no_end_of_file},
    {"sends_to_a_closed_peer_end_in_a_reset", sends_to_a_closed_peer_end_in_a_reset},
    {"one_sends_while_another_reads_the_same_socket",
     one_sends_while_another_reads_the_same_socket},
    {"all_interfaces_are_ipv4_and_ipv6", all_interfaces_are_ipv4_and_ipv6},
    {"ipv6_only_leaves_ipv4_out", ipv6_only_leaves_ipv4_out},
    CU_TEST_INFO_NULL,
};
