/* SPDX-License-Identifier: MIT */
/*
 * A ring of records between processes: the size of a string in 8 bytes, the string, and
 * what is missing to a multiple of 8; it goes on at the start where the end comes. It has
 * two locks, one for those who put and one for those who get (Michael and Scott's
 * two-lock queue), so a putter and a getter never meet.
 *
 * A position is one word: how many items went by, and where the next one begins. It moves
 * in one store after the copy is complete, so whoever is killed at any instruction leaves
 * each item wholly in or wholly out, and a lock that came from a dead owner needs no
 * mending. Each side remembers where it last saw the other, and looks again only when the
 * ring seems full or empty. Who finds it empty and shut down believes that only with the
 * putters' lock: nobody is about to put the last item then.
 */
#include "shared_ring_private.h"

#include <string.h>

#include "internal.h"
#include "word_lock.h"
#include "weft/error.h"
#include "weft/wait.h"

enum { UNIT = 8 };

/* How long a stopped process holds up calls that should not block. */
#define PATIENCE WEFT_S(1)

/* ---- positions --------------------------------------------------------------- */

static uint64_t units_of(size_t size)
{
    return 1 + (uint64_t)size / UNIT + (size % UNIT != 0);
}

/* One item further. The count of items leaves the word at its top. */
static uint64_t after(const struct weft__shared_ring *ring, uint64_t position, uint64_t units)
{
    uint64_t place = (position & WEFT__RING_PLACE) + units;

    if (place >= ring->units)
        place -= ring->units;
    return (((position >> WEFT__RING_SHIFT) + 1) << WEFT__RING_SHIFT) | place;
}

/* At one moment, unless the getters are too fast to be caught. */
static uint64_t count_items(const struct weft__shared_ring *ring)
{
    uint64_t from, count, again = weft_load_u64(&ring->getters.at, WEFT_ACQUIRE);
    int attempts = 0;

    do {
        from = again;
        count = weft__ring_items(from, weft_load_u64(&ring->putters.at, WEFT_ACQUIRE));
        again = weft_load_u64(&ring->getters.at, WEFT_ACQUIRE);
    } while (again != from && ++attempts < 100);
    if (count > ring->units)
        count = ring->units;
    return count < ring->items ? count : ring->items;
}

/* ---- records ----------------------------------------------------------------- */

static char *memory_of(const struct weft__shared_ring *ring)
{
    return (char *)(uintptr_t)ring + ring->start;
}

/* Where the string of the record begins, and how much of it is before the end. */
static char *string_of(const struct weft__shared_ring *ring, uint64_t position, size_t size,
                       size_t *first)
{
    size_t start = (size_t)(position & WEFT__RING_PLACE) * UNIT + UNIT;
    size_t end = (size_t)ring->units * UNIT;

    if (start == end)
        start = 0;
    *first = size < end - start ? size : end - start;
    return memory_of(ring) + start;
}

static void write_record(struct weft__shared_ring *ring, uint64_t position, const char *item,
                         size_t size)
{
    uint64_t length = size;
    size_t first;
    char *string = string_of(ring, position, size, &first);

    memcpy(memory_of(ring) + (size_t)(position & WEFT__RING_PLACE) * UNIT, &length, sizeof(length));
    if (first > 0)
        memcpy(string, item, first);
    if (first < size)
        memcpy(memory_of(ring), item + first, size - first);
}

static size_t read_length(const struct weft__shared_ring *ring, uint64_t position)
{
    uint64_t length;

    memcpy(&length, memory_of(ring) + (size_t)(position & WEFT__RING_PLACE) * UNIT, sizeof(length));
    return (size_t)length;
}

static void read_record(const struct weft__shared_ring *ring, uint64_t position, char *item,
                        size_t size)
{
    size_t first;
    const char *string = string_of(ring, position, size, &first);

    if (first > 0)
        memcpy(item, string, first);
    if (first < size)
        memcpy(item + first, memory_of(ring), size - first);
}

/* ---- under the locks --------------------------------------------------------- */

