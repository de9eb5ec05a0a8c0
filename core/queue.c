/* SPDX-License-Identifier: MIT */
/*
 * A queue of copied items between threads: what both kinds of storage share. Neither put
 * nor get takes a lock here, or writes where the other side reads, unless somebody sleeps.
 */
#include "weft/queue.h"

#include <stdint.h>

#include "internal.h"
#include "queue_private.h"
#include "queue_ring.h"
#include "weft/memory.h"

/* Whole lines of the structure, with the ring's arrays behind it. */
enum { SIZE = (sizeof(weft_queue) + WEFT__LINE - 1) / WEFT__LINE * WEFT__LINE };

/* ---- which storage ----------------------------------------------------------- */

static int try_put(weft_queue *queue, const char *items, size_t count, size_t *done)
{
    return queue->ring.words_each > 0 ? weft__ring_put(queue, items, count, done)
                                      : weft__list_put(queue, items, count, done);
}

static int try_get(weft_queue *queue, char *items, size_t count, size_t *done)
{
    return queue->ring.words_each > 0 ? weft__ring_get(queue, items, count, done)
                                      : weft__list_get(queue, items, count, done);
}

static int fail(weft_queue *queue, int err, const char *state, const char *end)
{
    if (err == WEFT_ECLOSED)
        return weft__fail(err, "queue %p: shut down%s", (void *)queue, end);
    if (err == WEFT_ECANCELED)
        return weft__fail(err, "queue %p: %s when its wait was cancelled", (void *)queue, state);
    return weft__fail(err, "queue %p: %s until the deadline", (void *)queue, state);
}

/* ---- create, put, get -------------------------------------------------------- */

int weft_queue_create(weft_queue **out, size_t item_size, const weft_queue_options *options)
{
    weft_queue wanted = {.item_size = item_size};
    weft_queue *queue;
    size_t ring_bytes;
    char *block, *start;

    if (options) {
        wanted.capacity = options->capacity;
        wanted.order = options->order;
        wanted.compare = options->compare;
    }
    if (item_size == 0)
        return weft__fail(WEFT_EINVAL, "queue: items of 0 bytes cannot be");
    if (item_size > SIZE_MAX / 2)
        return weft__fail(WEFT_ENOMEM, "queue: no memory has an item of %zu bytes", item_size);
    if (wanted.order == WEFT_PRIORITY && !wanted.compare)
        return weft__fail(WEFT_EINVAL, "queue: a priority queue needs compare");
    ring_bytes = weft__ring_bytes(&wanted);
    block = weft_alloc(SIZE + ring_bytes + WEFT__LINE);
    if (!block)
        return WEFT_ENOMEM;
    start = block + (WEFT__LINE - (uintptr_t)block % WEFT__LINE);
    queue = (weft_queue *)(void *)start;
    *queue = wanted;
    queue->block = block;
    if (ring_bytes > 0)
        weft__ring_init(queue, start + SIZE);
    else
        weft__list_init(queue);
    *out = queue;
    return 0;
}

/* After try_put() said `err`, with `*done` of `count` items in. */
static int put_rest(weft_queue *queue, const char *items, size_t count, size_t *done, int err,
                    weft_time until)
{
    int waited = 0;
    bool slept = false;

    while (err == WEFT__AGAIN && waited == 0) {
        if (*done > 0)
            weft__bell_ring(&queue->getters);
        waited = weft__queue_wait(queue, &queue->putters, until);
        slept = true;
        err = try_put(queue, items + *done * queue->item_size, count - *done, done);
    }
    if (*done > 0)
        weft__bell_ring(&queue->getters);
    if (slept && err != WEFT__AGAIN && weft__queue_may_put(queue, WEFT__GLANCE))
        weft__bell_ring(&queue->putters);
    if (err == 0 || err == WEFT_ENOMEM)
        return err;
    return fail(queue, err == WEFT_ECLOSED ? err : waited, "full", "");
}

static int put_long(weft_queue *queue, const void *item, weft_time until)
{
    size_t done = 0;
    int err = try_put(queue, item, 1, &done);

    return put_rest(queue, item, 1, &done, err, until);
}

int weft_queue_put(weft_queue *queue, const void *item, weft_time until)
{
    if (!weft__ring_put_short(queue, item))
        return put_long(queue, item, until);
    weft__bell_ring(&queue->getters);
    return 0;
}

