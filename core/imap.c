/* SPDX-License-Identifier: MIT */
/* Iterating over the results of a function over many items. See imap.h. */
#include "imap.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "promise.h"
#include "thread_pool.h"
#include "weft/memory.h"

enum { AHEAD_PER_WORKER = 4, AHEAD_AT_LEAST = 16 };

/* Bytes of items and results that are enough under way. */
static const size_t ENOUGH = (size_t)64 << 20;

static size_t chunk_size(const weft_imap *imap)
{
    size_t size = imap->kind.item_size + imap->kind.result_size;

    if (imap->processes)
        return weft__process_chunk_size(&imap->kind);
    return size < SIZE_MAX / imap->kind.most ? size * imap->kind.most : SIZE_MAX;
}

/* So many chunks that no worker waits for the caller, but, if they are large, hardly more
 * than are being worked on. */
static size_t window_for(const weft_imap *imap, size_t ahead)
{
    size_t chunks = (imap->item_count + imap->kind.most - 1) / imap->kind.most;
    size_t window = (size_t)imap->executor->workers * AHEAD_PER_WORKER;
    size_t enough = ENOUGH / (chunk_size(imap) | 1);

    if (window < AHEAD_AT_LEAST)
        window = AHEAD_AT_LEAST;
    if (enough <= imap->executor->workers)
        enough = (size_t)imap->executor->workers + 1;
    if (window > enough)
        window = enough;
    if (ahead > 0)
        window = ahead;
    return window < chunks ? window : chunks;
}

/* An imap that nothing has been submitted for. */
static int create(weft_imap **out, const struct weft__imap_request *request)
{
    const weft_map_options *options = request->options;
    bool processes = !weft__is_thread_pool(request->executor);
    size_t count = request->item_count > 0 ? request->item_count : 1;
    weft_imap proto = {
        .executor = request->executor,
        .processes = processes,
        .kind = {.function = request->function,
                 .item_size = request->item_size,
                 .result_size = request->result_size,
                 .most = request->chunk < count ? request->chunk : count,
                 .items_stay = processes && weft_shared_offset(request->items) != 0,
                 .results_there = processes && weft_shared_offset(request->results) != 0},
        .items = request->items,
        .results = request->results,
        .item_count = request->item_count};
    weft_imap *imap;

    proto.window = window_for(&proto, options ? options->ahead : 0);
    imap = weft_alloc(sizeof(*imap) + proto.window * sizeof(imap->slots[0]));
    if (!imap)
        return WEFT_ENOMEM;
    memcpy(imap, &proto, sizeof(proto));
    if (options && options->task) {
        imap->task = *options->task;
        imap->options = &imap->task;
    }
    *out = imap;
    return 0;
}

int weft__imap_start(weft_imap **out, const struct weft__imap_request *request)
{
    weft_imap *imap;
    int err;

    if (!request->function)
        return weft__misuse(WEFT_EINVAL, "executor %p: no function to run",
                            (void *)request->executor);
    err = create(&imap, request);
    if (err != 0)
        return err;
    if (request->order == WEFT_UNORDERED)
        err = weft_as_completed(&imap->completion, NULL, 0);
    if (err == 0)
        err = weft__imap_refill(imap, request->until);
    if (err != 0) {
        weft_imap_close(imap);
        return err;
    }
    *out = imap;
    return 0;
}

int weft_imap_start_with(weft_imap **imap, weft_executor *executor, weft_function *function,
                         const void *items, size_t item_size, size_t item_count, size_t result_size,
                         enum weft_imap_order order, const weft_map_options *options)
{
    const struct weft__imap_request request = {
        .executor = executor,
        .function = function,
        .items = items,
        .item_size = item_size,
        .item_count = item_count,
        .result_size = result_size,
        .order = order,
        .chunk = options && options->chunk > 0 ? options->chunk : 1,
        .options = options,
        .until = WEFT_FOREVER};

    return weft__imap_start(imap, &request);
}

int weft_imap_start(weft_imap **imap, weft_executor *executor, weft_function *function,
                    const void *items, size_t item_size, size_t item_count, size_t result_size,
                    enum weft_imap_order order)
{
    return weft_imap_start_with(imap, executor, function, items, item_size, item_count, result_size,
                                order, NULL);
}

/* A slot whose future is done. */
static int await_slot(weft_imap *imap, struct weft__slot **slot, weft_time until)
{
    size_t place = imap->window > 0 ? imap->chunks_told % imap->window : 0;
    int err;

    if (!imap->again && imap->completion) {
        err = weft_completion_next(imap->completion, &place, until);
        *slot = &imap->slots[place];
        return err;
    }
    *slot = imap->again ? imap->again : &imap->slots[place];
    return weft__future_await((*slot)->future, until);
}

