/* SPDX-License-Identifier: MIT */
/*
 * A loop shared with a pool's threads, if that pays.
 *
 * The caller begins alone, with pieces that grow, and looks at the clock between them.
 * After some microseconds it knows what a place costs. What is left is shared only if it
 * takes longer than waking somebody. Sharers take ranges from one counter: each the
 * size of what is left divided by twice their number, but at least GRAIN of time and at most
 * RANGE (guided self-scheduling, Polychronopoulos and Kuck, 1987).
 *
 * The loop lies on the caller's stack. Helpers are tasks of the pool; before the caller
 * returns it withdraws those that have not begun and waits for the others, which leave
 * as soon as no range is left.
 */
#include "weft/parallel.h"

#include "internal.h"
#include "promise.h"
#include "thread_pool.h"
#include "weft/fault.h"

enum { HELPERS_MOST = 64, GROWTH = 8 };
#define ALONE WEFT_US(5)  /* how long the caller tries by itself */
#define WORTH WEFT_US(60) /* what is left must take longer to be shared */
#define GRAIN WEFT_US(20) /* a range takes about so long at least */
#define RANGE WEFT_MS(1)  /* and at most: between ranges deadline and cancel are looked at */

struct loop {
    weft_atomic_u64 next;    /* the first place that nobody has taken; relaxed: ranges are only
                                counted here, what bodies write is published by the helpers' ends */
    weft_atomic_u32 stopped; /* 0, or WEFT_ETIMEDOUT or WEFT_ECANCELED as a positive number */
    size_t count, grain, most, sharers; /* set before there are helpers, like the rest */
    weft_range_function *body;
    void *context;
    weft_time until;
    const weft_cancel *cancel;
};

/* Why no further range should begin; 0: nothing. */
static int reason_to_stop(const struct loop *loop)
{
    if (weft_cancel_requested(loop->cancel))
        return WEFT_ECANCELED;
    return loop->until != WEFT_FOREVER && weft_clock() >= loop->until ? WEFT_ETIMEDOUT : 0;
}

/* Takes ranges until none is left. */
static void share(struct loop *loop)
{
    uint64_t first = weft_load_u64(&loop->next, WEFT_RELAXED);

    while (first < loop->count && weft_load_u32(&loop->stopped, WEFT_RELAXED) == 0) {
        uint64_t left = loop->count - first;
        uint64_t size = left / (2 * loop->sharers);
        int err;

        (void)weft_fault_point("parallel_for.look");
        err = reason_to_stop(loop);
        if (err != 0) {
            weft_store_u32(&loop->stopped, (uint32_t)-err, WEFT_RELAXED);
            return;
        }
        if (size > loop->most)
            size = loop->most;
        if (size < loop->grain)
            size = loop->grain < left ? loop->grain : left;
        if (weft_cas_u64(&loop->next, &first, first + size, WEFT_RELAXED)) {
            loop->body((size_t)first, (size_t)(first + size), loop->context);
            first = weft_load_u64(&loop->next, WEFT_RELAXED);
        }
    }
}

static int help(weft_task *task)
{
    struct loop *loop = WEFT_ARG(task, struct loop *);
    const weft_cancel *before = weft_cancel_enter(loop->cancel);

    share(loop);
    weft_cancel_enter(before);
    return 0;
}

/* The caller by itself, until it knows what a place costs (*each, in ns) and that the rest
 * is worth sharing, or all is done. Gives the first place that is not done. */
static size_t begin_alone(struct loop *loop, weft_time *each, int *err)
{
    weft_time began = weft_clock();
    size_t done = 0, size = 1;

    for (;;) {
        weft_time spent;

        *err = reason_to_stop(loop);
        if (*err != 0)
            return done;
        if (size > loop->count - done)
            size = loop->count - done;
        loop->body(done, done + size, loop->context);
        done += size;
        if (done == loop->count)
            return done;
        spent = weft_clock() - began;
        *each = spent / (weft_time)done;
        if (spent >= ALONE && loop->count - done >= (uint64_t)(WORTH / (*each + 1)))
            return done;
        if (spent >= ALONE)
            size = loop->count - done;
        else
            size = size * GROWTH * (*each + 1) <= (uint64_t)ALONE ? size * GROWTH : size;
    }
}

/* How many tasks of the pool should help: no more than there are CPUs beside the caller's,
 * or they would take turns with it. */
static size_t helpers_for(weft_executor *executor, const struct loop *loop, size_t left)
{
    size_t pieces = left / loop->grain;
    size_t helpers = executor->workers < HELPERS_MOST ? executor->workers : HELPERS_MOST;
    size_t cpus = weft__thread_pool_of(executor)->cpus;

    if (cpus > 1 && helpers > cpus - 1)
        helpers = cpus - 1;
    return helpers < pieces ? helpers : pieces;
}

static void end_helpers(weft_future **helpers, size_t count)
{
    const weft_cancel *before = weft_cancel_enter(NULL); /* the loop lies on this stack */

    for (size_t i = 0; i < count; i++) {
        if (!weft__future_withdraw(helpers[i]))
            weft__future_await_end(helpers[i]);
        weft_future_release(helpers[i]);
    }
    weft_cancel_enter(before);
}

static int run_shared(weft_executor *executor, struct loop *loop, size_t done, weft_time each)
{
    weft_future *helpers[HELPERS_MOST];
    const weft_submit_options soon = {.priority = WEFT_HIGH};
    struct loop *argument = loop;
    size_t wanted, count = 0;

    weft_store_u64(&loop->next, done, WEFT_RELAXED);
    loop->grain = (size_t)(GRAIN / (each + 1)) + 1;
    loop->most = (size_t)(RANGE / (each + 1)) + 1;
    wanted = helpers_for(executor, loop, loop->count - done);
    loop->sharers = wanted + 1;
    /* A pool that is full or shut down leaves the work to the caller. */
    while (count < wanted && weft__thread_submit(executor, &helpers[count], help, &argument,
                                                 sizeof(argument), &soon, WEFT__IF_ROOM) == 0)
        count++;
    share(loop);
    end_helpers(helpers, count);
    if (weft_load_u64(&loop->next, WEFT_RELAXED) >= loop->count)
        return 0; /* who stopped saw too late that another had taken the last range */
    return -(int)weft_load_u32(&loop->stopped, WEFT_RELAXED);
}

int weft_parallel_for(weft_executor *executor, size_t count, weft_range_function *body,
                      void *context, weft_time until)
{
    struct loop loop = {.count = count,
                        .body = body,
                        .context = context,
                        .until = until,
                        .cancel = weft_cancel_current(),
                        .grain = 1};
    weft_time each = 0;
    size_t done;
    int err = 0;

    if (!weft__is_thread_pool(executor))
        return weft__fail(WEFT_ENOTSUP, "parallel for: the pool is one of processes");
    if (count == 0)
        return 0;
    if (weft__thread_pool_is_closed(executor))
        return weft__fail(WEFT_ECLOSED, "parallel for: the pool was shut down");
    done = begin_alone(&loop, &each, &err);
    if (err == 0 && done < count)
        err = run_shared(executor, &loop, done, each);
    if (err != 0)
        return weft__fail(err, "parallel for: %s before all of %zu places had begun",
                          err == WEFT_ECANCELED ? "cancelled" : "the deadline passed", count);
    return 0;
}
