/* SPDX-License-Identifier: MIT */
/* Reference programs: they spin instead of sleeping, which a general library must not. */
#include "bench.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <weft/atomic.h>

#include "spin_ring.h"

/* A queue: Dmitry Vyukov's bounded ring for many producers and consumers. */

static void *queue_create(size_t capacity, unsigned producers, unsigned consumers)
{
    (void)producers;
    (void)consumers;
    return spin_ring_create(capacity);
}

static void queue_put(void *queue, uint64_t first, uint64_t count)
{
    for (uint64_t item = first; item < first + count; item++)
        spin_ring_put(queue, item);
}

static uint64_t queue_get(void *queue, uint64_t count)
{
    uint64_t sum = 0;

    for (uint64_t i = 0; i < count; i++)
        sum += spin_ring_get(queue);
    return sum;
}

/* A pool: a ring per worker, filled in turn. */

struct pool {
    unsigned workers;
    struct spin_ring *rings[64];
};

struct job {
    void (*run)(void);
};

static void *work(void *argument)
{
    struct spin_ring *ring = argument;

    for (;;)
        ((const struct job *)(uintptr_t)spin_ring_get(ring))->run();
    return NULL;
}

static void *pool_open(unsigned workers, uint64_t count)
{
    struct pool *pool = calloc(1, sizeof(*pool));

    (void)count;
    need(pool != NULL, "malloc");
    pool->workers = workers;
    for (unsigned i = 0; i < workers; i++) {
        pthread_t thread;
        pool->rings[i] = spin_ring_create(1024);
        need(pthread_create(&thread, NULL, work, pool->rings[i]) == 0, "pthread_create");
    }
    return pool;
}

static void pool_submit(void *argument, uint64_t count)
{
    static const struct job empty = {tally_add};
    struct pool *pool = argument;
    unsigned worker = 0;

    for (uint64_t i = 0; i < count; i++) {
        spin_ring_put(pool->rings[worker], (uint64_t)(uintptr_t)&empty);
        worker = worker + 1 == pool->workers ? 0 : worker + 1;
    }
}

/* Fork and join: plain calls. */

static void *nothing_to_open(unsigned workers)
{
    static int nothing;

    (void)workers;
    return &nothing;
}

static __attribute__((noinline)) uint64_t fib(unsigned n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static uint64_t fib_plain(void *pool, unsigned n)
{
    (void)pool;
    return fib(n);
}

/* Map: the other half by a helper that spins, and stores that bypass the caches. */

struct helper {
    weft_atomic_u64 asked, answered;
    const struct line *line;
    size_t first, last;
};

static void map_streaming(const struct line *line, size_t first, size_t last)
{
#ifdef __SSE2__
    __m128d slope = _mm_set1_pd(line->slope), offset = _mm_set1_pd(line->offset);

    /* calloc() and malloc() align to 16; `first` is even. */
    for (; first + 2 <= last; first += 2) {
        __m128d x = _mm_loadu_pd(line->x + first);
        _mm_stream_pd(line->y + first, _mm_add_pd(_mm_mul_pd(slope, x), offset));
    }
    _mm_sfence();
#endif
    line_map(line, first, last);
}

static void map_large_or_small(const struct line *line, size_t first, size_t last, size_t count)
{
    if (count > 100000)
        map_streaming(line, first, last);
    else
        line_map(line, first, last); /* it stays in the caches */
}

static void *help(void *argument)
{
    struct helper *helper = argument;

    for (uint64_t done = 0;; done++) {
        spin_while_equal(&helper->asked, done);
        map_large_or_small(helper->line, helper->first, helper->last, helper->last);
        weft_store_u64(&helper->answered, done + 1, WEFT_RELEASE);
    }
    return NULL;
}

static void *map_open(unsigned workers)
{
    struct helper *helper = calloc(1, sizeof(*helper));
    pthread_t thread;

    (void)workers;
    need(helper != NULL, "malloc");
    need(pthread_create(&thread, NULL, help, helper) == 0, "pthread_create");
    return helper;
}

static void map(void *pool, const struct line *line, size_t count)
{
    struct helper *helper = pool;
    uint64_t pass = weft_load_u64(&helper->answered, WEFT_RELAXED);
    size_t middle = count / 4 * 2;

    helper->line = line;
    helper->first = middle;
    helper->last = count;
    weft_store_u64(&helper->asked, pass + 1, WEFT_RELEASE);
    map_large_or_small(line, 0, middle, count);
    spin_while_equal(&helper->answered, pass);
}

static const struct queue_calls queue_calls = {"spinning ring", queue_create, queue_put, queue_get};
static const struct pool_calls pool_calls = {"spinning ring per worker", pool_open, pool_submit,
                                             NULL};
static const struct forkjoin_calls forkjoin_calls = {"plain calls, 1 thread", nothing_to_open,
                                                     fib_plain};
static const struct map_calls map_calls = {"spinning helper, streaming stores", map_open, map};

const struct peer peer_bound = {
    .name = "bound",
    .kind = KIND_BOUND,
    .queue = &queue_calls,
    .pool = &pool_calls,
    .forkjoin = &forkjoin_calls,
    .map = &map_calls,
};
