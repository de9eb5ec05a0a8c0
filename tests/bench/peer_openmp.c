/* SPDX-License-Identifier: MIT */
/* OpenMP. Its tasks make no pool: a caller that has queued 64 per thread runs the next
 * itself, which hands nothing over. */
#include "bench.h"

#include <stdio.h>

#include <omp.h>

static const char *version(void)
{
    static char text[32];

    snprintf(text, sizeof(text), "OpenMP %d", _OPENMP);
    return text;
}

static unsigned worker_count;

static void *set_workers(unsigned workers)
{
    worker_count = workers;
    return &worker_count;
}

static void *pool_open(unsigned workers, uint64_t count)
{
    (void)count;
    return set_workers(workers + 1); /* the producer is one of them */
}

/* The end of the parallel region waits for all tasks. */
static void pool_submit(void *pool, uint64_t count)
{
    (void)pool;
#pragma omp parallel num_threads(worker_count)
#pragma omp master
    for (uint64_t i = 0; i < count; i++) {
#pragma omp task
        tally_add();
    }
}

static void pool_finish(void *pool)
{
    (void)pool;
}

static uint64_t fib(unsigned n)
{
    uint64_t one, two;

    if (n < 2)
        return n;
#pragma omp task shared(one) firstprivate(n)
    one = fib(n - 1);
    two = fib(n - 2);
#pragma omp taskwait
    return one + two;
}

static uint64_t fib_in_region(void *pool, unsigned n)
{
    uint64_t result = 0;

    (void)pool;
#pragma omp parallel num_threads(worker_count)
#pragma omp master
    result = fib(n);
    return result;
}

static void map(void *pool, const struct line *line, size_t count)
{
    const double *x = line->x;
    double *y = line->y;
    double slope = line->slope, offset = line->offset;

    (void)pool;
#pragma omp parallel for num_threads(worker_count) schedule(static)
    for (size_t i = 0; i < count; i++)
        y[i] = slope * x[i] + offset;
}

static const struct pool_calls pool_calls = {"task (caller helps)", pool_open, pool_submit,
                                             pool_finish};
static const struct forkjoin_calls forkjoin_calls = {"task + taskwait", set_workers, fib_in_region};
static const struct map_calls map_calls = {"parallel for", set_workers, map};

const struct peer peer_openmp = {
    .name = "openmp",
    .kind = KIND_LIBRARY,
    .version = version,
    .forkjoin = &forkjoin_calls,
    .map = &map_calls,
};

const struct peer peer_openmp_task = {
    .name = "openmp",
    .kind = KIND_OTHER,
    .version = version,
    .pool = &pool_calls,
};
