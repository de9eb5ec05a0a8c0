/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SERVER_PRIVATE_H
#define WEFT_SERVER_PRIVATE_H

/*
 * What the files of a weft_server share:
 *
 *   server.c            options, start, stop, close, statistics
 *   server_accept.c     accepting, and its pause when the system refuses
 *   server_request.c    the handler's call, and its replies
 *   server_output.c     replies that the system does not take yet (pool and loop)
 *   server_stream.c     one turn of a connection that never blocks (pool and loop)
 *   server_times.c      which connection's time is over next (pool and loop)
 *   server_blocking.c   a connection from its beginning to its end (threads and processes)
 *   server_threads.c, server_pool.c, server_pool_poll.c, server_loop.c, server_udp.c,
 *   server_processes.c, server_worker.c   the styles
 *
 * How a server ends: weft_server_stop() sets `halting` and `stopping`, and calls the style's
 * `stop`, which wakes whoever waits. Every thread of the server is counted in `running` and ends
 * when its connections have. If they do not in time, `cut` is requested and the style's `cut`
 * closes what is open.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "internal.h"
#include "weft/cancel.h"
#include "weft/condition.h"
#include "weft/event.h"
#include "weft/frames.h"
#include "weft/mutex.h"
#include "weft/poller.h"
#include "weft/server.h"
#include "weft/socket.h"
#include "weft/thread.h"

enum {
    WEFT__SERVER_BUFFER = 65536, /* bytes received at once, and of a datagram at most */
    WEFT__SERVER_BACKLOG = 1024
};

/* Fields of weft_server_stats, without those that are asked elsewhere. */
enum weft__server_counter {
    WEFT__ACCEPTED,
    WEFT__REQUESTS,
    WEFT__BYTES_IN,
    WEFT__BYTES_OUT,
    WEFT__FAILED,
    WEFT__TIMED_OUT,
    WEFT__REFUSED,
    WEFT__LOST,
    WEFT__CUT,
    WEFT__PAUSES,
    WEFT__PAUSED,
    WEFT__COUNTERS
};

struct weft__style {
    const char *name;
    int (*start)(weft_server *server); /* all threads run, or none and nothing is left */
    void (*stop)(weft_server *server); /* `stopping` is set: whoever sleeps looks */
    void (*cut)(weft_server *server);  /* `cut` is requested: connections end now */
    void (*join)(weft_server *server); /* threads are joined, the style's memory freed */
    uint32_t (*open)(weft_server *server); /* connections elsewhere; NULL: there are none */
};

extern const struct weft__style weft__server_threads, weft__server_pool, weft__server_loop,
    weft__server_udp, weft__server_processes;

/* What a connection is doing, in a style that blocks. The connection's thread goes from one to
 * the other; who stops the server goes from idle to left, and then wakes the thread. */
enum weft__phase { WEFT__IDLE, WEFT__ACTIVE, WEFT__LEFT };

struct weft__output; /* server_output.c */

/* In the styles that never block, all but `counts` belongs to whose turn it is. */
struct weft__connection {
    weft_server *server;
    weft_socket *socket;
    struct weft__output *output; /* NULL: the system has taken all */
    void *state;                 /* the handler's */
    weft_atomic_u64 counts[3];   /* requests, bytes in and out of it, since it was opened.
                                    Written by whose turn it is, read by statistics */
    uint8_t list;                /* server_times.c */
    uint8_t asked;               /* what the poller was asked for: enum weft_readiness */
    bool opened;                 /* on_open was called */
    bool blocking;               /* replies wait until they are sent */
    bool finish;                 /* to be closed when its output is gone */
    bool ended;                  /* the client sends no more */
    bool broken;                 /* nothing can be sent any more */
    bool held;                   /* requests wait here until replies are gone */
    bool answered;               /* in this turn a request was */
    bool left;                   /* it has sent more than this turn has taken */
    bool aborts;                 /* the end of its socket is a reset. Whose turn it is */
    bool busy, muted, registered, gone; /* server_pool.c, as: */
    bool owed;                          /* it was busy when the server stopped, and has had no
                                           turn since then */
    uint8_t events;                     /* server_pool.c: what the poller told */
    weft_atomic_u32 phase;      /* enum weft__phase; seq_cst against the server's `halting` */
    weft_frames frames;
    weft_time deadline;         /* server_times.c; 0: in no list */
    /* What follows is looked at when it begins and ends, or has its time measured. */
    uint64_t number;            /* from 1, in the order in which they were accepted; constant */
    weft_atomic_u32 late;                     /* its time is over, and that is counted */
    struct weft__connection *later, *earlier; /* server_times.c */
    struct weft__connection *next, *previous; /* of the server's. Its mutex */
    struct weft__connection *ready;           /* server_pool.c: the next that waits for its turn,
                                                 or is dead */
    weft_thread *thread;                      /* threads: to be joined */
};

