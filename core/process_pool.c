/* SPDX-License-Identifier: MIT */
/* A pool of processes: from creation to close. See process_pool.h. */
#include "process_pool.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "promise.h"
#include "weft/memory.h"

enum { WORKERS_MOST = 1000, FIRST_MEAN = 1000000 /* ns: nothing is known of the tasks yet */ };

/* ---- ending ------------------------------------------------------------------------- */

static void rouse(struct weft__process_pool *pool)
{
    weft__ring_bell(&pool->bell->word);
}

/* Cancels what has not begun. */
static void discard(struct weft__process_pool *pool)
{
    struct weft__round round = {.until = WEFT_FOREVER};

    weft__role_take(pool);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    weft__pool_discard_locked(pool, &round);
    weft_mutex_release(&pool->mutex);
    (void)weft__role_give(pool);
    weft__wakes_send(&round.wakes);
    weft__work_cancel_all(round.cancelled);
}

static void begin_end(struct weft__process_pool *pool, enum weft_ending ending, bool kills)
{
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    pool->closed = true;
    pool->killing = kills;
    weft__pool_room_locked(pool);
    weft_mutex_release(&pool->mutex);
    if (ending == WEFT_DISCARD)
        discard(pool);
    rouse(pool);
}

static int shut_down(weft_executor *executor, enum weft_ending ending, weft_time until)
{
    struct weft__process_pool *pool = weft__process_pool_of(executor);
    int err = weft__arena_check();

    if (err != 0)
        return err;
    begin_end(pool, ending, false);
    err = weft_event_wait(&pool->finished, until);
    return err == 0 ? 0
                    : weft__fail(err, "pool %s: tasks still run%s", pool->name,
                                 err == WEFT_ECANCELED ? ", and the wait was cancelled"
                                                       : " at the deadline");
}

static void join(weft_thread *thread)
{
    if (thread)
        weft_thread_join(thread, WEFT_FOREVER);
}

static void close(weft_executor *executor)
{
    struct weft__process_pool *pool = weft__process_pool_of(executor);

    if (weft__arena_check() != 0)
        return; /* this process was forked off the pool's: nothing of the pool is here */
    if (pool->manager)
        begin_end(pool, WEFT_DISCARD, true);
    join(pool->manager);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    pool->over = true;
    weft_condition_notify_all(&pool->starts);
    weft_mutex_release(&pool->mutex);
    join(pool->starter);
    while (pool->watched) {
        struct weft__watched *next = pool->watched->next;

        weft_free(pool->watched);
        pool->watched = next;
    }
    weft_shared_free(pool->argument_at);
    weft__process_pool_free(pool);
}

/* ---- figures -------------------------------------------------------------------------- */

static void add_seats_locked(const struct weft__process_pool *pool, weft_executor_stats *stats)
{
    for (unsigned i = 0; i < pool->seat_count; i++) {
        const struct weft__seat *seat = &pool->seats[i];
        uint32_t load = weft__seat_load(seat);
        bool busy = seat->state == WEFT__TAKEN && load > 0 &&
                    weft__slot_stage(weft__seat_head(seat)) != WEFT__QUEUED;

        stats->workers += seat->state == WEFT__TAKEN;
        stats->busy += busy;
        stats->queued += load - busy;
    }
}

static void get_stats(weft_executor *executor, weft_executor_stats *stats)
{
    struct weft__process_pool *pool = weft__process_pool_of(executor);
    const struct weft__collected *collected = &pool->collected;
    uint64_t timed = weft_load_u64(&collected->timed, WEFT_RELAXED);

    memset(stats, 0, sizeof(*stats));
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    stats->queued = pool->pending;
    add_seats_locked(pool, stats);
    stats->queued_most = pool->queued_most;
    stats->submitted = pool->submitted;
    stats->finished = weft_load_u64(&collected->finished, WEFT_RELAXED);
    stats->failed = weft_load_u64(&collected->failed, WEFT_RELAXED);
    stats->cancelled = pool->cancelled;
    stats->timed = timed;
    if (timed > 0)
        stats->waited_mean = (weft_time)(weft_load_u64(&collected->waited, WEFT_RELAXED) / timed);
    stats->waited_most = (weft_time)weft_load_u64(&collected->waited_most, WEFT_RELAXED);
    stats->started = pool->started;
    stats->lost = pool->lost;
    stats->retried = pool->retried;
    stats->bytes_out = pool->bytes_out;
    stats->bytes_in = weft_load_u64(&collected->bytes, WEFT_RELAXED);
    weft_mutex_release(&pool->mutex);
}

static bool is_own(const weft_executor *executor)
{
    return weft__pool_is_managed_here((const struct weft__process_pool *)executor);
}

/* ---- creation --------------------------------------------------------------------------- */

/* Two threads; the workers are started by one of them. */
static int start_threads(struct weft__process_pool *pool)
{
    weft_thread_options options = {.name = "weft-pool", .daemon = true};
    int err =
        weft_thread_start_with(&pool->manager, weft__pool_manage, &pool, sizeof(pool), &options);

    options.name = "weft-start";
    if (err == 0)
        err = weft_thread_start_with(&pool->starter, weft__pool_start_workers, &pool, sizeof(pool),
                                     &options);
    return err;
}

