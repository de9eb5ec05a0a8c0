/* SPDX-License-Identifier: MIT */
/* A function over an array, in the calling thread's time: an ordered imap, collected. */
#include <stdint.h>
#include <string.h>

#include "internal.h"
#include "pool.h"

/* What went wrong with the first item that failed. */
struct failure {
    int err;
    char sentence[300];
};

static void note(struct failure *failure, int err, size_t index)
{
    if (failure->err != 0)
        return;
    failure->err = err;
    weft__fail(err, "map: item %zu: %s", index, weft_last_error());
    strncpy(failure->sentence, weft_last_error(), sizeof(failure->sentence) - 1);
}

static int collect(weft_imap *imap, size_t count, char *results, size_t result_size,
                   weft_time until)
{
    struct failure failure = {0};
    size_t told = 0;

    while (told < count) {
        size_t index = SIZE_MAX;
        int err =
            weft_imap_next(imap, &index, results ? results + told * result_size : NULL, until);

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

/* So that each worker comes back for more a few times: they end at about the same time. */
static size_t default_chunk(const weft_executor *executor, size_t count)
{
    size_t tasks = (size_t)executor->workers * 4;

    return (count + tasks - 1) / tasks;
}

int weft_map_with(weft_executor *executor, weft_function *function, const void *items,
                  size_t item_size, size_t item_count, void *results, size_t result_size,
                  size_t result_count, const weft_map_options *options, weft_time until)
{
    weft_map_options filled = options ? *options : (weft_map_options){0};
    weft_imap *imap;
    int err;

    if (results && result_count != item_count)
        return weft__misuse(WEFT_EINVAL, "map: %zu items, but room for %zu results", item_count,
                            result_count);
    if (filled.chunk == 0)
        filled.chunk = default_chunk(executor, item_count);
    err = weft__imap_start(&imap, executor, function, items, item_size, item_count,
                           results ? result_size : 0, WEFT_ORDERED, &filled, until);
    if (err != 0)
        return err;
    err = collect(imap, item_count, results, result_size, until);
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
