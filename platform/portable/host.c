/* SPDX-License-Identifier: MIT */
/*
 * What a host text is: a number (IPv4 in four decimal parts, IPv6 as RFC 4291 says),
 * a name, or nothing that any resolver should see.
 *
 * Own code instead of inet_pton(): the systems disagree about scopes, leading zeros
 * and what short forms such as "127.1" mean. Here "127.1" and "010.0.0.1" are errors,
 * because half the world reads them as something else (RFC 6943, 3.1.1). An IPv4
 * address in IPv6's clothes (::ffff:1.2.3.4) is the IPv4 address, as it is when a
 * dual-stack socket tells who its peer is.
 */
#include "host.h"

#include <string.h>

#include "internal.h"
#include "seam.h"
#include "weft/text.h"

enum {
    LONGEST_NUMBER = 300, /* bytes: with brackets and the longest interface name */
    LONGEST_NAME = 253,   /* RFC 1035, without the dot at the end */
    LONGEST_LABEL = 63
};

/* Not isdigit() and its kin: those depend on the locale. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A decimal number without leading zeros that ends at `end`, at most `most`. */
static bool parse_decimal(const char *text, const char *end, uint64_t most, uint64_t *number)
{
    uint64_t value = 0;

    if (text == end || (*text == '0' && end - text > 1))
        return false;
    for (; text < end; text++) {
        if (!is_digit(*text))
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
        if (value > most)
            return false;
    }
    *number = value;
    return true;
}

static bool parse_ipv4(const char *text, const char *end, uint8_t *ip)
{
    for (int i = 0; i < 4; i++) {
        const char *dot = i == 3 ? end : memchr(text, '.', (size_t)(end - text));
        uint64_t number = 0;
        if (!dot || !parse_decimal(text, dot, 255, &number))
            return false;
        ip[i] = (uint8_t)number;
        text = dot + 1;
    }
    return true;
}

/* One to four hexadecimal digits; where they end, or NULL. */
static const char *parse_group(const char *text, const char *end, uint8_t *bytes)
{
    unsigned value = 0;
    int digits = 0;

    while (text < end && hex_value(*text) >= 0 && digits < 4) {
        value = value * 16 + (unsigned)hex_value(*text++);
        digits++;
    }
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
    return digits > 0 ? text : NULL;
}

/* Puts the zeros that "::" stands for, one group at least, at `gap`. */
static bool open_gap(const uint8_t *bytes, size_t length, size_t gap, uint8_t *ip)
{
    if (length > 14)
        return false;
    memset(ip, 0, 16);
    memcpy(ip, bytes, gap);
    memcpy(ip + 16 - (length - gap), bytes + gap, length - gap);
    return true;
}

static bool parse_ipv6(const char *text, const char *end, uint8_t *ip)
{
    const size_t none = 99;
    uint8_t bytes[16];
    size_t length = 0, gap = none;

    if (end - text >= 2 && memcmp(text, "::", 2) == 0) {
        gap = 0;
        text += 2;
    }
    while (text < end) {
        if (length <= 12 && parse_ipv4(text, end, bytes + length)) {
            length += 4;
            break;
        }
        text = length < 16 ? parse_group(text, end, bytes + length) : NULL;
        if (!text)
            return false;
        length += 2;
        if (text == end)
            break;
        if (*text++ != ':' || text == end)
            return false;
        if (*text == ':') {
            if (gap != none)
                return false;
            gap = length;
            text++;
        }
    }
    if (gap != none)
        return open_gap(bytes, length, gap, ip);
    memcpy(ip, bytes, length);
    return length == 16;
}

bool weft__ip_is_mapped(const uint8_t *ip)
{
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    return memcmp(ip, prefix, sizeof(prefix)) == 0;
}

bool weft__address_is_any(const weft_address *address)
{
    static const uint8_t zeros[16] = {0};

    return memcmp(address->ip, zeros, address->family == WEFT_IPV4 ? 4 : 16) == 0;
}

bool weft__address_is_link_local(const weft_address *address)
{
    const uint8_t *ip = address->ip;

    if (address->family != WEFT_IPV6)
        return false;
    return (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80) ||
           (ip[0] == 0xff && ((ip[1] & 0x0f) == 1 || (ip[1] & 0x0f) == 2));
}

