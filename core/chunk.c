/* SPDX-License-Identifier: MIT */
/* Several items of a map as one task. See chunk.h. */
#include "chunk.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "chunk_item.h"
#include "weft/atomic.h"
#include "weft/cancel.h"
#include "weft/memory.h"

/* What an item's function left instead of 0. */
struct failure {
    struct failure *next;
    size_t place;
    int code;
    char sentence[256];
};

struct weft__chunk {
    weft_atomic_u32 references; /* acq_rel; the last frees */
    weft_function *function;    /* set at creation, like the sizes and the items */
    size_t count, item_size, result_size;
    struct failure *failures, **last; /* by place; the task's until it is done, and then the
                                         iterator's, like what follows */
    int unknown;                      /* a failure that there was no memory to keep */
    size_t cancelled;      /* the items from here on were not begun; SIZE_MAX: all were */
    char *items, *results; /* behind the struct, aligned */
};

static size_t aligned(size_t size)
{
    return (size + 15) / 16 * 16;
}

int weft__chunk_create(weft__chunk **out, weft_function *function, const void *items,
                       size_t item_size, size_t count, size_t result_size)
{
    weft__chunk *chunk;
    size_t items_size = aligned(item_size * count);

    if ((item_size > 0 && count > SIZE_MAX / 4 / item_size) ||
        (result_size > 0 && count > SIZE_MAX / 4 / result_size))
        return weft__fail(WEFT_ENOMEM, "map: %zu items in one chunk", count);
    chunk = weft_alloc(aligned(sizeof(*chunk)) + items_size + result_size * count);
    if (!chunk)
        return WEFT_ENOMEM;
    weft_store_u32(&chunk->references, 2, WEFT_RELAXED);
    chunk->function = function;
    chunk->count = count;
    chunk->item_size = item_size;
    chunk->result_size = result_size;
    chunk->last = &chunk->failures;
    chunk->cancelled = SIZE_MAX;
    chunk->items = (char *)chunk + aligned(sizeof(*chunk));
    chunk->results = chunk->items + items_size;
    if (item_size > 0)
        memcpy(chunk->items, items, item_size * count);
    *out = chunk;
    return 0;
}

static void drop_first(weft__chunk *chunk)
{
    struct failure *next = chunk->failures->next;

    weft_free(chunk->failures);
    chunk->failures = next;
}

void weft__chunk_release(weft__chunk *chunk)
{
    if (!chunk || weft_fetch_sub_u32(&chunk->references, 1, WEFT_ACQ_REL) > 1)
        return;
    while (chunk->failures)
        drop_first(chunk);
    weft_free(chunk);
}

static void note(weft__chunk *chunk, size_t place, int code, const char *sentence)
{
    struct failure *failure = weft_alloc(sizeof(*failure));

    if (!failure) {
        chunk->unknown = WEFT_ENOMEM;
        return;
    }
    failure->place = place;
    failure->code = code;
    snprintf(failure->sentence, sizeof(failure->sentence), "%s", sentence);
    *chunk->last = failure;
    chunk->last = &failure->next;
}

int weft__chunk_run(weft_task *task)
{
    weft__chunk *chunk = WEFT_ARG(task, weft__chunk *);
    struct weft__items items;

    weft__items_init(&items, chunk->function, chunk->item_size, chunk->result_size,
                     weft_task_name(task));
    for (size_t i = 0; i < chunk->count; i++) {
        int code;

        if (weft_cancel_requested(weft__self.cancel)) {
            chunk->cancelled = i;
            break;
        }
        code = weft__items_run(&items, chunk->items + i * chunk->item_size,
                               chunk->results + i * chunk->result_size);
        if (code != 0)
            note(chunk, i, code, items.task.sentence);
    }
    weft__items_done(&items);
    weft__chunk_release(chunk);
    return 0;
}

bool weft__chunk_take_all(const weft__chunk *chunk, void *results)
{
    if (chunk->failures || chunk->cancelled < chunk->count || chunk->unknown != 0)
        return false;
    if (chunk->result_size > 0)
        memcpy(results, chunk->results, chunk->count * chunk->result_size);
    return true;
}

int weft__chunk_result(weft__chunk *chunk, size_t place, void *result)
{
    const struct failure *failure;

    while (chunk->failures && chunk->failures->place < place)
        drop_first(chunk);
    failure = chunk->failures;
    if (failure && failure->place == place)
        return weft__fail(failure->code, "%s", failure->sentence);
    if (place >= chunk->cancelled)
        return weft__fail(WEFT_ECANCELED, "cancelled before it began");
    if (chunk->unknown != 0)
        return weft__fail(chunk->unknown, "map: an item failed, and there was no memory to say "
                                          "which");
    if (result && chunk->result_size > 0)
        memcpy(result, chunk->results + place * chunk->result_size, chunk->result_size);
    return 0;
}
