/* SPDX-License-Identifier: MIT */
/* Reference programs of forked processes: they spin on shared memory, and never sleep. */
#include "processes.h"

#include <stdlib.h>

#include "batch_ring.h"

/* A queue for one producer and one consumer. */

#define CAPACITY 1024

static void *queue_create(unsigned producers, unsigned consumers)
{
    struct batch_ring *ring = NULL;

    if (producers == 1 && consumers == 1) {
        ring = shared_memory(batch_ring_size(CAPACITY, MESSAGE_WORDS));
        batch_ring_init(ring, CAPACITY);
    }
    return ring;
}

static void queue_put(void *queue, uint64_t first, uint64_t count)
{
    struct batch_side side = batch_producer(queue);
    struct message message;

    for (uint64_t i = 0; i < count; i++) {
        message_write(&message, first + i);
        batch_put(&side, &message, MESSAGE_WORDS);
    }
    batch_put_all(&side);
}

static uint64_t queue_get(void *queue, uint64_t count)
{
    struct batch_side side = batch_consumer(queue);
    struct message message;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < count; i++) {
        batch_get(&side, &message, MESSAGE_WORDS);
        sum += message_read(&message);
    }
    batch_got_all(&side);
    return sum;
}

/* A pool: two rings per worker; tasks are dealt in turn, so results come in turn. */

struct worker {
    struct batch_ring *tasks, *results;
    weft_atomic_u32 *stop; /* set by the parent when no more tasks will come */
};

struct pool {
    unsigned workers;
    struct worker worker[TEAM_MOST];
    struct batch_side tasks[TEAM_MOST], results[TEAM_MOST]; /* the parent's sides */
};

static void work(void *pool, unsigned index)
{
    struct worker *worker = &((struct pool *)pool)->worker[index];
    struct batch_side tasks = batch_consumer(worker->tasks);
    struct batch_side results = batch_producer(worker->results);
    uint64_t number;

    while (weft_load_u32(worker->stop, WEFT_ACQUIRE) == 0) {
        if (!batch_try_get(&tasks, &number, 1)) {
            batch_put_all(&results); /* nothing to do: what is there may be few */
            batch_got_all(&tasks);
            spin_once(&tasks.spins);
            continue;
        }
        number *= number;
        batch_put(&results, &number, 1);
    }
}

static struct batch_ring *make_ring(void)
{
    struct batch_ring *ring = shared_memory(batch_ring_size(CAPACITY, 1));

    batch_ring_init(ring, CAPACITY);
    return ring;
}

static void *pool_open(unsigned workers)
{
    struct pool *pool = calloc(1, sizeof(*pool));
    weft_atomic_u32 *stop = shared_memory(sizeof(*stop));

    need(pool != NULL && workers <= TEAM_MOST, "malloc");
    pool->workers = workers;
    for (unsigned i = 0; i < workers; i++) {
        pool->worker[i] = (struct worker){make_ring(), make_ring(), stop};
        pool->tasks[i] = batch_producer(pool->worker[i].tasks);
        pool->results[i] = batch_consumer(pool->worker[i].results);
        start_fork(work, pool, i);
    }
    return pool;
}

/* Takes what is there; each worker's `got`-th result is that of task got * workers + i. */
static size_t collect(struct pool *pool, uint64_t *results, size_t *got, size_t count)
{
    size_t taken = 0;

    for (unsigned i = 0; i < pool->workers; i++) {
        size_t place = got[i] * pool->workers + i;
        while (place < count && batch_try_get(&pool->results[i], &results[place], 1)) {
            place += pool->workers;
            got[i]++;
            taken++;
        }
        batch_got_all(&pool->results[i]);
    }
    return taken;
}

static void squares(void *argument, const uint64_t *numbers, uint64_t *results, size_t count)
{
    struct pool *pool = argument;
    size_t got[TEAM_MOST] = {0}, taken = 0, put = 0;
    unsigned spins = 0;

    while (taken < count) {
        size_t more;
        while (put < count && batch_try_put(&pool->tasks[put % pool->workers], &numbers[put], 1))
            put++;
        if (put == count) {
            for (unsigned i = 0; i < pool->workers; i++)
                batch_put_all(&pool->tasks[i]);
        }
        more = collect(pool, results, got, count);
        if (more == 0)
            spin_once(&spins);
        taken += more;
    }
}

