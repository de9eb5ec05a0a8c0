/* SPDX-License-Identifier: MIT */
/* The public functions that all kinds of pool share. */
#include "weft/executor.h"

#include "internal.h"
#include "pool.h"
#include "promise.h"

/* The pool that the calling thread works for. Each thread has its own. */
static WEFT_THREAD_LOCAL weft_executor *own;

void weft__executor_enter(weft_executor *executor)
{
    own = executor;
}

bool weft__executor_is_own(const weft_executor *executor)
{
    return own == executor;
}

unsigned weft_executor_workers(const weft_executor *executor)
{
    return executor->workers;
}

int weft_submit(weft_executor *executor, weft_future **out, weft_function *function,
                const void *argument, size_t size)
{
    weft_future *future;
    int err;

    if (!function)
        return weft__misuse(WEFT_EINVAL, "executor %p: no function to run", (void *)executor);
    future = weft__future_create();
    if (!future)
        return WEFT_ENOMEM;
    if (!out)
        weft_future_release(future); /* the consumer's: nobody will ask */
    err = executor->kind->submit(executor, future, function, argument, size);
    if (err != 0) {
        if (out)
            weft_future_release(future);
        weft_future_release(future);
        return err;
    }
    if (out)
        *out = future;
    return 0;
}

int weft_executor_shutdown(weft_executor *executor, enum weft_ending ending, weft_time until)
{
    if (weft__executor_is_own(executor))
        return weft__misuse(WEFT_EDEADLK, "executor %p: a task shuts its own pool down",
                            (void *)executor);
    return executor->kind->shutdown(executor, ending, until);
}

void weft_executor_close(weft_executor *executor)
{
    if (!executor)
        return;
    if (weft__executor_is_own(executor)) {
        weft__misuse(WEFT_EDEADLK, "executor %p: a task closes its own pool", (void *)executor);
        return;
    }
    executor->kind->close(executor);
}
