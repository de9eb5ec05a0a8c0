/* SPDX-License-Identifier: MIT */
/*
 * Cancel and interrupt in a pool of processes, by a future or by a token.
 *
 * What has not begun is taken out of its list, or its slot is won from the worker, before its
 * future is cancelled: so it never runs. What runs is asked to stop through the channel
 * (worker_ask.c); the manager kills the worker of one that goes on after `grace`.
 *
 * Tokens are looked at by the manager. A token that was found requested is not looked at
 * again: who submits later under it meets that under the mutex.
 */
#include "internal.h"
#include "process_pool.h"
#include "promise.h"
#include "weft/memory.h"

#define GRACE WEFT_MS(100)

void weft__work_cancel_all(struct weft__work *works)
{
    while (works) {
        struct weft__work *next = works->next;

        weft__future_end_cancelled(works->future);
        weft__work_drop(works);
        works = next;
    }
}

/* ---- one task --------------------------------------------------------------------- */

/* Out of where it waits. False: it has begun. *own: the producer's reference comes along; it
 * does not where the timer is just about to come for it. */
static bool take_locked(struct weft__process_pool *pool, struct weft__work *work, bool *own)
{
    *own = true;
    switch (work->where) {
    case WEFT__IN_LIST:
        weft__list_remove_locked(pool, work);
        return true;
    case WEFT__IN_RING:
        return weft__work_revoke_locked(pool, work);
    case WEFT__IN_TIME:
        *own = weft__work_undelay_locked(pool, work);
        return true;
    default:
        return false; /* it is just being ended */
    }
}

bool weft__process_withdraw(weft_future *future)
{
    struct weft__work *work = future->use.context;
    struct weft__process_pool *pool = work->pool;
    bool cancelled, own = false;
    uint32_t state;

    if (weft__arena_check() != 0)
        return false; /* a forked process: the task is its parent's */
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    state = weft_load_u32(&future->state, WEFT_ACQUIRE);
    cancelled = weft__future_stage(state) == WEFT__PENDING && take_locked(pool, work, &own);
    if (cancelled) {
        weft__future_claim(future);
        weft__work_unwatch(work);
        pool->cancelled++;
        weft__pool_room_locked(pool);
    }
    weft_mutex_release(&pool->mutex);
    if (!cancelled)
        return (state & WEFT__WITHDRAWN) != 0;
    weft__future_end_cancelled(future);
    if (own)
        weft__work_drop(work);
    return true;
}

/* The state of its slot, if a worker is in it; 0: none is. */
static uint32_t begun_locked(struct weft__process_pool *pool, const struct weft__work *work)
{
    uint32_t begun = weft__slot_state(WEFT__BEGUN, work->position);
    struct weft__task_slot *slot;

    if (work->where != WEFT__IN_RING)
        return 0;
    slot = weft__seat_slot(&pool->seats[work->seat], work->position);
    return weft_load_u32(&slot->state, WEFT_ACQUIRE) == begun ? begun : 0;
}

bool weft__process_running(weft_future *future)
{
    struct weft__work *work = future->use.context;
    struct weft__process_pool *pool = work->pool;
    bool running;

    if (weft__arena_check() != 0)
        return false;
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    running = !weft_future_done(future) && begun_locked(pool, work) != 0;
    weft_mutex_release(&pool->mutex);
    return running;
}

static void ask_locked(struct weft__process_pool *pool, struct weft__work *work, uint32_t begun,
                       struct weft__wakes *wakes)
{
    struct weft__seat *seat = &pool->seats[work->seat];
    weft_time grace = pool->options.grace > 0 ? pool->options.grace : GRACE;

    if (seat->asked == begun)
        return;
    seat->asked = begun;
    seat->grace = grace;
    seat->ends = grace == WEFT_FOREVER ? 0 : weft_in(grace);
    weft_store_u32(&seat->channel->ask, begun, WEFT_RELEASE);
    weft__wakes_add(wakes, &seat->channel->ask);
    if (grace != WEFT_FOREVER)
        weft__pool_look_within_locked(pool, grace, wakes);
}

void weft__process_interrupt(weft_future *future)
{
    struct weft__work *work = future->use.context;
    struct weft__process_pool *pool = work->pool;
    struct weft__wakes wakes = {.count = 0};
    uint32_t begun = 0;
    bool done;

    if (weft__arena_check() != 0)
        return;
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    done = weft_future_done(future);
    if (!done)
        begun = begun_locked(pool, work);
    if (begun != 0)
        ask_locked(pool, work, begun, &wakes);
    weft_mutex_release(&pool->mutex);
    weft__wakes_send(&wakes);
    if (!done && begun == 0)
        (void)weft__process_withdraw(future); /* its worker died, and it waits again */
}

/* ---- many ------------------------------------------------------------------------------ */

/* Which tasks are meant. */
struct selection {
    bool all;
    bool refuses;                        /* they fail, instead of being cancelled */
    const struct weft__watched *watched; /* NULL: those without a token of their own */
};

