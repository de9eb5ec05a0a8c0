/* SPDX-License-Identifier: MIT */
/*
 * Tasks of a pool of processes that wait for their instant.
 *
 * Each has an entry with the timers (timer.h) and stands in the pool's list of delayed tasks;
 * both are its own until somebody takes it out of the list under the mutex: the timer, at its
 * instant, or who cancels it. If the timer is just about to come, who cancels leaves the entry
 * to it, and the task too: NOWHERE if its future has been ended, DOOMED if the timer is to.
 */
#include "internal.h"
#include "process_pool.h"
#include "timer.h"
#include "weft/memory.h"

struct weft__delayed {
    struct weft__delayed *next, **link; /* in the list; guarded by the pool's mutex */
    struct weft__work *work;
    weft__timer_entry timer;
};

static void take_out_locked(struct weft__process_pool *pool, struct weft__delayed *delayed)
{
    *delayed->link = delayed->next;
    if (delayed->next)
        delayed->next->link = delayed->link;
    pool->delayed--;
}

/* Called by the timers' thread. */
static void come_due(void *context)
{
    struct weft__delayed *delayed = context;
    struct weft__work *work = delayed->work;
    struct weft__process_pool *pool = work->pool;
    struct weft__wakes wakes = {.count = 0};
    enum weft__where where;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    take_out_locked(pool, delayed);
    where = work->where;
    if (where == WEFT__IN_TIME)
        weft__work_place_locked(pool, work, &wakes);
    else
        weft__pool_rouse_locked(pool, &wakes); /* it may wait for this to end */
    weft_mutex_release(&pool->mutex);
    weft__wakes_send(&wakes);
    weft_free(delayed);
    if (where == WEFT__DOOMED)
        weft__future_end_cancelled(work->future);
    if (where != WEFT__IN_TIME)
        weft__work_drop(work);
}

int weft__work_delay_locked(struct weft__process_pool *pool, struct weft__work *work, weft_time at)
{
    struct weft__delayed *delayed = weft_alloc(sizeof(*delayed));
    int err;

    if (!delayed)
        return WEFT_ENOMEM;
    delayed->work = work;
    delayed->next = pool->first_delayed;
    delayed->link = &pool->first_delayed;
    if (delayed->next)
        delayed->next->link = &delayed->next;
    pool->first_delayed = delayed;
    pool->delayed++;
    work->where = WEFT__IN_TIME;
    work->delayed = delayed;
    err = weft__timer_call(&delayed->timer, at, come_due, delayed);
    if (err == 0)
        return 0;
    take_out_locked(pool, delayed);
    weft_free(delayed);
    return err;
}

bool weft__work_undelay_locked(struct weft__process_pool *pool, struct weft__work *work)
{
    struct weft__delayed *delayed = work->delayed;

    work->where = WEFT__NOWHERE;
    if (!weft__timer_withdraw(&delayed->timer))
        return false;
    take_out_locked(pool, delayed);
    weft_free(delayed);
    return true;
}

struct weft__work *weft__delayed_next(struct weft__process_pool *pool, struct weft__work *after)
{
    struct weft__delayed *next = after ? after->delayed->next : pool->first_delayed;

    while (next && next->work->where != WEFT__IN_TIME)
        next = next->next;
    return next ? next->work : NULL;
}
