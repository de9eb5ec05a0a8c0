/* SPDX-License-Identifier: MIT */
/*
 * Futures: the states of a block, and who hears of the last one. See future_block.h.
 *
 * Who ends a future changes the state and then looks for callbacks; who adds one
 * (future_callback.c) pushes it and then looks at the state. All four are seq_cst, so at
 * least one of them sees the other.
 */
#include "weft/future.h"

#include <string.h>

#include "future_block.h"
#include "internal.h"
#include "pool.h"
#include "promise.h"
#include "thread_pool.h"
#include "weft/memory.h"
#include "weft/wait.h"

void weft__future_reset(weft_future *future, uint32_t flags, uint32_t references)
{
    weft_store_u32(&future->state, flags, WEFT_RELAXED);
    weft_store_u32(&future->references, references, WEFT_RELAXED);
    weft_store_pointer(&future->callbacks, NULL, WEFT_RELAXED);
    weft_store_u32(&future->token.requested, 0, WEFT_RELAXED);
    future->token.parent = NULL;
    future->size = 0;
    if (references > 1)
        future->use.context = NULL;
}

weft_future *weft__future_create(void)
{
    weft_future *future = weft_alloc(sizeof(*future));

    if (future)
        weft__future_reset(future, WEFT__OWN, 2);
    return future;
}

void weft__future_retain(weft_future *future)
{
    weft_fetch_add_u32(&future->references, 1, WEFT_RELAXED);
}

/* Frees what `payload` refers to; `state` says what that is. */
static void drop_payload(weft_future *future, uint32_t state)
{
    if (state & WEFT__FAILED)
        weft_free(future->payload.error.sentence);
    else if (state & WEFT__IN_ARENA)
        weft_shared_free(future->payload.shared);
    else if (future->size > WEFT__PAYLOAD)
        weft_free(future->payload.block);
    future->size = 0;
}

/* Nobody has it any more. The source that it followed, with a reference, or NULL. */
static weft_future *destroy(weft_future *future)
{
    uint32_t state = weft_load_u32(&future->state, WEFT_ACQUIRE);
    weft_future *source = NULL;

    if (state & WEFT__FOLLOWS)
        source = weft__future_unfollow(future);
    drop_payload(future, state);
    if (!(state & (WEFT__OWN | WEFT__REMOTE)))
        weft__thread_block_free(future);
    else if (state & WEFT__REMOTE)
        weft__process_block_free(future);
    else
        weft_free(future);
    return source;
}

void weft_future_release(weft_future *future)
{
    while (future) {
        /* The only one left needs no read-modify-write operation to know it. */
        if (weft_load_u32(&future->references, WEFT_ACQUIRE) != 1 &&
            weft_fetch_sub_u32(&future->references, 1, WEFT_ACQ_REL) > 1)
            return;
        future = destroy(future); /* a loop, because a chain may be long */
    }
}

bool weft__future_unheard(const weft_future *future)
{
    return weft_load_u32(&future->references, WEFT_ACQUIRE) == 1;
}

bool weft__future_begin(weft_future *future)
{
    uint32_t state = weft_load_u32(&future->state, WEFT_RELAXED);

    while (weft__future_stage(state) == WEFT__PENDING)
        if (weft_cas_u32(&future->state, &state, state | WEFT__RUNNING, WEFT_ACQ_REL))
            return true;
    return false;
}

int weft__future_keep(weft_future *future, const void *result, size_t size)
{
    void *block = size > WEFT__PAYLOAD ? weft_alloc(size) : NULL;
    uint32_t state = weft_load_u32(&future->state, WEFT_RELAXED);

    if (size > WEFT__PAYLOAD && !block)
        return WEFT_ENOMEM;
    drop_payload(future, state);
    weft_fetch_and_u32(&future->state, ~(uint32_t)WEFT__IN_ARENA, WEFT_RELAXED);
    if (block)
        future->payload.block = block;
    if (size > 0)
        memcpy(block ? block : future->payload.bytes, result, size);
    future->size = size;
    return 0;
}

