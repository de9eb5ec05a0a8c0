/* SPDX-License-Identifier: MIT */
/*
 * The manager of a process pool: one thread that collects results, hands out pending
 * tasks and replaces workers that died, with growing pauses while they die before they
 * are ready. See process_pool.h for who holds what.
 */
#include <stdio.h>
#include <string.h>

#include "process_pool.h"
#include "promise.h"
#include "weft/memory.h"
#include "weft/wait.h"

enum { FAILED_STARTS_MOST = 10 };

#define FIRST_PAUSE WEFT_MS(10)    /* before a second start; doubles with each failure, */
#define LONGEST_PAUSE WEFT_MS(200) /* up to this */

static void move_to(struct weft__work **done, struct weft__work *work)
{
    work->next = *done;
    *done = work;
}

/* The worker's call, if it has left the result. */
static void collect_locked(struct weft__worker_slot *worker, struct weft__work **done)
{
    struct weft__channel *channel = worker->channel;

    if (!worker->running ||
        weft_load_u32(&channel->done, WEFT_ACQUIRE) != weft_load_u32(&channel->put, WEFT_RELAXED))
        return;
    move_to(done, worker->running);
    worker->running = NULL;
}

static void describe_end(const struct weft__worker_slot *worker, char *text, size_t size)
{
    weft_process_status status;

    weft_process_status_get(worker->process, &status);
    if (status.signal != 0)
        snprintf(text, size, "worker %s (pid %llu) was ended by signal %d",
                 weft_process_name(worker->process),
                 (unsigned long long)weft_process_pid(worker->process), status.signal);
    else
        snprintf(text, size, "worker %s (pid %llu) exited with code %d%s%.120s",
                 weft_process_name(worker->process),
                 (unsigned long long)weft_process_pid(worker->process), status.code,
                 status.sentence[0] != '\0' ? ": " : "", status.sentence);
}

static void note_failed_start_locked(struct weft__process_pool *pool)
{
    weft_time pause = FIRST_PAUSE << pool->failed_starts;

    pool->next_start = weft_in(pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE);
    pool->failed_starts++;
}

/* A worker that has ended: its call is lost if it had begun, else another's. */
void weft__worker_forget_locked(struct weft__process_pool *pool, struct weft__worker_slot *worker,
                                struct weft__work **done)
{
    struct weft__channel *channel = worker->channel;
    struct weft__work *work = worker->running;
    char end[WEFT__SENTENCE];

    describe_end(worker, end, sizeof(end));
    if (weft_load_u32(&channel->ready, WEFT_ACQUIRE) != 0) {
        pool->failed_starts = 0;
    } else {
        snprintf(pool->reason, sizeof(pool->reason), "%s", end);
        note_failed_start_locked(pool);
    }
    if (work && weft_load_u32(&channel->begun, WEFT_ACQUIRE) ==
                    weft_load_u32(&channel->put, WEFT_RELAXED)) {
        work->lost = true;
        snprintf(work->sentence, sizeof(work->sentence), "task lost: its %.230s", end);
        move_to(done, work);
    } else if (work) {
        weft__work_prepend_locked(pool, work);
    }
    worker->running = NULL;
    weft__process_on_end(worker->process, NULL);
    weft_process_close(worker->process);
    weft_shared_free(worker->channel_at);
    worker->process = NULL;
}

/* A process in the slot; nothing but the slot's fields changes. */
int weft__worker_start(struct weft__process_pool *pool, struct weft__worker_slot *worker)
{
    char name[WEFT__POOL_NAME + 16];
    weft_process_options options = {.name = name};
    weft_process *process;
    weft_offset at;
    int err = weft_shared_alloc(&at, sizeof(struct weft__channel));

    if (err != 0)
        return err;
    struct weft__channel *channel = weft_shared_pointer(at);
    channel->pool_bell = pool->bell_at;
    snprintf(name, sizeof(name), "%s-%u", pool->name, ++pool->started);
    err = weft_process_start_with(&process, weft__worker, &at, sizeof(at), &options);
    if (err != 0) {
        weft_shared_free(at);
        return err;
    }
    weft__process_on_end(process, pool->bell);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    worker->channel_at = at;
    worker->channel = channel;
    worker->process = process;
    if (pool->killing)
        weft_process_kill(process);
    weft__work_dispatch_locked(pool);
    weft_mutex_release(&pool->mutex);
    return 0;
}

static bool may_start_locked(const struct weft__process_pool *pool)
{
    return !pool->killing && pool->failed_starts < FAILED_STARTS_MOST &&
           (!pool->closed || pool->first);
}

