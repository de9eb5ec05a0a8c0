/* SPDX-License-Identifier: MIT */
/*
 * A bounded FIFO without locks, for small items: Vyukov's bounded queue of many producers
 * and many consumers (1024cores.net, 2010), with positions that count laps as in
 * crossbeam's array channel, and the getters' side of a sequence lock (Boehm, "Can seqlocks
 * get along with programming language memory models?", 2012).
 *
 * Positions only rise. Those of one slot differ by the laps between them, so a stamp that
 * equals the position says that this very item is there: its 32 bits repeat after 2^32
 * positions, but head is compared with all of its bits before anything is taken.
 *
 * put claims tail .. end by a CAS, writes the items, then their stamps (release).
 * get reads the stamp (acquire), so it sees the item; copies it; then claims head by a CAS
 * (release). If another getter was faster the copy may be torn and is thrown away; words
 * are atomic, so that is no data race.
 * put writes a slot again only after it saw head beyond its old position, in `head`
 * (acquire), or in `limit`, which another put stored (release) after it saw that: the
 * copies of those who got the item are over by then.
 * So getters write nothing but head and putters read head only once per `limit`: while the
 * two ends keep their distance, each slot's line is handed over once per lap.
 *
 * limit <= head + most <= head + capacity, where `most` is the greatest size so far: who
 * stays below it neither overfills the ring nor sets a record.
 *
 * SHUT is a bit of tail: no put can claim after it.
 */
#include "queue_private.h"

#include <string.h>

#include "internal.h"
#include "queue_ring.h"

enum {
    LARGEST_ITEM = 256, /* bytes; a get copies before it knows that the item is its own */
    LARGEST_RING = 1 << 20,
    WORDS_AT_ONCE = 64 /* words of items that a get can hold */
};

size_t weft__ring_bytes(const weft_queue *queue)
{
    size_t each = (queue->item_size + 7) / 8 * 8 + sizeof(weft_atomic_u32);

    if (queue->order != WEFT_FIFO || queue->capacity == 0 || queue->item_size > LARGEST_ITEM ||
        queue->capacity > LARGEST_RING / each)
        return 0;
    return queue->capacity * each + WEFT__LINE;
}

void weft__ring_init(weft_queue *queue, char *memory)
{
    struct weft__ring *ring = &queue->ring;
    size_t bytes;

    ring->words_each = (queue->item_size + 7) / 8;
    bytes = ring->words_each * queue->capacity * sizeof(weft_atomic_u64);
    bytes = (bytes + WEFT__LINE - 1) / WEFT__LINE * WEFT__LINE;
    ring->words = (weft_atomic_u64 *)(void *)memory;
    ring->stamps = (weft_atomic_u32 *)(void *)(memory + bytes);
    ring->last = queue->capacity - 1;
    for (ring->lap = 1; ring->lap < queue->capacity; ring->lap *= 2)
        ring->shift++;
    weft_store_u64(&ring->tail, ring->lap, WEFT_RELAXED);
    weft_store_u64(&ring->head, ring->lap, WEFT_RELAXED);
    weft_store_u64(&ring->limit, ring->lap, WEFT_RELAXED);
}

static void write_item(const struct weft__ring *ring, size_t index, const char *item, size_t size)
{
    weft_atomic_u64 *words = ring->words + index * ring->words_each;
    uint64_t word = 0;

    for (; size > 8; size -= 8, item += 8) {
        memcpy(&word, item, 8);
        weft_store_u64(words++, word, WEFT_RELAXED);
    }
    if (size == 8)
        memcpy(&word, item, 8);
    else if (size == 4)
        memcpy(&word, item, 4);
    else
        memcpy(&word, item, size);
    weft_store_u64(words, word, WEFT_RELAXED);
}

/* ---- put --------------------------------------------------------------------- */

/* The limit was reached: looks where head is. 0: up to *end there is room now. */
static int look_for_room(struct weft__ring *ring, uint64_t tail, uint64_t count, uint64_t *end)
{
    uint64_t head = weft_load_u64(&ring->head, WEFT_SEQ_CST);
    uint64_t most = weft_load_u64(&ring->most, WEFT_RELAXED);
    uint64_t size = weft__number_of(ring, tail) - weft__number_of(ring, head);
    uint64_t room = ring->last + 1 - size;

    if (size > ring->last + 1) { /* the tail is an old one */
        *end = tail;
        return 0;
    }
    if (room == 0)
        return WEFT__AGAIN;
    *end = weft__after(ring, tail, room < count ? room : count);
    size += room < count ? room : count;
    while (size > most && !weft_cas_u64(&ring->most, &most, size, WEFT_RELAXED))
        ;
    weft_store_u64(&ring->limit, weft__after(ring, head, size > most ? size : most), WEFT_RELEASE);
    return 0;
}

/* Takes the positions *from to *end. */
static int claim_room(struct weft__ring *ring, uint64_t count, uint64_t *from, uint64_t *end)
{
    uint64_t tail = weft_load_u64(&ring->tail, WEFT_RELAXED);

    for (;;) {
        if (tail & WEFT__SHUT)
            return WEFT_ECLOSED;
        *end = weft__after(ring, tail, count < ring->last + 1 ? count : ring->last + 1);
        if ((int64_t)(*end - weft_load_u64(&ring->limit, WEFT_ACQUIRE)) > 0) {
            int err = look_for_room(ring, tail, count, end);

            if (err != 0)
                return err;
            if (*end == tail) {
                tail = weft_load_u64(&ring->tail, WEFT_RELAXED);
                continue;
            }
        }
        *from = tail;
        if (weft_cas_u64(&ring->tail, &tail, *end, WEFT_SEQ_CST))
            return 0;
    }
}

