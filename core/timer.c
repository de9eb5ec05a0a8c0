/* SPDX-License-Identifier: MIT */
/*
 * Timers: an entry of the timers' thread (timer_thread.c), a task, and who may have it.
 *
 * `mutex` guards what is named below. A timer is in one of four states:
 *
 *   waiting   its entry is armed; `busy` and `over` are false
 *   running   `busy`: its function runs, or waits in the executor. With .every and an
 *             executor the entry stays armed, at the end of time, so that the timers'
 *             thread stays too and the next time can be set without a failure
 *   stopping  `busy` and `over`: cancelled while it ran
 *   over      neither armed nor busy, for good: a single shot that ran, or cancelled
 *
 * Two parties have references, and the last frees: the handle, until it is closed, and the
 * work, until the timer is over. Who makes the timer over drops the work's: cancel, if it
 * could withdraw the entry; else the fire() that was under way, or the end of the run.
 *
 * weft_timer_start_with() holds the mutex until the handle is in its place: a function that
 * runs at once finds it there.
 */
#include "weft/timer.h"

#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "promise.h"
#include "thread_pool.h"
#include "timer.h"
#include "weft/cancel.h"
#include "weft/condition.h"
#include "weft/memory.h"
#include "weft/thread.h"

struct weft_timer {
    weft_atomic_u32 references; /* acq_rel */
    weft_mutex mutex;           /* guards everything up to `future` */
    weft_condition ended;       /* `busy` became false */
    weft__timer_entry entry;    /* whether it is armed is known to the timers' thread */
    weft_time at;               /* of the run that comes, or is */
    bool ran;                   /* its function, at least once */
    bool busy, over;
    unsigned runner;     /* the thread in its function; 0: none, or in another process */
    weft_future *future; /* of the last submit; changes only while not over */
    weft_cancel cancel;  /* what its function runs under */
    weft_time every;     /* set at creation, like what follows */
    weft_executor *executor;
    weft_function *function;
    size_t size; /* of the argument, which follows, aligned */
};

static void *argument_of(weft_timer *timer)
{
    return (char *)timer + (sizeof(*timer) + 15) / 16 * 16;
}

static void let_go(weft_timer *timer)
{
    if (weft_fetch_sub_u32(&timer->references, 1, WEFT_ACQ_REL) > 1)
        return;
    weft_future_release(timer->future);
    weft_free(timer);
}

static void set_runner(weft_timer *timer, unsigned id)
{
    weft_mutex_acquire(&timer->mutex, WEFT_FOREVER);
    timer->runner = id;
    weft_mutex_release(&timer->mutex);
}

/* ---- a run ------------------------------------------------------------------- */

static void fire(void *context);

static void arm_locked(weft_timer *timer, weft_time at)
{
    /* Only in the timers' thread, or while the entry is armed: it cannot fail. */
    (void)weft__timer_call(&timer->entry, at, fire, timer);
}

/* The next multiple of `every` that lies ahead. */
static weft_time next_time(const weft_timer *timer)
{
    weft_time now = weft__timer_now();
    weft_time last = timer->at + (now - timer->at) / timer->every * timer->every;

    return last > WEFT_FOREVER - timer->every ? WEFT_FOREVER : last + timer->every;
}

/* The function ran, or will not after all. */
static void end_run(weft_timer *timer, bool ran)
{
    bool goes_on;

    weft_mutex_acquire(&timer->mutex, WEFT_FOREVER);
    timer->busy = false;
    timer->ran = timer->ran || ran;
    timer->runner = 0;
    goes_on = timer->every > 0 && !timer->over;
    if (goes_on) {
        timer->at = next_time(timer);
        arm_locked(timer, timer->at);
    } else {
        (void)weft__timer_withdraw(&timer->entry);
    }
    weft_condition_notify_all(&timer->ended);
    weft_mutex_release(&timer->mutex);
    if (!goes_on)
        let_go(timer);
}

/* Tells of a failure; a cancelled timer's function that says so has not failed. */
static void tell(weft_timer *timer, const weft_task *task)
{
    if (task->code != WEFT_ECANCELED || !weft_cancel_requested(&timer->cancel))
        weft__task_tell(task);
}

/* The same for a call that failed just now. */
static void tell_last_error(weft_timer *timer, int code)
{
    weft_task task = {.name = weft_thread_current_name(), .code = code};

    snprintf(task.sentence, sizeof(task.sentence), "%.200s", weft_last_error());
    tell(timer, &task);
}

