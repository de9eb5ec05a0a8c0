/* SPDX-License-Identifier: MIT */
/*
 * A queue of copied items between threads: what both kinds of storage share, which is
 * waiting, shutting down and counting. Neither put nor get takes a lock here, or writes
 * where the other side reads, unless somebody sleeps.
 *
 * Each side sleeps on an event count (Vyukov; Eigen's EventCount): a word to sleep on, and
 * how many do. Who finds nothing to do adds itself to `sleepers`, looks once more, and
 * sleeps. Who makes something to do looks at `sleepers` afterwards. Both with seq_cst, or
 * under the same mutex: one of the two sees the other (Dekker), so no wake-up is lost.
 *
 * The word is odd from a ring until somebody comes. While it is, others do not ring: that
 * one is on its way, and will look for all that was put before it made the word even. It
 * rings for the next sleeper if it leaves something to do. So a burst of puts wakes one
 * getter, which costs one system call, and getters that are needed wake each other.
 *
 * What is unfinished is what was put less what is done: put counts nothing for join.
 */
#include "weft/queue.h"

#include <stdint.h>

#include "internal.h"
#include "queue_private.h"
#include "weft/memory.h"
#include "weft/wait.h"

/* let_it_grow(): about 3 us in all. */
enum { LEAST_PAUSES = 8, MOST_PAUSES = 128, ENOUGH = 256 };

/* ---- which storage ----------------------------------------------------------- */

static int try_put(weft_queue *queue, const char *items, size_t count, size_t *done)
{
    return queue->ring.words ? weft__ring_put(queue, items, count, done)
                             : weft__list_put(queue, items, count, done);
}

static int try_get(weft_queue *queue, char *items, size_t count, size_t *done)
{
    return queue->ring.words ? weft__ring_get(queue, items, count, done)
                             : weft__list_get(queue, items, count, done);
}

static uint64_t put_count(weft_queue *queue)
{
    return queue->ring.words ? weft__ring_put_count(queue) : weft__list_put_count(queue);
}

static uint64_t got_count(weft_queue *queue)
{
    return queue->ring.words ? weft__ring_got_count(queue) : weft__list_got_count(queue);
}

static bool may_get(weft_queue *queue, enum weft__look look)
{
    return queue->ring.words ? weft__ring_may_get(queue, look) : weft__list_may_get(queue, look);
}

static bool may_put(weft_queue *queue, enum weft__look look)
{
    return queue->ring.words ? weft__ring_may_put(queue, look) : weft__list_may_put(queue, look);
}

/* ---- waiting ----------------------------------------------------------------- */

static void ring(struct weft__bell *bell)
{
    if (weft_load_u32(&bell->sleepers, WEFT_SEQ_CST) != 0 &&
        (weft_fetch_or_u32(&bell->word, 1, WEFT_SEQ_CST) & 1) == 0)
        weft_wake(&bell->word, 1);
}

static void ring_for_all(struct weft__bell *bell)
{
    weft_fetch_add_u32(&bell->word, 2, WEFT_SEQ_CST);
    if (weft_load_u32(&bell->sleepers, WEFT_SEQ_CST) != 0)
        weft_wake(&bell->word, WEFT_WAKE_ALL);
}

/* A ring that is on its way has come here. The word to sleep on after one more look. */
static uint32_t answer(struct weft__bell *bell)
{
    uint32_t seen = weft_load_u32(&bell->word, WEFT_SEQ_CST);

    while ((seen & 1) != 0)
        if (weft_cas_u32(&bell->word, &seen, seen + 1, WEFT_SEQ_CST))
            seen++;
    return seen;
}

typedef bool look_function(weft_queue *queue, enum weft__look look);

/* What came after a while of nothing is rarely alone. While more comes, leave the other side
 * alone: if the two meet at every item, handing cache lines over is all they do. */
static void let_it_grow(weft_queue *queue, look_function *may)
{
    size_t before = 1, size = 0;

    for (unsigned pauses = LEAST_PAUSES; pauses <= MOST_PAUSES; pauses *= 2) {
        for (unsigned i = 0; i < pauses; i++)
            weft_cpu_pause();
        size = weft_queue_size(queue);
        if (may == may_put)
            size = queue->capacity - size;
        if (size <= before || size >= ENOUGH || size == queue->capacity)
            return;
        before = size;
    }
}