static int put_locked(struct weft__shared_ring *ring, const void *item, size_t size, uint64_t units)
{
    struct weft__shared_side *side = &ring->putters;
    uint64_t to = weft_load_u64(&side->at, WEFT_RELAXED);
    uint64_t from = weft_load_u64(&side->other, WEFT_RELAXED);

    if (weft_load_u32(&ring->ended, WEFT_RELAXED) != 0)
        return WEFT_ECLOSED;
    if (!weft__ring_has_room(ring, from, to, units, 1)) {
        from = weft_load_u64(&ring->getters.at, WEFT_ACQUIRE);
        weft_store_u64(&side->other, from, WEFT_RELAXED);
        if (!weft__ring_has_room(ring, from, to, units, 1))
            return WEFT_ETIMEDOUT;
    }
    write_record(ring, to, item, size);
    (void)weft_fault_point("shared_ring.put.after_copy");
    weft_store_u64(&side->at, after(ring, to, units), WEFT_RELEASE);
    (void)weft_fault_point("shared_ring.put.after_step");
    weft_store_u64(&side->total, weft__shared_ring_put_count(ring), WEFT_RELAXED);
    return 0;
}

static int get_locked(struct weft__shared_ring *ring, void *item, size_t size, size_t *length)
{
    struct weft__shared_side *side = &ring->getters;
    uint64_t from = weft_load_u64(&side->at, WEFT_RELAXED);
    uint64_t to = weft_load_u64(&side->other, WEFT_RELAXED);
    uint32_t ended = weft_load_u32(&ring->ended, WEFT_RELAXED);
    size_t there;

    if (ended & WEFT__RING_LOST)
        return WEFT_ECLOSED;
    if (weft__ring_items(from, to) == 0) {
        to = weft_load_u64(&ring->putters.at, WEFT_ACQUIRE);
        weft_store_u64(&side->other, to, WEFT_RELAXED);
        if (weft__ring_items(from, to) == 0)
            return ended != 0 ? WEFT_ECLOSED : WEFT_ETIMEDOUT;
    }
    there = read_length(ring, from);
    if (length)
        *length = there;
    if (there > size || (!length && there != size))
        return WEFT_ETOOBIG;
    read_record(ring, from, item, there);
    (void)weft_fault_point("shared_ring.get.after_copy");
    weft_store_u64(&side->at, after(ring, from, units_of(there)), WEFT_RELEASE);
    (void)weft_fault_point("shared_ring.get.after_step");
    return 0;
}

/* What is done under the lock takes a fraction of a sleep's time. */
static bool looks(weft_atomic_u32 *lock)
{
    struct weft__backoff backoff = {0};

    while (weft__backoff(&backoff))
        if ((weft_load_u32(lock, WEFT_RELAXED) & WEFT__WORD_OWNER) == 0 &&
            weft__word_lock_try(lock))
            return true;
    return false;
}

/* A stopped process that holds the lock must not pass for a full or empty ring at once, nor
 * hold others up for ever. */
static int acquire(weft_atomic_u32 *lock, weft_time until)
{
    weft_time at_least;
    uint32_t before;

    if (weft__word_lock_try(lock) || (until > WEFT_NOW && looks(lock)))
        return 0;
    at_least = weft_in(PATIENCE);
    return weft__word_lock_wait(lock, until > at_least ? until : at_least, until > WEFT_NOW,
                                &before);
}

/* The ring is shut down, and seemed empty. 0: it is worth trying again. */
static int confirm_end(struct weft__shared_ring *ring, weft_time until)
{
    int err;

    if (weft_load_u32(&ring->ended, WEFT_RELAXED) & WEFT__RING_LOST)
        return WEFT_ECLOSED;
    err = acquire(&ring->putters.lock, until);
    if (err != 0)
        return err;
    err = count_items(ring) == 0 ? WEFT_ECLOSED : 0;
    if (weft__word_lock_release(&ring->putters.lock, 0) & WEFT__WORD_FLAG)
        weft__shared_ring_wake(&ring->arrival);
    return err;
}

/* ---- what is called ---------------------------------------------------------- */

size_t weft__shared_ring_size(size_t bytes)
{
    size_t size = sizeof(struct weft__shared_ring);

    if (bytes > SIZE_MAX / 2 || (uint64_t)bytes / UNIT > WEFT__RING_PLACE)
        return 0;
    return (size + bytes + 63) / 64 * 64;
}

void weft__shared_ring_init(struct weft__shared_ring *ring, size_t items, size_t bytes)
{
    ring->start = sizeof(*ring);
    ring->units = bytes / UNIT;
    ring->items = items;
}

