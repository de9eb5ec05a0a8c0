/* SPDX-License-Identifier: MIT */
/*
 * Futures in the order in which they get done.
 *
 * Each future has a callback that appends a node to a list; the iterator takes nodes
 * from it. The mutex guards all fields. When the iterator is closed the callbacks that have
 * not come are taken back; those that are just about to come keep the object alive.
 *
 * A worker that waits runs what it can of its pool's tasks among the futures, or nobody
 * might. A future that may become such a task (a chain, one that waits for its instant)
 * tells nobody when it does: while there is one, the worker looks again every SLICE.
 */
#include <string.h>

#include "internal.h"
#include "promise.h"
#include "thread_pool.h"
#include "weft/condition.h"
#include "weft/memory.h"

#define SLICE WEFT_MS(10)

struct node {
    struct node *next;
    struct node **link;  /* what points to it in `undone` or `others`; NULL: it is done */
    weft_future *future; /* while it is not done */
    weft_completion *completion;
    size_t index;
};

struct weft_completion {
    weft_mutex mutex;           /* guards everything below */
    weft_condition changed;     /* a node was appended */
    struct node *first, **last; /* done, and not told yet */
    size_t outstanding;         /* added, and not told yet */
    size_t callbacks;           /* added, and not done yet */
    struct node *undone, **undone_last; /* what a waiting worker may be able to run */
    struct node *others;                /* not done either, but nothing for a worker */
    bool closed;                /* the owner is gone */
};

static void destroy(weft_completion *completion)
{
    while (completion->first) {
        struct node *next = completion->first->next;

        weft_free(completion->first);
        completion->first = next;
    }
    weft_free(completion);
}

static void put_undone_locked(weft_completion *completion, struct node *node)
{
    node->next = NULL;
    node->link = completion->undone_last;
    *node->link = node;
    completion->undone_last = &node->next;
}

static void put_other_locked(weft_completion *completion, struct node *node)
{
    node->next = completion->others;
    node->link = &completion->others;
    if (node->next)
        node->next->link = &node->next;
    completion->others = node;
}

/* Out of `undone` or `others`. */
static void take_locked(weft_completion *completion, struct node *node)
{
    *node->link = node->next;
    if (node->next)
        node->next->link = node->link;
    else if (completion->undone_last == &node->next)
        completion->undone_last = node->link;
    node->next = NULL;
    node->link = NULL;
}

static void append(weft_future *future, void *context)
{
    struct node *node = context;
    weft_completion *completion = node->completion;
    bool last;

    (void)future;
    weft_mutex_acquire(&completion->mutex, WEFT_FOREVER);
    take_locked(completion, node);
    *completion->last = node;
    completion->last = &node->next;
    completion->callbacks--;
    last = completion->closed && completion->callbacks == 0;
    weft_condition_notify_all(&completion->changed);
    weft_mutex_release(&completion->mutex);
    if (last)
        destroy(completion);
}

int weft__completion_add(weft_completion *completion, weft_future *future, size_t index)
{
    struct node *node = weft_alloc(sizeof(*node));
    int err;

    if (!node)
        return WEFT_ENOMEM;
    node->completion = completion;
    node->index = index;
    node->future = future;
    weft_mutex_acquire(&completion->mutex, WEFT_FOREVER);
    put_undone_locked(completion, node);
    completion->outstanding++;
    completion->callbacks++;
    weft_mutex_release(&completion->mutex);
    err = weft_future_on_done(future, append, node);
    if (err == 0)
        return 0;
    weft_mutex_acquire(&completion->mutex, WEFT_FOREVER);
    take_locked(completion, node);
    completion->outstanding--;
    completion->callbacks--;
    weft_mutex_release(&completion->mutex);
    weft_free(node);
    return err;
}

int weft_as_completed(weft_completion **out, weft_future *const *futures, size_t count)
{
    weft_completion *completion = weft_alloc(sizeof(*completion));
    int err = 0;

    if (!completion)
        return WEFT_ENOMEM;
    completion->last = &completion->first;
    completion->undone_last = &completion->undone;
    for (size_t i = 0; i < count && err == 0; i++)
        err = weft__completion_add(completion, futures[i], i);
    if (err != 0)
        weft_completion_close(completion);
    else
        *out = completion;
    return err;
}

