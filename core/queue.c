/* SPDX-License-Identifier: MIT */
/*
 * A queue of copied items between threads: a ring (FIFO, LIFO) or a binary heap
 * (priority) under one mutex.
 *
 * `mutex` guards all fields. Getters wait on not_empty, putters on not_full, join on
 * all_done. Each put and get wakes one waiter of the other side; shutdown wakes all.
 * Heap nodes carry the number of their put, so equal items keep their order.
 */
#include "weft/queue.h"

#include <stdint.h>
#include <string.h>

#include "internal.h"
#include "weft/condition.h"
#include "weft/memory.h"

enum { FIRST_CAPACITY = 16 };

struct weft_queue {
    weft_mutex mutex; /* guards everything below */
    weft_condition not_empty, not_full, all_done;
    unsigned waiters; /* threads inside a wait: close refuses while there are some */
    bool closed;
    size_t count;                /* items in it */
    size_t unfinished;           /* items put and not yet task_done */
    size_t first;                /* ring: place of the oldest item */
    size_t room;                 /* items that `slots` can hold */
    char *slots;                 /* room * slot_size bytes */
    uint64_t puts;               /* numbers heap nodes */
    size_t item_size, slot_size; /* set at creation, like those below; a heap's slot is the
                                    number of the put, then the item */
    size_t capacity;
    enum weft_order_of_items order;
    int (*compare)(const void *a, const void *b);
};

static char *slot(const weft_queue *queue, size_t index)
{
    return queue->slots + index * queue->slot_size;
}

static char *ring_slot(const weft_queue *queue, size_t index)
{
    return slot(queue, (queue->first + index) % queue->room);
}

/* ---- heap -------------------------------------------------------------------- */

static bool goes_before(const weft_queue *queue, const char *a, const char *b)
{
    int order = queue->compare(a + sizeof(uint64_t), b + sizeof(uint64_t));
    uint64_t number_a, number_b;

    if (order != 0)
        return order < 0;
    memcpy(&number_a, a, sizeof(number_a));
    memcpy(&number_b, b, sizeof(number_b));
    return number_a < number_b;
}

/* The slot behind the last, which grow() keeps free, is the third hand. */
static void swap_slots(weft_queue *queue, size_t a, size_t b)
{
    char *spare = slot(queue, queue->room);

    memcpy(spare, slot(queue, a), queue->slot_size);
    memcpy(slot(queue, a), slot(queue, b), queue->slot_size);
    memcpy(slot(queue, b), spare, queue->slot_size);
}

