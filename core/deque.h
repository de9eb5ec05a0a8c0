/* SPDX-License-Identifier: MIT */
#ifndef WEFT_DEQUE_H
#define WEFT_DEQUE_H

/*
 * A worker's deque, after Chase and Lev ("Dynamic Circular Work-Stealing Deque", 2005; the
 * orders as in Lê, Pop, Cohen and Zappa Nardelli, 2013), of fixed size: a full one refuses.
 *
 * The owner pushes and pops at the bottom, thieves take from the top. Entries are published
 * by the store to `bottom` (release), which a thief loads. Owner and thief can want the same
 * entry only if it is the last one: the owner lowers `bottom` before it reads `top`, a thief
 * reads `top` before `bottom`, all seq_cst, so that not both can miss the other; then the
 * compare-and-swap on `top` decides. A place is written again only after `top` has moved past
 * it, which the owner sees before it pushes there, so a thief that read an overwritten entry
 * fails its compare-and-swap and drops it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "weft/atomic.h"

enum { WEFT__DEQUE = 256 }; /* places; a power of two */

struct weft__deque {
    _Alignas(64) weft_atomic_u64 top;    /* thieves, and the owner for the last entry */
    _Alignas(64) weft_atomic_u64 bottom; /* the owner's */
    _Alignas(64) weft_atomic_pointer entries[WEFT__DEQUE];
};

/* How many more fit for sure; the owner's. */
static inline size_t weft__deque_room(const struct weft__deque *deque)
{
    uint64_t bottom = weft_load_u64(&deque->bottom, WEFT_RELAXED);

    return WEFT__DEQUE - (size_t)(bottom - weft_load_u64(&deque->top, WEFT_ACQUIRE));
}

/* False: full. The owner's. */
static inline bool weft__deque_push(struct weft__deque *deque, void *entry)
{
    uint64_t bottom = weft_load_u64(&deque->bottom, WEFT_RELAXED);

    if (bottom - weft_load_u64(&deque->top, WEFT_ACQUIRE) >= WEFT__DEQUE)
        return false;
    weft_store_pointer(&deque->entries[bottom % WEFT__DEQUE], entry, WEFT_RELAXED);
    weft_store_u64(&deque->bottom, bottom + 1, WEFT_RELEASE);
    return true;
}

/* The newest entry, or NULL. The owner's. */
static inline void *weft__deque_pop(struct weft__deque *deque)
{
    uint64_t bottom = weft_load_u64(&deque->bottom, WEFT_RELAXED);
    uint64_t top;
    void *entry;

    if (weft_load_u64(&deque->top, WEFT_RELAXED) == bottom)
        return NULL; /* empty for the owner: only it could change that */
    bottom--;
    weft_store_u64(&deque->bottom, bottom, WEFT_SEQ_CST);
    top = weft_load_u64(&deque->top, WEFT_SEQ_CST);
    if (top < bottom)
        return weft_load_pointer(&deque->entries[bottom % WEFT__DEQUE], WEFT_RELAXED);
    entry = NULL;
    if (top == bottom) { /* the last one: a thief may want it too */
        entry = weft_load_pointer(&deque->entries[bottom % WEFT__DEQUE], WEFT_RELAXED);
        if (!weft_cas_u64(&deque->top, &top, top + 1, WEFT_SEQ_CST))
            entry = NULL;
    }
    weft_store_u64(&deque->bottom, bottom + 1, WEFT_RELEASE);
    return entry;
}

/* The oldest entry; NULL: there was none, another thief was faster, or *word, if there is one,
 * is `over`. While an entry is the oldest its place is not used again; so if *word becomes
 * `over` (release) before its owner pushes something else, nothing else is taken. Any thread. */
static inline void *weft__deque_steal_unless(struct weft__deque *deque,
                                             const weft_atomic_u32 *word, uint32_t over)
{
    uint64_t top = weft_load_u64(&deque->top, WEFT_SEQ_CST);
    uint64_t bottom = weft_load_u64(&deque->bottom, WEFT_SEQ_CST);
    void *entry;

    if ((int64_t)(bottom - top) <= 0)
        return NULL;
    entry = weft_load_pointer(&deque->entries[top % WEFT__DEQUE], WEFT_RELAXED);
    if (word && weft_load_u32(word, WEFT_ACQUIRE) == over)
        return NULL;
    return weft_cas_u64(&deque->top, &top, top + 1, WEFT_SEQ_CST) ? entry : NULL;
}

static inline void *weft__deque_steal(struct weft__deque *deque)
{
    return weft__deque_steal_unless(deque, NULL, 0);
}

/* A hint. Any thread. */
static inline bool weft__deque_is_empty(const struct weft__deque *deque)
{
    return weft_load_u64(&deque->bottom, WEFT_RELAXED) ==
           weft_load_u64(&deque->top, WEFT_RELAXED);
}

#endif
