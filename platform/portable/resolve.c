/* SPDX-License-Identifier: MIT */
/*
 * Hosts to addresses.
 *
 * No system's resolver has a deadline, so it is asked in a thread of its own
 * (weft__call_until); what travels there and back is one heap block, struct lookup,
 * with the sentence of a failure in it: last errors belong to threads. Numbers and
 * malformed hosts never get that far.
 */
#include <stdio.h>
#include <string.h>

#include "host.h"
#include "internal.h"
#include "seam.h"
#include "weft/caps.h"
#include "weft/memory.h"

enum { HOST_SIZE = 256, SENTENCE_SIZE = 512 };

struct lookup {
    char host[HOST_SIZE]; /* these two are written before the resolver is asked */
    int port;
    int err; /* and these by it */
    size_t count;
    weft_address addresses[WEFT__MOST_ADDRESSES];
    char sentence[SENTENCE_SIZE];
};

static void look_up(void *context)
{
    struct lookup *lookup = context;

    lookup->err = weft_fault_point("resolve");
    if (lookup->err != 0)
        weft__fail(lookup->err, "host %s: refused by a test", lookup->host);
    else
        lookup->err = weft_seam_resolve(lookup->host, lookup->port, lookup->addresses,
                                        WEFT__MOST_ADDRESSES, &lookup->count);
    if (lookup->err != 0)
        snprintf(lookup->sentence, sizeof(lookup->sentence), "%s", weft_last_error());
}

static int resolve_name(const char *host, int port, weft_address *addresses, size_t capacity,
                        size_t *count, weft_time until)
{
    struct lookup *lookup = weft_alloc(sizeof(*lookup));
    int err = 0;

    if (!lookup)
        return WEFT_ENOMEM;
    snprintf(lookup->host, sizeof(lookup->host), "%s", host);
    lookup->port = port;
    err = weft__call_until(look_up, weft_free, lookup, until);
    if (err == WEFT_ETIMEDOUT || err == WEFT_ECANCELED)
        return weft__fail(err, "host %s: the %s before the name was found", host,
                          err == WEFT_ETIMEDOUT ? "deadline passed" : "wait was cancelled");
    if (err != 0)
        return err;
    err = lookup->err;
    if (err != 0) {
        weft__fail(err, "%s", lookup->sentence);
    } else {
        *count = lookup->count < capacity ? lookup->count : capacity;
        memcpy(addresses, lookup->addresses, *count * sizeof(*addresses));
        if (*count == 0)
            err = weft__fail(WEFT_ENOTFOUND, "host %s: it has no address that weft speaks", host);
    }
    weft_free(lookup);
    return err;
}

/* IPv6 first: where the system has it, a socket there takes IPv4 too. */
static void all_interfaces(int port, weft_address *addresses, size_t capacity, size_t *count)
{
    *count = 0;
    if (weft_caps()->ipv6 && *count < capacity)
        addresses[(*count)++] = (weft_address){.family = WEFT_IPV6, .port = (uint16_t)port};
    if (*count < capacity)
        addresses[(*count)++] = (weft_address){.family = WEFT_IPV4, .port = (uint16_t)port};
}

/* RFC 6761, 6.3: this name needs no resolver. Some machines have none that knows it. */
static bool is_localhost(const char *host)
{
    static const char name[] = "localhost";

    for (size_t i = 0; i < sizeof(name); i++)
        if (host[i] != name[i] && (host[i] < 'A' || host[i] > 'Z' || host[i] + 32 != name[i]))
            return false;
    return true;
}

/* IPv4 first: more servers of one machine listen there. */
static void loopback(int port, weft_address *addresses, size_t capacity, size_t *count)
{
    *count = 0;
    if (*count < capacity)
        addresses[(*count)++] =
            (weft_address){.family = WEFT_IPV4, .port = (uint16_t)port, .ip = {127, 0, 0, 1}};
    if (weft_caps()->ipv6 && *count < capacity)
        addresses[(*count)++] =
            (weft_address){.family = WEFT_IPV6, .port = (uint16_t)port, .ip = {[15] = 1}};
}

int weft__resolve(const char *host, int port, weft_address *addresses, size_t capacity,
                  size_t *count, weft_time until)
{
    weft_address number;
    bool is_number = false;
    int err = 0;

    if (port < 0 || port > UINT16_MAX)
        return weft__fail(WEFT_EINVAL, "port %d is not 0 to 65535", port);
    if (!host || *host == '\0') {
        all_interfaces(port, addresses, capacity, count);
        return 0;
    }
    err = weft__host_parse(&number, host, &is_number);
    if (err != 0)
        return err;
    if (!is_number && is_localhost(host)) {
        loopback(port, addresses, capacity, count);
        return 0;
    }
    if (!is_number)
        return resolve_name(host, port, addresses, capacity, count, until);
    if (number.family == WEFT_IPV6 && !weft_caps()->ipv6)
        return weft__fail(WEFT_ENOTSUP, "host %s: the %s backend speaks IPv4 only", host,
                          weft_caps()->backend);
    number.port = (uint16_t)port;
    addresses[0] = number;
    *count = 1;
    return 0;
}

int weft_address_resolve(weft_address *address, const char *host, int port, enum weft_family family,
                         weft_time until)
{
    weft_address found[WEFT__MOST_ADDRESSES];
    size_t count = 0;
    int err = weft__resolve(host, port, found, WEFT__MOST_ADDRESSES, &count, until);

    for (size_t i = 0; i < count && err == 0; i++) {
        if (family != WEFT_FAMILY_NONE && found[i].family != (uint32_t)family)
            continue;
        *address = found[i];
        return 0;
    }
    if (err != 0)
        return err;
    return weft__fail(WEFT_ENOTFOUND, "host %s: it has no %s address", host ? host : "(all)",
                      family == WEFT_IPV6 ? "IPv6" : "IPv4");
}

int weft__resolve_peer(const char *host, int port, weft_address *addresses, size_t capacity,
                       size_t *count, weft_time until)
{
    if (!host || *host == '\0')
        return weft__fail(WEFT_EINVAL, "tcp connect to port %d: no host is given", port);
    if (port == 0)
        return weft__fail(WEFT_EINVAL, "tcp connect: port 0 is not 1 to 65535");
    return weft__resolve(host, port, addresses, capacity, count, until);
}
