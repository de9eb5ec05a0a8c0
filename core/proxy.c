/* SPDX-License-Identifier: MIT */
/*
 * What both kinds of proxy have in common: options, chances, statistics, beginning and end.
 *
 * Chances are SplitMix64's (Steele, Lea, Flood), whose n-th number can be had without the
 * ones before it. So a datagram's fate depends on its number alone, not on which thread
 * asks first.
 */
#include <weft/proxy.h>

#include <weft/error.h>
#include <weft/memory.h>

#include "internal.h"
#include "proxy_private.h"

enum { DEFAULT_MOST = 64 };

#define GOLDEN 0x9E3779B97F4A7C15u /* 2^64 divided by the golden ratio */

/* ---- chances --------------------------------------------------------------------- */

static uint64_t mix(uint64_t x)
{
    x += GOLDEN;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

uint64_t weft__proxy_key(uint64_t seed, uint64_t client, bool back)
{
    return mix(seed ^ mix(2 * client + back));
}

uint64_t weft__proxy_chance(uint64_t key, uint64_t n)
{
    return mix(key + n * GOLDEN);
}

weft_time weft__proxy_due(const weft_proxy_faults *faults, uint64_t chance)
{
    return weft_clock() + faults->delay + faults->jitter / 65536 * (weft_time)(chance >> 48);
}

/* ---- options --------------------------------------------------------------------- */

static bool is_time(weft_time time)
{
    return time >= 0 && time <= WEFT_S(3600);
}

static const char *fault_in(const weft_proxy_faults *faults, bool udp)
{
    const int shares[] = {faults->drop, faults->duplicate, faults->reorder};

    for (int i = 0; i < 3; i++) {
        if (shares[i] < 0 || shares[i] > 1000)
            return "drop, duplicate and reorder are of 1000";
        if (shares[i] > 0 && !udp)
            return "only datagrams are dropped, duplicated or reordered";
    }
    if (!is_time(faults->delay) || !is_time(faults->jitter))
        return "delay and jitter are 0 to 3600 s";
    if (udp && (faults->piece || faults->rate || faults->reset_after || faults->stall_after))
        return "only connections have a piece, a rate, a reset or a stall";
    return NULL;
}

static int check(const weft_proxy_options *options)
{
    const char *fault;

    if (!options)
        return weft__misuse(WEFT_EINVAL, "proxy: no options");
    if (options->to_port < 1 || options->to_port > 65535)
        return weft__fail(WEFT_EINVAL, "proxy: to_port %d is none, they are 1 to 65535",
                          options->to_port);
    fault = fault_in(&options->there, options->udp);
    if (!fault)
        fault = fault_in(&options->back, options->udp);
    if (!fault && options->udp && options->refuse > 0)
        fault = "only connections are refused";
    return fault ? weft__fail(WEFT_EINVAL, "proxy to port %d: %s", options->to_port, fault) : 0;
}

/* ---- public ---------------------------------------------------------------------- */

static int open_front(weft_proxy *proxy)
{
    weft_address address;
    int err = weft_udp_open(&proxy->front, "127.0.0.1", proxy->options.port, WEFT_IPV4);

    if (err == 0)
        err = weft_socket_address(proxy->front, &address);
    if (err == 0)
        proxy->port = address.port;
    return err;
}

int weft_proxy_start(weft_proxy **proxy, const weft_proxy_options *options)
{
    weft_proxy *made;
    int err = check(options);

    if (err != 0)
        return err;
    made = weft_alloc(sizeof(*made));
    if (!made)
        return WEFT_ENOMEM;
    made->options = *options;
    if (made->options.most == 0)
        made->options.most = DEFAULT_MOST;
    err = weft_address_resolve(&made->to, options->to_host ? options->to_host : "127.0.0.1",
                               options->to_port, WEFT_FAMILY_NONE, WEFT_FOREVER);
    made->options.to_host = NULL;
    if (err == 0 && options->udp)
        err = open_front(made);
    if (err == 0)
        err = options->udp ? weft__proxy_udp_start(made) : weft__proxy_tcp_start(made);
    if (err != 0) {
        weft_socket_close(made->front);
        weft_free(made);
        return err;
    }
    *proxy = made;
    return 0;
}

int weft_proxy_port(const weft_proxy *proxy)
{
    return proxy->port;
}

void weft_proxy_stats_get(weft_proxy *proxy, weft_proxy_stats *stats)
{
    weft_mutex_acquire(&proxy->mutex, WEFT_FOREVER);
    *stats = proxy->stats;
    weft_mutex_release(&proxy->mutex);
}

void weft_proxy_reset_all(weft_proxy *proxy)
{
    if (proxy->udp)
        weft__proxy_udp_drop(proxy);
    else
        weft__proxy_tcp_reset(proxy);
}

void weft_proxy_close(weft_proxy *proxy)
{
    const weft_cancel *before;

    if (!proxy)
        return;
    before = weft_cancel_enter(NULL); /* who is cancelled must still be able to clean up */
    weft_event_set(&proxy->closing);
    weft_cancel_request(&proxy->stop);
    if (proxy->udp)
        weft__proxy_udp_close(proxy);
    else
        weft__proxy_tcp_close(proxy);
    weft_cancel_enter(before);
    weft_socket_close(proxy->front);
    weft_free(proxy);
}
