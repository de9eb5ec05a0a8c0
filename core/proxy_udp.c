/* SPDX-License-Identifier: MIT */
/*
 * A proxy for datagrams. Each client has a socket of its own towards the server, which
 * tells the server's answers apart, and a lane for each direction.
 *
 * One thread hears the clients, one for each client hears the server; both put what they
 * hear into the line, a list sorted by the instant at which to go on. The courier, one
 * thread more, takes it from there and sends: so all keeps its order, but for what the
 * faults do. The proxy's mutex guards the line, the table of clients, and the counts.
 *
 * Clients are only added, by the thread that hears them; close joins that one first.
 */
#include <string.h>

#include <weft/condition.h>
#include <weft/error.h>
#include <weft/memory.h>

#include "proxy_private.h"

enum { LARGEST = 65536, LINE_MOST = 4096 /* datagrams that wait */ };

#define HELD_MOST WEFT_MS(100)

struct datagram {
    struct datagram *next;
    struct lane *lane;
    weft_time due;
    size_t size;
    unsigned char data[];
};

/* One direction of one client. */
struct lane {
    weft_proxy *proxy;
    const weft_proxy_faults *faults;
    weft_proxy_counts *counts; /* guarded */
    weft_socket *out;          /* where and to whom it sends */
    weft_address to;
    uint64_t key;
    uint64_t heard;        /* datagrams so far; of the one thread that hears here */
    struct datagram *held; /* in the line, until the next one; guarded; NULL: none */
};

struct client {
    weft_address address;
    weft_socket *socket; /* towards the server */
    weft_thread *thread;
    struct lane there, back;
    unsigned char buffer[LARGEST]; /* the thread's */
};

struct weft__proxy_udp {
    weft_thread *hearer, *courier;
    weft_condition changed; /* the line's head did, or it closes */
    struct datagram *line;
    size_t waiting;
    size_t count;
    unsigned char buffer[LARGEST]; /* the hearer's */
    struct client *clients[];      /* the first `count` of options.most; written by the hearer */
};

/* ---- the line, all under the mutex ----------------------------------------------------- */

static void insert_locked(struct weft__proxy_udp *udp, struct datagram *datagram)
{
    struct datagram **place = &udp->line;

    while (*place && (*place)->due <= datagram->due)
        place = &(*place)->next;
    datagram->next = *place;
    *place = datagram;
    if (udp->line == datagram)
        weft_condition_notify(&udp->changed);
}

static void remove_locked(struct weft__proxy_udp *udp, const struct datagram *datagram)
{
    struct datagram **place = &udp->line;

    while (*place != datagram)
        place = &(*place)->next;
    *place = datagram->next;
}

/* NULL, and counted as lost: there is no room. */
static struct datagram *copy_locked(struct lane *lane, const void *data, size_t size)
{
    struct weft__proxy_udp *udp = lane->proxy->udp;
    struct datagram *made = NULL;

    if (udp->waiting < LINE_MOST)
        made = weft_alloc(sizeof(*made) + size);
    if (!made) {
        lane->counts->overflow++;
        return NULL;
    }
    udp->waiting++;
    made->lane = lane;
    made->size = size;
    memcpy(made->data, data, size);
    return made;
}

/* Whether it happens to this one: 16 bits of its chance, against `share` of 1000. */
static bool happens(uint64_t chance, int which, int share)
{
    return (chance >> 16 * which & 0xFFFF) * 1000 >> 16 < (uint64_t)share;
}

/* Puts a copy into the line; NULL: lost. */
static struct datagram *put_locked(struct lane *lane, const void *data, size_t size, weft_time due)
{
    struct datagram *datagram = copy_locked(lane, data, size);

    if (!datagram)
        return NULL;
    datagram->due = due;
    insert_locked(lane->proxy->udp, datagram);
    return datagram;
}

/* The one that was held goes on right after what is in the line for `due`. */
static void let_go_locked(struct lane *lane, weft_time due)
{
    struct datagram *held = lane->held;

    lane->held = NULL;
    remove_locked(lane->proxy->udp, held);
    held->due = due;
    insert_locked(lane->proxy->udp, held);
}

