/* SPDX-License-Identifier: MIT */
/* UDP. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "fail.h"
#include "net.h"
#include "weft/atomic.h"
#include "weft/caps.h"
#include "weft/socket.h"

enum { WAITERS = 4, DATAGRAMS = 40 };

/* Two sockets at the same host, and where they are. */
struct two {
    weft_socket *a, *b;
    weft_address at_a, at_b;
};

static void open_two(struct two *t, const char *host)
{
    memset(t, 0, sizeof(*t));
    CHECK_OK(weft_udp_open(&t->a, host, 0, WEFT_FAMILY_NONE));
    CHECK_OK(weft_udp_open(&t->b, host, 0, WEFT_FAMILY_NONE));
    CHECK_OK(weft_socket_address(t->a, &t->at_a));
    CHECK_OK(weft_socket_address(t->b, &t->at_b));
    CU_ASSERT_NOT_EQUAL(t->at_a.port, 0);
    CU_ASSERT_NOT_EQUAL(t->at_a.port, t->at_b.port);
}

static void close_two(struct two *t)
{
    weft_socket_close(t->a);
    weft_socket_close(t->b);
}

static void echo_over(const char *host)
{
    struct two t;
    weft_address from = {0};
    char buffer[8] = "";
    size_t length = 0;

    open_two(&t, host);
    CHECK_OK(weft_socket_sendto(t.a, "hello", 5, &t.at_b, SOON));
    CHECK_OK(weft_socket_recvfrom(t.b, buffer, sizeof(buffer), &length, &from, SOON));
    CU_ASSERT_EQUAL(length, 5);
    CU_ASSERT_STRING_EQUAL(buffer, "hello");
    CU_ASSERT_TRUE(weft_address_equal(&from, &t.at_a));
    CHECK_OK(weft_socket_sendto(t.b, buffer, length, &from, SOON));
    CHECK_OK(weft_socket_recvfrom(t.a, buffer, sizeof(buffer), &length, NULL, SOON));
    CU_ASSERT_EQUAL(length, 5);
    close_two(&t);
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

static void a_datagram_too_large_for_the_buffer_tells_its_true_length(void)
{
    static const size_t sizes[] = {513, 2000, 8000};
    struct two t;
    weft_address from = {0};
    char data[8000], buffer[513];
    size_t length = 0;

    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (char)(i % 100);
    open_two(&t, "127.0.0.1");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        buffer[512] = 'x';
        CHECK_OK(weft_socket_sendto(t.a, data, sizes[i], &t.at_b, SOON));
        CHECK_ERROR(weft_socket_recvfrom(t.b, buffer, 512, &length, &from, SOON), WEFT_ETRUNCATED);
        CHECK_SENTENCE("larger");
        CU_ASSERT_EQUAL(length, sizes[i]);
        CU_ASSERT_EQUAL(memcmp(buffer, data, 512), 0);
        CU_ASSERT_EQUAL(buffer[512], 'x');
        CU_ASSERT_TRUE(weft_address_equal(&from, &t.at_a));
    }
    /* The rest is gone; the next one is whole, and fits to the byte. */
    CHECK_OK(weft_socket_sendto(t.a, data, 512, &t.at_b, SOON));
    CHECK_OK(weft_socket_recvfrom(t.b, buffer, 512, &length, NULL, SOON));
    CU_ASSERT_EQUAL(length, 512);
    close_two(&t);
}

static void a_datagram_of_0_bytes_arrives_as_such(void)
{
    struct two t;
    weft_address from = {0};
    char byte = 'x';
    size_t length = 7;

    open_two(&t, "127.0.0.1");
    CHECK_OK(weft_socket_sendto(t.a, "", 0, &t.at_b, SOON));
    CHECK_OK(weft_socket_recvfrom(t.b, &byte, 1, &length, &from, SOON));
    CU_ASSERT_EQUAL(length, 0);
    CU_ASSERT_EQUAL(byte, 'x');
    CU_ASSERT_TRUE(weft_address_equal(&from, &t.at_a));
    /* A buffer of nothing still learns the length. */
    CHECK_OK(weft_socket_sendto(t.a, "abc", 3, &t.at_b, SOON));
    CHECK_ERROR(weft_socket_recvfrom(t.b, NULL, 0, &length, NULL, SOON), WEFT_ETRUNCATED);
    CU_ASSERT_EQUAL(length, 3);
    close_two(&t);
}

