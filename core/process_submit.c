/* SPDX-License-Identifier: MIT */
/*
 * Handing tasks to a pool of processes: what happens in the caller's thread.
 *
 * A large argument is copied once, into the arena, before the mutex is taken. A small one
 * goes into the future's payload, and from there into a slot, maybe more than once: when its
 * worker has died.
 */
#include <string.h>

#include "internal.h"
#include "process_pool.h"
#include "promise.h"

/* ---- bounds ----------------------------------------------------------------------- */

uint32_t weft__pool_queued_locked(const struct weft__process_pool *pool)
{
    uint32_t ringed = pool->put_count - weft_load_u32(&pool->collected_count, WEFT_ACQUIRE);

    return pool->pending + (ringed > pool->ready_count ? ringed - pool->ready_count : 0);
}

static bool is_full_locked(const struct weft__process_pool *pool)
{
    return pool->options.capacity > 0 && weft__pool_queued_locked(pool) >= pool->options.capacity;
}

void weft__pool_room_locked(struct weft__process_pool *pool)
{
    if (pool->room_waiters > 0 && (pool->closed || !is_full_locked(pool)))
        weft_condition_notify_all(&pool->room);
}

/* The mutex is released and held again meanwhile. False: none waits that could be dropped. */
static bool drop_oldest_locked(struct weft__process_pool *pool)
{
    struct weft__work *oldest = NULL;

    for (int level = WEFT__PRIORITIES - 1; level >= 0 && !oldest; level--)
        oldest = pool->lists[level].first;
    if (!oldest)
        return false;
    weft__list_remove_locked(pool, oldest);
    weft__future_claim(oldest->future);
    weft__work_unwatch(oldest);
    oldest->next = NULL;
    pool->cancelled++;
    weft_mutex_release(&pool->mutex);
    weft__work_cancel_all(oldest);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    return true;
}

static int make_room_locked(struct weft__process_pool *pool, weft_time until)
{
    int err = 0;

    while (is_full_locked(pool) && !pool->closed && err == 0) {
        if (pool->options.when_full == WEFT_FULL_REFUSE)
            return weft__fail(WEFT_EBUSY, "pool %s: %zu tasks wait already", pool->name,
                              pool->options.capacity);
        if (pool->options.when_full == WEFT_FULL_DROP_OLDEST) {
            if (!drop_oldest_locked(pool))
                return 0;
            continue;
        }
        pool->room_waiters++;
        err = weft_condition_wait(&pool->room, &pool->mutex, until);
        pool->room_waiters--;
    }
    if (err == 0 || !is_full_locked(pool) || pool->closed)
        return 0;
    return weft__fail(err, "pool %s: %zu tasks wait already, and %s", pool->name,
                      pool->options.capacity,
                      err == WEFT_ECANCELED ? "the wait was cancelled" : "did until the deadline");
}

/* ---- one task ---------------------------------------------------------------------- */

/* What the program's own functions are called does not change: the last one is remembered. */
static int name_function(weft__function_ref *ref, weft_function *function)
{
    static WEFT_THREAD_LOCAL weft_function *last;
    static WEFT_THREAD_LOCAL weft__function_ref last_ref;
    int err;

    if (function == last) {
        *ref = last_ref;
        return 0;
    }
    err = weft__function_name(ref, function);
    if (err == 0 && ref->module == 0) {
        last = function;
        last_ref = *ref;
    }
    return err;
}

/* The argument of a task that is about to be submitted. */
struct parcel {
    weft__function_ref function;
    weft_offset large;
    const void *argument;
    size_t size;
};

static int pack(struct parcel *parcel, weft_function *function, const void *argument, size_t size)
{
    int err = weft__arena_check(); /* a forked process has neither workers nor manager */

    if (err == 0)
        err = name_function(&parcel->function, function);
    parcel->large = 0;
    parcel->argument = argument;
    parcel->size = size;
    if (err == 0 && size > WEFT__PAYLOAD) {
        err = weft_shared_alloc(&parcel->large, size);
        if (err == 0)
            memcpy(weft_shared_pointer(parcel->large), argument, size);
    }
    return err;
}

static int admit_locked(struct weft__process_pool *pool, struct weft__work **work, bool waits,
                        weft_time until)
{
    int err = 0;

    if (waits && is_full_locked(pool) && !pool->closed && !weft__pool_is_managed_here(pool))
        err = make_room_locked(pool, until);
    if (err != 0)
        return err;
    if (pool->closed)
        return weft__fail(WEFT_ECLOSED, "pool %s: shut down", pool->name);
    if (weft__pool_is_broken_locked(pool))
        return weft__fail(WEFT_ELOST, "pool %s: no worker can be started: %s", pool->name,
                          pool->reason);
    *work = weft__block_take_locked(pool);
    return *work ? 0 : WEFT_ENOMEM;
}

static void fill_locked(struct weft__process_pool *pool, struct weft__work *work,
                        weft_future *future, const struct parcel *parcel)
{
    work->future = future;
    work->function = parcel->function;
    work->large = parcel->large;
    work->size = parcel->size;
    work->number = ++pool->submitted;
    work->submitted = pool->submitted <= 1000 || pool->submitted % 64 == 0 ? weft_clock() : 0;
    work->limit = 0;
    work->watched = NULL;
    work->retries = 0;
    work->tries = 0;
    work->where = WEFT__NOWHERE;
    work->priority = WEFT_NORMAL;
    work->unheard = false;
    if (parcel->large == 0 && parcel->size > 0)
        memcpy(future->payload.bytes, parcel->argument, parcel->size);
}

