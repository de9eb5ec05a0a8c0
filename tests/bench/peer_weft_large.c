/* SPDX-License-Identifier: MIT */
/* weft's map of large items in a pool of processes: from private memory, and in the arena. */
#include "processes.h"

#include <weft.h>

#include "weft_start.h"

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

static void add_one(void *pool, const unsigned char *items, unsigned char *results,
                    size_t item_size, size_t count)
{
    need(weft_map(pool, item_add_one, items, item_size, count, results, item_size, count,
                  WEFT_FOREVER) == 0,
         "weft_map");
}

static const struct large_calls private_calls = {"weft_map, malloc's memory", pool_open, NULL,
                                                 add_one, pool_close};
static const struct large_calls shared_calls = {"weft_map, weft_shared_alloc", pool_open,
                                                weft_start_share, add_one, pool_close};

const struct peer peer_weft_large = {
    .name = "weft",
    .kind = KIND_WEFT,
    .large = &private_calls,
    .large_shared = &shared_calls,
};
