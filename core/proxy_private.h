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
#include <weft/socket.h>
#include <weft/thread.h>

#define WEFT__PROXY_PAUSE WEFT_MS(50) /* after a failure that would come again at once */

struct weft__proxy_udp; /* proxy_udp.c's */
struct weft__proxy_tcp; /* proxy_tcp.c's */

struct weft_proxy {
    weft_proxy_options options; /* down to `front`: written before there are threads */
    weft_address to;
    int port;
    weft_socket *front; /* a listener, or the socket that clients send to */
    struct weft__proxy_udp *udp;
    struct weft__proxy_tcp *tcp;
    weft_event closing;
    weft_cancel stop;       /* ends attempts to reach the server */
    weft_mutex mutex;       /* guards all that follows, and what udp and tcp say that it does */
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

/* A place for a connection; it is taken while `client` is not NULL. */
struct weft__proxy_link {
    weft_proxy *proxy;
    weft_thread *thread; /* that serves it; the accepting thread's to join, then close's */
    uint64_t number;     /* from 1; written before the thread starts */
    weft_event over;     /* set under the mutex: both directions end now */
    bool reset;          /* guarded by the proxy's mutex, like both sockets, which the threads
                            of the link use without it: they stay until these have ended */
    weft_socket *client;
    weft_socket *server; /* NULL until it is reached */
};

/* Connects, pumps both ways until both have ended, and empties the place. */
void weft__proxy_link_serve(struct weft__proxy_link *link);

/* Empties the place, whose threads have ended or never began. */
void weft__proxy_link_retire(struct weft__proxy_link *link);

/* Another connection may have the place. */
void weft__proxy_link_vacate(weft_proxy *proxy);

/* Both directions end now, and the sockets are reset or just closed. */
void weft__proxy_link_cut(struct weft__proxy_link *link, bool reset);
void weft__proxy_link_cut_locked(struct weft__proxy_link *link, bool reset);

/* One direction of it, in the calling thread, until it has ended. */
void weft__proxy_pump(struct weft__proxy_link *link, bool back);

#endif
