/* SPDX-License-Identifier: MIT */
/*
 * Datagrams: each is a request. One thread in the loop's style, `workers` in the others, which
 * take turns at the socket: only the one whose turn it is waits there, so that a datagram
 * wakes one thread.
 */
#include "server_private.h"
#include "weft/memory.h"

struct udp {
    weft_mutex turn;        /* held while receiving */
    bool alone;             /* nobody to take turns with; set before the threads start */
    unsigned char *buffers; /* one for each thread */
    weft_atomic_u32 buffers_taken;
    unsigned started;
    weft_thread *threads[]; /* `started` of them */
};

static int receive(weft_server *server, weft_request *request, void *buffer)
{
    struct udp *own = server->own;
    size_t size = server->options.request_limit;
    int err;

    if (size > WEFT__SERVER_BUFFER)
        size = WEFT__SERVER_BUFFER;
    if (!own->alone)
        weft_mutex_acquire(&own->turn, WEFT_FOREVER);
    err = weft_socket_recvfrom(server->socket, buffer, size, &request->size, request->from,
                               WEFT_FOREVER);
    if (!own->alone)
        weft_mutex_release(&own->turn);
    return err;
}

static void serve(weft_server *server, void *buffer)
{
    weft_address from = {0};
    weft_request request = {.server = server, .data = buffer, .from = &from};

    while (!weft__server_is_stopping(server)) {
        int err = receive(server, &request, buffer);

        if (err == 0) {
            weft__server_count(server, WEFT__BYTES_IN, request.size);
            weft__server_count(server, WEFT__REQUESTS, 1);
            request.until = weft__request_until(server);
            request.state = NULL;
            (void)weft__request_run(&request, server->handler);
        } else if (err == WEFT_ETRUNCATED) {
            weft__server_count(server, WEFT__REFUSED, 1);
        } else if (err != WEFT_ECLOSED) {
            weft__server_pause(server); /* whatever it is, it must not spin */
        }
    }
}

static int run(weft_task *task)
{
    weft_server *server = WEFT_ARG(task, weft_server *);
    struct udp *own = server->own;
    uint32_t taken = weft_fetch_add_u32(&own->buffers_taken, 1, WEFT_RELAXED);

    weft__server_enter(server);
    serve(server, own->buffers + (size_t)WEFT__SERVER_BUFFER * taken);
    weft__server_leave(server);
    return 0;
}

static void stop(weft_server *server)
{
    weft_socket_shutdown(server->socket, WEFT_SHUTDOWN_READ);
}

/* Replies that wait for room end, too. */
static void cut(weft_server *server)
{
    weft_socket_shutdown(server->socket, WEFT_SHUTDOWN_BOTH);
}

static void join(weft_server *server)
{
    struct udp *own = server->own;

    for (unsigned i = 0; i < own->started; i++)
        weft_thread_join(own->threads[i], WEFT_FOREVER);
    weft_free(own->buffers);
    weft_free(own);
}

static int start(weft_server *server)
{
    unsigned workers = server->options.style == WEFT_SERVER_LOOP ? 1 : server->options.workers;
    struct udp *own = weft_alloc(sizeof(*own) + workers * sizeof(own->threads[0]));
    int err = 0;

    if (!own)
        return WEFT_ENOMEM;
    server->own = own;
    own->buffers = weft__alloc_bytes((size_t)WEFT__SERVER_BUFFER * workers);
    if (!own->buffers)
        err = WEFT_ENOMEM;
    own->alone = workers == 1;
    while (own->started < workers && err == 0) {
        err = weft__server_thread(server, &own->threads[own->started], run, &server, sizeof(server),
                                  "weft-server");
        own->started += err == 0;
    }
    if (err == 0)
        return 0;
    weft_store_u32(&server->halting, 1, WEFT_SEQ_CST);
    stop(server);
    join(server);
    return err;
}

const struct weft__style weft__server_udp = {"udp", start, stop, cut, join, NULL};
