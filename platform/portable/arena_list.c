/* SPDX-License-Identifier: MIT */
/*
 * Whose a block is, and the lists of free blocks.
 *
 * A block's state alone decides, and every change of it is one compare-and-swap of kind,
 * owner and a version that makes each value new:
 *
 *     NEW      just cut, nobody's: whoever wants it may have it
 *     PRIVATE  in use; it dies with the process that it names
 *     PUBLIC   in use, until somebody frees it
 *     LEAVING  in the hand of the process that it names, on its way to FREE
 *     FREE
 *
 * So a process that is killed leaves each block with a state that tells all, and who
 * buries it (weft__block_seize) takes what is PRIVATE to it or LEAVING with it.
 *
 * The lists only help to find free blocks: a stack for each class, linked by `next`. A
 * block can be taken while it is still in its list, and even be freed there again; whoever
 * wants a block and meets a taken one on top takes it off. LISTED, a bit of the state,
 * says that a block is in its list; two words must agree on that, the list's head and the
 * block's state, and a killed process must not leave them in discord. Hence a change of
 * the list is first announced in its head (ADDING or REMOVING its top block), then made in
 * the state, then ended in the head, and everybody who meets an announcement carries it
 * out before anything else (settle). Heads have a tag that every change raises: who read
 * an older one changes nothing. The bit changes only while the announcement stands, and
 * the announcement ends only after the bit has changed; a helper who looked at the head
 * after it read the state, and then swaps that very state, is therefore never late.
 *
 * What is FREE is always LISTED. The race that could break this: a block on top is taken,
 * its removal is announced, and it is freed before the bit is cleared. Then the one who
 * would clear the bit makes the block LEAVING in the same step, and lists it again.
 *
 * States are read with acquire and swapped with acq_rel: whoever has a block sees what was
 * done to it by the one before.
 */
#include "arena_private.h"

enum kind { NEW, FREE, LEAVING, PRIVATE, PUBLIC };

/* state: 3 bits of kind, LISTED, 30 bits of the owner's name, 30 bits of version. */
enum { LISTED = 8, NAME_SHIFT = 4, VERSION_SHIFT = 34, NAME = 0x3FFFFFFF };

/* A list's head: 30 bits, unit of the top block, 0: none; 2 bits of what is being done to
 * it; 32 bits of tag. */
enum doing { NOTHING, ADDING, REMOVING };
enum { TOP = 0x3FFFFFFF, DOING_SHIFT = 30, TAG_SHIFT = 32 };

static enum kind kind_of(uint64_t state)
{
    return (enum kind)(state & 7);
}

static uint32_t name_of(uint64_t state)
{
    return (uint32_t)(state >> NAME_SHIFT) & NAME;
}

/* The state after `state`; listed is LISTED or 0. */
static uint64_t next_state(uint64_t state, enum kind kind, uint32_t name, uint64_t listed)
{
    return ((state >> VERSION_SHIFT) + 1) << VERSION_SHIFT | (uint64_t)name << NAME_SHIFT | listed |
           (uint64_t)kind;
}

static bool change(struct weft__block *block, uint64_t *state, uint64_t to)
{
    return weft_cas_u64(&block->state, state, to, WEFT_ACQ_REL);
}

static uint64_t state_of(uint32_t unit)
{
    return weft_load_u64(&weft__block_at(unit)->state, WEFT_ACQUIRE);
}

static weft_atomic_u64 *list_of(uint32_t unit)
{
    return &weft__arena_head()->lists[weft__block_class(weft__block_at(unit))];
}

static enum doing doing(uint64_t head)
{
    return (enum doing)(head >> DOING_SHIFT & 3);
}

/* The head after `head`. */
static uint64_t next_head(uint64_t head, uint32_t top, enum doing doing)
{
    return ((head >> TAG_SHIFT) + 1) << TAG_SHIFT | (uint64_t)doing << DOING_SHIFT | top;
}

/* ---- what is announced is done -------------------------------------------------------- */

/* Carries out what the head announces. The unit of a block that thereby came into this
 * process's hand, LEAVING; 0: none did. */
static uint32_t settle(weft_atomic_u64 *list, uint64_t head)
{
    uint32_t unit = (uint32_t)head & TOP;
    struct weft__block *block = weft__block_at(unit);
    uint64_t wanted = doing(head) == ADDING ? LISTED : 0;
    uint64_t state = weft_load_u64(&block->state, WEFT_ACQUIRE);
    uint32_t after = unit;
    uint32_t mine = 0;

    while ((state & LISTED) != wanted) {
        enum kind kind = wanted ? FREE : kind_of(state) == FREE ? LEAVING : kind_of(state);
        bool taken = kind_of(state) == FREE;
        uint32_t name = wanted ? 0 : taken ? weft__arena_self() : name_of(state);

        if (weft_load_u64(list, WEFT_ACQUIRE) != head)
            return 0; /* others have done it all */
        if (change(block, &state, next_state(state, kind, name, wanted))) {
            mine = taken ? unit : 0;
            break;
        }
    }
    (void)weft_fault_point("arena.list.marked");
    if (!wanted)
        after = weft_load_u32(&block->next, WEFT_RELAXED);
    (void)weft_cas_u64(list, &head, next_head(head, after, NOTHING), WEFT_ACQ_REL);
    return mine;
}

