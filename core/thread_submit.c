/* SPDX-License-Identifier: MIT */
/* Handing tasks to a pool of threads. See thread_pool.h. */
#include <string.h>

#include "internal.h"
#include "promise.h"
#include "thread_pool.h"
#include "weft/memory.h"
#include "weft/wait.h"

#define SLICE WEFT_MS(10)

/* ---- the lists ------------------------------------------------------------------ */

/* Notes when the task came, if one of the places for that is free. */
static bool stamp_locked(struct weft__thread_pool *pool, weft_future *task)
{
    uint32_t place = 0;

    if ((pool->submitted >= 1000 && pool->submitted % 64 != 0) || pool->stamps_free == 0)
        return false;
    while (!(pool->stamps_free >> place & 1))
        place++;
    pool->stamps_free &= ~((uint64_t)1 << place);
    pool->stamps[place] = weft_clock();
    weft_fetch_or_u32(&task->state, place << WEFT__STAMP, WEFT_RELAXED);
    return true;
}

/* It has left the ring: its time there is known. */
static void unstamp_locked(struct weft__thread_pool *pool, weft_future *task)
{
    uint32_t places = (uint32_t)(WEFT__STAMPS - 1) << WEFT__STAMP;
    uint32_t place =
        (weft_fetch_and_u32(&task->state, ~places, WEFT_RELAXED) & places) >> WEFT__STAMP;
    weft_time waited = weft_clock() - pool->stamps[place];

    pool->stamps_free |= (uint64_t)1 << place;
    pool->timed++;
    pool->waited_sum += waited;
    if (waited > pool->waited_most)
        pool->waited_most = waited;
}

int weft__thread_reserve_locked(struct weft__thread_pool *pool, enum weft_priority priority)
{
    struct weft__task_ring *ring = &pool->rings[WEFT_HIGH - priority];

    while (!weft__ring_has_room(ring, pool->delayed)) {
        size_t capacity = ring->capacity > 0 ? 2 * ring->capacity : WEFT__SLAB;
        char **places;

        weft_mutex_release(&pool->mutex);
        places = weft_alloc(capacity * sizeof(char *));
        weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
        if (!places)
            return WEFT_ENOMEM;
        if (capacity > ring->capacity) /* nobody else was faster */
            places = weft__ring_move(ring, places, capacity);
        weft_free(places);
    }
    return 0;
}

void weft__thread_append_locked(struct weft__thread_pool *pool, weft_future *task,
                                enum weft_priority priority)
{
    uint32_t queued = weft_load_u32(&pool->queued, WEFT_RELAXED) + 1;

    weft__ring_push(&pool->rings[WEFT_HIGH - priority], task, stamp_locked(pool, task));
    pool->submitted++;
    if (queued > pool->queued_most)
        pool->queued_most = queued;
    weft_store_u32(&pool->queued, queued, WEFT_RELAXED);
}

weft_future *weft__thread_pop_locked(struct weft__thread_pool *pool, int level)
{
    bool stamped;
    weft_future *task = weft__ring_pop(&pool->rings[level], &stamped);

    if (stamped)
        unstamp_locked(pool, task);
    return task;
}

struct weft__worker *weft__thread_pick_idle_locked(struct weft__thread_pool *pool)
{
    struct weft__worker *worker = pool->idle;

    if (!worker || pool->waking)
        return NULL;
    pool->idle = worker->next_idle;
    worker->is_idle = false;
    pool->waking = true;
    weft_store_u32(&pool->idle_count, weft_load_u32(&pool->idle_count, WEFT_RELAXED) - 1,
                   WEFT_RELAXED);
    return worker;
}

void weft__thread_wake(struct weft__worker *worker)
{
    if (!worker)
        return;
    weft_store_u32(&worker->bell, 1, WEFT_RELEASE);
    weft_wake(&worker->bell, 1);
}

struct weft__worker *weft__thread_take_idle_locked(struct weft__thread_pool *pool)
{
    struct weft__worker *first = pool->idle;

    for (struct weft__worker *worker = first; worker; worker = worker->next_idle)
        worker->is_idle = false;
    pool->idle = NULL;
    weft_store_u32(&pool->idle_count, 0, WEFT_RELAXED);
    return first;
}

void weft__thread_wake_all(struct weft__worker *worker)
{
    while (worker) {
        struct weft__worker *next = worker->next_idle; /* once awake it may stand there again */

        weft__thread_wake(worker);
        worker = next;
    }
}

