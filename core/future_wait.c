/* SPDX-License-Identifier: MIT */
/* Waiting for futures. */
#include "future_block.h"
#include "internal.h"
#include "promise.h"
#include "thread_pool.h"
#include "weft/cancel.h"
#include "weft/wait.h"

bool weft__wait_is_over(weft_time until)
{
    return (until != WEFT_FOREVER && until <= weft_clock()) ||
           weft_cancel_requested(weft__self.cancel);
}

/* Sleeps until the state changes from `seen`, or for no reason. */
static int sleep_on(weft_future *future, uint32_t seen, weft_time until)
{
    if (!(seen & WEFT__AWAITED) &&
        !weft_cas_u32(&future->state, &seen, seen | WEFT__AWAITED, WEFT_ACQUIRE))
        return 0;
    if (seen & WEFT__TASK)
        return weft__wait_for(&future->state, seen | WEFT__AWAITED, until, "future", future,
                              &future->use.runner);
    return weft__wait(&future->state, seen | WEFT__AWAITED, until, "future", future);
}

/* Sleeps, with others seeing what this worker waits for. What it can do meanwhile it looks
 * for after it has said so: what comes later changes the state that it sleeps on. */
static int rest(struct weft__worker *worker, weft_future *future, weft_time until)
{
    uint32_t seen = weft_load_u32(&future->state, WEFT_ACQUIRE);
    bool did = false;
    int err;

    if (weft__future_is_final(seen))
        return 0;
    if (!worker)
        return sleep_on(future, seen, until);
    err = weft__thread_wait_begin(worker, future);
    if (err != 0)
        return err;
    seen = weft_load_u32(&future->state, WEFT_ACQUIRE);
    if (weft__future_stage(seen) == WEFT__PENDING && !weft__wait_is_over(until))
        err = weft__thread_help(worker, future, &did);
    if (err == 0 && !did && !weft__future_is_final(seen))
        err = sleep_on(future, seen, until);
    weft__thread_wait_end(worker);
    return err;
}

/* `worker`: that waits, and helps; NULL: the calling thread just sleeps. */
static int await(struct weft__worker *worker, weft_future *future, weft_time until)
{
    struct weft__backoff backoff = {0};
    uint32_t state;
    int err = 0;

    while (!weft__future_is_final(state = weft_load_u32(&future->state, WEFT_ACQUIRE)) &&
           err == 0) {
        bool did = false;

        if (worker && weft__future_stage(state) == WEFT__PENDING && !weft__wait_is_over(until))
            err = weft__thread_help(worker, future, &did);
        if (err != 0 || did)
            continue;
        if (state & WEFT__REMOTE && weft__arena_check() != 0)
            return WEFT_EPERM; /* a forked process: the results are its parent's */
        if (until == WEFT_NOW ||
            !(state & WEFT__REMOTE ? weft__process_look(future, until) : weft__backoff(&backoff)))
            err = rest(worker, future, until);
    }
    if (weft__future_is_final(state))
        return 0;
    if (err == WEFT_EDEADLK)
        return err;
    return weft__fail_wait(err, "future", future, "not done until the deadline");
}

int weft__future_await(weft_future *future, weft_time until)
{
    return await(until == WEFT_NOW ? NULL : weft__worker_current(), future, until);
}

void weft__future_await_end(weft_future *future)
{
    const weft_cancel *before = weft_cancel_enter(NULL);

    if (weft__future_await(future, WEFT_FOREVER) != 0)
        (void)await(NULL, future, WEFT_FOREVER); /* a circle, unless another wait in it ends */
    weft_cancel_enter(before);
}

/* Until one of them is done, or, `failed`, one has failed or all are done. */
static int wait_for_one(weft_future *const *futures, size_t count, bool failed, weft_time until)
{
    weft_completion *completion;
    const char *sentence;
    size_t index;
    int err;

    if (count == 0 && !failed)
        return weft__fail(WEFT_EINVAL, "futures: the first of none");
    err = weft_as_completed(&completion, futures, count);
    if (err != 0)
        return err;
    do
        err = weft_completion_next(completion, &index, until);
    while (err == 0 && failed && weft__future_error(futures[index], &sentence) == 0);
    weft_completion_close(completion);
    return failed && err == WEFT_ECLOSED ? 0 : err; /* closed: all are done */
}

int weft_future_wait(weft_future *const *futures, size_t count, enum weft_wait_for what,
                     weft_time until)
{
    int err = 0;

    if (what == WEFT_FIRST_COMPLETED || what == WEFT_FIRST_FAILED)
        return wait_for_one(futures, count, what == WEFT_FIRST_FAILED, until);
    for (size_t i = 0; i < count && err == 0; i++)
        err = weft__future_await(futures[i], until);
    return err;
}

static bool poll(void *object, enum weft_poll what, weft_atomic_u32 **word, uint32_t *seen)
{
    weft_future *future = object;

    if (what != WEFT_POLL_ASK)
        return false;
    *word = &future->state;
    *seen = weft_load_u32(*word, WEFT_ACQUIRE);
    /* Whoever ends it wakes nobody unless it was asked to. */
    if (!weft__future_is_final(*seen) && !(*seen & WEFT__AWAITED))
        *seen = weft_fetch_or_u32(*word, WEFT__AWAITED, WEFT_ACQUIRE) | WEFT__AWAITED;
    return weft__future_is_final(*seen);
}

weft_waitable weft_future_waitable(weft_future *future)
{
    return (weft_waitable){future, poll};
}