void weft__future_keep_block(weft_future *future, void *block, size_t size)
{
    if (size <= WEFT__PAYLOAD) {
        (void)weft__future_keep(future, block, size); /* which has room for it */
        weft_free(block);
        return;
    }
    (void)weft__future_keep(future, NULL, 0);
    future->payload.block = block;
    future->size = size;
}

void weft__future_keep_shared(weft_future *future, weft_offset result, size_t size)
{
    drop_payload(future, weft_load_u32(&future->state, WEFT_RELAXED));
    weft_fetch_or_u32(&future->state, WEFT__IN_ARENA, WEFT_RELAXED);
    future->payload.shared = result;
    future->size = size;
}

/* From RUNNING to a final state; `more`: flags to add. The caller has a reference. */
static void end(weft_future *future, enum weft__future_state stage, uint32_t more)
{
    uint32_t before =
        weft_fetch_add_u32(&future->state, (uint32_t)stage - WEFT__RUNNING + more, WEFT_SEQ_CST);

    if (before & WEFT__AWAITED)
        weft_wake(&future->state, WEFT_WAKE_ALL);
    if (weft_load_pointer(&future->callbacks, WEFT_SEQ_CST))
        weft__future_tell(future);
}

void weft__future_finish(weft_future *future, int code, const char *sentence)
{
    uint32_t state;

    if (code == 0) {
        end(future, WEFT__FINISHED, 0);
        return;
    }
    state = weft_load_u32(&future->state, WEFT_RELAXED);
    drop_payload(future, state);
    weft_fetch_and_u32(&future->state, ~(uint32_t)WEFT__IN_ARENA, WEFT_RELAXED);
    future->payload.error.code = code;
    future->payload.error.sentence = weft_copy_text(sentence ? sentence : weft_strerror(code));
    end(future, WEFT__FINISHED, WEFT__FAILED);
}

bool weft__future_settle(weft_future *future, uint32_t flags)
{
    uint32_t before = weft_fetch_add_u32(&future->state, WEFT__FINISHED + flags, WEFT_SEQ_CST);

    if (before & WEFT__AWAITED)
        weft_wake(&future->state, WEFT_WAKE_ALL);
    return weft_load_pointer(&future->callbacks, WEFT_SEQ_CST) != NULL;
}

bool weft__future_settle_error(weft_future *future, int code, const char *sentence)
{
    future->payload.error.code = code;
    future->payload.error.sentence = weft_copy_text(sentence);
    return weft__future_settle(future, WEFT__FAILED);
}

void weft__future_claim(weft_future *future)
{
    weft_fetch_or_u32(&future->state, WEFT__RUNNING | WEFT__WITHDRAWN, WEFT_ACQ_REL);
}

void weft__future_end_cancelled(weft_future *future)
{
    end(future, WEFT__CANCELLED, 0);
}

bool weft__future_withdraw(weft_future *future)
{
    uint32_t state = weft_load_u32(&future->state, WEFT_ACQUIRE);

    /* RUNNING for a moment: the producer must not begin, and `end` is one place. Another
     * thread that comes in that moment must not take it for a task that runs. */
    do {
        if (weft__future_stage(state) != WEFT__PENDING)
            return (state & WEFT__WITHDRAWN) != 0;
        if (state & WEFT__REMOTE)
            return future->executor->kind->withdraw(future);
    } while (!weft_cas_u32(&future->state, &state, state | WEFT__RUNNING | WEFT__WITHDRAWN,
                           WEFT_ACQ_REL));
    if (state & WEFT__TASK) /* otherwise a pool may be filling it just now */
        drop_payload(future, state);
    end(future, WEFT__CANCELLED, 0);
    if (state & WEFT__DELAYED)
        weft__thread_delay_drop(future);
    return true;
}

