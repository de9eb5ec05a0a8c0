/* SPDX-License-Identifier: MIT */
/*
 * Echo over UDP with `a` datagrams of 64 bytes under way. As many as have come back are
 * sent again in one call, so that the server is what is measured. On one machine, with so
 * few under way, none may be lost, and one thread or socket keeps them in order.
 */
#include "cases.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"
#include "processes.h"

#define MOST 64

struct flight {
    int fd;
    uint64_t sent, got, wanted;
    struct message messages[MOST];
    struct iovec places[MOST];
    struct mmsghdr headers[MOST];
};

static void flight_open(struct flight *flight, unsigned port)
{
    flight->fd = net_connect(port, SOCK_DGRAM);
    for (unsigned i = 0; i < MOST; i++) {
        flight->places[i] = (struct iovec){&flight->messages[i], sizeof(struct message)};
        flight->headers[i].msg_hdr.msg_iov = &flight->places[i];
        flight->headers[i].msg_hdr.msg_iovlen = 1;
    }
}

static int flight_send(struct flight *flight, unsigned count)
{
    if (count > flight->wanted - flight->sent)
        count = (unsigned)(flight->wanted - flight->sent);
    for (unsigned i = 0; i < count; i++)
        message_write(&flight->messages[i], flight->sent++);
    for (unsigned done = 0; done < count;) {
        int sent = sendmmsg(flight->fd, flight->headers + done, count - done, 0);
        if (sent <= 0)
            return 0;
        done += (unsigned)sent;
    }
    return 1;
}

/* How many came, each the one that was due; 0: that is wrong. */
static unsigned flight_receive(struct flight *flight, unsigned window)
{
    int got = recvmmsg(flight->fd, flight->headers, window, MSG_WAITFORONE, NULL);

    for (int i = 0; i < got; i++) {
        struct message right;
        message_write(&right, flight->got++);
        if (flight->headers[i].msg_len != sizeof(right) ||
            memcmp(&right, &flight->messages[i], sizeof(right)) != 0)
            return 0;
    }
    return got > 0 ? (unsigned)got : 0;
}

void case_datagram(const struct peer *peer, struct run *run)
{
    static struct flight flight;
    struct server server;

    if (!server_start(&server, peer, "udp", 1, run))
        return;
    flight_open(&flight, server.port);
    need(net_ask(flight.fd, 0), "the first echo");
    flight.wanted = run->work;
    server_begin(&server, run);
    if (!flight_send(&flight, run->a))
        run->wrong = "a datagram cannot be sent";
    while (flight.got < run->work && run->wrong == NULL) {
        unsigned got = flight_receive(&flight, run->a);
        if (got == 0)
            run->wrong = "an echo was lost, or is not what was due";
        else if (!flight_send(&flight, got))
            run->wrong = "a datagram cannot be sent";
    }
    server_end(&server, run);
    server_stop(&server);
    run->value = (double)run->work / run->seconds * 1e-3;
    run->unit = "k packets/s";
    run_note(run, "server_us", run->cpu / (double)run->work * 1e6);
}