/* Until there is something to do for this side, which it must try then, and ring for the
 * next. What weft_wait() says. */
static int wait_for(weft_queue *queue, struct weft__bell *bell, look_function *may, weft_time until)
{
    struct weft__backoff backoff = {0};
    int err = 0;

    if (until <= 0)
        return WEFT_ETIMEDOUT;
    while (weft__backoff(&backoff))
        if (may(queue, WEFT__GLANCE)) {
            let_it_grow(queue, may);
            return 0;
        }
    weft_fetch_add_u32(&bell->sleepers, 1, WEFT_SEQ_CST);
    while (err == 0) {
        uint32_t seen = answer(bell);

        if (may(queue, WEFT__LOOK))
            break;
        err = weft__wait(&bell->word, seen, until, "queue", queue);
    }
    (void)answer(bell);
    weft_fetch_sub_u32(&bell->sleepers, 1, WEFT_SEQ_CST);
    return err;
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
    if (wanted.order == WEFT_PRIORITY && !wanted.compare)
        return weft__fail(WEFT_EINVAL, "queue: a priority queue needs compare");
    ring_bytes = weft__ring_bytes(&wanted);
    block = weft_alloc(sizeof(wanted) + ring_bytes + WEFT__LINE);
    if (!block)
        return WEFT_ENOMEM;
    start = block + (WEFT__LINE - (uintptr_t)block % WEFT__LINE);
    queue = (weft_queue *)(void *)start;
    *queue = wanted;
    queue->block = block;
    if (ring_bytes > 0)
        weft__ring_init(queue, start + sizeof(*queue));
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
            ring(&queue->getters);
        waited = wait_for(queue, &queue->putters, may_put, until);
        slept = true;
        err = try_put(queue, items + *done * queue->item_size, count - *done, done);
    }
    if (*done > 0)
        ring(&queue->getters);
    if (slept && err != WEFT__AGAIN && may_put(queue, WEFT__GLANCE))
        ring(&queue->putters);
    if (err == 0 || err == WEFT_ENOMEM)
        return err;
    return fail(queue, err == WEFT_ECLOSED ? err : waited, "full", "");
}

