/* SPDX-License-Identifier: MIT */
/*
 * Echo over TCP: many connections with 64 bytes under way on each, or one with large
 * messages. Every byte that comes back is compared with what was sent.
 */
#include "cases.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"
#include "processes.h"

/* ---- 64 bytes --------------------------------------------------------------------- */

#define BUCKETS 400 /* of waiting times, each a twentieth longer than the one before */
#define FIRST 1e-6

struct client {
    int fd;
    uint64_t number; /* of the message under way */
    double sent;
    size_t got;
    unsigned char buffer[sizeof(struct message)];
};

struct crowd {
    struct client *clients;
    unsigned count;
    int poller;
    uint64_t asked, answered, wanted;
    uint32_t waits[BUCKETS];
    const char *wrong;
};

/* The number tells messages and connections apart. */
static void client_ask(struct crowd *crowd, struct client *client, double when)
{
    struct message message;

    client->number = crowd->asked++ * 8;
    client->got = 0;
    client->sent = when;
    message_write(&message, client->number);
    if (send(client->fd, &message, sizeof(message), MSG_NOSIGNAL) != (ssize_t)sizeof(message))
        crowd->wrong = "a server closed a connection";
}

static void count_wait(struct crowd *crowd, double seconds)
{
    unsigned bucket = 0;

    for (double limit = FIRST; seconds > limit && bucket + 1 < BUCKETS; limit *= 1.05)
        bucket++;
    crowd->waits[bucket]++;
}

/* What has come, and the next message if it was a whole one. Waiting times are counted
 * for one answer of sixteen. */
static void client_read(struct crowd *crowd, struct client *client)
{
    struct message right;
    ssize_t got =
        recv(client->fd, client->buffer + client->got, sizeof(client->buffer) - client->got, 0);
    double when;

    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            crowd->wrong = "a server closed a connection";
        return;
    }
    client->got += (size_t)got;
    if (client->got < sizeof(client->buffer))
        return;
    message_write(&right, client->number);
    if (memcmp(&right, client->buffer, sizeof(right)) != 0)
        crowd->wrong = "an echo is not what was sent";
    when = now();
    if (crowd->answered++ % 16 == 0)
        count_wait(crowd, when - client->sent);
    if (crowd->asked < crowd->wanted)
        client_ask(crowd, client, when);
}

/* Asks once each, one after another, so that no server needs room for those who wait to
 * be accepted. */
static void crowd_connect(struct crowd *crowd, unsigned count, unsigned port)
{
    crowd->clients = calloc(count, sizeof(*crowd->clients));
    crowd->count = count;
    crowd->poller = epoll_create1(EPOLL_CLOEXEC);
    need(crowd->clients != NULL && crowd->poller >= 0, "epoll_create1");
    for (unsigned i = 0; i < count; i++) {
        struct client *client = &crowd->clients[i];
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.ptr = client}};
        client->fd = net_connect(port, SOCK_STREAM);
        need(net_ask(client->fd, i), "the first echo of a connection");
        need(fcntl(client->fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
        need(epoll_ctl(crowd->poller, EPOLL_CTL_ADD, client->fd, &event) == 0, "epoll_ctl");
    }
}

static void crowd_run(struct crowd *crowd)
{
    struct epoll_event events[256];

    for (unsigned i = 0; i < crowd->count && crowd->asked < crowd->wanted; i++)
        client_ask(crowd, &crowd->clients[i], now());
    while (crowd->answered < crowd->wanted && crowd->wrong == NULL) {
        int ready = epoll_wait(crowd->poller, events, 256, NET_LIMIT_SECONDS * 1000);
        if (ready <= 0)
            crowd->wrong = "an echo did not come";
        for (int i = 0; i < ready; i++)
            client_read(crowd, events[i].data.ptr);
    }
}

/* What all but one of a hundred waited at most: microseconds. */
static double crowd_p99(const struct crowd *crowd)
{
    uint64_t total = 0, seen = 0;
    double limit = FIRST;
    unsigned i = 0;

    for (unsigned k = 0; k < BUCKETS; k++)
        total += crowd->waits[k];
    for (; i < BUCKETS; i++, limit *= 1.05) {
        seen += crowd->waits[i];
        if (seen * 100 >= total * 99)
            break;
    }
    return limit * 1e6;
}

