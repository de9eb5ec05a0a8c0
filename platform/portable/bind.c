/* SPDX-License-Identifier: MIT */
/*
 * Listeners and UDP sockets at an address of one's own, which a host's name or number says.
 *
 * The next address of a host is for systems that lack the family or the address of this one
 * (IPv6 switched off); any other failure is the caller's to know.
 */
#include "host.h"
#include "internal.h"
#include "weft/caps.h"

static bool wants_the_next(int err)
{
    return err == WEFT_ENOTSUP || err == WEFT_ENOTFOUND;
}

static int check_options(const weft_listen_options *options, int port)
{
    if (options->backlog < 0)
        return weft__fail(WEFT_EINVAL, "tcp listen: a backlog of %d", options->backlog);
    if (options->ipv6_only && !weft_caps()->ipv6)
        return weft__fail(WEFT_ENOTSUP, "tcp listen: the %s backend speaks IPv4 only",
                          weft_caps()->backend);
    if (options->share_port && !weft_caps()->share_port)
        return weft__fail(WEFT_ENOTSUP, "tcp listen at port %d: this system shares none", port);
    return 0;
}

int weft_tcp_listen(weft_socket **socket, const char *host, int port,
                    const weft_listen_options *options)
{
    weft_listen_options wanted = options ? *options : (weft_listen_options){0};
    weft_address addresses[WEFT__MOST_ADDRESSES];
    size_t count = 0;
    int err = check_options(&wanted, port);

    if (err == 0)
        err = weft__resolve(host, port, addresses, WEFT__MOST_ADDRESSES, &count, WEFT_FOREVER);
    if (err != 0)
        return err;
    if (wanted.backlog == 0)
        wanted.backlog = WEFT__DEFAULT_BACKLOG;
    for (size_t i = 0; i < count && (i == 0 || wants_the_next(err)); i++)
        err = weft__tcp_listen_at(socket, &addresses[i], &wanted);
    return err;
}

int weft_udp_open_with(weft_socket **socket, const char *host, int port, enum weft_family family,
                       const weft_udp_options *options)
{
    weft_address addresses[WEFT__MOST_ADDRESSES];
    size_t count = 0;
    int err = weft__resolve(host, port, addresses, WEFT__MOST_ADDRESSES, &count, WEFT_FOREVER);

    if (err != 0)
        return err;
    if (family == WEFT_IPV6 && !weft_caps()->ipv6)
        return weft__fail(WEFT_ENOTSUP, "udp: the %s backend speaks IPv4 only",
                          weft_caps()->backend);
    /* Without a host the caller names the family; IPv4 is what everyone has. */
    if ((!host || *host == '\0') && family == WEFT_FAMILY_NONE)
        family = WEFT_IPV4;
    err = weft__fail(WEFT_ENOTFOUND, "udp at %s: it has no %s address", host ? host : "",
                     family == WEFT_IPV6 ? "IPv6" : "IPv4");
    for (size_t i = 0; i < count && wants_the_next(err); i++) {
        if (family == WEFT_FAMILY_NONE || addresses[i].family == (uint32_t)family)
            err = weft__udp_open_at(socket, &addresses[i], options && options->share_port);
    }
    return err;
}

int weft_udp_open(weft_socket **socket, const char *host, int port, enum weft_family family)
{
    return weft_udp_open_with(socket, host, port, family, NULL);
}
