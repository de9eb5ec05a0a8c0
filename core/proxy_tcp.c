/* SPDX-License-Identifier: MIT */
/*
 * A proxy for connections: a server with a thread for each (server_threads.c). That connects to
 * where the proxy goes on to, starts another thread for what comes back, and pumps what goes
 * there itself; when both have ended, so does the connection.
 *
 * A connection is cut by its event `over`, which the pumps look at, and by shutting the
 * reading sides, which wakes them and which the peers do not see. Only the sockets' end,
 * after both threads have ended, is told to the peers: as a reset or as an end.
 *
 * The proxy's mutex guards what is in the links, and is taken after the server's, which
 * guards the list of connections.
 */
#include <weft/caps.h>
#include <weft/error.h>

#include "proxy_private.h"
#include "server_private.h"

#define REACH_MOST WEFT_S(5)

/* ---- one connection -------------------------------------------------------------- */

static void cut_locked(struct weft__proxy_link *link, bool reset)
{
    link->reset |= reset && !weft_event_is_set(&link->over);
    weft_event_set(&link->over);
    weft_socket_shutdown(link->client, WEFT_SHUTDOWN_READ);
    if (link->server)
        weft_socket_shutdown(link->server, WEFT_SHUTDOWN_READ);
}

void weft__proxy_link_cut(struct weft__proxy_link *link, bool reset)
{
    weft_mutex_acquire(&link->proxy->mutex, WEFT_FOREVER);
    cut_locked(link, reset);
    weft_mutex_release(&link->proxy->mutex);
}

static int reach_server(struct weft__proxy_link *link)
{
    weft_proxy *proxy = link->proxy;
    weft_socket *server = NULL;
    char ip[WEFT_ADDRESS_TEXT];
    int err;

    weft_cancel_enter(&proxy->stop); /* only this has to be ended by a token */
    err = weft_tcp_connect(&server, weft_address_ip(&proxy->to, ip, sizeof(ip)), proxy->to.port,
                           weft_in(REACH_MOST));
    weft_cancel_enter(NULL);
    if (err != 0)
        return err;
    /* Or pieces would be put together again. A backend without options does as it likes. */
    if (weft_caps()->socket_options)
        weft_socket_option_set(server, WEFT_SOCKET_NO_DELAY, 1);
    weft_mutex_acquire(&proxy->mutex, WEFT_FOREVER);
    link->server = server;
    weft_mutex_release(&proxy->mutex);
    return 0;
}

static int pump_back(weft_task *task)
{
    weft__proxy_pump(WEFT_ARG(task, struct weft__proxy_link *), true);
    return 0;
}

static void pump_both_ways(struct weft__proxy_link *link)
{
    const weft_thread_options options = {.name = "weft-proxy-back", .daemon = true};
    weft_thread *back = NULL;
    int err = reach_server(link);

    if (err == 0)
        err = weft_thread_start_with(&back, pump_back, &link, sizeof(link), &options);
    if (err != 0) {
        weft__proxy_link_cut(link, true);
        return;
    }
    weft__proxy_pump(link, false);
    weft_thread_join(back, WEFT_FOREVER);
}

/* Both directions of one connection; the link is in its `state` for those who cut it. */
static void pass_on(struct weft__connection *connection, bool refused)
{
    weft_proxy *proxy = connection->server->options.context;
    struct weft__proxy_link link = {
        .proxy = proxy, .number = connection->number, .client = connection->socket};

    weft_mutex_acquire(&proxy->mutex, WEFT_FOREVER);
    proxy->stats.connections++;
    connection->state = &link;
    if (weft_event_is_set(&proxy->closing))
        weft_event_set(&link.over);
    weft_mutex_release(&proxy->mutex);
    if (refused)
        weft__proxy_link_cut(&link, true);
    else
        pump_both_ways(&link);
    weft_mutex_acquire(&proxy->mutex, WEFT_FOREVER);
    connection->state = NULL;
    connection->aborts = link.reset;
    proxy->stats.resets += link.reset;
    weft_mutex_release(&proxy->mutex);
    if (link.reset)
        weft_socket_abort(link.server);
    else
        weft_socket_close(link.server);
}

static void serve(struct weft__connection *connection)
{
    const weft_proxy *proxy = connection->server->options.context;

    pass_on(connection, connection->number == proxy->options.refuse);
}

static void turn_away(struct weft__connection *connection)
{
    pass_on(connection, true);
}

/* ---- all of them ----------------------------------------------------------------- */

static void cut_all(weft_proxy *proxy, bool reset)
{
    weft_mutex_acquire(&proxy->server->mutex, WEFT_FOREVER);
    weft_mutex_acquire(&proxy->mutex, WEFT_FOREVER);
    for (struct weft__connection *c = proxy->server->connections; c; c = c->next)
        if (c->state)
            cut_locked(c->state, reset);
    weft_mutex_release(&proxy->mutex);
    weft_mutex_release(&proxy->server->mutex);
}

void weft__proxy_tcp_reset(weft_proxy *proxy)
{
    cut_all(proxy, true);
}

int weft__proxy_tcp_start(weft_proxy *proxy)
{
    static const struct weft__service service = {.serve = serve, .serve_without = turn_away};
    const weft_server_options options = {
        .port = proxy->options.port, .connections = proxy->options.most, .context = proxy};
    weft_address address;
    int err = weft__service_start(&proxy->server, &service, NULL, &options);

    if (err != 0)
        return err;
    weft_server_address(proxy->server, &address);
    proxy->port = address.port;
    return 0;
}

/* What is cut ends soon, and by itself: the server cuts nothing, which the peers would see. */
void weft__proxy_tcp_close(weft_proxy *proxy)
{
    cut_all(proxy, false);
    weft_server_stop(proxy->server, WEFT_FOREVER);
    weft_server_close(proxy->server);
}
