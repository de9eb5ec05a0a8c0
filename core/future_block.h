/* SPDX-License-Identifier: MIT */
#ifndef WEFT_FUTURE_BLOCK_H
#define WEFT_FUTURE_BLOCK_H

/*
 * A task and its future in one block of 128 bytes.
 *
 * `state` says how far it is; a step out of PENDING is a compare-and-swap, so that begin,
 * cancel and help have one winner, who then owns the other fields until it adds the step to
 * FINISHED or CANCELLED (release). Who has loaded a final state (acquire) may read them.
 *
 * `payload` is the argument until the task has run, and its result or error from then on:
 * a result is kept beside the running task until its function has returned.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/cancel.h"
#include "weft/executor.h"
#include "weft/future.h"

enum weft__future_state {
    WEFT__PENDING,
    WEFT__RUNNING,
    WEFT__FINISHED,
    WEFT__CANCELLED,
    WEFT__STATE = 3,     /* mask of the above */
    WEFT__AWAITED = 4,   /* somebody may sleep on the state */
    WEFT__OWN = 8,       /* a block from weft_alloc(); otherwise the executor's */
    WEFT__TASK = 16,     /* function, token and executor are a thread pool's */
    WEFT__FAILED = 32,   /* payload.error */
    WEFT__IN_ARENA = 64, /* payload.shared */
    WEFT__HOOKED = 128,  /* a group: hook and context; never with WEFT__TASK */
    WEFT__FOLLOWS = 256, /* next is a source, with a reference; guarded by future_follow.c */
    WEFT__WITHDRAWN = 512, /* cancelled, or RUNNING for the moment before that */
    WEFT__DELAYED = 1024,  /* a task whose instant has not come: nobody begins it */
    WEFT__REMOTE = 2048    /* executor and context (struct weft__work) are a process pool's,
                              which decides alone how it gets out of PENDING */
};

enum {
    WEFT__STAMP = 16, /* six bits from here number the task's place in the pool's stamps */
    WEFT__STAMPS = 64,
    WEFT__POKE = 1 << 24 /* added to make who sleeps on the state look again; wraps */
};

enum { WEFT__PAYLOAD = 48 };

typedef void weft__interrupt_function(weft_future *future, void *context);

struct weft__callback {
    struct weft__callback *next;
    weft_done_function *tell;
    void *context;
};

/* What a small task without a future needs is in the first 64 bytes: one line travels from
 * the CPU that submits to the one that runs. */
struct weft_future {
    weft_atomic_u32 state;         /* see above */
    weft_atomic_u32 references;    /* consumers' and the producer's; acq_rel, the last frees */
    weft_atomic_pointer callbacks; /* newest first; taken whole by an exchange */
    weft_future *next;             /* while a pool drops it; or the source, see WEFT__FOLLOWS;
                                      or the entry of thread_delay.c, see WEFT__DELAYED */
    union {
        weft_function *function;
        weft__interrupt_function *hook;
    } call;
    weft_executor *executor; /* that runs it, or whose block it is */
    size_t size;             /* of the argument, later of the result */
    weft_cancel token;       /* what the task runs under; never expires by itself */
    union {
        weft_atomic_u32 runner; /* the number of the thread that runs it, from soon after begin
                                   on; 0 before. Written with release, read with acquire */
        void *context;          /* of hook, or of a process pool */
    } use;
    union {
        char bytes[WEFT__PAYLOAD];
        void *block; /* larger ones; from weft_alloc() */
        weft_offset shared;
        struct {
            char *sentence; /* NULL: none, or no memory for it */
            int code;
        } error;
    } payload;
};

_Static_assert(sizeof(void *) > 8 || sizeof(struct weft_future) <= 128, "promised in the note");
_Static_assert(sizeof(void *) < 8 || offsetof(struct weft_future, payload) % 16 == 0,
               "weft_future_view() shows it");

/* The argument of a task that has not ended. */
static inline void *weft__future_argument(weft_future *future)
{
    return future->size > WEFT__PAYLOAD ? future->payload.block : future->payload.bytes;
}

static inline enum weft__future_state weft__future_stage(uint32_t state)
{
    return (enum weft__future_state)(state & WEFT__STATE);
}

/* FINISHED and CANCELLED have this bit, the others have not. */
static inline bool weft__future_is_final(uint32_t state)
{
    return (state & WEFT__FINISHED) != 0;
}

/* What a block holds before its first use: everything but argument, executor, and, of a task
 * that nobody can ask for, what lies in the second line. */
void weft__future_reset(weft_future *future, uint32_t flags, uint32_t references);

/* thread_block.c: a block of a pool goes back to it. */
void weft__thread_block_free(weft_future *future);

/* thread_delay.c: it was cancelled while it was DELAYED; its pool no longer waits for its
 * instant. The caller has a reference. */
void weft__thread_delay_drop(weft_future *future);

/* ---- for a process pool: a future that is REMOTE ------------------------------------ */

/* From PENDING to FINISHED: with what the caller has written into payload and size, or with
 * an error. True: there are callbacks, which weft__future_tell() runs. */
bool weft__future_settle(weft_future *future, uint32_t flags);
bool weft__future_settle_error(weft_future *future, int code, const char *sentence);
void weft__future_tell(weft_future *future);

/* It will be cancelled, and then it is, with its callbacks. */
void weft__future_claim(weft_future *future);
void weft__future_end_cancelled(weft_future *future);

/* process_block.c: nobody has it any more. */
void weft__process_block_free(weft_future *future);

/* process_collect.c: a thread that waits for it collects results for a moment. False: it is
 * time to sleep. */
bool weft__process_look(weft_future *future, weft_time until);

#endif
