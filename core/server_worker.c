/* SPDX-License-Identifier: MIT */
/*
 * A process of a server: it has the listener of its parent, and serves one connection at a
 * time, as a thread would (server_blocking.c).
 *
 * A second thread waits for the parent's stop, and wakes the first. `mutex` of the server makes
 * sure that it finds only a connection that is open. Everything is counted in the arena after
 * each request, where it outlives the process.
 */
#include "server_processes.h"
#include "weft/memory.h"

static int watch_for_stop(weft_task *task)
{
    weft_server *server = WEFT_ARG(task, weft_server *);
    const struct weft__worker_job *job = server->own;

    if (weft_shared_event_wait(job->stop, WEFT_FOREVER) != 0)
        return 0;
    weft_store_u32(&server->halting, 1, WEFT_SEQ_CST);
    weft_event_set(&server->stopping);
    weft_socket_shutdown(server->socket, WEFT_SHUTDOWN_BOTH);
    weft_mutex_acquire(&server->mutex, WEFT_FOREVER);
    if (server->connections)
        weft__connection_nudge(server->connections);
    weft_mutex_release(&server->mutex);
    return 0;
}

static int find(weft__function_ref ref, weft_handler **found)
{
    weft_function *function = NULL;
    int err = ref.offset == 0 ? 0 : weft__function_find(ref, &function);

    *found = (weft_handler *)(void (*)(void))function;
    return err;
}

static void serve(weft_server *server, weft_socket *socket, weft_atomic_u32 *open)
{
    struct weft__connection *connection = weft__connection_create(server, socket);

    if (!connection)
        return;
    connection->blocking = true;
    weft_store_u32(open, 1, WEFT_RELAXED);
    weft__connection_serve(connection);
    weft__connection_close(connection);
    weft_store_u32(open, 0, WEFT_RELAXED);
}

static int prepare(weft_server *server, struct weft__worker_job *job)
{
    struct weft__site *site = weft_shared_pointer(job->site);
    int err = find(job->handler, &server->handler);

    server->own = job;
    server->options = job->options;
    server->counters = site->counters;
    if (err == 0)
        err = find(job->on_open, &server->options.on_open);
    if (err == 0)
        err = find(job->on_close, &server->options.on_close);
    if (err == 0)
        err = weft_process_socket(&server->socket, WEFT__SERVER_LISTENER);
    if (err == 0)
        err = weft_socket_address(server->socket, &server->address);
    return err;
}

static int serve_until_stop(weft_server *server, const struct weft__worker_job *job)
{
    const weft_thread_options options = {.name = "weft-server-stop", .daemon = true};
    struct weft__site *site = weft_shared_pointer(job->site);
    weft_thread *watcher = NULL;
    weft_socket *socket = NULL;
    int err = weft_thread_start_with(&watcher, watch_for_stop, &server, sizeof(server), &options);

    if (err == 0) {
        weft__server_enter(server);
        while (weft__server_accept(server, &socket))
            serve(server, socket, &site->open[job->index]);
        weft_thread_join(watcher, WEFT_FOREVER);
    }
    return err;
}

int weft__server_work(weft_task *task)
{
    struct weft__worker_job job = WEFT_ARG(task, struct weft__worker_job);
    weft_server *server = weft_alloc(sizeof(*server));
    int err;

    weft__process_ignore_interrupt();
    if (!server)
        return WEFT_ENOMEM;
    err = prepare(server, &job);
    if (err == 0)
        err = serve_until_stop(server, &job);
    weft_socket_close(server->socket);
    weft_free(server);
    return err;
}
