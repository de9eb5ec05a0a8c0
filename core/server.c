/* SPDX-License-Identifier: MIT */
/*
 * What all styles have in common: options, the list of connections, start and end, figures.
 *
 * A connection counts its own requests and bytes, without a lock, while it is open; what it
 * counted is added to the server's when it leaves the list. Both under `mutex`, so statistics,
 * which add the two under it, miss nothing and see nothing twice.
 */
#include "weft/server.h"

#include <string.h>

#include "server_private.h"
#include "weft/caps.h"
#include "weft/memory.h"

enum { DEFAULT_LIMIT = 65536, DEFAULT_OUTPUT = 1 << 20, MOST_WORKERS = 1024 };

/* How long stop waits after the cut for those who notice it. */
#define CUT_GRACE WEFT_MS(50)

/* ---- figures ------------------------------------------------------------------------ */

void weft__server_count(weft_server *server, enum weft__server_counter counter, uint64_t n)
{
    weft_fetch_add_u64(&server->counters[counter], n, WEFT_RELAXED);
}

static uint64_t counted(const weft_server *server, enum weft__server_counter counter)
{
    return weft_load_u64(&server->counters[counter], WEFT_RELAXED);
}

static uint32_t open_locked(weft_server *server)
{
    return server->style->open ? server->style->open(server) : server->open;
}

uint32_t weft__server_open(weft_server *server)
{
    uint32_t open;

    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    open = open_locked(server);
    weft_mutex_release(&server->mutex);
    return open;
}

void weft_server_stats_get(weft_server *server, weft_server_stats *stats)
{
    uint64_t own[3] = {0};

    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    for (struct weft__connection *c = server->connections; c; c = c->next)
        for (int i = 0; i < 3; i++)
            own[i] += weft_load_u64(&c->counts[i], WEFT_RELAXED);
    *stats = (weft_server_stats){
        .open = open_locked(server),
        .accepted = counted(server, WEFT__ACCEPTED),
        .requests = counted(server, WEFT__REQUESTS) + own[0],
        .bytes_in = counted(server, WEFT__BYTES_IN) + own[1],
        .bytes_out = counted(server, WEFT__BYTES_OUT) + own[2],
        .failed = counted(server, WEFT__FAILED),
        .timed_out = counted(server, WEFT__TIMED_OUT),
        .refused = counted(server, WEFT__REFUSED),
        .lost = counted(server, WEFT__LOST),
        .cut = counted(server, WEFT__CUT),
        .pauses = counted(server, WEFT__PAUSES),
        .paused = (weft_time)counted(server, WEFT__PAUSED),
    };
    weft_mutex_release(&server->mutex);
}

void weft_server_address(const weft_server *server, weft_address *address)
{
    *address = server->address;
}

/* ---- connections ---------------------------------------------------------------------- */

struct weft__connection *weft__connection_create(weft_server *server, weft_socket *socket)
{
    struct weft__connection *connection = weft_alloc(sizeof(*connection));

    if (!connection) {
        weft_socket_close(socket);
        return NULL;
    }
    *connection = (struct weft__connection){
        .server = server,
        .socket = socket,
        .number = weft_fetch_add_u64(&server->counters[WEFT__ACCEPTED], 1, WEFT_RELAXED) + 1,
        .frames = WEFT_FRAMES_INIT(server->options.framing, server->options.request_limit)};
    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    connection->next = server->connections;
    if (connection->next)
        connection->next->previous = connection;
    server->connections = connection;
    server->open++;
    weft_mutex_release(&server->mutex);
    return connection;
}

void weft__connection_fold(struct weft__connection *connection)
{
    for (int i = 0; i < 3; i++) {
        uint64_t n = weft_exchange_u64(&connection->counts[i], 0, WEFT_RELAXED);

        weft__server_count(connection->server, (enum weft__server_counter)(WEFT__REQUESTS + i), n);
    }
}

static void leave_list(struct weft__connection *connection)
{
    weft_server *server = connection->server;

    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    weft__connection_fold(connection);
    server->open--;
    weft_condition_notify_all(&server->changed);
    weft_mutex_release(&server->mutex);
}