static void run_here(weft_timer *timer)
{
    weft_task task = {
        .argument = argument_of(timer), .size = timer->size, .name = weft_thread_current_name()};
    const weft_cancel *before = weft_cancel_enter(&timer->cancel);

    set_runner(timer, weft_thread_current_id());
    if (weft__task_run(&task, timer->function) != 0)
        tell(timer, &task);
    weft_cancel_enter(before);
    end_run(timer, true);
}

/* ---- in an executor ---------------------------------------------------------- */

/* In a worker thread: the timer's function as the task, and a note of who runs it. */
static int run_there(weft_task *task)
{
    weft_timer *timer = WEFT_ARG(task, weft_timer *);
    int code;

    set_runner(timer, weft_thread_current_id());
    task->argument = argument_of(timer);
    task->size = timer->size;
    code = timer->function(task);
    set_runner(timer, 0);
    return code;
}

/* The submitted task is done, or was cancelled before it began. */
static void hear_of_end(weft_future *future, void *context)
{
    weft_timer *timer = context;
    int code = weft_future_result(future, NULL, 0, WEFT_NOW);

    if (code != 0 && code != WEFT_ECANCELED)
        tell_last_error(timer, code);
    end_run(timer, !weft__future_withdraw(future)); /* that is: unless it was cancelled */
}

static int submit(weft_timer *timer, weft_future **future)
{
    weft_submit_options options = {.cancel = &timer->cancel};

    if (weft__is_thread_pool(timer->executor))
        return weft_submit_with(timer->executor, future, run_there, &timer, sizeof(timer), &options,
                                WEFT_NOW);
    /* A pointer to the timer means nothing in another process. */
    return weft_submit_with(timer->executor, future, timer->function, argument_of(timer),
                            timer->size, &options, WEFT_NOW);
}

/* Whatever happens, end_run() follows: at once, or by hear_of_end(). */
static void run_in_executor(weft_timer *timer)
{
    weft_future *future = NULL;
    int err = submit(timer, &future);
    bool over, runs;

    weft_mutex_acquire(&timer->mutex, WEFT_FOREVER);
    timer->future = future;
    over = timer->over;
    if (timer->every > 0 && !over)
        arm_locked(timer, WEFT_FOREVER);
    weft_mutex_release(&timer->mutex);
    if (err == 0 && over)
        (void)weft__future_withdraw(future); /* it was too early for who cancelled it */
    if (err == 0)
        err = weft_future_on_done(future, hear_of_end, timer);
    if (err == 0)
        return;
    tell_last_error(timer, err);
    /* Without memory to be told of its end: it does not begin, or is waited for here. */
    runs = future && !weft__future_withdraw(future);
    if (runs)
        (void)weft_future_wait(&timer->future, 1, WEFT_ALL_COMPLETED, WEFT_FOREVER);
    end_run(timer, runs);
}

/* In the timers' thread, at the instant. */
static void fire(void *context)
{
    weft_timer *timer = context;
    weft_future *last = NULL;
    bool over;

    weft_mutex_acquire(&timer->mutex, WEFT_FOREVER);
    over = timer->over; /* cancelled in the moment since the entry was popped */
    if (!over) {
        timer->busy = true;
        last = timer->future;
        timer->future = NULL;
    }
    weft_mutex_release(&timer->mutex);
    weft_future_release(last);
    if (over) {
        let_go(timer);
    } else if (timer->executor) {
        weft_fetch_add_u32(&timer->references, 1, WEFT_RELAXED); /* its run may end meanwhile */
        run_in_executor(timer);
        let_go(timer);
    } else {
        run_here(timer);
    }
}

/* ---- public ------------------------------------------------------------------ */

static int check(const weft_timer_options *options, weft_function *function, bool has_handle)
{
    if (!function)
        return weft__misuse(WEFT_EINVAL, "timer: no function to run");
    if (options->every < 0)
        return weft__misuse(WEFT_EINVAL, "timer: again after a time below zero");
    if (options->every > 0 && !has_handle)
        return weft__misuse(WEFT_EINVAL, "timer: without a handle it could never be stopped");
    return 0;
}

