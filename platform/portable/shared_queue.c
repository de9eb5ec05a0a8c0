/* SPDX-License-Identifier: MIT */
/*
 * The queue between processes: a ring, and how many of its items have been dealt with.
 *
 * `done` is all that is counted here. What is not done yet is what was ever put, less what
 * was done or dropped, and the ring's positions tell that; so nobody who is killed between
 * two steps leaves a count that never comes to 0. Who waits for 0 raises `joiners`, then
 * counts; who does something raises `done`, then looks at `joiners` (all seq_cst).
 */
#include "weft/shared_queue.h"

#include "park.h"
#include "shared_object.h"
#include "shared_ring.h"
#include "weft/wait.h"

static const char what[] = "shared queue";

struct shared_queue {
    weft_atomic_u32 kind;
    weft_atomic_u32 finished; /* raised when nothing is left to be done; joiners sleep on it */
    weft_atomic_u32 joiners;  /* stays too high when one is killed */
    weft_atomic_u64 done;     /* raised by task_done */
    struct weft__shared_ring ring;
};

static struct shared_queue *find(weft_shared_queue queue)
{
    return weft__shared_find(queue.at, WEFT__SHARED_QUEUE);
}

static int refuse_item(weft_shared_queue queue, size_t size)
{
    return weft__misuse(WEFT_EINVAL, "%s %llu: %zu bytes at NULL", what,
                        (unsigned long long)queue.at, size);
}

int weft_shared_queue_create(weft_shared_queue *queue, const weft_shared_queue_options *options)
{
    size_t items = options && options->items > 0 ? options->items : WEFT__SHARED_ITEMS;
    size_t bytes = options && options->bytes > 0 ? options->bytes : WEFT__SHARED_BYTES;
    size_t size = weft__shared_ring_size(bytes);
    weft_offset at;
    int err;

    if (items > WEFT__SHARED_ITEMS || size == 0)
        return weft__fail(WEFT_EINVAL, "%s: %zu items in %zu bytes are too many", what, items,
                          bytes);
    err = weft__shared_create(&at, WEFT__SHARED_QUEUE, offsetof(struct shared_queue, ring) + size);
    if (err != 0)
        return err;
    queue->at = at;
    weft__shared_ring_init(&find(*queue)->ring, items, bytes);
    return 0;
}

static int fail(weft_shared_queue queue, int err, const char *late)
{
    if (err == WEFT_ECLOSED)
        return weft__fail(err, "%s %llu: shut down", what, (unsigned long long)queue.at);
    return weft__shared_fail_wait(err, what, queue.at, late);
}

int weft_shared_queue_put(weft_shared_queue queue, const void *item, size_t size, weft_time until)
{
    struct shared_queue *object = find(queue);
    int err;

    if (!object)
        return weft__shared_refuse(queue.at, what);
    if (!item && size > 0)
        return refuse_item(queue, size);
    err = weft__shared_ring_put(&object->ring, item, size, until, NULL);
    if (err == WEFT_ETOOBIG)
        return weft__fail(err, "%s %llu: an item of %zu bytes never fits", what,
                          (unsigned long long)queue.at, size);
    return err == 0 ? 0 : fail(queue, err, "full until the deadline");
}

int weft_shared_queue_get(weft_shared_queue queue, void *item, size_t size, size_t *length,
                          weft_time until)
{
    struct shared_queue *object = find(queue);
    int err;

    if (!object)
        return weft__shared_refuse(queue.at, what);
    if (!item && size > 0)
        return refuse_item(queue, size);
    err = weft__shared_ring_get(&object->ring, item, size, length, until, NULL);
    if (err == WEFT_ETOOBIG)
        return weft__fail(err, "%s %llu: the next item has another size than %zu bytes", what,
                          (unsigned long long)queue.at, size);
    return err == 0 ? 0 : fail(queue, err, "empty until the deadline");
}

/* ---- done -------------------------------------------------------------------- */

/* What was put is counted last: work that comes meanwhile never makes it less than it is. */
static uint64_t unfinished(const struct shared_queue *object)
{
    uint64_t done = weft_load_u64(&object->done, WEFT_SEQ_CST);
    uint64_t lost = weft__shared_ring_lost_count(&object->ring);
    uint64_t put;

    (void)weft_fault_point("shared_queue.done_counted");
    put = weft__shared_ring_put_count(&object->ring);
    return put > done + lost ? put - done - lost : 0;
}

/* Something was done or dropped. */
static void tell_joiners(struct shared_queue *object)
{
    if (weft_load_u32(&object->joiners, WEFT_SEQ_CST) == 0 || unfinished(object) > 0)
        return;
    weft_fetch_add_u32(&object->finished, 1, WEFT_RELEASE);
    weft_wake_shared(&object->finished, WEFT_WAKE_ALL);
}

int weft_shared_queue_task_done(weft_shared_queue queue)
{
    struct shared_queue *object = find(queue);
    uint64_t done;

    if (!object)
        return weft__shared_refuse(queue.at, what);
    done = weft_load_u64(&object->done, WEFT_RELAXED);
    do {
        if (done + weft__shared_ring_lost_count(&object->ring) >=
            weft__shared_ring_put_count(&object->ring))
            return weft__misuse(WEFT_EINVAL, "%s %llu: more items done than were put", what,
                                (unsigned long long)queue.at);
        (void)weft_fault_point("shared_queue.is_done");
    } while (!weft_cas_u64(&object->done, &done, done + 1, WEFT_SEQ_CST));
    tell_joiners(object);
    return 0;
}

static int fail_join(weft_shared_queue queue, int err, uint64_t left)
{
    return weft__fail(err, "%s %llu: %llu items were not done %s", what,
                      (unsigned long long)queue.at, (unsigned long long)left,
                      err == WEFT_ECANCELED ? "when the wait was cancelled" : "at the deadline");
}

int weft_shared_queue_join(weft_shared_queue queue, weft_time until)
{
    struct shared_queue *object = find(queue);
    uint64_t left;
    int err = 0;

    if (!object)
        return weft__shared_refuse(queue.at, what);
    weft_fetch_add_u32(&object->joiners, 1, WEFT_SEQ_CST);
    for (;;) {
        uint32_t seen = weft_load_u32(&object->finished, WEFT_ACQUIRE);

        left = unfinished(object);
        if (left == 0 || err != 0)
            break;
        err = weft__sleep_shared(&object->finished, seen, until, WEFT_SHARED_SLICE, true);
    }
    weft_fetch_sub_u32(&object->joiners, 1, WEFT_RELAXED);
    return left == 0 ? 0 : fail_join(queue, err, left);
}

/* ---- the rest ---------------------------------------------------------------- */

size_t weft_shared_queue_size(weft_shared_queue queue)
{
    struct shared_queue *object = find(queue);

    if (object)
        return (size_t)weft__shared_ring_count(&object->ring);
    weft__shared_refuse(queue.at, what);
    return 0;
}

void weft_shared_queue_shutdown(weft_shared_queue queue, enum weft_ending ending)
{
    struct shared_queue *object = find(queue);

    if (!object) {
        weft__shared_refuse(queue.at, what);
        return;
    }
    weft__shared_ring_shut(&object->ring, ending);
    tell_joiners(object);
}

void weft_shared_queue_close(weft_shared_queue queue)
{
    weft__shared_close(queue.at, WEFT__SHARED_QUEUE, what);
}
