/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SERVER_PROCESSES_H
#define WEFT_SERVER_PROCESSES_H

/* What a server and its processes share: server_processes.c is the parent's side,
 * server_worker.c the child's. */

#include "server_private.h"
#include "weft/arena.h"
#include "weft/process.h"
#include "weft/shared.h"

#define WEFT__SERVER_LISTENER "weft-server-listener" /* the name it is handed over under */

/* In the arena. A worker may be killed at any instruction: all are words of their own, and
 * `open` is cleared by the parent then. */
struct weft__site {
    weft_atomic_u64 counters[WEFT__COUNTERS]; /* added to by parent and children */
    weft_atomic_u32 open[];                   /* for each worker: whether it has a connection */
};

/* A worker's argument. */
struct weft__worker_job {
    weft__function_ref handler, on_open, on_close; /* offset 0: none */
    weft_offset site;
    weft_shared_event stop;
    unsigned index;
    weft_server_options options; /* plain values count */
};

/* What a worker process does. */
int weft__server_work(weft_task *task);

#endif
