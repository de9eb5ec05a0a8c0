/* SPDX-License-Identifier: MIT */
/* What one would write first on POSIX: a ring under a mutex and two conditions, the mutex
 * itself, threads, and a map that starts two of them. */
#include "bench.h"

#include <gnu/libc-version.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

#include "lock_loop.h"
#include "pthread_thread.h"

static const char *version(void)
{
    static char text[32];

    snprintf(text, sizeof(text), "glibc %s", gnu_get_libc_version());
    return text;
}

struct ring {
    pthread_mutex_t mutex; /* guards all */
    pthread_cond_t not_empty, not_full;
    size_t capacity, first, count;
    uint64_t items[];
};

static void *ring_create(size_t capacity, unsigned producers, unsigned consumers)
{
    struct ring *ring = calloc(1, sizeof(*ring) + capacity * sizeof(uint64_t));

    (void)producers;
    (void)consumers;
    need(ring != NULL, "malloc");
    pthread_mutex_init(&ring->mutex, NULL);
    pthread_cond_init(&ring->not_empty, NULL);
    pthread_cond_init(&ring->not_full, NULL);
    ring->capacity = capacity;
    return ring;
}

static void ring_put(void *queue, uint64_t first, uint64_t count)
{
    struct ring *ring = queue;

    for (uint64_t item = first; item < first + count; item++) {
        pthread_mutex_lock(&ring->mutex);
        while (ring->count == ring->capacity)
            pthread_cond_wait(&ring->not_full, &ring->mutex);
        ring->items[(ring->first + ring->count++) % ring->capacity] = item;
        pthread_cond_signal(&ring->not_empty);
        pthread_mutex_unlock(&ring->mutex);
    }
}

static uint64_t ring_get(void *queue, uint64_t count)
{
    struct ring *ring = queue;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < count; i++) {
        pthread_mutex_lock(&ring->mutex);
        while (ring->count == 0)
            pthread_cond_wait(&ring->not_empty, &ring->mutex);
        sum += ring->items[ring->first];
        ring->first = (ring->first + 1) % ring->capacity;
        ring->count--;
        pthread_cond_signal(&ring->not_full);
        pthread_mutex_unlock(&ring->mutex);
    }
    return sum;
}

static void *lock_create(void)
{
    static struct {
        char line_before[64];
        pthread_mutex_t mutex;
        char line_after[64];
    } alone = {.mutex = PTHREAD_MUTEX_INITIALIZER};

    return &alone.mutex;
}

static void acquire(void *lock)
{
    pthread_mutex_lock(lock);
}

static void release(void *lock)
{
    pthread_mutex_unlock(lock);
}

static void pairs(void *lock, uint64_t count)
{
    lock_pairs(lock, acquire, release, count);
}

static void take_turns(void *lock, struct turns *mine)
{
    lock_turns(lock, acquire, release, mine);
}

static void *map_open(unsigned workers)
{
    static unsigned count;

    count = workers;
    return &count;
}

struct part {
    const struct line *line;
    size_t first, last;
};

static void map_part(void *context)
{
    struct part *part = context;

    line_map(part->line, part->first, part->last);
}

static void map(void *pool, const struct line *line, size_t count)
{
    unsigned workers = *(unsigned *)pool;
    struct part parts[64];
    void *threads[64];

    for (unsigned i = 0; i < workers; i++) {
        parts[i] = (struct part){line, count * i / workers, count * (i + 1) / workers};
        threads[i] = thread_start(map_part, &parts[i]);
    }
    for (unsigned i = 0; i < workers; i++)
        thread_join(threads[i]);
}

static void size(enum size_of what, struct run *run)
{
    switch (what) {
    case SIZE_MUTEX:
        run->value = sizeof(pthread_mutex_t);
        break;
    case SIZE_CONDITION:
        run->value = sizeof(pthread_cond_t);
        break;
    case SIZE_ONCE:
        run->value = sizeof(pthread_once_t);
        break;
    case SIZE_SEMAPHORE:
        run->value = sizeof(sem_t);
        break;
    default:
        run->skip = "POSIX has none";
    }
}

static const struct queue_calls queue_calls = {"mutex + 2 conditions", ring_create, ring_put,
                                               ring_get};
static const struct lock_calls lock_calls = {"pthread_mutex", lock_create, pairs, take_turns};
static const struct thread_calls thread_calls = {"pthread_create", NULL, thread_start, thread_join};
static const struct map_calls map_calls = {"create and join 2 threads", map_open, map};
static const struct size_calls size_calls = {"sizeof", size};

const struct peer peer_pthread = {
    .name = "pthread",
    .kind = KIND_NAIVE,
    .version = version,
    .queue = &queue_calls,
    .lock = &lock_calls,
    .thread = &thread_calls,
    .map = &map_calls,
    .size = &size_calls,
};