void case_echo(const struct peer *peer, struct run *run)
{
    static struct crowd crowd;
    struct server server;

    if (!net_descriptors(run->a + 100)) {
        run->skip = "needs more descriptors than this system grants";
        return;
    }
    if (!server_start(&server, peer, "tcp", run->a, run))
        return;
    crowd_connect(&crowd, run->a, server.port);
    crowd.wanted = run->work;
    server_begin(&server, run);
    crowd_run(&crowd);
    server_end(&server, run);
    server_stop(&server);
    run->wrong = crowd.wrong;
    run->value = (double)run->work / run->seconds * 1e-3;
    run->unit = "k trips/s";
    run_note(run, "server_us", run->cpu / (double)run->work * 1e6);
    run_note(run, "p99_us", crowd_p99(&crowd));
}

/* ---- large messages --------------------------------------------------------------- */

/* Sent again and again; its length is prime, so that each message looks different. */
#define PATTERN 131071

struct bulk {
    int fd;
    unsigned char *pattern; /* one and a message more */
    unsigned char *buffer;
    uint64_t sent, got, wanted; /* bytes */
    size_t message;
    const char *wrong;
};

static void bulk_open(struct bulk *bulk, const struct run *run, unsigned port)
{
    uint32_t x = 1;

    bulk->message = run->b;
    bulk->wanted = run->work * run->b;
    bulk->pattern = malloc(PATTERN + bulk->message);
    bulk->buffer = malloc(bulk->message);
    need(bulk->pattern != NULL && bulk->buffer != NULL, "malloc");
    for (size_t i = 0; i < PATTERN; i++) {
        x = x * 1664525 + 1013904223;
        bulk->pattern[i] = (unsigned char)(x >> 24);
    }
    memcpy(bulk->pattern + PATTERN, bulk->pattern, bulk->message);
    bulk->fd = net_connect(port, SOCK_STREAM);
    need(net_ask(bulk->fd, 1), "the first echo of a connection");
    need(fcntl(bulk->fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
}

/* Up to the end of the last message that the window lets go. */
static uint64_t bulk_limit(const struct bulk *bulk)
{
    uint64_t limit = (bulk->got / bulk->message + NET_WINDOW) * bulk->message;

    return limit < bulk->wanted ? limit : bulk->wanted;
}

static void bulk_send(struct bulk *bulk)
{
    uint64_t left = bulk_limit(bulk) - bulk->sent;
    size_t size = left < bulk->message ? (size_t)left : bulk->message;
    ssize_t sent = send(bulk->fd, bulk->pattern + bulk->sent % PATTERN, size, MSG_NOSIGNAL);

    if (sent > 0)
        bulk->sent += (uint64_t)sent;
    else if (errno != EAGAIN)
        bulk->wrong = "a server closed a connection";
}

static void bulk_receive(struct bulk *bulk)
{
    ssize_t got = recv(bulk->fd, bulk->buffer, bulk->message, 0);

    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            bulk->wrong = "a server closed a connection";
        return;
    }
    if (memcmp(bulk->buffer, bulk->pattern + bulk->got % PATTERN, (size_t)got) != 0)
        bulk->wrong = "an echo is not what was sent";
    bulk->got += (uint64_t)got;
}

static void bulk_run(struct bulk *bulk)
{
    while (bulk->got < bulk->wanted && bulk->wrong == NULL) {
        int sends = bulk->sent < bulk_limit(bulk);
        struct pollfd one = {bulk->fd, (short)(sends ? POLLIN | POLLOUT : POLLIN), 0};
        if (poll(&one, 1, NET_LIMIT_SECONDS * 1000) <= 0)
            bulk->wrong = "an echo did not come";
        else if ((one.revents & POLLOUT) != 0)
            bulk_send(bulk);
        if ((one.revents & ~POLLOUT) != 0)
            bulk_receive(bulk);
    }
}

void case_bulk(const struct peer *peer, struct run *run)
{
    struct bulk bulk = {0};
    struct server server;

    if (!server_start(&server, peer, "tcp", 1, run))
        return;
    bulk_open(&bulk, run, server.port);
    server_begin(&server, run);
    bulk_run(&bulk);
    server_end(&server, run);
    server_stop(&server);
    run->wrong = bulk.wrong;
    run->value = (double)bulk.wanted / run->seconds * 1e-9;
    run->unit = "GB/s";
    run_note(run, "server_us", run->cpu / (double)run->work * 1e6);
}
