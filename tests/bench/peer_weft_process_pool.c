/* SPDX-License-Identifier: MIT */
/* weft's pool of processes: a future per task, and map of small items, and of large ones from
 * private memory and in the arena. */
#include "processes.h"

#include <stdlib.h>

#include <weft.h>

static void *pool_open(unsigned workers)
{
    weft_executor *pool = weft_process_pool(&(weft_pool_options){.workers = workers});

    need(pool != NULL, "weft_process_pool");
    return pool;
}

static void pool_close(void *pool)
{
    need(weft_executor_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER) == 0, "weft_executor_shutdown");
    weft_executor_close(pool);
}

static int square(weft_task *task)
{
    uint64_t number = WEFT_ARG(task, uint64_t);

    return WEFT_RETURN(task, uint64_t, number * number);
}

static void submit_squares(void *pool, const uint64_t *numbers, uint64_t *results, size_t count)
{
    weft_future **futures = malloc(count * sizeof(*futures));

    need(futures != NULL, "malloc");
    for (size_t i = 0; i < count; i++)
        need(weft_submit(pool, &futures[i], square, &numbers[i], sizeof(numbers[i])) == 0,
             "weft_submit");
    for (size_t i = 0; i < count; i++) {
        need(weft_future_result(futures[i], &results[i], sizeof(results[i]), WEFT_FOREVER) == 0,
             "weft_future_result");
        weft_future_release(futures[i]);
    }
    free(futures);
}

static void map_squares(void *pool, const uint64_t *numbers, uint64_t *results, size_t count)
{
    need(weft_map(pool, square, numbers, sizeof(*numbers), count, results, sizeof(*results), count,
                  WEFT_FOREVER) == 0,
         "weft_map");
}

static const struct squares_calls submit_calls = {"weft_submit + weft_future_result", pool_open,
                                                  submit_squares, pool_close};
static const struct squares_calls map_calls = {"weft_map", pool_open, map_squares, pool_close};

static int item_add_one(weft_task *task)
{
    size_t size = weft_task_argument_size(task);
    const void *item = weft_task_argument(task, size);
    void *result = weft_task_result(task, size);

    if (result == NULL)
        return WEFT_ENOMEM;
    bytes_add_one(item, result, size);
    return 0;
}

static void map_add_one(void *pool, const unsigned char *items, unsigned char *results,
                        size_t item_size, size_t count)
{
    need(weft_map(pool, item_add_one, items, item_size, count, results, item_size, count,
                  WEFT_FOREVER) == 0,
         "weft_map");
}

static const struct large_calls private_calls = {"weft_map, malloc's memory", pool_open, NULL,
                                                 map_add_one, pool_close};
static const struct large_calls shared_calls = {"weft_map, weft_shared_alloc", pool_open,
                                                arena_memory, map_add_one, pool_close};

const struct peer peer_weft_process_pool = {
    .name = "weft",
    .kind = KIND_WEFT,
    .ppool = &submit_calls,
    .pmap = &map_calls,
    .large = &private_calls,
    .large_shared = &shared_calls,
};
