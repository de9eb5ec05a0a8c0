/* SPDX-License-Identifier: MIT */
/*
 * The life of a pool's thread: initialize, take, run, steal, sleep, end.
 *
 * How many tasks it takes off the lists at once follows from how long the last ones
 * took: one at a time if they are long, so that they run in the order of their
 * priorities and none waits behind another while a worker is idle; up to BATCH if they
 * are over in a moment. What it takes stands in its deque, oldest at the bottom, where
 * others find it if one of them takes long after all.
 */
#include <stdio.h>

#include "internal.h"
#include "promise.h"
#include "thread_pool.h"
#include "weft/wait.h"

enum { BATCH = 128, PILING_UP = 4, TRIES = 20, PAUSES = 100 };
#define SHORT WEFT_US(2) /* tasks below it are taken in batches */
#define LONG WEFT_US(10) /* those above one by one */

WEFT_THREAD_LOCAL struct weft__worker *weft__worker_self;

/* ---- taking ---------------------------------------------------------------------- */

/* The next task; the others of the batch go into the deque. NULL: none is there. */
static weft_future *take_batch_locked(struct weft__thread_pool *pool, struct weft__worker *worker)
{
    weft_future *batch[BATCH];
    uint32_t queued = weft_load_u32(&pool->queued, WEFT_RELAXED);
    uint32_t sharers = pool->grows ? pool->most : pool->alive;
    uint32_t share = (queued + sharers - 1) / sharers;
    uint32_t count = 0, most = share < worker->batch ? share : worker->batch;

    for (int level = 0; level < WEFT__LEVELS && count < most; level++) {
        while (pool->rings[level].count > 0 && count < most) {
            batch[count] = weft__thread_pop_locked(pool, level);
            WEFT_PREFETCH(batch[count++]);
        }
    }
    weft_store_u32(&pool->queued, queued - count, WEFT_RELAXED);
    for (uint32_t i = count; i-- > 1;)
        (void)weft__deque_push(&worker->deque, batch[i]); /* it is empty, and larger */
    worker->taken = count;
    return count > 0 ? batch[0] : NULL;
}

/* Acquires the mutex. Whoever submits short tasks has it every other moment: each look at it
 * from here costs that thread a cache line, so these are few and far between. */
static void enter(struct weft__worker *worker)
{
    weft_mutex *mutex = &worker->pool->mutex;

    for (int i = 0; worker->batch > 1 && i < TRIES; i++) {
        if (weft__mutex_try(mutex))
            return;
        for (int pauses = 0; pauses < PAUSES; pauses++)
            weft_cpu_pause();
    }
    weft_mutex_acquire(mutex, WEFT_FOREVER);
}

/* After a round of taking: who is to be woken, for room or for work. */
static weft_future *take(struct weft__worker *worker)
{
    struct weft__thread_pool *pool = worker->pool;
    struct weft__worker *next = NULL;
    weft_future *task;
    bool room;

    enter(worker);
    if (worker->woken)
        pool->waking = false;
    worker->woken = false;
    task = take_batch_locked(pool, worker);
    /* Not for each place: who waits for room then comes and goes with every task. */
    room = task && pool->room_waiters > 0 &&
           weft_load_u32(&pool->queued, WEFT_RELAXED) <= pool->options.capacity / 2;
    if (weft_load_u32(&pool->queued, WEFT_RELAXED) > 0 &&
        !(next = weft__thread_pick_idle_locked(pool)))
        weft__thread_grow_locked(pool);
    weft_mutex_release(&pool->mutex);
    weft__thread_wake(next);
    if (room)
        weft_condition_notify_all(&pool->room);
    return task;
}

/* Runs a task and what its batch left in the deque, and learns how long they take. */
static void run_batch(struct weft__worker *worker, weft_future *task)
{
    weft_time began = weft_clock(), each;
    void *entry = task;

    do
        weft__worker_run_entry(worker, entry);
    while ((entry = weft__deque_pop(&worker->deque)));
    each = (weft_clock() - began) / worker->taken;
    if (each > LONG)
        worker->batch = 1;
    else if (each < SHORT && worker->batch < BATCH && worker->taken == worker->batch)
        worker->batch *= 2;
}

/* ---- looking around ---------------------------------------------------------------- */

void *weft__worker_steal(struct weft__worker *from)
{
    void *entry;

    while (!weft__deque_is_empty(&from->deque))
        if ((entry = weft__deque_steal(&from->deque)))
            return entry;
    return NULL;
}