/* What the style of threads does with a connection, from its beginning to its end: all but
 * taking it and closing it. */
struct weft__service {
    void (*serve)(struct weft__connection *connection); /* in a thread of its own */
    /* In the thread that accepts, because the system refuses another. NULL: the connection
     * waits until there is one. */
    void (*serve_without)(struct weft__connection *connection);
};

struct weft_request {
    struct weft__connection *connection; /* NULL: a datagram */
    weft_server *server;
    const void *data;
    size_t size;
    weft_time until;    /* of its replies; WEFT_FOREVER */
    weft_address *from; /* of a datagram */
    void *state;        /* of a datagram */
    bool closed;        /* on_close: no reply */
};

/* Connections in the order of their deadlines: all in a list have the same time to go, so
 * that the next deadline is the first one's. */
struct weft__times {
    struct weft__connection *first[2], *last[2]; /* idle, in a request */
};

struct weft_server {
    /* Set by start, then constant. Texts of the options are NULL. */
    weft_server_options options;
    weft_handler *handler;
    const struct weft__service *service; /* threads */
    const struct weft__style *style;
    weft_socket *socket; /* the listener, or of datagrams */
    weft_address address;
    void *own;                 /* the style's */
    weft_atomic_u64 *counters; /* WEFT__COUNTERS of them: `counted`, or in the arena */
    weft_atomic_u64 counted[WEFT__COUNTERS];

    /* Loop and pool: the polling thread's. In a pool others read `muted`, by the pool's mutex. */
    weft_time rests_until; /* of accepting; 0: it does not rest */
    weft_time rests_since;
    bool muted;            /* the poller does not tell of connections that come */

    weft_atomic_u32 halting; /* 1: it stops. seq_cst against the phases of connections */
    weft_event stopping;     /* set after it; for those who sleep meanwhile */
    weft_cancel cut; /* above the tokens of all threads of the server */
    bool stopped;    /* the stopper's and closer's */

    weft_mutex mutex; /* guards what follows */
    weft_condition changed; /* `running` is 0, a connection has ended */
    uint32_t running;
    uint32_t open;                           /* connections in the list, or of processes */
    struct weft__connection *connections;
};

/* ---- server.c ---------------------------------------------------------------------- */

/* weft_server_start(), but that threads have another service, which may need no handler. Its
 * connections find the options, and so a context, in their server. weft_server_close() closes
 * it, and requests `cut`, which the threads' waits end by unless they leave that token. */
int weft__service_start(weft_server **server, const struct weft__service *service,
                       weft_handler *handler, const weft_server_options *options);

void weft__server_count(weft_server *server, enum weft__server_counter counter, uint64_t n);

/* A thread of the server. Its function ends with weft__server_leave(). *thread is written with
 * the mutex held. */
int weft__server_thread(weft_server *server, weft_thread **thread, weft_function *function,
                        const void *argument, size_t size, const char *name);
void weft__server_leave(weft_server *server);

/* A connection of the list, with its socket, which is the connection's from then on; NULL: no
 * memory, and the socket is closed, or the server stops. */
struct weft__connection *weft__connection_create(weft_server *server, weft_socket *socket);

/* Calls on_close and closes the socket; weft_free() is all that is left to do. */
void weft__connection_end(struct weft__connection *connection);

/* Likewise, and frees it. Its thread is the caller's to join. */
void weft__connection_close(struct weft__connection *connection);

/* What it has counted is added to the server's figures. */
void weft__connection_fold(struct weft__connection *connection);

