/* SPDX-License-Identifier: MIT */
/*
 * A future: one word that says how far its task is, and what it ended with.
 *
 * The producer writes code, result and sentence, then stores the final state with
 * release; who reads them has loaded a final state with acquire. A transition out of
 * PENDING is a compare-and-swap, so begin and cancel have one winner. The mutex guards
 * the list of callbacks, and the step from "not final" to "final" with regard to it: a
 * callback is either in the list then, or called by who adds it.
 */
#include "weft/future.h"

#include <string.h>

#include "internal.h"
#include "promise.h"
#include "promise_stub.h"
#include "weft/memory.h"
#include "weft/mutex.h"
#include "weft/wait.h"

enum { PENDING, RUNNING, FINISHED, CANCELLED };

enum { INLINE_RESULT = 48 };

struct callback {
    struct callback *next;
    weft_done_function *tell;
    void *context;
};

struct weft_future {
    weft_atomic_u32 references; /* the last release frees; acq_rel */
    weft_atomic_u32 state;      /* see above; waiters sleep on it */
    weft_mutex mutex;           /* guards callbacks */
    struct callback *callbacks; /* newest first */
    int code;                   /* the producer's until the state is final, and so on below */
    size_t size;
    void *result;       /* inline_result, heap or NULL */
    weft_offset shared; /* or in the arena; 0: not */
    char *sentence;     /* NULL: none, or no memory for it */
    union {
        char bytes[INLINE_RESULT];
        long double for_alignment;
    } inline_result;
};

static bool is_final(uint32_t state)
{
    return state == FINISHED || state == CANCELLED;
}

weft_future *weft__future_create(void)
{
    weft_future *future = weft_alloc(sizeof(*future));

    if (future)
        weft_store_u32(&future->references, 2, WEFT_RELAXED);
    return future;
}

static void drop_result(weft_future *future)
{
    if (future->result != &future->inline_result)
        weft_free(future->result);
    weft_arena_free(future->shared);
    future->result = NULL;
    future->shared = 0;
    future->size = 0;
}

void weft_future_release(weft_future *future)
{
    if (!future || weft_fetch_sub_u32(&future->references, 1, WEFT_ACQ_REL) > 1)
        return;
    drop_result(future);
    weft_free(future->sentence);
    weft_free(future);
}

bool weft__future_unheard(const weft_future *future)
{
    return weft_load_u32(&future->references, WEFT_ACQUIRE) == 1;
}

bool weft__future_begin(weft_future *future)
{
    uint32_t state = PENDING;

    return weft_cas_u32(&future->state, &state, RUNNING, WEFT_ACQ_REL);
}

int weft__future_keep(weft_future *future, const void *result, size_t size)
{
    void *copy = size <= INLINE_RESULT ? (void *)&future->inline_result : weft_alloc(size);

    if (!copy)
        return WEFT_ENOMEM;
    drop_result(future);
    if (size > 0)
        memcpy(copy, result, size);
    future->result = copy;
    future->size = size;
    return 0;
}

void weft__future_keep_shared(weft_future *future, weft_offset result, size_t size)
{
    drop_result(future);
    future->shared = result;
    future->size = size;
}

/* Publishes the final state and tells who waits for it. */
static void end(weft_future *future, uint32_t state)
{
    struct callback *callbacks, *reversed = NULL;

    weft_mutex_acquire(&future->mutex, WEFT_FOREVER);
    callbacks = future->callbacks;
    future->callbacks = NULL;
    weft_store_u32(&future->state, state, WEFT_RELEASE);
    weft_mutex_release(&future->mutex);
    weft_wake(&future->state, WEFT_WAKE_ALL);
    while (callbacks) {
        struct callback *next = callbacks->next;

        callbacks->next = reversed;
        reversed = callbacks;
        callbacks = next;
    }
    while (reversed) { /* in the order in which they were added */
        struct callback *next = reversed->next;

        reversed->tell(future, reversed->context);
        weft_free(reversed);
        reversed = next;
    }
}

void weft__future_finish(weft_future *future, int code, const char *sentence)
{
    future->code = code;
    if (code != 0) {
        drop_result(future);
        future->sentence = weft_copy_text(sentence);
    }
    end(future, FINISHED);
}

bool weft__future_withdraw(weft_future *future)
{
    uint32_t state = PENDING;

    /* RUNNING for a moment: the producer must not begin, and `end` is one place. */
    if (!weft_cas_u32(&future->state, &state, RUNNING, WEFT_ACQ_REL))
        return state == CANCELLED;
    future->code = WEFT_ECANCELED;
    end(future, CANCELLED);
    return true;
}

int weft_future_cancel(weft_future *future)
{
    uint32_t state;

    if (weft__future_withdraw(future))
        return 0;
    state = weft_load_u32(&future->state, WEFT_ACQUIRE);
    if (state == FINISHED)
        return weft__fail(WEFT_ECLOSED, "future %p: it is done", (void *)future);
    return weft__fail(WEFT_EBUSY, "future %p: its task runs already", (void *)future);
}

static int wait_for(weft_future *future, weft_time until)
{
    uint32_t state;
    int err = 0;

    while (!is_final(state = weft_load_u32(&future->state, WEFT_ACQUIRE)) && err == 0)
        err = weft_wait(&future->state, state, until);
    if (is_final(state))
        return 0;
    return weft__fail(err, "future %p: not done until the deadline", (void *)future);
}

int weft_future_result(weft_future *future, void *result, size_t size, weft_time until)
{
    int err = wait_for(future, until);

    if (err != 0)
        return err;
    if (future->code == WEFT_ECANCELED && !future->sentence)
        return weft__fail(WEFT_ECANCELED, "future %p: cancelled", (void *)future);
    if (future->code != 0)
        return weft__fail(future->code, "%s",
                          future->sentence ? future->sentence : weft_strerror(future->code));
    if (!result)
        return 0;
    if (size != future->size)
        return weft__misuse(WEFT_EINVAL, "future %p: its result is %zu bytes, not %zu",
                            (void *)future, future->size, size);
    if (size > 0)
        memcpy(result, future->shared != 0 ? weft_arena_pointer(future->shared) : future->result,
               size);
    return 0;
}

size_t weft_future_size(weft_future *future)
{
    return weft_future_done(future) ? future->size : 0;
}

bool weft_future_done(weft_future *future)
{
    return is_final(weft_load_u32(&future->state, WEFT_ACQUIRE));
}

bool weft_future_running(weft_future *future)
{
    return weft_load_u32(&future->state, WEFT_ACQUIRE) == RUNNING;
}

int weft_future_on_done(weft_future *future, weft_done_function *tell, void *context)
{
    struct callback *callback = weft_alloc(sizeof(*callback));
    bool done;

    if (!callback)
        return WEFT_ENOMEM;
    callback->tell = tell;
    callback->context = context;
    weft_mutex_acquire(&future->mutex, WEFT_FOREVER);
    done = weft_future_done(future);
    if (!done) {
        callback->next = future->callbacks;
        future->callbacks = callback;
    }
    weft_mutex_release(&future->mutex);
    if (done) {
        tell(future, context);
        weft_free(callback);
    }
    return 0;
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
        err = wait_for(futures[i], until);
    return err;
}
