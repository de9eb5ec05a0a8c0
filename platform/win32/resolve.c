/* SPDX-License-Identifier: MIT */
/* Addresses between weft and the system, the system's resolver, and interfaces. */

#include <stdio.h>
#include <string.h>

#include "socket_private.h"

#include <windows.h>

#include <iphlpapi.h>

#include "weft/memory.h"

#include "internal.h"
#include "portable/host.h"
#include "seam.h"
#include "wide.h"

int weft__address_to_system(const weft_address *address, bool mapped,
                            struct sockaddr_storage *storage)
{
    struct sockaddr_in *four = (struct sockaddr_in *)storage;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)storage;

    memset(storage, 0, sizeof(*storage));
    if (address->family == WEFT_IPV4 && !mapped) {
        four->sin_family = AF_INET;
        four->sin_port = htons(address->port);
        memcpy(&four->sin_addr, address->ip, 4);
        return (int)sizeof(*four);
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
    return (int)sizeof(*six);
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
    ADDRINFOW hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    ADDRINFOW *found = NULL;
    wchar_t *wide = NULL;
    int said;
    int err = weft_seam_socket_begin();

    if (err != 0)
        return err;
    wide = weft__wide(host);
    if (wide == NULL)
        return WEFT_ENOMEM;
    said = GetAddrInfoW(wide, NULL, &hints, &found);
    weft_free(wide);
    if (said != 0)
        return weft__fail_system(
            said, said == WSATRY_AGAIN ? "host %s: no name server answers" : "host %s", host);
    *count = 0;
    for (const ADDRINFOW *one = found; one != NULL && *count < capacity; one = one->ai_next) {
        weft_address address;
        weft__address_from_system(&address, one->ai_addr);
        address.port = (uint16_t)port;
        if (address.family != WEFT_FAMILY_NONE && !contains(addresses, *count, &address))
            addresses[(*count)++] = address;
    }
    FreeAddrInfoW(found);
    return 0;
}

/* The name that people see ("Ethernet 2"), not the one of if_nametoindex(). */
static uint32_t number_of_alias(const char *name)
{
    wchar_t *wide = weft__wide(name);
    NET_LUID luid;
    NET_IFINDEX found = 0;

    if (wide == NULL)
        return 0;
    if (ConvertInterfaceAliasToLuid(wide, &luid) != NO_ERROR ||
        ConvertInterfaceLuidToIndex(&luid, &found) != NO_ERROR)
        found = 0;
    weft_free(wide);
    return (uint32_t)found;
}

int weft_seam_interface_number(const char *name, uint32_t *number)
{
    uint32_t found = (uint32_t)if_nametoindex(name);

    if (found == 0)
        found = number_of_alias(name);
    if (found == 0)
        return weft__fail(WEFT_ENOTFOUND, "interface %s: there is none of this name", name);
    *number = found;
    return 0;
}

int weft_seam_interface_name(uint32_t number, char *name, size_t size)
{
    char found[NDIS_IF_MAX_STRING_SIZE + 1];

    if (if_indextoname(number, found) == NULL)
        return weft__fail(WEFT_ENOTFOUND, "interface %lu: there is none of this number",
                          (unsigned long)number);
    if (strlen(found) >= size)
        return weft__fail(WEFT_ETOOBIG, "interface %lu: no room for the name %s",
                          (unsigned long)number, found);
    snprintf(name, size, "%s", found);
    return 0;
}