static int set_options_locked(struct weft__process_pool *pool, struct weft__work *work,
                              const weft_submit_options *options)
{
    work->limit = options->limit;
    work->retries = options->retries;
    work->priority = (int8_t)options->priority;
    if (!options->cancel)
        return 0;
    work->watched = weft__token_watch_locked(pool, options->cancel);
    return work->watched ? 0 : WEFT_ENOMEM;
}

static bool is_cancelled(const struct weft__process_pool *pool, const weft_submit_options *options)
{
    return weft_cancel_requested(options && options->cancel ? options->cancel
                                                            : pool->options.cancel);
}

/* The future is cancelled before anybody knows it. */
static void cancel_at_once_locked(struct weft__process_pool *pool, struct weft__work *work)
{
    weft__future_claim(work->future);
    weft__work_unwatch(work);
    work->next = NULL;
    pool->cancelled++;
}

static void note_queued_locked(struct weft__process_pool *pool)
{
    uint32_t queued = weft__pool_queued_locked(pool);

    if (queued > pool->queued_most)
        pool->queued_most = queued;
}

static int submit_locked(struct weft__process_pool *pool, struct weft__work *work,
                         const weft_submit_options *options, struct weft__wakes *wakes,
                         bool *cancelled)
{
    int err = options ? set_options_locked(pool, work, options) : 0;

    *cancelled = false;
    if (err != 0)
        return err;
    if (is_cancelled(pool, options)) {
        cancel_at_once_locked(pool, work);
        *cancelled = true;
    } else if (options && options->at > 0) {
        err = weft__work_delay_locked(pool, work, options->at);
    } else {
        weft__work_place_locked(pool, work, wakes);
        note_queued_locked(pool);
    }
    if (err != 0 && work->watched)
        weft_fetch_sub_u32(&work->watched->tasks, 1, WEFT_RELAXED);
    return err;
}

int weft__process_submit(weft_executor *executor, weft_future **out, weft_function *function,
                         const void *argument, size_t size, const weft_submit_options *options,
                         weft_time until)
{
    struct weft__process_pool *pool = weft__process_pool_of(executor);
    struct weft__wakes wakes = {.count = 0};
    struct weft__work *work;
    struct parcel parcel;
    bool cancelled = false;
    int err = pack(&parcel, function, argument, size);

    if (err != 0)
        return err;
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    err = admit_locked(pool, &work, true, until);
    if (err == 0) {
        weft__future_reset(&work->own, WEFT__REMOTE, out ? 2 : 1);
        work->own.executor = executor;
        work->own.use.context = work;
        fill_locked(pool, work, &work->own, &parcel);
        err = submit_locked(pool, work, options, &wakes, &cancelled);
        if (err != 0) {
            pool->submitted--;
            weft__block_put_back_locked(pool, work);
        }
    }
    weft_mutex_release(&pool->mutex);
    weft__wakes_send(&wakes);
    if (err != 0) {
        weft_shared_free(parcel.large);
        return err;
    }
    if (out)
        *out = &work->own;
    if (cancelled)
        weft__work_cancel_all(work);
    return 0;
}

/* Others have the future already, and may cancel it: from this step on only by the pool. */
static bool make_remote(weft_future *promise)
{
    uint32_t state = weft_load_u32(&promise->state, WEFT_RELAXED);

    while (weft__future_stage(state) == WEFT__PENDING)
        if (weft_cas_u32(&promise->state, &state, state | WEFT__REMOTE, WEFT_ACQ_REL))
            return true;
    return false;
}

int weft__process_submit_promise(weft_executor *executor, weft_future *promise,
                                 weft_function *function, const void *argument, size_t size)
{
    struct weft__process_pool *pool = weft__process_pool_of(executor);
    struct weft__wakes wakes = {.count = 0};
    weft_future *source = NULL;
    struct weft__work *work;
    struct parcel parcel;
    bool cancelled = false, dead = false;
    int err = pack(&parcel, function, argument, size);

    if (err != 0)
        return err;
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    err = admit_locked(pool, &work, false, WEFT_NOW);
    if (err == 0) {
        source = weft__future_unfollow(promise);
        promise->executor = executor;
        promise->use.context = work;
        dead = !make_remote(promise);
        if (dead) /* cancelled meanwhile */
            weft__block_put_back_locked(pool, work);
        else
            fill_locked(pool, work, promise, &parcel);
        if (!dead)
            (void)submit_locked(pool, work, NULL, &wakes, &cancelled); /* without options */
    }
    weft_mutex_release(&pool->mutex);
    weft__wakes_send(&wakes);
    if (err != 0 || dead)
        weft_shared_free(parcel.large);
    if (err != 0)
        return err;
    if (dead)
        weft_future_release(promise);
    if (cancelled)
        weft__work_cancel_all(work);
    weft_future_release(source);
    return 0;
}