static void a_datagram_that_no_system_takes_is_too_big(void)
{
    struct two t;
    char *data = calloc(1, 70000);
    size_t length = 0;

    open_two(&t, "127.0.0.1");
    CHECK_ERROR(weft_socket_sendto(t.a, data, 70000, &t.at_b, SOON), WEFT_ETOOBIG);
    CHECK_SENTENCE("70000");
    CHECK_ERROR(weft_socket_sendto(t.a, data, 65508, &t.at_b, SOON), WEFT_ETOOBIG);
    CHECK_ERROR(weft_socket_recvfrom(t.b, data, 1, &length, NULL, WEFT_NOW), WEFT_ETIMEDOUT);
    close_two(&t);
    free(data);
}

static void datagrams_to_nobody_disturb_nobody(void)
{
    struct two t;
    weft_socket *gone = NULL;
    weft_address nobody = {0};
    char byte = 0;
    size_t length = 0;

    open_two(&t, "127.0.0.1");
    CHECK_OK(weft_udp_open(&gone, "127.0.0.1", 0, WEFT_IPV4));
    CHECK_OK(weft_socket_address(gone, &nobody));
    weft_socket_close(gone);
    for (int i = 0; i < 5; i++)
        CHECK_OK(weft_socket_sendto(t.a, "x", 1, &nobody, SOON));
    CHECK_ERROR(weft_socket_recvfrom(t.a, &byte, 1, &length, NULL, weft_in(WEFT_MS(30))),
                WEFT_ETIMEDOUT);
    CHECK_OK(weft_socket_sendto(t.b, "y", 1, &t.at_a, SOON));
    CHECK_OK(weft_socket_recvfrom(t.a, &byte, 1, &length, NULL, SOON));
    CU_ASSERT_EQUAL(byte, 'y');
    close_two(&t);
}

