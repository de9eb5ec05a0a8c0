/* SPDX-License-Identifier: MIT */
/*
 * What a host text is: a number, a name, or nothing that any resolver should see.
 * number.c reads numbers; what looks like one in a form that only some systems know is
 * an error here and not a name.
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

static int parse_number(weft_address *address, const char *host)
{
    const char *start = host, *end = host + strlen(host);
    weft_address found;
    struct weft__mistake mistake = {NULL, NULL};
    int err;

    if (end - host >= LONGEST_NUMBER)
        return malformed(host, "too long");
    if (*start == '[') {
        if (end[-1] != ']')
            return malformed(host, "the bracket is not closed");
        start++;
        end--;
    }
    err = weft__ipv6_parse(&found, start, end, &mistake);
    if (err == WEFT_EINVAL)
        return malformed(host, mistake.why);
    if (err == 0)
        *address = found;
    return err;
}

/* Letters, digits, '-', '_' and, for names in other scripts, all of UTF-8. What else a
 * user typed is better refused here than sent to a name server. */
static bool is_name_byte(char c)
{
    return weft__is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || (unsigned char)c >= 0x80;
}

/* Whether a resolver would read the last label of a "name", and so all of it, as an
 * IPv4 address in a form that we do not: decimal, or hexadecimal after 0x. */
static bool is_number_label(const char *label, size_t length)
{
    bool hex = length >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X');

    for (size_t i = hex ? 2 : 0; i < length; i++) {
        if (hex ? weft__hex_value(label[i]) < 0 : !weft__is_digit(label[i]))
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
    weft_address found;
    struct weft__mistake mistake;

    *is_number = true;
    if (weft__ipv4_parse(&found, host, host + strlen(host), &mistake) == 0) {
        *address = found;
        return 0;
    }
    if (strpbrk(host, "[:%]"))
        return parse_number(address, host);
    *is_number = false;
    return check_name(host);
}
