/* SPDX-License-Identifier: MIT */
/* The slots of an imap: chunks that are submitted, submitted again, and let go. See imap.h. */
#include "imap.h"

#include "internal.h"
#include "promise.h"

static const char *item(const weft_imap *imap, size_t index)
{
    return imap->items + index * imap->kind.item_size;
}

static int submit_to_threads(weft_imap *imap, struct weft__slot *slot, weft_time until)
{
    const struct weft__chunk_kind *kind = &imap->kind;
    int err;

    if (kind->most == 1)
        return weft_submit_with(imap->executor, &slot->future, kind->function,
                                item(imap, slot->first), kind->item_size, imap->options, until);
    err = weft__chunk_create(&slot->chunk, kind->function, item(imap, slot->first), kind->item_size,
                             slot->count, kind->result_size);
    if (err != 0)
        return err;
    err = weft_submit_with(imap->executor, &slot->future, weft__chunk_run, &slot->chunk,
                           sizeof(slot->chunk), imap->options, until);
    if (err != 0)
        weft__chunk_release(slot->chunk); /* the task's reference */
    return err;
}

static int submit_to_processes(weft_imap *imap, struct weft__slot *slot, weft_time until)
{
    char *results = imap->results ? imap->results + slot->first * imap->kind.result_size : NULL;
    int err = 0;

    if (!slot->process_chunk)
        err = weft__process_chunk_create(&slot->process_chunk, &imap->kind);
    if (err != 0)
        return err;
    weft__process_chunk_fill(slot->process_chunk, item(imap, slot->first), slot->count, results);
    return weft__process_chunk_submit(slot->process_chunk, imap->executor, &slot->future,
                                      imap->options, until);
}

void weft__slot_empty(struct weft__slot *slot)
{
    if (slot->chunk && slot->future && weft__future_withdraw(slot->future))
        weft__chunk_release(slot->chunk); /* the reference of a task that never ran */
    weft_future_release(slot->future);
    weft__chunk_release(slot->chunk);
    slot->future = NULL;
    slot->chunk = NULL;
}

void weft__slot_abandon(struct weft__slot *slot)
{
    if (!slot->future)
        return;
    if (slot->process_chunk)
        weft__process_chunk_abandon(slot->process_chunk, slot->future);
    else
        (void)weft__future_withdraw(slot->future);
}

void weft__slot_interrupt(const struct weft__slot *slot)
{
    if (slot->process_chunk && slot->future)
        weft__process_chunk_interrupt(slot->process_chunk, slot->future);
}

void weft__slot_close(struct weft__slot *slot)
{
    weft__process_chunk_close(slot->process_chunk, slot->future);
    slot->process_chunk = NULL;
    weft__slot_empty(slot);
}

/* The completion will tell of the slot, which was just submitted. */
static int watch(weft_imap *imap, struct weft__slot *slot)
{
    if (!imap->completion)
        return 0;
    return weft__completion_add(imap->completion, slot->future, (size_t)(slot - imap->slots));
}

/* Puts the next items under way in a free slot, if there are items left. In a pool with a
 * bound that may have to wait for a place, or be refused. */
static int fill(weft_imap *imap, struct weft__slot *slot, weft_time until)
{
    size_t left = imap->item_count - imap->submitted;
    int err;

    slot->first = imap->submitted;
    slot->count = left < imap->kind.most ? left : imap->kind.most;
    err = imap->processes ? submit_to_processes(imap, slot, until)
                          : submit_to_threads(imap, slot, until);
    if (err == 0)
        err = watch(imap, slot);
    if (err != 0) {
        weft__slot_abandon(slot);
        weft__slot_interrupt(slot);
        weft__slot_close(slot);
        return err;
    }
    imap->submitted += slot->count;
    imap->chunks++;
    return 0;
}

/* In order, a chunk's slot follows from its number; otherwise any free one does. */
static struct weft__slot *free_slot(weft_imap *imap)
{
    struct weft__slot *slot = &imap->slots[imap->chunks % imap->window];

    while (slot->future)
        slot = slot + 1 < imap->slots + imap->window ? slot + 1 : imap->slots;
    return slot;
}

int weft__imap_refill(weft_imap *imap, weft_time until)
{
    int err = 0;

    while (err == 0 && imap->submitted < imap->item_count &&
           imap->chunks - imap->chunks_told < imap->window)
        err = fill(imap, free_slot(imap), until);
    if (imap->submitted > imap->told && (err == WEFT_EBUSY || err == WEFT_ETIMEDOUT))
        err = 0;
    return err;
}

bool weft__imap_settle(weft_imap *imap, struct weft__slot *slot)
{
    imap->again = NULL;
    if (!slot->process_chunk ||
        weft__process_chunk_end(slot->process_chunk, slot->future, imap->task.retries))
        return true;
    weft_future_release(slot->future);
    slot->future = NULL;
    imap->again = slot;
    return false;
}

/* It had a place in the pool before: a full one does not turn it away. */
static int submit_patiently(weft_imap *imap, struct weft__slot *slot, weft_time until)
{
    int err;

    while ((err = weft__process_chunk_submit(slot->process_chunk, imap->executor, &slot->future,
                                             imap->options, until)) == WEFT_EBUSY) {
        if (until != WEFT_FOREVER && until <= weft_clock())
            return weft__fail(WEFT_ETIMEDOUT, "imap: the pool is full");
        err = weft_sleep(WEFT_MS(1));
        if (err != 0)
            return err;
    }
    return err;
}

int weft__imap_submit_again(weft_imap *imap, weft_time until)
{
    struct weft__slot *slot = imap->again;
    int err = submit_patiently(imap, slot, until);

    if (err == 0 && watch(imap, slot) == 0) /* otherwise it is waited for by itself */
        imap->again = NULL;
    if (err == 0 || err == WEFT_ETIMEDOUT || err == WEFT_ECANCELED)
        return err;
    weft__process_chunk_refuse(slot->process_chunk, err);
    return 0;
}
