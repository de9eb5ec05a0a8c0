/* SPDX-License-Identifier: MIT */
/* weft itself, by its public headers alone: queue, pool, lock and thread. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include <weft.h>

#include "lock_loop.h"

static const char *version(void)
{
    return weft_caps()->backend;
}

/* The queue. */

static void *queue_create(size_t capacity, unsigned producers, unsigned consumers)
{
    weft_queue *queue;

    (void)producers;
    (void)consumers;
    need(weft_queue_create(&queue, sizeof(uint64_t), &(weft_queue_options){.capacity = capacity}) ==
             0,
         "weft_queue_create");
    return queue;
}

static void queue_put(void *queue, uint64_t first, uint64_t count)
{
    for (uint64_t item = first; item < first + count; item++)
        need(weft_queue_put(queue, &item, WEFT_FOREVER) == 0, "weft_queue_put");
}

static uint64_t queue_get(void *queue, uint64_t count)
{
    uint64_t sum = 0, item;

    for (uint64_t i = 0; i < count; i++) {
        need(weft_queue_get(queue, &item, WEFT_FOREVER) == 0, "weft_queue_get");
        sum += item;
    }
    return sum;
}

static const struct queue_calls queue_calls = {"weft_queue", queue_create, queue_put, queue_get};

/* The pool of threads. */

static void *pool_open(unsigned workers, uint64_t count)
{
    /* As many may wait as in a channel or queue of the other cases. */
    weft_executor *pool =
        weft_thread_pool(&(weft_pool_options){.workers = workers, .capacity = 1024});

    (void)count;
    need(pool != NULL, "weft_thread_pool");
    return pool;
}

static int empty_task(weft_task *task)
{
    (void)task;
    tally_add();
    return 0;
}

static void pool_submit(void *pool, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        need(weft_submit(pool, NULL, empty_task, NULL, 0) == 0, "weft_submit");
}

static void pool_finish(void *pool)
{
    need(weft_executor_shutdown(pool, WEFT_DRAIN, WEFT_FOREVER) == 0, "weft_executor_shutdown");
    weft_executor_close(pool);
}

static const struct pool_calls pool_calls = {"weft_submit, 1024 may wait", pool_open, pool_submit,
                                             pool_finish};

static int next_number(weft_task *task)
{
    return WEFT_RETURN(task, uint64_t, WEFT_ARG(task, uint64_t) + 1);
}

static uint64_t pool_results(void *pool, uint64_t count)
{
    weft_future **futures = malloc(count * sizeof(*futures));
    uint64_t sum = 0, result;

    need(futures != NULL, "malloc");
    for (uint64_t i = 0; i < count; i++)
        need(weft_submit(pool, &futures[i], next_number, &i, sizeof(i)) == 0, "weft_submit");
    for (uint64_t i = 0; i < count; i++) {
        need(weft_future_result(futures[i], &result, sizeof(result), WEFT_FOREVER) == 0,
             "weft_future_result");
        weft_future_release(futures[i]);
        sum += result;
    }
    free(futures);
    return sum;
}

static const struct result_calls result_calls = {"weft_submit + weft_future_result", pool_open,
                                                 pool_results};

/* The lock. */

static void *lock_create(void)
{
    static struct {
        char line_before[64];
        weft_mutex mutex;
        char line_after[64];
    } alone;

    return &alone.mutex;
}

static void acquire(void *lock)
{
    weft_mutex_acquire(lock, WEFT_FOREVER);
}

static void release(void *lock)
{
    weft_mutex_release(lock);
}

static void pairs(void *lock, uint64_t count)
{
    lock_pairs(lock, acquire, release, count);
}

static void take_turns(void *lock, struct turns *mine)
{
    lock_turns(lock, acquire, release, mine);
}

static const struct lock_calls lock_calls = {"weft_mutex", lock_create, pairs, take_turns};

/* Threads. */

struct start {
    void (*body)(void *context);
    void *context;
};

static int thread_run(weft_task *task)
{
    struct start start = WEFT_ARG(task, struct start);

    start.body(start.context);
    return 0;
}

static void *thread_start(void (*body)(void *), void *context)
{
    struct start start = {body, context};
    weft_thread *thread;

    need(weft_thread_start(&thread, thread_run, &start, sizeof(start)) == 0, "weft_thread_start");
    return thread;
}

static void thread_join(void *thread)
{
    need(weft_thread_join(thread, WEFT_FOREVER) == 0, "weft_thread_join");
}

static const struct thread_calls thread_calls = {"weft_thread", NULL, thread_start, thread_join};

const struct peer peer_weft = {
    .name = "weft",
    .kind = KIND_WEFT,
    .version = version,
    .queue = &queue_calls,
    .pool = &pool_calls,
    .result = &result_calls,
    .lock = &lock_calls,
    .thread = &thread_calls,
};
