/* SPDX-License-Identifier: MIT */
/* More reference programs: a ring that hands over 32 items at a time, test-and-set with
 * yield, threads that stay on one CPU; and one thread that maps alone. */
#include "bench.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "batch_ring.h"
#include "lock_loop.h"
#include "pthread_thread.h"

/* One producer, one consumer. */

static void *ring_create(size_t capacity, unsigned producers, unsigned consumers)
{
    struct batch_ring *ring = NULL;

    if (producers == 1 && consumers == 1) {
        ring = calloc(1, batch_ring_size(capacity, 1));
        need(ring != NULL, "malloc");
        batch_ring_init(ring, capacity);
    }
    return ring;
}

static void ring_put(void *queue, uint64_t first, uint64_t count)
{
    struct batch_side side = batch_producer(queue);

    for (uint64_t item = first; item < first + count; item++)
        batch_put(&side, &item, 1);
    batch_put_all(&side);
}

static uint64_t ring_get(void *queue, uint64_t count)
{
    struct batch_side side = batch_consumer(queue);
    uint64_t sum = 0, item;

    for (uint64_t i = 0; i < count; i++) {
        batch_get(&side, &item, 1);
        sum += item;
    }
    batch_got_all(&side);
    return sum;
}

/* The lock: one exchange, one store. */

static void *lock_create(void)
{
    static struct {
        char line_before[64];
        weft_atomic_u32 lock;
        char line_after[64];
    } alone;

    return &alone.lock;
}

static void acquire(void *lock)
{
    while (weft_exchange_u32(lock, 1, WEFT_ACQUIRE) != 0)
        sched_yield();
}

static void release(void *lock)
{
    weft_store_u32(lock, 0, WEFT_RELEASE);
}

static void pairs(void *lock, uint64_t count)
{
    lock_pairs(lock, acquire, release, count);
}

static void take_turns(void *lock, struct turns *mine)
{
    lock_turns(lock, acquire, release, mine);
}

/* Threads whose creator is on the same CPU: no other has to wake. */

static void stay_on_one_cpu(void)
{
    need(pin(0), "pin");
}

/* The plain loop. */

static void *nothing_to_open(unsigned workers)
{
    static int nothing;

    (void)workers;
    return &nothing;
}

static void map_alone(void *pool, const struct line *line, size_t count)
{
    (void)pool;
    line_map(line, 0, count);
}

static const struct queue_calls batch_calls = {"spinning ring, 32 items at a time", ring_create,
                                               ring_put, ring_get};
static const struct lock_calls lock_calls = {"test-and-set + yield", lock_create, pairs,
                                             take_turns};
static const struct thread_calls thread_calls = {"pthread_create, all on one CPU", stay_on_one_cpu,
                                                 thread_start, thread_join};
static const struct map_calls map_calls = {"plain loop, 1 thread", nothing_to_open, map_alone};

const struct peer peer_bound_other = {
    .name = "bound",
    .kind = KIND_BOUND,
    .lock = &lock_calls,
    .thread = &thread_calls,
};

const struct peer peer_bound_batch = {
    .name = "bound-32",
    .kind = KIND_BOUND,
    .queue = &batch_calls,
};

const struct peer peer_plain = {.name = "plain", .kind = KIND_NAIVE, .map = &map_calls};
