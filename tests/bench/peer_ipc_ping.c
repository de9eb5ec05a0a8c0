/* SPDX-License-Identifier: MIT */
/* What the system has to wake another process: futex, pipe, socketpair. */
#include "processes.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A shared futex for each side, in the kernel at every wait: its value says whether there
 * is something to receive. */

struct futexes {
    struct {
        weft_atomic_u32 told;
        uint64_t value;
        char rest_of_line[48];
    } sides[2]; /* written by that side, cleared by the other */
};

static void *futexes_create(void)
{
    return shared_memory(sizeof(struct futexes));
}

static void futexes_send(void *game, unsigned side, uint64_t value)
{
    struct futexes *futexes = game;
    weft_atomic_u32 *told = &futexes->sides[side].told;

    futexes->sides[side].value = value;
    weft_store_u32(told, 1, WEFT_RELEASE);
    syscall(SYS_futex, told, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static uint64_t futexes_receive(void *game, unsigned side)
{
    struct futexes *futexes = game;
    weft_atomic_u32 *told = &futexes->sides[1 - side].told;

    while (weft_load_u32(told, WEFT_ACQUIRE) == 0)
        syscall(SYS_futex, told, FUTEX_WAIT, 0, NULL, NULL, 0);
    weft_store_u32(told, 0, WEFT_RELAXED); /* the other side sends again only after this one */
    return futexes->sides[1 - side].value;
}

/* Two descriptors for each side: from [side][0] it receives, to [side][1] it sends. */

static void *pipes_create(void)
{
    static int ends[2][2];
    int there[2], back[2];

    need(pipe(there) == 0 && pipe(back) == 0, "pipe");
    ends[0][0] = back[0];
    ends[0][1] = there[1];
    ends[1][0] = there[0];
    ends[1][1] = back[1];
    return ends;
}

static void *sockets_create(void)
{
    static int ends[2][2];
    int pair[2];

    need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    ends[0][0] = ends[0][1] = pair[0];
    ends[1][0] = ends[1][1] = pair[1];
    return ends;
}

static void ends_send(void *game, unsigned side, uint64_t value)
{
    int(*ends)[2] = game;

    need(write(ends[side][1], &value, sizeof(value)) == sizeof(value), "write");
}

static uint64_t ends_receive(void *game, unsigned side)
{
    int(*ends)[2] = game;
    uint64_t value;

    need(read(ends[side][0], &value, sizeof(value)) == sizeof(value), "read");
    return value;
}

static const struct iping_calls futex_calls = {
    "shared futex", 1, futexes_create, futexes_send, futexes_receive, &fork_starter};
static const struct iping_calls pipe_calls = {
    "two pipes", 1, pipes_create, ends_send, ends_receive, &fork_starter};
static const struct iping_calls socket_calls = {
    "AF_UNIX SOCK_STREAM", 1, sockets_create, ends_send, ends_receive, &fork_starter};

const struct peer peer_futex = {.name = "futex", .kind = KIND_NAIVE, .iping = &futex_calls};
const struct peer peer_pipe_ping = {.name = "pipe", .kind = KIND_NAIVE, .iping = &pipe_calls};
const struct peer peer_socketpair = {
    .name = "socketpair", .kind = KIND_NAIVE, .iping = &socket_calls};
