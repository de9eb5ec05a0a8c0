/* SPDX-License-Identifier: MIT */
/*
 * Items under a mutex: a ring that grows (FIFO and LIFO) or a binary heap (priority).
 *
 * Heap nodes carry the number of their put, so equal items keep their order. `put`, `got`
 * and `closed` are written with the mutex held; those who look without it only want to
 * know whether it is worth their while.
 */
#include "queue_private.h"

#include <string.h>

#include "internal.h"
#include "weft/memory.h"

enum { FIRST_CAPACITY = 16 };

static char *slot(const weft_queue *queue, size_t index)
{
    return queue->list.slots + index * queue->list.slot_size;
}

static char *ring_slot(const weft_queue *queue, size_t index)
{
    return slot(queue, (queue->list.first + index) % queue->list.room);
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
    char *spare = slot(queue, queue->list.room);

    memcpy(spare, slot(queue, a), queue->list.slot_size);
    memcpy(slot(queue, a), slot(queue, b), queue->list.slot_size);
    memcpy(slot(queue, b), spare, queue->list.slot_size);
}

static void heap_push(weft_queue *queue, const void *item)
{
    size_t at = queue->list.count;
    uint64_t number = weft_load_u64(&queue->list.put, WEFT_RELAXED);

    memcpy(slot(queue, at), &number, sizeof(number));
    memcpy(slot(queue, at) + sizeof(number), item, queue->item_size);
    while (at > 0 && goes_before(queue, slot(queue, at), slot(queue, (at - 1) / 2))) {
        swap_slots(queue, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static void heap_pop(weft_queue *queue, void *item)
{
    size_t last = queue->list.count - 1;
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
    size_t room = queue->list.room > 0 ? 2 * queue->list.room : FIRST_CAPACITY;
    char *slots;

    if (queue->list.count < queue->list.room)
        return 0;
    if (queue->capacity > 0 && room > queue->capacity)
        room = queue->capacity;
    if (room >= SIZE_MAX / queue->list.slot_size)
        return weft__fail(WEFT_ENOMEM, "queue: %zu items are too many", room);
    slots = weft_alloc((room + 1) * queue->list.slot_size);
    if (!slots)
        return WEFT_ENOMEM;
    for (size_t i = 0; i < queue->list.count; i++)
        memcpy(slots + i * queue->list.slot_size, ring_slot(queue, i), queue->list.slot_size);
    weft_free(queue->list.slots);
    queue->list.slots = slots;
    queue->list.room = room;
    queue->list.first = 0;
    return 0;
}

static void push(weft_queue *queue, const char *item)
{
    struct weft__list *list = &queue->list;

    if (queue->order == WEFT_PRIORITY)
        heap_push(queue, item);
    else
        memcpy(ring_slot(queue, list->count), item, queue->item_size);
    if (++list->count > list->most)
        list->most = list->count;
    weft_store_u64(&list->put, weft_load_u64(&list->put, WEFT_RELAXED) + 1, WEFT_RELEASE);
}

static void pop(weft_queue *queue, char *item)
{
    struct weft__list *list = &queue->list;

    if (queue->order == WEFT_PRIORITY)
        heap_pop(queue, item);
    else if (queue->order == WEFT_LIFO)
        memcpy(item, ring_slot(queue, list->count - 1), queue->item_size);
    else
        memcpy(item, ring_slot(queue, 0), queue->item_size);
    if (queue->order == WEFT_FIFO && ++list->first == list->room)
        list->first = 0;
    list->count--;
    weft_store_u64(&list->got, weft_load_u64(&list->got, WEFT_RELAXED) + 1, WEFT_RELEASE);
}

/* ---- for queue.c ------------------------------------------------------------- */

void weft__list_init(weft_queue *queue)
{
    queue->list.slot_size = queue->item_size;
    /* An item behind its number must be aligned for compare. */
    if (queue->order == WEFT_PRIORITY)
        queue->list.slot_size = (sizeof(uint64_t) + queue->item_size + 7) / 8 * 8;
}

int weft__list_put(weft_queue *queue, const char *items, size_t count, size_t *done)
{
    struct weft__list *list = &queue->list;
    int err = 0;

    weft_mutex_acquire(&list->mutex, WEFT_FOREVER);
    if (weft_load_u32(&list->closed, WEFT_RELAXED))
        err = WEFT_ECLOSED;
    for (; count > 0 && err == 0; count--) {
        if (queue->capacity > 0 && list->count == queue->capacity)
            err = WEFT__AGAIN;
        else
            err = grow(queue);
        if (err != 0)
            break;
        push(queue, items);
        items += queue->item_size;
        ++*done;
    }
    weft_mutex_release(&list->mutex);
    return err;
}

int weft__list_get(weft_queue *queue, char *items, size_t count, size_t *done)
{
    struct weft__list *list = &queue->list;
    int err = 0;

    weft_mutex_acquire(&list->mutex, WEFT_FOREVER);
    for (; count > 0 && list->count > 0; count--) {
        pop(queue, items);
        items += queue->item_size;
        ++*done;
    }
    if (count > 0)
        err = weft_load_u32(&list->closed, WEFT_RELAXED) ? WEFT_ECLOSED : WEFT__AGAIN;
    weft_mutex_release(&list->mutex);
    return err;
}

bool weft__list_may_get(weft_queue *queue, enum weft__look look)
{
    struct weft__list *list = &queue->list;
    bool may;

    if (look == WEFT__GLANCE)
        return weft_load_u64(&list->got, WEFT_RELAXED) != weft_load_u64(&list->put, WEFT_RELAXED);
    weft_mutex_acquire(&list->mutex, WEFT_FOREVER);
    may = list->count > 0 || weft_load_u32(&list->closed, WEFT_RELAXED) != 0;
    weft_mutex_release(&list->mutex);
    return may;
}

bool weft__list_may_put(weft_queue *queue, enum weft__look look)
{
    struct weft__list *list = &queue->list;
    uint64_t got = weft_load_u64(&list->got, WEFT_RELAXED);
    bool may;

    if (queue->capacity == 0)
        return true;
    if (look == WEFT__GLANCE)
        return weft_load_u64(&list->put, WEFT_RELAXED) - got < queue->capacity;
    weft_mutex_acquire(&list->mutex, WEFT_FOREVER);
    may = list->count < queue->capacity || weft_load_u32(&list->closed, WEFT_RELAXED) != 0;
    weft_mutex_release(&list->mutex);
    return may;
}

size_t weft__list_most(weft_queue *queue)
{
    size_t most;

    weft_mutex_acquire(&queue->list.mutex, WEFT_FOREVER);
    most = queue->list.most;
    weft_mutex_release(&queue->list.mutex);
    return most;
}

uint64_t weft__list_put_count(const weft_queue *queue)
{
    return weft_load_u64(&queue->list.put, WEFT_SEQ_CST);
}

uint64_t weft__list_got_count(const weft_queue *queue)
{
    return weft_load_u64(&queue->list.got, WEFT_SEQ_CST);
}

uint64_t weft__list_shutdown(weft_queue *queue, enum weft_ending ending)
{
    struct weft__list *list = &queue->list;
    uint64_t dropped = 0;

    weft_mutex_acquire(&list->mutex, WEFT_FOREVER);
    weft_store_u32(&list->closed, 1, WEFT_RELAXED);
    if (ending == WEFT_DISCARD) {
        dropped = list->count;
        list->count = 0;
        weft_store_u64(&list->got, weft_load_u64(&list->put, WEFT_RELAXED), WEFT_RELEASE);
    }
    weft_mutex_release(&list->mutex);
    return dropped;
}
