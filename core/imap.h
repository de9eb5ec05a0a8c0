/* SPDX-License-Identifier: MIT */
#ifndef WEFT_IMAP_H
#define WEFT_IMAP_H

/*
 * A function over many items, with a bounded number of them under way.
 *
 * An imap belongs to one thread at a time, so it needs no lock. It has a slot per chunk
 * under way; a slot whose results have been taken is filled with the next items at once.
 * Ordered, a chunk's slot follows from its number; unordered, a completion tells which
 * slot is done.
 *
 * A pool of threads gets one task per item, or a weft__chunk. A pool of processes gets a
 * weft__process_chunk, which stays in its slot; what a dead worker has left of it is
 * submitted again, from the same slot, before anything else is looked at.
 *
 * imap.c       start, next, close
 * imap_slot.c  the slots
 * map.c        all results at once
 */

#include "chunk.h"
#include "pool.h"
#include "process_chunk.h"

struct weft__slot {
    weft_future *future; /* NULL: the slot is free, or imap->again */
    weft__chunk *chunk;  /* of a pool of threads; NULL: the future is the item's own */
    weft__process_chunk *process_chunk; /* NULL: not made yet */
    size_t first, count; /* which items */
};

struct weft_imap {
    weft_executor *executor; /* set at the start, like what follows up to `submitted` */
    bool processes;
    struct weft__chunk_kind kind;
    const char *items;
    char *results; /* of a map; NULL: none, or the caller takes them one by one */
    size_t item_count;
    weft_submit_options task;           /* a copy */
    const weft_submit_options *options; /* of it; NULL: none were given */
    weft_completion *completion;        /* NULL: ordered */
    size_t window;
    size_t submitted, told;     /* items */
    size_t chunks;              /* submitted; a chunk's number is how many were before it */
    size_t chunks_told;         /* chunks whose results have all been taken */
    struct weft__slot *current; /* the chunk that results are taken from; NULL: none */
    struct weft__slot *again;   /* the chunk that a dead worker left, if it could not be
                                   submitted at once; or is waited for by itself */
    size_t taken;               /* of the current one's results */
    struct weft__slot slots[];
};

/* What weft_imap_start_with() and weft_map_with() ask for. */
struct weft__imap_request {
    weft_executor *executor;
    weft_function *function;
    const void *items;
    size_t item_size, item_count;
    void *results; /* for all of them; NULL: the caller takes them one by one */
    size_t result_size;
    enum weft_imap_order order;
    size_t chunk;
    const weft_map_options *options; /* the rest of them; NULL: none */
    weft_time until;                 /* for a pool that is full */
};

int weft__imap_start(weft_imap **imap, const struct weft__imap_request *request);

/* weft_imap_next(), but with results in the request, that is where they come. A sentence
 * names no index. */
int weft__imap_next(weft_imap *imap, size_t *index, void *result, bool *died, weft_time until);

/* All results of the next chunk are where they belong: *count of them; or 0, and
 * weft__imap_next() has to take them one by one, because some have failed. Errors as of
 * weft__imap_next(), but for those of items. */
int weft__imap_next_chunk(weft_imap *imap, size_t *count, weft_time until);

/* ---- imap_slot.c ------------------------------------------------------------------ */

/* As many items under way as may be. A full pool is no failure while something is under way,
 * and no other refusal is lost: the call that needs the items meets it again. */
int weft__imap_refill(weft_imap *imap, weft_time until);

/* The slot's future is done. True: so is its chunk; false: it is imap->again, because its
 * worker died. */
bool weft__imap_settle(weft_imap *imap, struct weft__slot *slot);

/* The rest of imap->again is under way, or will never be, and fails: then it is done. Errors:
 * WEFT_ETIMEDOUT, WEFT_ECANCELED, and it stays. */
int weft__imap_submit_again(weft_imap *imap, weft_time until);

/* What is in the slot has been taken. */
void weft__slot_empty(struct weft__slot *slot);

/* Nobody will ask for what is in the slot: what has not begun is cancelled. */
void weft__slot_abandon(struct weft__slot *slot);

/* If that uses the caller's memory, it is asked to stop. */
void weft__slot_interrupt(const struct weft__slot *slot);

/* The abandoned slot keeps nothing. */
void weft__slot_close(struct weft__slot *slot);

#endif