/* A block that is LEAVING with this process, and not LISTED, is free. */
static void push(uint32_t unit)
{
    weft_atomic_u64 *list = unit != 0 ? list_of(unit) : NULL;

    while (unit != 0) {
        uint64_t head = weft_load_u64(list, WEFT_ACQUIRE);
        uint64_t announced = next_head(head, unit, ADDING);

        if (doing(head) != NOTHING) {
            push(settle(list, head)); /* that block was freed this very moment: it is rare */
            continue;
        }
        weft_store_u32(&weft__block_at(unit)->next, (uint32_t)head & TOP, WEFT_RELAXED);
        if (weft_cas_u64(list, &head, announced, WEFT_ACQ_REL)) {
            (void)weft_fault_point("arena.list.announced");
            (void)settle(list, announced);
            return;
        }
    }
}

/* ---- free blocks ---------------------------------------------------------------------- */

/* The top of this head is off the list, if it is the head still. As settle(). */
static uint32_t take_off(weft_atomic_u64 *list, uint64_t head)
{
    uint64_t announced = next_head(head, (uint32_t)head & TOP, REMOVING);

    if (!weft_cas_u64(list, &head, announced, WEFT_ACQ_REL))
        return 0;
    (void)weft_fault_point("arena.list.announced");
    return settle(list, announced);
}

/* A block that is LEAVING with this process is private to it. */
static uint32_t keep(uint32_t unit)
{
    struct weft__block *block = weft__block_at(unit);
    uint64_t state = weft_load_u64(&block->state, WEFT_ACQUIRE);

    while (!change(block, &state, next_state(state, PRIVATE, weft__arena_self(), state & LISTED)))
        continue;
    return unit;
}

uint32_t weft__block_pop(uint32_t class_index)
{
    weft_atomic_u64 *list = &weft__arena_head()->lists[class_index];

    for (;;) {
        uint64_t head = weft_load_u64(list, WEFT_ACQUIRE);
        uint32_t unit = (uint32_t)head & TOP;
        uint32_t mine = 0;

        if (unit == 0)
            return 0;
        if (doing(head) != NOTHING) {
            mine = settle(list, head);
        } else {
            uint64_t state = state_of(unit);
            uint64_t claimed = next_state(state, PRIVATE, weft__arena_self(), LISTED);

            if (kind_of(state) != FREE)
                mine = take_off(list, head);
            else if (change(weft__block_at(unit), &state, claimed))
                return unit;
        }
        if (mine != 0)
            return keep(mine);
    }
}

void weft__block_retire(uint32_t unit)
{
    struct weft__block *block = weft__block_at(unit);
    uint64_t state = weft_load_u64(&block->state, WEFT_ACQUIRE);

    while (state & LISTED)
        if (change(block, &state, next_state(state, FREE, 0, LISTED)))
            return;
    push(unit);
}

/* ---- blocks in use ---------------------------------------------------------------------- */

bool weft__block_claim(uint32_t unit)
{
    uint64_t state = state_of(unit);

    return kind_of(state) == NEW &&
           change(weft__block_at(unit), &state, next_state(state, PRIVATE, weft__arena_self(), 0));
}

bool weft__block_in_use(uint32_t unit)
{
    return kind_of(state_of(unit)) >= PRIVATE;
}

bool weft__block_leave(uint32_t unit)
{
    uint64_t state = state_of(unit);

    while (kind_of(state) >= PRIVATE)
        if (change(weft__block_at(unit), &state,
                   next_state(state, LEAVING, weft__arena_self(), state & LISTED)))
            return true;
    return false;
}

void weft__block_publish(uint32_t unit)
{
    uint64_t state = state_of(unit);

    while (kind_of(state) == PRIVATE)
        if (change(weft__block_at(unit), &state, next_state(state, PUBLIC, 0, state & LISTED)))
            return;
}

bool weft__block_seize(uint32_t unit, uint32_t name)
{
    weft_atomic_u64 *list = list_of(unit);

    for (;;) {
        uint64_t state = state_of(unit);
        bool dead =
            name_of(state) == name && (kind_of(state) == PRIVATE || kind_of(state) == LEAVING);
        uint64_t head;

        if (kind_of(state) != NEW && !dead)
            return false;
        /* The dead process may have announced that it adds the block. After this it has not,
         * or the state has changed. */
        head = weft_load_u64(list, WEFT_ACQUIRE);
        if (doing(head) != NOTHING)
            push(settle(list, head));
        if (change(weft__block_at(unit), &state,
                   next_state(state, LEAVING, weft__arena_self(), state & LISTED)))
            return true;
    }
}
