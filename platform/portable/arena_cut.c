/* SPDX-License-Identifier: MIT */
/*
 * Blocks of fresh memory, and the way from block to block.
 *
 * One word, `bounds`, says how far small blocks have grown up and large ones down, so that
 * they cannot meet, and which class of block is being cut there at the moment. A cut has
 * three steps: the class is written into the bounds (whoever does it has backed the head,
 * and all of a small block, with memory); the class is written into the block's head; the
 * bounds take the block in. Everybody can take the last two, and whoever meets a cut that
 * was begun does so first. Hence a process may be killed anywhere and inside the bounds
 * every block has its class: a walk from head to head never steps into the unknown.
 *
 * No step says whose the block is. It is NEW, nobody's, until somebody changes its state
 * (arena_list.c): almost always the one that began the cut, but if that one is killed, any
 * walk finds the block and may have it.
 *
 * The bounds only come closer, so no value of theirs ever comes again, and a helper that
 * slept through it all fails with its compare-and-swap. A class that is written late meets
 * a head that has it already. Bounds are read with acquire and changed with acq_rel: who
 * sees a block sees its class.
 */
#include "arena_private.h"

/* bounds: 31 bits, in units, where small blocks end; 21 bits, in granules, where large ones
 * begin; 8 bits, 1 + the class being cut, 0: none. */
enum { HIGH_SHIFT = 31, CUT_SHIFT = 52 };

enum { CLASS_TAG = 0x7EF70000 };

/* Small memory is backed in steps. */
enum { COMMIT_STEP = 1 << 18 };

static uint64_t low_of(uint64_t bounds)
{
    return (bounds & (((uint64_t)1 << HIGH_SHIFT) - 1)) * WEFT__UNIT;
}

static uint64_t high_of(uint64_t bounds)
{
    return (bounds >> HIGH_SHIFT & 0x1FFFFF) * WEFT__GRANULE;
}

static uint64_t bounds_of(uint64_t low, uint64_t high)
{
    return low / WEFT__UNIT | high / WEFT__GRANULE << HIGH_SHIFT;
}

/* ---- classes ----------------------------------------------------------------------- */

/* 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, ... */
static uint64_t step(uint32_t i)
{
    return (uint64_t)(4 + i % 4) << (i / 4);
}

/* The first step that is not below n, which is at least 4. */
static uint32_t step_of(uint64_t n)
{
    uint32_t shift = 0;

    while ((uint64_t)7 << shift < n)
        shift++;
    return shift * 4 + (uint32_t)((n + ((uint64_t)1 << shift) - 1) >> shift) - 4;
}

/* Bytes of the arena that a block takes. */
static uint64_t span_of(uint32_t class_index)
{
    if (class_index >= WEFT__SMALL_CLASSES)
        return (step(class_index - WEFT__SMALL_CLASSES) * 4 + 1) * WEFT__GRANULE;
    return (class_index < 2 ? class_index + 2 : step(class_index - 2)) * WEFT__UNIT;
}

uint64_t weft__class_room(uint32_t class_index)
{
    return span_of(class_index) -
           (class_index < WEFT__SMALL_CLASSES ? (uint64_t)WEFT__UNIT : (uint64_t)WEFT__GRANULE);
}

uint32_t weft__class_of(uint64_t size)
{
    uint64_t units = (size + WEFT__UNIT - 1) / WEFT__UNIT + 1;
    uint64_t quads = (size + 4 * (uint64_t)WEFT__GRANULE - 1) / (4 * (uint64_t)WEFT__GRANULE);

    if (size >= WEFT__LARGE)
        return WEFT__SMALL_CLASSES + step_of(quads);
    if (units < 4)
        return units < 3 ? 0 : 1;
    return 2 + step_of(units);
}

uint32_t weft__block_class(const struct weft__block *block)
{
    uint32_t class_index = weft_load_u32(&block->class_tag, WEFT_ACQUIRE) ^ CLASS_TAG;

    return class_index < WEFT__CLASSES ? class_index : WEFT__CLASSES;
}

/* ---- cutting ----------------------------------------------------------------------- */

/* Where the first small block begins. */
static uint64_t first(void)
{
    return WEFT_SEAM_ARENA_RESERVED +
           (sizeof(struct weft__arena_head) + WEFT__UNIT - 1) / WEFT__UNIT * WEFT__UNIT;
}

void weft__cut_begin(void)
{
    weft_store_u64(&weft__arena_head()->bounds, bounds_of(first(), weft__arena_map.size),
                   WEFT_RELEASE);
}

int weft__commit(uint64_t offset, uint64_t size)
{
    int err = weft_fault_point("arena.commit");

    if (err != 0)
        return weft__fail(err, "arena: %llu more bytes: refused by a test",
                          (unsigned long long)size);
    return weft_seam_arena_commit(&weft__arena_map, offset, (size_t)size);
}