static void end_locked(struct weft__process_pool *pool, struct weft__work *work,
                       const struct selection *selection, struct weft__round *round)
{
    struct weft__work **list = selection->refuses ? &round->refused : &round->cancelled;

    work->next = *list;
    *list = work;
    if (selection->refuses)
        return;
    weft__future_claim(work->future);
    weft__work_unwatch(work);
    pool->cancelled++;
}

static bool is_meant(const struct selection *selection, const struct weft__work *work)
{
    return selection->all || work->watched == selection->watched;
}

static void cancel_lists_locked(struct weft__process_pool *pool, const struct selection *selection,
                                struct weft__round *round)
{
    for (int level = 0; level < WEFT__PRIORITIES; level++) {
        struct weft__work *work = pool->lists[level].first, *next;

        for (; work; work = next) {
            next = work->next;
            if (!is_meant(selection, work))
                continue;
            weft__list_remove_locked(pool, work);
            end_locked(pool, work, selection, round);
        }
    }
}

static void cancel_delayed_locked(struct weft__process_pool *pool,
                                  const struct selection *selection, struct weft__round *round)
{
    struct weft__work *work = weft__delayed_next(pool, NULL), *next;

    for (; work; work = next) {
        next = weft__delayed_next(pool, work);
        if (!is_meant(selection, work))
            continue;
        if (weft__work_undelay_locked(pool, work)) {
            end_locked(pool, work, selection, round);
        } else { /* the timer comes just now, and ends it */
            work->where = WEFT__DOOMED;
            weft__future_claim(work->future);
            weft__work_unwatch(work);
            pool->cancelled++;
        }
    }
}

/* With the role: what stands in the ring stays where it is meanwhile, or begins. */
static void cancel_ring_locked(struct weft__process_pool *pool, struct weft__seat *seat,
                               const struct selection *selection, bool asks,
                               struct weft__round *round)
{
    uint32_t first = weft_load_u32(&seat->taken, WEFT_RELAXED);

    for (uint32_t position = seat->put; position != first; position--) {
        struct weft__work *work = seat->works[(position - 1) % WEFT__SLOTS];
        uint32_t begun;

        if (!work || !is_meant(selection, work))
            continue;
        if (weft__work_revoke_locked(pool, work)) {
            end_locked(pool, work, selection, round);
            continue;
        }
        begun = begun_locked(pool, work);
        if (asks && begun != 0)
            ask_locked(pool, work, begun, &round->wakes);
    }
}

static void cancel_selection_locked(struct weft__process_pool *pool,
                                    const struct selection *selection, bool asks,
                                    struct weft__round *round)
{
    cancel_lists_locked(pool, selection, round);
    cancel_delayed_locked(pool, selection, round);
    for (unsigned i = 0; i < pool->seat_count; i++)
        if (pool->seats[i].state == WEFT__TAKEN)
            cancel_ring_locked(pool, &pool->seats[i], selection, asks, round);
    weft__pool_room_locked(pool);
}

void weft__pool_discard_locked(struct weft__process_pool *pool, struct weft__round *round)
{
    cancel_selection_locked(pool, &(struct selection){.all = true}, false, round);
}

void weft__pool_refuse_locked(struct weft__process_pool *pool, struct weft__round *round)
{
    cancel_selection_locked(pool, &(struct selection){.all = true, .refuses = true}, false, round);
}

/* ---- tokens ------------------------------------------------------------------------------ */

struct weft__watched *weft__token_watch_locked(struct weft__process_pool *pool,
                                               const weft_cancel *cancel)
{
    struct weft__watched *watched = pool->watched;

    while (watched && watched->cancel != cancel)
        watched = watched->next;
    if (!watched) {
        watched = weft_alloc(sizeof(*watched));
        if (!watched)
            return NULL;
        watched->cancel = cancel;
        watched->next = pool->watched;
        pool->watched = watched;
    }
    if (weft_load_u32(&watched->tasks, WEFT_RELAXED) == 0)
        watched->requested = false; /* maybe another token at the same place */
    weft_fetch_add_u32(&watched->tasks, 1, WEFT_RELAXED);
    return watched;
}

void weft__tokens_locked(struct weft__process_pool *pool, struct weft__round *round)
{
    const weft_cancel *own = pool->options.cancel;
    struct weft__watched **link = &pool->watched;

    if (own && !pool->pool_requested && weft_cancel_requested(own)) {
        pool->pool_requested = true;
        cancel_selection_locked(pool, &(struct selection){.watched = NULL}, true, round);
    }
    while (*link) {
        struct weft__watched *watched = *link;

        if (weft_load_u32(&watched->tasks, WEFT_RELAXED) == 0) {
            *link = watched->next; /* the token itself may be gone by now */
            weft_free(watched);
            continue;
        }
        if (!watched->requested && weft_cancel_requested(watched->cancel)) {
            watched->requested = true;
            cancel_selection_locked(pool, &(struct selection){.watched = watched}, true, round);
        }
        link = &watched->next;
    }
}
