/* SPDX-License-Identifier: MIT */
/* weft's pipe between two processes. */
#include "processes.h"

#include <weft/shared_pipe.h>

static void *pipe_create(void)
{
    weft_shared_pipe *ends = arena_memory(2 * sizeof(*ends));

    need(weft_shared_pipe_create(&ends[0], &ends[1], 0) == 0, "weft_shared_pipe_create");
    return ends;
}

static void pipe_send(void *game, unsigned side, uint64_t value)
{
    weft_shared_pipe *ends = game;

    need(weft_shared_pipe_send(ends[side], &value, sizeof(value), WEFT_FOREVER) == 0,
         "weft_shared_pipe_send");
}

static uint64_t pipe_receive(void *game, unsigned side)
{
    weft_shared_pipe *ends = game;
    uint64_t value;

    need(weft_shared_pipe_receive(ends[side], &value, sizeof(value), NULL, WEFT_FOREVER) == 0,
         "weft_shared_pipe_receive");
    return value;
}

static const struct iping_calls pipe_calls = {
    "weft_shared_pipe", 1, pipe_create, pipe_send, pipe_receive, &weft_starter};

const struct peer peer_weft_pipe = {.name = "weft", .kind = KIND_WEFT, .iping = &pipe_calls};
