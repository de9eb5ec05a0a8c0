/* SPDX-License-Identifier: MIT */
#ifndef WEFT_ARENA_PRIVATE_H
#define WEFT_ARENA_PRIVATE_H

/*
 * What the files of the arena tell each other: arena.c makes it and names its processes,
 * arena_cut.c cuts blocks of fresh memory and finds them all again, arena_list.c says
 * whose a block is and keeps the free ones, arena_block.c is what others call.
 *
 * Blocks are counted in units of 64 bytes and begin with a head of one unit. Small ones
 * grow up from the start of the arena; large ones grow down from its end, in granules of
 * 64 KiB, the first of which holds nothing but the head, in its last unit: so the head of
 * any block is right before what its user gets, and no page of a large block holds
 * anything else.
 */

#include <stdbool.h>
#include <stdint.h>

#include "internal.h"
#include "seam.h"

enum {
    WEFT__UNIT = 64,
    WEFT__GRANULE = 65536,
    WEFT__PAGE = 4096,        /* what large blocks are rounded up to; systems may round further */
    WEFT__SMALL_CLASSES = 52, /* 2, 3 units, then four to each doubling, to 1.25 MiB */
    WEFT__CLASSES = 117,      /* then 1 MiB, likewise, to 64 GiB and a granule for the head */
    WEFT__LARGE = 1 << 20     /* bytes: what is larger, or as large, is a large block */
};

struct weft__block {
    weft_atomic_u64 state;     /* arena_list.c */
    weft_atomic_u64 backed;    /* of a large one: bytes from its start that are backed by memory and
                                  may not be zero; written by who has it in hand */
    weft_atomic_u64 spare;     /* of a free one: how much of it the arena's sum of them counts;
                                  likewise */
    weft_atomic_u32 class_tag; /* written once, before the bounds of the arena take it in */
    weft_atomic_u32 next;      /* unit of the next in its list, 0: none; written before it is in */
};

_Static_assert(sizeof(struct weft__block) <= WEFT__UNIT, "a head is one unit");

struct weft__process_slot {
    weft_atomic_u64 mark;       /* of the seam; 0: never used */
    weft_atomic_u32 generation; /* raised by the claimer, release */
};

struct weft__arena_head {
    weft_atomic_u64 bounds;               /* arena_cut.c */
    weft_atomic_u64 committed;            /* every byte below is backed; grows only */
    weft_atomic_u64 spare;                /* bytes in free large blocks, relaxed */
    weft_atomic_u64 lists[WEFT__CLASSES]; /* arena_list.c */
    weft_atomic_u32 next_slot;            /* where the next process looks first, relaxed */
    struct weft__process_slot processes[WEFT_ARENA_PROCESSES];
};

/* This process's mapping; written once, before anyone has a block. */
extern weft_seam_arena weft__arena_map;

static inline struct weft__arena_head *weft__arena_head(void)
{
    return (struct weft__arena_head *)((char *)weft__arena_map.base + WEFT_SEAM_ARENA_RESERVED);
}

static inline struct weft__block *weft__block_at(uint32_t unit)
{
    return (struct weft__block *)((char *)weft__arena_map.base + (uint64_t)unit * WEFT__UNIT);
}

/* ---- arena_cut.c --------------------------------------------------------------- */

/* The smallest class whose blocks have room for so many bytes; they must be no more than
 * the arena has. */
uint32_t weft__class_of(uint64_t size);

/* Bytes that a block of the class has for its user. */
uint64_t weft__class_room(uint32_t class_index);

/* weft_seam_arena_commit() in this process's arena, which tests can refuse. */
int weft__commit(uint64_t offset, uint64_t size);

/* Nothing is cut yet. The head of the arena is backed. */
void weft__cut_begin(void);

/* A block of fresh memory, zero but for what the system has not yet given to a large one.
 * It is NEW, which is to say nobody's: the caller claims it as anybody may. */
int weft__cut(uint32_t class_index, uint32_t *unit);

/* Whether a block may have its head in this unit. */
bool weft__cut_holds(uint64_t unit);

/* All blocks that have been cut when it begins. */
struct weft__walk {
    uint64_t at, low, high; /* bytes: the next block; both bounds */
};

struct weft__walk weft__walk_begin(void);
bool weft__walk_next(struct weft__walk *walk, uint32_t *unit);

/* Of a block that was cut; WEFT__CLASSES: that is no head of a block. */
uint32_t weft__block_class(const struct weft__block *block);

/* ---- arena_list.c --------------------------------------------------------------- */

/* A free block of the class, now private to this process; 0: there is none. */
uint32_t weft__block_pop(uint32_t class_index);

/* A NEW block is private to this process. False: somebody else has it. */
bool weft__block_claim(uint32_t unit);

/* The block is in this process's hand, on its way to the free ones. False: it is not in use. */
bool weft__block_leave(uint32_t unit);

/* The same for what a dead process had, or nobody yet; false: it is neither. */
bool weft__block_seize(uint32_t unit, uint32_t name);

/* A block that left or was seized is free. */
void weft__block_retire(uint32_t unit);

/* A private block is no longer. */
void weft__block_publish(uint32_t unit);

bool weft__block_in_use(uint32_t unit);

#endif