/* Makes the chunk whose results come next the current one. */
static int find_current(weft_imap *imap, weft_time until)
{
    struct weft__slot *slot;
    int err = 0;

    if (imap->told == imap->submitted) /* the refill that failed before decides now */
        err = weft__imap_refill(imap, until);
    while (err == 0) {
        if (imap->again && !imap->again->future) {
            slot = imap->again;
            err = weft__imap_submit_again(imap, until);
            if (err == 0 && !slot->future)
                break; /* refused for good */
            continue;
        }
        err = await_slot(imap, &slot, until);
        if (err == 0 && weft__imap_settle(imap, slot))
            break;
    }
    if (err != 0)
        return err;
    imap->again = NULL;
    imap->current = slot;
    imap->taken = 0;
    return 0;
}

/* All results of the current chunk have been taken: its slot gets the next items. */
static void leave_current(weft_imap *imap, weft_time until)
{
    weft__slot_empty(imap->current);
    imap->current = NULL;
    imap->chunks_told++;
    (void)weft__imap_refill(imap, until);
}

static int result_of(const weft_imap *imap, void *result, bool *died)
{
    const struct weft__slot *slot = imap->current;
    void *place = imap->kind.result_size > 0 ? result : NULL;
    int err;

    *died = false;
    if (slot->process_chunk)
        return weft__process_chunk_result(slot->process_chunk, imap->taken, place, died);
    if (!slot->chunk)
        return weft_future_result(slot->future, place, place ? imap->kind.result_size : 0,
                                  WEFT_NOW);
    /* The chunk's task itself fails only if it never ran. */
    err = weft_future_result(slot->future, NULL, 0, WEFT_NOW);
    return err != 0 ? err : weft__chunk_result(slot->chunk, imap->taken, place);
}

static bool take_all(const weft_imap *imap, const struct weft__slot *slot)
{
    char *results = imap->results ? imap->results + slot->first * imap->kind.result_size : NULL;
    const char *sentence;

    if (slot->process_chunk)
        return weft__process_chunk_take_all(slot->process_chunk, results);
    return slot->chunk && weft__future_error(slot->future, &sentence) == 0 &&
           weft__chunk_take_all(slot->chunk, results);
}

int weft__imap_next_chunk(weft_imap *imap, size_t *count, weft_time until)
{
    int err = imap->current ? 0 : find_current(imap, until);

    *count = 0;
    if (err != 0 || imap->taken > 0 || !take_all(imap, imap->current))
        return err;
    *count = imap->current->count;
    imap->told += *count;
    leave_current(imap, until);
    return 0;
}

int weft__imap_next(weft_imap *imap, size_t *index, void *result, bool *died, weft_time until)
{
    char sentence[256];
    size_t item;
    int err;

    if (imap->told == imap->item_count)
        return weft__fail(WEFT_ECLOSED, "imap: all %zu results have been taken", imap->item_count);
    err = imap->current ? 0 : find_current(imap, until);
    if (err != 0)
        return err;
    item = imap->current->first + imap->taken;
    *index = item;
    if (imap->results)
        result = imap->results + item * imap->kind.result_size;
    err = result_of(imap, result, died);
    imap->taken++;
    imap->told++;
    if (imap->taken < imap->current->count)
        return err;
    snprintf(sentence, sizeof(sentence), "%s", err != 0 ? weft_last_error() : "");
    leave_current(imap, until);
    return err != 0 ? weft__fail(err, "%s", sentence) : 0; /* not that of a refused refill */
}

int weft_imap_next(weft_imap *imap, size_t *index, void *result, weft_time until)
{
    char sentence[256];
    size_t item = SIZE_MAX;
    bool died = false;
    int err = weft__imap_next(imap, &item, result, &died, until);

    if (index && item != SIZE_MAX)
        *index = item;
    if (!died)
        return err;
    snprintf(sentence, sizeof(sentence), "%s", weft_last_error());
    return weft__fail(err, "imap: item %zu: %s", item, sentence);
}

void weft_imap_close(weft_imap *imap)
{
    if (!imap || (imap->processes && weft__arena_check() != 0))
        return; /* in a forked process, the chunks are its parent's */
    /* One after the other: what is stopped makes room for nothing that nobody wants, and all
     * that is stopped stops at once. */
    for (size_t i = 0; i < imap->window; i++)
        weft__slot_abandon(&imap->slots[i]);
    for (size_t i = 0; i < imap->window; i++)
        weft__slot_interrupt(&imap->slots[i]);
    for (size_t i = 0; i < imap->window; i++)
        weft__slot_close(&imap->slots[i]);
    weft_completion_close(imap->completion);
    weft_free(imap);
}
