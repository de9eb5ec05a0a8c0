/* SPDX-License-Identifier: MIT */
/* Boost.Interprocess: message_queue, with 1024 places. */
#include "processes.h"

#include <cstdio>
#include <unistd.h>

#include <boost/interprocess/ipc/message_queue.hpp>
#include <boost/version.hpp>

namespace
{

namespace ipc = boost::interprocess;

const char *version()
{
    return "Boost " BOOST_LIB_VERSION;
}

/* Forks share the mapping, so its name may go at once. */
void *queue_create(unsigned, unsigned)
{
    char name[40];

    std::snprintf(name, sizeof(name), "weft-bench-%ld", static_cast<long>(getpid()));
    auto *queue = new ipc::message_queue(ipc::create_only, name, 1024, sizeof(message));
    ipc::message_queue::remove(name);
    return queue;
}

void queue_put(void *queue, uint64_t first, uint64_t count)
{
    auto *mine = static_cast<ipc::message_queue *>(queue);
    message item;

    for (uint64_t i = 0; i < count; i++) {
        message_write(&item, first + i);
        mine->send(&item, sizeof(item), 0);
    }
}

uint64_t queue_get(void *queue, uint64_t count)
{
    auto *mine = static_cast<ipc::message_queue *>(queue);
    uint64_t sum = 0;
    message item;

    for (uint64_t i = 0; i < count; i++) {
        ipc::message_queue::size_type size;
        unsigned priority;
        mine->receive(&item, sizeof(item), size, priority);
        need(size == sizeof(item), "a whole message");
        sum += message_read(&item);
    }
    return sum;
}

const struct iqueue_calls queue_table = {.what = "message_queue, 1024 places",
                                         .create = queue_create,
                                         .put = queue_put,
                                         .get = queue_get,
                                         .starter = &fork_starter};

} /* namespace */

extern "C" {

extern const struct peer peer_boost;

const struct peer peer_boost = {
    .name = "boost",
    .kind = KIND_LIBRARY,
    .version = version,
    .iqueue = &queue_table,
};
}
