/* SPDX-License-Identifier: MIT */
#ifndef WEFT_QUEUE_RING_H
#define WEFT_QUEUE_RING_H

/*
 * The ring's short ways, for queue.c to inline: one item of at most 8 bytes, nobody in the
 * way. queue_ring.c has the long ones, and says why it is right.
 */

#include <string.h>

#include "queue_private.h"
#include "weft/fault.h"

#define WEFT__SHUT ((uint64_t)1 << 63)

static inline size_t weft__index_of(const struct weft__ring *ring, uint64_t position)
{
    return (size_t)(position & (ring->lap - 1));
}

/* How many items were put before the one at this position. */
static inline uint64_t weft__number_of(const struct weft__ring *ring, uint64_t position)
{
    return ((position >> ring->shift) - 1) * (ring->last + 1) + weft__index_of(ring, position);
}

/* The position `count` items later, at most the capacity. */
static inline uint64_t weft__after(const struct weft__ring *ring, uint64_t position, uint64_t count)
{
    uint64_t index = weft__index_of(ring, position) + count;

    if (index > ring->last)
        return position - weft__index_of(ring, position) + ring->lap + (index - ring->last - 1);
    return position + count;
}

static inline bool weft__is_there(const struct weft__ring *ring, uint64_t position)
{
    return weft_load_u32(&ring->stamps[weft__index_of(ring, position)], WEFT_ACQUIRE) ==
           (uint32_t)position;
}

static inline uint64_t weft__word_of(const void *item, size_t size)
{
    uint64_t word = 0;

    if (size == 8)
        memcpy(&word, item, 8);
    else if (size == 4)
        memcpy(&word, item, 4);
    else
        memcpy(&word, item, size);
    return word;
}

static inline void weft__word_to(void *item, uint64_t word, size_t size)
{
    if (size == 8)
        memcpy(item, &word, 8);
    else if (size == 4)
        memcpy(item, &word, 4);
    else
        memcpy(item, &word, size);
}

/* False: not done, take the long way. */
static inline bool weft__ring_put_short(weft_queue *queue, const void *item)
{
    struct weft__ring *ring = &queue->ring;
    uint64_t tail = weft_load_u64(&ring->tail, WEFT_RELAXED);
    size_t index = weft__index_of(ring, tail);
    uint64_t end = weft__after(ring, tail, 1);

    /* A tail that is shut is beyond any limit. */
    if (ring->words_each != 1 || end > weft_load_u64(&ring->limit, WEFT_ACQUIRE) ||
        !weft_cas_u64(&ring->tail, &tail, end, WEFT_SEQ_CST))
        return false;
    (void)weft_fault_point("queue.put.claimed");
    weft_store_u64(&ring->words[index], weft__word_of(item, queue->item_size), WEFT_RELAXED);
    weft_store_u32(&ring->stamps[index], (uint32_t)tail, WEFT_RELEASE);
    return true;
}

static inline bool weft__ring_get_short(weft_queue *queue, void *item)
{
    struct weft__ring *ring = &queue->ring;
    uint64_t head = weft_load_u64(&ring->head, WEFT_RELAXED);
    uint64_t word;

    if (ring->words_each != 1 || !weft__is_there(ring, head))
        return false;
    word = weft_load_u64(&ring->words[weft__index_of(ring, head)], WEFT_RELAXED);
    if (!weft_cas_u64(&ring->head, &head, weft__after(ring, head, 1), WEFT_SEQ_CST))
        return false;
    weft__word_to(item, word, queue->item_size);
    return true;
}

#endif
