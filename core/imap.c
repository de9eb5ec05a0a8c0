/* SPDX-License-Identifier: MIT */
/*
 * A function over many items, with a bounded number of them under way.
 *
 * An imap belongs to one thread at a time, so it needs no lock. It has a slot per item
 * under way; a slot that is taken is filled with the next item at once. Ordered, an
 * item's slot follows from its number; unordered, a completion tells which slot is done.
 */
#include <string.h>

#include "internal.h"
#include "pool.h"
#include "promise.h"
#include "weft/memory.h"

enum { AHEAD_PER_WORKER = 4, AHEAD_AT_LEAST = 16 };

struct under_way {
    weft_future *future; /* NULL: the slot is free */
    size_t index;        /* of the item */
};

struct weft_imap {
    weft_executor *executor;
    weft_function *function;
    const char *items;
    size_t item_size, item_count, result_size;
    weft_completion *completion; /* NULL: ordered */
    size_t submitted, told;
    size_t window;
    struct under_way slots[];
};

static const char *item(const weft_imap *imap, size_t index)
{
    return imap->items + index * imap->item_size;
}

/* Puts the next item under way in a free slot, if there is an item left. */
static int fill(weft_imap *imap, struct under_way *slot)
{
    int err;

    if (imap->submitted == imap->item_count)
        return 0;
    slot->index = imap->submitted;
    err = weft_submit(imap->executor, &slot->future, imap->function, item(imap, slot->index),
                      imap->item_size);
    if (err != 0)
        return err;
    if (imap->completion)
        err = weft__completion_add(imap->completion, slot->future, (size_t)(slot - imap->slots));
    if (err != 0) {
        (void)weft__future_withdraw(slot->future);
        weft_future_release(slot->future);
        slot->future = NULL;
        return err;
    }
    imap->submitted++;
    return 0;
}

int weft_imap_start(weft_imap **out, weft_executor *executor, weft_function *function,
                    const void *items, size_t item_size, size_t item_count, size_t result_size,
                    enum weft_imap_order order)
{
    size_t window = (size_t)executor->workers * AHEAD_PER_WORKER;
    weft_imap *imap;
    int err = 0;

    if (window < AHEAD_AT_LEAST)
        window = AHEAD_AT_LEAST;
    if (window > item_count)
        window = item_count;
    imap = weft_alloc(sizeof(*imap) + window * sizeof(struct under_way));
    if (!imap)
        return WEFT_ENOMEM;
    imap->executor = executor;
    imap->function = function;
    imap->items = items;
    imap->item_size = item_size;
    imap->item_count = item_count;
    imap->result_size = result_size;
    imap->window = window;
    if (order == WEFT_UNORDERED)
        err = weft_as_completed(&imap->completion, NULL, 0);
    for (size_t i = 0; i < window && err == 0; i++)
        err = fill(imap, &imap->slots[i]);
    if (err != 0) {
        weft_imap_close(imap);
        return err;
    }
    *out = imap;
    return 0;
}

/* The slot whose result comes next. */
static int next_slot(weft_imap *imap, struct under_way **slot, weft_time until)
{
    size_t place = imap->told % imap->window;
    int err = 0;

    if (imap->told == imap->submitted) /* the refill that failed before decides now */
        err = fill(imap, &imap->slots[place]);
    if (err != 0)
        return err;
    if (imap->completion)
        err = weft_completion_next(imap->completion, &place, until);
    else
        err = weft_future_wait(&imap->slots[place].future, 1, WEFT_ALL_COMPLETED, until);
    *slot = &imap->slots[place];
    return err;
}

int weft_imap_next(weft_imap *imap, size_t *index, void *result, weft_time until)
{
    struct under_way *slot;
    int err;

    if (imap->told == imap->item_count)
        return weft__fail(WEFT_ECLOSED, "imap: all %zu results have been taken", imap->item_count);
    err = next_slot(imap, &slot, until);
    if (err != 0)
        return err;
    if (index)
        *index = slot->index;
    err = weft_future_result(slot->future, imap->result_size > 0 ? result : NULL, imap->result_size,
                             WEFT_NOW);
    weft_future_release(slot->future);
    slot->future = NULL;
    imap->told++;
    /* In order, an item's slot follows from its number; otherwise any free one does. A
     * refusal is not lost: the call that needs the item meets it again. */
    (void)fill(imap, imap->completion ? slot : &imap->slots[imap->submitted % imap->window]);
    return err;
}

void weft_imap_close(weft_imap *imap)
{
    if (!imap)
        return;
    for (size_t i = 0; i < imap->window; i++) {
        if (!imap->slots[i].future)
            continue;
        (void)weft__future_withdraw(imap->slots[i].future);
        weft_future_release(imap->slots[i].future);
    }
    weft_completion_close(imap->completion);
    weft_free(imap);
}
