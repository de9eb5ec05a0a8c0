/* SPDX-License-Identifier: MIT */
/* Plain sockets: a thread per connection; of datagrams one after another, and many per call. */
#include "net.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void *serve_connection(void *argument)
{
    int fd = (int)(intptr_t)argument;
    unsigned char buffer[NET_PIECE];
    ssize_t got;

    while ((got = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
        if (send(fd, buffer, (size_t)got, MSG_NOSIGNAL) != got)
            break;
    }
    close(fd);
    return NULL;
}

static void serve_tcp(unsigned connections)
{
    int listener = net_listen();
    pthread_attr_t detached;

    (void)connections;
    need(pthread_attr_init(&detached) == 0 &&
             pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED) == 0,
         "pthread_attr_init");
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        pthread_t thread;
        need(fd >= 0, "accept");
        need(pthread_create(&thread, &detached, serve_connection, (void *)(intptr_t)fd) == 0,
             "pthread_create");
    }
}

static void serve_udp(void)
{
    unsigned char buffer[NET_PIECE];
    int fd = net_bind();

    for (;;) {
        struct sockaddr_in sender;
        socklen_t size = sizeof(sender);
        ssize_t got = recvfrom(fd, buffer, sizeof(buffer), 0, (struct sockaddr *)&sender, &size);
        if (got >= 0)
            sendto(fd, buffer, (size_t)got, 0, (struct sockaddr *)&sender, size);
    }
}

#define BATCH 64
#define LARGEST 2048

static void serve_batches(void)
{
    static unsigned char buffers[BATCH][LARGEST];
    static struct sockaddr_in senders[BATCH];
    struct mmsghdr headers[BATCH];
    struct iovec places[BATCH];
    int fd = net_bind();

    for (;;) {
        int got;
        memset(headers, 0, sizeof(headers));
        for (int i = 0; i < BATCH; i++) {
            places[i] = (struct iovec){buffers[i], LARGEST};
            headers[i].msg_hdr = (struct msghdr){.msg_name = &senders[i],
                                                 .msg_namelen = sizeof(senders[i]),
                                                 .msg_iov = &places[i],
                                                 .msg_iovlen = 1};
        }
        got = recvmmsg(fd, headers, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < got; i++)
            places[i].iov_len = headers[i].msg_len;
        for (int done = 0, sent; done < got; done += sent) {
            sent = sendmmsg(fd, headers + done, (unsigned)(got - done), 0);
            need(sent > 0, "sendmmsg");
        }
    }
}

static const struct net_calls threads = {.tcp = "a thread per connection", .serve_tcp = serve_tcp};
static const struct net_calls datagrams = {.udp = "recvfrom, sendto", .serve_udp = serve_udp};
static const struct net_calls batches = {.udp = "recvmmsg, sendmmsg", .serve_udp = serve_batches};

const struct peer peer_net_threads = {.name = "pthread", .kind = KIND_NAIVE, .net = &threads};
const struct peer peer_net_recvfrom = {.name = "recvfrom", .kind = KIND_NAIVE, .net = &datagrams};
const struct peer peer_net_recvmmsg = {.name = "recvmmsg", .kind = KIND_BOUND, .net = &batches};
