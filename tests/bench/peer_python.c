/* SPDX-License-Identifier: MIT */
/* CPython: the scripts in python/. They get a tenth of the work. */
#include "net.h"

#define SCRIPT "weft-bench.py"
#define PROCESSES .program = "weft-bench-processes.py", .interpreter = "python3", .divide = 10
#define NET .program = "weft-bench-net.py", .interpreter = "python3", .divide = 10

static const struct foreign standard = {
    .program = SCRIPT,
    .interpreter = "python3",
    .divide = 10,
    .what =
        {
            [FAMILY_QUEUE] = "queue.Queue",
            [FAMILY_PINGPONG] = "queue.Queue",
            [FAMILY_IDLE] = "queue.Queue",
            [FAMILY_POOL] = "ThreadPoolExecutor",
            [FAMILY_RESULT] = "submit().result()",
            [FAMILY_UNCONTENDED] = "threading.Lock",
            [FAMILY_LOCK] = "threading.Lock",
            [FAMILY_PAIRS] = "threading.Thread",
            [FAMILY_THOUSAND] = "threading.Thread",
            [FAMILY_MEMORY] = "threading.Thread",
        },
};

static const struct foreign simple = {
    .program = SCRIPT,
    .interpreter = "python3",
    .divide = 10,
    .what =
        {
            [FAMILY_QUEUE] = "queue.SimpleQueue, unbounded",
            [FAMILY_PINGPONG] = "queue.SimpleQueue",
            [FAMILY_IDLE] = "queue.SimpleQueue",
        },
};

static const struct foreign processes = {
    PROCESSES,
    .what =
        {
            [FAMILY_PPOOL] = "Pool.apply_async",
            [FAMILY_PMAP] = "Pool.map",
            [FAMILY_LARGE] = "Pool.map of bytes",
            [FAMILY_LARGESHARED] = "Pool.map, SharedMemory",
            [FAMILY_IQUEUE] = "multiprocessing.Queue",
            [FAMILY_SPAWN] = "Process, spawn",
        },
};

static const struct foreign imap = {PROCESSES,
                                    .what = {[FAMILY_PPOOL] = "Pool.imap_unordered, chunks of 1"}};
static const struct foreign executor = {PROCESSES,
                                        .what = {[FAMILY_PPOOL] = "ProcessPoolExecutor.submit"}};
static const struct foreign simple_queue = {
    PROCESSES, .what = {[FAMILY_IQUEUE] = "multiprocessing.SimpleQueue"}};

/* Not a new program, and so not the same. */
static const struct foreign forked = {PROCESSES, .what = {[FAMILY_SPAWN] = "Process, fork"}};
static const struct foreign forkserver = {PROCESSES,
                                          .what = {[FAMILY_SPAWN] = "Process, forkserver"}};

static const struct foreign asyncio = {
    NET,
    .what = {NET_TCP("asyncio.Protocol"), NET_UDP("asyncio.DatagramProtocol")},
};
static const struct foreign socketserver = {
    NET,
    .what = {NET_TCP("ThreadingTCPServer"), NET_UDP("UDPServer")},
};

const struct peer peer_python = {.name = "python", .kind = KIND_LIBRARY, .foreign = &standard};
const struct peer peer_python_simple = {
    .name = "python-simple", .kind = KIND_LIBRARY, .foreign = &simple};

const struct peer peer_python_process = {
    .name = "python", .kind = KIND_LIBRARY, .foreign = &processes};
const struct peer peer_python_imap = {
    .name = "python-imap", .kind = KIND_LIBRARY, .foreign = &imap};
const struct peer peer_python_executor = {
    .name = "python-executor", .kind = KIND_LIBRARY, .foreign = &executor};
const struct peer peer_python_simple_queue = {
    .name = "python-simple", .kind = KIND_LIBRARY, .foreign = &simple_queue};
const struct peer peer_python_fork = {
    .name = "python-fork", .kind = KIND_OTHER, .foreign = &forked};
const struct peer peer_python_forkserver = {
    .name = "python-forkserver", .kind = KIND_OTHER, .foreign = &forkserver};
const struct peer peer_python_asyncio = {
    .name = "python-asyncio", .kind = KIND_LIBRARY, .foreign = &asyncio};
const struct peer peer_python_socketserver = {
    .name = "python-socketserver", .kind = KIND_LIBRARY, .foreign = &socketserver};