/* Backs everything below `end` with memory, and some more below `most`; several at once do
 * it twice, which is harmless. */
static int commit_to(uint64_t end, uint64_t most)
{
    weft_atomic_u64 *committed = &weft__arena_head()->committed;
    uint64_t seen = weft_load_u64(committed, WEFT_ACQUIRE);
    uint64_t wanted = (end + COMMIT_STEP - 1) / COMMIT_STEP * COMMIT_STEP;

    if (end <= seen)
        return 0;
    if (wanted > most)
        wanted = most;
    int err = weft__commit(seen, wanted - seen);
    while (err == 0 && seen < wanted)
        if (weft_cas_u64(committed, &seen, wanted, WEFT_ACQ_REL))
            break;
    return err;
}

/* Where the block begins that the next cut of this class makes. */
static uint64_t place_of(uint64_t bounds, uint32_t class_index)
{
    return class_index < WEFT__SMALL_CLASSES ? low_of(bounds)
                                             : high_of(bounds) - span_of(class_index);
}

static uint32_t unit_of(uint64_t at, bool large)
{
    return (uint32_t)(large ? (at + WEFT__GRANULE) / WEFT__UNIT - 1 : at / WEFT__UNIT);
}

/* The second and third step of the cut in these bounds; done by several at once, they are
 * done once. */
static void finish(uint64_t bounds)
{
    uint32_t class_index = (uint32_t)(bounds >> CUT_SHIFT) - 1;
    bool large = class_index >= WEFT__SMALL_CLASSES;
    uint64_t at = place_of(bounds, class_index);
    uint64_t low = large ? low_of(bounds) : at + span_of(class_index);
    uint64_t high = large ? at : high_of(bounds);
    uint32_t none = 0;

    (void)weft_cas_u32(&weft__block_at(unit_of(at, large))->class_tag, &none,
                       CLASS_TAG ^ class_index, WEFT_ACQ_REL);
    (void)weft_fault_point("arena.cut.tagged");
    (void)weft_cas_u64(&weft__arena_head()->bounds, &bounds, bounds_of(low, high), WEFT_ACQ_REL);
}

/* The bounds, with no cut going on in them. */
static uint64_t settled(void)
{
    uint64_t bounds = weft_load_u64(&weft__arena_head()->bounds, WEFT_ACQUIRE);

    while (bounds >> CUT_SHIFT != 0) {
        finish(bounds);
        bounds = weft_load_u64(&weft__arena_head()->bounds, WEFT_ACQUIRE);
    }
    return bounds;
}

int weft__cut(uint32_t class_index, uint32_t *unit)
{
    bool large = class_index >= WEFT__SMALL_CLASSES;
    uint64_t span = span_of(class_index);

    for (;;) {
        uint64_t bounds = settled();
        uint64_t at = place_of(bounds, class_index);
        uint64_t begun = bounds | (uint64_t)(class_index + 1) << CUT_SHIFT;

        if (span > high_of(bounds) - low_of(bounds))
            return weft__fail(WEFT_ENOMEM, "arena: no %llu bytes of its %zu are left",
                              (unsigned long long)span, weft__arena_map.size);
        *unit = unit_of(at, large);
        int err = large ? weft__commit((uint64_t)*unit * WEFT__UNIT, WEFT__UNIT)
                        : commit_to(at + span, high_of(bounds));
        if (err != 0)
            return err;
        if (weft_cas_u64(&weft__arena_head()->bounds, &bounds, begun, WEFT_ACQ_REL)) {
            (void)weft_fault_point("arena.cut.begun");
            finish(begun);
            return 0;
        }
    }
}

/* ---- from block to block -------------------------------------------------------------- */

bool weft__cut_holds(uint64_t unit)
{
    uint64_t bounds = weft_load_u64(&weft__arena_head()->bounds, WEFT_ACQUIRE);
    uint64_t at = unit * WEFT__UNIT;

    if (at >= high_of(bounds))
        return at < weft__arena_map.size && (at + WEFT__UNIT) % WEFT__GRANULE == 0;
    return at >= first() && at < low_of(bounds);
}

struct weft__walk weft__walk_begin(void)
{
    uint64_t bounds = settled();

    return (struct weft__walk){.at = first(), .low = low_of(bounds), .high = high_of(bounds)};
}

bool weft__walk_next(struct weft__walk *walk, uint32_t *unit)
{
    if (walk->at >= walk->low && walk->at < walk->high)
        walk->at = walk->high;
    if (walk->at >= weft__arena_map.size)
        return false;
    *unit = unit_of(walk->at, walk->at >= walk->high);
    walk->at += span_of(weft__block_class(weft__block_at(*unit)));
    return true;
}
