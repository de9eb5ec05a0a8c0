/* SPDX-License-Identifier: MIT */
#ifndef WEFT_HOST_H
#define WEFT_HOST_H

/* Host texts, numbers and kinds of addresses, and what becomes of those that a host has. */

#include <stdbool.h>
#include <stdint.h>

#include "weft/socket.h"

enum { WEFT__MOST_ADDRESSES = 16, WEFT__DEFAULT_BACKLOG = 128 };

/* Reads a host that is a number, with brackets and scope, or tells that it is a name
 * which a resolver may be asked for (*is_number false, *address untouched). The port
 * becomes 0. WEFT_EINVAL: neither; WEFT_ENOTFOUND: no such interface. */
int weft__host_parse(weft_address *address, const char *host, bool *is_number);

/* What is wrong with a number, and where. */
struct weft__mistake {
    const char *why, *at;
};

/* number.c: reads the bytes up to `end`, without brackets or port. WEFT_EINVAL without a
 * sentence: *mistake has it. WEFT_ENOTFOUND: no such interface. */
int weft__ipv4_parse(weft_address *address, const char *text, const char *end,
                     struct weft__mistake *mistake);
int weft__ipv6_parse(weft_address *address, const char *text, const char *end,
                     struct weft__mistake *mistake);

/* A decimal number without leading zeros that ends at `end`, at most `most`. */
bool weft__decimal_parse(const char *text, const char *end, uint64_t most, uint64_t *number,
                         struct weft__mistake *mistake);

bool weft__is_digit(char c);

/* 0 to 15; -1: no hexadecimal digit. */
int weft__hex_value(char c);

/* Whether the 16 bytes are an IPv4 address as IPv6 writes it, ::ffff:a.b.c.d. */
bool weft__ip_is_mapped(const uint8_t *ip);

/* 0.0.0.0 or ::, all interfaces. */
bool weft__address_is_any(const weft_address *address);

/* fe80::/10, ff01::/16, ff02::/16: means nothing without its interface. */
bool weft__address_is_link_local(const weft_address *address);

/* tcp.c and udp.c, or sdl2/listen.c and udp.c: a socket at this address, for bind.c. The options
 * are checked and complete. WEFT_ENOTSUP, WEFT_ENOTFOUND: another address may do. */
int weft__tcp_listen_at(weft_socket **socket, const weft_address *address,
                        const weft_listen_options *options);
int weft__udp_open_at(weft_socket **socket, const weft_address *address, bool share_port);

#endif
