/* SPDX-License-Identifier: MIT */
/* What the system has for messages between processes, as queues: pipe, SOCK_SEQPACKET,
 * System V's and POSIX's message queues. */
#include "processes.h"

#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <unistd.h>

/* Two descriptors, one to put into and one to get from. */

static void *pipe_create(unsigned producers, unsigned consumers)
{
    static int ends[2];

    (void)producers;
    (void)consumers;
    need(pipe(ends) == 0, "pipe");
    return ends;
}

static void *packets_create(unsigned producers, unsigned consumers)
{
    static int ends[2];

    (void)producers;
    (void)consumers;
    need(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0, "socketpair");
    return ends;
}

static void ends_put(void *queue, uint64_t first, uint64_t count)
{
    int end = ((int *)queue)[1];
    struct message message;

    for (uint64_t i = 0; i < count; i++) {
        message_write(&message, first + i);
        need(write(end, &message, sizeof(message)) == sizeof(message), "write");
    }
}

static uint64_t ends_get(void *queue, uint64_t count)
{
    int end = ((int *)queue)[0];
    struct message message;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < count; i++) {
        need(read(end, &message, sizeof(message)) == sizeof(message), "read");
        sum += message_read(&message);
    }
    return sum;
}

/* System V's. */

struct typed {
    long type;
    struct message message;
};

static void *sysv_create(unsigned producers, unsigned consumers)
{
    static int queue;

    (void)producers;
    (void)consumers;
    queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    need(queue >= 0, "msgget");
    return &queue;
}

static void sysv_put(void *queue, uint64_t first, uint64_t count)
{
    struct typed typed = {.type = 1};

    for (uint64_t i = 0; i < count; i++) {
        message_write(&typed.message, first + i);
        need(msgsnd(*(int *)queue, &typed, sizeof(typed.message), 0) == 0, "msgsnd");
    }
}

static uint64_t sysv_get(void *queue, uint64_t count)
{
    struct typed typed;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < count; i++) {
        need(msgrcv(*(int *)queue, &typed, sizeof(typed.message), 0, 0) == sizeof(typed.message),
             "msgrcv");
        sum += message_read(&typed.message);
    }
    return sum;
}

static void sysv_close(void *queue)
{
    msgctl(*(int *)queue, IPC_RMID, NULL);
}

/* POSIX's, ten messages deep: what an ordinary user gets. */

static void *mq_create(unsigned producers, unsigned consumers)
{
    struct mq_attr wish = {.mq_maxmsg = 10, .mq_msgsize = sizeof(struct message)};
    static mqd_t queue;
    char name[40];

    (void)producers;
    (void)consumers;
    snprintf(name, sizeof(name), "/weft-bench-%ld", (long)getpid());
    queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &wish);
    if (queue == (mqd_t)-1)
        return NULL;
    mq_unlink(name);
    return &queue;
}

static void mq_put(void *queue, uint64_t first, uint64_t count)
{
    struct message message;

    for (uint64_t i = 0; i < count; i++) {
        message_write(&message, first + i);
        need(mq_send(*(mqd_t *)queue, (const char *)&message, sizeof(message), 0) == 0, "mq_send");
    }
}

static uint64_t mq_get(void *queue, uint64_t count)
{
    struct message message;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < count; i++) {
        need(mq_receive(*(mqd_t *)queue, (char *)&message, sizeof(message), NULL) ==
                 sizeof(message),
             "mq_receive");
        sum += message_read(&message);
    }
    return sum;
}

static const struct iqueue_calls pipe_calls = {.what = "write, read of 64 bytes",
                                               .create = pipe_create,
                                               .put = ends_put,
                                               .get = ends_get,
                                               .starter = &fork_starter};
static const struct iqueue_calls packets_calls = {.what = "AF_UNIX SOCK_SEQPACKET",
                                                  .create = packets_create,
                                                  .put = ends_put,
                                                  .get = ends_get,
                                                  .starter = &fork_starter};
static const struct iqueue_calls sysv_calls = {.what = "System V message queue",
                                               .create = sysv_create,
                                               .put = sysv_put,
                                               .get = sysv_get,
                                               .close = sysv_close,
                                               .starter = &fork_starter};
static const struct iqueue_calls mq_calls = {.what = "POSIX message queue, 10 deep",
                                             .create = mq_create,
                                             .put = mq_put,
                                             .get = mq_get,
                                             .starter = &fork_starter};

const struct peer peer_pipe = {.name = "pipe", .kind = KIND_NAIVE, .iqueue = &pipe_calls};
const struct peer peer_packets = {
    .name = "seqpacket", .kind = KIND_NAIVE, .iqueue = &packets_calls};
const struct peer peer_sysv = {.name = "sysv-mq", .kind = KIND_NAIVE, .iqueue = &sysv_calls};
const struct peer peer_mq = {.name = "posix-mq", .kind = KIND_NAIVE, .iqueue = &mq_calls};
