/* SPDX-License-Identifier: MIT */
#ifndef WEFT_ADDRESS_H
#define WEFT_ADDRESS_H

/*
 * Where a socket is or sends to: an IP and a port, found for a host's name, and as text.
 *
 *     weft_address address;
 *     char text[WEFT_ADDRESS_TEXT];
 *     CHECK(weft_address_resolve(&address, "localhost", 80, WEFT_FAMILY_NONE, WEFT_FOREVER));
 *     puts(weft_address_text(&address, text, sizeof(text)));
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "time.h"

#ifdef __cplusplus
extern "C" {
#endif

/* WEFT_UNIX: the end of a Unix domain socket, which has neither port nor IP; text: "unix". */
enum weft_family { WEFT_FAMILY_NONE, WEFT_IPV4, WEFT_IPV6, WEFT_UNIX };

/* Where a socket is or sends to. A plain value; equal addresses are equal bytes. */
typedef struct weft_address {
    uint32_t family; /* enum weft_family */
    uint16_t port;   /* host byte order */
    uint16_t unused; /* 0 */
    uint32_t scope;  /* IPv6 link-local: the interface's number; otherwise 0 */
    uint8_t ip[16];  /* network byte order; IPv4 uses the first 4, the rest is 0 */
} weft_address;

#define WEFT_ADDRESS_TEXT 72 /* bytes that hold any address as text, with its end */

/**
 * The first address of a host.
 *
 * @param host   a name ("localhost" is known without a resolver), an IPv4 or IPv6 number
 *               ("::1", "fe80::1%eth0", also in brackets), or NULL or "" for all
 *               interfaces of this machine
 * @param port   0 to 65535
 * @param family WEFT_IPV4 or WEFT_IPV6: only such an address; WEFT_FAMILY_NONE: either
 * @param until  absolute, monotonic ns; a slow name server cannot hold it longer
 * @return 0; WEFT_EINVAL: port out of range or host malformed; WEFT_ENOTFOUND: no
 *         such host; WEFT_ETIMEDOUT; WEFT_ECANCELED; WEFT_ENOTSUP: IPv6 in a build
 *         without it
 *
 * Threads: any.   Python: socket.getaddrinfo.
 */
int weft_address_resolve(weft_address *address, const char *host, int port,
                         enum weft_family family, weft_time until);

/**
 * The address as "127.0.0.1:8080" or "[::1]:8080".
 *
 * @param text  receives at most `size` bytes with its end; WEFT_ADDRESS_TEXT is enough
 * @return text
 *
 * Threads: any.   Python: str(address).
 */
const char *weft_address_text(const weft_address *address, char *text, size_t size);

/** The IP alone, without port and brackets: "127.0.0.1", "::1". Python: address[0]. */
const char *weft_address_ip(const weft_address *address, char *text, size_t size);

/** Whether both are the same IP, scope and port. Threads: any. */
bool weft_address_equal(const weft_address *a, const weft_address *b);

#ifdef __cplusplus
}
#endif

#endif
