/* SPDX-License-Identifier: MIT */
/*
 * One TCP connection through the proxy. Its thread connects to the server, starts another
 * for what comes back, and pumps what goes there itself; when both have ended, it closes.
 *
 * A connection is cut by its event `over`, which the pumps look at, and by shutting the
 * reading sides, which wakes them and which the peers do not see. Only the sockets' end,
 * after both threads have ended, is told to the peers: as a reset or as an end.
 */
#include <weft/caps.h>
#include <weft/error.h>

#include "proxy_private.h"

#define REACH_MOST WEFT_S(5)

void weft__proxy_link_cut_locked(struct weft__proxy_link *link, bool reset)
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
    weft__proxy_link_cut_locked(link, reset);
    weft_mutex_release(&link->proxy->mutex);
}

void weft__proxy_link_retire(struct weft__proxy_link *link)
{
    weft_proxy *proxy = link->proxy;
    weft_socket *client, *server;
    bool reset;

    weft_mutex_acquire(&proxy->mutex, WEFT_FOREVER);
    client = link->client;
    server = link->server;
    reset = link->reset;
    link->client = link->server = NULL;
    proxy->stats.resets += reset;
    weft_mutex_release(&proxy->mutex);
    if (reset) {
        weft_socket_abort(client);
        weft_socket_abort(server);
    } else {
        weft_socket_close(client);
        weft_socket_close(server);
    }
    weft__proxy_link_vacate(proxy);
}

static int reach_server(struct weft__proxy_link *link)
{
    weft_proxy *proxy = link->proxy;
    weft_socket *server = NULL;
    char ip[WEFT_ADDRESS_TEXT];
    int err = weft_tcp_connect(&server, weft_address_ip(&proxy->to, ip, sizeof(ip)), proxy->to.port,
                               weft_in(REACH_MOST));

    weft_cancel_enter(NULL); /* only this had to be ended by a token */
    if (err != 0)
        return err;
    weft_mutex_acquire(&proxy->mutex, WEFT_FOREVER);
    link->server = server;
    weft_mutex_release(&proxy->mutex);
    return 0;
}

/* Or pieces would be put together again. A backend without options does as it likes. */
static void send_at_once(weft_socket *socket)
{
    if (weft_caps()->socket_options)
        weft_socket_option_set(socket, WEFT_SOCKET_NO_DELAY, 1);
}

static int pump_back(weft_task *task)
{
    weft__proxy_pump(WEFT_ARG(task, struct weft__proxy_link *), true);
    return 0;
}

void weft__proxy_link_serve(struct weft__proxy_link *link)
{
    const weft_thread_options options = {.name = "weft-proxy-back", .daemon = true};
    weft_thread *back = NULL;
    int err = reach_server(link);

    if (err == 0) {
        send_at_once(link->client);
        send_at_once(link->server);
        err = weft_thread_start_with(&back, pump_back, &link, sizeof(link), &options);
    }
    if (err == 0) {
        weft__proxy_pump(link, false);
        weft_thread_join(back, WEFT_FOREVER);
    } else {
        weft__proxy_link_cut(link, true);
    }
    weft__proxy_link_retire(link);
}
