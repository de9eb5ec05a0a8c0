/* SPDX-License-Identifier: MIT */
/* What is registered with a poller, by address: a hash table of chains, at most one entry per
 * chain on average. Under the poller's lock. */
#include "internal.h"
#include "poller_object.h"
#include "weft/memory.h"

enum { FIRST_SIZE = 8 };

static struct weft__polled **chain_of(const struct weft__poller_table *table, const void *key)
{
    uint64_t address = (uintptr_t)key;

    return &table->chains[(address * UINT64_C(0x9E3779B97F4A7C15)) >> 32 & (table->size - 1)];
}

struct weft__polled *weft__poller_find(const struct weft__poller_table *table, const void *key)
{
    struct weft__polled *polled = table->size > 0 ? *chain_of(table, key) : NULL;

    while (polled && weft__polled_key(polled) != key)
        polled = polled->next;
    return polled;
}

struct weft__polled *weft__poller_empty(struct weft__poller_table *table)
{
    struct weft__polled *all = NULL, *polled;

    for (size_t i = 0; i < table->size; i++)
        while ((polled = table->chains[i]) != NULL) {
            table->chains[i] = polled->next;
            polled->next = all;
            all = polled;
        }
    weft_free(table->chains);
    *table = (struct weft__poller_table){0};
    return all;
}

int weft__poller_make_room(struct weft__poller_table *table)
{
    struct weft__poller_table larger = {.size = table->size > 0 ? table->size * 2 : FIRST_SIZE};
    struct weft__polled *all;

    if (table->count < table->size)
        return 0;
    larger.chains = weft_alloc(larger.size * sizeof(larger.chains[0]));
    if (!larger.chains)
        return WEFT_ENOMEM;
    all = weft__poller_empty(table);
    while (all) {
        struct weft__polled *polled = all;

        all = polled->next;
        weft__poller_insert(&larger, polled);
    }
    *table = larger;
    return 0;
}

void weft__poller_insert(struct weft__poller_table *table, struct weft__polled *polled)
{
    struct weft__polled **chain = chain_of(table, weft__polled_key(polled));

    polled->next = *chain;
    *chain = polled;
    table->count++;
}

void weft__poller_take_out(struct weft__poller_table *table, struct weft__polled *polled)
{
    struct weft__polled **link = chain_of(table, weft__polled_key(polled));

    while (*link != polled)
        link = &(*link)->next;
    *link = polled->next;
    table->count--;
}
