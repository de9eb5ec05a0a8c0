/* SPDX-License-Identifier: MIT */
/*
 * Shared blocks as others know them.
 *
 * A block is private to the caller while it is made ready, so that it is not lost if the
 * caller is killed meanwhile; then it is what was asked for.
 *
 * A large block is backed by exactly the pages that were asked for, and its memory goes
 * back to the system when it is freed, where the system can take it. But fresh memory
 * costs ten times what it costs to clear used memory: some of it, a small part of the
 * arena, is spare and waits for the next block of its class. `backed` never promises more
 * than there is: it is raised after memory was given, and lowered after it was taken.
 */
#include "weft/arena.h"

#include <string.h>

#include "arena_private.h"

enum { SPARE_PART = 512 }; /* of the arena's size: 128 MiB of 64 GiB */

static void *data_of(uint32_t unit)
{
    return (char *)weft__block_at(unit) + WEFT__UNIT;
}

static uint64_t offset_of(uint32_t unit)
{
    return ((uint64_t)unit + 1) * WEFT__UNIT;
}

/* ---- the memory of large blocks ---------------------------------------------------- */

/* What is known of the memory of a block that is to be freed. */
enum memory { IN_DOUBT, IN_ORDER };

/* The block keeps its memory, if little enough is spare. A process that is killed between
 * the two steps leaves a sum that is too high: a little less is spare from then on. */
static bool leave_spare(struct weft__block *block)
{
    weft_atomic_u64 *sum = &weft__arena_head()->spare;
    uint64_t bytes = weft_load_u64(&block->backed, WEFT_RELAXED);

    if (weft_fetch_add_u64(sum, bytes, WEFT_RELAXED) + bytes > weft__arena_map.size / SPARE_PART) {
        weft_fetch_sub_u64(sum, bytes, WEFT_RELAXED);
        return false;
    }
    weft_store_u64(&block->spare, bytes, WEFT_RELAXED);
    return true;
}

static void take_spare(struct weft__block *block)
{
    uint64_t bytes = weft_exchange_u64(&block->spare, 0, WEFT_RELAXED);

    if (bytes > 0)
        weft_fetch_sub_u64(&weft__arena_head()->spare, bytes, WEFT_RELAXED);
}

/* Backs the first bytes of the block with memory, all zero. */
static int back(uint32_t unit, uint64_t size)
{
    struct weft__block *block = weft__block_at(unit);
    uint64_t dirty = weft_load_u64(&block->backed, WEFT_RELAXED);
    uint64_t wanted = (size + WEFT__PAGE - 1) / WEFT__PAGE * WEFT__PAGE;

    take_spare(block);
    if (wanted > dirty) {
        int err = weft__commit(offset_of(unit) + dirty, wanted - dirty);

        if (err != 0)
            return err;
        weft_store_u64(&block->backed, wanted, WEFT_RELAXED);
    }
    memset(data_of(unit), 0, (size_t)(dirty < size ? dirty : size));
    return 0;
}

/* The whole room of the block, not what `backed` says: a process that was killed while it
 * backed the block may have left more. */
static void give_back(uint32_t unit)
{
    struct weft__block *block = weft__block_at(unit);
    uint64_t room = weft__class_room(weft__block_class(block));

    take_spare(block);
    if (weft_seam_arena_discard(&weft__arena_map, offset_of(unit), (size_t)room))
        weft_store_u64(&block->backed, 0, WEFT_RELAXED);
}

/* A block in this process's hand is free. */
static void retire(uint32_t unit, enum memory memory)
{
    struct weft__block *block = weft__block_at(unit);

    if (weft__block_class(block) >= WEFT__SMALL_CLASSES &&
        (memory == IN_DOUBT || !leave_spare(block)))
        give_back(unit);
    (void)weft_fault_point("arena.free.left");
    weft__block_retire(unit);
}

/* ---- alloc and free ------------------------------------------------------------------ */

/* Any block of the class or, if there is none and no memory for one, of a larger class. */
static int find(uint32_t class_index, uint32_t *unit, bool *fresh)
{
    uint32_t end = class_index < WEFT__SMALL_CLASSES ? WEFT__SMALL_CLASSES : WEFT__CLASSES;
    int err = 0;

    *fresh = false;
    *unit = weft__block_pop(class_index);
    if (*unit != 0)
        return 0;
    do
        err = weft__cut(class_index, unit);
    while (err == 0 && !weft__block_claim(*unit));
    *fresh = err == 0;
    for (uint32_t i = class_index + 1; i < end && err != 0; i++) {
        *unit = weft__block_pop(i);
        if (*unit != 0)
            return 0;
    }
    return err;
}

