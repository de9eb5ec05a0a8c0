/* SPDX-License-Identifier: MIT */
/*
 * An address with its port, as weft_address_text() writes it and as people do.
 *
 * Two colons, or a "%", make it IPv6, and then a port needs brackets: "::1:80" is an
 * address without a port. Each refusal says what is wrong, and at which byte.
 */
#include "weft/address.h"

#include <string.h>

#include "host.h"
#include "internal.h"
#include "weft/text.h"

static int refuse(const char *text, const struct weft__mistake *mistake)
{
    char shown[128];

    return weft__fail(WEFT_EINVAL, "address '%s': %s, at offset %zu",
                      weft_text_printable(text, strlen(text), shown, sizeof(shown)), mistake->why,
                      (size_t)(mistake->at - text));
}

/* What is around the IP. */
struct parts {
    const char *ip, *ip_end;
    const char *port; /* NULL: there is none */
    bool is_ipv6;
};

/* "[IPv6]" or "[IPv6]:port". */
static bool split_brackets(const char *text, struct parts *parts, struct weft__mistake *mistake)
{
    const char *bracket = strrchr(text, ']');

    *parts = (struct parts){.ip = text + 1, .ip_end = bracket, .is_ipv6 = true};
    *mistake = (struct weft__mistake){.why = "the bracket is not closed", .at = text};
    if (!bracket)
        return false;
    if (!memchr(text, ':', (size_t)(bracket - text))) {
        *mistake = (struct weft__mistake){"brackets are for IPv6 addresses", text};
        return false;
    }
    *mistake = (struct weft__mistake){"after the bracket comes a colon and a port", bracket + 1};
    if (bracket[1] == ':')
        parts->port = bracket + 2;
    return parts->port || bracket[1] == '\0';
}

static bool split(const char *text, struct parts *parts, struct weft__mistake *mistake)
{
    const char *colon = strchr(text, ':'), *end = text + strlen(text);

    *mistake = (struct weft__mistake){"an address is missing", text};
    if (text == end)
        return false;
    if (*text == '[')
        return split_brackets(text, parts, mistake);
    if (strchr(text, '%') || (colon && strchr(colon + 1, ':'))) {
        *parts = (struct parts){.ip = text, .ip_end = end, .is_ipv6 = true};
        return true;
    }
    *parts = (struct parts){.ip = text, .ip_end = colon ? colon : end};
    parts->port = colon ? colon + 1 : NULL;
    *mistake = (struct weft__mistake){"not a number, and a name needs a resolver", text};
    return weft__is_digit(*text) || *text == '.' || *text == ':';
}

int weft_address_parse(weft_address *address, const char *text, int default_port)
{
    struct parts parts;
    struct weft__mistake mistake;
    weft_address found;
    uint64_t port = (uint64_t)default_port;
    int err;

    if (default_port > UINT16_MAX)
        return weft__fail(WEFT_EINVAL, "address '%s': port %d is not 0 to 65535", text,
                          default_port);
    if (!split(text, &parts, &mistake))
        return refuse(text, &mistake);
    err = parts.is_ipv6 ? weft__ipv6_parse(&found, parts.ip, parts.ip_end, &mistake)
                        : weft__ipv4_parse(&found, parts.ip, parts.ip_end, &mistake);
    if (err == WEFT_EINVAL)
        return refuse(text, &mistake);
    if (err != 0)
        return err;
    mistake = (struct weft__mistake){"a port is missing", text + strlen(text)};
    if (parts.port ? *parts.port == '\0' : default_port < 0)
        return refuse(text, &mistake);
    if (parts.port &&
        !weft__decimal_parse(parts.port, text + strlen(text), UINT16_MAX, &port, &mistake))
        return refuse(text, &mistake);
    found.port = (uint16_t)port;
    *address = found;
    return 0;
}
