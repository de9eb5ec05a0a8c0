/* SPDX-License-Identifier: MIT */
/*
 * How putters sleep until a ring has room, and getters until it has items.
 *
 * Sleeping: read `changes`, set the flag in the other side's lock, look at the ring once
 * more, sleep on `changes`. Waking: move the position, release the lock by an exchange that
 * clears the flag; if it was set, raise `changes` and wake one. Either the exchange comes
 * first, and the sleeper sees the ring as it left it; or the flag does, and then `changes`
 * is raised after the sleeper has read it. So the other side pays nothing while nobody
 * sleeps.
 *
 * One wake-up stands for many items. Who was woken goes on alone, and when it is done sets
 * the flag again for the others who sleep, and wakes the next of them if there is something
 * for it. Only putters who need room for different sizes are all woken at once: the first
 * may find too little for it that is enough for another. A wake-up that dies with a process
 * is made good by the slices that everybody sleeps in.
 */
#include "shared_ring_private.h"

#include "park.h"
#include "word_lock.h"
#include "weft/error.h"
#include "weft/wait.h"

#define MIXED UINT32_MAX /* weft__shared_door.units */

/* Whether it is worth trying: to put so many units and items, or WEFT__RING_GET. */
static bool is_ready(const struct weft__shared_ring *ring, uint64_t units, uint64_t items)
{
    uint64_t from = weft_load_u64(&ring->getters.at, WEFT_ACQUIRE);
    uint64_t to = weft_load_u64(&ring->putters.at, WEFT_ACQUIRE);

    if (weft_load_u32(&ring->ended, WEFT_RELAXED) != 0)
        return true;
    if (units == WEFT__RING_GET)
        return weft__ring_items(from, to) != 0;
    return weft__ring_has_room(ring, from, to, units, items);
}

static struct weft__shared_door *door_of(struct weft__shared_ring *ring, uint64_t units)
{
    return units == WEFT__RING_GET ? &ring->arrival : &ring->room;
}

static void set_flag(struct weft__shared_ring *ring, uint64_t units)
{
    struct weft__shared_side *other = units == WEFT__RING_GET ? &ring->putters : &ring->getters;

    weft_fetch_or_u32(&other->lock, WEFT__WORD_FLAG, WEFT_ACQ_REL);
}

void weft__shared_ring_wake(struct weft__shared_door *door)
{
    bool mixed = weft_load_u32(&door->units, WEFT_RELAXED) == MIXED;

    (void)weft_fault_point("shared_ring.wake");
    weft_fetch_add_u32(&door->changes, 1, WEFT_ACQ_REL);
    weft_wake_shared(&door->changes, mixed ? WEFT_WAKE_ALL : 1);
}

static void note_units(struct weft__shared_door *door, uint64_t units)
{
    uint32_t mine = units < MIXED ? (uint32_t)units : MIXED;
    uint32_t seen = 0;

    if (!weft_cas_u32(&door->units, &seen, mine, WEFT_RELAXED) && seen != mine)
        weft_store_u32(&door->units, MIXED, WEFT_RELAXED);
}

/* Somebody may come in a moment. Room for a single item does not count: each would cost the
 * putter another wait. */
static bool looks(const struct weft__shared_ring *ring, uint64_t units)
{
    uint64_t much = units == WEFT__RING_GET || units > ring->units / 4 ? units : ring->units / 4;
    struct weft__backoff backoff = {0, 0};

    do {
        if (is_ready(ring, much, ring->items / 4 + 1))
            return true;
    } while (weft__backoff(&backoff));
    return is_ready(ring, units, 1);
}

int weft__shared_ring_wait(struct weft__shared_ring *ring, struct weft__shared_wait *wait)
{
    struct weft__shared_door *door = door_of(ring, wait->units);
    const struct weft__shared_watch *watch = wait->watch;
    uint32_t seen;
    int err = 0;

    if (wait->until <= WEFT_NOW)
        return WEFT_ETIMEDOUT;
    if (!wait->slept && looks(ring, wait->units))
        return 0;
    wait->slept = true;
    seen = weft_load_u32(&door->changes, WEFT_ACQUIRE);
    weft_fetch_add_u32(&door->sleepers, 1, WEFT_RELAXED);
    if (wait->units != WEFT__RING_GET)
        note_units(door, wait->units);
    set_flag(ring, wait->units);
    (void)weft_fault_point("shared_ring.sleep");
    if (!is_ready(ring, wait->units, 1))
        err = weft__sleep_shared(&door->changes, seen, wait->until,
                                 watch ? WEFT__LIVENESS_SLICE : WEFT_SHARED_SLICE, true);
    weft_fetch_sub_u32(&door->sleepers, 1, WEFT_RELAXED);
    if (is_ready(ring, wait->units, 1))
        return 0; /* what came first is taken, and the next wait fails */
    if (err == 0 && watch && weft_load_u32(&door->changes, WEFT_RELAXED) == seen &&
        watch->is_in_vain(watch->context))
        return WEFT_ECLOSED;
    return err;
}

void weft__shared_ring_pass_on(struct weft__shared_ring *ring, const struct weft__shared_wait *wait)
{
    struct weft__shared_door *door = door_of(ring, wait->units);

    if (!wait->slept || weft_load_u32(&door->sleepers, WEFT_RELAXED) == 0)
        return;
    set_flag(ring, wait->units);
    if (is_ready(ring, wait->units, 1))
        weft__shared_ring_wake(door);
}