static int malformed(const char *host, const char *why)
{
    char shown[128];

    return weft__fail(WEFT_EINVAL, "host '%s': %s",
                      weft_text_printable(host, strlen(host), shown, sizeof(shown)), why);
}

/* What follows the '%': the interface's number or name. */
static int parse_scope(const char *host, const char *text, const char *end, uint32_t *scope)
{
    char name[LONGEST_NUMBER];
    uint64_t number = 0;

    if (parse_decimal(text, end, UINT32_MAX, &number) && number > 0) {
        *scope = (uint32_t)number;
        return 0;
    }
    if (text == end || is_digit(*text))
        return malformed(host, "no interface's name or number follows the %");
    for (const char *c = text; c < end; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return malformed(host, "a byte that no interface's name has");
    }
    memcpy(name, text, (size_t)(end - text));
    name[end - text] = '\0';
    return weft_seam_interface_number(name, scope);
}

static int parse_number(weft_address *address, const char *host)
{
    const char *start = host, *end = host + strlen(host), *percent;
    weft_address found = {.family = WEFT_IPV6};

    if (end - host >= LONGEST_NUMBER)
        return malformed(host, "too long");
    if (*start == '[') {
        if (end[-1] != ']')
            return malformed(host, "the bracket is not closed");
        start++;
        end--;
    }
    percent = memchr(start, '%', (size_t)(end - start));
    if (!parse_ipv6(start, percent ? percent : end, found.ip))
        return malformed(host, "not an IPv6 address");
    if (percent) {
        int err;
        if (!weft__address_is_link_local(&found))
            return malformed(host, "only a link-local address names its interface");
        err = parse_scope(host, percent + 1, end, &found.scope);
        if (err != 0)
            return err;
    }
    if (weft__ip_is_mapped(found.ip)) {
        memmove(found.ip, found.ip + 12, 4);
        memset(found.ip + 4, 0, 12);
        found.family = WEFT_IPV4;
    }
    *address = found;
    return 0;
}

/* Letters, digits, '-', '_' and, for names in other scripts, all of UTF-8. What else a
 * user typed is better refused here than sent to a name server. */
static bool is_name_byte(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || (unsigned char)c >= 0x80;
}

/* Whether a resolver would read the last label of a "name", and so all of it, as an
 * IPv4 address in a form that we do not: decimal, or hexadecimal after 0x. */
static bool is_number_label(const char *label, size_t length)
{
    bool hex = length >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X');

    for (size_t i = hex ? 2 : 0; i < length; i++) {
        if (hex ? hex_value(label[i]) < 0 : !is_digit(label[i]))
            return false;
    }
    return true;
}

/* Labels with dots between them. */
static int check_name(const char *host)
{
    size_t length = strlen(host), label = 0;

    if (length > 0 && host[length - 1] == '.')
        length--;
    if (length == 0 || length > LONGEST_NAME)
        return malformed(host, length == 0 ? "no name" : "a name has at most 253 bytes");
    if (!weft_text_is_utf8(host, length))
        return malformed(host, "not UTF-8");
    for (size_t i = 0; i < length; i++) {
        if (host[i] == '.') {
            if (label == 0)
                return malformed(host, "nothing before a dot");
            label = 0;
            continue;
        }
        if (!is_name_byte(host[i]))
            return malformed(host, "a byte that no name has");
        label++;
        if (label > LONGEST_LABEL)
            return malformed(host, "more than 63 bytes without a dot");
    }
    if (label == 0)
        return malformed(host, "nothing before a dot");
    if (is_number_label(host + length - label, label))
        return malformed(host, "neither an IPv4 address (four numbers to 255) nor a name");
    return 0;
}

int weft__host_parse(weft_address *address, const char *host, bool *is_number)
{
    weft_address found = {.family = WEFT_IPV4};

    *is_number = true;
    if (parse_ipv4(host, host + strlen(host), found.ip)) {
        *address = found;
        return 0;
    }
    if (strpbrk(host, "[:%]"))
        return parse_number(address, host);
    *is_number = false;
    return check_name(host);
}
