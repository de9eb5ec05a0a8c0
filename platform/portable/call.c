/* SPDX-License-Identifier: MIT */
/*
 * A deadline for what the system cannot interrupt: the call runs in a thread of its
 * own, and its caller stops waiting for it.
 *
 * Who frees is settled by one word, `state`, which each side changes once, by one
 * atomic step, and whoever changes it last owns everything:
 *
 *   thread: exchange RUNNING -> FINISHED. It found ABANDONED: nobody waits, it frees.
 *   caller: cas RUNNING -> ABANDONED at its deadline. That fails: the call has
 *           finished after all, and the caller frees.
 *
 * Both are acquire-release: what the one wrote into the context before its step is
 * visible to the other, who read that step.
 */
#include "internal.h"
#include "seam.h"
#include "weft/atomic.h"
#include "weft/memory.h"
#include "weft/wait.h"

enum { RUNNING, FINISHED, ABANDONED };

struct call {
    weft_atomic_u32 state;
    void (*run)(void *context); /* these three are written before the thread starts */
    void (*release)(void *context);
    void *context;
    weft_seam_start start; /* of the thread */
};

static void run_call(void *argument)
{
    struct call *call = argument;

    call->run(call->context);
    if (weft_exchange_u32(&call->state, FINISHED, WEFT_ACQ_REL) == ABANDONED) {
        call->release(call->context);
        weft_free(call);
    } else {
        weft_wake(&call->state, 1); /* an address only: the caller may have freed it */
    }
}

static int await(struct call *call, weft_time until)
{
    uint32_t seen = RUNNING;
    int err = 0;

    while (weft_load_u32(&call->state, WEFT_ACQUIRE) == RUNNING && err == 0)
        err = weft__wait(&call->state, RUNNING, until, "call", call);
    if (err != 0 && weft_cas_u32(&call->state, &seen, ABANDONED, WEFT_ACQ_REL))
        return err;
    return 0;
}

int weft__call_until(void (*call)(void *context), void (*release)(void *context), void *context,
                     weft_time until)
{
    weft_seam_thread thread;
    struct call *record = NULL;
    int err = 0;

    if (until == WEFT_FOREVER && !weft__self.cancel) {
        call(context);
        return 0;
    }
    if (until <= weft_clock()) {
        err = weft__fail(WEFT_ETIMEDOUT, "call in a thread of its own: the deadline passed");
        goto drop;
    }
    record = weft_alloc(sizeof(*record));
    if (!record) {
        err = WEFT_ENOMEM;
        goto drop;
    }
    record->run = call;
    record->release = release;
    record->context = context;
    record->start = (weft_seam_start){run_call, record, "weft-call"};
    err = weft_seam_thread_start(&thread, &record->start, 0);
    if (err != 0)
        goto drop;
    weft_seam_thread_detach(thread);
    err = await(record, until);
    if (err != 0)
        return weft__fail(err, "call in a thread of its own: the %s",
                          err == WEFT_ECANCELED ? "wait was cancelled" : "deadline passed");
    weft_free(record);
    return 0;

drop:
    weft_free(record);
    release(context);
    return err;
}
