/* SPDX-License-Identifier: MIT */
/* More reference programs: a ring that hands over 32 items at a time, test-and-set with
 * yield, threads that stay on one CPU; and one thread that maps alone. */
#include "bench.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "lock_loop.h"
#include "pthread_thread.h"
#include "spin_ring.h"

#define BATCH 32

/* One producer, one consumer; each tells the other every BATCH items, and at the end. */
struct batch_ring {
    weft_atomic_u64 put; /* items that the consumer may take */
    char rest_of_line[56];
    weft_atomic_u64 got; /* places that the producer may fill again */
    char rest_of_next_line[56];
    size_t mask;
    uint64_t items[];
};

static void *batch_create(size_t capacity, unsigned producers, unsigned consumers)
{
    struct batch_ring *ring = NULL;

    if (producers == 1 && consumers == 1) {
        ring = calloc(1, sizeof(*ring) + capacity * sizeof(uint64_t));
        need(ring != NULL, "malloc");
        ring->mask = capacity - 1;
    }
    return ring;
}

static void batch_put(void *queue, uint64_t first, uint64_t count)
{
    struct batch_ring *ring = queue;
    uint64_t put = weft_load_u64(&ring->put, WEFT_RELAXED);
    uint64_t got = weft_load_u64(&ring->got, WEFT_ACQUIRE);
    unsigned spins = 0;

    for (uint64_t i = 0; i < count; i++) {
        while (put - got > ring->mask) {
            spin_once(&spins);
            got = weft_load_u64(&ring->got, WEFT_ACQUIRE);
        }
        ring->items[put++ & ring->mask] = first + i;
        if (put % BATCH == 0)
            weft_store_u64(&ring->put, put, WEFT_RELEASE);
    }
    weft_store_u64(&ring->put, put, WEFT_RELEASE);
}

static uint64_t batch_get(void *queue, uint64_t count)
{
    struct batch_ring *ring = queue;
    uint64_t got = weft_load_u64(&ring->got, WEFT_RELAXED);
    uint64_t put = weft_load_u64(&ring->put, WEFT_ACQUIRE);
    uint64_t sum = 0;
    unsigned spins = 0;

    for (uint64_t i = 0; i < count; i++) {
        while (put == got) {
            spin_once(&spins);
            put = weft_load_u64(&ring->put, WEFT_ACQUIRE);
        }
        sum += ring->items[got++ & ring->mask];
        if (got % BATCH == 0)
            weft_store_u64(&ring->got, got, WEFT_RELEASE);
    }
    weft_store_u64(&ring->got, got, WEFT_RELEASE);
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

static const struct queue_calls batch_calls = {"spinning ring, 32 items at a time", batch_create,
                                               batch_put, batch_get};
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