/* Nobody will come to the lists by himself, and there may be more. Who is waking or starting
 * grows the pool further, if there is more to do. */
static bool may_grow_locked(const struct weft__thread_pool *pool)
{
    return pool->grows && pool->alive < pool->most && !pool->idle && !pool->waking &&
           pool->starting == 0;
}

void weft__thread_grow_locked(struct weft__thread_pool *pool)
{
    struct weft__worker *slot = may_grow_locked(pool) ? weft__worker_slot_locked(pool) : NULL;

    while (slot && weft__worker_start_locked(pool, slot) == 0) {
        /* If it has left already, its slot was of no use to others until now. */
        bool again =
            slot->state == WEFT__WORKER_LEFT && weft_load_u32(&pool->queued, WEFT_RELAXED) > 0;

        slot = again && may_grow_locked(pool) ? weft__worker_slot_locked(pool) : NULL;
    }
}

/* ---- bounds --------------------------------------------------------------------- */

/* Takes the oldest task of the lowest priority. */
static weft_future *take_oldest_locked(struct weft__thread_pool *pool)
{
    for (int level = WEFT__LEVELS - 1; level >= 0; level--) {
        if (pool->rings[level].count == 0)
            continue;
        weft_store_u32(&pool->queued, weft_load_u32(&pool->queued, WEFT_RELAXED) - 1, WEFT_RELAXED);
        return weft__thread_pop_locked(pool, level);
    }
    return NULL;
}

static void drop_oldest_locked(struct weft__thread_pool *pool)
{
    weft_future *oldest = take_oldest_locked(pool);
    bool withdrawn;

    if (!oldest)
        return;
    weft_mutex_release(&pool->mutex);
    withdrawn = weft__future_withdraw(oldest); /* its place was free, if its task has run */
    weft_future_release(oldest);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    pool->cancelled += withdrawn;
}

static bool is_full_locked(const struct weft__thread_pool *pool)
{
    return pool->options.capacity > 0 &&
           weft_load_u32(&pool->queued, WEFT_RELAXED) >= pool->options.capacity;
}

/* Until there may be room. Workers tell of places when half of all are free, which may be never
 * if the next task runs for long: so who waits looks again every SLICE. */
static int await_room_locked(struct weft__thread_pool *pool, weft_time until)
{
    int err;

    pool->room_waiters++;
    err = weft_condition_wait(&pool->room, &pool->mutex, weft__slice(until, SLICE));
    pool->room_waiters--;
    return err == WEFT_ETIMEDOUT && weft_clock() < until ? 0 : err;
}

/* There is room, or the task is to be run by the caller (*here). */
static int make_room_locked(struct weft__thread_pool *pool, weft_time until, bool *here)
{
    int err = 0;

    while (is_full_locked(pool) && !pool->closed && err == 0) {
        switch (until == WEFT__IF_ROOM ? WEFT_FULL_REFUSE : pool->options.when_full) {
        case WEFT_FULL_REFUSE:
            return weft__fail(WEFT_EBUSY, "pool %s: %zu tasks wait already", pool->name,
                              pool->options.capacity);
        case WEFT_FULL_RUN:
            *here = true;
            return 0;
        case WEFT_FULL_DROP_OLDEST:
            drop_oldest_locked(pool);
            break;
        default:
            err = await_room_locked(pool, until);
        }
    }
    if (err != 0 && (!is_full_locked(pool) || pool->closed))
        err = 0;
    return err == 0 ? 0
                    : weft__fail(err, "pool %s: %zu tasks wait already, and %s", pool->name,
                                 pool->options.capacity,
                                 err == WEFT_ECANCELED ? "the wait was cancelled"
                                                       : "did until the deadline");
}

/* ---- one task -------------------------------------------------------------------- */

static int refuse_closed(const struct weft__thread_pool *pool)
{
    return weft__fail(WEFT_ECLOSED, "pool %s: shut down", pool->name);
}

/* A block for a task that the pool accepts now. */
static int admit_locked(struct weft__thread_pool *pool, weft_future **task,
                        enum weft_priority priority, weft_time until, bool *here)
{
    struct weft__worker *worker = weft__worker_current();
    int err = 0;

