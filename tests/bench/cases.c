/* SPDX-License-Identifier: MIT */
/* The tables of cases and families, and the process that makes one measurement. */
#include "cases.h"

#include <string.h>

#include "processes.h"

#define MORE true
#define LESS false

#define QUEUE(name, title, producers, consumers)                                                   \
    name, "Queue, " title, FAMILY_QUEUE, 2000000, 1000, producers, consumers, "M items/s", MORE, 0
#define POOL(name, title, family, work, workers)                                                   \
    name, title, family, work, 1000, workers, 0, "M tasks/s", MORE, 0
#define PING(name, title, family, trips, place)                                                    \
    name, "Two processes, " title, family, trips, 20, place, 0, "ns", LESS, 0
#define ECHO(name, title, trips, connections)                                                      \
    name, "TCP echo of 64 bytes, " title, FAMILY_ECHO, trips, 2 * connections, connections, 0,     \
        "k trips/s", MORE, 0
#define UDP(name, title, packets, window)                                                          \
    name, "UDP echo of 64 bytes, " title, FAMILY_DATAGRAM, packets, 200, window, 0, "k packets/s", \
        MORE, 0
#define SIZE(name, title, which)                                                                   \
    name, "Size of " title, FAMILY_SIZE, 1, 1, which, 0, "bytes", LESS, 0

const struct bench_case bench_cases[] = {
    {QUEUE("queue-1p1c", "1 producer, 1 consumer", 1, 1)},
    {QUEUE("queue-2p2c", "2 producers, 2 consumers", 2, 2)},
    {QUEUE("queue-4p4c", "4 producers, 4 consumers", 4, 4)},
    {QUEUE("queue-1p4c", "1 producer, 4 consumers", 1, 4)},
    {QUEUE("queue-4p1c", "4 producers, 1 consumer", 4, 1)},
    {"queue-pingpong", "Queue, round trip of two threads through two queues", FAMILY_PINGPONG,
     20000, 100, 0, 0, "ns", LESS, 0},
    {"queue-pingpong-2cpus", "Queue, the same round trip with a CPU for each thread",
     FAMILY_PINGPONG, 20000, 100, 1, 0, "ns", LESS, 0},
    {"queue-idle", "Queue, 4 getters wait while it is empty", FAMILY_IDLE, 500, 200, 4, 0,
     "% of a CPU", LESS, 1},
    {POOL("pool-2", "Pool, empty tasks, 2 workers", FAMILY_POOL, 1000000, 2)},
    {POOL("pool-4", "Pool, empty tasks, 4 workers", FAMILY_POOL, 1000000, 4)},
    {POOL("pool-result-2", "Pool, a result per task, 2 workers", FAMILY_RESULT, 200000, 2)},
    {POOL("pool-result-4", "Pool, a result per task, 4 workers", FAMILY_RESULT, 200000, 4)},
    {"forkjoin-2", "Fork and join, fib(27) without cut-off, 2 workers: a fork", FAMILY_FORKJOIN, 5,
     1, 2, 27, "ns", LESS, 0},
    {"map-10m", "Map of 10,000,000 doubles, 2 workers", FAMILY_MAP, 10, 1, 2, 10000000, "ms", LESS,
     0},
    {"map-1000", "Map of 1000 doubles, 2 workers", FAMILY_MAP, 10000, 10, 2, 1000, "us", LESS, 0},
    {"lock-1", "Lock, 1 thread, acquire and release", FAMILY_UNCONTENDED, 10000000, 1000, 1, 0,
     "ns", LESS, 0},
    {"lock-2t", "Lock, 2 threads, 8 steps inside, 32 outside", FAMILY_LOCK, 500, 20, 2, 0, "M/s",
     MORE, 0},
    {"lock-8t", "Lock, 8 threads, 8 steps inside, 32 outside", FAMILY_LOCK, 500, 20, 8, 0, "M/s",
     MORE, 0},
    {"thread-pairs", "Thread started and joined", FAMILY_PAIRS, 10000, 20, 0, 0, "k pairs/s", MORE,
     0},
    {"thread-1000", "1000 threads started, then joined", FAMILY_THOUSAND, 1000, 10, 0, 0, "ms",
     LESS, 0},
    {"thread-memory", "Resident memory of an idle thread", FAMILY_MEMORY, 1000, 10, 0, 0, "KiB",
     LESS, 0},
    {"ppool-4", "Process pool, a result per task, 4 workers", FAMILY_PPOOL, 100000, 1000, 4, 0,
     "k tasks/s", MORE, 0},
    {"pmap-1m", "Process pool, map of 1,000,000 numbers, 4 workers", FAMILY_PMAP, 1000000, 1000, 4,
     0, "M items/s", MORE, 0},
    {"pmap-1g", "Process pool, map of 64 items of 16 MiB to as much, 4 workers", FAMILY_LARGE, 1024,
     8, 4, 0, "GB/s", MORE, 0},
    {"pmap-1g-shared", "The same, with items and results in shared memory", FAMILY_LARGESHARED,
     1024, 8, 4, 0, "GB/s", MORE, 0},
    {"iqueue-1p1c", "Queue between processes, 64 bytes, 1 producer, 1 consumer", FAMILY_IQUEUE,
     500000, 1000, 1, 1, "M msgs/s", MORE, 0},
    {"iqueue-2p2c", "Queue between processes, 64 bytes, 2 producers, 2 consumers", FAMILY_IQUEUE,
     500000, 1000, 2, 2, "M msgs/s", MORE, 0},
    {PING("iping", "both answer at once", FAMILY_IPING, 10000, PLACE_FREE)},
    {PING("iping-2cpus", "with a CPU for each", FAMILY_IPING, 10000, PLACE_TWO_CPUS)},
    {PING("iping-1cpu", "on one CPU", FAMILY_IPING, 10000, PLACE_ONE_CPU)},
    {PING("iping-idle", "answered 1 ms late: from answer to running", FAMILY_IWAKE, 300,
          PLACE_FREE)},
    {PING("iping-idle-2cpus", "likewise with a CPU for each", FAMILY_IWAKE, 300, PLACE_TWO_CPUS)},
    {PING("iping-idle-1cpu", "likewise on one CPU", FAMILY_IWAKE, 300, PLACE_ONE_CPU)},
    {"spawn", "Process started and joined", FAMILY_SPAWN, 500, 5, 0, 0, "per s", MORE, 0},
    {"spawn-256m", "Process started and joined, the parent uses 256 MiB", FAMILY_SPAWN, 200, 5, 256,
     0, "per s", MORE, 0},
    {ECHO("tcp-echo-1", "1 connection", 10000, 1)},
    {ECHO("tcp-echo-50", "50 connections", 200000, 50)},
    {ECHO("tcp-echo-1000", "1000 connections", 200000, 1000)},
    {"tcp-bulk", "TCP echo of messages of 64 KiB, 1 connection, 4 under way", FAMILY_BULK, 20000,
     100, 1, 65536, "GB/s", MORE, 0},
    {UDP("udp-echo", "32 under way", 200000, 32)},
    {UDP("udp-echo-1", "1 under way", 10000, 1)},
    {"tcp-idle", "Memory of a server per idle connection", FAMILY_CONNECTIONS, 5000, 100, 0, 0,
     "KiB", LESS, 0},
    {"tcp-idle-10000", "TCP echo of 64 bytes, 10,000 other connections idle", FAMILY_CROWD, 10000,
     100, 0, 0, "us", LESS, 0},
    {SIZE("size-mutex", "a mutex", SIZE_MUTEX)},
    {SIZE("size-condition", "a condition", SIZE_CONDITION)},
    {SIZE("size-event", "an event", SIZE_EVENT)},
    {SIZE("size-once", "a once", SIZE_ONCE)},
    {SIZE("size-semaphore", "a semaphore", SIZE_SEMAPHORE)},
    {SIZE("size-future", "a task with a future, allocated", SIZE_FUTURE)},
    {SIZE("size-task", "a task with 48 bytes of argument, allocated", SIZE_TASK)},
};

