/* SPDX-License-Identifier: MIT */
/*
 * What a future without a task of its own waits for.
 *
 * The source stands in the future's `next`, with a reference; the flag WEFT__FOLLOWS says
 * so. Both change under one lock: it is taken by chains and by workers that wait for them,
 * never on the way of a plain task.
 */
#include "future_block.h"
#include "promise.h"
#include "weft/mutex.h"

static weft_mutex lock = WEFT_MUTEX_INIT; /* guards next and WEFT__FOLLOWS of followers */

void weft__future_follow(weft_future *future, weft_future *source)
{
    weft__future_retain(source);
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    future->next = source;
    weft_fetch_or_u32(&future->state, WEFT__FOLLOWS, WEFT_RELAXED);
    weft_mutex_release(&lock);
}

weft_future *weft__future_unfollow(weft_future *future)
{
    weft_future *source = NULL;

    weft_mutex_acquire(&lock, WEFT_FOREVER);
    if (weft_load_u32(&future->state, WEFT_RELAXED) & WEFT__FOLLOWS)
        source = future->next;
    weft_fetch_and_u32(&future->state, ~(uint32_t)WEFT__FOLLOWS, WEFT_RELAXED);
    weft_mutex_release(&lock);
    return source;
}

weft_future *weft__future_source(weft_future *future)
{
    weft_future *source = NULL;

    weft_mutex_acquire(&lock, WEFT_FOREVER);
    if (weft_load_u32(&future->state, WEFT_RELAXED) & WEFT__FOLLOWS) {
        source = future->next;
        weft__future_retain(source);
    }
    weft_mutex_release(&lock);
    return source;
}
