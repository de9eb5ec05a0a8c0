/* SPDX-License-Identifier: MIT */
/*
 * Callbacks of futures: a stack, to which anybody pushes without a lock.
 *
 * Who ends the future takes it whole, or else who has pushed and then finds the future done
 * (future.c): the exchange gives each callback to exactly one. Whoever takes, all of it or a
 * single callback, has one of `locks`, by the future's address: so nobody frees a callback
 * that another is looking at, and none comes back to the top meanwhile. Callbacks run with
 * no lock held.
 */
#include <stdint.h>

#include "future_block.h"
#include "promise.h"
#include "weft/error.h"
#include "weft/memory.h"
#include "weft/mutex.h"

enum { LOCKS = 64 };

static struct {
    _Alignas(64) weft_mutex mutex; /* futures at work do not share a line */
} locks[LOCKS];

static weft_mutex *lock_of(const weft_future *future)
{
    return &locks[(uintptr_t)future / sizeof(weft_future) % LOCKS].mutex;
}

/* Newest first. */
static struct weft__callback *take_all(weft_future *future)
{
    struct weft__callback *newest;

    weft_mutex_acquire(lock_of(future), WEFT_FOREVER);
    newest = weft_exchange_pointer(&future->callbacks, NULL, WEFT_SEQ_CST);
    weft_mutex_release(lock_of(future));
    return newest;
}

/* In the order in which they were added. */
void weft__future_tell(weft_future *future)
{
    struct weft__callback *newest = take_all(future), *oldest = NULL;

    while (newest) {
        struct weft__callback *next = newest->next;

        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct weft__callback *next = oldest->next;

        oldest->tell(future, oldest->context);
        weft_free(oldest);
        oldest = next;
    }
}

int weft_future_on_done(weft_future *future, weft_done_function *tell, void *context)
{
    struct weft__callback *callback = weft_alloc(sizeof(*callback));
    void *newest;

    if (!callback)
        return WEFT_ENOMEM;
    callback->tell = tell;
    callback->context = context;
    newest = weft_load_pointer(&future->callbacks, WEFT_RELAXED);
    do
        callback->next = newest;
    while (!weft_cas_pointer(&future->callbacks, &newest, callback, WEFT_SEQ_CST));
    if (weft__future_is_final(weft_load_u32(&future->state, WEFT_SEQ_CST)))
        weft__future_tell(future);
    return 0;
}

/* The release pairs with the acquire of who begins a task that nobody may hear of. */
static bool unlink_locked(weft_future *future, struct weft__callback *callback)
{
    void *newest = callback;
    struct weft__callback *above;

    if (weft_cas_pointer(&future->callbacks, &newest, callback->next, WEFT_ACQ_REL))
        return true;
    for (above = newest; above && above->next != callback; above = above->next)
        continue;
    if (above)
        above->next = callback->next;
    return above != NULL;
}

static struct weft__callback *find_locked(weft_future *future, const void *context)
{
    struct weft__callback *callback = weft_load_pointer(&future->callbacks, WEFT_ACQUIRE);

    while (callback && callback->context != context)
        callback = callback->next;
    return callback;
}

bool weft__future_forget(weft_future *future, const void *context)
{
    struct weft__callback *callback;

    weft_mutex_acquire(lock_of(future), WEFT_FOREVER);
    callback = find_locked(future, context);
    if (callback)
        (void)unlink_locked(future, callback);
    weft_mutex_release(lock_of(future));
    weft_free(callback);
    return callback != NULL;
}