static void the_deadline_of_recvfrom_holds(void)
{
    struct two t;
    char byte = 0;
    size_t length = 7;
    weft_time until = weft_in(WEFT_MS(30));

    open_two(&t, "127.0.0.1");
    CHECK_ERROR(weft_socket_recvfrom(t.a, &byte, 1, &length, NULL, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("udp");
    CHECK_ERROR(weft_socket_recvfrom(t.a, &byte, 1, &length, NULL, WEFT_NOW), WEFT_ETIMEDOUT);
    CU_ASSERT_EQUAL(length, 7);
    close_two(&t);
}

static void a_port_in_use_is_refused(void)
{
    struct two t;
    weft_socket *second = NULL;

    open_two(&t, "127.0.0.1");
    CHECK_ERROR(weft_udp_open(&second, "127.0.0.1", t.at_a.port, WEFT_IPV4), WEFT_EADDRINUSE);
    CHECK_SENTENCE("udp");
    CU_ASSERT_PTR_NULL(second);
    close_two(&t);
}

static void without_a_host_the_family_decides(void)
{
    weft_socket *socket = NULL;
    weft_address at = {0};

    CHECK_OK(weft_udp_open(&socket, NULL, 0, WEFT_IPV4));
    CHECK_OK(weft_socket_address(socket, &at));
    CU_ASSERT_EQUAL(at.family, WEFT_IPV4);
    weft_socket_close(socket);
    CHECK_OK(weft_udp_open(&socket, "", 0, WEFT_FAMILY_NONE));
    CHECK_OK(weft_socket_address(socket, &at));
    CU_ASSERT_EQUAL(at.family, WEFT_IPV4);
    weft_socket_close(socket);
    socket = NULL;
    CHECK_ERROR(weft_udp_open(&socket, "127.0.0.1", 0, WEFT_IPV6),
                weft_caps()->ipv6 ? WEFT_ENOTFOUND : WEFT_ENOTSUP);
    CU_ASSERT_PTR_NULL(socket);
    if (!has_ipv6())
        return;
    CHECK_OK(weft_udp_open(&socket, NULL, 0, WEFT_IPV6));
    CHECK_OK(weft_socket_address(socket, &at));
    CU_ASSERT_EQUAL(at.family, WEFT_IPV6);
    weft_socket_close(socket);
}

static void an_ipv6_socket_at_all_interfaces_speaks_ipv4_too(void)
{
    weft_socket *dual = NULL, *four = NULL;
    weft_address at_dual = {0}, at_four = {0}, to = {0}, from = {0};
    char byte = 0;
    size_t length = 0;

    if (!has_ipv6())
        return;
    CHECK_OK(weft_udp_open(&dual, NULL, 0, WEFT_IPV6));
    CHECK_OK(weft_udp_open(&four, "127.0.0.1", 0, WEFT_IPV4));
    CHECK_OK(weft_socket_address(dual, &at_dual));
    CHECK_OK(weft_socket_address(four, &at_four));
    CHECK_OK(weft_address_resolve(&to, "127.0.0.1", at_dual.port, WEFT_FAMILY_NONE, SOON));
    CHECK_OK(weft_socket_sendto(four, "x", 1, &to, SOON));
    CHECK_OK(weft_socket_recvfrom(dual, &byte, 1, &length, &from, SOON));
    CU_ASSERT_TRUE(weft_address_equal(&from, &at_four));
    CHECK_OK(weft_socket_sendto(dual, "y", 1, &from, SOON));
    CHECK_OK(weft_socket_recvfrom(four, &byte, 1, &length, &from, SOON));
    CU_ASSERT_EQUAL(byte, 'y');
    CU_ASSERT_TRUE(weft_address_equal(&from, &to));
    weft_socket_close(dual);
    weft_socket_close(four);
}

static void what_a_udp_socket_cannot_do_is_misuse(void)
{
    struct two t;
    weft_socket *nobody = NULL;
    weft_address six = {.family = WEFT_IPV6, .port = 9, .ip = {[15] = 1}};
    weft_address nowhere = {0};
    char byte;
    size_t length;

    open_two(&t, "127.0.0.1");
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_socket_sendto(t.a, "x", 1, &six, SOON), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_socket_sendto(t.a, "x", 1, &nowhere, SOON), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_socket_recv(t.a, &byte, 1, &length, SOON), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_socket_accept(t.a, &nobody, NULL, SOON), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    CHECK_ERROR(weft_socket_peer(t.a, &nowhere), WEFT_EINVAL);
    close_two(&t);
}

static void options_are_kept(void)
{
    struct two t;
    int value = 7;

    open_two(&t, "127.0.0.1");
    if (!weft_caps()->socket_options) {
        CHECK_ERROR(weft_socket_option_set(t.a, WEFT_SOCKET_BROADCAST, 1), WEFT_ENOTSUP);
        close_two(&t);
        skip("this backend has no options");
        return;
    }
    for (int on = 1; on >= 0; on--) {
        CHECK_OK(weft_socket_option_set(t.a, WEFT_SOCKET_BROADCAST, on));
        CHECK_OK(weft_socket_option_get(t.a, WEFT_SOCKET_BROADCAST, &value));
        CU_ASSERT_EQUAL(value, on);
    }
    CHECK_OK(weft_socket_option_set(t.a, WEFT_SOCKET_RECEIVE_BUFFER, 65536));
    CHECK_OK(weft_socket_option_get(t.a, WEFT_SOCKET_RECEIVE_BUFFER, &value));
    CU_ASSERT_TRUE(value >= 65536);
    CHECK_ERROR(weft_socket_option_set(t.a, WEFT_SOCKET_NO_DELAY, 1), WEFT_EINVAL);
    close_two(&t);
}

/* Threads that receive at one socket until it is shut down. */
struct receivers {
    weft_socket *socket;
    weft_atomic_u32 about_to_wait, received, closed, other;
};

static int receive(weft_task *task)
{
    struct receivers *r = WEFT_ARG(task, struct receivers *);
    char buffer[16];
    size_t length = 0;
    int err = 0;

    weft_fetch_add_u32(&r->about_to_wait, 1, WEFT_RELEASE);
    while (err == 0) {
        err = weft_socket_recvfrom(r->socket, buffer, 16, &length, NULL, SOON);
        if (err == 0)
            weft_fetch_add_u32(length == 5 ? &r->received : &r->other, 1, WEFT_RELEASE);
    }
    weft_fetch_add_u32(err == WEFT_ECLOSED ? &r->closed : &r->other, 1, WEFT_RELEASE);
    return 0;
}

static bool all_are_about_to_wait(void *context)
{
    return weft_load_u32(&((struct receivers *)context)->about_to_wait, WEFT_ACQUIRE) == WAITERS;
}

static bool all_are_received(void *context)
{
    return weft_load_u32(&((struct receivers *)context)->received, WEFT_ACQUIRE) == DATAGRAMS;
}

static void several_threads_receive_until_shutdown_ends_their_wait(void)
{
    struct two t;
    struct receivers r = {0};
    weft_thread *threads[WAITERS];
    char byte;
    size_t length;

    open_two(&t, "127.0.0.1");
    r.socket = t.b;
    start_threads(threads, WAITERS, receive, &r);
    CU_ASSERT_TRUE(eventually(all_are_about_to_wait, &r));
    for (int i = 0; i < DATAGRAMS; i++)
        CHECK_OK(weft_socket_sendto(t.a, "hello", 5, &t.at_b, SOON));
    CU_ASSERT_TRUE(eventually(all_are_received, &r));
    weft_sleep(WEFT_MS(20)); /* likely to find them waiting; right either way */
    CHECK_OK(weft_socket_shutdown(t.b, WEFT_SHUTDOWN_BOTH));
    join_threads(threads, WAITERS);
    CU_ASSERT_EQUAL(r.closed.value, WAITERS);
    CU_ASSERT_EQUAL(r.other.value, 0);
    CHECK_ERROR(weft_socket_recvfrom(t.b, &byte, 1, &length, NULL, WEFT_FOREVER), WEFT_ECLOSED);
    CHECK_ERROR(weft_socket_sendto(t.b, "x", 1, &t.at_a, SOON), WEFT_ECLOSED);
    close_two(&t);
}

static int open_once(void *context)
{
    weft_socket *socket = NULL;
    int err = weft_udp_open(&socket, "127.0.0.1", 0, WEFT_IPV4);

    (void)context;
    weft_socket_close(socket);
    return err;
}

static void refusals_are_told_and_nothing_is_left_over(void)
{
    CU_ASSERT_TRUE(refuse_each_allocation(open_once, NULL) >= 1);
    CU_ASSERT_TRUE(refuse_each_passage("socket.create", WEFT_ELIMIT, open_once, NULL) >= 1);
}

const char *const suite_name = "udp";
CU_TestInfo suite_cases[] = {
    {"echo_over_ipv4", echo_over_ipv4},
    {"echo_over_ipv6", echo_over_ipv6},
    {"a_datagram_too_large_for_the_buffer_tells_its_true_length",
     a_datagram_too_large_for_the_buffer_tells_its_true_length},
    {"a_datagram_of_0_bytes_arrives_as_such", a_datagram_of_0_bytes_arrives_as_such},
    {"a_datagram_that_no_system_takes_is_too_big", a_datagram_that_no_system_takes_is_too_big},
    {"datagrams_to_nobody_disturb_nobody", datagrams_to_nobody_disturb_nobody},
    {"the_deadline_of_recvfrom_holds", the_deadline_of_recvfrom_holds},
    {"a_port_in_use_is_refused", a_port_in_use_is_refused},
    {"without_a_host_the_family_decides", without_a_host_the_family_decides},
    {"an_ipv6_socket_at_all_interfaces_speaks_ipv4_too",
     an_ipv6_socket_at_all_interfaces_speaks_ipv4_too},
    {"what_a_udp_socket_cannot_do_is_misuse", what_a_udp_socket_cannot_do_is_misuse},
    {"options_are_kept", options_are_kept},
    {"several_threads_receive_until_shutdown_ends_their_wait",
     several_threads_receive_until_shutdown_ends_their_wait},
    {"refusals_are_told_and_nothing_is_left_over", refusals_are_told_and_nothing_is_left_over},
    CU_TEST_INFO_NULL,
};
