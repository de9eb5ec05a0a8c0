/* SPDX-License-Identifier: MIT */
/*
 * Handles of threads: joining, detaching, asking.
 *
 * A thread is among the handles while it runs or somebody holds its handle; its
 * memory goes when neither is true. So a handle that was joined before is not
 * found, which is how a double join is seen without touching freed memory (until
 * its address is used again). The lock of the list of threads guards the handles too.
 */
#include <string.h>

#include "internal.h"
#include "registry.h"
#include "weft/thread.h"
#include "weft/wait.h"

enum { BUCKETS = 256 };

static weft_thread *handles[BUCKETS]; /* guarded by the list's lock */

static weft_thread **bucket_of(const weft_thread *thread)
{
    return &handles[((uintptr_t)thread >> 6) % BUCKETS];
}

static bool find_locked(const weft_thread *wanted)
{
    weft_thread *thread = *bucket_of(wanted);

    while (thread && thread != wanted)
        thread = thread->next;
    return thread != NULL;
}

void weft__handle_add_locked(weft_thread *thread)
{
    weft_thread **bucket = bucket_of(thread);

    thread->next = *bucket;
    *bucket = thread;
}

void weft__handle_remove_locked(const weft_thread *thread)
{
    weft_thread **link = bucket_of(thread);

    while (*link != thread)
        link = &(*link)->next;
    *link = thread->next;
}

/* Marks the handle as taken by the caller; says what is wrong with it otherwise. */
static int take_handle(weft_thread *thread, const char *verb)
{
    int err = WEFT_EINVAL;

    weft__threads_lock();
    if (thread && find_locked(thread) && thread->handle != WEFT__DETACHED)
        err = thread->handle == WEFT__JOINING ? WEFT_EBUSY : 0;
    if (err == 0 && thread == weft__thread_current() && verb[0] == 'j')
        err = WEFT_EDEADLK;
    if (err == 0)
        thread->handle = WEFT__JOINING;
    weft__threads_unlock();
    if (err == WEFT_EDEADLK)
        return weft__misuse(err, "thread %s: it joins itself", thread->name);
    if (err == WEFT_EBUSY)
        return weft__misuse(err, "thread %p: cannot %s it, another thread joins it", (void *)thread,
                            verb);
    if (err != 0)
        return weft__misuse(err, "thread %p: cannot %s it, joined or detached before, or no thread",
                            (void *)thread, verb);
    return 0;
}

/* The doctor learns from the object who waits here. */
static int join_at_once(weft_thread *thread)
{
    weft__threads_lock();
    thread->joiner = weft__self.id;
    thread->joined = weft_clock();
    weft__threads_unlock();
    weft_seam_thread_join(thread->seam);
    weft__threads_lock();
    weft__handle_remove_locked(thread);
    weft__threads_unlock();
    return 0;
}

/* The thread has ended, and only the caller knows the object; else it is as before. */
static int await_end(weft_thread *thread, weft_time until)
{
    int err = take_handle(thread, "join");

    if (err != 0)
        return err;
    /* Nothing can end this wait but the thread: the system's join alone is one sleep less. */
    if (until == WEFT_FOREVER && !weft__self.cancel)
        return join_at_once(thread);
    while (weft_load_u32(&thread->ended, WEFT_ACQUIRE) == 0 && err == 0)
        err = weft__wait(&thread->ended, 0, until, "thread", thread);
    weft__threads_lock();
    if (weft_load_u32(&thread->ended, WEFT_ACQUIRE) != 0)
        err = 0; /* it ended with the deadline */
    if (err == 0)
        weft__handle_remove_locked(thread);
    else
        thread->handle = WEFT__HELD;
    weft__threads_unlock();
    if (err == WEFT_ECANCELED)
        return weft__fail(err, "thread %s: it still runs, and the wait for it was cancelled",
                          thread->name);
    if (err != 0)
        return weft__fail(err, "thread %s: still runs at the deadline", thread->name);
    weft_seam_thread_join(thread->seam);
    return 0;
}

int weft_thread_join(weft_thread *thread, weft_time until)
{
    int err = await_end(thread, until);

    if (err == 0)
        weft__thread_destroy(thread);
    return err;
}

int weft_thread_join_result(weft_thread *thread, void *result, size_t size, weft_time until)
{
    int err = await_end(thread, until);

    if (err != 0)
        return err;
    if (thread->task.code != 0)
        err = weft__fail(WEFT_EFAILED, "thread %s: failed with %s: %s", thread->name,
                         weft_strerror(thread->task.code), thread->task.sentence);
    else if (result && size != thread->result_size)
        err =
            weft__misuse(WEFT_ETOOBIG, "thread %s: its result is %zu bytes, and %zu were asked for",
                         thread->name, thread->result_size, size);
    else if (result && size > 0)
        memcpy(result, thread->result, size);
    weft__thread_destroy(thread);
    return err;
}

/* Under the lock, or a thread that joins it at this moment could take the token away. */
int weft_thread_cancel(weft_thread *thread)
{
    bool live;

    weft__threads_lock();
    live = thread && find_locked(thread) && thread->handle != WEFT__DETACHED;
    if (live)
        weft_cancel_request(&thread->cancel);
    weft__threads_unlock();
    if (!live)
        return weft__misuse(WEFT_EINVAL,
                            "thread %p: cannot cancel it, joined or detached before, or no thread",
                            (void *)thread);
    return 0;
}

int weft_thread_detach(weft_thread *thread)
{
    int err = thread ? take_handle(thread, "detach") : 0;
    weft_seam_thread seam;
    bool ended;

    if (err != 0 || !thread)
        return err;
    weft__threads_lock();
    seam = thread->seam;
    ended = weft_load_u32(&thread->ended, WEFT_ACQUIRE) != 0;
    thread->handle = WEFT__DETACHED;
    if (ended)
        weft__handle_remove_locked(thread);
    weft__threads_unlock();
    weft_seam_thread_detach(seam);
    if (ended)
        weft__thread_destroy(thread);
    return 0;
}

bool weft_thread_is_alive(weft_thread *thread)
{
    return weft_load_u32(&thread->ended, WEFT_ACQUIRE) == 0;
}

/* A weft_poll_function: the word of the end never changes back, and always wakes. */
static bool has_ended(void *object, enum weft_poll what, weft_atomic_u32 **word, uint32_t *seen)
{
    weft_thread *thread = object;

    if (what != WEFT_POLL_ASK)
        return false;
    *word = &thread->ended;
    *seen = 0;
    return !weft_thread_is_alive(thread);
}

weft_waitable weft_thread_waitable(weft_thread *thread)
{
    return (weft_waitable){.object = thread, .poll = has_ended};
}

const char *weft_thread_name(const weft_thread *thread)
{
    return thread->name;
}