/* How many connections there are. */
uint32_t weft__server_open(weft_server *server);

/* Both directions of all connections are shut down. */
void weft__connections_shut(weft_server *server);

bool weft__server_is_stopping(const weft_server *server);

/* ---- server_accept.c ---------------------------------------------------------------- */

/* Waits for the next connection, and rests when the system refuses. False: the server stops. */
bool weft__server_accept(weft_server *server, weft_socket **socket);

/* Rests, unless the server stops, and counts. */
void weft__server_pause(weft_server *server);

/* A connection that has come. False: none has, there are enough, the server stops, or accepting
 * rests from now on. Who polls calls it at most so many times before others have their turn. */
enum { WEFT__SERVER_ACCEPTS = 64 };
bool weft__server_accept_now(weft_server *server, weft_socket **socket);

/* Before each wait in the poller, which ends at *until: that tells of connections, with NULL, if
 * they are accepted now, and the wait ends earlier if they are to be later. */
void weft__server_listen(weft_server *server, weft_poller *poller, weft_time *until);

/* ---- server_request.c ---------------------------------------------------------------- */

/* Handler and hook; `function` may be NULL. Counts a failure. */
int weft__request_run(weft_request *request, weft_handler *function);

/* Handles one request. An error: the connection is to be closed. */
int weft__request_serve(struct weft__connection *connection, const void *data, size_t size,
                        weft_time until);

/* Handles all requests that have arrived. `until` is that of the first one, and what comes
 * after is asked of the server. 0; an error: the connection is to be closed. */
int weft__requests_serve(struct weft__connection *connection, weft_time until);

/* When a request that begins now has to be answered; WEFT_FOREVER. */
weft_time weft__request_until(const weft_server *server);

/* So many bytes have come; by whose turn it is. */
void weft__connection_received(struct weft__connection *connection, size_t size);

/* Its time is over: counted once. */
void weft__connection_count_late(struct weft__connection *connection);

/* Likewise, if a wait ended with such an error, and not by the cut. */
void weft__connection_note_late(struct weft__connection *connection, int err);

/* The calling thread is one of the server's, and whether it is. */
void weft__server_enter(weft_server *server);
bool weft__server_is_served_here(const weft_server *server);

/* ---- server_output.c ------------------------------------------------------------------ */

/* Sends, or keeps what the system does not take. 0; WEFT_ENOMEM; errors of sending. */
int weft__output_add(struct weft__connection *connection, const void *data, size_t size);

/* What was kept is sent as far as the system takes it. Errors as above. */
int weft__output_flush(struct weft__connection *connection);

size_t weft__output_size(const struct weft__connection *connection);
void weft__output_free(struct weft__connection *connection);

/* ---- server_stream.c ------------------------------------------------------------------- */

/* A new connection: on_open. False: it is over. */
bool weft__stream_open(struct weft__connection *connection);

/* Does what the events allow. `buffer`, of WEFT__SERVER_BUFFER bytes, is for this call. False:
 * the connection is over. */
bool weft__stream_turn(struct weft__connection *connection, unsigned events, void *buffer);

/* What it waits for: enum weft_readiness. */
unsigned weft__stream_wants(const struct weft__connection *connection);

/* No request of it is under way. */
bool weft__stream_is_idle(const struct weft__connection *connection);

/* ---- server_times.c -------------------------------------------------------------------- */

/* A turn begins that another thread will see to: its idle time ends. */
void weft__times_begin(struct weft__times *times, struct weft__connection *connection);

/* Its time begins to run, or goes on: asked after each turn. */
void weft__times_note(struct weft__times *times, struct weft__connection *connection);
void weft__times_forget(struct weft__times *times, struct weft__connection *connection);

/* The connection whose time is over next, and when; NULL and WEFT_FOREVER: none. */
struct weft__connection *weft__times_next(const struct weft__times *times, weft_time *deadline);

/* ---- server_blocking.c ------------------------------------------------------------------ */

/* Serves it from on_open until its end, and closes nothing. */
void weft__connection_serve(struct weft__connection *connection);

/* Connections between requests end. */
void weft__connection_nudge(struct weft__connection *connection);

#endif
