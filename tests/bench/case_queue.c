/* SPDX-License-Identifier: MIT */
/* A queue of 8-byte items between threads: throughput, latency, and what waiting costs. */
#include "cases.h"

#include <pthread.h>
#include <stdlib.h>

#include <weft/atomic.h>

#define CAPACITY 1024

struct flow {
    const struct queue_calls *calls;
    void *queue;
    uint64_t items;
    unsigned producers, consumers;
    weft_atomic_u64 sum;
};

/* The i-th of n shares of a whole that need not divide. */
static uint64_t share_begin(uint64_t whole, unsigned n, unsigned i)
{
    return whole / n * i + (whole % n < i ? whole % n : i);
}

static void flow_body(void *context, unsigned index)
{
    struct flow *flow = context;

    if (index < flow->producers) {
        uint64_t first = share_begin(flow->items, flow->producers, index);
        uint64_t next = share_begin(flow->items, flow->producers, index + 1);
        flow->calls->put(flow->queue, first, next - first);
    } else {
        unsigned i = index - flow->producers;
        uint64_t first = share_begin(flow->items, flow->consumers, i);
        uint64_t next = share_begin(flow->items, flow->consumers, i + 1);
        weft_fetch_add_u64(&flow->sum, flow->calls->get(flow->queue, next - first), WEFT_RELAXED);
    }
}

void case_queue(const struct peer *peer, struct run *run)
{
    struct flow flow = {
        .calls = peer->queue, .items = run->work, .producers = run->a, .consumers = run->b};

    flow.queue = peer->queue->create(CAPACITY, run->a, run->b);
    if (flow.queue == NULL) {
        run->skip = "not for so many producers or consumers";
        return;
    }
    crew_run(run, run->a + run->b, flow_body, &flow);
    if (weft_load_u64(&flow.sum, WEFT_RELAXED) != run->work * (run->work - 1) / 2)
        run->wrong = "the items got are not the items put";
    run->value = (double)run->work / run->seconds * 1e-6;
    run->unit = "M items/s";
}

struct pingpong {
    const struct queue_calls *calls;
    void *there, *back;
    uint64_t trips;
    int pinned;
    uint64_t sum;
};

static void pingpong_body(void *context, unsigned index)
{
    struct pingpong *game = context;
    const struct queue_calls *calls = game->calls;
    uint64_t sum = 0;

    if (game->pinned)
        need(pin(index), "pin");
    for (uint64_t i = 0; i < game->trips; i++) {
        if (index == 0) {
            calls->put(game->there, i, 1);
            sum += calls->get(game->back, 1);
        } else {
            calls->put(game->back, calls->get(game->there, 1) + 1, 1);
        }
    }
    if (index == 0)
        game->sum = sum;
}

void case_pingpong(const struct peer *peer, struct run *run)
{
    struct pingpong game = {.calls = peer->queue, .trips = run->work, .pinned = run->a != 0};

    game.there = peer->queue->create(CAPACITY, 1, 1);
    game.back = peer->queue->create(CAPACITY, 1, 1);
    if (game.there == NULL || game.back == NULL) {
        run->skip = "not for one producer and one consumer";
        return;
    }
    crew_run(run, 2, pingpong_body, &game);
    if (game.sum != run->work * (run->work + 1) / 2)
        run->wrong = "an item came back wrong";
    run->value = run->seconds / (double)run->work * 1e9;
    run->unit = "ns";
}

#define WARM_UP_ITEMS 1000
#define CALM_DOWN 0.1 /* s: what spins for a while has stopped by then */

struct idle {
    const struct queue_calls *calls;
    void *queue;
    pthread_barrier_t warm; /* nobody takes a second turn from those still at their first */
    weft_atomic_u64 sum;
};

static void *idle_getter(void *argument)
{
    struct idle *idle = argument;

    weft_fetch_add_u64(&idle->sum, idle->calls->get(idle->queue, WARM_UP_ITEMS), WEFT_RELAXED);
    pthread_barrier_wait(&idle->warm);
    weft_fetch_add_u64(&idle->sum, idle->calls->get(idle->queue, 1), WEFT_RELAXED);
    return NULL;
}

void case_idle(const struct peer *peer, struct run *run)
{
    struct idle idle = {.calls = peer->queue};
    uint64_t items = (uint64_t)run->a * (WARM_UP_ITEMS + 1);
    pthread_t *getters = calloc(run->a, sizeof(*getters));

    idle.queue = peer->queue->create(CAPACITY, 1, run->a);
    if (idle.queue == NULL) {
        run->skip = "not for so many consumers";
        free(getters);
        return;
    }
    pthread_barrier_init(&idle.warm, NULL, run->a + 1);
    for (unsigned i = 0; i < run->a; i++)
        need(pthread_create(&getters[i], NULL, idle_getter, &idle) == 0, "pthread_create");
    peer->queue->put(idle.queue, 0, items - run->a);
    pthread_barrier_wait(&idle.warm);
    sleep_for(CALM_DOWN);
    run_begin(run);
    sleep_for((double)run->work * 1e-3 - CALM_DOWN);
    run_end(run);
    peer->queue->put(idle.queue, items - run->a, run->a);
    for (unsigned i = 0; i < run->a; i++)
        pthread_join(getters[i], NULL);
    if (weft_load_u64(&idle.sum, WEFT_RELAXED) != items * (items - 1) / 2)
        run->wrong = "the items got are not the items put";
    run->value = run->cpu / run->seconds * 100;
    run->unit = "% of a CPU";
    free(getters);
}