void weft__connection_end(struct weft__connection *connection)
{
    weft_request request = {.connection = connection,
                            .server = connection->server,
                            .until = WEFT_FOREVER,
                            .closed = true};

    if (connection->opened)
        (void)weft__request_run(&request, connection->server->options.on_close);
    leave_list(connection);
    if (connection->aborts)
        weft_socket_abort(connection->socket);
    else
        weft_socket_close(connection->socket);
    weft_frames_close(&connection->frames);
    weft__output_free(connection);
}

void weft__connection_close(struct weft__connection *connection)
{
    weft__connection_end(connection);
    weft_free(connection);
}

void weft__connections_shut(weft_server *server)
{
    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    for (struct weft__connection *c = server->connections; c; c = c->next)
        weft_socket_shutdown(c->socket, WEFT_SHUTDOWN_BOTH);
    weft_mutex_release(&server->mutex);
}

/* ---- threads ---------------------------------------------------------------------------- */

int weft__server_thread(weft_server *server, weft_thread **thread, weft_function *function,
                        const void *argument, size_t size, const char *name)
{
    /* weft_thread_join_all() must not wait for a server. */
    const weft_thread_options options = {.name = name, .daemon = true, .cancel = &server->cut};
    int err;

    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    err = weft_thread_start_with(thread, function, argument, size, &options);
    if (err == 0)
        server->running++;
    weft_mutex_release(&server->mutex);
    return err;
}

void weft__server_leave(weft_server *server)
{
    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    server->running--;
    weft_condition_notify_all(&server->changed);
    weft_mutex_release(&server->mutex);
}

bool weft__server_is_stopping(const weft_server *server)
{
    return weft_load_u32(&server->halting, WEFT_SEQ_CST) != 0;
}

/* ---- start ------------------------------------------------------------------------------ */

static int check_options(const weft_server_options *o)
{
    const char *wrong = NULL;

    if ((unsigned)o->style > WEFT_SERVER_LOOP || (unsigned)o->framing > WEFT_FRAMING_LENGTH32)
        wrong = "no such style or framing";
    else if (o->udp && o->style == WEFT_SERVER_PROCESSES)
        wrong = "processes do not serve datagrams";
    else if (o->udp && (o->path || o->framing != WEFT_FRAMING_NONE || o->on_open || o->on_close))
        wrong = "datagrams have no path, no framing, and no connection to be opened or closed";
    else if (o->path && (o->host || o->port != 0))
        wrong = "it listens at a path or at host and port, not both";
    else if (o->context && o->style == WEFT_SERVER_PROCESSES)
        wrong = "a context means nothing to another process";
    else if (o->request_time < 0 || o->idle_time < 0)
        wrong = "a time is below 0";
    else if (o->workers > MOST_WORKERS)
        wrong = "more than 1024 workers";
    return wrong ? weft__fail(WEFT_EINVAL, "server: %s", wrong) : 0;
}

static void set_options(weft_server *server, const weft_server_options *options)
{
    weft_server_options *own = &server->options;
    unsigned cpus = weft_cpu_count();
    bool threads = options->style == WEFT_SERVER_THREADS;

    *own = *options;
    own->host = own->path = NULL;
    if (own->request_limit == 0)
        own->request_limit = DEFAULT_LIMIT;
    if (own->output_limit == 0)
        own->output_limit = DEFAULT_OUTPUT;
    if (own->workers == 0)
        own->workers = cpus < 2 ? 2 : cpus;
    if (own->connections == 0)
        own->connections = threads ? 4096 : 65536;
}

static int open_socket(weft_server *server, const weft_server_options *options)
{
    const weft_listen_options listen = {.backlog = WEFT__SERVER_BACKLOG};
    const char *host = options->host ? options->host : "127.0.0.1";
    int err;

    if (options->udp)
        err = weft_udp_open(&server->socket, host, options->port,
                            *host               ? WEFT_FAMILY_NONE
                            : weft_caps()->ipv6 ? WEFT_IPV6
                                                : WEFT_IPV4);
    else if (options->path)
        err = weft_unix_listen(&server->socket, options->path, &listen);
    else
        err = weft_tcp_listen(&server->socket, host, options->port, &listen);
    return err != 0 ? err : weft_socket_address(server->socket, &server->address);
}