static void pool_close(void *argument)
{
    struct pool *pool = argument;

    weft_store_u32(pool->worker[0].stop, 1, WEFT_RELEASE);
    join_forks();
    free(pool);
}

/* Large items: each worker has its share of the whole, in memory that all share. */

struct large {
    weft_atomic_u64 asked;    /* passes */
    weft_atomic_u64 answered; /* passes, times workers */
    weft_atomic_u32 stop;
    const unsigned char *items; /* this and below: set before the workers are forked */
    unsigned char *results;
    size_t size;
    unsigned workers;
};

static void large_work(void *pool, unsigned index)
{
    struct large *large = pool;
    size_t part = large->size / large->workers, first = part * index;
    size_t size = index + 1 == large->workers ? large->size - first : part;
    unsigned spins = 0;

    for (uint64_t done = 0;; done++) {
        while (weft_load_u64(&large->asked, WEFT_ACQUIRE) == done) {
            if (weft_load_u32(&large->stop, WEFT_ACQUIRE) != 0)
                return;
            spin_once(&spins);
        }
        bytes_add_one(large->items + first, large->results + first, size);
        weft_fetch_add_u64(&large->answered, 1, WEFT_RELEASE);
    }
}

static void *large_open(unsigned workers)
{
    struct large *large = shared_memory(sizeof(*large));

    large->workers = workers;
    return large;
}

static void large_add_one(void *pool, const unsigned char *items, unsigned char *results,
                          size_t item_size, size_t count)
{
    struct large *large = pool;
    uint64_t passes = weft_fetch_add_u64(&large->asked, 1, WEFT_RELEASE) + 1;

    if (passes == 1) {
        large->items = items;
        large->results = results;
        large->size = item_size * count;
        for (unsigned i = 0; i < large->workers; i++)
            start_fork(large_work, large, i);
    }
    while (weft_load_u64(&large->answered, WEFT_ACQUIRE) < passes * large->workers)
        sleep_for(0.0001);
}

static void large_close(void *pool)
{
    struct large *large = pool;

    weft_store_u32(&large->stop, 1, WEFT_RELEASE);
    join_forks();
}

/* Ping-pong: a word for each side, which the other one looks at. */

struct words {
    weft_atomic_u64 told[2][8]; /* the first of a line of its own; 0: nothing yet */
};

static void *words_create(void)
{
    return shared_memory(sizeof(struct words));
}

static void words_send(void *game, unsigned side, uint64_t value)
{
    struct words *words = game;

    weft_store_u64(&words->told[side][0], value + 1, WEFT_RELEASE);
}

static uint64_t words_receive(void *game, unsigned side)
{
    struct words *words = game;
    weft_atomic_u64 *told = &words->told[1 - side][0];
    uint64_t value;

    spin_while_equal(told, 0);
    value = weft_load_u64(told, WEFT_RELAXED) - 1;
    weft_store_u64(told, 0, WEFT_RELAXED); /* the other side sends again only after this one */
    return value;
}

static const struct iqueue_calls queue_calls = {.what = "spinning ring, 32 at a time",
                                                .create = queue_create,
                                                .put = queue_put,
                                                .get = queue_get,
                                                .starter = &fork_starter};
static const struct squares_calls pool_calls = {"spinning rings per worker", pool_open, squares,
                                                pool_close};
static const struct large_calls large_calls = {"forks, a share each", large_open, shared_memory,
                                               large_add_one, large_close};
static const struct iping_calls iping_calls = {
    "spinning", 0, words_create, words_send, words_receive, &fork_starter};

const struct peer peer_bound_process = {
    .name = "bound",
    .kind = KIND_BOUND,
    .ppool = &pool_calls,
    .large_shared = &large_calls,
    .iqueue = &queue_calls,
    .iping = &iping_calls,
};