/* All have been started, and, with an initializer, are ready. */
static bool is_complete_locked(const struct weft__process_pool *pool)
{
    return pool->started >= pool->base.workers &&
           (!pool->options.initializer || pool->unproven == 0);
}

static int await_workers(struct weft__process_pool *pool)
{
    int err = 0;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    while (!is_complete_locked(pool) && !weft__pool_gives_up_locked(pool))
        weft_condition_wait(&pool->crew, &pool->mutex, WEFT_FOREVER);
    if (weft__pool_gives_up_locked(pool))
        err = weft__fail(pool->start_error, "pool %s: %s: %s", pool->name,
                         pool->refused ? "not all of its processes" : "a worker was not ready",
                         pool->reason);
    pool->creating = false;
    weft_condition_notify_all(&pool->starts);
    weft_mutex_release(&pool->mutex);
    return err;
}

static struct weft__process_pool *allocate(const weft_pool_options *options, unsigned workers)
{
    const size_t line = 64;
    unsigned most = options->workers_most > workers ? options->workers_most : workers;
    unsigned seats = 2 * most + 1; /* each may be replaced while it goes on */
    void *memory =
        weft_alloc(line + sizeof(struct weft__process_pool) + seats * sizeof(struct weft__seat));
    struct weft__process_pool *pool;

    if (!memory)
        return NULL;
    pool = (void *)(((uintptr_t)memory + line - 1) / line * line);
    pool->memory = memory;
    pool->seats = (void *)(pool + 1);
    pool->seat_count = seats;
    pool->most = most;
    pool->base.workers = workers;
    pool->target = workers;
    pool->cpus = weft_cpu_count();
    pool->options = *options;
    if (options->idle <= 0)
        pool->options.idle = WEFT_S(10);
    pool->creating = true;
    pool->patrol = WEFT_FOREVER;
    weft_store_u32(&pool->mean, FIRST_MEAN, WEFT_RELAXED);
    weft_store_u32(&pool->shallow, 1, WEFT_RELAXED);
    weft_store_u32(&pool->deep, 1, WEFT_RELAXED);
    snprintf(pool->name, sizeof(pool->name), "%s", options->name ? options->name : "Pool");
    return pool;
}

/* What the workers read in the arena. */
static int share(struct weft__process_pool *pool)
{
    const weft_pool_options *options = &pool->options;
    int err = weft_shared_alloc(&pool->bell_at, sizeof(struct weft__bell));

    if (err != 0)
        return err;
    pool->bell = weft_shared_pointer(pool->bell_at);
    if (options->initializer)
        err = weft__function_name(&pool->initializer, options->initializer);
    if (err == 0 && options->finalizer)
        err = weft__function_name(&pool->finalizer, options->finalizer);
    if (err == 0 && options->argument_size > 0)
        err = weft_shared_alloc(&pool->argument_at, options->argument_size);
    if (err == 0 && options->argument_size > 0)
        memcpy(weft_shared_pointer(pool->argument_at), options->argument, options->argument_size);
    return err;
}

static int check_options(const weft_pool_options *options, unsigned workers)
{
    const char *name = options->name ? options->name : "Pool";

    if (workers > WORKERS_MOST || options->workers_most > WORKERS_MOST)
        return weft__misuse(WEFT_EINVAL, "pool %s: more than %d workers", name, WORKERS_MOST);
    if (options->stack_size > 0)
        return weft__fail(WEFT_ENOTSUP, "pool %s: a stack size is for threads", name);
    if (options->when_full == WEFT_FULL_RUN)
        return weft__fail(WEFT_ENOTSUP, "pool %s: processes do not run tasks in their caller",
                          name);
    return 0;
}

weft_executor *weft_process_pool(const weft_pool_options *options)
{
    static const struct weft__pool_kind kind = {
        .submit = weft__process_submit,
        .submit_promise = weft__process_submit_promise,
        .shutdown = shut_down,
        .close = close,
        .pin = weft__process_pool_pin,
        .unpin = weft__process_pool_unpin,
        .stats = get_stats,
        .is_own = is_own,
        .withdraw = weft__process_withdraw,
        .running = weft__process_running,
        .interrupt = weft__process_interrupt,
    };
    static const weft_pool_options defaults;
    struct weft__process_pool *pool;
    const weft_cancel *before;
    unsigned workers;
    int err;

    if (!options)
        options = &defaults;
    workers = options->workers > 0 ? options->workers : weft_cpu_count();
    if (check_options(options, workers) != 0)
        return NULL;
    pool = allocate(options, workers);
    if (!pool)
        return NULL;
    pool->base.kind = &kind;
    before = weft_cancel_enter(NULL); /* half a start cannot be left */
    err = share(pool);
    if (err == 0)
        err = start_threads(pool);
    if (err == 0)
        err = await_workers(pool);
    if (err != 0)
        close(&pool->base);
    weft_cancel_enter(before);
    return err == 0 ? &pool->base : NULL;
}
