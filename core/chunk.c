/* SPDX-License-Identifier: MIT */
/* Several items of a map as one task. See chunk.h. */
#include "chunk.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "weft/atomic.h"
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
    struct failure *failures; /* the task's until it is done, like the results */
    int unknown;              /* a failure that there was no memory to keep */
    size_t written;           /* bytes of the present item's result; SIZE_MAX: none */
    char *items, *results;    /* behind the struct, aligned */
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
    chunk->items = (char *)chunk + aligned(sizeof(*chunk));
    chunk->results = chunk->items + items_size;
    if (item_size > 0)
        memcpy(chunk->items, items, item_size * count);
    *out = chunk;
    return 0;
}

void weft__chunk_release(weft__chunk *chunk)
{
    if (!chunk || weft_fetch_sub_u32(&chunk->references, 1, WEFT_ACQ_REL) > 1)
        return;
    while (chunk->failures) {
        struct failure *next = chunk->failures->next;

        weft_free(chunk->failures);
        chunk->failures = next;
    }
    weft_free(chunk);
}

/* Where WEFT_RETURN() of the present item goes. */
struct place {
    weft__chunk *chunk;
    size_t index;
};

static int keep_result(weft_task *task, const void *result, size_t size)
{
    struct place *place = task->context;
    weft__chunk *chunk = place->chunk;

    chunk->written = size;
    if (chunk->result_size == 0 || size != chunk->result_size)
        return 0; /* the check is at the end: the last call counts */
    memcpy(chunk->results + place->index * size, result, size);
    return 0;
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
    failure->next = chunk->failures;
    chunk->failures = failure;
}

static void run_item(weft__chunk *chunk, size_t index, const char *name)
{
    struct place place = {chunk, index};
    weft_task task;
    int code;

    weft__task_init(&task, chunk->items + index * chunk->item_size, chunk->item_size, name);
    task.returned = keep_result;
    task.context = &place;
    chunk->written = SIZE_MAX;
    code = weft__task_run(&task, chunk->function);
    if (code == 0 && chunk->result_size > 0 && chunk->written != chunk->result_size)
        code = weft_task_fail(&task, WEFT_EINVAL, "its result is %zu bytes, not %zu",
                              chunk->written == SIZE_MAX ? 0 : chunk->written,
                              chunk->result_size);
    if (code != 0)
        note(chunk, index, code, task.sentence);
}

int weft__chunk_run(weft_task *task)
{
    weft__chunk *chunk = WEFT_ARG(task, weft__chunk *);

    for (size_t i = 0; i < chunk->count; i++)
        run_item(chunk, i, weft_task_name(task));
    weft__chunk_release(chunk);
    return 0;
}

int weft__chunk_result(const weft__chunk *chunk, size_t place, void *result)
{
    for (const struct failure *failure = chunk->failures; failure; failure = failure->next)
        if (failure->place == place)
            return weft__fail(failure->code, "%s", failure->sentence);
    if (chunk->unknown != 0)
        return weft__fail(chunk->unknown, "map: an item failed, and there was no memory to say "
                                          "which");
    if (result && chunk->result_size > 0)
        memcpy(result, chunk->results + place * chunk->result_size, chunk->result_size);
    return 0;
}
