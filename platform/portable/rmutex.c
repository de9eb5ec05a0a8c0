/* SPDX-License-Identifier: MIT */
/* A reentrant mutex: a mutex, and how often its owner holds it (guarded by it). */
#include "internal.h"
#include "weft/mutex.h"
#include "weft/thread.h"

static bool is_mine(const weft_rmutex *rmutex)
{
    return weft_mutex_owner(&rmutex->mutex) == weft_thread_current_id();
}

int weft_rmutex_acquire(weft_rmutex *rmutex, weft_time until)
{
    int err = is_mine(rmutex) ? 0 : weft_mutex_acquire(&rmutex->mutex, until);

    if (err == 0)
        rmutex->depth++;
    return err;
}

int weft_rmutex_release(weft_rmutex *rmutex)
{
    if (!is_mine(rmutex))
        return weft__misuse(WEFT_EPERM, "rmutex %p: %s releases it without holding it",
                            (void *)rmutex, weft_thread_current_name());
    rmutex->depth--;
    return rmutex->depth == 0 ? weft_mutex_release(&rmutex->mutex) : 0;
}

int weft_rmutex_destroy(weft_rmutex *rmutex)
{
    return weft_mutex_destroy(&rmutex->mutex);
}
