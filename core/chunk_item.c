/* SPDX-License-Identifier: MIT */
/*
 * One item of a map after the other. A result is written in place when it has the right size
 * and the place is aligned for any type, as weft_task_result() promises; otherwise it lies in
 * a scratch block until the function has returned, and the check of its size is made then,
 * because the last call counts.
 */
#include "chunk_item.h"

#include <stdint.h>
#include <string.h>

#include "weft/memory.h"

enum { ALIGNED = 16 };

void weft__items_init(struct weft__items *items, weft_function *function, size_t item_size,
                      size_t result_size, const char *name)
{
    items->function = function;
    items->name = name;
    items->item_size = item_size;
    items->result_size = result_size;
    items->scratch = NULL;
    items->scratch_size = 0;
}

void weft__items_done(struct weft__items *items)
{
    weft_free(items->scratch);
}

static int keep_result(weft_task *task, const void *result, size_t size)
{
    struct weft__items *items = task->context;

    items->written = size;
    items->aside = false;
    if (size > 0 && size == items->result_size && result != items->place)
        memmove(items->place, result, size);
    return 0;
}

static void *make_room(weft_task *task, size_t size)
{
    struct weft__items *items = task->context;

    items->written = size;
    items->aside = size != items->result_size || (uintptr_t)items->place % ALIGNED != 0;
    if (!items->aside)
        return items->place;
    if (size >= items->scratch_size) {
        weft_free(items->scratch);
        items->scratch = weft_alloc(size);
        items->scratch_size = items->scratch ? size : 0;
    }
    if (!items->scratch)
        items->written = SIZE_MAX;
    return items->scratch;
}

int weft__items_run(struct weft__items *items, const void *item, void *place)
{
    weft_task *task = &items->task;
    int code;

    weft__task_init(task, item, items->item_size, items->name);
    task->returned = keep_result;
    task->room = make_room;
    task->context = items;
    items->place = place;
    items->written = SIZE_MAX;
    items->aside = false;
    code = weft__task_run(task, items->function);
    if (code != 0 || items->result_size == 0)
        return code;
    if (items->written != items->result_size)
        return weft_task_fail(task, WEFT_EINVAL, "its result is %zu bytes, not %zu",
                              items->written == SIZE_MAX ? 0 : items->written, items->result_size);
    if (items->aside)
        memcpy(items->place, items->scratch, items->result_size);
    return 0;
}
