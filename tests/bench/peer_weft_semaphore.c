/* SPDX-License-Identifier: MIT */
/* weft's semaphore between processes. */
#include "processes.h"

#include <weft/shared.h>

/* Two semaphores: the number that is told lies beside them. */

struct semaphores {
    weft_shared_semaphore told[2]; /* released by the side that sends */
    uint64_t value[2];
};

static void *semaphores_create(void)
{
    struct semaphores *game = arena_memory(sizeof(*game));

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

static const struct iping_calls semaphores_calls = {"two weft_shared_semaphore", 1,
                                                    semaphores_create,           semaphores_send,
                                                    semaphores_receive,          &weft_starter};

const struct peer peer_weft_semaphore = {
    .name = "weft-semaphore", .kind = KIND_WEFT, .iping = &semaphores_calls};
