/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_QUEUE_MODEL_H
#define WEFT_TESTS_QUEUE_MODEL_H

/* Operations on one queue, each compared with an array in the order of getting. */

#include "fuzz.h"
#include "weft/queue.h"

/* Creates the queue, does what the input says and closes it. `options` may name any order;
 * WEFT_PRIORITY compares the first byte of items. */
void fuzz_a_queue(struct input *in, size_t item_size, const weft_queue_options *options);

/* For WEFT_PRIORITY: by the first byte. */
int compare_first_byte(const void *a, const void *b);

#endif