/* From any other worker, beginning at a random one. */
static void *steal_from_all(struct weft__worker *worker)
{
    struct weft__thread_pool *pool = worker->pool;

    worker->random = worker->random * 1664525u + 1013904223u;
    for (unsigned i = 0, at = (worker->random >> 16) % pool->most; i < pool->most; i++, at++) {
        struct weft__worker *other = &pool->workers[at % pool->most];
        void *entry = other != worker ? weft__worker_steal(other) : NULL;

        if (entry)
            return entry;
    }
    return NULL;
}

/* A whole batch, or what has come after some pauses: who submits short tasks one by one has
 * the mutex to itself meanwhile. */
static bool is_worth_taking(const struct weft__worker *worker, const struct weft__backoff *backoff)
{
    uint32_t queued = weft_load_u32(&worker->pool->queued, WEFT_RELAXED);

    return queued >= worker->batch ||
           (queued > 0 && (backoff->doublings >= PILING_UP || backoff->yields > 0));
}

/* True: something was found and run, or something is in the lists. */
static bool look_around(struct weft__worker *worker)
{
    struct weft__backoff backoff = {0};

    do {
        void *entry;

        if (is_worth_taking(worker, &backoff))
            return true;
        entry = steal_from_all(worker);
        if (entry) {
            weft__worker_run_entry(worker, entry);
            return true;
        }
    } while (weft__backoff(&backoff));
    return false;
}

/* ---- sleeping ---------------------------------------------------------------------- */

static bool has_work_locked(const struct weft__worker *worker)
{
    struct weft__thread_pool *pool = worker->pool;

    if (weft_load_u32(&pool->queued, WEFT_RELAXED) > 0)
        return true;
    for (unsigned i = 0; i < pool->most; i++)
        if (!weft__deque_is_empty(&pool->workers[i].deque))
            return true;
    return false;
}

static void stand_idle_locked(struct weft__worker *worker)
{
    struct weft__thread_pool *pool = worker->pool;

    worker->next_idle = pool->idle;
    pool->idle = worker;
    worker->is_idle = true;
    weft_store_u32(&pool->idle_count, weft_load_u32(&pool->idle_count, WEFT_RELAXED) + 1,
                   WEFT_RELAXED);
}

/* Out of the idle list; false: somebody else took it out, and rings. */
static bool stand_up_locked(struct weft__worker *worker)
{
    struct weft__worker **link = &worker->pool->idle;

    if (!worker->is_idle)
        return false;
    while (*link != worker)
        link = &(*link)->next_idle;
    *link = worker->next_idle;
    worker->is_idle = false;
    weft_store_u32(&worker->pool->idle_count,
                   weft_load_u32(&worker->pool->idle_count, WEFT_RELAXED) - 1, WEFT_RELAXED);
    return true;
}

/* Has been idle for too long. False: somebody took it out of the list, and rings. */
static bool leaves_idle(struct weft__worker *worker)
{
    struct weft__thread_pool *pool = worker->pool;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    worker->leaves = pool->alive - pool->leaving > pool->base.workers && stand_up_locked(worker);
    pool->leaving += worker->leaves;
    weft_mutex_release(&pool->mutex);
    return worker->leaves;
}

static bool is_over_locked(const struct weft__thread_pool *pool)
{
    return pool->closed && pool->delayed == 0 && weft_load_u32(&pool->queued, WEFT_RELAXED) == 0;
}

/* Sleeps until it is rung. False: it is to leave. */
static bool rest(struct weft__worker *worker)
{
    struct weft__thread_pool *pool = worker->pool;
    weft_time until = WEFT_FOREVER;
    bool stays = true, sleeps;
    int err = 0;

    weft__thread_block_return(worker);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    if (worker->woken)
        pool->waking = false;
    worker->woken = false;
    if (pool->alive > pool->base.workers)
        until = weft_in(pool->options.idle);
    if (is_over_locked(pool))
        stays = false;
    else
        stand_idle_locked(worker);
    /* Branches are offered without the mutex to who is seen idle: so look after that. */
    if (worker->is_idle && has_work_locked(worker))
        (void)stand_up_locked(worker);
    sleeps = worker->is_idle;
    weft_mutex_release(&pool->mutex);
    if (!sleeps)
        return stays;
    while (weft_load_u32(&worker->bell, WEFT_ACQUIRE) == 0 && err == 0)
        err = weft_wait(&worker->bell, 0, until);
    if (err != 0 && leaves_idle(worker))
        return false;
    while (weft_load_u32(&worker->bell, WEFT_ACQUIRE) == 0)
        (void)weft_wait(&worker->bell, 0, WEFT_FOREVER);
    weft_store_u32(&worker->bell, 0, WEFT_RELAXED);
    worker->woken = true;
    return true;
}

/* ---- from start to end ---------------------------------------------------------------- */