int weft__ring_put(weft_queue *queue, const char *items, size_t count, size_t *done)
{
    struct weft__ring *ring = &queue->ring;
    uint64_t at, end;
    int err = 0;

    while (count > 0 && (err = claim_room(ring, count, &at, &end)) == 0)
        for (; at != end; at = weft__after(ring, at, 1)) {
            size_t index = weft__index_of(ring, at);

            (void)weft_fault_point("queue.put.claimed");
            write_item(ring, index, items, queue->item_size);
            weft_store_u32(&ring->stamps[index], (uint32_t)at, WEFT_RELEASE);
            items += queue->item_size;
            count--;
            ++*done;
        }
    return err;
}

/* ---- get --------------------------------------------------------------------- */

/* Nothing is at *head: it is an old one, or a put is just writing there, or there is none. */
static int look_for_items(struct weft__ring *ring, uint64_t *head)
{
    struct weft__backoff backoff = {0};
    uint64_t seen = *head;

    for (;;) {
        uint64_t tail = weft_load_u64(&ring->tail, WEFT_SEQ_CST);

        if ((tail & ~WEFT__SHUT) == *head)
            return tail & WEFT__SHUT ? WEFT_ECLOSED : WEFT__AGAIN;
        *head = weft_load_u64(&ring->head, WEFT_RELAXED);
        if (*head != seen || weft__is_there(ring, *head))
            return 0;
        if (!weft__backoff(&backoff))
            weft__nap();
    }
}

/* Copies the item at this position, which may be another getter's by now. */
static void read_item(const struct weft__ring *ring, uint64_t position, uint64_t *words)
{
    const weft_atomic_u64 *from = ring->words + weft__index_of(ring, position) * ring->words_each;

    for (size_t i = 0; i < ring->words_each; i++)
        words[i] = weft_load_u64(from + i, WEFT_RELAXED);
}

static void hand_over(char *item, const uint64_t *words, size_t size)
{
    if (size == 8)
        memcpy(item, words, 8);
    else if (size == 4)
        memcpy(item, words, 4);
    else
        memcpy(item, words, size);
}

/* Takes up to `count` items, as many as fit into its hand. */
static int get_some(weft_queue *queue, char *items, size_t count, size_t *done)
{
    struct weft__ring *ring = &queue->ring;
    uint64_t words[WORDS_AT_ONCE], head = weft_load_u64(&ring->head, WEFT_RELAXED), end;
    size_t taken;

    if (count > WORDS_AT_ONCE / ring->words_each)
        count = WORDS_AT_ONCE / ring->words_each;
    do {
        end = head;
        for (taken = 0; taken < count && weft__is_there(ring, end); taken++) {
            read_item(ring, end, words + taken * ring->words_each);
            end = weft__after(ring, end, 1);
        }
        if (taken == 0) {
            int err = look_for_items(ring, &head);

            if (err != 0)
                return err;
        }
    } while (taken == 0 || !weft_cas_u64(&ring->head, &head, end, WEFT_SEQ_CST));
    for (size_t i = 0; i < taken; i++)
        hand_over(items + i * queue->item_size, words + i * ring->words_each, queue->item_size);
    *done += taken;
    return 0;
}

int weft__ring_get(weft_queue *queue, char *items, size_t count, size_t *done)
{
    int err = 0;

    while (count > 0 && err == 0) {
        size_t before = *done;

        err = get_some(queue, items, count, done);
        items += (*done - before) * queue->item_size;
        count -= *done - before;
    }
    return err;
}

/* ---- looking, shutting down -------------------------------------------------- */

/* The glance keeps off the tail, which putters are busy with. */
bool weft__ring_may_get(weft_queue *queue, enum weft__look look)
{
    const struct weft__ring *ring = &queue->ring;
    uint64_t head = weft_load_u64(&ring->head, WEFT_RELAXED);

    if (look == WEFT__GLANCE)
        return weft__is_there(ring, head);
    return weft_load_u64(&ring->tail, WEFT_SEQ_CST) != head;
}

bool weft__ring_may_put(weft_queue *queue, enum weft__look look)
{
    const struct weft__ring *ring = &queue->ring;
    uint64_t tail = weft_load_u64(&ring->tail, WEFT_SEQ_CST); /* a shutdown is seen, or rings */
    uint64_t head = weft_load_u64(&ring->head, WEFT_SEQ_CST);

    (void)look;
    return (tail & WEFT__SHUT) != 0 || tail - head < ring->lap;
}

uint64_t weft__ring_put_count(const weft_queue *queue)
{
    return weft__number_of(&queue->ring,
                           weft_load_u64(&queue->ring.tail, WEFT_SEQ_CST) & ~WEFT__SHUT);
}

uint64_t weft__ring_got_count(const weft_queue *queue)
{
    return weft__number_of(&queue->ring, weft_load_u64(&queue->ring.head, WEFT_SEQ_CST));
}

uint64_t weft__ring_shutdown(weft_queue *queue, enum weft_ending ending)
{
    struct weft__ring *ring = &queue->ring;
    uint64_t tail = weft_fetch_or_u64(&ring->tail, WEFT__SHUT, WEFT_SEQ_CST) & ~WEFT__SHUT;
    uint64_t head = weft_load_u64(&ring->head, WEFT_RELAXED);

    if (ending != WEFT_DISCARD)
        return 0;
    while (!weft_cas_u64(&ring->head, &head, tail, WEFT_SEQ_CST))
        ;
    return weft__number_of(ring, tail) - weft__number_of(ring, head);
}