/* An empty slot that should have a process. */
static struct weft__worker_slot *missing_locked(struct weft__process_pool *pool)
{
    for (unsigned i = 0; i < pool->base.workers && may_start_locked(pool); i++)
        if (!pool->workers[i].process)
            return &pool->workers[i];
    return NULL;
}

/* Starts what is missing; the time at which to try again, or WEFT_FOREVER. */
static weft_time start_missing(struct weft__process_pool *pool)
{
    for (;;) {
        struct weft__worker_slot *worker;
        weft_time next;

        weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
        worker = missing_locked(pool);
        next = pool->failed_starts > 0 ? pool->next_start : WEFT_NOW;
        weft_mutex_release(&pool->mutex);
        if (!worker)
            return WEFT_FOREVER;
        if (next > weft_clock())
            return next;
        if (weft__worker_start(pool, worker) == 0)
            continue;
        weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
        snprintf(pool->reason, sizeof(pool->reason), "%.250s", weft_last_error());
        note_failed_start_locked(pool);
        weft_mutex_release(&pool->mutex);
    }
}

static bool has_process_locked(const struct weft__process_pool *pool)
{
    for (unsigned i = 0; i < pool->base.workers; i++)
        if (pool->workers[i].process)
            return true;
    return false;
}

bool weft__pool_is_broken_locked(const struct weft__process_pool *pool)
{
    return pool->failed_starts >= FAILED_STARTS_MOST && !has_process_locked(pool);
}

/* Tasks that no worker will ever run. */
static void fail_pending_locked(struct weft__process_pool *pool, struct weft__work **done)
{
    for (struct weft__work *work = weft__work_take_all_locked(pool); work;) {
        struct weft__work *next = work->next;

        if (weft__future_begin(work->future) || weft_future_running(work->future)) {
            work->lost = true;
            snprintf(work->sentence, sizeof(work->sentence),
                     "task not run: no worker can be started: %.190s", pool->reason);
            move_to(done, work);
        } else {
            weft__work_destroy(work);
        }
        work = next;
    }
}

/* Nothing is left to do: workers may end. */
static void stop_workers_locked(struct weft__process_pool *pool)
{
    for (unsigned i = 0; i < pool->base.workers; i++)
        if (pool->workers[i].running)
            return;
    for (unsigned i = 0; i < pool->base.workers && !pool->stopping; i++)
        if (pool->workers[i].process) {
            weft_store_u32(&pool->workers[i].channel->stop, 1, WEFT_RELEASE);
            weft__ring_bell(&pool->workers[i].channel->bell);
        }
    pool->stopping = true;
}

static void finish_all(struct weft__work *work)
{
    while (work) {
        struct weft__work *next = work->next;

        weft__work_finish(work);
        work = next;
    }
}

/* One round of the manager; true when no process is left and none will come. */
static bool step(struct weft__process_pool *pool)
{
    struct weft__work *done = NULL;
    bool over;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    for (unsigned i = 0; i < pool->base.workers; i++) {
        struct weft__worker_slot *worker = &pool->workers[i];
        /* Asked first: what the process did before it ended is visible then. */
        bool ended = worker->process && weft_process_join(worker->process, WEFT_NOW) == 0;

        if (worker->process && pool->killing && !ended)
            weft_process_kill(worker->process);
        if (worker->process)
            collect_locked(worker, &done);
        if (ended)
            weft__worker_forget_locked(pool, worker, &done);
        else if (worker->process && pool->failed_starts > 0 &&
                 weft_load_u32(&worker->channel->ready, WEFT_ACQUIRE) != 0 &&
                 pool->failed_starts < FAILED_STARTS_MOST)
            pool->failed_starts = 0;
    }
    weft__work_dispatch_locked(pool);
    if (!has_process_locked(pool) && !may_start_locked(pool))
        fail_pending_locked(pool, &done);
    if (pool->closed && !pool->first)
        stop_workers_locked(pool);
    over = pool->closed && !pool->first && !has_process_locked(pool);
    weft_mutex_release(&pool->mutex);
    finish_all(done);
    return over;
}

int weft__pool_manage(weft_task *task)
{
    struct weft__process_pool *pool = WEFT_ARG(task, struct weft__process_pool *);
    uint32_t seen = weft_load_u32(pool->bell, WEFT_ACQUIRE);

    while (!step(pool)) {
        weft_time again = start_missing(pool);

        /* A killed worker may take a wake-up with it, but its own end rings too. */
        (void)weft_wait_shared(pool->bell, seen, again);
        seen = weft_load_u32(pool->bell, WEFT_ACQUIRE);
    }
    weft_event_set(&pool->finished);
    return 0;
}