int weft_queue_put(weft_queue *queue, const void *item, weft_time until)
{
    size_t done = 0;
    int err = try_put(queue, item, 1, &done);

    if (err != 0)
        return put_rest(queue, item, 1, &done, err, until);
    ring(&queue->getters);
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

/* After try_get() said `err`, with nothing got. */
static int get_later(weft_queue *queue, char *items, size_t most, size_t *done, int err,
                     weft_time until)
{
    int waited = 0;
    bool slept = false;

    while (err == WEFT__AGAIN && *done == 0 && waited == 0) {
        waited = wait_for(queue, &queue->getters, may_get, until);
        slept = true;
        err = try_get(queue, items, most, done);
    }
    if (slept && may_get(queue, WEFT__GLANCE))
        ring(&queue->getters);
    if (*done == 0)
        return fail(queue, err == WEFT_ECLOSED ? err : waited, "empty", " and empty");
    ring(&queue->putters);
    return 0;
}

int weft_queue_get(weft_queue *queue, void *item, weft_time until)
{
    size_t done = 0;
    int err =
        queue->ring.words ? weft__ring_get_one(queue, item) : weft__list_get(queue, item, 1, &done);

    if (err != 0)
        return get_later(queue, item, 1, &done, err, until);
    ring(&queue->putters);
    return 0;
}

int weft_queue_get_many(weft_queue *queue, void *items, size_t most, size_t *got, weft_time until)
{
    size_t done = 0;
    int err;

    if (most == 0)
        return weft__misuse(WEFT_EINVAL, "queue %p: get_many of 0 items", (void *)queue);
    err = try_get(queue, items, most, &done);
    if (done == 0)
        err = get_later(queue, items, most, &done, err, until);
    else
        ring(&queue->putters);
    if (done == 0)
        return err;
    *got = done;
    return 0;
}

/* ---- task_done, join --------------------------------------------------------- */

/* Done is read first: it is never more than put, so if they are equal they were at once. */
static uint64_t unfinished(weft_queue *queue)
{
    uint64_t done = weft_load_u64(&queue->done, WEFT_SEQ_CST);

    return put_count(queue) - done;
}

/* `count` more are done, but no more than were put; how many that is. */
static uint64_t add_done(weft_queue *queue, uint64_t count)
{
    uint64_t done = weft_load_u64(&queue->done, WEFT_SEQ_CST);
    uint64_t left;

    do {
        left = put_count(queue) - done;
        if (left < count)
            count = left;
    } while (!weft_cas_u64(&queue->done, &done, done + count, WEFT_SEQ_CST));
    if (count == left)
        ring_for_all(&queue->joiners);
    return count;
}

int weft_queue_task_done(weft_queue *queue)
{
    if (add_done(queue, 1) == 0)
        return weft__misuse(WEFT_EINVAL, "queue %p: task_done called more often than put",
                            (void *)queue);
    return 0;
}

int weft_queue_join(weft_queue *queue, weft_time until)
{
    struct weft__bell *bell = &queue->joiners;
    uint64_t left = unfinished(queue);
    int err = 0;

    if (left == 0)
        return 0;
    weft_fetch_add_u32(&bell->sleepers, 1, WEFT_SEQ_CST);
    while (err == 0) {
        uint32_t seen = weft_load_u32(&bell->word, WEFT_SEQ_CST);

        left = unfinished(queue);
        if (left == 0)
            break;
        err = weft__wait(&bell->word, seen, until, "queue", queue);
    }
    weft_fetch_sub_u32(&bell->sleepers, 1, WEFT_SEQ_CST);
    if (left == 0 || unfinished(queue) == 0)
        return 0;
    return weft__fail(err, "queue %p: %llu items were not done %s", (void *)queue,
                      (unsigned long long)left,
                      err == WEFT_ECANCELED ? "when its wait was cancelled" : "until the deadline");
}

/* ---- looking ----------------------------------------------------------------- */

/* Got is read first: otherwise there could be more of them. */
size_t weft_queue_size(weft_queue *queue)
{
    uint64_t got = got_count(queue);
    uint64_t size = put_count(queue) - got;

    return queue->capacity > 0 && size > queue->capacity ? queue->capacity : (size_t)size;
}

/* Who waits for any takes nothing: it hands a ring on that may have been for a getter. */
static bool poll(void *object, enum weft_poll what, weft_atomic_u32 **word, uint32_t *seen)
{
    weft_queue *queue = object;
    struct weft__bell *bell = &queue->getters;

    switch (what) {
    case WEFT_POLL_BEGIN:
        weft_fetch_add_u32(&bell->sleepers, 1, WEFT_SEQ_CST);
        return false;
    case WEFT_POLL_ASK:
        *word = &bell->word;
        *seen = answer(bell);
        return may_get(queue, WEFT__LOOK);
    default:
        (void)answer(bell);
        weft_fetch_sub_u32(&bell->sleepers, 1, WEFT_SEQ_CST);
        if (may_get(queue, WEFT__LOOK))
            ring(bell);
        return false;
    }
}

weft_waitable weft_queue_waitable(weft_queue *queue)
{
    return (weft_waitable){queue, poll};
}

void weft_queue_stats_get(weft_queue *queue, weft_queue_stats *stats)
{
    stats->got = got_count(queue);
    stats->put = put_count(queue);
    stats->size = weft_queue_size(queue);
    stats->size_most = queue->ring.words ? (size_t)weft_load_u64(&queue->ring.most, WEFT_RELAXED)
                                         : weft__list_most(queue);
    stats->unfinished = (size_t)unfinished(queue);
    stats->getters = weft_load_u32(&queue->getters.sleepers, WEFT_RELAXED);
    stats->putters = weft_load_u32(&queue->putters.sleepers, WEFT_RELAXED);
}

/* ---- the end ----------------------------------------------------------------- */

void weft_queue_shutdown(weft_queue *queue, enum weft_ending ending)
{
    uint64_t dropped =
        queue->ring.words ? weft__ring_shutdown(queue, ending) : weft__list_shutdown(queue, ending);

    if (dropped > 0)
        (void)add_done(queue, dropped);
    ring_for_all(&queue->getters);
    ring_for_all(&queue->putters);
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
