/* SPDX-License-Identifier: MIT */
/*
 * A readers-writer lock that prefers writers: readers wait while a writer holds it
 * or waits. The mutex guards all counts and is held for a few instructions only.
 */
#include "weft/rwlock.h"

#include "checks.h"
#include "internal.h"
#include "park.h"
#include "weft/thread.h"

static uint32_t writer_locked(const weft_rwlock *rwlock)
{
    return weft_load_u32(&rwlock->writer, WEFT_RELAXED);
}

static int refuse_writer_locked(weft_rwlock *rwlock)
{
    if (writer_locked(rwlock) != weft_thread_current_id())
        return 0;
    return WEFT_EDEADLK;
}

static int tell(weft_rwlock *rwlock, int err, const char *what)
{
    if (err == WEFT_EDEADLK)
        return weft__misuse(err, "rwlock %p: %s writes already and wants to %s", (void *)rwlock,
                            weft_thread_current_name(), what);
    if (err != 0)
        return weft__fail(err, "rwlock %p: could not %s until the %s", (void *)rwlock, what,
                          err == WEFT_ECANCELED ? "wait was cancelled" : "deadline");
    return 0;
}

/* Like the mutex, it is sure to be had where no deadline was given. */
static int wait_locked(weft_rwlock *rwlock, weft_condition *condition, weft_time until)
{
    return weft__condition_wait_for(condition, &rwlock->mutex, until,
                                    until == WEFT_FOREVER ? 0 : WEFT__CANCELLABLE, "rwlock", rwlock,
                                    &rwlock->writer);
}

int weft_rwlock_acquire_read(weft_rwlock *rwlock, weft_time until)
{
    weft__check_wanted(WEFT__READ_LOCK, rwlock, &rwlock->mutex.number, until);
    weft_mutex_acquire(&rwlock->mutex, WEFT_FOREVER);
    int err = refuse_writer_locked(rwlock);
    while (err == 0 && (writer_locked(rwlock) != 0 || rwlock->writers_waiting > 0))
        err = wait_locked(rwlock, &rwlock->may_read, until);
    if (err != WEFT_EDEADLK && writer_locked(rwlock) == 0 && rwlock->writers_waiting == 0)
        err = 0; /* it is there, and beats deadline and cancel */
    if (err == 0)
        rwlock->readers++;
    weft_mutex_release(&rwlock->mutex);
    if (err == 0)
        weft__check_acquired(WEFT__READ_LOCK, rwlock, &rwlock->mutex.number);
    return tell(rwlock, err, "read");
}

int weft_rwlock_acquire_write(weft_rwlock *rwlock, weft_time until)
{
    weft__check_wanted(WEFT__WRITE_LOCK, rwlock, &rwlock->mutex.number, until);
    weft_mutex_acquire(&rwlock->mutex, WEFT_FOREVER);
    int err = refuse_writer_locked(rwlock);
    rwlock->writers_waiting++;
    while (err == 0 && (writer_locked(rwlock) != 0 || rwlock->readers > 0))
        err = wait_locked(rwlock, &rwlock->may_write, until);
    rwlock->writers_waiting--;
    if (err != WEFT_EDEADLK && writer_locked(rwlock) == 0 && rwlock->readers == 0)
        err = 0;
    if (err == 0)
        weft_store_u32(&rwlock->writer, weft_thread_current_id(), WEFT_RELAXED);
    else if (rwlock->writers_waiting == 0 && writer_locked(rwlock) == 0)
        weft_condition_notify_all(&rwlock->may_read); /* they waited for this writer */
    else if (writer_locked(rwlock) == 0 && rwlock->readers == 0)
        weft_condition_notify(&rwlock->may_write); /* a wake-up meant for us may be theirs */
    weft_mutex_release(&rwlock->mutex);
    if (err == 0)
        weft__check_acquired(WEFT__WRITE_LOCK, rwlock, &rwlock->mutex.number);
    return tell(rwlock, err, "write");
}

int weft_rwlock_release(weft_rwlock *rwlock)
{
    uint32_t self = weft_thread_current_id();
    bool mine;

    weft_mutex_acquire(&rwlock->mutex, WEFT_FOREVER);
    mine = writer_locked(rwlock) == self || (writer_locked(rwlock) == 0 && rwlock->readers > 0);
    if (mine) /* now: another thread may take it apart once it is free */
        weft__check_release(WEFT__WRITE_LOCK, rwlock, &rwlock->mutex.number);
    if (mine && writer_locked(rwlock) == self)
        weft_store_u32(&rwlock->writer, 0, WEFT_RELAXED);
    else if (mine)
        rwlock->readers--;
    if (mine && rwlock->readers == 0) {
        if (rwlock->writers_waiting > 0)
            weft_condition_notify(&rwlock->may_write);
        else
            weft_condition_notify_all(&rwlock->may_read);
    }
    weft_mutex_release(&rwlock->mutex);
    if (!mine)
        return weft__misuse(WEFT_EPERM, "rwlock %p: %s releases it without holding it",
                            (void *)rwlock, weft_thread_current_name());
    return 0;
}

int weft_rwlock_destroy(weft_rwlock *rwlock)
{
    bool busy;

    weft_mutex_acquire(&rwlock->mutex, WEFT_FOREVER);
    busy = writer_locked(rwlock) != 0 || rwlock->readers > 0 || rwlock->writers_waiting > 0 ||
           weft_load_u32(&rwlock->may_read.waiters, WEFT_ACQUIRE) != 0;
    weft_mutex_release(&rwlock->mutex);
    if (busy)
        return weft__misuse(WEFT_EBUSY, "rwlock %p: destroyed while it is held or waited for",
                            (void *)rwlock);
    return 0;
}
