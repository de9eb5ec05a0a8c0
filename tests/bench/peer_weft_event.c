/* SPDX-License-Identifier: MIT */
/* weft's event between processes. */
#include "processes.h"

#include <weft/shared.h>

/* Two events: the number that is told lies beside them. */

struct events {
    weft_shared_event told[2]; /* set by the side that sends, cleared by the other */
    uint64_t value[2];
};

static void *events_create(void)
{
    struct events *game = arena_memory(sizeof(*game));

    for (int i = 0; i < 2; i++)
        need(weft_shared_event_create(&game->told[i]) == 0, "weft_shared_event_create");
    return game;
}

static void events_send(void *object, unsigned side, uint64_t value)
{
    struct events *game = object;

    game->value[side] = value;
    need(weft_shared_event_set(game->told[side]) == 0, "weft_shared_event_set");
}

static uint64_t events_receive(void *object, unsigned side)
{
    struct events *game = object;

    need(weft_shared_event_wait(game->told[1 - side], WEFT_FOREVER) == 0 &&
             weft_shared_event_clear(game->told[1 - side]) == 0,
         "weft_shared_event_wait");
    return game->value[1 - side];
}

static const struct iping_calls events_calls = {
    "two weft_shared_event", 1, events_create, events_send, events_receive, &weft_starter};

const struct peer peer_weft_event = {
    .name = "weft-event", .kind = KIND_WEFT, .iping = &events_calls};
