/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SOCKET_PRIVATE_H
#define WEFT_SOCKET_PRIVATE_H

/* What bell.c, datagram*.c, resolve.c and socket*.c of this folder share. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "weft/socket.h"

/* It does not block, and no child inherits it. False: errno. Only where the system cannot
 * make descriptors so. (bell.c) */
bool weft__descriptor_init(int descriptor);

/* What is readable while the bell rings. */
int weft__bell_descriptor(uintptr_t bell);

/* To the system's form and back. `mapped`: IPv4 as an IPv6 socket wants it. */
socklen_t weft__address_to_system(const weft_address *address, bool mapped,
                                  struct sockaddr_storage *storage);
void weft__address_from_system(weft_address *address, const struct sockaddr *from);

/* errno of a call with a datagram, as the seam says it. */
int weft__said_of_datagram(int reason);

/* Others may bind to the port that this one is about to bind to. 0, or errno. */
int weft__share_port(int descriptor);

/* UDP sockets keep news about their datagrams from now on, or do not. 0, or as the seam's. */
int weft__tell_unreachable(int descriptor, uint32_t family, int value);

#endif
