/* SPDX-License-Identifier: MIT */
#ifndef WEFT_CHUNK_H
#define WEFT_CHUNK_H

/*
 * Several items of a map as one task of a pool of threads: copies of the items, and room
 * for what each of them gives. Shared by the task, which writes, and by the iterator,
 * which reads once the task is done; the last of the two frees it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "weft/future.h"
#include "weft/task.h"

typedef struct weft__chunk weft__chunk;

/* With two references, the task's and the iterator's. */
int weft__chunk_create(weft__chunk **chunk, weft_function *function, const void *items,
                       size_t item_size, size_t count, size_t result_size);
void weft__chunk_release(weft__chunk *chunk); /* NULL: nothing happens */

/* The task; its argument is the weft__chunk *, whose reference it drops at its end. Who
 * cancels it before it has begun drops that one too. */
int weft__chunk_run(weft_task *task);

/* Copies the results of all items, if none has failed; otherwise false, and nothing. */
bool weft__chunk_take_all(const weft__chunk *chunk, void *results);

/* What the item at `place` gave: 0 and its result, or its error. The iterator asks in
 * ascending order. */
int weft__chunk_result(weft__chunk *chunk, size_t place, void *result);

#endif
