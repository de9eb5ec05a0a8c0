/* SPDX-License-Identifier: MIT */
/* The public functions that all kinds of pool share. */
#include "weft/executor.h"

#include "internal.h"
#include "pool.h"

unsigned weft_executor_workers(const weft_executor *executor)
{
    return executor->workers;
}

int weft_submit_with(weft_executor *executor, weft_future **future, weft_function *function,
                     const void *argument, size_t size, const weft_submit_options *options,
                     weft_time until)
{
    if (!function)
        return weft__misuse(WEFT_EINVAL, "executor %p: no function to run", (void *)executor);
    if (options && (options->priority < WEFT_LOW || options->priority > WEFT_HIGH))
        return weft__misuse(WEFT_EINVAL, "executor %p: a priority of %d", (void *)executor,
                            (int)options->priority);
    return executor->kind->submit(executor, future, function, argument, size, options, until);
}

int weft_submit(weft_executor *executor, weft_future **future, weft_function *function,
                const void *argument, size_t size)
{
    return weft_submit_with(executor, future, function, argument, size, NULL, WEFT_FOREVER);
}

int weft_executor_stats_get(weft_executor *executor, weft_executor_stats *stats)
{
    executor->kind->stats(executor, stats);
    return 0;
}

int weft_executor_shutdown(weft_executor *executor, enum weft_ending ending, weft_time until)
{
    if (executor->kind->is_own(executor))
        return weft__misuse(WEFT_EDEADLK, "executor %p: a task shuts its own pool down",
                            (void *)executor);
    return executor->kind->shutdown(executor, ending, until);
}

void weft_executor_close(weft_executor *executor)
{
    const weft_cancel *before;

    if (!executor)
        return;
    if (executor->kind->is_own(executor)) {
        weft__misuse(WEFT_EDEADLK, "executor %p: a task closes its own pool", (void *)executor);
        return;
    }
    before = weft_cancel_enter(NULL); /* who is cancelled must still be able to clean up */
    executor->kind->close(executor);
    weft_cancel_enter(before);
}
