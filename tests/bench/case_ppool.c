/* SPDX-License-Identifier: MIT */
/* Pools of processes: trivial tasks one by one, and a map of as many numbers. */
#include "cases.h"

#include <stdlib.h>

#include "processes.h"

static void squares(const struct squares_calls *calls, struct run *run)
{
    uint64_t *numbers = malloc(run->work * sizeof(*numbers));
    uint64_t *results = calloc(run->work, sizeof(*results));
    void *pool = calls->open(run->a);

    need(numbers != NULL && results != NULL, "malloc");
    /* All workers are up, and the libraries of all are loaded. */
    for (uint64_t i = 0; i < 100; i++)
        numbers[i] = i;
    calls->squares(pool, numbers, results, 100);
    for (uint64_t i = 0; i < run->work; i++) {
        numbers[i] = i;
        results[i] = 0;
    }
    run_begin(run);
    calls->squares(pool, numbers, results, run->work);
    run_end(run);
    for (uint64_t i = 0; i < run->work; i++) {
        if (results[i] != i * i)
            run->wrong = "a result is not that of its task";
    }
    calls->close(pool);
    free(numbers);
    free(results);
}

void case_ppool(const struct peer *peer, struct run *run)
{
    squares(peer->ppool, run);
    run->value = (double)run->work / run->seconds * 1e-3;
    run->unit = "k tasks/s";
}

void case_pmap(const struct peer *peer, struct run *run)
{
    squares(peer->pmap, run);
    run->value = (double)run->work / run->seconds * 1e-6;
    run->unit = "M items/s";
}