static void take_locked(struct lane *lane, const void *data, size_t size, uint64_t chance)
{
    const weft_proxy_faults *faults = lane->faults;
    weft_time due = weft__proxy_due(faults, chance);
    bool holds = !lane->held && happens(chance, 2, faults->reorder);
    struct datagram *first;

    if (happens(chance, 0, faults->drop)) {
        lane->counts->dropped++;
        return;
    }
    first = put_locked(lane, data, size, holds ? due + HELD_MOST : due);
    if (!first)
        return;
    lane->counts->delayed += faults->delay + faults->jitter > 0;
    lane->counts->reordered += holds;
    if (happens(chance, 1, faults->duplicate) && put_locked(lane, data, size, due))
        lane->counts->duplicated++;
    if (holds)
        lane->held = first;
    else if (lane->held)
        let_go_locked(lane, due);
}

static void take(struct lane *lane, const void *data, size_t size)
{
    uint64_t chance = weft__proxy_chance(lane->key, lane->heard++);

    weft_mutex_acquire(&lane->proxy->mutex, WEFT_FOREVER);
    take_locked(lane, data, size, chance);
    weft_mutex_release(&lane->proxy->mutex);
}

/* Out of the line, and not held any more. */
static struct datagram *pop_locked(struct weft__proxy_udp *udp)
{
    struct datagram *first = udp->line;

    udp->line = first->next;
    udp->waiting--;
    if (first->lane->held == first)
        first->lane->held = NULL;
    return first;
}

static void send_locked(weft_proxy *proxy, struct datagram *datagram)
{
    struct lane *lane = datagram->lane;
    int err;

    weft_mutex_release(&proxy->mutex);
    err = weft_socket_sendto(lane->out, datagram->data, datagram->size, &lane->to,
                             weft_in(WEFT__PROXY_PAUSE));
    weft_mutex_acquire(&proxy->mutex, WEFT_FOREVER);
    if (err == 0) {
        lane->counts->passed++;
        lane->counts->bytes += datagram->size;
    } else {
        lane->counts->overflow++;
    }
    weft_free(datagram);
}

static int deliver(weft_task *task)
{
    weft_proxy *proxy = WEFT_ARG(task, weft_proxy *);
    struct weft__proxy_udp *udp = proxy->udp;

    weft_mutex_acquire(&proxy->mutex, WEFT_FOREVER);
    while (!weft_event_is_set(&proxy->closing)) {
        weft_time due = udp->line ? udp->line->due : WEFT_FOREVER;

        if (due > weft_clock())
            weft_condition_wait(&udp->changed, &proxy->mutex, due);
        else
            send_locked(proxy, pop_locked(udp));
    }
    weft_mutex_release(&proxy->mutex);
    return 0;
}

/* ---- hearing --------------------------------------------------------------------------- */

/* True: to be called again, with or without a datagram, which nobody sent if *length is
 * SIZE_MAX. */
static bool hear(weft_proxy *proxy, weft_socket *socket, unsigned char *buffer, size_t *length,
                 weft_address *from)
{
    int err = weft_socket_recvfrom(socket, buffer, LARGEST, length, from, WEFT_FOREVER);

    if (err != 0)
        *length = SIZE_MAX;
    if (err != 0 && err != WEFT_ECLOSED)
        weft_event_wait(&proxy->closing, weft_in(WEFT__PROXY_PAUSE));
    return err != WEFT_ECLOSED && !weft_event_is_set(&proxy->closing);
}

static int hear_server(weft_task *task)
{
    struct client *client = WEFT_ARG(task, struct client *);
    weft_proxy *proxy = client->back.proxy;
    weft_address from;
    size_t length;

    while (hear(proxy, client->socket, client->buffer, &length, &from))
        if (length != SIZE_MAX && weft_address_equal(&from, &proxy->to))
            take(&client->back, client->buffer, length);
    return 0;
}

static struct lane lane_of(weft_proxy *proxy, uint64_t number, bool back)
{
    return (struct lane){.proxy = proxy,
                         .faults = back ? &proxy->options.back : &proxy->options.there,
                         .counts = back ? &proxy->stats.back : &proxy->stats.there,
                         .key = weft__proxy_key(proxy->options.seed, number, back)};
}

static int start(weft_thread **thread, weft_function *function, const void *argument,
                 const char *name)
{
    return weft_thread_start_with(thread, function, &argument, sizeof(argument),
                                  &(weft_thread_options){.name = name, .daemon = true});
}

/* NULL: one too many, or the system refuses. */
static struct client *meet(weft_proxy *proxy, const weft_address *address)
{
    struct weft__proxy_udp *udp = proxy->udp;
    struct client *met = NULL;

