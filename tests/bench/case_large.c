/* SPDX-License-Identifier: MIT */
/*
 * A map of large items in a pool of processes. The first pass finds cold memory, and is
 * when the memory of all processes is looked at; the second one is timed.
 */
#include "cases.h"

#include <stdlib.h>
#include <string.h>

#include "processes.h"
#include "tree.h"

#define ITEMS 64

static void fill(unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(i ^ (i >> 12));
}

/* Whether all bytes are what one more makes of fill()'s. */
static int is_filled(const unsigned char *bytes, size_t size)
{
    unsigned wrong = 0;

    for (size_t i = 0; i < size; i++)
        wrong |= (unsigned char)((i ^ (i >> 12)) + 1) ^ bytes[i];
    return wrong == 0;
}

static void *plain_memory(size_t size)
{
    void *memory = malloc(size);

    need(memory != NULL, "malloc");
    return memory;
}

static void large(const struct large_calls *calls, struct run *run)
{
    size_t item_size = (size_t)(run->work << 20) / ITEMS, size = item_size * ITEMS;
    void *pool = calls->open(run->a);
    void *(*memory)(size_t size) = calls->memory != NULL ? calls->memory : plain_memory;
    unsigned char *items = memory(size), *results = memory(size);
    struct watch watch;
    double most;

    fill(items, size);
    watch_begin(&watch);
    calls->add_one(pool, items, results, item_size, ITEMS);
    most = watch_end(&watch);
    if (!is_filled(results, size))
        run->wrong = "a byte of the first pass is wrong";
    memset(results, 0, size);
    run_begin(run);
    calls->add_one(pool, items, results, item_size, ITEMS);
    run_end(run);
    if (!is_filled(results, size))
        run->wrong = "a byte is wrong";
    calls->close(pool);
    run->value = (double)size / run->seconds * 1e-9;
    run->unit = "GB/s";
    run_note(run, "memory", most / (2 * (double)size));
}

void case_large(const struct peer *peer, struct run *run)
{
    large(peer->large, run);
}

void case_large_shared(const struct peer *peer, struct run *run)
{
    large(peer->large_shared, run);
}
