/* SPDX-License-Identifier: MIT */
/*
 * A worker that waits for a future of its own pool.
 *
 * If the task has not begun, the worker runs it itself, wherever it stands: the place in
 * the list stays behind and is dropped when its turn comes. So nested waits need no free
 * worker, and a worker never begins what its wait does not need. A chain or a group has no
 * task: the worker looks at what it waits for. Such a future can get a task while the worker
 * sleeps; the pool then pokes those that sleep.
 *
 * If it runs, somebody is at it, and that one may wait in turn. Stacks are nested: a worker
 * goes on only when what it waits for has ended, whichever of its tasks asked. So a circle
 * of "worker waits for future, future is run by worker" is a deadlock (circle.c). `lock`
 * guards the edges of all workers; the one that would close a circle finds it.
 */
#include "circle.h"
#include "internal.h"
#include "promise.h"
#include "thread_pool.h"
#include "weft/wait.h"

/* What a chain of tasks may use of a worker's stack before it is refused. */
enum { STACK_MOST = 384 * 1024 };

static weft_mutex lock = WEFT_MUTEX_INIT; /* guards waits_for of all workers */

static bool stack_is_used_up(const struct weft__worker *worker)
{
    const char *here = WEFT_FRAME_ADDRESS();
    size_t most = worker->pool->options.stack_size / 2;
    size_t used = worker->stack > here ? (size_t)(worker->stack - here)
                                       : (size_t)(here - worker->stack);

    return used > (most > 0 && most < STACK_MOST ? most : STACK_MOST);
}

/* What the visit of a group's members needs. */
struct attempt {
    struct weft__worker *worker;
    bool did;
    int err;
};

static bool help_member(weft_future *member, void *context)
{
    struct attempt *attempt = context;

    attempt->err = weft__thread_help(attempt->worker, member, &attempt->did);
    return attempt->did || attempt->err != 0;
}

/* A future without a task: its source, or any of the group's members. */
static int help_elsewhere(struct weft__worker *worker, weft_future *future, bool *did)
{
    struct attempt attempt = {.worker = worker};
    weft_future *source = weft__future_source(future), *before;

    /* To the head of a chain, which may be long. */
    while (source && (before = weft__future_source(source))) {
        weft_future_release(source);
        source = before;
    }
    if (source)
        attempt.err = weft__thread_help(worker, source, &attempt.did);
    else if (weft_load_u32(&future->state, WEFT_ACQUIRE) & WEFT__HOOKED)
        (void)weft__group_visit(future, false, help_member, &attempt);
    weft_future_release(source);
    *did = attempt.did;
    return attempt.err;
}

void weft__thread_poke(struct weft__thread_pool *pool)
{
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    for (unsigned i = 0; i < pool->most; i++) {
        weft_future *future = pool->workers[i].waits_for;

        if (!future)
            continue;
        weft_fetch_add_u32(&future->state, WEFT__POKE, WEFT_RELEASE);
        weft_wake(&future->state, WEFT_WAKE_ALL);
    }
    weft_mutex_release(&lock);
}

int weft__thread_help(struct weft__worker *worker, weft_future *future, bool *did)
{
    uint32_t state = weft_load_u32(&future->state, WEFT_ACQUIRE);

    if (weft__future_stage(state) != WEFT__PENDING)
        return 0;
    if (!(state & WEFT__TASK))
        return help_elsewhere(worker, future, did);
    if (future->executor != &worker->pool->base || state & WEFT__DELAYED)
        return 0;
    if (stack_is_used_up(worker))
        return weft__misuse(WEFT_EDEADLK, "pool %s: tasks that wait for each other have used up "
                                          "the stack of %s", worker->pool->name, worker->name);
    *did = weft__future_begin(future);
    if (!*did)
        return 0;
    if (worker->waits_for) /* it runs, and what it runs may wait for something else */
        weft__thread_wait_end(worker);
    /* The place in the list may drop its reference now. Then one would be left, as for a task
     * that nobody waits for: its end would go unsaid. */
    weft__future_retain(future);
    weft__worker_run(worker, future);
    weft_future_release(future);
    return 0;
}

int weft__thread_wait_begin(struct weft__worker *worker, weft_future *future)
{
    weft__circle circle;
    bool found;

    weft_mutex_acquire(&lock, WEFT_FOREVER);
    worker->waits_for = future;
    found = weft__circle_find(&circle, worker);
    if (found)
        worker->waits_for = NULL;
    weft_mutex_release(&lock);
    if (found)
        return weft__misuse(WEFT_EDEADLK, "pool %s: %s", worker->pool->name, circle.text);
    return 0;
}

void weft__thread_wait_end(struct weft__worker *worker)
{
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    worker->waits_for = NULL;
    weft_mutex_release(&lock);
}