static const struct weft__style *style_of(const weft_server_options *options)
{
    static const struct weft__style *const styles[] = {&weft__server_threads, &weft__server_pool,
                                                       &weft__server_processes, &weft__server_loop};

    return options->udp ? &weft__server_udp : styles[options->style];
}

int weft__service_start(weft_server **server, const struct weft__service *service,
                        weft_handler *handler, const weft_server_options *options)
{
    weft_server *s = NULL;
    int err = check_options(options);

    if (err != 0)
        return err;
    s = weft_alloc(sizeof(*s));
    if (!s)
        return WEFT_ENOMEM;
    set_options(s, options);
    s->handler = handler;
    s->service = service;
    s->counters = s->counted;
    s->style = style_of(options);
    err = open_socket(s, options);
    if (err == 0)
        err = s->style->start(s);
    if (err != 0)
        goto free_server;
    *server = s;
    return 0;

free_server:
    weft_socket_close(s->socket);
    weft_free(s);
    return err;
}

int weft_server_start(weft_server **server, weft_handler *handler,
                      const weft_server_options *options)
{
    static const struct weft__service requests = {.serve = weft__connection_serve};
    const weft_server_options none = {0};

    if (!handler)
        return weft__misuse(WEFT_EINVAL, "server: no handler");
    return weft__service_start(server, &requests, handler, options ? options : &none);
}

/* ---- end -------------------------------------------------------------------------------- */

/* 0: no thread of the server runs any more. */
static int wait_for_end(weft_server *server, weft_time until)
{
    int err = 0;

    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    while (server->running > 0 && err == 0)
        err = weft_condition_wait(&server->changed, &server->mutex, until);
    if (server->running == 0)
        err = 0;
    weft_mutex_release(&server->mutex);
    return err;
}

/* Those who notice it end soon; a handler that computes does not. */
static uint32_t cut(weft_server *server)
{
    const weft_cancel *before = weft_cancel_enter(NULL);
    uint32_t open = weft__server_open(server);

    weft__server_count(server, WEFT__CUT, open);
    weft_cancel_request(&server->cut);
    server->style->cut(server);
    (void)wait_for_end(server, weft_in(CUT_GRACE));
    weft_cancel_enter(before);
    return open;
}

int weft_server_stop(weft_server *server, weft_time until)
{
    char text[WEFT_ADDRESS_TEXT];
    uint32_t lost;
    int err;

    if (!server || weft__server_is_served_here(server))
        return weft__misuse(server ? WEFT_EDEADLK : WEFT_EINVAL, "server stop: %s",
                            server ? "called by its own handler" : "the server is NULL");
    if (server->stopped)
        return 0;
    server->stopped = true;
    weft_store_u32(&server->halting, 1, WEFT_SEQ_CST);
    weft_event_set(&server->stopping);
    server->style->stop(server);
    err = wait_for_end(server, until);
    if (err == 0)
        return 0;
    lost = cut(server);
    if (err != WEFT_ECANCELED)
        err = WEFT_ETIMEDOUT;
    return weft__fail(err, "server %s stop: %u connections were cut, %s",
                      weft_address_text(&server->address, text, sizeof(text)), (unsigned)lost,
                      err == WEFT_ECANCELED ? "the wait was cancelled" : "the deadline passed");
}

void weft_server_close(weft_server *server)
{
    const weft_cancel *before;

    if (!server)
        return;
    before = weft_cancel_enter(NULL); /* who is cancelled must still be able to clean up */
    (void)weft_server_stop(server, WEFT_NOW);
    (void)wait_for_end(server, WEFT_FOREVER);
    server->style->join(server);
    weft_cancel_enter(before);
    weft_socket_close(server->socket);
    weft_free(server);
}
