/* SPDX-License-Identifier: MIT */
/* weft's queue between processes. */
#include "processes.h"

#include <weft/shared_queue.h>

#include "weft_start.h"

#define CAPACITY 1024

#ifdef WEFT_BENCH_QUEUE_OF_ONE_SIZE
/* A weft whose queue has items of one size. */
static int create(weft_shared_queue *queue)
{
    return weft_shared_queue_create(queue, sizeof(struct message), CAPACITY);
}

static int put(weft_shared_queue queue, const struct message *message)
{
    return weft_shared_queue_put(queue, message, WEFT_FOREVER);
}

static int get(weft_shared_queue queue, struct message *message)
{
    return weft_shared_queue_get(queue, message, WEFT_FOREVER);
}
#else
static int create(weft_shared_queue *queue)
{
    weft_shared_queue_options options = {.items = CAPACITY,
                                         .bytes = CAPACITY * (sizeof(struct message) + 8)};

    return weft_shared_queue_create(queue, &options);
}

static int put(weft_shared_queue queue, const struct message *message)
{
    return weft_shared_queue_put(queue, message, sizeof(*message), WEFT_FOREVER);
}

static int get(weft_shared_queue queue, struct message *message)
{
    return weft_shared_queue_get(queue, message, sizeof(*message), NULL, WEFT_FOREVER);
}
#endif

static void *queue_create(unsigned producers, unsigned consumers)
{
    weft_shared_queue *queue = weft_start_share(sizeof(*queue));

    (void)producers;
    (void)consumers;
    need(create(queue) == 0, "weft_shared_queue_create");
    return queue;
}

static void queue_put(void *shared, uint64_t first, uint64_t count)
{
    weft_shared_queue queue = *(weft_shared_queue *)shared;
    struct message message;

    for (uint64_t i = 0; i < count; i++) {
        message_write(&message, first + i);
        need(put(queue, &message) == 0, "weft_shared_queue_put");
    }
}

static uint64_t queue_get(void *shared, uint64_t count)
{
    weft_shared_queue queue = *(weft_shared_queue *)shared;
    struct message message;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < count; i++) {
        need(get(queue, &message) == 0, "weft_shared_queue_get");
        sum += message_read(&message);
    }
    return sum;
}

static const struct iqueue_calls queue_calls;

static int queue_run(weft_task *task)
{
    struct weft_start told = weft_start_read(task);

    team_member(&queue_calls, told.object, told.shared, told.index);
    return 0;
}

static void queue_start(void *object, void *shared, unsigned index)
{
    weft_start(queue_run, object, shared, index);
}

static const struct starter queue_starter = {weft_start_share, queue_start, weft_start_join};
static const struct iqueue_calls queue_calls = {.what = "weft_shared_queue",
                                                .create = queue_create,
                                                .put = queue_put,
                                                .get = queue_get,
                                                .starter = &queue_starter};

const struct peer peer_weft_queue = {.name = "weft", .kind = KIND_WEFT, .iqueue = &queue_calls};
