/* SPDX-License-Identifier: MIT */
/*
 * Cancel tokens. A request sets the bit (seq_cst) and then visits all that sleep in the
 * parking lot; who is about to sleep looks at the bit under the lock of the lot. The
 * head of portable/park.c says why one of the two meets the other, and that of
 * portable/wait_shared.c does for those that sleep on words of the arena, that of
 * portable/bell.c for those that wait for sockets, and that of portable/poller_list.c for
 * those that wait in pollers.
 *
 * A request looks at the sleepers' tokens and not at its own again: the task that it
 * ends may take the token with it.
 */
#include "weft/cancel.h"

#include "bell.h"
#include "internal.h"
#include "park.h"
#include "weft/thread.h"

/* The first token of the chain that was requested; NULL: none. */
static const weft_cancel *find_requested(const weft_cancel *cancel)
{
    while (cancel && weft_load_u32(&cancel->requested, WEFT_SEQ_CST) == 0)
        cancel = cancel->parent;
    return cancel;
}

bool weft__cancel_is_requested(const weft_cancel *cancel)
{
    return find_requested(cancel) != NULL;
}

weft_time weft__cancel_expiry(const weft_cancel *cancel)
{
    weft_time earliest = WEFT_FOREVER;

    for (; cancel; cancel = cancel->parent)
        if (cancel->expires != 0 && cancel->expires < earliest)
            earliest = cancel->expires;
    return earliest;
}

static bool has_expired(const weft_cancel *cancel)
{
    weft_time expiry = weft__cancel_expiry(cancel);

    return expiry != WEFT_FOREVER && expiry <= weft_clock();
}

static bool is_to_end(const weft__sleeper *sleeper, void *context)
{
    (void)context;
    return find_requested(sleeper->sleep->cancel) != NULL;
}

void weft_cancel_request(weft_cancel *cancel)
{
    if (weft_exchange_u32(&cancel->requested, 1, WEFT_SEQ_CST) != 0)
        return;
    weft__park_visit(is_to_end, NULL);
    weft__wake_cancelled();
    weft__waiters_ring_cancelled();
    weft__pollers_wake_cancelled();
}

bool weft_cancel_requested(const weft_cancel *cancel)
{
    return find_requested(cancel) || has_expired(cancel);
}

const weft_cancel *weft_cancel_current(void)
{
    return weft__self.cancel;
}

const weft_cancel *weft_cancel_enter(const weft_cancel *cancel)
{
    const weft_cancel *before = weft__self.cancel;

    weft__self.cancel = cancel;
    return before;
}

int weft_cancel_check(void)
{
    const weft_cancel *requested = find_requested(weft__self.cancel);

    if (requested)
        return weft__fail(WEFT_ECANCELED, "cancel %p: requested, and %s works under it",
                          (const void *)requested, weft_thread_current_name());
    if (has_expired(weft__self.cancel))
        return weft__fail(WEFT_ECANCELED, "cancel %p: expired, and %s works under it",
                          (const void *)weft__self.cancel, weft_thread_current_name());
    return 0;
}