/* Whether it may be, now or later, something that the worker can run. */
static bool is_for(const struct weft__worker *worker, const weft_future *future)
{
    uint32_t state = weft_load_u32(&future->state, WEFT_ACQUIRE);

    return weft__future_stage(state) == WEFT__PENDING &&
           (!(state & WEFT__TASK) || future->executor == &worker->pool->base);
}

/* Runs the first that it can; the mutex is released meanwhile. *later: there is something
 * that may become a task. */
static int help_locked(weft_completion *completion, struct weft__worker *worker, bool *did,
                       bool *later)
{
    int err = 0;

    for (size_t left = completion->callbacks;
         left > 0 && completion->undone && !completion->first && !*did && err == 0; left--) {
        struct node *node = completion->undone;
        weft_future *future = node->future;

        take_locked(completion, node);
        if (!is_for(worker, future)) {
            put_other_locked(completion, node);
            continue;
        }
        put_undone_locked(completion, node);
        weft__future_retain(future); /* it is not done, so its producer still has it */
        weft_mutex_release(&completion->mutex);
        err = weft__thread_help(worker, future, did);
        weft_future_release(future);
        weft_mutex_acquire(&completion->mutex, WEFT_FOREVER);
        *later = true;
    }
    return err;
}

/* Until there is one to tell, or none to come. */
static int await_locked(weft_completion *completion, weft_time until)
{
    struct weft__worker *worker = until == WEFT_NOW ? NULL : weft__worker_current();
    int err = 0;

    while (!completion->first && completion->outstanding > 0 && err == 0) {
        bool did = false, later = false;

        if (worker && !weft__wait_is_over(until))
            err = help_locked(completion, worker, &did, &later);
        if (did || err != 0 || completion->first)
            continue;
        err = weft_condition_wait(&completion->changed, &completion->mutex,
                                  later ? weft__slice(until, SLICE) : until);
        if (err == WEFT_ETIMEDOUT && later) {
            (void)weft_fault_point("completion.look_again");
            err = weft_clock() < until ? 0 : err; /* a cancel is for the next wait to tell */
        }
    }
    return err;
}

int weft_completion_next(weft_completion *completion, size_t *index, weft_time until)
{
    struct node *node;
    size_t outstanding;
    int err;

    weft_mutex_acquire(&completion->mutex, WEFT_FOREVER);
    err = await_locked(completion, until);
    outstanding = completion->outstanding;
    node = completion->first;
    if (node) {
        completion->first = node->next;
        if (!completion->first)
            completion->last = &completion->first;
        completion->outstanding--;
    }
    weft_mutex_release(&completion->mutex);
    if (!node && outstanding == 0)
        return weft__fail(WEFT_ECLOSED, "completion %p: all have been told", (void *)completion);
    if (!node && err == WEFT_EDEADLK)
        return err; /* misuse, told by who found it */
    if (!node && err == WEFT_ECANCELED)
        return weft__fail(
            err, "completion %p: the caller was cancelled, and none of %zu futures is done",
            (void *)completion, outstanding);
    if (!node)
        return weft__fail(err, "completion %p: none of %zu futures got done until the deadline",
                          (void *)completion, outstanding);
    *index = node->index;
    weft_free(node);
    return 0;
}

/* The futures are there: they are not done, or wait with their callback for the mutex. */
static void forget_locked(weft_completion *completion, struct node *node)
{
    while (node) {
        struct node *next = node->next;

        if (weft__future_forget(node->future, node)) {
            take_locked(completion, node);
            completion->callbacks--;
            weft_free(node);
        }
        node = next;
    }
}

void weft_completion_close(weft_completion *completion)
{
    bool last;

    if (!completion)
        return;
    weft_mutex_acquire(&completion->mutex, WEFT_FOREVER);
    completion->closed = true;
    forget_locked(completion, completion->undone);
    forget_locked(completion, completion->others);
    last = completion->callbacks == 0;
    weft_mutex_release(&completion->mutex);
    if (last)
        destroy(completion);
}
