/* SPDX-License-Identifier: MIT */
/*
 * Tasks of a pool of threads that wait for their instant.
 *
 * Each has an entry with the timers (timer.h) and stands in the pool's list of delayed
 * tasks. Whoever takes the entry out of that list under the mutex owns it: the timer, at
 * its instant, a shutdown that discards, or who cancels the task, which finds the entry in
 * the task's `next`. A task that is cancelled when the timer has it already is appended like
 * any other, and dropped by the worker that takes it.
 */
#include "internal.h"
#include "promise.h"
#include "thread_pool.h"
#include "timer.h"
#include "weft/memory.h"

struct weft__delayed {
    struct weft__delayed *next, **link; /* in the list; guarded by the pool's mutex */
    struct weft__thread_pool *pool;
    weft_future *task; /* the producer's reference */
    enum weft_priority priority;
    weft__timer_entry timer;
};

static void take_out_locked(struct weft__delayed *delayed)
{
    *delayed->link = delayed->next;
    if (delayed->next)
        delayed->next->link = delayed->link;
    delayed->link = NULL;
    delayed->task->next = NULL;
    delayed->pool->delayed--;
}

/* It was taken, and will never run. */
static void count_cancelled_locked(struct weft__thread_pool *pool)
{
    pool->submitted++; /* the others are counted when they come due */
    pool->cancelled++;
}

/* Called by the timers' thread. */
static void come_due(void *context)
{
    struct weft__delayed *delayed = context;
    struct weft__thread_pool *pool = delayed->pool;
    struct weft__worker *worker;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    take_out_locked(delayed);
    weft__thread_append_locked(pool, delayed->task, delayed->priority);
    weft_fetch_and_u32(&delayed->task->state, ~(uint32_t)WEFT__DELAYED, WEFT_RELEASE);
    weft__thread_pool_pin_locked(pool);
    worker = weft__thread_pick_idle_locked(pool);
    if (!worker)
        weft__thread_grow_locked(pool);
    weft_mutex_release(&pool->mutex);
    weft__thread_wake(worker);
    weft__thread_poke(pool); /* a worker that waits for it can run it now */
    weft__thread_pool_unpin(pool);
    weft_free(delayed);
}

int weft__thread_delay(struct weft__thread_pool *pool, weft_future *task,
                       const weft_submit_options *options)
{
    struct weft__delayed *delayed = weft_alloc(sizeof(*delayed));
    int err = delayed ? 0 : WEFT_ENOMEM;

    if (err != 0)
        goto drop;
    delayed->pool = pool;
    delayed->task = task;
    delayed->priority = options->priority;
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    /* The room that it needs when its instant has come is kept from now on. */
    err = weft__thread_reserve_locked(pool, options->priority);
    if (err == 0 && pool->closed)
        err = weft__fail(WEFT_ECLOSED, "pool %s: shut down", pool->name);
    if (err != 0) {
        weft_mutex_release(&pool->mutex);
        goto drop;
    }
    delayed->next = pool->first_delayed;
    delayed->link = &pool->first_delayed;
    if (delayed->next)
        delayed->next->link = &delayed->next;
    pool->first_delayed = delayed;
    task->next = (weft_future *)(void *)delayed;
    pool->delayed++;
    err = weft__timer_call(&delayed->timer, options->at, come_due, delayed);
    if (err != 0)
        take_out_locked(delayed);
    weft_mutex_release(&pool->mutex);
    if (err == 0)
        return 0;

drop:
    weft_free(delayed);
    (void)weft__future_begin(task); /* nobody else knows it: a block that was never a task */
    weft_store_u32(&task->references, 1, WEFT_RELAXED);
    weft_future_release(task);
    return err;
}

void weft__thread_delay_discard(struct weft__thread_pool *pool)
{
    struct weft__delayed *delayed;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    delayed = pool->first_delayed;
    while (delayed) {
        struct weft__delayed *next = delayed->next;

        if (weft__timer_withdraw(&delayed->timer)) {
            take_out_locked(delayed);
            count_cancelled_locked(pool);
            weft_mutex_release(&pool->mutex);
            (void)weft__future_withdraw(delayed->task);
            weft_future_release(delayed->task);
            weft_free(delayed);
            weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
            next = pool->first_delayed;
        }
        delayed = next;
    }
    weft_mutex_release(&pool->mutex);
}

void weft__thread_delay_drop(weft_future *task)
{
    struct weft__thread_pool *pool = weft__thread_pool_of(task->executor);
    struct weft__delayed *delayed = NULL;
    struct weft__worker *idle = NULL;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    if (weft_load_u32(&task->state, WEFT_RELAXED) & WEFT__DELAYED)
        delayed = (struct weft__delayed *)(void *)task->next;
    if (delayed && !weft__timer_withdraw(&delayed->timer))
        delayed = NULL;
    if (delayed) {
        take_out_locked(delayed);
        count_cancelled_locked(pool);
    }
    if (delayed && pool->closed && pool->delayed == 0)
        idle = weft__thread_take_idle_locked(pool); /* it may be all that they stayed for */
    weft_mutex_release(&pool->mutex);
    weft__thread_wake_all(idle);
    if (delayed)
        weft_future_release(task);
    weft_free(delayed);
}
