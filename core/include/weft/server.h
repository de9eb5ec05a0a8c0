/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SERVER_H
#define WEFT_SERVER_H

/*
 * Servers for TCP, UDP and Unix sockets: a function that answers one request, and a choice
 * of who calls it.
 *
 *     static int echo(weft_request *request)
 *     {
 *         return weft_reply(request, weft_request_data(request), weft_request_size(request));
 *     }
 *     ...
 *     const weft_server_options options = {.style = WEFT_SERVER_LOOP, .port = 9999};
 *     weft_server *server;
 *     CHECK(weft_server_start(&server, echo, &options));
 *     ...
 *     CHECK(weft_server_stop(server, weft_in(WEFT_S(5))));
 *     weft_server_close(server);
 *
 * The same handler serves in every style:
 *
 *   WEFT_SERVER_THREADS    a thread per connection: simple, may block, dear for many
 *   WEFT_SERVER_POOL       `workers` threads for the requests of all connections; one that
 *                          is idle holds no thread. May block: others then wait for some
 *                          ms until another thread joins in
 *   WEFT_SERVER_PROCESSES  `workers` processes, each with one connection at a time: a crash
 *                          loses that connection, nothing else. A new process follows
 *   WEFT_SERVER_LOOP       one thread for everything. Fast, but a handler that blocks or
 *                          computes keeps every other client waiting
 *
 * Requests of one connection are answered one after another, in the order in which they
 * came, and never two at once; those of different connections run at the same time, except
 * in the loop.
 *
 * What a request is, the framing says (weft/frames.h): whatever has arrived, a line, or a
 * message with its length before it. weft_reply() frames in the same way. With UDP each
 * datagram is a request.
 *
 * A handler that returns an error loses its connection, after what it replied has been sent;
 * statistics count that. The handler runs under a token (weft/cancel.h) that ends with the
 * request's time and when the server is stopped for good: what it waits for then returns
 * WEFT_ECANCELED. Nothing ends a handler that only computes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/compiler.h>
#include <weft/frames.h>
#include <weft/socket.h>
#include <weft/time.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weft_server weft_server;
typedef struct weft_request weft_request; /* valid while the handler runs, in its thread */

enum weft_server_style {
    WEFT_SERVER_THREADS,
    WEFT_SERVER_POOL,
    WEFT_SERVER_PROCESSES,
    WEFT_SERVER_LOOP
};

/* Answers one request. 0, or an error: the connection is closed. */
typedef int weft_handler(weft_request *request);

/* All zero is the default. Texts are only read during weft_server_start(). */
typedef struct weft_server_options {
    enum weft_server_style style;
    const char *host;     /* NULL: "127.0.0.1"; "": all interfaces */
    int port;             /* 0: a free one */
    const char *path;     /* of a Unix socket, instead of host and port */
    bool udp;             /* datagrams; any style but WEFT_SERVER_PROCESSES */
    enum weft_framing framing;
    size_t request_limit; /* bytes of a request; 0: 65536. A larger one ends its connection;
                             without framing it comes in parts. UDP: it is not served */
    size_t output_limit;  /* pool and loop: bytes of replies that a client has not read yet;
                             0: 1 MiB. Beyond it no more of its requests are read */
    unsigned workers;     /* threads of a pool or of UDP, processes; 0: one per CPU, 2 at least */
    unsigned connections; /* at once; 0: 4096 with threads, 65536 with pool and loop. More wait
                             in the system's queue. Processes: as many as workers */
    weft_time request_time; /* ns from a request's first byte to its reply's last; 0: any */
    weft_time idle_time;    /* ns between requests; 0: any. A connection that takes longer in
                               either is closed */
    weft_handler *on_open;  /* a connection begins: size 0, may reply. Error: it is closed.
                               NULL: none. As on_close not called for UDP */
    weft_handler *on_close; /* a connection has ended: size 0, its result and its replies are
                               ignored. Called once after each on_open */
    void *context;          /* weft_request_context(); must be NULL for processes, where it
                               would be another's address */
} weft_server_options;

/* All numbers are since the start. */
typedef struct weft_server_stats {
    uint64_t open;      /* connections at present */
    uint64_t accepted;  /* connections; none with UDP */
    uint64_t requests;  /* that handlers were called for */
    uint64_t bytes_in;  /* received; UDP: of datagrams that were served */
    uint64_t bytes_out; /* handed to the system */
    uint64_t failed;    /* handlers that returned an error */
    uint64_t timed_out; /* connections that request_time or idle_time has ended */
    uint64_t refused;   /* requests over the limit, or that ended in the middle */
    uint64_t lost;      /* connections of processes that died */
    uint64_t cut;       /* connections that weft_server_stop() did not let finish */
    uint64_t pauses;    /* times that accepting stopped because the system refused a
                           descriptor, memory or a thread */
    weft_time paused;   /* ns that it did, altogether */
} weft_server_stats;

