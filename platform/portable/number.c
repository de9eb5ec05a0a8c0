/* SPDX-License-Identifier: MIT */
/*
 * IP addresses as numbers: IPv4 in four decimal parts, IPv6 as RFC 4291 says, with its
 * interface.
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
    IPV4_SIZE = 4,
    IPV6_SIZE = 16,
    LONGEST_NAME = 256 /* bytes of an interface's name, with its end */
};

/* Not isdigit() and its kin: those depend on the locale. */
bool weft__is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int weft__hex_value(char c)
{
    if (weft__is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_wrong(struct weft__mistake *mistake, const char *at, const char *why)
{
    *mistake = (struct weft__mistake){.why = why, .at = at};
    return false;
}

bool weft__decimal_parse(const char *text, const char *end, uint64_t most, uint64_t *number,
                         struct weft__mistake *mistake)
{
    uint64_t value = 0;

    if (text == end)
        return is_wrong(mistake, text, "a number is missing");
    if (*text == '0' && end - text > 1 && weft__is_digit(text[1]))
        return is_wrong(mistake, text, "a number has no leading zeros");
    for (const char *c = text; c < end; c++) {
        if (!weft__is_digit(*c))
            return is_wrong(mistake, c, "not a digit");
        value = value * 10 + (uint64_t)(*c - '0');
        if (value > most)
            return is_wrong(mistake, text,
                            most == 255      ? "a part of an IPv4 address is at most 255"
                            : most == 0xFFFF ? "a port is at most 65535"
                                             : "the number is too large");
    }
    *number = value;
    return true;
}

static bool parse_ipv4(const char *text, const char *end, uint8_t *ip,
                       struct weft__mistake *mistake)
{
    for (int i = 0; i < IPV4_SIZE; i++) {
        const char *dot = memchr(text, '.', (size_t)(end - text));
        const char *stop = dot ? dot : end;
        uint64_t number = 0;
        if (!weft__decimal_parse(text, stop, 255, &number, mistake))
            return false;
        if ((i == IPV4_SIZE - 1) != !dot)
            return is_wrong(mistake, stop, "an IPv4 address has four numbers");
        ip[i] = (uint8_t)number;
        text = stop + 1;
    }
    return true;
}

int weft__ipv4_parse(weft_address *address, const char *text, const char *end,
                     struct weft__mistake *mistake)
{
    *address = (weft_address){.family = WEFT_IPV4};
    return parse_ipv4(text, end, address->ip, mistake) ? 0 : WEFT_EINVAL;
}

/* One to four hexadecimal digits; where they end, or NULL. */
static const char *parse_group(const char *text, const char *end, uint8_t *bytes,
                               struct weft__mistake *mistake)
{
    const char *start = text;
    unsigned value = 0;

    for (; text < end && weft__hex_value(*text) >= 0; text++) {
        if (text - start == 4) {
            is_wrong(mistake, start, "a group has at most four digits");
            return NULL;
        }
        value = value * 16 + (unsigned)weft__hex_value(*text);
    }
    if (text == start) {
        is_wrong(mistake, text,
                 text < end && *text == ':' ? "a group is missing" : "not a hexadecimal digit");
        return NULL;
    }
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
    return text;
}

/* Groups that were read, and where the zeros go that "::" stands for. */
struct groups {
    uint8_t bytes[IPV6_SIZE];
    size_t length, gap;
    bool has_gap;
};

/* The groups up to the end, or up to a gap; where that is, or NULL. */
static const char *parse_groups(struct groups *g, const char *text, const char *end,
                                struct weft__mistake *mistake)
{
    while (text < end) {
        const char *stop = memchr(text, ':', (size_t)(end - text));
        size_t left = IPV6_SIZE - g->length;
        if (!stop && memchr(text, '.', (size_t)(end - text)) && left >= IPV4_SIZE) {
            g->length += IPV4_SIZE;
            return parse_ipv4(text, end, g->bytes + g->length - IPV4_SIZE, mistake) ? end : NULL;
        }
        if (left == 0) {
            is_wrong(mistake, text, "more than eight groups (a port needs brackets)");
            return NULL;
        }
        text = parse_group(text, end, g->bytes + g->length, mistake);
        if (!text)
            return NULL;
        g->length += 2;
        if (text == end || (end - text >= 2 && text[0] == ':' && text[1] == ':'))
            return text;
        if (*text != ':' || text + 1 == end) {
            is_wrong(mistake, text,
                     *text == ':' ? "a colon at the end" : "not a hexadecimal digit");
            return NULL;
        }
        text++;
    }
    return text;
}

static bool parse_ipv6(const char *text, const char *end, uint8_t *ip,
                       struct weft__mistake *mistake)
{
    struct groups g = {.length = 0};
    const char *start = text;

    if (text == end)
        return is_wrong(mistake, text, "an address is missing");
    if (end - text < 2 || text[0] != ':' || text[1] != ':')
        text = parse_groups(&g, text, end, mistake);
    if (text && text < end) {
        g.gap = g.length;
        g.has_gap = true;
        text = parse_groups(&g, text + 2, end, mistake);
        if (text && text < end)
            return is_wrong(mistake, text, "a second \"::\"");
    }
    if (!text)
        return false;
    if (g.length == IPV6_SIZE && g.has_gap)
        return is_wrong(mistake, start, "eight groups, so nothing is left for \"::\"");
    if (g.length < IPV6_SIZE && !g.has_gap)
        return is_wrong(mistake, end, "fewer than eight groups");
    memset(ip, 0, IPV6_SIZE);
    memcpy(ip, g.bytes, g.gap);
    memcpy(ip + IPV6_SIZE - (g.length - g.gap), g.bytes + g.gap, g.length - g.gap);
    return true;
}

/* Less than LONGEST_NAME bytes. A sentence may show them as they are. */
static bool is_printable(const char *text, size_t length)
{
    char shown[4 * LONGEST_NAME];

    weft_text_printable(text, length, shown, sizeof(shown));
    return strlen(shown) == length && memcmp(shown, text, length) == 0;
}

/* The interface's number or name. WEFT_ENOTFOUND has a sentence. */
static int parse_scope(const char *text, const char *end, uint32_t *scope,
                       struct weft__mistake *mistake)
{
    char name[LONGEST_NAME];
    uint64_t number = 0;

    if (text == end || weft__is_digit(*text)) {
        if (weft__decimal_parse(text, end, UINT32_MAX, &number, mistake) && number > 0) {
            *scope = (uint32_t)number;
            return 0;
        }
        is_wrong(mistake, text, "no interface's name or number follows the %");
        return WEFT_EINVAL;
    }
    if (end - text >= LONGEST_NAME || memchr(text, ' ', (size_t)(end - text)) ||
        !is_printable(text, (size_t)(end - text))) {
        is_wrong(mistake, text, "no interface has such a name");
        return WEFT_EINVAL;
    }
    memcpy(name, text, (size_t)(end - text));
    name[end - text] = '\0';
    return weft_seam_interface_number(name, scope);
}

int weft__ipv6_parse(weft_address *address, const char *text, const char *end,
                     struct weft__mistake *mistake)
{
    const char *percent = memchr(text, '%', (size_t)(end - text));
    weft_address found = {.family = WEFT_IPV6};

    if (!parse_ipv6(text, percent ? percent : end, found.ip, mistake))
        return WEFT_EINVAL;
    if (percent) {
        int err = WEFT_EINVAL;
        if (weft__address_is_link_local(&found))
            err = parse_scope(percent + 1, end, &found.scope, mistake);
        else
            is_wrong(mistake, percent, "only a link-local address names its interface");
        if (err != 0)
            return err;
    }
    if (weft__ip_is_mapped(found.ip)) {
        memmove(found.ip, found.ip + 12, IPV4_SIZE);
        memset(found.ip + IPV4_SIZE, 0, IPV6_SIZE - IPV4_SIZE);
        found.family = WEFT_IPV4;
    }
    *address = found;
    return 0;
}
