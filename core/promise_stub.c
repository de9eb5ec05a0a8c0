/* SPDX-License-Identifier: MIT */
/* A stand-in until future.c has these itself: it knows the layout of a future. */
#include "promise_stub.h"

#include <string.h>

#include "internal.h"
#include "weft/mutex.h"

enum { PENDING, RUNNING, FINISHED, CANCELLED };

struct hook {
    void (*interrupt)(weft_future *future, void *context);
    void *context;
};

/* As in future.c. */
struct weft_future {
    weft_atomic_u32 references;
    weft_atomic_u32 state;
    weft_mutex mutex;
    void *callbacks;
    int code;
    size_t size;
    void *result;
    weft_offset shared;
    char *sentence;
    union {
        struct {
            char result[16];
            struct hook hook; /* a future without a task has a small result, if any */
        } bytes;
        long double for_alignment;
    } inline_result;
};

void weft__future_retain(weft_future *future)
{
    weft_fetch_add_u32(&future->references, 1, WEFT_RELAXED);
}

void weft__future_follow(weft_future *future, weft_future *source)
{
    (void)future; /* nobody helps yet */
    (void)source;
}

void weft__future_on_interrupt(weft_future *future,
                               void (*interrupt)(weft_future *future, void *context), void *context)
{
    future->inline_result.bytes.hook = (struct hook){interrupt, context};
}

const void *weft__future_bytes(weft_future *done, size_t *size)
{
    *size = done->size;
    return done->shared != 0 ? weft_arena_pointer(done->shared) : done->result;
}

int weft__future_error(weft_future *done, const char **sentence)
{
    *sentence = done->sentence;
    return done->code;
}

weft_atomic_u32 *weft__future_word(weft_future *future)
{
    return &future->state;
}

int weft_future_interrupt(weft_future *future)
{
    uint32_t state = weft_load_u32(&future->state, WEFT_ACQUIRE);

    if (state == PENDING && future->inline_result.bytes.hook.interrupt) {
        struct hook hook = future->inline_result.bytes.hook;

        hook.interrupt(future, hook.context);
        return 0;
    }
    if (weft__future_withdraw(future))
        return 0;
    state = weft_load_u32(&future->state, WEFT_ACQUIRE);
    if (state == FINISHED)
        return weft__fail(WEFT_ECLOSED, "future %p: it is done", (void *)future);
    return weft__fail(WEFT_ENOTSUP, "future %p: its task runs already", (void *)future);
}
