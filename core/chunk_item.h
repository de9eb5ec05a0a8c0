/* SPDX-License-Identifier: MIT */
#ifndef WEFT_CHUNK_ITEM_H
#define WEFT_CHUNK_ITEM_H

/* One item of a map after the other, for a chunk of any kind: the function runs, and its
 * result lands where the chunk wants it. */

#include <stdbool.h>
#include <stddef.h>

#include "internal.h"

/* Who runs the items of a chunk. Belongs to one thread. */
struct weft__items {
    weft_function *function; /* these are set before the first item */
    const char *name;        /* of the thread or process */
    size_t item_size;
    size_t result_size; /* 0: no results are wanted */
    char *place;        /* of the present item's result; result_size bytes */
    size_t written;     /* bytes of that result; SIZE_MAX: none yet */
    bool aside;         /* it lies in `scratch` */
    void *scratch;      /* room for what cannot be written in place; freed by _done() */
    size_t scratch_size;
    weft_task task; /* its sentence says why the item failed */
};

void weft__items_init(struct weft__items *items, weft_function *function, size_t item_size,
                      size_t result_size, const char *name);
void weft__items_done(struct weft__items *items);

/* Runs the function for one item; its code. Whatever it is, `place` may have been written. */
int weft__items_run(struct weft__items *items, const void *item, void *place);

#endif