static void heap_push(weft_queue *queue, const void *item)
{
    size_t at = queue->count;
    uint64_t number = queue->puts;

    memcpy(slot(queue, at), &number, sizeof(number));
    memcpy(slot(queue, at) + sizeof(number), item, queue->item_size);
    while (at > 0 && goes_before(queue, slot(queue, at), slot(queue, (at - 1) / 2))) {
        swap_slots(queue, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static void heap_pop(weft_queue *queue, void *item)
{
    size_t last = queue->count - 1;
    size_t at = 0;

    memcpy(item, slot(queue, 0) + sizeof(uint64_t), queue->item_size);
    swap_slots(queue, 0, last);
    for (;;) {
        size_t least = at;

        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < last; child++)
            if (goes_before(queue, slot(queue, child), slot(queue, least)))
                least = child;
        if (least == at)
            return;
        swap_slots(queue, at, least);
        at = least;
    }
}

/* ---- storage ----------------------------------------------------------------- */

/* Room for one more item. */
static int grow(weft_queue *queue)
{
    size_t room = queue->room > 0 ? 2 * queue->room : FIRST_CAPACITY;
    char *slots;

    if (queue->count < queue->room)
        return 0;
    if (queue->capacity > 0 && room > queue->capacity)
        room = queue->capacity;
    if (room >= SIZE_MAX / queue->slot_size)
        return weft__fail(WEFT_ENOMEM, "queue: %zu items are too many", room);
    slots = weft_alloc((room + 1) * queue->slot_size);
    if (!slots)
        return WEFT_ENOMEM;
    for (size_t i = 0; i < queue->count; i++)
        memcpy(slots + i * queue->slot_size, ring_slot(queue, i), queue->slot_size);
    weft_free(queue->slots);
    queue->slots = slots;
    queue->room = room;
    queue->first = 0;
    return 0;
}

static void push(weft_queue *queue, const void *item)
{
    if (queue->order == WEFT_PRIORITY)
        heap_push(queue, item);
    else
        memcpy(ring_slot(queue, queue->count), item, queue->item_size);
    queue->count++;
    queue->unfinished++;
    queue->puts++;
}

static void pop(weft_queue *queue, void *item)
{
    if (queue->order == WEFT_PRIORITY)
        heap_pop(queue, item);
    else if (queue->order == WEFT_LIFO)
        memcpy(item, ring_slot(queue, queue->count - 1), queue->item_size);
    else
        memcpy(item, ring_slot(queue, 0), queue->item_size);
    if (queue->order == WEFT_FIFO)
        queue->first = (queue->first + 1) % queue->room;
    queue->count--;
}

/* ---- public ------------------------------------------------------------------ */

int weft_queue_create(weft_queue **out, size_t item_size, const weft_queue_options *options)
{
    static const weft_queue_options defaults;
    weft_queue *queue;

    if (!options)
        options = &defaults;
    if (item_size == 0)
        return weft__fail(WEFT_EINVAL, "queue: items of 0 bytes cannot be");
    if (options->order == WEFT_PRIORITY && !options->compare)
        return weft__fail(WEFT_EINVAL, "queue: a priority queue needs compare");
    queue = weft_alloc(sizeof(*queue));
    if (!queue)
        return WEFT_ENOMEM;
    queue->item_size = item_size;
    queue->slot_size = item_size + (options->order == WEFT_PRIORITY ? sizeof(uint64_t) : 0);
    /* An item behind its number must be aligned for compare. */
    if (options->order == WEFT_PRIORITY)
        queue->slot_size = (queue->slot_size + 7) / 8 * 8;
    queue->capacity = options->capacity;
    queue->order = options->order;
    queue->compare = options->compare;
    *out = queue;
    return 0;
}

static int wait_locked(weft_queue *queue, weft_condition *condition, weft_time until)
{
    int err;

    queue->waiters++;
    err = weft_condition_wait(condition, &queue->mutex, until);
    queue->waiters--;
    return err;
}

static bool is_full(const weft_queue *queue)
{
    return queue->capacity > 0 && queue->count >= queue->capacity;
}

int weft_queue_put(weft_queue *queue, const void *item, weft_time until)
{
    int err = 0;

    weft_mutex_acquire(&queue->mutex, WEFT_FOREVER);
    while (is_full(queue) && !queue->closed && err == 0)
        err = wait_locked(queue, &queue->not_full, until);
    if (queue->closed)
        err = weft__fail(WEFT_ECLOSED, "queue %p: shut down", (void *)queue);
    else if (is_full(queue))
        err = weft__fail(err, "queue %p: full until the deadline", (void *)queue);
    else
        err = grow(queue);
    if (err == 0)
        push(queue, item);
    weft_mutex_release(&queue->mutex);
    if (err == 0)
        weft_condition_notify(&queue->not_empty);
    return err;
}

int weft_queue_get(weft_queue *queue, void *item, weft_time until)
{
    bool bounded = queue->capacity > 0;
    int err = 0;

    weft_mutex_acquire(&queue->mutex, WEFT_FOREVER);
    while (queue->count == 0 && !queue->closed && err == 0)
        err = wait_locked(queue, &queue->not_empty, until);
    if (queue->count > 0) {
        pop(queue, item); /* an item that is there beats a deadline that passed */
        err = 0;
    } else if (queue->closed) {
        err = weft__fail(WEFT_ECLOSED, "queue %p: shut down and empty", (void *)queue);
    } else {
        err = weft__fail(err, "queue %p: empty until the deadline", (void *)queue);
    }
    weft_mutex_release(&queue->mutex);
    if (err == 0 && bounded)
        weft_condition_notify(&queue->not_full);
    return err;
}

int weft_queue_task_done(weft_queue *queue)
{
    bool too_often;

    weft_mutex_acquire(&queue->mutex, WEFT_FOREVER);
    too_often = queue->unfinished == 0;
    if (!too_often && --queue->unfinished == 0)
        weft_condition_notify_all(&queue->all_done);
    weft_mutex_release(&queue->mutex);
    if (too_often)
        return weft__misuse(WEFT_EINVAL, "queue %p: task_done called more often than put",
                            (void *)queue);
    return 0;
}

int weft_queue_join(weft_queue *queue, weft_time until)
{
    int err = 0;

    weft_mutex_acquire(&queue->mutex, WEFT_FOREVER);
    while (queue->unfinished > 0 && err == 0)
        err = wait_locked(queue, &queue->all_done, until);
    if (queue->unfinished == 0)
        err = 0;
    else
        err = weft__fail(err, "queue %p: %zu items were not done until the deadline", (void *)queue,
                         queue->unfinished);
    weft_mutex_release(&queue->mutex);
    return err;
}

size_t weft_queue_size(weft_queue *queue)
{
    size_t count;

    weft_mutex_acquire(&queue->mutex, WEFT_FOREVER);
    count = queue->count;
    weft_mutex_release(&queue->mutex);
    return count;
}

void weft_queue_shutdown(weft_queue *queue, enum weft_ending ending)
{
    weft_mutex_acquire(&queue->mutex, WEFT_FOREVER);
    queue->closed = true;
    if (ending == WEFT_DISCARD) {
        queue->unfinished -= queue->count;
        queue->count = 0;
    }
    weft_condition_notify_all(&queue->not_empty);
    weft_condition_notify_all(&queue->not_full);
    if (queue->unfinished == 0)
        weft_condition_notify_all(&queue->all_done);
    weft_mutex_release(&queue->mutex);
}

int weft_queue_close(weft_queue *queue)
{
    unsigned waiters;

    if (!queue)
        return 0;
    weft_mutex_acquire(&queue->mutex, WEFT_FOREVER);
    waiters = queue->waiters;
    weft_mutex_release(&queue->mutex);
    if (waiters > 0)
        return weft__misuse(WEFT_EBUSY, "queue %p: closed while %u threads wait in it",
                            (void *)queue, waiters);
    weft_free(queue->slots);
    weft_free(queue);
    return 0;
}
