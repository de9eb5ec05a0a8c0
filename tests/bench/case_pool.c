/* SPDX-License-Identifier: MIT */
/* Pools of threads: empty tasks, tasks with a result, fork and join, and map. */
#include "cases.h"

#include <stdlib.h>

void case_pool(const struct peer *peer, struct run *run)
{
    const struct pool_calls *calls = peer->pool;
    void *pool = calls->open(run->a, run->work);
    uint64_t total;

    run_begin(run);
    calls->submit(pool, run->work);
    if (calls->finish != NULL) {
        calls->finish(pool);
    } else {
        while (tally_total() < run->work)
            sleep_for(0.0001);
    }
    run_end(run);
    total = tally_total();
    if (total != run->work)
        run->wrong = "not every task has run once";
    run->value = (double)run->work / run->seconds * 1e-6;
    run->unit = "M tasks/s";
    run_note(run, "off_caller", 1 - (double)tally_of_caller() / (double)run->work);
}

void case_result(const struct peer *peer, struct run *run)
{
    void *pool = peer->result->open(run->a, run->work);
    uint64_t sum;

    run_begin(run);
    sum = peer->result->results(pool, run->work);
    run_end(run);
    if (sum != run->work * (run->work + 1) / 2)
        run->wrong = "the results are not those of the tasks";
    run->value = (double)run->work / run->seconds * 1e-6;
    run->unit = "M tasks/s";
}

static uint64_t fibonacci(unsigned n)
{
    uint64_t a = 0, b = 1;

    for (unsigned i = 0; i < n; i++) {
        uint64_t next = a + b;
        a = b;
        b = next;
    }
    return a;
}

void case_forkjoin(const struct peer *peer, struct run *run)
{
    void *pool = peer->forkjoin->open(run->a);
    uint64_t right = fibonacci(run->b), forks = fibonacci(run->b + 1) - 1;

    if (peer->forkjoin->fib(pool, run->b) != right)
        run->wrong = "the first pass gave another number";
    run_begin(run);
    for (uint64_t i = 0; i < run->work; i++) {
        if (peer->forkjoin->fib(pool, run->b) != right)
            run->wrong = "fib gave another number";
    }
    run_end(run);
    run->value = run->seconds / (double)(run->work * forks) * 1e9;
    run->unit = "ns";
}

/* Small whole numbers: exact with and without fused multiply-add. */
static double line_x(size_t i)
{
    return (double)(i % 1000);
}

void case_map(const struct peer *peer, struct run *run)
{
    size_t count = run->b;
    double *x = malloc(count * sizeof(*x));
    double *y = calloc(count, sizeof(*y));
    struct line line = {.x = x, .y = y, .slope = 3};
    void *pool = peer->map->open(run->a);

    need(x != NULL && y != NULL, "malloc");
    for (size_t i = 0; i < count; i++)
        x[i] = line_x(i);
    peer->map->map(pool, &line, count); /* the first pass finds cold memory and threads */
    run_begin(run);
    for (uint64_t pass = 1; pass <= run->work; pass++) {
        line.offset = (double)pass;
        peer->map->map(pool, &line, count);
    }
    run_end(run);
    for (size_t i = 0; i < count && run->wrong == NULL; i++) {
        if (y[i] != 3 * line_x(i) + (double)run->work)
            run->wrong = "a number was not mapped in the last pass";
    }
    run->value = run->seconds / (double)run->work * (count < 1000000 ? 1e6 : 1e3);
    run->unit = count < 1000000 ? "us" : "ms";
    free(x);
    free(y);
}
