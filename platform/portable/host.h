/* SPDX-License-Identifier: MIT */
#ifndef WEFT_HOST_H
#define WEFT_HOST_H

/* Host texts and kinds of addresses, for resolve.c and address.c. */

#include <stdbool.h>
#include <stdint.h>

#include "weft/socket.h"

/* Reads a host that is a number, with brackets and scope, or tells that it is a name
 * which a resolver may be asked for (*is_number false, *address untouched). The port
 * becomes 0. WEFT_EINVAL: neither; WEFT_ENOTFOUND: no such interface. */
int weft__host_parse(weft_address *address, const char *host, bool *is_number);

/* Whether the 16 bytes are an IPv4 address as IPv6 writes it, ::ffff:a.b.c.d. */
bool weft__ip_is_mapped(const uint8_t *ip);

/* 0.0.0.0 or ::, all interfaces. */
bool weft__address_is_any(const weft_address *address);

/* fe80::/10, ff01::/16, ff02::/16: means nothing without its interface. */
bool weft__address_is_link_local(const weft_address *address);

#endif
