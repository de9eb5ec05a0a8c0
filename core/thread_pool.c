/* SPDX-License-Identifier: MIT */
/* A pool of threads: from creation to close. See thread_pool.h. */
#include "thread_pool.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "promise.h"
#include "weft/memory.h"

enum { WORKERS_MOST = 100000 };

/* ---- ending ----------------------------------------------------------------------- */

/* Cancels what is in the lists; what stands in deques, workers cancel. */
static void discard(struct weft__thread_pool *pool)
{
    weft_future *tasks = NULL, **last = &tasks;
    uint64_t cancelled = 0; /* without those that a worker which waited for them has run */

    weft__thread_delay_discard(pool);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    weft_store_u32(&pool->discarding, 1, WEFT_RELAXED);
    for (int level = 0; level < WEFT__LEVELS; level++) {
        for (; pool->rings[level].count > 0; last = &(*last)->next)
            *last = weft__thread_pop_locked(pool, level);
        *last = NULL;
    }
    weft_store_u32(&pool->queued, 0, WEFT_RELAXED);
    weft_mutex_release(&pool->mutex);
    while (tasks) {
        weft_future *next = tasks->next;

        cancelled += weft__future_withdraw(tasks);
        weft_future_release(tasks);
        tasks = next;
    }
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    pool->cancelled += cancelled;
    weft_mutex_release(&pool->mutex);
}

static int shut_down(weft_executor *executor, enum weft_ending ending, weft_time until)
{
    struct weft__thread_pool *pool = weft__thread_pool_of(executor);
    struct weft__worker *idle;
    unsigned alive;
    int err = 0;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    pool->closed = true;
    weft_condition_notify_all(&pool->room);
    weft_mutex_release(&pool->mutex);
    if (ending == WEFT_DISCARD)
        discard(pool);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    idle = weft__thread_take_idle_locked(pool);
    weft_mutex_release(&pool->mutex);
    weft__thread_wake_all(idle);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    while (pool->alive > 0 && err == 0)
        err = weft_condition_wait(&pool->ended, &pool->mutex, until);
    alive = pool->alive;
    weft_mutex_release(&pool->mutex);
    if (alive == 0)
        return 0;
    return weft__fail(err, "pool %s: %u workers still run%s", pool->name, alive,
                      err == WEFT_ECANCELED ? ", and the wait was cancelled" : " at the deadline");
}

/* No worker is alive. Who started one may not have come back to say what is to be joined. */
static void join_workers(struct weft__thread_pool *pool)
{
    for (unsigned i = 0; i < pool->most; i++) {
        struct weft__worker *worker = &pool->workers[i];

        weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
        while (worker->unsettled)
            weft_condition_wait(&pool->ended, &pool->mutex, WEFT_FOREVER);
        weft_mutex_release(&pool->mutex);
        if (worker->thread)
            weft_thread_join(worker->thread, WEFT_FOREVER);
    }
}

static void close(weft_executor *executor)
{
    struct weft__thread_pool *pool = weft__thread_pool_of(executor);

    weft_cancel_request(&pool->stop);
    shut_down(executor, WEFT_DISCARD, WEFT_FOREVER);
    join_workers(pool);
    weft__thread_pool_free(pool);
}

/* ---- figures ------------------------------------------------------------------------ */

static void get_stats(weft_executor *executor, weft_executor_stats *stats)
{
    struct weft__thread_pool *pool = weft__thread_pool_of(executor);

    memset(stats, 0, sizeof(*stats));
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    stats->workers = pool->alive;
    stats->queued = weft_load_u32(&pool->queued, WEFT_RELAXED);
    stats->queued_most = pool->queued_most;
    stats->submitted = pool->submitted;
    stats->cancelled = pool->cancelled;
    stats->finished = pool->ran_here - pool->failed_here;
    stats->failed = pool->failed_here;
    stats->timed = pool->timed;
    stats->waited_mean = pool->timed > 0 ? pool->waited_sum / (weft_time)pool->timed : 0;
    stats->waited_most = pool->waited_most;
    for (unsigned i = 0; i < pool->most; i++) {
        const struct weft__worker *worker = &pool->workers[i];

        stats->busy += weft_load_u32(&worker->busy, WEFT_RELAXED) > 0;
        stats->finished += weft_load_u64(&worker->finished, WEFT_RELAXED);
        stats->failed += weft_load_u64(&worker->failed, WEFT_RELAXED);
        stats->cancelled += weft_load_u64(&worker->cancelled, WEFT_RELAXED);
    }
    weft_mutex_release(&pool->mutex);
}

/* ---- creation ------------------------------------------------------------------------ */

static bool is_own(const weft_executor *executor)
{
    const struct weft__worker *worker = weft__worker_current();

    return worker && &worker->pool->base == executor;
}