int weft_queue_put_many(weft_queue *queue, const void *items, size_t count, size_t *put,
                        weft_time until)
{
    size_t done = 0;
    int err = try_put(queue, items, count, &done);

    err = put_rest(queue, items, count, &done, err, until);
    if (put)
        *put = done;
    return err;
}

/* After try_get() said `err`, with `*done` items got. */
static int get_later(weft_queue *queue, char *items, size_t most, size_t *done, int err,
                     weft_time until)
{
    int waited = 0;
    bool slept = false;

    while (err == WEFT__AGAIN && *done == 0 && waited == 0) {
        waited = weft__queue_wait(queue, &queue->getters, until);
        slept = true;
        err = try_get(queue, items, most, done);
    }
    if (slept && weft__queue_may_get(queue, WEFT__GLANCE))
        weft__bell_ring(&queue->getters);
    if (*done == 0)
        return fail(queue, err == WEFT_ECLOSED ? err : waited, "empty", " and empty");
    weft__bell_ring(&queue->putters);
    return 0;
}

static int get_long(weft_queue *queue, void *item, weft_time until)
{
    size_t done = 0;
    int err = try_get(queue, item, 1, &done);

    return get_later(queue, item, 1, &done, err, until);
}

int weft_queue_get(weft_queue *queue, void *item, weft_time until)
{
    if (!weft__ring_get_short(queue, item))
        return get_long(queue, item, until);
    weft__bell_ring(&queue->putters);
    return 0;
}

int weft_queue_get_many(weft_queue *queue, void *items, size_t most, size_t *got, weft_time until)
{
    size_t done = 0;
    int err;

    if (most == 0)
        return weft__misuse(WEFT_EINVAL, "queue %p: get_many of 0 items", (void *)queue);
    err = try_get(queue, items, most, &done);
    err = get_later(queue, items, most, &done, err, until);
    if (err == 0)
        *got = done;
    return err;
}

/* ---- looking ----------------------------------------------------------------- */

/* Got is read first: otherwise there could be more of them. */
size_t weft_queue_size(weft_queue *queue)
{
    uint64_t got = weft__queue_got_count(queue);
    uint64_t size = weft__queue_put_count(queue) - got;

    return queue->capacity > 0 && size > queue->capacity ? queue->capacity : (size_t)size;
}

void weft_queue_stats_get(weft_queue *queue, weft_queue_stats *stats)
{
    stats->got = weft__queue_got_count(queue);
    stats->put = weft__queue_put_count(queue);
    stats->size = weft_queue_size(queue);
    stats->size_most = queue->ring.words_each > 0
                           ? (size_t)weft_load_u64(&queue->ring.most, WEFT_RELAXED)
                           : weft__list_most(queue);
    stats->unfinished = (size_t)weft__queue_unfinished(queue);
    stats->getters = weft_load_u32(&queue->getters.sleepers, WEFT_RELAXED);
    stats->putters = weft_load_u32(&queue->putters.sleepers, WEFT_RELAXED);
}

/* ---- the end ----------------------------------------------------------------- */

void weft_queue_shutdown(weft_queue *queue, enum weft_ending ending)
{
    uint64_t dropped = queue->ring.words_each > 0 ? weft__ring_shutdown(queue, ending)
                                                  : weft__list_shutdown(queue, ending);

    if (dropped > 0)
        (void)weft__queue_add_done(queue, dropped);
    weft__bell_ring_all(&queue->getters);
    weft__bell_ring_all(&queue->putters);
}

int weft_queue_close(weft_queue *queue)
{
    uint32_t sleepers;

    if (!queue)
        return 0;
    sleepers = weft_load_u32(&queue->getters.sleepers, WEFT_SEQ_CST) +
               weft_load_u32(&queue->putters.sleepers, WEFT_SEQ_CST) +
               weft_load_u32(&queue->joiners.sleepers, WEFT_SEQ_CST);
    if (sleepers > 0)
        return weft__misuse(WEFT_EBUSY, "queue %p: closed while %u threads wait in it",
                            (void *)queue, sleepers);
    weft_free(queue->list.slots);
    weft_free(queue->block);
    return 0;
}