int weft_future_cancel(weft_future *future)
{
    if (weft__future_withdraw(future))
        return 0;
    if (weft_future_done(future))
        return weft__fail(WEFT_ECLOSED, "future %p: it is done", (void *)future);
    return weft__fail(WEFT_EBUSY, "future %p: its task runs already", (void *)future);
}

int weft_future_interrupt(weft_future *future)
{
    uint32_t state = weft_load_u32(&future->state, WEFT_ACQUIRE);

    if (weft__future_stage(state) == WEFT__PENDING && state & WEFT__HOOKED) {
        future->call.hook(future, future->use.context);
        return 0;
    }
    if (weft__future_withdraw(future))
        return 0;
    state = weft_load_u32(&future->state, WEFT_ACQUIRE);
    if (weft__future_is_final(state))
        return weft__fail(WEFT_ECLOSED, "future %p: it is done", (void *)future);
    if (state & WEFT__REMOTE)
        future->executor->kind->interrupt(future);
    else
        weft_cancel_request(&future->token);
    return 0;
}

void weft__future_on_interrupt(weft_future *future, weft__interrupt_function *interrupt,
                               void *context)
{
    future->call.hook = interrupt;
    future->use.context = context;
    weft_fetch_or_u32(&future->state, WEFT__HOOKED, WEFT_RELEASE);
}

int weft__future_error(const weft_future *future, const char **sentence)
{
    uint32_t state = weft_load_u32(&future->state, WEFT_ACQUIRE);

    *sentence = NULL;
    if (weft__future_stage(state) == WEFT__CANCELLED) {
        *sentence = "cancelled before it began";
        return WEFT_ECANCELED;
    }
    if (!(state & WEFT__FAILED))
        return 0;
    *sentence = future->payload.error.sentence ? future->payload.error.sentence
                                               : weft_strerror(future->payload.error.code);
    return future->payload.error.code;
}

const void *weft__future_bytes(const weft_future *future, size_t *size)
{
    *size = future->size;
    if (weft_load_u32(&future->state, WEFT_ACQUIRE) & WEFT__IN_ARENA)
        return weft_shared_pointer(future->payload.shared);
    return future->size > WEFT__PAYLOAD ? future->payload.block : future->payload.bytes;
}

/* The future is done, with a result. */
static int await_result(weft_future *future, weft_time until)
{
    const char *sentence;
    int err = weft__future_await(future, until);

    if (err != 0)
        return err;
    err = weft__future_error(future, &sentence);
    return err != 0 ? weft__fail(err, "%s", sentence) : 0;
}

int weft_future_result(weft_future *future, void *result, size_t size, weft_time until)
{
    const void *bytes;
    size_t length;
    int err = await_result(future, until);

    if (err != 0 || !result)
        return err;
    bytes = weft__future_bytes(future, &length);
    if (size != length)
        return weft__misuse(WEFT_EINVAL, "future %p: its result is %zu bytes, not %zu",
                            (void *)future, length, size);
    if (size > 0)
        memcpy(result, bytes, size);
    return 0;
}

int weft_future_view(weft_future *future, const void **view, size_t *size, weft_time until)
{
    int err = await_result(future, until);

    if (err != 0)
        return err;
    *view = weft__future_bytes(future, size);
    if (*size == 0)
        *view = NULL;
    return 0;
}

size_t weft_future_size(weft_future *future)
{
    uint32_t state = weft_load_u32(&future->state, WEFT_ACQUIRE);

    return weft__future_stage(state) == WEFT__FINISHED && !(state & WEFT__FAILED) ? future->size
                                                                                  : 0;
}

bool weft_future_done(weft_future *future)
{
    return weft__future_is_final(weft_load_u32(&future->state, WEFT_ACQUIRE));
}

bool weft_future_running(weft_future *future)
{
    uint32_t state = weft_load_u32(&future->state, WEFT_ACQUIRE);

    if (state & WEFT__REMOTE && weft__future_stage(state) == WEFT__PENDING)
        return future->executor->kind->running(future);
    return weft__future_stage(state) == WEFT__RUNNING && !(state & WEFT__WITHDRAWN);
}
