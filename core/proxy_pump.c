/* SPDX-License-Identifier: MIT */
/*
 * One direction of a TCP connection through the proxy, in a thread of its own.
 *
 * What was read waits in a list of chunks, each with the instant at which it goes on, so
 * that a delay does not make the connection slower. The thread reads until the first chunk
 * is due, sends of it what piece, rate and reset_after allow, and reads again. Nothing here
 * is shared: others end the pump by the link's `over`, and it looks at that between sends
 * of at most SLICE.
 */
#include <string.h>

#include <weft/caps.h>
#include <weft/error.h>
#include <weft/memory.h>

#include "proxy_private.h"

enum { AT_ONCE = 16384, WAITING_MOST = 1 << 20 /* bytes */ };

#define SLICE WEFT_MS(50)

struct chunk {
    struct chunk *next;
    weft_time due;
    size_t start, end; /* of what is still to be sent */
    unsigned char data[];
};

struct pump {
    struct weft__proxy_link *link;
    weft_socket *from, *to;
    const weft_proxy_faults *faults;
    weft_proxy_counts *counts; /* guarded by the proxy's mutex */
    uint64_t key, chances;     /* how many were drawn */
    struct chunk *first, *last;
    size_t waiting;       /* bytes in all chunks */
    uint64_t read, sent;  /* bytes so far */
    weft_time last_due;   /* of the newest chunk: none overtakes another */
    weft_time free_again; /* when the rate allows the next byte */
    bool ended;           /* the sender has finished */
    unsigned char buffer[AT_ONCE];
};

static bool is_over(const struct pump *pump)
{
    return weft_event_is_set(&pump->link->over);
}

/* ---- reading --------------------------------------------------------------------- */

static size_t room(const struct pump *pump)
{
    uint64_t stall = pump->faults->stall_after;
    size_t size = AT_ONCE;

    if (pump->ended || pump->waiting + size > WAITING_MOST)
        return 0;
    if (stall > 0 && stall - pump->read < size)
        size = (size_t)(stall - pump->read);
    return size;
}

static int append(struct pump *pump, size_t size)
{
    struct chunk *chunk = weft_alloc(sizeof(*chunk) + size);

    if (!chunk)
        return WEFT_ENOMEM;
    memcpy(chunk->data, pump->buffer, size);
    chunk->end = size;
    chunk->due = weft__proxy_due(pump->faults, weft__proxy_chance(pump->key, pump->chances++));
    if (chunk->due < pump->last_due)
        chunk->due = pump->last_due;
    pump->last_due = chunk->due;
    if (pump->first)
        pump->last->next = chunk;
    else
        pump->first = chunk;
    pump->last = chunk;
    pump->waiting += size;
    pump->read += size;
    return 0;
}

/* WEFT_ETIMEDOUT is no error: then the first chunk is due. */
static int read_some(struct pump *pump, size_t size, weft_time until)
{
    size_t length = 0;
    int err = weft_socket_recv(pump->from, pump->buffer, size, &length, until);

    if (err == WEFT_ETIMEDOUT)
        return 0;
    if (err != 0)
        return err;
    pump->ended = length == 0;
    return length > 0 ? append(pump, length) : 0;
}

/* ---- sending --------------------------------------------------------------------- */

static void count(struct pump *pump, size_t sent)
{
    weft_mutex_acquire(&pump->link->proxy->mutex, WEFT_FOREVER);
    pump->counts->bytes += sent;
    weft_mutex_release(&pump->link->proxy->mutex);
    pump->sent += sent;
    pump->waiting -= sent;
    pump->first->start += sent;
}

static size_t least(uint64_t a, uint64_t b)
{
    return (size_t)(a < b ? a : b);
}

static size_t allowed(const struct pump *pump)
{
    const weft_proxy_faults *faults = pump->faults;
    size_t size = pump->first->end - pump->first->start;

    if (faults->piece > 0)
        size = least(size, faults->piece);
    if (faults->rate > 0)
        size = least(size, faults->rate < 20 ? 1 : faults->rate / 20);
    if (faults->reset_after > 0)
        size = least(size, faults->reset_after - pump->sent);
    return size;
}

static void drop_first(struct pump *pump)
{
    struct chunk *first = pump->first;

    pump->first = first->next;
    weft_free(first);
}

/* Of the first chunk, which is due. WEFT_ERESET: also if it is time for that. */
static int send_some(struct pump *pump)
{
    size_t sent = 0;
    int err = weft_socket_send(pump->to, pump->first->data + pump->first->start, allowed(pump),
                               &sent, weft_in(SLICE));

    count(pump, sent);
    if (pump->faults->rate > 0)
        pump->free_again = weft_clock() + (weft_time)(sent * 1e9 / (double)pump->faults->rate);
    if (pump->first->start == pump->first->end)
        drop_first(pump);
    if (pump->faults->reset_after > 0 && pump->sent == pump->faults->reset_after)
        return WEFT_ERESET;
    return err == WEFT_ETIMEDOUT ? 0 : err;
}

/* The other side learns of the end. */
static void pass_end(struct pump *pump)
{
    if (weft_caps()->shutdown_write)
        weft_socket_shutdown(pump->to, WEFT_SHUTDOWN_WRITE);
    else
        weft__proxy_link_cut(pump->link, false);
}

/* ---- both ------------------------------------------------------------------------- */

/* When the first chunk may go on. */
static weft_time next_due(const struct pump *pump)
{
    if (!pump->first)
        return WEFT_FOREVER;
    return pump->first->due > pump->free_again ? pump->first->due : pump->free_again;
}

static void run(struct pump *pump)
{
    int err = 0;

    while (err == 0 && !is_over(pump) && !(pump->ended && !pump->first)) {
        weft_time due = next_due(pump);
        size_t size = room(pump);

        if (due <= weft_clock())
            err = send_some(pump);
        else if (size > 0)
            err = read_some(pump, size, due);
        else
            weft_event_wait(&pump->link->over, due);
    }
    if (err != 0)
        weft__proxy_link_cut(pump->link, true);
    else if (!is_over(pump))
        pass_end(pump);
    while (pump->first)
        drop_first(pump);
}

void weft__proxy_pump(struct weft__proxy_link *link, bool back)
{
    weft_proxy *proxy = link->proxy;
    struct pump *pump = weft_alloc(sizeof(*pump));

    if (!pump) {
        weft__proxy_link_cut(link, true);
        return;
    }
    pump->link = link;
    pump->from = back ? link->server : link->client;
    pump->to = back ? link->client : link->server;
    pump->faults = back ? &proxy->options.back : &proxy->options.there;
    pump->counts = back ? &proxy->stats.back : &proxy->stats.there;
    pump->key = weft__proxy_key(proxy->options.seed, link->number, back);
    run(pump);
    weft_free(pump);
}
