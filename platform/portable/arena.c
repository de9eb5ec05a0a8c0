/* SPDX-License-Identifier: MIT */
/*
 * The arena: one shared mapping per program, and an allocator in it.
 *
 * Nothing here takes a lock, so a process that is killed at any instruction leaves
 * the arena usable and leaks at most the block in its hands:
 * - Fresh memory is cut from `top` by compare-and-swap; what is committed only grows.
 * - Free blocks of one size class are a Treiber stack. Its head holds a block's place
 *   and a tag that every change raises, so a stale head never matches (ABA). Pushing
 *   releases the block's `next`, popping acquires it.
 * - A process claims a slot in `processes` by swapping its mark in for that of none
 *   or of a dead process, then raises the slot's generation; slot and generation
 *   together name it for good.
 */
#include "weft/arena.h"

#include <string.h>

#include "internal.h"
#include "seam.h"
#include "weft/once.h"

enum {
    UNIT = 64,           /* alignment of blocks, and bytes of a block's head */
    CLASSES = 96,        /* 2, 3 units, then four to each doubling */
    IN_USE = 0x7110CA7E, /* block_head.state */
    FREE = 0x74EEF4EE
};

static const uint64_t COMMIT_STEP = (uint64_t)1 << 20;

struct block_head {
    weft_atomic_u32 state; /* swapped by alloc and free: a double free is seen */
    weft_atomic_u32 next;  /* unit of the next free block of the class, 0: none */
    uint32_t class_index;  /* written when the block is cut, before it is published */
};

struct process_slot {
    weft_atomic_u64 mark;       /* of the seam; 0: never used */
    weft_atomic_u32 generation; /* raised by the claimer, release */
};

struct arena_head {
    weft_atomic_u64 top;           /* first byte never given out */
    weft_atomic_u64 committed;     /* bytes backed by memory; grows only */
    weft_atomic_u64 free[CLASSES]; /* tag << 32 | unit of the first free block */
    struct process_slot processes[WEFT_ARENA_PROCESSES];
};

static weft_seam_arena arena; /* written once, under `made` or in weft_main */
static weft_once made = WEFT_ONCE_INIT;
static uint32_t self; /* this process's name, likewise */

static struct arena_head *head(void)
{
    return (struct arena_head *)((char *)arena.base + WEFT_SEAM_ARENA_RESERVED);
}

static struct block_head *block_at(uint32_t unit)
{
    return (struct block_head *)((char *)arena.base + (uint64_t)unit * UNIT);
}

/* ---- processes --------------------------------------------------------------- */

/* Tries to become the user of one slot. */
static bool claim(uint32_t slot)
{
    struct process_slot *place = &head()->processes[slot];
    uint64_t seen = weft_load_u64(&place->mark, WEFT_ACQUIRE);
    uint64_t mark;

    if (seen != 0 && weft_seam_process_alive(&arena, slot, seen))
        return false;
    if (weft_seam_process_mark(&arena, slot, &mark) != 0)
        return false;
    if (!weft_cas_u64(&place->mark, &seen, mark, WEFT_ACQ_REL))
        return false;
    /* 20 bits, never 0: a name outlives a million users of its slot. */
    uint32_t generation = weft_load_u32(&place->generation, WEFT_RELAXED) % 0xFFFFFu + 1;
    weft_store_u32(&place->generation, generation, WEFT_RELEASE);
    self = generation << 10 | slot;
    return true;
}

static int claim_any(void)
{
    for (uint32_t slot = 0; slot < WEFT_ARENA_PROCESSES; slot++)
        if (claim(slot))
            return 0;
    return weft__fail(WEFT_ELIMIT, "arena: %d processes use it already", (int)WEFT_ARENA_PROCESSES);
}

uint32_t weft__arena_self(void)
{
    return self;
}

bool weft__arena_process_alive(uint32_t name)
{
    uint32_t slot = name & (WEFT_ARENA_PROCESSES - 1);
    struct process_slot *place = &head()->processes[slot];

    if (name == self)
        return true;
    return weft_load_u32(&place->generation, WEFT_ACQUIRE) == name >> 10 &&
           weft_seam_process_alive(&arena, slot, weft_load_u64(&place->mark, WEFT_ACQUIRE));
}

/* ---- making it --------------------------------------------------------------- */

static int make(void *context)
{
    /* Room that costs nothing until it is used; as much as a 32-bit process can spare. */
    size_t size = (size_t)1 << (sizeof(void *) > 4 ? 30 : 26);
    uint64_t start =
        WEFT_SEAM_ARENA_RESERVED + (sizeof(struct arena_head) + UNIT - 1) / UNIT * UNIT;
    int err = 0;

    (void)context;
    if (self != 0)
        return 0;    /* attached by weft_main */
    if (!arena.base) /* else an earlier attempt came this far */
        err = weft_seam_arena_create(&arena, size);
    if (err == 0)
        err = weft_seam_arena_commit(&arena, 0, (size_t)COMMIT_STEP);
    if (err != 0)
        return err;
    weft_store_u64(&head()->top, start, WEFT_RELAXED);
    weft_store_u64(&head()->committed, COMMIT_STEP, WEFT_RELEASE);
    return claim_any();
}

int weft__arena(const weft_seam_arena **out)
{
    int err = weft__once(&made, make);

    if (err == 0 && out)
        *out = &arena;
    return err;
}

