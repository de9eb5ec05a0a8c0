/* SPDX-License-Identifier: MIT */
/* Texts that are addresses, and what is said of those that are not. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "weft/address.h"
#include "weft/caps.h"

enum { DEFAULT_PORT = 7 };

static void an_address_is_written_as_it_was_read(void)
{
    static const char *const cases[][2] = {
        {"127.0.0.1:80", "127.0.0.1:80"},
        {"127.0.0.1", "127.0.0.1:7"},
        {"0.0.0.0:0", "0.0.0.0:0"},
        {"255.255.255.255:65535", "255.255.255.255:65535"},
        {"[::1]:8080", "[::1]:8080"},
        {"[::1]", "[::1]:7"},
        {"::1", "[::1]:7"},
        {"::1:80", "[::1:80]:7"},
        {"::", "[::]:7"},
        {"1::", "[1::]:7"},
        {"2001:DB8:0:0:0:0:2:1", "[2001:db8::2:1]:7"},
        {"1:2:3:4:5:6:7::", "[1:2:3:4:5:6:7:0]:7"},
        {"64:ff9b::192.0.2.33", "[64:ff9b::c000:221]:7"},
        {"1:2:3:4:5:6:1.2.3.4", "[1:2:3:4:5:6:102:304]:7"},
        {"[::ffff:192.0.2.1]:80", "192.0.2.1:80"},
        {"fe80::1%4294967295", "[fe80::1%4294967295]:7"},
        {"[ff02::1%4294967294]:80", "[ff02::1%4294967294]:80"},
        {"[fe80::1]:80", "[fe80::1]:80"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        weft_address address, again;
        char text[WEFT_ADDRESS_TEXT];
        CHECK_OK(weft_address_parse(&address, cases[i][0], DEFAULT_PORT));
        CU_ASSERT_STRING_EQUAL(weft_address_text(&address, text, sizeof(text)), cases[i][1]);
        CHECK_OK(weft_address_parse(&again, text, -1));
        CU_ASSERT_EQUAL(memcmp(&address, &again, sizeof(address)), 0);
    }
}

static const struct {
    const char *text, *why;
    int offset;
} bad_forms[] = {
    {"", "an address is missing", 0},
    {"localhost:80", "not a number, and a name needs a resolver", 0},
    {" 127.0.0.1", "not a number, and a name needs a resolver", 0},
    {"127.0.0.1:", "a port is missing", 10},
    {"[::1]:", "a port is missing", 6},
    {"127.0.0.1:http", "not a digit", 10},
    {"127.0.0.1:-1", "not a digit", 10},
    {"127.0.0.1:80 ", "not a digit", 12},
    {"127.0.0.1:65536", "a port is at most 65535", 10},
    {"127.0.0.1:99999999999999999999", "a port is at most 65535", 10},
    {"127.0.0.1:080", "a number has no leading zeros", 10},
    {":80", "a number is missing", 0},
    {"256.1.1.1", "a part of an IPv4 address is at most 255", 0},
    {"1.2.3.1000:80", "a part of an IPv4 address is at most 255", 6},
    {"127.1", "an IPv4 address has four numbers", 5},
    {"1.2.3.4.5", "an IPv4 address has four numbers", 7},
    {"1.2..4", "a number is missing", 4},
    {"1.2.3.", "a number is missing", 6},
    {"1.2.3.4x:80", "not a digit", 7},
    {"0x7f.0.0.1", "not a digit", 1},
    {"010.0.0.1", "a number has no leading zeros", 0},
    {"[::1", "the bracket is not closed", 0},
    {"[", "the bracket is not closed", 0},
    {"[]", "brackets are for IPv6 addresses", 0},
    {"[127.0.0.1]:80", "brackets are for IPv6 addresses", 0},
    {"[::1]80", "after the bracket comes a colon and a port", 5},
    {"[::1] :80", "after the bracket comes a colon and a port", 5},
    {"[::1]:80]", "not a hexadecimal digit", 4},
    {"::1]", "not a hexadecimal digit", 3},
    {"::g", "not a hexadecimal digit", 2},
    {"::12345", "a group has at most four digits", 2},
    {":1:2", "a group is missing", 0},
    {":::", "a group is missing", 2},
    {"1:2:", "a colon at the end", 3},
    {"1::2::3", "a second \"::\"", 4},
    {"1:2:3:4:5:6:7", "fewer than eight groups", 13},
    {"1:2:3:4:5:6:7:8:80", "more than eight groups (a port needs brackets)", 16},
    {"1:2:3:4::5:6:7:8", "eight groups, so nothing is left for \"::\"", 0},
    {"::1.2.3", "an IPv4 address has four numbers", 7},
    {"::1.2.3.256", "a part of an IPv4 address is at most 255", 8},
    {"%eth0", "an address is missing", 0},
    {"::1%1", "only a link-local address names its interface", 3},
    {"fe80::1%", "no interface's name or number follows the %", 8},
    {"[fe80::1%]:80", "no interface's name or number follows the %", 9},
    {"fe80::1%0", "no interface's name or number follows the %", 8},
    {"fe80::1%12x", "no interface's name or number follows the %", 8},
    {"fe80::1%\xff", "no interface has such a name", 8},
    {"fe80::1%\xc2\x9b", "no interface has such a name", 8},
    {"fe80::1%e\nth0", "no interface has such a name", 8},
};

static void what_is_wrong_is_told_and_where(void)
{
    for (size_t i = 0; i < sizeof(bad_forms) / sizeof(bad_forms[0]); i++) {
        weft_address address = {.port = 9};
        char expected[128];
        CHECK_ERROR(weft_address_parse(&address, bad_forms[i].text, DEFAULT_PORT), WEFT_EINVAL);
        snprintf(expected, sizeof(expected), "': %s, at offset %d", bad_forms[i].why,
                 bad_forms[i].offset);
        CHECK_SENTENCE(expected);
        CU_ASSERT_PTR_NULL(strchr(weft_last_error(), '\n'));
        CU_ASSERT_EQUAL(address.port, 9);
    }
}

static void a_port_may_be_asked_for(void)
{
    weft_address address;

    CHECK_ERROR(weft_address_parse(&address, "127.0.0.1", -1), WEFT_EINVAL);
    CHECK_SENTENCE("address '127.0.0.1': a port is missing, at offset 9");
    CHECK_ERROR(weft_address_parse(&address, "[::1]", -1), WEFT_EINVAL);
    CHECK_ERROR(weft_address_parse(&address, "127.0.0.1", 70000), WEFT_EINVAL);
    CHECK_SENTENCE("port 70000 is not 0 to 65535");
    CHECK_OK(weft_address_parse(&address, "127.0.0.1:80", -1));
}

static void an_interface_that_is_not_there_is_not_found(void)
{
    weft_address address;

    CHECK_ERROR(weft_address_parse(&address, "fe80::1%no-such", 80),
                weft_caps()->ipv6 ? WEFT_ENOTFOUND : WEFT_ENOTSUP);
    CHECK_SENTENCE("no-such");
}

const char *const suite_name = "address_parse";
CU_TestInfo suite_cases[] = {
    {"an_address_is_written_as_it_was_read", an_address_is_written_as_it_was_read},
    {"what_is_wrong_is_told_and_where", what_is_wrong_is_told_and_where},
    {"a_port_may_be_asked_for", a_port_may_be_asked_for},
    {"an_interface_that_is_not_there_is_not_found", an_interface_that_is_not_there_is_not_found},
    CU_TEST_INFO_NULL,
};
