/* SPDX-License-Identifier: MIT */
/* weft's queue between processes. */
#include "processes.h"

#include <weft/shared_queue.h>

#define CAPACITY 1024

static void *queue_create(unsigned producers, unsigned consumers)
{
    weft_shared_queue_options options = {.items = CAPACITY,
                                         .bytes = CAPACITY * (sizeof(struct message) + 8)};
    weft_shared_queue *queue = arena_memory(sizeof(*queue));

    (void)producers;
    (void)consumers;
    need(weft_shared_queue_create(queue, &options) == 0, "weft_shared_queue_create");
    return queue;
}

static void queue_put(void *shared, uint64_t first, uint64_t count)
{
    weft_shared_queue queue = *(weft_shared_queue *)shared;
    struct message message;

    for (uint64_t i = 0; i < count; i++) {
        message_write(&message, first + i);
        need(weft_shared_queue_put(queue, &message, sizeof(message), WEFT_FOREVER) == 0,
             "weft_shared_queue_put");
    }
}

static uint64_t queue_get(void *shared, uint64_t count)
{
    weft_shared_queue queue = *(weft_shared_queue *)shared;
    struct message message;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < count; i++) {
        need(weft_shared_queue_get(queue, &message, sizeof(message), NULL, WEFT_FOREVER) == 0,
             "weft_shared_queue_get");
        sum += message_read(&message);
    }
    return sum;
}

static const struct iqueue_calls queue_calls = {.what = "weft_shared_queue",
                                                .create = queue_create,
                                                .put = queue_put,
                                                .get = queue_get,
                                                .starter = &weft_starter};

const struct peer peer_weft_queue = {.name = "weft", .kind = KIND_WEFT, .iqueue = &queue_calls};
