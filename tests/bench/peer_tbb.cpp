/* SPDX-License-Identifier: MIT */
/* oneTBB: concurrent_bounded_queue, task_group, task_arena::enqueue, parallel_for. */
#include "bench.h"

#include <cstdio>
#include <future>
#include <vector>

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/concurrent_queue.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#include <oneapi/tbb/version.h>

namespace
{

using bounded_queue = tbb::concurrent_bounded_queue<uint64_t>;

const char *version()
{
    static char text[32];

    std::snprintf(text, sizeof(text), "oneTBB %s", TBB_runtime_version());
    return text;
}

void *queue_create(size_t capacity, unsigned, unsigned)
{
    auto *queue = new bounded_queue;

    queue->set_capacity(static_cast<std::ptrdiff_t>(capacity));
    return queue;
}

void queue_put(void *queue, uint64_t first, uint64_t count)
{
    for (uint64_t item = first; item < first + count; item++)
        static_cast<bounded_queue *>(queue)->push(item);
}

uint64_t queue_get(void *queue, uint64_t count)
{
    uint64_t sum = 0, item = 0;

    for (uint64_t i = 0; i < count; i++) {
        static_cast<bounded_queue *>(queue)->pop(item);
        sum += item;
    }
    return sum;
}

/* So many threads, whatever the machine has; `callers` of them are not workers. The limit
 * counts the main thread in any case. */
struct pool {
    tbb::global_control limit;
    tbb::task_arena arena;
    tbb::task_group group;

    pool(unsigned threads, unsigned callers)
        : limit(tbb::global_control::max_allowed_parallelism, threads + 1 - callers),
          arena(static_cast<int>(threads), callers)
    {
        arena.initialize();
    }
};

void *pool_open(unsigned workers, uint64_t)
{
    return new pool(workers + 1, 1); /* the producer helps when it waits */
}

void pool_submit(void *argument, uint64_t count)
{
    auto *mine = static_cast<pool *>(argument);

    mine->arena.execute([=] {
        for (uint64_t i = 0; i < count; i++)
            mine->group.run([] { tally_add(); });
        mine->group.wait();
    });
}

void pool_finish(void *)
{
}

void *enqueue_open(unsigned workers, uint64_t)
{
    return new pool(workers, 0);
}

void enqueue_submit(void *argument, uint64_t count)
{
    auto *mine = static_cast<pool *>(argument);

    for (uint64_t i = 0; i < count; i++)
        mine->arena.enqueue([] { tally_add(); });
}

uint64_t enqueue_results(void *argument, uint64_t count)
{
    auto *mine = static_cast<pool *>(argument);
    std::vector<std::promise<uint64_t>> promises(count);
    std::vector<std::future<uint64_t>> futures;
    uint64_t sum = 0;

    futures.reserve(count);
    for (uint64_t i = 0; i < count; i++) {
        auto *promise = &promises[i];
        futures.push_back(promise->get_future());
        mine->arena.enqueue([=] { promise->set_value(i + 1); });
    }
    for (auto &future : futures)
        sum += future.get();
    return sum;
}

void *arena_open(unsigned workers)
{
    return new pool(workers, 1); /* the caller is one of them */
}

uint64_t fib(unsigned n)
{
    uint64_t one = 0, two = 0;

    if (n < 2)
        return n;
    tbb::task_group group;
    group.run([&] { one = fib(n - 1); });
    two = fib(n - 2);
    group.wait();
    return one + two;
}

uint64_t fib_in_arena(void *argument, unsigned n)
{
    return static_cast<pool *>(argument)->arena.execute([=] { return fib(n); });
}

void map(void *argument, const struct line *line, size_t count)
{
    static_cast<pool *>(argument)->arena.execute([=] {
        tbb::parallel_for(tbb::blocked_range<size_t>(0, count),
                          [=](const tbb::blocked_range<size_t> &range) {
                              line_map(line, range.begin(), range.end());
                          });
    });
}

const struct queue_calls queue_table = {"concurrent_bounded_queue", queue_create, queue_put,
                                        queue_get};
const struct pool_calls pool_table = {"task_group.run (caller helps)", pool_open, pool_submit,
                                      pool_finish};
const struct pool_calls enqueue_table = {"task_arena.enqueue", enqueue_open, enqueue_submit,
                                         nullptr};
const struct result_calls result_table = {"task_arena.enqueue + std::promise", enqueue_open,
                                          enqueue_results};
const struct forkjoin_calls forkjoin_table = {"task_group", arena_open, fib_in_arena};
const struct map_calls map_table = {"parallel_for", arena_open, map};

} /* namespace */

extern "C" {

extern const struct peer peer_tbb, peer_tbb_enqueue;

const struct peer peer_tbb = {
    .name = "tbb",
    .kind = KIND_LIBRARY,
    .version = version,
    .queue = &queue_table,
    .pool = &pool_table,
    .result = &result_table,
    .forkjoin = &forkjoin_table,
    .map = &map_table,
};

const struct peer peer_tbb_enqueue = {
    .name = "tbb-enqueue",
    .kind = KIND_LIBRARY,
    .version = version,
    .pool = &enqueue_table,
};
}