int weft__shared_ring_put(struct weft__shared_ring *ring, const void *item, size_t size,
                          weft_time until, const struct weft__shared_watch *watch)
{
    struct weft__shared_wait wait = {.units = units_of(size), .until = until, .watch = watch};
    int err;

    if (wait.units > ring->units)
        return WEFT_ETOOBIG;
    if (weft_load_u32(&ring->ended, WEFT_RELAXED) != 0)
        return WEFT_ECLOSED; /* whoever has the lock */
    do {
        err = acquire(&ring->putters.lock, until);
        if (err != 0)
            break;
        err = put_locked(ring, item, size, wait.units);
        if (weft__word_lock_release(&ring->putters.lock, 0) & WEFT__WORD_FLAG)
            weft__shared_ring_wake(&ring->arrival);
        if (err != WEFT_ETIMEDOUT)
            break;
        err = weft__shared_ring_wait(ring, &wait);
    } while (err == 0);
    weft__shared_ring_pass_on(ring, &wait);
    return err;
}

int weft__shared_ring_get(struct weft__shared_ring *ring, void *item, size_t size, size_t *length,
                          weft_time until, const struct weft__shared_watch *watch)
{
    struct weft__shared_wait wait = {.units = WEFT__RING_GET, .until = until, .watch = watch};
    int err;

    do {
        err = acquire(&ring->getters.lock, until);
        if (err != 0)
            break;
        err = get_locked(ring, item, size, length);
        if (weft__word_lock_release(&ring->getters.lock, 0) & WEFT__WORD_FLAG)
            weft__shared_ring_wake(&ring->room);
        if (err == WEFT_ECLOSED)
            err = confirm_end(ring, until);
        else if (err == WEFT_ETIMEDOUT)
            err = weft__shared_ring_wait(ring, &wait);
        else
            break;
    } while (err == 0);
    weft__shared_ring_pass_on(ring, &wait);
    return err;
}

void weft__shared_ring_shut(struct weft__shared_ring *ring, enum weft_ending ending)
{
    bool held = acquire(&ring->putters.lock, WEFT_NOW) == 0;

    weft_fetch_or_u32(&ring->ended,
                      ending == WEFT_DISCARD ? WEFT__RING_CLOSED | WEFT__RING_LOST
                                             : WEFT__RING_CLOSED,
                      WEFT_SEQ_CST);
    if (held)
        weft__word_lock_release(&ring->putters.lock, 0);
    weft_fetch_add_u32(&ring->arrival.changes, 1, WEFT_ACQ_REL);
    weft_fetch_add_u32(&ring->room.changes, 1, WEFT_ACQ_REL);
    weft_wake_shared(&ring->arrival.changes, WEFT_WAKE_ALL);
    weft_wake_shared(&ring->room.changes, WEFT_WAKE_ALL);
}

uint64_t weft__shared_ring_put_count(const struct weft__shared_ring *ring)
{
    uint64_t to = weft_load_u64(&ring->putters.at, WEFT_ACQUIRE);
    uint64_t total = weft_load_u64(&ring->putters.total, WEFT_RELAXED);
    uint64_t ahead = ((to >> WEFT__RING_SHIFT) - total) & WEFT__SHARED_ITEMS;

    /* `total` may have been read later than `to`, and so be ahead of it. */
    return ahead > WEFT__SHARED_ITEMS / 2 ? total - (WEFT__SHARED_ITEMS + 1 - ahead)
                                          : total + ahead;
}

/* A getter that was stopped in the middle of its call does not matter: whether its item is
 * in or out, it is counted once. */
uint64_t weft__shared_ring_lost_count(const struct weft__shared_ring *ring)
{
    uint64_t from = weft_load_u64(&ring->getters.at, WEFT_ACQUIRE);

    if ((weft_load_u32(&ring->ended, WEFT_SEQ_CST) & WEFT__RING_LOST) == 0)
        return 0;
    return weft__ring_items(from, weft_load_u64(&ring->putters.at, WEFT_ACQUIRE));
}

uint64_t weft__shared_ring_count(const struct weft__shared_ring *ring)
{
    return weft_load_u32(&ring->ended, WEFT_SEQ_CST) & WEFT__RING_LOST ? 0 : count_items(ring);
}
