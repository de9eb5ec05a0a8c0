/* SPDX-License-Identifier: MIT */
/* weft's fork-join and parallel loop. Built where weft has them. */
#include "bench.h"

#include <weft.h>
#include <weft/parallel.h>

static void *open_pool(unsigned workers)
{
    weft_executor *pool = weft_thread_pool(&(weft_pool_options){.workers = workers});

    need(pool != NULL, "weft_thread_pool");
    return pool;
}

struct call {
    uint64_t result;
    unsigned n;
};

static void fib(void *context)
{
    struct call *call = context;

    if (call->n < 2) {
        call->result = call->n;
    } else {
        struct call one = {.n = call->n - 1}, two = {.n = call->n - 2};
        weft_both(fib, &one, fib, &two);
        call->result = one.result + two.result;
    }
}

static int fib_task(weft_task *task)
{
    struct call call = {.n = WEFT_ARG(task, unsigned)};

    fib(&call);
    return WEFT_RETURN(task, uint64_t, call.result);
}

static uint64_t fib_in_pool(void *pool, unsigned n)
{
    weft_future *future;
    uint64_t result = 0;

    need(weft_submit(pool, &future, fib_task, &n, sizeof(n)) == 0, "weft_submit");
    need(weft_future_result(future, &result, sizeof(result), WEFT_FOREVER) == 0,
         "weft_future_result");
    weft_future_release(future);
    return result;
}

static void map_range(size_t first, size_t last, void *context)
{
    line_map(context, first, last);
}

static void map(void *pool, const struct line *line, size_t count)
{
    struct line mine = *line;

    need(weft_parallel_for(pool, count, map_range, &mine, WEFT_FOREVER) == 0, "weft_parallel_for");
}

static const struct forkjoin_calls forkjoin_calls = {"weft_both", open_pool, fib_in_pool};
static const struct map_calls map_calls = {"weft_parallel_for", open_pool, map};

const struct peer peer_weft_parallel = {
    .name = "weft",
    .kind = KIND_WEFT,
    .forkjoin = &forkjoin_calls,
    .map = &map_calls,
};
