/* SPDX-License-Identifier: MIT */
/* Addresses between weft and the system, the system's resolver, and interfaces. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"
#include "portable/host.h"
#include "seam.h"
#include "socket_private.h"

socklen_t weft__address_to_system(const weft_address *address, bool mapped,
                                  struct sockaddr_storage *storage)
{
    struct sockaddr_in *four = (struct sockaddr_in *)storage;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)storage;

    memset(storage, 0, sizeof(*six)); /* the larger one */
    if (address->family == WEFT_IPV4 && !mapped) {
        four->sin_family = AF_INET;
        four->sin_port = htons(address->port);
        memcpy(&four->sin_addr, address->ip, 4);
        return sizeof(*four);
    }
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(address->port);
    six->sin6_scope_id = address->scope;
    if (mapped) {
        memset(six->sin6_addr.s6_addr + 10, 0xff, 2);
        memcpy(six->sin6_addr.s6_addr + 12, address->ip, 4);
    } else {
        memcpy(six->sin6_addr.s6_addr, address->ip, 16);
    }
    return sizeof(*six);
}

void weft__address_from_system(weft_address *address, const struct sockaddr *from)
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;

    *address = (weft_address){.family = WEFT_FAMILY_NONE};
    if (from->sa_family == AF_INET) {
        memcpy(&four, from, sizeof(four));
        address->family = WEFT_IPV4;
        address->port = ntohs(four.sin_port);
        memcpy(address->ip, &four.sin_addr, 4);
    } else if (from->sa_family == AF_INET6) {
        memcpy(&six, from, sizeof(six));
        address->port = ntohs(six.sin6_port);
        address->family = WEFT_IPV6;
        memcpy(address->ip, six.sin6_addr.s6_addr, 16);
        if (weft__ip_is_mapped(address->ip)) {
            address->family = WEFT_IPV4;
            memset(address->ip, 0, 16);
            memcpy(address->ip, six.sin6_addr.s6_addr + 12, 4);
        }
        if (weft__address_is_link_local(address))
            address->scope = six.sin6_scope_id;
    } else if (from->sa_family == AF_UNIX) {
        address->family = WEFT_UNIX;
    }
}

/* The system gives numbers of its own for what a resolver can say. */
static int fail_lookup(int said, int system_error, const char *host)
{
    switch (said) {
    case EAI_SYSTEM:
        return weft__fail_system(system_error, "host %s", host);
    case EAI_MEMORY:
        return weft__fail(WEFT_ENOMEM, "host %s: %s", host, gai_strerror(said));
    case EAI_AGAIN:
        return weft__fail(WEFT_ENOTFOUND, "host %s: no name server answers: %s (%d)", host,
                          gai_strerror(said), said);
    default:
        return weft__fail(WEFT_ENOTFOUND, "host %s: %s (%d)", host, gai_strerror(said), said);
    }
}

static bool contains(const weft_address *addresses, size_t count, const weft_address *address)
{
    for (size_t i = 0; i < count; i++) {
        if (weft_address_equal(&addresses[i], address))
            return true;
    }
    return false;
}

int weft_seam_resolve(const char *host, int port, weft_address *addresses, size_t capacity,
                      size_t *count)
{
    /* One kind of socket only, or each address comes once per kind. */
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int said = getaddrinfo(host, NULL, &hints, &found);

    if (said != 0)
        return fail_lookup(said, errno, host);
    *count = 0;
    for (const struct addrinfo *one = found; one && *count < capacity; one = one->ai_next) {
        weft_address address;
        weft__address_from_system(&address, one->ai_addr);
        address.port = (uint16_t)port;
        if (address.family != WEFT_FAMILY_NONE && !contains(addresses, *count, &address))
            addresses[(*count)++] = address;
    }
    freeaddrinfo(found);
    return 0;
}

int weft_seam_interface_number(const char *name, uint32_t *number)
{
    unsigned found = if_nametoindex(name);

    if (found == 0)
        return weft__fail(WEFT_ENOTFOUND, "interface %s: there is none of this name", name);
    *number = found;
    return 0;
}

int weft_seam_interface_name(uint32_t number, char *name, size_t size)
{
    char found[IF_NAMESIZE];

    if (!if_indextoname(number, found))
        return weft__fail(WEFT_ENOTFOUND, "interface %lu: there is none of this number",
                          (unsigned long)number);
    if (strlen(found) >= size)
        return weft__fail(WEFT_ETOOBIG, "interface %lu: no room for the name %s",
                          (unsigned long)number, found);
    snprintf(name, size, "%s", found);
    return 0;
}