    if (udp->count < proxy->options.most)
        met = weft_alloc(sizeof(*met));
    if (!met)
        return NULL;
    if (weft_udp_open(&met->socket, NULL, 0, (enum weft_family)proxy->to.family) != 0)
        goto free_client;
    met->address = *address;
    met->there = lane_of(proxy, udp->count, false);
    met->there.out = met->socket;
    met->there.to = proxy->to;
    met->back = lane_of(proxy, udp->count, true);
    met->back.out = proxy->front;
    met->back.to = *address;
    if (start(&met->thread, hear_server, met, "weft-proxy-server") != 0)
        goto close_socket;
    udp->clients[udp->count++] = met;
    weft_mutex_acquire(&proxy->mutex, WEFT_FOREVER);
    proxy->stats.connections++;
    weft_mutex_release(&proxy->mutex);
    return met;

close_socket:
    weft_socket_close(met->socket);
free_client:
    weft_free(met);
    return NULL;
}

static struct client *client_at(weft_proxy *proxy, const weft_address *address)
{
    for (size_t i = 0; i < proxy->udp->count; i++)
        if (weft_address_equal(&proxy->udp->clients[i]->address, address))
            return proxy->udp->clients[i];
    return meet(proxy, address);
}

static int hear_clients(weft_task *task)
{
    weft_proxy *proxy = WEFT_ARG(task, weft_proxy *);
    weft_address from;
    size_t length;

    while (hear(proxy, proxy->front, proxy->udp->buffer, &length, &from)) {
        struct client *client = length != SIZE_MAX ? client_at(proxy, &from) : NULL;

        if (client) {
            take(&client->there, proxy->udp->buffer, length);
        } else if (length != SIZE_MAX) {
            weft_mutex_acquire(&proxy->mutex, WEFT_FOREVER);
            proxy->stats.there.overflow++;
            weft_mutex_release(&proxy->mutex);
        }
    }
    return 0;
}

/* ---- beginning and end ------------------------------------------------------------------- */

void weft__proxy_udp_drop(weft_proxy *proxy)
{
    weft_mutex_acquire(&proxy->mutex, WEFT_FOREVER);
    while (proxy->udp->line) {
        struct datagram *datagram = pop_locked(proxy->udp);

        datagram->lane->counts->dropped++;
        weft_free(datagram);
    }
    weft_mutex_release(&proxy->mutex);
}

static void end_courier(weft_proxy *proxy)
{
    weft_mutex_acquire(&proxy->mutex, WEFT_FOREVER);
    weft_condition_notify_all(&proxy->udp->changed);
    weft_mutex_release(&proxy->mutex);
    weft_thread_join(proxy->udp->courier, WEFT_FOREVER);
}

int weft__proxy_udp_start(weft_proxy *proxy)
{
    size_t most = proxy->options.most;
    struct weft__proxy_udp *udp = weft_alloc(sizeof(*udp) + most * sizeof(udp->clients[0]));
    int err;

    if (!udp)
        return WEFT_ENOMEM;
    proxy->udp = udp;
    err = start(&udp->courier, deliver, proxy, "weft-proxy-courier");
    if (err != 0)
        goto free_udp;
    err = start(&udp->hearer, hear_clients, proxy, "weft-proxy-clients");
    if (err == 0)
        return 0;
    weft_event_set(&proxy->closing);
    end_courier(proxy);
free_udp:
    weft_free(udp);
    return err;
}

void weft__proxy_udp_close(weft_proxy *proxy)
{
    struct weft__proxy_udp *udp = proxy->udp;

    weft_socket_shutdown(proxy->front, WEFT_SHUTDOWN_BOTH);
    weft_thread_join(udp->hearer, WEFT_FOREVER);
    for (size_t i = 0; i < udp->count; i++)
        weft_socket_shutdown(udp->clients[i]->socket, WEFT_SHUTDOWN_BOTH);
    for (size_t i = 0; i < udp->count; i++)
        weft_thread_join(udp->clients[i]->thread, WEFT_FOREVER);
    end_courier(proxy);
    weft__proxy_udp_drop(proxy);
    for (size_t i = 0; i < udp->count; i++) {
        weft_socket_close(udp->clients[i]->socket);
        weft_free(udp->clients[i]);
    }
    weft_free(udp);
}
