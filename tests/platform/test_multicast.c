/* SPDX-License-Identifier: MIT */
/* Multicast and shared ports: several sockets that receive the same. */
#include "check.h"

#include <string.h>

#include "net.h"
#include "weft/caps.h"

static const weft_udp_options shared = {.share_port = true};

/* Two members of a group at one port, and somebody who sends to it. */
struct group {
    weft_socket *first, *second, *sender;
    weft_address at;
};

/* The number of the loopback interface by its name; 0: it has another one. */
static unsigned loopback(void)
{
    weft_address address = {0};

    if (weft_address_resolve(&address, "fe80::1%lo", 0, WEFT_IPV6, WEFT_NOW) != 0 &&
        weft_address_resolve(&address, "fe80::1%lo0", 0, WEFT_IPV6, WEFT_NOW) != 0)
        return 0;
    return address.scope;
}

/* False, after skip(): there is no multicast here. */
static bool open_group(struct group *g, const char *ip, enum weft_family family)
{
    unsigned via = loopback();
    weft_address any;
    int err;

    memset(g, 0, sizeof(*g));
    if (!weft_caps()->multicast) {
        skip("this backend has no multicast");
        return false;
    }
    CHECK_OK(weft_udp_open_with(&g->first, NULL, 0, family, &shared));
    CHECK_OK(weft_socket_address(g->first, &any));
    CHECK_OK(weft_udp_open_with(&g->second, NULL, any.port, family, &shared));
    CHECK_OK(weft_udp_open(&g->sender, NULL, 0, family));
    CHECK_OK(weft_address_resolve(&g->at, ip, any.port, family, WEFT_NOW));
    err = weft_socket_multicast_join(g->first, &g->at, via);
    if (err == 0)
        err = weft_socket_multicast_join(g->second, &g->at, via);
    if (err == 0)
        err = weft_socket_option_set(g->sender, WEFT_SOCKET_MULTICAST_INTERFACE, (int)via);
    if (err != 0)
        skip("no interface here that can");
    return err == 0;
}

static void close_group(struct group *g)
{
    weft_socket_close(g->first);
    weft_socket_close(g->second);
    weft_socket_close(g->sender);
}

static void expect_text(weft_socket *socket, const char *text)
{
    char buffer[16] = "";
    size_t length = 0;

    CHECK_OK(weft_socket_recvfrom(socket, buffer, sizeof(buffer) - 1, &length, NULL, SOON));
    CU_ASSERT_STRING_EQUAL(buffer, text);
}

static void reach_all(const char *ip, enum weft_family family)
{
    struct group g;
    weft_address own = {0};
    char buffer[16];
    size_t length = 0;
    bool open = open_group(&g, ip, family);
    int err = open ? weft_socket_sendto(g.sender, "both", 4, &g.at, SOON) : 0;

    if (err == WEFT_EUNREACHABLE) {
        skip("no route here that multicast of this family could take");
    } else if (open) {
        CHECK_OK(err);
        expect_text(g.first, "both");
        expect_text(g.second, "both");

        /* Who leaves gets no more: what comes next was sent to nobody but itself. */
        CHECK_OK(weft_socket_multicast_leave(g.second, &g.at, loopback()));
        CHECK_OK(weft_socket_sendto(g.sender, "first", 5, &g.at, SOON));
        expect_text(g.first, "first");
        CHECK_OK(weft_socket_address(g.sender, &own));
        if (strcmp(weft_caps()->system, "linux") != 0) /* gives others' groups by default */
            CHECK_ERROR(
                weft_socket_recvfrom(g.second, buffer, sizeof(buffer), &length, NULL, WEFT_NOW),
                WEFT_ETIMEDOUT);
    }
    close_group(&g);
}

static void all_members_of_a_group_get_what_is_sent_to_it(void)
{
    reach_all("239.255.77.1", WEFT_IPV4);
}

static void ipv6_has_groups_too(void)
{
    if (has_ipv6())
        reach_all("ff15::77:1", WEFT_IPV6);
}

