/* SPDX-License-Identifier: MIT */
/*
 * A function over many items, with a bounded number of them under way.
 *
 * An imap belongs to one thread at a time, so it needs no lock. It has a slot per chunk
 * under way; a slot whose results have been taken is filled with the next items at once.
 * Ordered, a chunk's slot follows from its number; unordered, a completion tells which
 * slot is done.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "chunk.h"
#include "internal.h"
#include "promise.h"
#include "thread_pool.h"
#include "weft/memory.h"

enum { AHEAD_PER_WORKER = 4, AHEAD_AT_LEAST = 16 };

struct under_way {
    weft_future *future; /* NULL: the slot is free */
    weft__chunk *chunk;  /* NULL: the future is the item's own */
    size_t first, count; /* which items */
};

struct weft_imap {
    weft_executor *executor;
    weft_function *function;
    const char *items;
    size_t item_size, item_count, result_size;
    weft_completion *completion; /* NULL: ordered */
    size_t chunk;                /* items per task */
    size_t submitted, told;      /* items */
    size_t chunks;               /* submitted; a chunk's number is how many were before it */
    size_t chunks_told;          /* chunks whose results have all been taken */
    struct under_way *current;   /* the chunk that results are taken from; NULL: none */
    size_t taken;                /* of its results */
    size_t window;
    struct under_way slots[];
};

static const char *item(const weft_imap *imap, size_t index)
{
    return imap->items + index * imap->item_size;
}

static int submit(weft_imap *imap, struct under_way *slot, weft_time until)
{
    int err;

    if (imap->chunk == 1)
        return weft_submit_with(imap->executor, &slot->future, imap->function,
                                item(imap, slot->first), imap->item_size, NULL, until);
    err = weft__chunk_create(&slot->chunk, imap->function, item(imap, slot->first),
                             imap->item_size, slot->count, imap->result_size);
    if (err != 0)
        return err;
    err = weft_submit_with(imap->executor, &slot->future, weft__chunk_run, &slot->chunk,
                           sizeof(slot->chunk), NULL, until);
    if (err != 0)
        weft__chunk_release(slot->chunk); /* the task's reference */
    return err;
}

/* The slot is free again; what has not begun is cancelled. */
static void empty(struct under_way *slot)
{
    if (slot->future && weft__future_withdraw(slot->future))
        weft__chunk_release(slot->chunk); /* the reference of a task that never ran */
    weft_future_release(slot->future);
    weft__chunk_release(slot->chunk);
    slot->future = NULL;
    slot->chunk = NULL;
}

/* Puts the next items under way in a free slot, if there are items left. In a pool with a
 * bound that may have to wait for a place, or be refused. */
static int fill(weft_imap *imap, struct under_way *slot, weft_time until)
{
    size_t left = imap->item_count - imap->submitted;
    int err;

    if (left == 0)
        return 0;
    slot->first = imap->submitted;
    slot->count = left < imap->chunk ? left : imap->chunk;
    err = submit(imap, slot, until);
    if (err == 0 && imap->completion)
        err = weft__completion_add(imap->completion, slot->future, (size_t)(slot - imap->slots));
    if (err != 0) {
        empty(slot);
        return err;
    }
    imap->submitted += slot->count;
    imap->chunks++;
    return 0;
}

/* In order, a chunk's slot follows from its number; otherwise any free one does. */
static struct under_way *free_slot(weft_imap *imap)
{
    struct under_way *slot = &imap->slots[imap->chunks % imap->window];

    while (slot->future)
        slot = slot + 1 < imap->slots + imap->window ? slot + 1 : imap->slots;
    return slot;
}

/* As much as may be. A full pool is no failure while something is under way, and no other
 * refusal is lost: the call that needs the items meets it again. */
static int refill(weft_imap *imap, weft_time until)
{
    int err = 0;

    while (err == 0 && imap->submitted < imap->item_count &&
           imap->chunks - imap->chunks_told < imap->window)
        err = fill(imap, free_slot(imap), until);
    if (imap->submitted > imap->told && (err == WEFT_EBUSY || err == WEFT_ETIMEDOUT))
        err = 0;
    return err;
}

static size_t window_for(const weft_imap *imap, size_t ahead)
{
    size_t chunks = (imap->item_count + imap->chunk - 1) / imap->chunk;
    size_t window = (size_t)imap->executor->workers * AHEAD_PER_WORKER;

    if (window < AHEAD_AT_LEAST)
        window = AHEAD_AT_LEAST;
    if (ahead > 0)
        window = ahead;
    return window < chunks ? window : chunks;
}

