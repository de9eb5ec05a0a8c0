/* SPDX-License-Identifier: MIT */
/* Waiting for futures. */
#include "future_block.h"
#include "internal.h"
#include "promise.h"
#include "thread_pool.h"
#include "weft/wait.h"

/* Sleeps until the state changes from `seen`, or for no reason. */
static int sleep_on(weft_future *future, uint32_t seen, weft_time until)
{
    if (!(seen & WEFT__AWAITED) &&
        !weft_cas_u32(&future->state, &seen, seen | WEFT__AWAITED, WEFT_ACQUIRE))
        return 0;
    return weft__wait(&future->state, seen | WEFT__AWAITED, until, "future", future);
}

/* What a worker can do for a future that nobody has begun: wait for its source, or run it.
 * *did: something was done, and the state is worth another look. */
static int help(struct weft__worker *worker, weft_future *future, weft_time until, bool *did)
{
    weft_future *source = weft__future_source(future);
    int err = 0;

    *did = source && !weft_future_done(source);
    if (*did)
        err = weft__future_await(source, until);
    weft_future_release(source);
    if (*did)
        return err;
    return weft__thread_help(worker, future, did);
}

/* Sleeps, with others seeing what this thread waits for. */
static int rest(struct weft__worker *worker, weft_future *future, uint32_t seen, weft_time until)
{
    int err = 0;

    if (worker)
        err = weft__thread_wait_begin(worker, future);
    if (err != 0)
        return err;
    err = sleep_on(future, seen, until);
    if (worker)
        weft__thread_wait_end(worker);
    return err;
}

int weft__future_await(weft_future *future, weft_time until)
{
    struct weft__worker *worker = until == WEFT_NOW ? NULL : weft__worker_current();
    unsigned round = 0;
    uint32_t state;
    int err = 0;

    while (!weft__future_is_final(state = weft_load_u32(&future->state, WEFT_ACQUIRE)) &&
           err == 0) {
        bool did = false;

        if (worker && weft__future_stage(state) == WEFT__PENDING)
            err = help(worker, future, until, &did);
        if (err == 0 && !did && (until == WEFT_NOW || !weft__backoff(&round)))
            err = rest(worker, future, state, until);
    }
    if (weft__future_is_final(state))
        return 0;
    if (err == WEFT_EDEADLK)
        return err;
    return weft__fail_wait(err, "future", future, "not done until the deadline");
}

static int wait_for_first(weft_future *const *futures, size_t count, weft_time until)
{
    weft_completion *completion;
    size_t index;
    int err;

    if (count == 0)
        return weft__fail(WEFT_EINVAL, "futures: the first of none");
    err = weft_as_completed(&completion, futures, count);
    if (err != 0)
        return err;
    err = weft_completion_next(completion, &index, until);
    weft_completion_close(completion);
    return err;
}

int weft_future_wait(weft_future *const *futures, size_t count, enum weft_wait_for what,
                     weft_time until)
{
    int err = 0;

    if (what == WEFT_FIRST_COMPLETED)
        return wait_for_first(futures, count, until);
    if (what == WEFT_FIRST_FAILED)
        return weft__future_wait_first_failed(futures, count, until);
    for (size_t i = 0; i < count && err == 0; i++)
        err = weft__future_await(futures[i], until);
    return err;
}
