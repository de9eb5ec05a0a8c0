/* SPDX-License-Identifier: MIT */
/* weft's queue and semaphore between processes. */
#include "processes.h"

#include <weft/shared.h>
#include <weft/shared_queue.h>

#include "weft_start.h"

/* The queue. */

static void *queue_create(unsigned producers, unsigned consumers)
{
    weft_shared_queue *queue = weft_start_share(sizeof(*queue));

    (void)producers;
    (void)consumers;
    need(weft_shared_queue_create(queue, sizeof(struct message), 1024) == 0,
         "weft_shared_queue_create");
    return queue;
}

static void queue_put(void *shared, uint64_t first, uint64_t count)
{
    weft_shared_queue queue = *(weft_shared_queue *)shared;
    struct message message;

    for (uint64_t i = 0; i < count; i++) {
        message_write(&message, first + i);
        need(weft_shared_queue_put(queue, &message, WEFT_FOREVER) == 0, "weft_shared_queue_put");
    }
}

static uint64_t queue_get(void *shared, uint64_t count)
{
    weft_shared_queue queue = *(weft_shared_queue *)shared;
    struct message message;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < count; i++) {
        need(weft_shared_queue_get(queue, &message, WEFT_FOREVER) == 0, "weft_shared_queue_get");
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

/* Two semaphores: the number that is told lies beside them. */

struct semaphores {
    weft_shared_semaphore told[2]; /* released by the side that sends */
    uint64_t value[2];
};

static void *semaphores_create(void)
{
    struct semaphores *game = weft_start_share(sizeof(*game));

    for (int i = 0; i < 2; i++)
        need(weft_shared_semaphore_create(&game->told[i], 0) == 0, "weft_shared_semaphore_create");
    return game;
}

static void semaphores_send(void *object, unsigned side, uint64_t value)
{
    struct semaphores *game = object;

    game->value[side] = value;
    need(weft_shared_semaphore_release(game->told[side], 1) == 0, "weft_shared_semaphore_release");
}

static uint64_t semaphores_receive(void *object, unsigned side)
{
    struct semaphores *game = object;

    need(weft_shared_semaphore_acquire(game->told[1 - side], WEFT_FOREVER) == 0,
         "weft_shared_semaphore_acquire");
    return game->value[1 - side];
}

static const struct iping_calls semaphores_calls;

static int semaphores_run(weft_task *task)
{
    struct weft_start told = weft_start_read(task);

    round_answer(&semaphores_calls, told.object, told.shared, told.index);
    return 0;
}

static void semaphores_start(void *object, void *shared, unsigned index)
{
    weft_start(semaphores_run, object, shared, index);
}

static const struct starter semaphores_starter = {weft_start_share, semaphores_start,
                                                  weft_start_join};
static const struct iping_calls semaphores_calls = {
    "two weft_shared_semaphore", 1, semaphores_create, semaphores_send, semaphores_receive,
    &semaphores_starter};

const struct peer peer_weft_shared = {.name = "weft", .kind = KIND_WEFT, .iqueue = &queue_calls};
const struct peer peer_weft_semaphore = {
    .name = "weft-semaphore", .kind = KIND_WEFT, .iping = &semaphores_calls};
