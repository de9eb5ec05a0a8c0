/* SPDX-License-Identifier: MIT */
/*
 * A pool of threads around one list of tasks.
 *
 * `mutex` guards the list, `closed` and `alive`. Workers wait on `work`; shutdown
 * waits on `ended` until the last worker has left. A task belongs to the worker that
 * took it off the list; futures are finished with no lock held.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "pool.h"
#include "promise.h"
#include "weft/condition.h"
#include "weft/memory.h"
#include "weft/thread.h"

enum { NAME_SIZE = 48 };

struct work {
    struct work *next;
    weft_future *future; /* the producer's reference */
    weft_function *function;
    size_t size; /* of the argument, which follows, aligned */
};

struct thread_pool {
    weft_executor base;
    weft_mutex mutex; /* guards the next five */
    weft_condition work, ended;
    struct work *first, **last;
    bool closed;
    unsigned alive;       /* workers that have not left */
    char name[NAME_SIZE]; /* set at creation, like threads */
    weft_thread *threads[];
};

static void *argument_of(struct work *work)
{
    return (char *)work + (sizeof(*work) + 15) / 16 * 16;
}

static struct thread_pool *pool_of(weft_executor *executor)
{
    return (struct thread_pool *)executor; /* base is its first field */
}

static int keep_result(weft_task *task, const void *result, size_t size)
{
    return weft__future_keep(task->context, result, size);
}

static void run(struct work *work)
{
    weft_task task = {.argument = argument_of(work),
                      .size = work->size,
                      .name = weft_thread_current_name(),
                      .returned = keep_result,
                      .context = work->future};

    if (weft__future_begin(work->future)) {
        int code = weft__task_run(&task, work->function);

        if (code != 0 && weft__future_unheard(work->future))
            weft__task_tell(&task);
        weft__future_finish(work->future, code, task.sentence);
    }
    weft_future_release(work->future);
    weft_free(work);
}

static struct work *take(struct thread_pool *pool)
{
    struct work *work;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    while (!pool->first && !pool->closed)
        weft_condition_wait(&pool->work, &pool->mutex, WEFT_FOREVER);
    work = pool->first;
    if (work) {
        pool->first = work->next;
        if (!pool->first)
            pool->last = &pool->first;
    }
    weft_mutex_release(&pool->mutex);
    return work;
}

static int work_on(weft_task *task)
{
    struct thread_pool *pool = WEFT_ARG(task, struct thread_pool *);
    struct work *work;

    weft__executor_enter(&pool->base);
    while ((work = take(pool)))
        run(work);
    weft__executor_enter(NULL);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    if (--pool->alive == 0)
        weft_condition_notify_all(&pool->ended);
    weft_mutex_release(&pool->mutex);
    return 0;
}

static int submit(weft_executor *executor, weft_future *future, weft_function *function,
                  const void *argument, size_t size)
{
    struct thread_pool *pool = pool_of(executor);
    size_t head = (sizeof(struct work) + 15) / 16 * 16;
    struct work *work = size <= SIZE_MAX - head ? weft_alloc(head + size) : NULL;
    bool closed;

    if (!work)
        return WEFT_ENOMEM;
    work->future = future;
    work->function = function;
    work->size = size;
    if (size > 0)
        memcpy(argument_of(work), argument, size);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    closed = pool->closed;
    if (!closed) {
        *pool->last = work;
        pool->last = &work->next;
    }
    weft_mutex_release(&pool->mutex);
    if (closed) {
        weft_free(work);
        return weft__fail(WEFT_ECLOSED, "pool %s: shut down", pool->name);
    }
    weft_condition_notify(&pool->work);
    return 0;
}

/* Cancels what is queued. */
static void discard(struct thread_pool *pool)
{
    struct work *work;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    work = pool->first;
    pool->first = NULL;
    pool->last = &pool->first;
    weft_mutex_release(&pool->mutex);
    while (work) {
        struct work *next = work->next;

        (void)weft__future_withdraw(work->future);
        weft_future_release(work->future);
        weft_free(work);
        work = next;
    }
}

static int shut_down(weft_executor *executor, enum weft_ending ending, weft_time until)
{
    struct thread_pool *pool = pool_of(executor);
    unsigned alive;
    int err = 0;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    pool->closed = true;
    weft_mutex_release(&pool->mutex);
    weft_condition_notify_all(&pool->work);
    if (ending == WEFT_DISCARD)
        discard(pool);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    while (pool->alive > 0 && err == 0)
        err = weft_condition_wait(&pool->ended, &pool->mutex, until);
    alive = pool->alive;
    weft_mutex_release(&pool->mutex);
    if (alive == 0)
        return 0;
    return weft__fail(err, "pool %s: %u of %u workers still run at the deadline", pool->name, alive,
                      executor->workers);
}

static void close(weft_executor *executor)
{
    struct thread_pool *pool = pool_of(executor);

    shut_down(executor, WEFT_DISCARD, WEFT_FOREVER);
    for (unsigned i = 0; i < executor->workers; i++)
        if (pool->threads[i])
            weft_thread_join(pool->threads[i], WEFT_FOREVER);
    weft_free(pool);
}

static int start_workers(struct thread_pool *pool)
{
    char name[NAME_SIZE + 16];
    weft_thread_options options = {.name = name, .daemon = true};
    int err = 0;

    for (unsigned i = 0; i < pool->base.workers && err == 0; i++) {
        snprintf(name, sizeof(name), "%s-%u", pool->name, i + 1);
        weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
        pool->alive++;
        weft_mutex_release(&pool->mutex);
        err = weft_thread_start_with(&pool->threads[i], work_on, &pool, sizeof(pool), &options);
        if (err != 0) {
            weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
            pool->alive--;
            weft_mutex_release(&pool->mutex);
        }
    }
    return err;
}

weft_executor *weft_thread_pool(const weft_pool_options *options)
{
    static const struct weft__pool_kind kind = {submit, shut_down, close};
    unsigned workers = options && options->workers > 0 ? options->workers : weft_cpu_count();
    struct thread_pool *pool = weft_alloc(sizeof(*pool) + workers * sizeof(weft_thread *));

    if (!pool)
        return NULL;
    pool->base.kind = &kind;
    pool->base.workers = workers;
    pool->last = &pool->first;
    snprintf(pool->name, sizeof(pool->name), "%s",
             options && options->name ? options->name : "Pool");
    if (start_workers(pool) == 0)
        return &pool->base;
    weft__fail(WEFT_ELIMIT, "pool %s: not all of %u threads: %s", pool->name, workers,
               weft_last_error());
    close(&pool->base);
    return NULL;
}