const size_t bench_case_count = sizeof(bench_cases) / sizeof(bench_cases[0]);

static const struct {
    const char *name;
    void (*run)(const struct peer *peer, struct run *run);
    bool with_children, with_servers;
} families[FAMILY_COUNT] = {
    [FAMILY_QUEUE] = {"queue", case_queue},
    [FAMILY_PINGPONG] = {"pingpong", case_pingpong},
    [FAMILY_IDLE] = {"idle", case_idle},
    [FAMILY_POOL] = {"pool", case_pool},
    [FAMILY_RESULT] = {"result", case_result},
    [FAMILY_FORKJOIN] = {"forkjoin", case_forkjoin},
    [FAMILY_MAP] = {"map", case_map},
    [FAMILY_UNCONTENDED] = {"uncontended", case_uncontended},
    [FAMILY_LOCK] = {"lock", case_lock},
    [FAMILY_PAIRS] = {"pairs", case_pairs},
    [FAMILY_THOUSAND] = {"thousand", case_thousand},
    [FAMILY_MEMORY] = {"memory", case_memory},
    [FAMILY_SIZE] = {"size", case_size},
    [FAMILY_PPOOL] = {"ppool", case_ppool, true},
    [FAMILY_PMAP] = {"pmap", case_pmap, true},
    [FAMILY_LARGE] = {"large", case_large, true},
    [FAMILY_LARGESHARED] = {"largeshared", case_large_shared, true},
    [FAMILY_IQUEUE] = {"iqueue", case_iqueue, true},
    [FAMILY_IPING] = {"iping", case_iping, true},
    [FAMILY_IWAKE] = {"iwake", case_iwake, true},
    [FAMILY_SPAWN] = {"spawn", case_spawn, true},
    [FAMILY_ECHO] = {"echo", case_echo, false, true},
    [FAMILY_BULK] = {"bulk", case_bulk, false, true},
    [FAMILY_DATAGRAM] = {"datagram", case_datagram, false, true},
    [FAMILY_CONNECTIONS] = {"connections", case_connections, false, true},
    [FAMILY_CROWD] = {"crowd", case_crowd, false, true},
};

const struct bench_case *case_find(const char *name)
{
    for (size_t i = 0; i < bench_case_count; i++) {
        if (strcmp(bench_cases[i].name, name) == 0)
            return &bench_cases[i];
    }
    return NULL;
}

const char *family_name(enum family family)
{
    return families[family].name;
}

bool family_has_processes(enum family family)
{
    return families[family].with_children;
}

bool family_has_servers(enum family family)
{
    return families[family].with_servers;
}

enum family family_find(const char *name)
{
    int i = 0;

    while (i < FAMILY_COUNT && strcmp(families[i].name, name) != 0)
        i++;
    return (enum family)i;
}

void play(const struct peer *peer, enum family family, void *object, void *shared, unsigned index)
{
    if (family == FAMILY_IQUEUE)
        team_member(peer->iqueue, object, shared, index);
    else
        round_answer(peer->iping, object, shared);
}

int measure_here(enum family family, const struct peer *peer, struct run *run)
{
    run->with_children = families[family].with_children;
    families[family].run(peer, run);
    return run_print(run);
}
