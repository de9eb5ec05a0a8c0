/* SPDX-License-Identifier: MIT */
/*
 * Addresses as text, IPv6 as RFC 5952 wants it: lower case, the longest run of two
 * or more zero groups as "::" (the first of equal ones), no leading zeros. Own code
 * instead of inet_ntop(), which differs from system to system. host.c reads them.
 */
#include "weft/socket.h"

#include <stdio.h>
#include <string.h>

#include "host.h"
#include "seam.h"

enum {
    IPV6_GROUPS = 8,
    INTERFACE_SIZE = 20 /* a longer name is written as its number: see WEFT_ADDRESS_TEXT */
};

static unsigned group_at(const uint8_t *ip, int i)
{
    return (unsigned)ip[2 * i] << 8 | ip[2 * i + 1];
}

/* Where the groups begin that "::" stands for, and how many; IPV6_GROUPS: nowhere. */
static int find_zeros(const uint8_t *ip, int *length)
{
    int best = IPV6_GROUPS, start = 0;

    *length = 1;
    for (int i = 0; i <= IPV6_GROUPS; i++) {
        if (i < IPV6_GROUPS && group_at(ip, i) == 0)
            continue;
        if (i - start > *length) {
            best = start;
            *length = i - start;
        }
        start = i + 1;
    }
    return best;
}

static void write_ipv6(const uint8_t *ip, char *text, size_t size)
{
    int zeros = 0, gap = find_zeros(ip, &zeros);
    size_t at = 0;

    if (weft__ip_is_mapped(ip)) {
        snprintf(text, size, "::ffff:%u.%u.%u.%u", ip[12], ip[13], ip[14], ip[15]);
        return;
    }
    for (int i = 0; i < IPV6_GROUPS;) {
        if (i == gap) {
            at += (size_t)snprintf(text + at, size - at, i == 0 ? "::" : ":");
            i += zeros;
            continue;
        }
        at += (size_t)snprintf(text + at, size - at, i < IPV6_GROUPS - 1 ? "%x:" : "%x",
                               group_at(ip, i));
        i++;
    }
}

/* Into a text of WEFT_ADDRESS_TEXT bytes. */
static void write_ip(const weft_address *address, char *text)
{
    const uint8_t *ip = address->ip;
    char name[INTERFACE_SIZE];
    size_t length;

    if (address->family == WEFT_IPV4) {
        snprintf(text, WEFT_ADDRESS_TEXT, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
        return;
    }
    if (address->family != WEFT_IPV6) {
        snprintf(text, WEFT_ADDRESS_TEXT, address->family == WEFT_UNIX ? "unix" : "(no address)");
        return;
    }
    write_ipv6(ip, text, WEFT_ADDRESS_TEXT);
    if (address->scope == 0)
        return;
    length = strlen(text);
    if (weft_seam_interface_name(address->scope, name, sizeof(name)) == 0)
        snprintf(text + length, WEFT_ADDRESS_TEXT - length, "%%%s", name);
    else
        snprintf(text + length, WEFT_ADDRESS_TEXT - length, "%%%lu", (unsigned long)address->scope);
}

const char *weft_address_ip(const weft_address *address, char *text, size_t size)
{
    char whole[WEFT_ADDRESS_TEXT];

    write_ip(address, whole);
    if (size > 0)
        snprintf(text, size, "%s", whole);
    return text;
}

const char *weft_address_text(const weft_address *address, char *text, size_t size)
{
    char ip[WEFT_ADDRESS_TEXT];

    write_ip(address, ip);
    if (size == 0)
        return text;
    if (address->family == WEFT_IPV6)
        snprintf(text, size, "[%s]:%u", ip, (unsigned)address->port);
    else if (address->family == WEFT_IPV4)
        snprintf(text, size, "%s:%u", ip, (unsigned)address->port);
    else
        snprintf(text, size, "%s", ip);
    return text;
}

bool weft_address_equal(const weft_address *a, const weft_address *b)
{
    size_t length = a->family == WEFT_IPV4 ? 4 : 16;

    return a->family == b->family && a->port == b->port && a->scope == b->scope &&
           memcmp(a->ip, b->ip, length) == 0;
}
