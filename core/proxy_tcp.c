/* SPDX-License-Identifier: MIT */
/*
 * A proxy for connections: one thread accepts, and each connection has a place with two
 * threads (proxy_link.c).
 *
 * A permit of `vacant` is an empty place. The accepting thread takes one before it
 * accepts; weft__proxy_link_retire() gives it back. The thread of a place is joined by
 * whoever uses the place next, or by close. The proxy's mutex guards which places are
 * empty and what is in them, and makes sure that close meets every connection.
 */
#include <weft/error.h>
#include <weft/memory.h>
#include <weft/semaphore.h>

#include "proxy_private.h"

struct weft__proxy_tcp {
    weft_thread *acceptor;
    weft_semaphore vacant;
    struct weft__proxy_link links[]; /* options.most */
};

static int serve(weft_task *task)
{
    weft__proxy_link_serve(WEFT_ARG(task, struct weft__proxy_link *));
    return 0;
}

/* Only the accepting thread fills places, and it holds a permit: there is one. */
static struct weft__proxy_link *empty_place(weft_proxy *proxy)
{
    struct weft__proxy_link *found = NULL;

    weft_mutex_acquire(&proxy->mutex, WEFT_FOREVER);
    for (unsigned i = 0; i < proxy->options.most && !found; i++)
        if (!proxy->tcp->links[i].client)
            found = &proxy->tcp->links[i];
    weft_mutex_release(&proxy->mutex);
    return found;
}

static void join(struct weft__proxy_link *link)
{
    if (link->thread)
        weft_thread_join(link->thread, WEFT_FOREVER);
    link->thread = NULL;
}

/* Puts the connection where close can find it. */
static void enter(struct weft__proxy_link *link, weft_socket *client)
{
    weft_proxy *proxy = link->proxy;

    weft_mutex_acquire(&proxy->mutex, WEFT_FOREVER);
    weft_event_clear(&link->over);
    link->reset = false;
    link->client = client;
    link->number = ++proxy->stats.connections;
    if (weft_event_is_set(&proxy->closing))
        weft_event_set(&link->over);
    weft_mutex_release(&proxy->mutex);
}

static void start_link(weft_proxy *proxy, weft_socket *client)
{
    const weft_thread_options options = {
        .name = "weft-proxy-there", .daemon = true, .cancel = &proxy->stop};
    struct weft__proxy_link *link = empty_place(proxy);

    join(link);
    enter(link, client);
    if (link->number != proxy->options.refuse &&
        weft_thread_start_with(&link->thread, serve, &link, sizeof(link), &options) == 0)
        return;
    weft__proxy_link_cut(link, true);
    weft__proxy_link_retire(link);
}

static int accept_connections(weft_task *task)
{
    weft_proxy *proxy = WEFT_ARG(task, weft_proxy *);
    weft_socket *client = NULL;

    while (!weft_event_is_set(&proxy->closing)) {
        weft_semaphore_acquire(&proxy->tcp->vacant, WEFT_FOREVER);
        if (weft_socket_accept(proxy->front, &client, NULL, WEFT_FOREVER) == 0) {
            start_link(proxy, client);
            continue;
        }
        weft_semaphore_release(&proxy->tcp->vacant, 1);
        weft_event_wait(&proxy->closing, weft_in(WEFT__PROXY_PAUSE));
    }
    return 0;
}

static void cut_all(weft_proxy *proxy, bool reset)
{
    weft_mutex_acquire(&proxy->mutex, WEFT_FOREVER);
    for (unsigned i = 0; i < proxy->options.most; i++)
        if (proxy->tcp->links[i].client)
            weft__proxy_link_cut_locked(&proxy->tcp->links[i], reset);
    weft_mutex_release(&proxy->mutex);
}

void weft__proxy_link_vacate(weft_proxy *proxy)
{
    weft_semaphore_release(&proxy->tcp->vacant, 1);
}

void weft__proxy_tcp_reset(weft_proxy *proxy)
{
    cut_all(proxy, true);
}

int weft__proxy_tcp_start(weft_proxy *proxy)
{
    const weft_thread_options options = {.name = "weft-proxy", .daemon = true};
    unsigned most = proxy->options.most;
    struct weft__proxy_tcp *tcp = weft_alloc(sizeof(*tcp) + most * sizeof(tcp->links[0]));
    int err;

    if (!tcp)
        return WEFT_ENOMEM;
    tcp->vacant = (weft_semaphore)WEFT_SEMAPHORE_INIT(most);
    for (unsigned i = 0; i < most; i++)
        tcp->links[i].proxy = proxy;
    proxy->tcp = tcp;
    err =
        weft_thread_start_with(&tcp->acceptor, accept_connections, &proxy, sizeof(proxy), &options);
    if (err != 0)
        weft_free(tcp);
    return err;
}

/* Who accepts may wait for a place, which it gets because all connections are cut. */
void weft__proxy_tcp_close(weft_proxy *proxy)
{
    cut_all(proxy, false);
    weft_thread_join(proxy->tcp->acceptor, WEFT_FOREVER);
    for (unsigned i = 0; i < proxy->options.most; i++)
        join(&proxy->tcp->links[i]);
    weft_free(proxy->tcp);
}