static void what_is_no_group_or_no_member_is_told(void)
{
    struct group g;
    weft_address nobody = {.family = WEFT_IPV4, .ip = {127, 0, 0, 1}};
    weft_address six = {.family = WEFT_IPV6, .ip = {0xff, 0x15, [15] = 1}};

    if (open_group(&g, "239.255.77.2", WEFT_IPV4)) {
        CHECK_ERROR(weft_socket_multicast_join(g.first, &g.at, loopback()), WEFT_EINVAL);
        CHECK_SENTENCE("239.255.77.2");
        CHECK_ERROR(weft_socket_multicast_leave(g.sender, &g.at, loopback()), WEFT_EINVAL);
        CHECK_SENTENCE("no member");
        CHECK_ERROR(weft_socket_multicast_join(g.sender, &g.at, 9999), WEFT_ENOTFOUND);
        CHECK_SENTENCE("9999");
        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_socket_multicast_join(g.sender, &nobody, 0), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
        CHECK_SENTENCE("127.0.0.1");
        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_socket_multicast_join(g.sender, &six, 0), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
    }
    close_group(&g);
}

static void a_backend_without_says_so(void)
{
    weft_socket *socket = NULL, *other = NULL;
    weft_address group = {.family = WEFT_IPV4, .ip = {239, 255, 77, 3}};

    if (weft_caps()->multicast) {
        skip("this one has it");
        return;
    }
    CHECK_OK(weft_udp_open(&socket, "127.0.0.1", 0, WEFT_IPV4));
    CHECK_ERROR(weft_socket_multicast_join(socket, &group, 0), WEFT_ENOTSUP);
    CHECK_ERROR(weft_socket_multicast_leave(socket, &group, 0), WEFT_ENOTSUP);
    CHECK_ERROR(weft_udp_open_with(&other, "127.0.0.1", 0, WEFT_IPV4, &shared), WEFT_ENOTSUP);
    CHECK_SENTENCE("SDL2_net");
    CU_ASSERT_PTR_NULL(other);
    weft_socket_close(socket);
}

/* ---- options ---------------------------------------------------------------------------- */

static void expect_kept(weft_socket *socket, enum weft_socket_option option, int value)
{
    int read = -1;

    CHECK_OK(weft_socket_option_set(socket, option, value));
    CHECK_OK(weft_socket_option_get(socket, option, &read));
    CU_ASSERT_EQUAL(read, value);
}

static void keep_options(enum weft_family family)
{
    weft_socket *socket = NULL;
    int value = -1;

    CHECK_OK(weft_udp_open(&socket, NULL, 0, family));
    CHECK_OK(weft_socket_option_get(socket, WEFT_SOCKET_MULTICAST_TTL, &value));
    CU_ASSERT_EQUAL(value, 1);
    CHECK_OK(weft_socket_option_get(socket, WEFT_SOCKET_MULTICAST_LOOP, &value));
    CU_ASSERT_EQUAL(value, 1);
    expect_kept(socket, WEFT_SOCKET_TTL, 7);
    expect_kept(socket, WEFT_SOCKET_MULTICAST_TTL, 200);
    expect_kept(socket, WEFT_SOCKET_MULTICAST_TTL, 0);
    expect_kept(socket, WEFT_SOCKET_MULTICAST_LOOP, 0);
    expect_kept(socket, WEFT_SOCKET_MULTICAST_INTERFACE, 0);
    CHECK_ERROR(weft_socket_option_set(socket, WEFT_SOCKET_TTL, 0), WEFT_EINVAL);
    CHECK_ERROR(weft_socket_option_set(socket, WEFT_SOCKET_MULTICAST_TTL, 256), WEFT_EINVAL);
    CHECK_ERROR(weft_socket_option_set(socket, WEFT_SOCKET_MULTICAST_LOOP, 2), WEFT_EINVAL);
    CHECK_ERROR(weft_socket_option_set(socket, WEFT_SOCKET_KEEP_ALIVE_IDLE, 1), WEFT_EINVAL);
    weft_socket_close(socket);
}

static void options_of_udp_are_kept(void)
{
    if (!weft_caps()->socket_options) {
        skip("this backend has no options");
        return;
    }
    keep_options(WEFT_IPV4);
    if (has_ipv6())
        keep_options(WEFT_IPV6);
}

static void options_of_connections_are_kept(void)
{
    struct pair p;
    int value = -1;

    if (!weft_caps()->socket_options) {
        skip("this backend has no options");
        return;
    }
    open_pair(&p, "127.0.0.1");
    expect_kept(p.client, WEFT_SOCKET_KEEP_ALIVE, 1);
    if (weft_socket_option_set(p.client, WEFT_SOCKET_KEEP_ALIVE_IDLE, 77) != WEFT_ENOTSUP)
        expect_kept(p.client, WEFT_SOCKET_KEEP_ALIVE_IDLE, 77);
    expect_kept(p.client, WEFT_SOCKET_TTL, 9);
    CHECK_ERROR(weft_socket_option_set(p.client, WEFT_SOCKET_KEEP_ALIVE_IDLE, 0), WEFT_EINVAL);
    CHECK_ERROR(weft_socket_option_set(p.client, WEFT_SOCKET_MULTICAST_TTL, 1), WEFT_EINVAL);
    CHECK_ERROR(weft_socket_option_get(p.client, WEFT_SOCKET_TELL_UNREACHABLE, &value),
                WEFT_EINVAL);
    close_pair(&p);
}

