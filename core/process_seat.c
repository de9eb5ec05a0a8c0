/* SPDX-License-Identifier: MIT */
/* The parent's side of a worker's channel, under the pool's mutex: see worker.h for who may
 * change a slot's state, and why one of the two sides sees that the other sleeps. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "process_pool.h"
#include "weft/wait.h"

void weft__wakes_send(struct weft__wakes *wakes)
{
    for (unsigned i = 0; i < wakes->count; i++)
        weft_wake_shared(wakes->words[i], 1);
    wakes->count = 0;
}

void weft__wakes_add(struct weft__wakes *wakes, weft_atomic_u32 *word)
{
    if (wakes->count == WEFT__WAKES)
        weft__wakes_send(wakes);
    wakes->words[wakes->count++] = word;
}

/* The worker looks at its slots again. */
static void rouse(struct weft__seat *seat, struct weft__wakes *wakes)
{
    weft_atomic_u32 *asleep = &seat->channel->asleep;

    if (weft_load_u32(asleep, WEFT_SEQ_CST) != 0 && weft_exchange_u32(asleep, 0, WEFT_SEQ_CST) != 0)
        weft__wakes_add(wakes, asleep);
}

void weft__seat_put_locked(struct weft__process_pool *pool, struct weft__seat *seat,
                           struct weft__work *work, struct weft__wakes *wakes)
{
    uint32_t position = seat->put++;
    struct weft__task_slot *slot = weft__seat_slot(seat, position);

    slot->function = work->function;
    slot->size = work->size;
    slot->block = work->large;
    slot->flags = 0;
    if (work->submitted != 0) {
        slot->flags = WEFT__MEASURE;
        slot->when = work->submitted;
    }
    if (work->large == 0 && work->size > 0)
        memcpy(slot->bytes, work->future->payload.bytes, work->size);
    work->where = WEFT__IN_RING;
    work->seat = (unsigned)(seat - pool->seats);
    work->position = position;
    seat->works[position % WEFT__SLOTS] = work;
    seat->idle_since = 0;
    seat->assigned++;
    pool->put_count++;
    pool->bytes_out += work->size;
    weft_store_u32(&slot->state, weft__slot_state(WEFT__QUEUED, position), WEFT_SEQ_CST);
    rouse(seat, wakes);
}

/* It is no longer in the ring, and has not begun. */
static void note_taken_back(struct weft__process_pool *pool, struct weft__seat *seat,
                            struct weft__work *work)
{
    seat->works[work->position % WEFT__SLOTS] = NULL;
    seat->assigned--;
    pool->bytes_out -= work->size;
    work->where = WEFT__NOWHERE;
}

struct weft__work *weft__seat_take_back_locked(struct weft__process_pool *pool,
                                               struct weft__seat *seat)
{
    while (weft__seat_load(seat) > 0) {
        uint32_t position = seat->put - 1;
        struct weft__work *work = seat->works[position % WEFT__SLOTS];
        uint32_t seen = weft__slot_state(work ? WEFT__QUEUED : WEFT__REVOKED, position);

        if (!weft_cas_u32(&weft__seat_slot(seat, position)->state, &seen, WEFT__FREE, WEFT_SEQ_CST))
            return NULL;
        seat->put--;
        pool->put_count--;
        if (work) {
            note_taken_back(pool, seat, work);
            return work;
        }
        seat->holes--;
    }
    return NULL;
}

void weft__seat_empty_locked(struct weft__process_pool *pool, struct weft__seat *seat)
{
    struct weft__work *work;

    while ((work = weft__seat_take_back_locked(pool, seat)))
        weft__list_return_locked(pool, work);
}

bool weft__work_revoke_locked(struct weft__process_pool *pool, struct weft__work *work)
{
    struct weft__seat *seat = &pool->seats[work->seat];
    uint32_t position = work->position;
    uint32_t seen = weft__slot_state(WEFT__QUEUED, position);

    if (position + 1 == seat->put)
        return weft__seat_take_back_locked(pool, seat) != NULL;
    if (!weft_cas_u32(&weft__seat_slot(seat, position)->state, &seen,
                      weft__slot_state(WEFT__REVOKED, position), WEFT_SEQ_CST))
        return false;
    note_taken_back(pool, seat, work);
    seat->holes++;
    return true;
}

bool weft__seat_pass_holes_locked(struct weft__process_pool *pool, struct weft__seat *seat)
{
    uint32_t taken = weft_load_u32(&seat->taken, WEFT_RELAXED), first = taken;

    while (seat->holes > 0 && taken != seat->put && !seat->works[taken % WEFT__SLOTS] &&
           weft_load_u32(&weft__seat_slot(seat, taken)->state, WEFT_ACQUIRE) == WEFT__FREE) {
        seat->holes--;
        taken++;
    }
    weft_store_u32(&seat->taken, taken, WEFT_RELEASE);
    weft_store_u32(&pool->collected_count,
                   weft_load_u32(&pool->collected_count, WEFT_RELAXED) + (taken - first),
                   WEFT_RELEASE);
    return taken != first;
}

void weft__seat_stop_locked(struct weft__process_pool *pool, struct weft__seat *seat,
                            struct weft__wakes *wakes)
{
    (void)pool;
    if (seat->stopped)
        return;
    seat->stopped = true;
    weft_store_u32(&seat->channel->stop, 1, WEFT_SEQ_CST);
    rouse(seat, wakes);
}

void weft__seat_kill_locked(struct weft__seat *seat, int code, const char *format, ...)
{
    va_list arguments;

    if (seat->killed)
        return;
    seat->killed = true;
    seat->verdict = code;
    va_start(arguments, format);
    vsnprintf(seat->sentence, sizeof(seat->sentence), format, arguments);
    va_end(arguments);
    (void)weft_process_kill(seat->process);
}

uint32_t weft__seat_head(const struct weft__seat *seat)
{
    uint32_t taken = weft_load_u32(&seat->taken, WEFT_RELAXED);

    return weft_load_u32(&weft__seat_slot(seat, taken)->state, WEFT_ACQUIRE);
}
