/* SPDX-License-Identifier: MIT */
/* Go: the program in go/. */
#include "net.h"

static const struct foreign program = {
    .program = "weft-bench-go",
    .what =
        {
            [FAMILY_QUEUE] = "buffered channel",
            [FAMILY_PINGPONG] = "buffered channel",
            [FAMILY_IDLE] = "buffered channel",
            [FAMILY_POOL] = "goroutines on a channel",
            [FAMILY_RESULT] = "goroutine + channel per task",
            [FAMILY_FORKJOIN] = "goroutine + WaitGroup",
            [FAMILY_MAP] = "2 goroutines",
            [FAMILY_UNCONTENDED] = "sync.Mutex",
            [FAMILY_LOCK] = "sync.Mutex",
            [FAMILY_SPAWN] = "os/exec",
            NET_TCP("net, a goroutine each"),
            NET_UDP("net.UDPConn"),
        },
};

static const struct foreign no_threads = {
    .program = "weft-bench-go",
    .what =
        {
            [FAMILY_PAIRS] = "goroutine (no thread)",
            [FAMILY_THOUSAND] = "goroutine (no thread)",
            [FAMILY_MEMORY] = "goroutine (no thread)",
        },
};

const struct peer peer_go = {.name = "go", .kind = KIND_LIBRARY, .foreign = &program};
const struct peer peer_goroutine = {.name = "go", .kind = KIND_OTHER, .foreign = &no_threads};