    for (;;) {
        if (pool->closed)
            return refuse_closed(pool);
        if (is_full_locked(pool) && !(worker && worker->pool == pool))
            err = make_room_locked(pool, until, here);
        if (err != 0)
            return err;
        if (pool->closed)
            continue;
        /* What is lacking is looked at again afterwards: the mutex was released. */
        if (pool->unused_count == 0)
            err = weft__thread_block_reserve_locked(pool);
        else if (!weft__ring_has_room(&pool->rings[WEFT_HIGH - priority], pool->delayed))
            err = weft__thread_reserve_locked(pool, priority);
        else
            break;
        if (err != 0)
            return err;
    }
    *task = weft__thread_block_take_locked(pool);
    return 0;
}

static void fill(weft_future *task, struct weft__thread_pool *pool, weft_function *function,
                 const void *argument, size_t size, void *block)
{
    task->executor = &pool->base;
    task->call.function = function;
    task->token.parent = &pool->stop;
    task->size = size;
    if (block)
        task->payload.block = block;
    else if (size > 0)
        memcpy(task->payload.bytes, argument, size);
}

/* In the list; the mutex is released. From then on the pool may be closed, but not before
 * the worker that was picked has been rung. */
static void publish_and_unlock(struct weft__thread_pool *pool, weft_future *task,
                               enum weft_priority priority)
{
    /* A future that had no task until now: a worker may sleep on it. */
    bool chained = !(weft_load_u32(&task->state, WEFT_RELAXED) & WEFT__TASK);
    struct weft__worker *worker;

    weft__thread_append_locked(pool, task, priority);
    if (chained) {
        weft_fetch_or_u32(&task->state, WEFT__TASK, WEFT_RELEASE);
        weft__thread_pool_pin_locked(pool);
    }
    worker = weft__thread_pick_idle_locked(pool);
    if (!worker)
        weft__thread_grow_locked(pool);
    weft_mutex_release(&pool->mutex);
    weft__thread_wake(worker);
    if (chained) {
        weft__thread_poke(pool);
        weft__thread_pool_unpin(pool);
    }
}

static int copy_large(void **block, const void *argument, size_t size)
{
    *block = NULL;
    if (size <= WEFT__PAYLOAD)
        return 0;
    *block = weft_alloc(size);
    if (!*block)
        return WEFT_ENOMEM;
    memcpy(*block, argument, size);
    return 0;
}

int weft__thread_submit(weft_executor *executor, weft_future **out, weft_function *function,
                        const void *argument, size_t size, const weft_submit_options *options,
                        weft_time until)
{
    struct weft__thread_pool *pool = weft__thread_pool_of(executor);
    enum weft_priority priority = options ? options->priority : WEFT_NORMAL;
    bool later = options && options->at > 0;
    weft_future *task = NULL;
    bool here = false;
    void *block;
    int err;

    if (options && options->limit != 0)
        return weft__fail(WEFT_ENOTSUP,
                          "pool %s: a limit ends a process, not a thread; use a "
                          "token that expires",
                          pool->name);
    err = copy_large(&block, argument, size);
    if (err != 0)
        return err;
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    err = admit_locked(pool, &task, priority, until, &here);
    if (err != 0) {
        weft_mutex_release(&pool->mutex);
        weft_free(block);
        return err;
    }
    weft__future_reset(task, later ? WEFT__TASK | WEFT__DELAYED : WEFT__TASK, out ? 2 : 1);
    fill(task, pool, function, argument, size, block);
    if (options && options->cancel)
        task->token.parent = options->cancel;
    if (!later && !here) {
        publish_and_unlock(pool, task, priority);
    } else if (later) {
        weft_mutex_release(&pool->mutex);
        err = weft__thread_delay(pool, task, options);
    } else {
        pool->submitted++;
        weft_mutex_release(&pool->mutex);
        weft__task_run_here(pool, task);
    }
    if (err == 0 && out)
        *out = task;
    return err;
}

int weft__thread_submit_promise(weft_executor *executor, weft_future *promise,
                                weft_function *function, const void *argument, size_t size)
{
    struct weft__thread_pool *pool = weft__thread_pool_of(executor);
    weft_future *source;
    void *block;
    int err = copy_large(&block, argument, size);

    if (err != 0)
        return err;
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    err = weft__thread_reserve_locked(pool, WEFT_NORMAL);
    if (err == 0 && pool->closed)
        err = refuse_closed(pool);
    if (err != 0) {
        weft_mutex_release(&pool->mutex);
        weft_free(block);
        return err;
    }
    source = weft__future_unfollow(promise);
    fill(promise, pool, function, argument, size, block);
    publish_and_unlock(pool, promise, WEFT_NORMAL);
    weft_future_release(source);
    return 0;
}
