/* SPDX-License-Identifier: MIT */
/*
 * Once: not done, under way, under way with sleepers, done.
 *
 * Setting DONE (release) pairs with the loads that find it (acquire): what the
 * function wrote is visible to all who return 0.
 */
#include "weft/once.h"

#include "internal.h"
#include "weft/cancel.h"
#include "weft/thread.h"
#include "weft/wait.h"

enum { NOT_DONE, RUNNING, AWAITED, DONE };

_Static_assert(sizeof(weft_once) <= 8, "a once is small");

static int run(weft_once *once, int (*function)(void *context), void *context)
{
    int err;

    weft_store_u32(&once->runner, weft_thread_current_id(), WEFT_RELAXED);
    err = function(context);
    weft_store_u32(&once->runner, 0, WEFT_RELAXED);
    if (weft_exchange_u32(&once->state, err == 0 ? DONE : NOT_DONE, WEFT_RELEASE) == AWAITED)
        weft_wake(&once->state, WEFT_WAKE_ALL);
    return err;
}

int weft_once_run(weft_once *once, int (*function)(void *context), void *context, weft_time until)
{
    uint32_t seen = weft_load_u32(&once->state, WEFT_ACQUIRE);
    int err = 0;

    while (seen != DONE) {
        if (seen == NOT_DONE) {
            if (weft_cas_u32(&once->state, &seen, RUNNING, WEFT_ACQUIRE))
                return run(once, function, context);
            continue;
        }
        if (weft_load_u32(&once->runner, WEFT_RELAXED) == weft_thread_current_id())
            return weft__misuse(WEFT_EDEADLK, "once %p: its function calls it again", (void *)once);
        if (err != 0)
            return weft__fail_wait(err, "once", once, "another thread is still at it");
        if (seen == AWAITED || weft_cas_u32(&once->state, &seen, AWAITED, WEFT_ACQUIRE))
            err = weft__wait(&once->state, AWAITED, until, "once", once);
        seen = weft_load_u32(&once->state, WEFT_ACQUIRE);
    }
    return 0;
}

bool weft_once_done(const weft_once *once)
{
    return weft_load_u32(&once->state, WEFT_ACQUIRE) == DONE;
}

int weft__once(weft_once *once, int (*function)(void *context))
{
    const weft_cancel *before = weft_cancel_enter(NULL);
    int err = weft_once_run(once, function, NULL, WEFT_FOREVER);

    weft_cancel_enter(before);
    return err;
}
