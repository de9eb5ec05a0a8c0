/* SPDX-License-Identifier: MIT */
/*
 * A function over an array, in the calling thread's time: an imap, collected. Over processes
 * it is unordered, so that what a dead worker leaves is met and run again at once.
 */
#include <stdint.h>
#include <string.h>

#include "imap.h"
#include "internal.h"
#include "thread_pool.h"

/* Bytes of items and results that are enough for one chunk. */
static const size_t ENOUGH = (size_t)4 << 20;

/* What went wrong with the first item, in order, that failed. */
struct failure {
    int err;
    size_t index;
    char sentence[300];
};

static void note(struct failure *failure, int err, size_t index)
{
    if (failure->err != 0 && failure->index < index)
        return;
    failure->err = err;
    failure->index = index;
    weft__fail(err, "map: item %zu: %s", index, weft_last_error());
    strncpy(failure->sentence, weft_last_error(), sizeof(failure->sentence) - 1);
}

static int collect(weft_imap *imap, size_t count, weft_time until)
{
    struct failure failure = {0};
    size_t told = 0;

    while (told < count) {
        size_t index = SIZE_MAX, taken;
        bool died;
        int err = weft__imap_next_chunk(imap, &taken, until);

        told += taken;
        if (taken > 0)
            continue;
        if (err == 0)
            err = weft__imap_next(imap, &index, NULL, &died, until);
        if (err != 0 && index == SIZE_MAX) {
            /* Not an item's own error: the deadline, or the pool takes no more. */
            if (failure.err == 0)
                return weft__fail(err, "map: %zu of %zu items done: %s", told, count,
                                  weft_last_error());
            break;
        }
        if (err != 0)
            note(&failure, err, index);
        told++;
    }
    return failure.err != 0 ? weft__fail(failure.err, "%s", failure.sentence) : 0;
}

/* So that each worker comes back for more a few times: they end at about the same time. With
 * a limit one item each, because all of a chunk has to keep it. */
static size_t default_chunk(const struct weft__imap_request *request)
{
    size_t tasks = (size_t)request->executor->workers * 4;
    size_t chunk = (request->item_count + tasks - 1) / tasks;
    size_t most = ENOUGH / ((request->item_size + request->result_size) | 1);

    if (request->options && request->options->task && request->options->task->limit > 0)
        most = 1;
    if (chunk > most)
        chunk = most;
    return chunk > 0 ? chunk : 1;
}

int weft_map_with(weft_executor *executor, weft_function *function, const void *items,
                  size_t item_size, size_t item_count, void *results, size_t result_size,
                  size_t result_count, const weft_map_options *options, weft_time until)
{
    struct weft__imap_request request = {.executor = executor,
                                         .function = function,
                                         .items = items,
                                         .item_size = item_size,
                                         .item_count = item_count,
                                         .results = results,
                                         .result_size = results ? result_size : 0,
                                         .order = weft__is_thread_pool(executor) ? WEFT_ORDERED
                                                                                 : WEFT_UNORDERED,
                                         .options = options,
                                         .until = until};
    weft_imap *imap;
    int err;

    if (results && result_count != item_count)
        return weft__misuse(WEFT_EINVAL, "map: %zu items, but room for %zu results", item_count,
                            result_count);
    request.chunk = options && options->chunk > 0 ? options->chunk : default_chunk(&request);
    err = weft__imap_start(&imap, &request);
    if (err != 0)
        return err;
    err = collect(imap, item_count, until);
    weft_imap_close(imap);
    return err;
}

int weft_map(weft_executor *executor, weft_function *function, const void *items, size_t item_size,
             size_t item_count, void *results, size_t result_size, size_t result_count,
             weft_time until)
{
    return weft_map_with(executor, function, items, item_size, item_count, results, result_size,
                         result_count, NULL, until);
}