int weft__arena_attached(const weft_seam_arena *attached)
{
    arena = *attached;
    return claim_any();
}

/* ---- blocks ------------------------------------------------------------------ */

/* Class 0 is 2 units, 1 is 3; then 4, 5, 6, 7, 8, 10, 12, 14, 16, ... units. */
static uint64_t units_of(uint32_t class_index)
{
    if (class_index < 2)
        return class_index + 2;
    return (uint64_t)(4 + (class_index - 2) % 4) << ((class_index - 2) / 4);
}

static uint32_t class_of(uint64_t units)
{
    uint32_t class_index = 0;

    while (units_of(class_index) < units)
        class_index++;
    return class_index;
}

static uint32_t pop(uint32_t class_index)
{
    weft_atomic_u64 *top = &head()->free[class_index];
    uint64_t seen = weft_load_u64(top, WEFT_ACQUIRE);

    while ((uint32_t)seen != 0) {
        uint64_t next = weft_load_u32(&block_at((uint32_t)seen)->next, WEFT_RELAXED);
        uint64_t tag = (seen >> 32) + 1;

        if (weft_cas_u64(top, &seen, tag << 32 | next, WEFT_ACQUIRE))
            return (uint32_t)seen;
    }
    return 0;
}

static void push(uint32_t class_index, uint32_t unit)
{
    weft_atomic_u64 *top = &head()->free[class_index];
    uint64_t seen = weft_load_u64(top, WEFT_RELAXED);

    do
        weft_store_u32(&block_at(unit)->next, (uint32_t)seen, WEFT_RELAXED);
    while (!weft_cas_u64(top, &seen, ((seen >> 32) + 1) << 32 | unit, WEFT_RELEASE));
}

/* Backs everything below `end` with memory; several at once do it twice, which is harmless. */
static int commit_to(uint64_t end)
{
    uint64_t seen = weft_load_u64(&head()->committed, WEFT_ACQUIRE);
    uint64_t wanted = (end + COMMIT_STEP - 1) / COMMIT_STEP * COMMIT_STEP;

    if (end <= seen)
        return 0;
    if (wanted > arena.size)
        wanted = arena.size;
    int err = weft_seam_arena_commit(&arena, seen, (size_t)(wanted - seen));
    while (err == 0 && seen < wanted)
        if (weft_cas_u64(&head()->committed, &seen, wanted, WEFT_ACQ_REL))
            break;
    return err;
}

/* Fresh memory, zero as the system gave it; 0 and the reason if there is none. */
static int cut(uint32_t class_index, uint32_t *unit)
{
    uint64_t size = units_of(class_index) * UNIT;
    uint64_t seen = weft_load_u64(&head()->top, WEFT_RELAXED);

    do {
        if (size > arena.size - seen)
            return weft__fail(WEFT_ENOMEM, "arena: no block of %llu bytes left in %llu",
                              (unsigned long long)size, (unsigned long long)arena.size);
        int err = commit_to(seen + size);
        if (err != 0)
            return err;
    } while (!weft_cas_u64(&head()->top, &seen, seen + size, WEFT_RELAXED));
    *unit = (uint32_t)(seen / UNIT);
    block_at(*unit)->class_index = class_index;
    return 0;
}

int weft_shared_alloc(weft_offset *offset, size_t size)
{
    uint64_t units = ((uint64_t)size + UNIT - 1) / UNIT + 1;
    uint32_t class_index, unit;
    int err = weft__arena(NULL);

    if (err != 0)
        return err;
    err = weft_fault_point("arena.alloc");
    if (err != 0)
        return weft__fail(err, "arena: refused by a test");
    if (size > arena.size)
        return weft__fail(WEFT_ENOMEM, "arena: %zu bytes are more than its %zu", size, arena.size);
    class_index = class_of(units);
    unit = pop(class_index);
    if (unit != 0) {
        memset(block_at(unit) + 1, 0, units_of(class_index) * UNIT - sizeof(struct block_head));
    } else {
        err = cut(class_index, &unit);
        if (err != 0)
            return err;
    }
    weft_store_u32(&block_at(unit)->state, IN_USE, WEFT_RELEASE);
    *offset = (uint64_t)(unit + 1) * UNIT;
    return 0;
}

void weft_shared_free(weft_offset offset)
{
    struct block_head *block;
    uint32_t seen = IN_USE;

    if (offset == 0)
        return;
    block = block_at((uint32_t)(offset / UNIT - 1));
    if (!weft_cas_u32(&block->state, &seen, FREE, WEFT_ACQ_REL)) {
        weft__misuse(WEFT_EINVAL, "arena: block %llu is freed twice, or is none",
                     (unsigned long long)offset);
        return;
    }
    push(block->class_index, (uint32_t)(offset / UNIT - 1));
}

void *weft_shared_pointer(weft_offset offset)
{
    return offset != 0 && arena.base ? (char *)arena.base + offset : NULL;
}

void *weft__arena_block(weft_offset offset)
{
    if (offset % UNIT != 0 || !arena.base || offset >= weft_load_u64(&head()->top, WEFT_RELAXED))
        return NULL;
    return offset > WEFT_SEAM_ARENA_RESERVED ? (char *)arena.base + offset : NULL;
}

weft_offset weft_shared_offset(const void *pointer)
{
    uintptr_t start = (uintptr_t)arena.base;
    uintptr_t at = (uintptr_t)pointer;

    return arena.base && at > start && at - start < arena.size ? at - start : 0;
}