int weft__imap_start(weft_imap **out, weft_executor *executor, weft_function *function,
                     const void *items, size_t item_size, size_t item_count, size_t result_size,
                     enum weft_imap_order order, const weft_map_options *options, weft_time until)
{
    weft_imap proto = {.executor = executor,
                       .function = function,
                       .items = items,
                       .item_size = item_size,
                       .item_count = item_count,
                       .result_size = result_size,
                       .chunk = options && options->chunk > 0 ? options->chunk : 1};
    weft_imap *imap;
    int err = 0;

    if (!function)
        return weft__misuse(WEFT_EINVAL, "executor %p: no function to run", (void *)executor);
    if (!weft__is_thread_pool(executor))
        proto.chunk = 1;
    proto.window = window_for(&proto, options ? options->ahead : 0);
    imap = weft_alloc(sizeof(*imap) + proto.window * sizeof(struct under_way));
    if (!imap)
        return WEFT_ENOMEM;
    memcpy(imap, &proto, sizeof(proto));
    if (order == WEFT_UNORDERED)
        err = weft_as_completed(&imap->completion, NULL, 0);
    if (err == 0)
        err = refill(imap, until);
    if (err != 0) {
        weft_imap_close(imap);
        return err;
    }
    *out = imap;
    return 0;
}

int weft_imap_start_with(weft_imap **imap, weft_executor *executor, weft_function *function,
                         const void *items, size_t item_size, size_t item_count,
                         size_t result_size, enum weft_imap_order order,
                         const weft_map_options *options)
{
    return weft__imap_start(imap, executor, function, items, item_size, item_count, result_size,
                            order, options, WEFT_FOREVER);
}

int weft_imap_start(weft_imap **imap, weft_executor *executor, weft_function *function,
                    const void *items, size_t item_size, size_t item_count, size_t result_size,
                    enum weft_imap_order order)
{
    return weft_imap_start_with(imap, executor, function, items, item_size, item_count,
                                result_size, order, NULL);
}

/* Makes the chunk whose results come next the current one. */
static int find_current(weft_imap *imap, weft_time until)
{
    size_t place = imap->window > 0 ? imap->chunks_told % imap->window : 0;
    int err = 0;

    if (imap->told == imap->submitted) /* the refill that failed before decides now */
        err = refill(imap, until);
    if (err != 0)
        return err;
    if (imap->completion)
        err = weft_completion_next(imap->completion, &place, until);
    else
        err = weft__future_await(imap->slots[place].future, until);
    if (err != 0)
        return err;
    imap->current = &imap->slots[place];
    imap->taken = 0;
    return 0;
}

/* All results of the current chunk have been taken: its slot gets the next items. */
static void leave_current(weft_imap *imap, weft_time until)
{
    empty(imap->current);
    imap->current = NULL;
    imap->chunks_told++;
    (void)refill(imap, until);
}

static int result_of(const weft_imap *imap, void *result)
{
    const struct under_way *slot = imap->current;
    void *place = imap->result_size > 0 ? result : NULL;

    if (!slot->chunk)
        return weft_future_result(slot->future, place, place ? imap->result_size : 0, WEFT_NOW);
    /* The chunk's task itself fails only if it never ran. */
    int err = weft_future_result(slot->future, NULL, 0, WEFT_NOW);
    return err != 0 ? err : weft__chunk_result(slot->chunk, imap->taken, place);
}

int weft_imap_next(weft_imap *imap, size_t *index, void *result, weft_time until)
{
    char sentence[256];
    int err;

    if (imap->told == imap->item_count)
        return weft__fail(WEFT_ECLOSED, "imap: all %zu results have been taken", imap->item_count);
    err = imap->current ? 0 : find_current(imap, until);
    if (err != 0)
        return err;
    if (index)
        *index = imap->current->first + imap->taken;
    err = result_of(imap, result);
    imap->taken++;
    imap->told++;
    if (imap->taken < imap->current->count)
        return err;
    snprintf(sentence, sizeof(sentence), "%s", err != 0 ? weft_last_error() : "");
    leave_current(imap, until);
    return err != 0 ? weft__fail(err, "%s", sentence) : 0; /* not that of a refused refill */
}

void weft_imap_close(weft_imap *imap)
{
    if (!imap)
        return;
    for (size_t i = 0; i < imap->window; i++)
        empty(&imap->slots[i]);
    weft_completion_close(imap->completion);
    weft_free(imap);
}
