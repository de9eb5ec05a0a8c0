/* SPDX-License-Identifier: MIT */
/*
 * The naive pool of processes: forked workers, a socketpair to each, poll(). A worker has
 * one task at a time; a task's future is its place among the results.
 */
#include "processes.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORKERS_MOST TEAM_MOST

struct pool {
    unsigned workers;
    struct pollfd ends[WORKERS_MOST];
    size_t running[WORKERS_MOST]; /* the task of each */
    unsigned idle[WORKERS_MOST], idle_count;
    int end; /* of the worker that is being forked */
};

static void work(void *argument, unsigned index)
{
    const struct pool *pool = argument;
    uint64_t number;

    /* The parent's ends: a worker that held them would never see that the parent is gone. */
    for (unsigned i = 0; i <= index; i++)
        close(pool->ends[i].fd);
    while (read(pool->end, &number, sizeof(number)) == sizeof(number)) {
        number *= number;
        need(write(pool->end, &number, sizeof(number)) == sizeof(number), "write");
    }
}

static void *pool_open(unsigned workers)
{
    struct pool *pool = calloc(1, sizeof(*pool));

    need(pool != NULL && workers <= WORKERS_MOST, "malloc");
    pool->workers = workers;
    for (unsigned i = 0; i < workers; i++) {
        int ends[2];
        need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
        pool->ends[i] = (struct pollfd){.fd = ends[0], .events = POLLIN};
        pool->idle[pool->idle_count++] = i;
        pool->end = ends[1];
        start_fork(work, pool, i);
        close(ends[1]);
    }
    return pool;
}

/* Takes the results that are there, waiting for one at least. */
static void collect(struct pool *pool, uint64_t *results)
{
    need(poll(pool->ends, pool->workers, -1) > 0, "poll");
    for (unsigned i = 0; i < pool->workers; i++) {
        uint64_t *result = &results[pool->running[i]];
        if ((pool->ends[i].revents & (POLLIN | POLLHUP)) == 0)
            continue;
        need(read(pool->ends[i].fd, result, sizeof(*result)) == sizeof(*result), "a worker");
        pool->idle[pool->idle_count++] = i;
    }
}

static void squares(void *argument, const uint64_t *numbers, uint64_t *results, size_t count)
{
    struct pool *pool = argument;

    for (size_t i = 0; i < count; i++) {
        unsigned worker;
        while (pool->idle_count == 0)
            collect(pool, results);
        worker = pool->idle[--pool->idle_count];
        pool->running[worker] = i;
        need(write(pool->ends[worker].fd, &numbers[i], sizeof(numbers[i])) == sizeof(numbers[i]),
             "write");
    }
    while (pool->idle_count < pool->workers)
        collect(pool, results);
}

static void pool_close(void *argument)
{
    struct pool *pool = argument;

    for (unsigned i = 0; i < pool->workers; i++)
        close(pool->ends[i].fd);
    join_forks();
    free(pool);
}

static const struct squares_calls calls = {"forks, socketpair, poll", pool_open, squares,
                                           pool_close};

const struct peer peer_prefork = {.name = "prefork", .kind = KIND_NAIVE, .ppool = &calls};
