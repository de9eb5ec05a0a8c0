/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_SHARED_NUMBERS_H
#define WEFT_TESTS_SHARED_NUMBERS_H

/* Shared queues of numbers, for the tests of shared queues. */

#include "check.h"

#include <stddef.h>

#include "weft/shared_queue.h"

/* What each item takes beside its own bytes, and what they are rounded up to. */
enum { HEAD = 8 };

static inline weft_shared_queue make_queue(size_t items, size_t bytes)
{
    weft_shared_queue_options options = {.items = items, .bytes = bytes};
    weft_shared_queue queue = {0};

    CU_ASSERT_EQUAL_FATAL(weft_shared_queue_create(&queue, &options), 0);
    return queue;
}

/* Numbers, in a queue that holds so many of them. */
static inline weft_shared_queue make_numbers(size_t count)
{
    return make_queue(0, count * 2 * HEAD);
}

static inline int put_number(weft_shared_queue queue, int number, weft_time until)
{
    return weft_shared_queue_put(queue, &number, sizeof(number), until);
}

static inline int get_number(weft_shared_queue queue, int *number, weft_time until)
{
    return weft_shared_queue_get(queue, number, sizeof(*number), NULL, until);
}

#endif
