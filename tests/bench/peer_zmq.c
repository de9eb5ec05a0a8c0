/* SPDX-License-Identifier: MIT */
/* ZeroMQ: PUSH and PULL over ipc, with a context in each process. */
#include "processes.h"

#include <stdio.h>
#include <unistd.h>

#include <zmq.h>

static void *context, *mine; /* of this process */

static const char *version(void)
{
    static char text[32];
    int major, minor, patch;

    zmq_version(&major, &minor, &patch);
    snprintf(text, sizeof(text), "ZeroMQ %d.%d.%d", major, minor, patch);
    return text;
}

/* The place where both meet, in the abstract namespace: nothing is left behind. A PUSH deals
 * to PULLs in turn, so of several consumers none could say how many it will get. */
static void *queue_create(unsigned producers, unsigned consumers)
{
    static char place[64];

    snprintf(place, sizeof(place), "ipc://@weft-bench-%ld", (long)getpid());
    return producers == 1 && consumers == 1 ? place : NULL;
}

/* Whoever connects too early tries again after 1 ms, not 100. */
static void queue_enter(void *place, int puts)
{
    int pause = 1;

    context = zmq_ctx_new();
    mine = zmq_socket(context, puts ? ZMQ_PUSH : ZMQ_PULL);
    need(mine != NULL && zmq_setsockopt(mine, ZMQ_RECONNECT_IVL, &pause, sizeof(pause)) == 0 &&
             (puts ? zmq_connect(mine, place) : zmq_bind(mine, place)) == 0,
         "zmq_connect, zmq_bind");
}

static void leave(void)
{
    zmq_close(mine);
    zmq_ctx_term(context); /* all has been sent */
}

static void queue_put(void *place, uint64_t first, uint64_t count)
{
    struct message message;

    (void)place;
    for (uint64_t i = 0; i < count; i++) {
        message_write(&message, first + i);
        need(zmq_send(mine, &message, sizeof(message), 0) == sizeof(message), "zmq_send");
    }
    leave();
}

static uint64_t queue_get(void *place, uint64_t count)
{
    struct message message;
    uint64_t sum = 0;

    (void)place;
    for (uint64_t i = 0; i < count; i++) {
        need(zmq_recv(mine, &message, sizeof(message), 0) == sizeof(message), "zmq_recv");
        sum += message_read(&message);
    }
    leave();
    return sum;
}

static const struct iqueue_calls calls = {.what = "PUSH, PULL over ipc",
                                          .create = queue_create,
                                          .put = queue_put,
                                          .get = queue_get,
                                          .enter = queue_enter,
                                          .starter = &fork_starter};

const struct peer peer_zmq = {
    .name = "zeromq",
    .kind = KIND_LIBRARY,
    .version = version,
    .iqueue = &calls,
};
