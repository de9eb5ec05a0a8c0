/* SPDX-License-Identifier: MIT */
/*
 * The arena: one shared mapping per program, and the names of its processes.
 *
 * Nothing in it takes a lock, so a process that is killed at any instruction leaves the
 * arena usable. What is in it: arena_private.h.
 *
 * A process claims a slot in `processes` by swapping its mark in for that of none or of a
 * dead process, then raises the slot's generation; slot and generation together name it
 * for good. Who dies between the two leaves a slot whose mark is of a dead process.
 */
#include "arena_private.h"
#include "weft/once.h"
#include "weft/process.h"

enum { LEAST = 1 << 22 }; /* bytes: with less it is not worth beginning */

/* How much is backed from the start: the heads, and some blocks. */
enum { FIRST_COMMIT = 1 << 18 };

_Static_assert(WEFT_SEAM_ARENA_RESERVED + sizeof(struct weft__arena_head) < FIRST_COMMIT,
               "it fits");

weft_seam_arena weft__arena_map;
static weft_once made = WEFT_ONCE_INIT;
static uint32_t self; /* this process's name; written once, under `made` or in weft_main */

/* ---- processes --------------------------------------------------------------- */

/* Tries to become the user of one slot. */
static bool claim(uint32_t slot)
{
    struct weft__process_slot *place = &weft__arena_head()->processes[slot];
    uint64_t seen = weft_load_u64(&place->mark, WEFT_ACQUIRE);
    uint64_t mark;

    if (seen != 0 && weft_seam_process_alive(&weft__arena_map, slot, seen))
        return false;
    if (weft_seam_process_mark(&weft__arena_map, slot, &mark) != 0)
        return false;
    if (!weft_cas_u64(&place->mark, &seen, mark, WEFT_ACQ_REL))
        return false;
    /* 20 bits, never 0: a name outlives a million users of its slot. */
    uint32_t generation = weft_load_u32(&place->generation, WEFT_RELAXED) % 0xFFFFFu + 1;
    weft_store_u32(&place->generation, generation, WEFT_RELEASE);
    self = generation << 10 | slot;
    return true;
}

/* Each process begins where the one before it did not: a slot is likely to be free there,
 * and the names of the dead stay unused for long. */
static int claim_any(void)
{
    uint32_t first = weft_fetch_add_u32(&weft__arena_head()->next_slot, 1, WEFT_RELAXED);

    for (uint32_t i = 0; i < WEFT_ARENA_PROCESSES; i++)
        if (claim((first + i) % WEFT_ARENA_PROCESSES))
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
    struct weft__process_slot *place = &weft__arena_head()->processes[slot];

    if (name == self)
        return true;
    return weft_load_u32(&place->generation, WEFT_ACQUIRE) == name >> 10 &&
           weft_seam_process_alive(&weft__arena_map, slot,
                                   weft_load_u64(&place->mark, WEFT_ACQUIRE));
}

/* ---- making it --------------------------------------------------------------- */

/* As much address space as the system grants. It costs nothing until it is used. */
static int reserve(void)
{
    size_t size = weft_seam_arena_most();
    int err;

    for (;;) {
        err = weft_fault_point("arena.reserve");
        if (err != 0)
            weft__fail(err, "arena: %zu bytes: refused by a test", size);
        else
            err = weft_seam_arena_create(&weft__arena_map, size);
        if (err == 0 || size / 2 < LEAST)
            return err;
        size /= 2;
    }
}

static int make(void *context)
{
    int err = 0;

    (void)context;
    if (self != 0)
        return 0;              /* attached by weft_main */
    if (!weft__arena_map.base) /* else an earlier attempt came this far */
        err = reserve();
    if (err == 0)
        err = weft_seam_arena_commit(&weft__arena_map, 0, FIRST_COMMIT);
    if (err != 0)
        return err;
    weft_store_u64(&weft__arena_head()->committed, FIRST_COMMIT, WEFT_RELEASE);
    weft__cut_begin();
    return claim_any();
}

int weft__arena_check(void)
{
    if (!weft_seam_process_forked())
        return 0;
    return weft__misuse(WEFT_EPERM,
                        "arena: process %llu was forked off one that uses weft and is nobody in "
                        "its shared memory: start processes by weft_process_start()",
                        (unsigned long long)weft_process_current_pid());
}

int weft__arena(const weft_seam_arena **out)
{
    int err = weft__arena_check();

    if (err == 0)
        err = weft__once(&made, make);
    if (err == 0 && out)
        *out = &weft__arena_map;
    return err;
}

int weft__arena_attached(const weft_seam_arena *attached)
{
    weft__arena_map = *attached;
    return claim_any();
}
