/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_QUEUE_KINDS_H
#define WEFT_TESTS_QUEUE_KINDS_H

/*
 * Every kind of queue, for the tests of what is the same in all of them:
 *
 *     for (size_t k = 0; k < KINDS; k++) {
 *         weft_queue *queue = make_kind(k, 4);
 *
 * Items are an int and, in the kind that is too large for a ring without locks, air.
 */

#include "check.h"

#include <string.h>

#include "weft/queue.h"

enum { RING, LARGE, UNBOUNDED, LIFO, PRIORITY, KINDS, LARGE_ITEM = 1000 };

static inline int compare_ints(const void *a, const void *b)
{
    return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

static inline size_t item_size_of(size_t kind)
{
    return kind == LARGE ? LARGE_ITEM : sizeof(int);
}

/* `capacity` 0: none, which the ring without locks takes for 1000. */
static inline weft_queue *make_kind(size_t kind, size_t capacity)
{
    static const enum weft_order_of_items orders[KINDS] = {
        [LIFO] = WEFT_LIFO, [PRIORITY] = WEFT_PRIORITY};
    weft_queue_options options = {.capacity = capacity, .order = orders[kind]};
    weft_queue *queue = NULL;

    if (kind == RING && capacity == 0)
        options.capacity = 1000;
    if (kind == PRIORITY)
        options.compare = compare_ints;
    CHECK_OK(weft_queue_create(&queue, item_size_of(kind), &options));
    return queue;
}

static inline int put_int(weft_queue *queue, size_t kind, int item, weft_time until)
{
    char bytes[LARGE_ITEM] = {0};

    memcpy(bytes, &item, sizeof(item));
    if (kind == LARGE)
        memcpy(bytes + LARGE_ITEM - sizeof(item), &item, sizeof(item));
    return weft_queue_put(queue, bytes, until);
}

/* -1 comes out too if the ends of a large item differ. */
static inline int get_int(weft_queue *queue, size_t kind, int *item, weft_time until)
{
    char bytes[LARGE_ITEM] = {0};
    int err = weft_queue_get(queue, bytes, until);

    if (err != 0)
        return err;
    memcpy(item, bytes, sizeof(*item));
    if (kind == LARGE && memcmp(item, bytes + LARGE_ITEM - sizeof(*item), sizeof(*item)) != 0)
        *item = -1;
    return 0;
}

#endif