/**
 * The server accepts connections or receives datagrams.
 *
 * @param server   receives the server
 * @param handler  answers requests; in several threads at once, but for the loop. Processes:
 *                 a function of this program or of a library that it loaded
 * @param options  NULL: none
 * @return 0; WEFT_EINVAL: the options contradict each other; WEFT_ENOTSUP: this backend has
 *         no Unix sockets, or cannot hand a socket over to a process; WEFT_ENOMEM; WEFT_ELIMIT;
 *         the errors of weft_tcp_listen(), weft_udp_open() and weft_process_start()
 *
 * Threads: any.   Python: socketserver.TCPServer, ThreadingMixIn, ForkingMixIn;
 * asyncio.start_server.
 */
WEFT_MUST_CHECK int weft_server_start(weft_server **server, weft_handler *handler,
                                      const weft_server_options *options);

/** Where it listens, with the port it was given. Threads: any. Python: server_address. */
void weft_server_address(const weft_server *server, weft_address *address);

/** Its figures, each of them exact at some instant of the call. Threads: any. Python: none. */
void weft_server_stats_get(weft_server *server, weft_server_stats *stats);

/**
 * The server has stopped accepting, its requests are answered, and its connections closed.
 *
 * Connections between requests are closed at once (pool and loop: after what had arrived was
 * answered), the others when the reply is sent. Those that are not there by `until` are cut
 * and their handlers' tokens cancelled (processes: killed).
 *
 * @param until  absolute, monotonic ns; WEFT_NOW: cut
 * @return 0; WEFT_ETIMEDOUT: it had to cut, and the sentence tells how many; WEFT_ECANCELED:
 *         likewise, because the calling task was cancelled; WEFT_EDEADLK: misuse, called by a
 *         handler. The second call finds nothing left to stop: 0
 *
 * Threads: any but a handler's, one at a time.   Python: BaseServer.shutdown.
 */
int weft_server_stop(weft_server *server, weft_time until);

/**
 * The server is gone. Cuts what weft_server_stop() has not stopped, and waits for handlers
 * that still run.
 *
 * @param server  NULL: nothing happens
 *
 * Threads: when no other uses it; not a handler's.   Python: BaseServer.server_close.
 */
void weft_server_close(weft_server *server);

/* ---- in the handler ---------------------------------------------------------------- */

/** The request's bytes, aligned for nothing; valid until the handler returns. */
const void *weft_request_data(const weft_request *request);

/** How many they are; 0: an empty line, message or datagram, or on_open and on_close. */
size_t weft_request_size(const weft_request *request);

/** Whom it came from. Unix sockets: family WEFT_UNIX alone. Python: client_address. */
void weft_request_peer(weft_request *request, weft_address *peer);

/** The options' context. Python: an attribute of the server. */
void *weft_request_context(const weft_request *request);

/**
 * A place for one pointer of the handler's own, kept from on_open, where it is NULL, to
 * on_close of the same connection. With UDP it lives for one datagram.
 *
 * Python: an attribute of the handler.
 */
void **weft_request_state(weft_request *request);

/**
 * The connection is to be closed when the handler returns and its replies are sent. A client
 * that goes on sending may see a reset before it has read them.
 */
void weft_request_finish(weft_request *request);

/**
 * The bytes are on their way to whom the request came from, framed as requests are.
 *
 * May be called several times in one handler. In the styles threads and processes, and with
 * UDP, it returns when the system has taken all bytes. In pool and loop it never waits: what the
 * system does not take is kept (output_limit says what then).
 *
 * @return 0; WEFT_ETIMEDOUT: the request's time is over, the connection is closed;
 *         WEFT_ECANCELED: the server was stopped; WEFT_ERESET: the client is gone;
 *         WEFT_ETOOBIG: no datagram of this size can be sent, or no such length be told;
 *         WEFT_EINVAL: misuse, a line with a line feed in it; WEFT_ENOMEM; WEFT_ECLOSED: on_close.
 *         A handler may return it as it is
 *
 * Threads: the handler's.   Python: self.wfile.write, self.request.sendall.
 */
int weft_reply(weft_request *request, const void *data, size_t size);

#ifdef __cplusplus
}
#endif

#endif