static void who_asks_is_told_of_a_datagram_that_found_nobody(void)
{
    weft_socket *socket = NULL, *gone = NULL;
    weft_address nobody = {0}, self = {0};
    char buffer[8];
    size_t length;
    int err;

    CHECK_OK(weft_udp_open(&socket, "127.0.0.1", 0, WEFT_IPV4));
    err = weft_socket_option_set(socket, WEFT_SOCKET_TELL_UNREACHABLE, 1);
    if (err != 0 || strcmp(weft_caps()->system, "linux") != 0) {
        CU_ASSERT_TRUE(err == 0 || err == WEFT_ENOTSUP);
        weft_socket_close(socket);
        skip("this system tells nothing, or Wine does not");
        return;
    }
    CHECK_OK(weft_udp_open(&gone, "127.0.0.1", 0, WEFT_IPV4));
    CHECK_OK(weft_socket_address(gone, &nobody));
    weft_socket_close(gone);
    CHECK_OK(weft_socket_address(socket, &self));
    /* The second send meets the news about the first, and must not take it away. */
    CHECK_OK(weft_socket_sendto(socket, "1", 1, &nobody, SOON));
    CHECK_OK(weft_socket_sendto(socket, "2", 1, &self, SOON));
    CHECK_ERROR(weft_socket_recvfrom(socket, buffer, sizeof(buffer), &length, NULL, SOON),
                WEFT_EREFUSED);
    CHECK_SENTENCE("found nobody");
    CHECK_OK(weft_socket_recvfrom(socket, buffer, sizeof(buffer), &length, NULL, SOON));
    CHECK_ERROR(
        weft_socket_recvfrom(socket, buffer, sizeof(buffer), &length, NULL, weft_in(WEFT_MS(5))),
        WEFT_ETIMEDOUT);

    CHECK_OK(weft_socket_option_set(socket, WEFT_SOCKET_TELL_UNREACHABLE, 0));
    CHECK_OK(weft_socket_sendto(socket, "3", 1, &nobody, SOON));
    CHECK_OK(weft_socket_sendto(socket, "4", 1, &self, SOON));
    CHECK_OK(weft_socket_recvfrom(socket, buffer, sizeof(buffer), &length, NULL, SOON));
    weft_socket_close(socket);
}

static void several_listeners_share_a_port(void)
{
    const weft_listen_options share = {.share_port = true};
    weft_socket *first = NULL, *second = NULL, *third = NULL;
    weft_address at = {0};
    int err = weft_tcp_listen(&first, "127.0.0.1", 0, &share);

    if (!weft_caps()->share_port) {
        CHECK_ERROR(err, WEFT_ENOTSUP);
        CU_ASSERT_PTR_NULL(first);
        skip("this backend shares no port");
        return;
    }
    CHECK_OK(err);
    CHECK_OK(weft_socket_address(first, &at));
    CHECK_OK(weft_tcp_listen(&second, "127.0.0.1", at.port, &share));
    CHECK_ERROR(weft_tcp_listen(&third, "127.0.0.1", at.port, NULL), WEFT_EADDRINUSE);
    weft_socket_close(first);
    weft_socket_close(second);
}

const char *const suite_name = "multicast";
CU_TestInfo suite_cases[] = {
    {"all_members_of_a_group_get_what_is_sent_to_it",
     all_members_of_a_group_get_what_is_sent_to_it},
    {"ipv6_has_groups_too", ipv6_has_groups_too},
    {"what_is_no_group_or_no_member_is_told", what_is_no_group_or_no_member_is_told},
    {"a_backend_without_says_so", a_backend_without_says_so},
    {"options_of_udp_are_kept", options_of_udp_are_kept},
    {"options_of_connections_are_kept", options_of_connections_are_kept},
    {"who_asks_is_told_of_a_datagram_that_found_nobody",
     who_asks_is_told_of_a_datagram_that_found_nobody},
    {"several_listeners_share_a_port", several_listeners_share_a_port},
    CU_TEST_INFO_NULL,
};
