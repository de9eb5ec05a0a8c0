/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SOCKET_PRIVATE_H
#define WEFT_SOCKET_PRIVATE_H

/* What resolve.c and socket*.c of this folder share. */

#include <stdbool.h>

#include <winsock2.h>

#include <ws2tcpip.h>

#include "seam_socket.h"
#include "weft/socket.h"

/* The handle, new from the system, is the socket's, with an event; it is closed if that fails.
 * 0, or the system's number. */
int weft__socket_adopt(weft_seam_socket *socket, SOCKET handle);

/* To the system's form and back. `mapped`: IPv4 as an IPv6 socket wants it. */
int weft__address_to_system(const weft_address *address, bool mapped,
                            struct sockaddr_storage *storage);
void weft__address_from_system(weft_address *address, const struct sockaddr *from);

#endif
