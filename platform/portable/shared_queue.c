/* SPDX-License-Identifier: MIT */
/*
 * A bounded FIFO ring between processes, under an interprocess mutex.
 *
 * `put_count` and `got_count` only grow; an item is in the queue from the moment
 * put_count passes it until got_count does. Each moves in one store after the copy
 * is complete, so whoever dies while holding the mutex leaves a queue in which every
 * item is wholly there or wholly absent: after WEFT_EOWNERDEAD nothing needs mending.
 * Sleepers wait on a counter of changes, in slices, because a process that is killed
 * may take a wake-up with it.
 */
#include <string.h>

#include "internal.h"
#include "weft/atomic.h"
#include "weft/shared.h"
#include "weft/shared_queue.h"
#include "weft/wait.h"

enum { QUEUE_MAGIC = 0x7EF7A003 };

/* A place where processes wait for one kind of change. */
struct signal {
    weft_atomic_u32 changes; /* raised after each change, seq_cst; what waiters sleep on */
    weft_atomic_u32 waiters; /* raised before the mutex is released; may stay too high */
};

struct shared_queue {
    uint32_t magic; /* these five are written at creation */
    uint64_t item_size;
    uint64_t capacity;
    weft_shared_mutex mutex;
    weft_offset items; /* capacity * item_size bytes */
    struct signal not_empty, not_full;
    weft_atomic_u64 put_count; /* changed under mutex, release; size reads it without */
    weft_atomic_u64 got_count;
    weft_atomic_u32 closed; /* likewise; 1: nothing can be put */
};

static struct shared_queue *find(weft_shared_queue queue)
{
    struct shared_queue *object = weft_shared_pointer(queue.at);

    if (object && object->magic == QUEUE_MAGIC)
        return object;
    weft__misuse(WEFT_EINVAL, "shared queue %llu: no queue", (unsigned long long)queue.at);
    return NULL;
}

int weft_shared_queue_create(weft_shared_queue *queue, size_t item_size, size_t capacity)
{
    struct shared_queue *object;
    weft_offset at;
    int err;

    if (item_size == 0 || capacity == 0 || capacity > SIZE_MAX / item_size)
        return weft__fail(WEFT_EINVAL, "shared queue: %zu items of %zu bytes cannot be", capacity,
                          item_size);
    err = weft_shared_alloc(&at, sizeof(*object));
    if (err != 0)
        return err;
    object = weft_shared_pointer(at);
    err = weft_shared_mutex_create(&object->mutex);
    if (err != 0)
        goto free_object;
    err = weft_shared_alloc(&object->items, item_size * capacity);
    if (err != 0)
        goto close_mutex;
    object->item_size = item_size;
    object->capacity = capacity;
    object->magic = QUEUE_MAGIC;
    queue->at = at;
    return 0;

close_mutex:
    weft_shared_mutex_close(object->mutex);
free_object:
    weft_shared_free(at);
    return err;
}

/* Holders are gone within microseconds; a stopped one must not pass for "empty", nor
 * hold others up for ever. */
static int lock(struct shared_queue *object, weft_time until)
{
    weft_time at_least = weft_in(WEFT_S(1));
    int err = weft_shared_mutex_acquire(object->mutex, until > at_least ? until : at_least);

    return err == WEFT_EOWNERDEAD ? 0 : err;
}

static char *place(struct shared_queue *object, uint64_t count)
{
    return (char *)weft_shared_pointer(object->items) + count % object->capacity * object->item_size;
}

static void announce(struct signal *signal)
{
    weft_fetch_add_u32(&signal->changes, 1, WEFT_SEQ_CST);
    if (weft_load_u32(&signal->waiters, WEFT_SEQ_CST) != 0)
        weft_wake_shared(&signal->changes, 1);
}

/* With the mutex held: sleeps without it, and holds it again unless that failed. */
static int sleep_locked(struct shared_queue *object, struct signal *signal, weft_time until)
{
    uint32_t seen = weft_load_u32(&signal->changes, WEFT_SEQ_CST);
    weft_time end = weft__slice(until, WEFT_SHARED_SLICE);
    bool late;

    weft_fetch_add_u32(&signal->waiters, 1, WEFT_SEQ_CST);
    weft_shared_mutex_release(object->mutex);
    late = weft_wait_shared(&signal->changes, seen, end) != 0 && end == until;
    weft_fetch_sub_u32(&signal->waiters, 1, WEFT_RELAXED);
    if (late)
        return WEFT_ETIMEDOUT;
    return lock(object, until);
}

