/* SPDX-License-Identifier: MIT */
/*
 * Futures in the order in which they get done.
 *
 * Each future has a callback that appends a node to a list; the iterator takes nodes
 * from it. The mutex guards all fields. Callbacks that have not come when the iterator
 * is closed keep the object alive.
 */
#include <string.h>

#include "internal.h"
#include "promise.h"
#include "weft/condition.h"
#include "weft/memory.h"

struct node {
    struct node *next;
    weft_completion *completion;
    size_t index;
};

struct weft_completion {
    weft_mutex mutex;           /* guards everything below */
    weft_condition changed;     /* a node was appended */
    struct node *first, **last; /* done, and not told yet */
    size_t outstanding;         /* added, and not told yet */
    size_t callbacks;           /* added, and not done yet */
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

static void append(weft_future *future, void *context)
{
    struct node *node = context;
    weft_completion *completion = node->completion;
    bool last;

    (void)future;
    weft_mutex_acquire(&completion->mutex, WEFT_FOREVER);
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
    weft_mutex_acquire(&completion->mutex, WEFT_FOREVER);
    completion->outstanding++;
    completion->callbacks++;
    weft_mutex_release(&completion->mutex);
    err = weft_future_on_done(future, append, node);
    if (err == 0)
        return 0;
    weft_mutex_acquire(&completion->mutex, WEFT_FOREVER);
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
    for (size_t i = 0; i < count && err == 0; i++)
        err = weft__completion_add(completion, futures[i], i);
    if (err != 0)
        weft_completion_close(completion);
    else
        *out = completion;
    return err;
}

int weft_completion_next(weft_completion *completion, size_t *index, weft_time until)
{
    struct node *node;
    size_t outstanding;
    int err = 0;

    weft_mutex_acquire(&completion->mutex, WEFT_FOREVER);
    while (!completion->first && completion->outstanding > 0 && err == 0)
        err = weft_condition_wait(&completion->changed, &completion->mutex, until);
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

void weft_completion_close(weft_completion *completion)
{
    bool last;

    if (!completion)
        return;
    weft_mutex_acquire(&completion->mutex, WEFT_FOREVER);
    completion->closed = true;
    last = completion->callbacks == 0;
    weft_mutex_release(&completion->mutex);
    if (last)
        destroy(completion);
}