static void pin(weft_executor *executor)
{
    struct weft__thread_pool *pool = weft__thread_pool_of(executor);

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    weft__thread_pool_pin_locked(pool);
    weft_mutex_release(&pool->mutex);
}

static void unpin(weft_executor *executor)
{
    weft__thread_pool_unpin(weft__thread_pool_of(executor));
}

static const struct weft__pool_kind kind = {
    .submit = weft__thread_submit,
    .submit_promise = weft__thread_submit_promise,
    .shutdown = shut_down,
    .close = close,
    .pin = pin,
    .unpin = unpin,
    .stats = get_stats,
    .is_own = is_own,
};

bool weft__is_thread_pool(const weft_executor *executor)
{
    return executor->kind == &kind;
}

bool weft__thread_pool_is_closed(weft_executor *executor)
{
    struct weft__thread_pool *pool = weft__thread_pool_of(executor);
    bool closed;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    closed = pool->closed;
    weft_mutex_release(&pool->mutex);
    return closed;
}

/* The object with its workers and the argument of the hooks, on cache lines; nothing runs. */
static struct weft__thread_pool *create(const weft_pool_options *options, unsigned workers)
{
    const size_t line = 64;
    unsigned most = options->workers_most > workers ? options->workers_most : workers;
    size_t size = line + sizeof(struct weft__thread_pool) + most * sizeof(struct weft__worker);
    void *memory =
        options->argument_size < SIZE_MAX - size ? weft_alloc(size + options->argument_size) : NULL;
    struct weft__thread_pool *pool;
    void *argument;

    if (!memory)
        return NULL;
    pool = (void *)(((uintptr_t)memory + line - 1) / line * line);
    pool->memory = memory;
    pool->workers = (void *)(pool + 1);
    argument = pool->workers + most;
    pool->base.kind = &kind;
    pool->base.workers = workers;
    pool->most = most;
    pool->cpus = weft_cpu_count();
    pool->grows = true;
    pool->stamps_free = UINT64_MAX;
    pool->options = *options;
    pool->options.argument = argument;
    if (options->argument_size > 0)
        memcpy(argument, options->argument, options->argument_size);
    if (options->idle <= 0)
        pool->options.idle = WEFT_S(10);
    pool->stop.parent = options->cancel;
    snprintf(pool->name, sizeof(pool->name), "%s", options->name ? options->name : "Pool");
    for (unsigned i = 0; i < most; i++) {
        pool->workers[i].pool = pool;
        pool->workers[i].index = i;
        pool->workers[i].random = i + 1;
    }
    return pool;
}

/* All workers started and initialized, or the error of the first that was not. */
static int start_workers(struct weft__thread_pool *pool)
{
    int err = 0;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    for (unsigned i = 0; i < pool->base.workers && err == 0; i++)
        err = weft__worker_start_locked(pool, &pool->workers[i]);
    while (pool->starting > 0)
        weft_condition_wait(&pool->ended, &pool->mutex, WEFT_FOREVER);
    for (unsigned i = 0; i < pool->base.workers && err == 0; i++)
        if (pool->workers[i].state == WEFT__WORKER_FAILED)
            err = WEFT_EFAILED;
    weft_mutex_release(&pool->mutex);
    if (err == WEFT_EFAILED)
        return weft__fail(err, "pool %s: its initializer failed: %s", pool->name, pool->reason);
    if (err != 0)
        return weft__fail(WEFT_ELIMIT, "pool %s: not all of %u threads: %s", pool->name,
                          pool->base.workers, pool->reason);
    return 0;
}

weft_executor *weft_thread_pool(const weft_pool_options *options)
{
    static const weft_pool_options defaults;
    unsigned workers;
    struct weft__thread_pool *pool;
    const weft_cancel *before;
    int err;

    if (!options)
        options = &defaults;
    workers = options->workers > 0 ? options->workers : weft_cpu_count();
    if (workers > WORKERS_MOST || options->workers_most > WORKERS_MOST) {
        weft__misuse(WEFT_EINVAL, "pool %s: more than %d workers",
                     options->name ? options->name : "Pool", WORKERS_MOST);
        return NULL;
    }
    if (options->tasks_per_worker > 0 || options->grace != 0) {
        weft__fail(WEFT_ENOTSUP, "pool %s: tasks_per_worker and grace are for processes",
                   options->name ? options->name : "Pool");
        return NULL;
    }
    pool = create(options, workers);
    if (!pool)
        return NULL;
    before = weft_cancel_enter(NULL);
    err = start_workers(pool);
    if (err != 0)
        close(&pool->base);
    weft_cancel_enter(before);
    return err == 0 ? &pool->base : NULL;
}