static uint64_t size_of(const struct shared_queue *object)
{
    uint64_t got = weft_load_u64(&object->got_count, WEFT_ACQUIRE);

    return weft_load_u64(&object->put_count, WEFT_ACQUIRE) - got;
}

/* With the mutex held; gives it back. */
static void put_locked(struct shared_queue *object, const void *item)
{
    uint64_t count = weft_load_u64(&object->put_count, WEFT_RELAXED);

    memcpy(place(object, count), item, (size_t)object->item_size);
    (void)weft_fault_point("shared_queue.put.after_copy");
    weft_store_u64(&object->put_count, count + 1, WEFT_RELEASE);
    weft_shared_mutex_release(object->mutex);
    announce(&object->not_empty);
}

int weft_shared_queue_put(weft_shared_queue queue, const void *item, weft_time until)
{
    struct shared_queue *object = find(queue);
    bool closed;
    int err;

    if (!object)
        return WEFT_EINVAL;
    err = lock(object, until);
    while (err == 0 && size_of(object) == object->capacity &&
           weft_load_u32(&object->closed, WEFT_RELAXED) == 0)
        err = sleep_locked(object, &object->not_full, until);
    if (err != 0)
        return weft__fail(err, "shared queue %llu: full until the deadline",
                          (unsigned long long)queue.at);
    closed = weft_load_u32(&object->closed, WEFT_RELAXED) != 0;
    if (!closed) {
        put_locked(object, item);
        return 0;
    }
    weft_shared_mutex_release(object->mutex);
    return weft__fail(WEFT_ECLOSED, "shared queue %llu: shut down", (unsigned long long)queue.at);
}

int weft_shared_queue_get(weft_shared_queue queue, void *item, weft_time until)
{
    struct shared_queue *object = find(queue);
    int err;

    if (!object)
        return WEFT_EINVAL;
    err = lock(object, until);
    while (err == 0 && size_of(object) == 0 && weft_load_u32(&object->closed, WEFT_RELAXED) == 0)
        err = sleep_locked(object, &object->not_empty, until);
    if (err != 0)
        return weft__fail(err, "shared queue %llu: empty until the deadline",
                          (unsigned long long)queue.at);
    if (size_of(object) == 0) {
        weft_shared_mutex_release(object->mutex);
        return weft__fail(WEFT_ECLOSED, "shared queue %llu: shut down and empty",
                          (unsigned long long)queue.at);
    }
    uint64_t count = weft_load_u64(&object->got_count, WEFT_RELAXED);
    memcpy(item, place(object, count), (size_t)object->item_size);
    (void)weft_fault_point("shared_queue.get.after_copy");
    weft_store_u64(&object->got_count, count + 1, WEFT_RELEASE);
    weft_shared_mutex_release(object->mutex);
    announce(&object->not_full);
    return 0;
}

size_t weft_shared_queue_size(weft_shared_queue queue)
{
    struct shared_queue *object = find(queue);

    return object ? (size_t)size_of(object) : 0;
}

void weft_shared_queue_shutdown(weft_shared_queue queue)
{
    struct shared_queue *object = find(queue);
    bool held;

    if (!object)
        return;
    /* With the mutex, nobody is between looking at `closed` and noting `changes`; without
     * it (a stopped process holds it) such a one finds out after its slice. */
    held = lock(object, WEFT_NOW) == 0;
    weft_store_u32(&object->closed, 1, WEFT_SEQ_CST);
    weft_fetch_add_u32(&object->not_empty.changes, 1, WEFT_SEQ_CST);
    weft_fetch_add_u32(&object->not_full.changes, 1, WEFT_SEQ_CST);
    if (held)
        weft_shared_mutex_release(object->mutex);
    weft_wake_shared(&object->not_empty.changes, WEFT_WAKE_ALL);
    weft_wake_shared(&object->not_full.changes, WEFT_WAKE_ALL);
}

void weft_shared_queue_close(weft_shared_queue queue)
{
    struct shared_queue *object = weft_shared_pointer(queue.at);

    if (!object || object->magic != QUEUE_MAGIC)
        return;
    object->magic = 0;
    weft_shared_mutex_close(object->mutex);
    weft_shared_free(object->items);
    weft_shared_free(queue.at);
}