/* A hook of the options; its error is kept as the pool's reason. */
static bool call_hook(struct weft__worker *worker, weft_function *hook)
{
    const weft_pool_options *options = &worker->pool->options;
    weft_task task;

    if (!hook)
        return true;
    weft__task_init(&task, options->argument, options->argument_size, worker->name);
    if (weft__task_run(&task, hook) == 0)
        return true;
    weft_mutex_acquire(&worker->pool->mutex, WEFT_FOREVER);
    snprintf(worker->pool->reason, sizeof(worker->pool->reason), "%s", task.sentence);
    weft_mutex_release(&worker->pool->mutex);
    if (hook == options->finalizer)
        weft__task_tell(&task);
    return false;
}

/* False: it was idle for too long, but work has come since. */
static bool leave(struct weft__worker *worker, enum weft__worker_state state)
{
    struct weft__thread_pool *pool = worker->pool;
    struct weft__worker *idle = NULL;
    bool stays;

    weft__thread_block_return(worker);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    stays = worker->leaves && weft_load_u32(&pool->queued, WEFT_RELAXED) > 0;
    pool->leaving -= worker->leaves;
    worker->leaves = false;
    if (stays) {
        worker->state = WEFT__WORKER_STARTS;
        pool->starting++;
        weft_mutex_release(&pool->mutex);
        return false;
    }
    worker->state = state;
    pool->alive--;
    if (is_over_locked(pool))
        idle = weft__thread_take_idle_locked(pool);
    weft_condition_notify_all(&pool->ended);
    weft_mutex_release(&pool->mutex);
    weft__thread_wake_all(idle);
    return true;
}

/* From its initializer to its finalizer; whether both were run. */
static bool serve(struct weft__worker *worker)
{
    struct weft__thread_pool *pool = worker->pool;
    bool ready = call_hook(worker, pool->options.initializer);
    weft_future *next;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    worker->state = ready ? WEFT__WORKER_WORKS : WEFT__WORKER_FAILED;
    pool->grows = pool->grows && ready;
    pool->starting--;
    weft_condition_notify_all(&pool->ended);
    weft_mutex_release(&pool->mutex);
    if (!ready)
        return false;
    while (look_around(worker) || rest(worker))
        if ((next = take(worker)))
            run_batch(worker, next);
    (void)call_hook(worker, pool->options.finalizer);
    return true;
}

static int work(weft_task *task)
{
    struct weft__worker *worker = WEFT_ARG(task, struct weft__worker *);
    bool served;

    weft_store_u32(&worker->number, weft_thread_current_id(), WEFT_RELAXED);
    worker->stack = WEFT_FRAME_ADDRESS();
    worker->batch = 1;
    weft__worker_self = worker;
    weft_cancel_enter(NULL);
    do
        served = serve(worker);
    while (!leave(worker, served ? WEFT__WORKER_LEFT : WEFT__WORKER_FAILED));
    weft__worker_self = NULL;
    return 0;
}

struct weft__worker *weft__worker_slot_locked(struct weft__thread_pool *pool)
{
    for (unsigned i = 0; i < pool->most; i++) {
        struct weft__worker *worker = &pool->workers[i];

        if (worker->state == WEFT__NO_WORKER ||
            (worker->state == WEFT__WORKER_LEFT && !worker->unsettled))
            return worker;
    }
    return NULL;
}

int weft__worker_start_locked(struct weft__thread_pool *pool, struct weft__worker *worker)
{
    weft_thread_options options = {.name = worker->name, .daemon = true,
                                   .stack_size = pool->options.stack_size};
    weft_thread *before = worker->thread;
    int err;

    worker->thread = NULL;
    worker->unsettled = true;
    snprintf(worker->name, sizeof(worker->name), "%s-%u", pool->name, worker->index + 1);
    worker->state = WEFT__WORKER_STARTS;
    pool->starting++;
    pool->alive++;
    weft_mutex_release(&pool->mutex);
    if (before) { /* it left the slot; that must be able to wait */
        const weft_cancel *token = weft_cancel_enter(NULL);

        weft_thread_join(before, WEFT_FOREVER);
        weft_cancel_enter(token);
    }
    err = weft_thread_start_with(&before, work, &worker, sizeof(worker), &options);
    (void)weft_fault_point("thread_worker.started");
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    worker->unsettled = false;
    weft_condition_notify_all(&pool->ended);
    if (err == 0) {
        worker->thread = before;
        return 0;
    }
    worker->state = WEFT__NO_WORKER;
    pool->grows = false;
    pool->starting--;
    pool->alive--;
    snprintf(pool->reason, sizeof(pool->reason), "%.250s", weft_last_error());
    return err;
}
