/* SPDX-License-Identifier: MIT */
/* A pool of processes: what the threads that use it do. See process_pool.h. */
#include "process_pool.h"

#include <stdio.h>
#include <string.h>

#include "promise.h"
#include "weft/memory.h"
#include "weft/wait.h"

static struct weft__process_pool *pool_of(weft_executor *executor)
{
    return (struct weft__process_pool *)executor; /* base is its first field */
}

static int submit_promise(weft_executor *executor, weft_future *future, weft_function *function,
                          const void *argument, size_t size)
{
    struct weft__process_pool *pool = pool_of(executor);
    struct weft__work *work;
    int err = weft__work_create(&work, function, argument, size);

    if (err != 0)
        return err;
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    if (pool->closed)
        err = weft__fail(WEFT_ECLOSED, "pool %s: shut down", pool->name);
    else if (weft__pool_is_broken_locked(pool))
        err = weft__fail(WEFT_ELOST, "pool %s: no worker can be started: %s", pool->name,
                         pool->reason);
    if (err == 0) {
        work->future = future;
        weft__work_append_locked(pool, work);
        weft__work_dispatch_locked(pool);
    }
    weft_mutex_release(&pool->mutex);
    if (err != 0)
        weft__work_destroy(work); /* without the future: it stays the caller's */
    return err;
}

static int submit(weft_executor *executor, weft_future **out, weft_function *function,
                  const void *argument, size_t size, const weft_submit_options *options,
                  weft_time until)
{
    weft_future *future;
    int err;

    (void)until; /* it never waits: there is no bound */
    if (options && (options->priority != WEFT_NORMAL || options->at > 0 || options->cancel))
        return weft__fail(WEFT_ENOTSUP, "pool %s: processes take no priority, instant or cancel "
                                        "yet", pool_of(executor)->name);
    future = weft__future_create();
    if (!future)
        return WEFT_ENOMEM;
    if (!out)
        weft_future_release(future); /* the consumer's: nobody will ask */
    err = submit_promise(executor, future, function, argument, size);
    if (err != 0) {
        if (out)
            weft_future_release(future);
        weft_future_release(future);
        return err;
    }
    if (out)
        *out = future;
    return 0;
}

/* Cancels what is queued. A task whose worker died before it began counts as lost. */
static void discard(struct weft__process_pool *pool)
{
    struct weft__work *work;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    work = weft__work_take_all_locked(pool);
    weft_mutex_release(&pool->mutex);
    while (work) {
        struct weft__work *next = work->next;

        if (weft__future_withdraw(work->future)) {
            weft__work_destroy(work);
        } else {
            work->lost = true;
            snprintf(work->sentence, sizeof(work->sentence), "task not run: pool %s was shut down",
                     pool->name);
            weft__work_finish(work);
        }
        work = next;
    }
}

static int shut_down(weft_executor *executor, enum weft_ending ending, weft_time until)
{
    struct weft__process_pool *pool = pool_of(executor);
    int err;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    pool->closed = true;
    weft_mutex_release(&pool->mutex);
    if (ending == WEFT_DISCARD)
        discard(pool);
    weft__ring_bell(pool->bell);
    err = weft_event_wait(&pool->finished, until);
    return err == 0 ? 0 : weft__fail(err, "pool %s: tasks still run at the deadline", pool->name);
}

static void close(weft_executor *executor)
{
    struct weft__process_pool *pool = pool_of(executor);

    if (shut_down(executor, WEFT_DISCARD, WEFT_NOW) != 0) {
        weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
        pool->killing = true;
        weft_mutex_release(&pool->mutex);
        weft__ring_bell(pool->bell);
    }
    weft_thread_join(pool->manager, WEFT_FOREVER);
    weft_shared_free(pool->bell_at);
    weft_free(pool);
}

/* All workers, then the manager. On failure nothing is left but the pool itself. */
static int begin(struct weft__process_pool *pool)
{
    weft_thread_options options = {.name = "weft-pool", .daemon = true};
    struct weft__work *none = NULL;
    int err = 0;

    for (unsigned i = 0; i < pool->base.workers && err == 0; i++)
        err = weft__worker_start(pool, &pool->workers[i]);
    if (err == 0)
        err = weft_thread_start_with(&pool->manager, weft__pool_manage, &pool, sizeof(pool),
                                     &options);
    if (err == 0)
        return 0;
    err = weft__fail(err, "pool %s: not all of %u processes: %s", pool->name, pool->base.workers,
                     weft_last_error());
    for (unsigned i = 0; i < pool->base.workers; i++) {
        if (!pool->workers[i].process)
            continue;
        weft_process_kill(pool->workers[i].process);
        weft_process_join(pool->workers[i].process, WEFT_FOREVER);
        weft__worker_forget_locked(pool, &pool->workers[i], &none); /* nobody else knows the pool */
    }
    return err;
}

/* What only pools of threads have so far. */
static bool asks_too_much(const weft_pool_options *options)
{
    return options->workers_most > 0 || options->idle > 0 || options->capacity > 0 ||
           options->stack_size > 0 || options->initializer || options->finalizer ||
           options->cancel;
}

static struct weft__process_pool *create(const weft_pool_options *options, unsigned workers)
{
    struct weft__process_pool *pool =
        weft_alloc(sizeof(*pool) + workers * sizeof(struct weft__worker_slot));

    if (!pool)
        return NULL;
    if (weft_shared_alloc(&pool->bell_at, sizeof(weft_atomic_u32)) != 0) {
        weft_free(pool);
        return NULL;
    }
    pool->bell = weft_shared_pointer(pool->bell_at);
    pool->base.workers = workers;
    pool->last = &pool->first;
    snprintf(pool->name, sizeof(pool->name), "%s", options->name ? options->name : "Pool");
    return pool;
}

weft_executor *weft_process_pool(const weft_pool_options *options)
{
    static const struct weft__pool_kind kind = {
        .submit = submit, .submit_promise = submit_promise, .shutdown = shut_down, .close = close};
    static const weft_pool_options defaults;
    struct weft__process_pool *pool;
    const weft_cancel *before;
    int err;

    if (!options)
        options = &defaults;
    if (asks_too_much(options)) {
        weft__fail(WEFT_ENOTSUP, "process pool: workers and name are the only options yet");
        return NULL;
    }
    pool = create(options, options->workers > 0 ? options->workers : weft_cpu_count());
    if (!pool)
        return NULL;
    pool->base.kind = &kind;
    before = weft_cancel_enter(NULL); /* half a start cannot be left */
    err = begin(pool);
    weft_cancel_enter(before);
    if (err == 0)
        return &pool->base;
    weft_shared_free(pool->bell_at);
    weft_free(pool);
    return NULL;
}
