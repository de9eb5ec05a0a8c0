/* SPDX-License-Identifier: MIT */
/* Addresses as text, hosts as addresses, and what becomes of hosts that are neither. */
#include "check.h"

#include <string.h>

#include "fail.h"
#include "weft/caps.h"
#include "weft/event.h"
#include "weft/fault.h"
#include "weft/socket.h"

static weft_address ipv6(uint32_t scope, const uint16_t groups[8])
{
    weft_address address = {.family = WEFT_IPV6, .port = 80, .scope = scope};

    for (int i = 0; i < 8; i++) {
        address.ip[2 * i] = (uint8_t)(groups[i] >> 8);
        address.ip[2 * i + 1] = (uint8_t)groups[i];
    }
    return address;
}

static void ipv6_is_written_as_rfc_5952_wants_it(void)
{
    static const struct {
        uint16_t groups[8];
        const char *text;
    } cases[] = {
        {{0, 0, 0, 0, 0, 0, 0, 0}, "::"},
        {{0, 0, 0, 0, 0, 0, 0, 1}, "::1"},
        {{1, 0, 0, 0, 0, 0, 0, 0}, "1::"},
        {{0x2001, 0xdb8, 0, 0, 0, 0, 2, 1}, "2001:db8::2:1"},
        {{0x2001, 0xdb8, 0, 1, 1, 1, 1, 1}, "2001:db8:0:1:1:1:1:1"},
        {{0x2001, 0, 0, 1, 0, 0, 0, 1}, "2001:0:0:1::1"},
        {{0x2001, 0xdb8, 0, 0, 1, 0, 0, 1}, "2001:db8::1:0:0:1"},
        {{1, 2, 3, 4, 5, 6, 0, 0}, "1:2:3:4:5:6::"},
        {{0, 2, 3, 4, 5, 6, 7, 0}, "0:2:3:4:5:6:7:0"},
        {{0x2001, 0xdb8, 0xaaaa, 0xbbbb, 0xcccc, 0xdddd, 0xeeee, 0xabc},
         "2001:db8:aaaa:bbbb:cccc:dddd:eeee:abc"},
        {{0, 0, 0, 0, 0, 0xffff, 0xc000, 0x201}, "::ffff:192.0.2.1"},
    };
    char text[WEFT_ADDRESS_TEXT];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        weft_address address = ipv6(0, cases[i].groups);
        CU_ASSERT_STRING_EQUAL(weft_address_ip(&address, text, sizeof(text)), cases[i].text);
    }
}

static void text_has_the_port_and_brackets_around_ipv6(void)
{
    weft_address four = {.family = WEFT_IPV4, .port = 8080, .ip = {127, 0, 0, 1}};
    weft_address six = ipv6(0, (const uint16_t[8]){0, 0, 0, 0, 0, 0, 0, 1});
    weft_address none = {0};
    char text[WEFT_ADDRESS_TEXT], small[6] = "";

    CU_ASSERT_STRING_EQUAL(weft_address_text(&four, text, sizeof(text)), "127.0.0.1:8080");
    CU_ASSERT_STRING_EQUAL(weft_address_ip(&four, text, sizeof(text)), "127.0.0.1");
    CU_ASSERT_STRING_EQUAL(weft_address_text(&six, text, sizeof(text)), "[::1]:80");
    CU_ASSERT_STRING_EQUAL(weft_address_text(&four, small, sizeof(small)), "127.0");
    CU_ASSERT_TRUE(strlen(weft_address_text(&none, text, sizeof(text))) > 0);
}

