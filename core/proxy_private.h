/* SPDX-License-Identifier: MIT */
#ifndef WEFT_PROXY_PRIVATE_H
#define WEFT_PROXY_PRIVATE_H

/* What the files proxy*.c share. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/cancel.h>
#include <weft/event.h>
#include <weft/mutex.h>
#include <weft/proxy.h>
#include <weft/server.h>
#include <weft/socket.h>
#include <weft/thread.h>

#define WEFT__PROXY_PAUSE WEFT_MS(50) /* after a failure that would come again at once */

struct weft__proxy_udp; /* proxy_udp.c's */

struct weft_proxy {
    weft_proxy_options options; /* down to `front`: written before there are threads */
    weft_address to;
    weft_socket *front; /* UDP: that clients send to */
    int port;            /* start's and its caller's, like `server`: no thread looks at them */
    weft_server *server; /* TCP: of the style of threads */
    struct weft__proxy_udp *udp;
    weft_event closing;
    weft_cancel stop;       /* TCP: ends attempts to reach the server */
    weft_mutex mutex;       /* guards all that follows, and what udp and links say that it does */
    weft_proxy_stats stats;
};

/* Number n of the chances that are drawn for one direction of one client or connection:
 * 64 bits, of which each 16 decide one thing. */
uint64_t weft__proxy_key(uint64_t seed, uint64_t client, bool back);
uint64_t weft__proxy_chance(uint64_t key, uint64_t n);

/* When what comes now goes on, by the 16 highest bits of its chance. */
weft_time weft__proxy_due(const weft_proxy_faults *faults, uint64_t chance);

/* Their threads run; after an error there is nothing to close. Close joins them; `closing`
 * is set and `stop` requested. */
int weft__proxy_udp_start(weft_proxy *proxy);
void weft__proxy_udp_drop(weft_proxy *proxy);
void weft__proxy_udp_close(weft_proxy *proxy);
int weft__proxy_tcp_start(weft_proxy *proxy);
void weft__proxy_tcp_reset(weft_proxy *proxy);
void weft__proxy_tcp_close(weft_proxy *proxy);

/* ---- one TCP connection ----------------------------------------------------------- */

/* On the stack of the connection's thread. */
struct weft__proxy_link {
    weft_proxy *proxy;
    uint64_t number;     /* from 1 */
    weft_event over;     /* set under the mutex: both directions end now */
    bool reset;          /* guarded by the proxy's mutex, like `server`, which the threads of
                            the link use without it: it stays until these have ended */
    weft_socket *client;
    weft_socket *server; /* NULL until it is reached */
};

/* Both directions end now, and the sockets are reset or just closed. */
void weft__proxy_link_cut(struct weft__proxy_link *link, bool reset);

/* One direction of it, in the calling thread, until it has ended. */
void weft__proxy_pump(struct weft__proxy_link *link, bool back);

#endif
