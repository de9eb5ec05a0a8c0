/* SPDX-License-Identifier: MIT */
#ifndef WEFT_PROXY_H
#define WEFT_PROXY_H

/*
 * A bad network, for tests and lessons: what is sent to the proxy goes on to a server
 * of TCP or UDP, and the answers come back, late, in pieces, twice, or not at all.
 *
 *     weft_proxy *proxy;
 *     CHECK(weft_proxy_start(&proxy, &(weft_proxy_options){.udp = true, .to_port = 9999,
 *         .there = {.drop = 100}, .back = {.drop = 100, .duplicate = 50}, .seed = 7}));
 *     ... talk to 127.0.0.1, weft_proxy_port(proxy), with sequence numbers and deadlines ...
 *     weft_proxy_close(proxy);
 *
 * What happens to a datagram is drawn from the seed, the direction, and the numbers of
 * its client and of the datagram among that client's, counted from 0 in the order they
 * came: the same traffic meets the same faults, however threads are scheduled.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/compiler.h>
#include <weft/time.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_proxy weft_proxy;

/* What happens in one direction. All zero: everything goes on at once, as it came. */
typedef struct weft_proxy_faults {
    /* UDP: to how many of 1000 datagrams, on average */
    int drop;
    int duplicate; /* a second one follows at once */
    int reorder;   /* it waits until the client's next one has gone on, 100 ms at most */
    /* both */
    weft_time delay;  /* from coming until going on */
    weft_time jitter; /* up to so much more, by chance; datagrams may overtake each other */
    /* TCP */
    size_t piece;         /* bytes sent on at once, at most; 0: as they come. Without a rate,
                             a slow reader may find several pieces together */
    uint64_t rate;        /* bytes per second at most; 0: as fast as it goes */
    uint64_t reset_after; /* after exactly so many bytes both ends are reset; 0: never */
    uint64_t stall_after; /* after so many bytes no more are read; 0: never */
} weft_proxy_faults;

/* All zero but to_port is the default. */
typedef struct weft_proxy_options {
    bool udp;            /* otherwise TCP */
    int port;            /* on 127.0.0.1; 0: a free one */
    const char *to_host; /* where it goes on to; NULL: 127.0.0.1 */
    int to_port;
    weft_proxy_faults there; /* from client to server */
    weft_proxy_faults back;
    uint64_t seed;
    unsigned refuse; /* TCP: this connection, counted from 1, is reset at once, which the client's
                        connect or first receive may tell; 0: none */
    unsigned most;   /* connections at once, the next ones wait; UDP: clients at all, others
                        are not heard; 0: 64 */
} weft_proxy_options;

/* What happened in one direction so far. */
typedef struct weft_proxy_counts {
    uint64_t bytes; /* that went on */
    /* UDP: datagrams */
    uint64_t passed; /* went on, second ones too */
    uint64_t dropped;
    uint64_t duplicated;
    uint64_t reordered;
    uint64_t delayed;  /* by delay or jitter */
    uint64_t overflow; /* lost because too much was waiting (4096), nobody took it, or it was
                          one client too many */
} weft_proxy_counts;

typedef struct weft_proxy_stats {
    weft_proxy_counts there, back;
    uint64_t connections; /* TCP: accepted; UDP: clients */
    uint64_t resets;      /* of connections, whether for reset_after, `refuse`,
                             weft_proxy_reset_all(), one end's own reset, or a server that
                             cannot be reached */
} weft_proxy_stats;

/**
 * The proxy listens.
 *
 * A TCP connection goes on to one of its own; so do the datagrams of each client. An
 * end, also of one direction, and a reset are passed on. (sdl2 cannot end one direction
 * of a connection, nor reset one: there the end of one ends both, and a reset is an end.)
 *
 * @param proxy    receives the proxy
 * @param options  not NULL; the text in it is not kept
 * @return 0; WEFT_EINVAL: a number in the options makes no sense; WEFT_ENOTFOUND: no such
 *         host; WEFT_EADDRINUSE; WEFT_ELIMIT; WEFT_ENOMEM; WEFT_ESYSTEM
 *
 * Threads: any.   Python: none.
 */
WEFT_MUST_CHECK int weft_proxy_start(weft_proxy **proxy, const weft_proxy_options *options);

/** The port that it listens at, on 127.0.0.1. Threads: any. */
int weft_proxy_port(const weft_proxy *proxy);

/** What it has done so far. Threads: any. */
void weft_proxy_stats_get(weft_proxy *proxy, weft_proxy_stats *stats);

/**
 * All TCP connections there are now are reset, at both ends; datagrams that wait to go
 * on are dropped. It waits for neither. New connections are taken as before.
 *
 * Threads: any.
 */
void weft_proxy_reset_all(weft_proxy *proxy);

/**
 * Stops listening, cuts what is under way and frees the proxy; NULL is allowed.
 *
 * Threads: when no other uses it.
 */
void weft_proxy_close(weft_proxy *proxy);

#ifdef __cplusplus
}
#endif

#endif