static void the_longest_address_fits_its_text(void)
{
    weft_address longest = ipv6(UINT32_MAX, (const uint16_t[8]){0xfe80, 0xffff, 0xffff, 0xffff,
                                                                0xffff, 0xffff, 0xffff, 0xffff});
    char text[WEFT_ADDRESS_TEXT];

    longest.port = 65535;
    CU_ASSERT_STRING_EQUAL(weft_address_text(&longest, text, sizeof(text)),
                           "[fe80:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}

static void equal_is_ip_scope_and_port(void)
{
    weft_address a = {.family = WEFT_IPV4, .port = 1, .ip = {10, 0, 0, 1}};
    weft_address b = a;

    CU_ASSERT_TRUE(weft_address_equal(&a, &b));
    b.port = 2;
    CU_ASSERT_FALSE(weft_address_equal(&a, &b));
    b = a;
    b.ip[3] = 2;
    CU_ASSERT_FALSE(weft_address_equal(&a, &b));
    b = a;
    b.family = WEFT_IPV6;
    CU_ASSERT_FALSE(weft_address_equal(&a, &b));
    a.family = WEFT_IPV6;
    b.scope = 3;
    CU_ASSERT_FALSE(weft_address_equal(&a, &b));
}

static void check_number(const char *host, const char *expected)
{
    weft_address address = {0};
    char text[WEFT_ADDRESS_TEXT];

    CHECK_OK(weft_address_resolve(&address, host, 80, WEFT_FAMILY_NONE, WEFT_NOW));
    CU_ASSERT_STRING_EQUAL(weft_address_ip(&address, text, sizeof(text)), expected);
    CU_ASSERT_EQUAL(address.port, 80);
    CU_ASSERT_EQUAL(address.unused, 0);
}

static void ipv4_numbers_need_no_resolver(void)
{
    check_number("127.0.0.1", "127.0.0.1");
    check_number("0.0.0.0", "0.0.0.0");
    check_number("255.255.255.255", "255.255.255.255");
    check_number("::ffff:192.0.2.1", "192.0.2.1");
}

static void ipv6_numbers_need_no_resolver(void)
{
    weft_address address;

    if (!weft_caps()->ipv6) {
        CHECK_ERROR(weft_address_resolve(&address, "::1", 80, WEFT_FAMILY_NONE, WEFT_NOW),
                    WEFT_ENOTSUP);
        CHECK_SENTENCE("::1");
        skip("this backend has no IPv6");
        return;
    }
    check_number("::", "::");
    check_number("::1", "::1");
    check_number("[::1]", "::1");
    check_number("1::", "1::");
    check_number("2001:DB8:0:0:0:0:0:1", "2001:db8::1");
    check_number("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8");
    check_number("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0");
    check_number("64:ff9b::192.0.2.33", "64:ff9b::c000:221");
    CHECK_OK(weft_address_resolve(&address, "fe80::1%4294967295", 80, WEFT_FAMILY_NONE, WEFT_NOW));
    CU_ASSERT_EQUAL(address.scope, UINT32_MAX);
    CHECK_ERROR(weft_address_resolve(&address, "fe80::1%no-such", 80, WEFT_FAMILY_NONE, WEFT_NOW),
                WEFT_ENOTFOUND);
    CHECK_SENTENCE("no-such");
}

static const char *const malformed_hosts[] = {"256.1.1.1",
                                              "1.2.3",
                                              "1.2.3.4.5",
                                              "127.1",
                                              "010.0.0.1",
                                              "1.2.3.",
                                              "1.2.3.4.",
                                              "1234",
                                              "0x7f000001",
                                              "0x7f.0.0.0x1",
                                              ":",
                                              ":::",
                                              "::1::",
                                              "1::2::3",
                                              "1:2:3:4:5:6:7",
                                              "1:2:3:4:5:6:7:8:9",
                                              "1:2:3:4:5:6:7:8::",
                                              "::12345",
                                              "::g",
                                              "1:",
                                              ":1",
                                              "::1.2.3",
                                              "[::1",
                                              "::1]",
                                              "[]",
                                              "[",
                                              "]",
                                              "[127.0.0.1]",
                                              "::1%1",
                                              "fe80::1%",
                                              "fe80::1%0",
                                              "fe80::1%12x",
                                              "fe80::1%e\nth0",
                                              "127.0.0.1:80",
                                              "localhost:80",
                                              "http://localhost/",
                                              "a b",
                                              "a\nb",
                                              "\x1b[31m",
                                              "a..b",
                                              ".a",
                                              ".",
                                              "..",
                                              "\xff\xfe",
                                              "user@host",
                                              "*"};

static void malformed_hosts_never_reach_the_resolver(void)
{
    char long_host[301], label[65];
    weft_address address = {.port = 7};

    /* An answer at WEFT_NOW that is not WEFT_ETIMEDOUT: nobody was asked. */
    for (size_t i = 0; i < sizeof(malformed_hosts) / sizeof(malformed_hosts[0]); i++) {
        CHECK_ERROR(
            weft_address_resolve(&address, malformed_hosts[i], 80, WEFT_FAMILY_NONE, WEFT_NOW),
            WEFT_EINVAL);
        CHECK_SENTENCE("host '");
        CU_ASSERT_PTR_NULL(strpbrk(weft_last_error(), "\n\x1b"));
    }
    memset(long_host, 'a', sizeof(long_host) - 1);
    long_host[300] = '\0';
    CHECK_ERROR(weft_address_resolve(&address, long_host, 80, WEFT_FAMILY_NONE, WEFT_NOW),
                WEFT_EINVAL);
    memset(long_host, ':', sizeof(long_host) - 1);
    CHECK_ERROR(weft_address_resolve(&address, long_host, 80, WEFT_FAMILY_NONE, WEFT_NOW),
                WEFT_EINVAL);
    memset(label, 'a', 64);
    label[64] = '\0';
    CHECK_ERROR(weft_address_resolve(&address, label, 80, WEFT_FAMILY_NONE, WEFT_NOW), WEFT_EINVAL);
    CU_ASSERT_EQUAL(address.port, 7);
}

static void names_that_look_odd_are_names(void)
{
    static const char *const hosts[] = {
        "a", "a.", "1a", "0xyz", "a_b", "1.2.3.4.example", "-", "m\xc3\xbcller.example"};
    weft_address address;

    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        CHECK_ERROR(weft_address_resolve(&address, hosts[i], 80, WEFT_FAMILY_NONE, WEFT_NOW),
                    WEFT_ETIMEDOUT);
}

static void a_port_is_0_to_65535(void)
{
    static const int wrong[] = {-1, 65536, 70000, INT32_MAX, INT32_MIN};
    weft_address address;
    weft_socket *socket = NULL;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK_ERROR(
            weft_address_resolve(&address, "127.0.0.1", wrong[i], WEFT_FAMILY_NONE, WEFT_NOW),
            WEFT_EINVAL);
        CHECK_SENTENCE("is not 0 to 65535");
        CHECK_ERROR(weft_tcp_listen(&socket, "127.0.0.1", wrong[i], NULL), WEFT_EINVAL);
        CHECK_ERROR(weft_tcp_connect(&socket, "127.0.0.1", wrong[i], SOON), WEFT_EINVAL);
        CHECK_ERROR(weft_udp_open(&socket, "127.0.0.1", wrong[i], WEFT_IPV4), WEFT_EINVAL);
    }
    CHECK_ERROR(weft_address_resolve(&address, "127.0.0.1", 70000, WEFT_FAMILY_NONE, WEFT_NOW),
                WEFT_EINVAL);
    CHECK_SENTENCE("port 70000 is not 0 to 65535");
    CHECK_ERROR(weft_tcp_connect(&socket, "127.0.0.1", 0, SOON), WEFT_EINVAL);
    CU_ASSERT_PTR_NULL(socket);
    CHECK_OK(weft_address_resolve(&address, "127.0.0.1", 65535, WEFT_FAMILY_NONE, WEFT_NOW));
    CU_ASSERT_EQUAL(address.port, 65535);
}

static void no_host_is_all_interfaces(void)
{
    const uint8_t zeros[16] = {0};
    weft_address address;
    weft_socket *socket = NULL;

    CHECK_OK(weft_address_resolve(&address, NULL, 80, WEFT_FAMILY_NONE, WEFT_NOW));
    CU_ASSERT_EQUAL(memcmp(address.ip, zeros, 16), 0);
    CHECK_OK(weft_address_resolve(&address, "", 80, WEFT_FAMILY_NONE, WEFT_NOW));
    CU_ASSERT_EQUAL(memcmp(address.ip, zeros, 16), 0);
    CHECK_ERROR(weft_tcp_connect(&socket, NULL, 80, SOON), WEFT_EINVAL);
    CHECK_ERROR(weft_tcp_connect(&socket, "", 80, SOON), WEFT_EINVAL);
}

static void a_name_that_does_not_exist_is_not_found(void)
{
    weft_address address;
    weft_socket *socket = NULL;
    int err =
        weft_address_resolve(&address, "nosuch.invalid", 80, WEFT_FAMILY_NONE, weft_in(WEFT_S(5)));

    /* A network without a name server may take longer than we care to wait. */
    CU_ASSERT_TRUE(err == WEFT_ENOTFOUND || err == WEFT_ETIMEDOUT);
    CHECK_SENTENCE("nosuch.invalid");
    err = weft_tcp_connect(&socket, "nosuch.invalid", 80, weft_in(WEFT_S(5)));
    CU_ASSERT_TRUE(err == WEFT_ENOTFOUND || err == WEFT_ETIMEDOUT);
    CHECK_SENTENCE("nosuch.invalid");
}

static weft_event name_server_answers;

static int slow_name_server(const char *point)
{
    if (strcmp(point, "resolve") != 0)
        return 0;
    weft_event_wait(&name_server_answers, SOON);
    return WEFT_ENOTFOUND;
}

static void a_slow_name_server_cannot_hold_the_deadline(void)
{
    weft_address address;
    weft_time until = weft_in(WEFT_MS(30));

    watch_memory();
    weft_fault_hook(slow_name_server);
    CHECK_ERROR(weft_address_resolve(&address, "slow.invalid", 80, WEFT_FAMILY_NONE, until),
                WEFT_ETIMEDOUT);
    CHECK_SENTENCE("slow.invalid");
    CU_ASSERT_TRUE(weft_clock() >= until);
    weft_event_set(&name_server_answers);
    CHECK_ERROR(weft_address_resolve(&address, "slow.invalid", 80, WEFT_FAMILY_NONE, SOON),
                WEFT_ENOTFOUND);
    CHECK_SENTENCE("slow.invalid");
    unwatch_memory(); /* waits for the call that was left alone */
    weft_fault_hook(NULL);
}

static void only_the_family_that_is_asked_for_is_given(void)
{
    weft_address address = {0};

    CHECK_OK(weft_address_resolve(&address, NULL, 80, WEFT_IPV4, WEFT_NOW));
    CU_ASSERT_EQUAL(address.family, WEFT_IPV4);
    CHECK_OK(weft_address_resolve(&address, "127.0.0.1", 80, WEFT_IPV4, WEFT_NOW));
    CHECK_ERROR(weft_address_resolve(&address, "127.0.0.1", 80, WEFT_IPV6, WEFT_NOW),
                WEFT_ENOTFOUND);
    CHECK_SENTENCE("127.0.0.1");
    CHECK_SENTENCE("IPv6");
}

static void localhost_needs_no_resolver(void)
{
    weft_address address = {0};
    char text[WEFT_ADDRESS_TEXT];

    CHECK_OK(weft_address_resolve(&address, "LocalHost", 80, WEFT_IPV4, WEFT_NOW));
    CU_ASSERT_STRING_EQUAL(weft_address_text(&address, text, sizeof(text)), "127.0.0.1:80");
    if (!weft_caps()->ipv6)
        return;
    CHECK_OK(weft_address_resolve(&address, "localhost", 80, WEFT_IPV6, WEFT_NOW));
    CU_ASSERT_STRING_EQUAL(weft_address_text(&address, text, sizeof(text)), "[::1]:80");
}

static int resolve_once(void *context)
{
    weft_address address;
    int err = weft_address_resolve(&address, "nosuch.invalid", 80, WEFT_FAMILY_NONE, SOON);

    (void)context;
    /* That nobody has the name is the attempt's success: memory was asked for. */
    return err == WEFT_ENOTFOUND ? 0 : err;
}

static void refused_memory_is_told_and_nothing_is_left_over(void)
{
    CU_ASSERT_TRUE(refuse_each_allocation(resolve_once, NULL) >= 2);
}

const char *const suite_name = "address";
CU_TestInfo suite_cases[] = {
    {"ipv6_is_written_as_rfc_5952_wants_it", ipv6_is_written_as_rfc_5952_wants_it},
    {"text_has_the_port_and_brackets_around_ipv6", text_has_the_port_and_brackets_around_ipv6},
    {"the_longest_address_fits_its_text", the_longest_address_fits_its_text},
    {"equal_is_ip_scope_and_port", equal_is_ip_scope_and_port},
    {"only_the_family_that_is_asked_for_is_given", only_the_family_that_is_asked_for_is_given},
    {"localhost_needs_no_resolver", localhost_needs_no_resolver},
    {"ipv4_numbers_need_no_resolver", ipv4_numbers_need_no_resolver},
    {"ipv6_numbers_need_no_resolver", ipv6_numbers_need_no_resolver},
    {"malformed_hosts_never_reach_the_resolver", malformed_hosts_never_reach_the_resolver},
    {"names_that_look_odd_are_names", names_that_look_odd_are_names},
    {"a_port_is_0_to_65535", a_port_is_0_to_65535},
    {"no_host_is_all_interfaces", no_host_is_all_interfaces},
    {"a_name_that_does_not_exist_is_not_found", a_name_that_does_not_exist_is_not_found},
    {"a_slow_name_server_cannot_hold_the_deadline", a_slow_name_server_cannot_hold_the_deadline},
    {"refused_memory_is_told_and_nothing_is_left_over",
     refused_memory_is_told_and_nothing_is_left_over},
    CU_TEST_INFO_NULL,
};
