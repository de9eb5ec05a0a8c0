/* SPDX-License-Identifier: MIT */
/* moodycamel::BlockingConcurrentQueue, with tokens and without. It has no bound. */
#include "bench.h"

#include <concurrentqueue/blockingconcurrentqueue.h>

namespace
{

using queue_type = moodycamel::BlockingConcurrentQueue<uint64_t>;

void *queue_create(size_t capacity, unsigned, unsigned)
{
    return new queue_type(capacity);
}

void plain_put(void *queue, uint64_t first, uint64_t count)
{
    for (uint64_t item = first; item < first + count; item++)
        need(static_cast<queue_type *>(queue)->enqueue(item), "enqueue");
}

uint64_t plain_get(void *queue, uint64_t count)
{
    uint64_t sum = 0, item = 0;

    for (uint64_t i = 0; i < count; i++) {
        static_cast<queue_type *>(queue)->wait_dequeue(item);
        sum += item;
    }
    return sum;
}

/* A thread puts into one queue and gets from one: it keeps its tokens, and nobody frees
 * them, for the queue is not freed either. */
void token_put(void *argument, uint64_t first, uint64_t count)
{
    static thread_local moodycamel::ProducerToken *token;
    auto *queue = static_cast<queue_type *>(argument);

    if (token == nullptr)
        token = new moodycamel::ProducerToken(*queue);
    for (uint64_t item = first; item < first + count; item++)
        need(queue->enqueue(*token, item), "enqueue");
}

uint64_t token_get(void *argument, uint64_t count)
{
    static thread_local moodycamel::ConsumerToken *token;
    auto *queue = static_cast<queue_type *>(argument);
    uint64_t sum = 0, item = 0;

    if (token == nullptr)
        token = new moodycamel::ConsumerToken(*queue);
    for (uint64_t i = 0; i < count; i++) {
        queue->wait_dequeue(*token, item);
        sum += item;
    }
    return sum;
}

const struct queue_calls plain_calls = {"BlockingConcurrentQueue, unbounded", queue_create,
                                        plain_put, plain_get};
const struct queue_calls token_calls = {"BlockingConcurrentQueue + tokens", queue_create, token_put,
                                        token_get};

} /* namespace */

extern "C" {

extern const struct peer peer_moodycamel, peer_moodycamel_tokens;

const struct peer peer_moodycamel = {
    .name = "moodycamel",
    .kind = KIND_LIBRARY,
    .queue = &plain_calls,
};

const struct peer peer_moodycamel_tokens = {
    .name = "moodycamel-tokens",
    .kind = KIND_LIBRARY,
    .queue = &token_calls,
};
}
