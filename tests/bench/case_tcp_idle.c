/* SPDX-License-Identifier: MIT */
/* Connections that were used once and rest: what they cost a server in memory, and the others
 * in time. */
#include "cases.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "net.h"

#define WARM 10
#define ASKED 500 /* by the one that is busy among the idle ones */

/* They stay open until this process ends. */
static void connect_more(const struct server *server, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        need(net_ask(net_connect(server->port, SOCK_STREAM), i), "the first echo of a connection");
}

/* KiB that the server has more after `run->work` connections more. */
static double rest(struct server *server, const struct peer *peer, struct run *run)
{
    double before;

    if (!net_descriptors((unsigned)run->work + 100)) {
        run->skip = "needs more descriptors than this system grants";
        return 0;
    }
    if (!server_start(server, peer, "tcp", (unsigned)run->work + WARM + 1, run))
        return 0;
    connect_more(server, WARM);
    before = server_memory(server);
    connect_more(server, run->work);
    return server_memory(server) - before;
}

void case_connections(const struct peer *peer, struct run *run)
{
    struct server server;
    double more = rest(&server, peer, run);

    if (run->skip != NULL)
        return;
    server_begin(&server, run);
    sleep_for(0.02); /* what an idle server does */
    server_end(&server, run);
    server_stop(&server);
    run->value = more / (double)run->work;
    run->unit = "KiB";
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void case_crowd(const struct peer *peer, struct run *run)
{
    struct server server;
    double took[ASKED], more = rest(&server, peer, run);
    int fd;

    if (run->skip != NULL)
        return;
    fd = net_connect(server.port, SOCK_STREAM);
    need(net_ask(fd, 0), "the first echo of a connection");
    server_begin(&server, run);
    for (unsigned i = 0; i < ASKED; i++) {
        double began = now();
        if (!net_ask(fd, i))
            run->wrong = "an echo is not what was sent, or did not come";
        took[i] = now() - began;
    }
    server_end(&server, run);
    server_stop(&server);
    qsort(took, ASKED, sizeof(*took), by_size);
    run->value = took[ASKED / 2] * 1e6;
    run->unit = "us";
    run_note(run, "mib", more / 1024);
    run_note(run, "p99_us", took[ASKED * 99 / 100] * 1e6);
}
