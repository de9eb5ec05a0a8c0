/* SPDX-License-Identifier: MIT */
#ifndef WEFT_BENCH_NET_H
#define WEFT_BENCH_NET_H

/*
 * What the cases and the peers of sockets share.
 *
 * A peer is a server, in a process of its own on the first CPU: `--serve PEER tcp|udp
 * CONNECTIONS`. It sends back all that it gets, on 127.0.0.1; it prints its port, or
 * "skip" and why, and is killed in the end. Who asks and measures is the same C program
 * for all of them, on the second CPU: the cases.
 */

#include <stddef.h>
#include <stdint.h>

#include "bench.h"
#include "tree.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the servers ------------------------------------------------------------------ */

/* Neither returns. `connections`: so many will be open at once. */
struct net_calls {
    const char *tcp, *udp; /* what it uses; NULL: it serves none */
    void (*serve_tcp)(unsigned connections);
    void (*serve_udp)(void);
};

/* What of a foreign peer is the same for all cases. */
#define NET_TCP(what)                                                                              \
    [FAMILY_ECHO] = what, [FAMILY_BULK] = what, [FAMILY_CONNECTIONS] = what, [FAMILY_CROWD] = what
#define NET_UDP(what) [FAMILY_DATAGRAM] = what

/* What a server reads at most in one go. */
#define NET_PIECE 65536

/* Sockets on 127.0.0.1 and a free port, which is printed. Nothing that is sent waits for more
 * to go with it (TCP_NODELAY), as with all servers. */
int net_listen(void);
int net_bind(void);

/* For those that make their sockets themselves: a port that was free just now. */
unsigned net_free_port(void);
void net_say_port(unsigned port);
void net_skip(const char *why); /* ends the process */

/* What weft-bench --serve PEER tcp|udp CONNECTIONS does; returns if there is no such peer. */
void net_serve(const char *name, const char *kind, unsigned connections);

/* ---- who asks --------------------------------------------------------------------- */

#define NET_WINDOW 4        /* messages under way of tcp-bulk */
#define NET_LIMIT_SECONDS 30 /* without an answer something is wrong */

struct server {
    pid_t pid;
    int descriptors; /* what its answer came by */
    unsigned port;
    struct spent before;
};

/* 0: it skips, and run->skip says why. Pins both. */
int server_start(struct server *server, const struct peer *peer, const char *kind,
                 unsigned connections, struct run *run);
void server_stop(struct server *server);

/* run_begin() and run_end() with the server's CPU time and sleeps, and nobody else's. */
void server_begin(struct server *server, struct run *run);
void server_end(struct server *server, struct run *run);

/* Resident KiB of its pages. */
double server_memory(const struct server *server);

int net_connect(unsigned port, int type); /* blocking, with a limit on receiving and sending */

/* 64 bytes there and back, on a blocking socket. */
int net_ask(int fd, uint64_t number);

/* This process and what it starts may have so many descriptors; 0: they may not. */
int net_descriptors(unsigned count);

#ifdef __cplusplus
}
#endif

#endif