int weft__arena_alloc_private(weft_offset *offset, size_t size)
{
    uint32_t class_index, unit;
    bool fresh;
    int err = weft__arena(NULL);

    if (err != 0)
        return err;
    err = weft_fault_point("arena.alloc");
    if (err != 0)
        return weft__fail(err, "arena: refused by a test");
    if (size > weft__arena_map.size)
        return weft__fail(WEFT_ENOMEM, "arena: %zu bytes are more than its %zu", size,
                          weft__arena_map.size);
    class_index = weft__class_of(size);
    err = find(class_index, &unit, &fresh);
    if (err != 0)
        return err;
    (void)weft_fault_point("arena.alloc.found");
    if (class_index >= WEFT__SMALL_CLASSES)
        err = back(unit, size);
    else if (!fresh)
        memset(data_of(unit), 0, size);
    if (err != 0) {
        (void)weft__block_leave(unit);
        retire(unit, IN_DOUBT);
        return err;
    }
    *offset = offset_of(unit);
    return 0;
}

int weft_shared_alloc(weft_offset *offset, size_t size)
{
    int err = weft__arena_alloc_private(offset, size);

    if (err == 0)
        weft__arena_publish(*offset);
    return err;
}

void weft__arena_publish(weft_offset offset)
{
    if (offset != 0)
        weft__block_publish((uint32_t)(offset / WEFT__UNIT - 1));
}

void weft_shared_free(weft_offset offset)
{
    uint64_t unit = offset / WEFT__UNIT - 1;

    if (offset == 0 || weft__arena_check() != 0)
        return;
    if (weft__arena_map.base && offset % WEFT__UNIT == 0 && weft__cut_holds(unit) &&
        weft__block_class(weft__block_at((uint32_t)unit)) < WEFT__CLASSES &&
        weft__block_leave((uint32_t)unit))
        retire((uint32_t)unit, IN_ORDER);
    else
        weft__misuse(WEFT_EINVAL, "arena: block %llu is freed twice, or is none",
                     (unsigned long long)offset);
}

void weft__arena_bury(uint32_t name)
{
    struct weft__walk walk;
    uint32_t unit;

    if (!weft__arena_map.base || name == 0 || name == weft__arena_self())
        return;
    walk = weft__walk_begin();
    while (weft__walk_next(&walk, &unit))
        if (weft__block_seize(unit, name))
            retire(unit, IN_DOUBT);
}

/* ---- asking ---------------------------------------------------------------------------- */

/* Counted from block to block: sums kept on the way would be wrong after a process that
 * was killed between a change and its sum. */
void weft_shared_usage_get(weft_shared_usage *usage)
{
    struct weft__walk walk;
    uint32_t unit;

    memset(usage, 0, sizeof(*usage));
    if (!weft__arena_map.base)
        return;
    usage->committed = weft_load_u64(&weft__arena_head()->committed, WEFT_ACQUIRE);
    usage->most = weft__arena_map.size;
    walk = weft__walk_begin();
    while (weft__walk_next(&walk, &unit)) {
        struct weft__block *block = weft__block_at(unit);
        uint32_t class_index = weft__block_class(block);
        uint64_t bytes = weft__class_room(class_index) + WEFT__UNIT;

        if (class_index >= WEFT__SMALL_CLASSES) {
            bytes = weft_load_u64(&block->backed, WEFT_RELAXED) + WEFT__PAGE;
            usage->committed += bytes;
        }
        if (weft__block_in_use(unit)) {
            usage->blocks++;
            usage->bytes += bytes;
        }
    }
}

void *weft_shared_pointer(weft_offset offset)
{
    return offset != 0 && weft__arena_map.base ? (char *)weft__arena_map.base + offset : NULL;
}

void *weft__arena_block(weft_offset offset)
{
    if (offset < WEFT__UNIT || offset % WEFT__UNIT != 0 || !weft__arena_map.base ||
        !weft__cut_holds(offset / WEFT__UNIT - 1))
        return NULL;
    return (char *)weft__arena_map.base + offset;
}

weft_offset weft_shared_offset(const void *pointer)
{
    uintptr_t start = (uintptr_t)weft__arena_map.base;
    uintptr_t at = (uintptr_t)pointer;

    return start != 0 && at > start && at - start < weft__arena_map.size ? at - start : 0;
}