static weft_timer *create(weft_function *function, const void *argument, size_t size,
                          const weft_timer_options *options)
{
    size_t head = (sizeof(weft_timer) + 15) / 16 * 16; /* aligned for any argument */
    weft_timer *timer = size <= SIZE_MAX - head ? weft_alloc(head + size) : NULL;

    if (!timer) {
        weft__fail(WEFT_ENOMEM, "timer: no memory for an argument of %zu bytes", size);
        return NULL;
    }
    weft_store_u32(&timer->references, 2, WEFT_RELAXED);
    timer->every = options->every;
    timer->executor = options->executor;
    timer->function = function;
    timer->size = size;
    if (size > 0)
        memcpy(argument_of(timer), argument, size);
    return timer;
}

int weft_timer_start_with(weft_timer **out, weft_time at, weft_function *function,
                          const void *argument, size_t size, const weft_timer_options *options)
{
    static const weft_timer_options defaults;
    weft_time now = weft__timer_now();
    weft_timer *timer;
    int err;

    if (!options)
        options = &defaults;
    err = check(options, function, out != NULL);
    if (err != 0)
        return err;
    timer = create(function, argument, size, options);
    if (!timer)
        return WEFT_ENOMEM;
    timer->at = at < now ? now : at; /* what has passed counts as now for the next times */
    weft_mutex_acquire(&timer->mutex, WEFT_FOREVER);
    err = weft__timer_call(&timer->entry, at, fire, timer);
    if (err == 0 && out)
        *out = timer;
    weft_mutex_release(&timer->mutex);
    if (err != 0)
        let_go(timer); /* the work's */
    if (err != 0 || !out)
        let_go(timer); /* the handle's */
    return err;
}

int weft_timer_start(weft_timer **timer, weft_time at, weft_function *function,
                     const void *argument, size_t size)
{
    return weft_timer_start_with(timer, at, function, argument, size, NULL);
}

/* Makes it over. True: a run has begun, and was asked to stop. *had_run: a single shot had
 * run. */
static bool stop(weft_timer *timer, bool *had_run)
{
    weft_future *future;
    bool busy, withdrawn;

    weft_mutex_acquire(&timer->mutex, WEFT_FOREVER);
    timer->over = true;
    busy = timer->busy;
    *had_run = timer->ran && !busy && timer->every == 0;
    future = timer->future; /* stays: nothing more is submitted */
    withdrawn = !busy && weft__timer_withdraw(&timer->entry);
    weft_mutex_release(&timer->mutex);
    if (withdrawn)
        let_go(timer);
    if (busy)
        weft_cancel_request(&timer->cancel);
    return busy && !(future && weft__future_withdraw(future));
}

/* 0: the run has ended. Who does not wait has not prevented it, even if it ends just now. */
static int wait_for_end(weft_timer *timer, weft_time until)
{
    int err = until == WEFT_NOW ? WEFT_ETIMEDOUT : 0;

    weft_mutex_acquire(&timer->mutex, WEFT_FOREVER);
    while (timer->busy && err == 0)
        err = weft_condition_wait(&timer->ended, &timer->mutex, until);
    if (!timer->busy && until != WEFT_NOW)
        err = 0;
    weft_mutex_release(&timer->mutex);
    return err != 0 ? weft__fail(err, "timer %p: its function still runs", (void *)timer) : 0;
}

/* Whether the timer's own function calls. */
static bool is_own(weft_timer *timer)
{
    bool own;

    weft_mutex_acquire(&timer->mutex, WEFT_FOREVER);
    own = timer->runner == weft_thread_current_id();
    weft_mutex_release(&timer->mutex);
    return own;
}

int weft_timer_cancel(weft_timer *timer, weft_time until)
{
    bool had_run;

    if (until != WEFT_NOW && is_own(timer))
        return weft__misuse(WEFT_EDEADLK, "timer %p: its own function waits for its end",
                            (void *)timer);
    if (stop(timer, &had_run))
        return wait_for_end(timer, until);
    return had_run ? weft__fail(WEFT_ECLOSED, "timer %p: it had run before", (void *)timer) : 0;
}

void weft_timer_close(weft_timer *timer)
{
    const weft_cancel *before;
    bool had_run;

    if (!timer)
        return;
    before = weft_cancel_enter(NULL); /* a caller that was cancelled waits too */
    if (stop(timer, &had_run) && !is_own(timer))
        (void)wait_for_end(timer, WEFT_FOREVER);
    weft_cancel_enter(before);
    let_go(timer);
}
