/* SPDX-License-Identifier: MIT */
/* Sockets of the servers, and servers seen from outside: started, asked what they use, killed. */
#include "net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peers.h"
#include "processes.h"

/* ---- the servers ------------------------------------------------------------------ */

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

static int bound(int type, unsigned *port)
{
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);

    need(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 &&
             getsockname(fd, (struct sockaddr *)&address, &size) == 0,
         "bind");
    *port = ntohs(address.sin_port);
    return fd;
}

void net_say_port(unsigned port)
{
    printf("%u\n", port);
    fflush(stdout);
}

void net_skip(const char *why)
{
    printf("skip %s\n", why);
    fflush(stdout);
    _exit(0);
}

int net_listen(void)
{
    unsigned port;
    int one = 1, fd = bound(SOCK_STREAM, &port);

    /* The connections inherit it. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    need(listen(fd, 4096) == 0, "listen");
    net_say_port(port);
    return fd;
}

int net_bind(void)
{
    unsigned port;
    int fd = bound(SOCK_DGRAM, &port);

    net_say_port(port);
    return fd;
}

unsigned net_free_port(void)
{
    unsigned port;

    close(bound(SOCK_STREAM, &port));
    return port;
}

void net_serve(const char *name, const char *kind, unsigned connections)
{
    int udp = strcmp(kind, "udp") == 0;
    const struct peer *peer = peer_find(name, udp ? FAMILY_DATAGRAM : FAMILY_ECHO);

    if (peer == NULL || peer->net == NULL)
        return;
    if (udp)
        peer->net->serve_udp();
    else
        peer->net->serve_tcp(connections);
}

/* ---- started and killed ----------------------------------------------------------- */

static void become_server(const struct peer *peer, const char *kind, unsigned connections)
{
    char self[] = "weft-bench", option[] = "--serve", name[32], type[8], number[16];
    char *argv[] = {NULL, self, option, name, type, number, NULL};

    snprintf(name, sizeof(name), "%s", peer->name);
    snprintf(type, sizeof(type), "%s", kind);
    snprintf(number, sizeof(number), "%u", connections);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pin(0);
    if (peer->foreign != NULL)
        peer_exec(peer, argv);
    else
        execv("/proc/self/exe", argv + 1);
    _exit(127);
}

int server_start(struct server *server, const struct peer *peer, const char *kind,
                 unsigned connections, struct run *run)
{
    static char line[120];
    int ends[2];
    FILE *answer;

    need(pipe(ends) == 0, "pipe");
    fflush(NULL);
    server->pid = fork();
    need(server->pid >= 0, "fork");
    if (server->pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        become_server(peer, kind, connections);
    }
    if (cpu_count() > 1)
        pin(1);
    close(ends[1]);
    /* Left open: a server that prints must not die of it. */
    answer = fdopen(ends[0], "r");
    need(answer != NULL && fgets(line, sizeof(line), answer) != NULL, "the start of a server");
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "skip ", 5) == 0)
        run->skip = line + 5;
    server->port = (unsigned)strtoul(line, NULL, 10);
    return run->skip == NULL;
}

void server_stop(struct server *server)
{
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
}

void server_begin(struct server *server, struct run *run)
{
    server->before = tree_spent_by(server->pid);
    run->seconds = -now();
}

void server_end(struct server *server, struct run *run)
{
    struct spent spent;

    run->seconds += now();
    spent = tree_spent_by(server->pid);
    run->cpu = spent.cpu - server->before.cpu;
    run->sleeps = spent.sleeps - server->before.sleeps;
}

double server_memory(const struct server *server)
{
    return tree_memory(server->pid) / 1024;
}

/* ---- who asks --------------------------------------------------------------------- */

int net_connect(unsigned port, int type)
{
    struct sockaddr_in address = loopback(port);
    struct timeval limit = {.tv_sec = NET_LIMIT_SECONDS};
    struct linger reset = {.l_onoff = 1};
    int one = 1, fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    need(fd >= 0, "socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (type == SOCK_STREAM) {
        /* Thousands of connections that wait for stray packets would slow the next peer. */
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    }
    need(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "connect");
    return fd;
}

int net_ask(int fd, uint64_t number)
{
    struct message asked, answer;

    message_write(&asked, number);
    return send(fd, &asked, sizeof(asked), MSG_NOSIGNAL) == (ssize_t)sizeof(asked) &&
           recv(fd, &answer, sizeof(answer), MSG_WAITALL) == (ssize_t)sizeof(answer) &&
           memcmp(&asked, &answer, sizeof(asked)) == 0;
}

int net_descriptors(unsigned count)
{
    struct rlimit limit;

    need(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    if (limit.rlim_max < count)
        return 0;
    if (limit.rlim_cur < count) {
        limit.rlim_cur = limit.rlim_max;
        need(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    }
    return 1;
}
