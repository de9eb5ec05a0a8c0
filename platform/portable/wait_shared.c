/* SPDX-License-Identifier: MIT */
/*
 * Sleeping on a word that processes share, and how a cancel ends that.
 *
 * Who sleeps under a token stands in a list of its process, on its own stack; `lock` guards
 * list and links. A request has set its token when it comes here. Either it finds the
 * sleeper in the list and wakes it, or the sleeper joins the list later and, under the same
 * lock, finds the token requested: it does not fall asleep. In the list but not asleep yet
 * it cannot be woken, as the word does not change: so a request comes back until all
 * that it is to end have left the list, which they do without waiting for anybody.
 *
 * Processes that are killed take their list with them. A wake-up by a cancel may meet
 * sleepers of the same word elsewhere: a wait may end for no reason.
 */
#include "checks.h"
#include "internal.h"
#include "park.h"
#include "seam.h"
#include "weft/error.h"
#include "weft/fault.h"
#include "weft/wait.h"

struct sleeper {
    struct sleeper *next, **link; /* link: what points to this one */
    weft_atomic_u32 *word;
    const weft_cancel *cancel;
    weft_atomic_u32 over; /* 1: cancelled; written under the lock */
};

static weft_mutex lock = WEFT__INNER_MUTEX_INIT;
static struct sleeper *sleepers;

/* False: its token was requested, and it is not in the list. */
static bool join_list(struct sleeper *sleeper)
{
    bool joins;

    weft_mutex_acquire(&lock, WEFT_FOREVER);
    joins = !weft__cancel_is_requested(sleeper->cancel);
    if (joins) {
        sleeper->next = sleepers;
        sleeper->link = &sleepers;
        if (sleepers)
            sleepers->link = &sleeper->next;
        sleepers = sleeper;
    }
    weft_mutex_release(&lock);
    return joins;
}

static void leave_list(struct sleeper *sleeper)
{
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    *sleeper->link = sleeper->next;
    if (sleeper->next)
        sleeper->next->link = sleeper->link;
    weft_mutex_release(&lock);
}

/* Whether there were any. */
static bool wake_cancelled(void)
{
    bool found = false;

    weft_mutex_acquire(&lock, WEFT_FOREVER);
    for (struct sleeper *sleeper = sleepers; sleeper; sleeper = sleeper->next) {
        if (!weft__cancel_is_requested(sleeper->cancel))
            continue;
        weft_store_u32(&sleeper->over, 1, WEFT_SEQ_CST);
        weft_seam_wake_shared(sleeper->word, WEFT_WAKE_ALL);
        found = true;
    }
    weft_mutex_release(&lock);
    return found;
}

void weft__wake_cancelled(void)
{
    struct weft__backoff backoff = {0};

    while (wake_cancelled())
        if (!weft__backoff(&backoff))
            weft__nap();
}

static int sleep_under(const weft_cancel *cancel, weft_atomic_u32 *word, uint32_t seen,
                       weft_time now, weft_time until)
{
    struct sleeper sleeper = {.word = word, .cancel = cancel};
    weft_time expiry = weft__cancel_expiry(cancel);
    bool expires = expiry <= until && expiry != WEFT_FOREVER;
    int err = WEFT_ETIMEDOUT;

    if (!join_list(&sleeper))
        return WEFT_ECANCELED;
    (void)weft_fault_point("wait_shared.listed");
    if (!expires || expiry > now)
        err = weft_seam_wait_shared(word, seen, expires ? expiry : until, &sleeper.over);
    leave_list(&sleeper);
    if (weft__cancel_is_requested(cancel) || (err == WEFT_ETIMEDOUT && expires))
        return WEFT_ECANCELED;
    return err;
}

int weft__sleep_shared(weft_atomic_u32 *word, uint32_t seen, weft_time until, weft_time slice,
                       bool cancellable)
{
    const weft_cancel *cancel = cancellable ? weft__self.cancel : NULL;
    weft_time now, end;
    int err;

    if (until <= WEFT_NOW)
        return WEFT_ETIMEDOUT;
    now = weft_seam_clock();
    if (until <= now)
        return WEFT_ETIMEDOUT;
    end = slice < until - now ? now + slice : until;
    if (cancel)
        err = sleep_under(cancel, word, seen, now, end);
    else
        err = weft_seam_wait_shared(word, seen, end, NULL);
    weft__look_learn(now);
    if (err == WEFT_ETIMEDOUT && end != until)
        err = 0;
    return err == 0 || weft_load_u32(word, WEFT_ACQUIRE) == seen ? err : 0;
}

int weft_wait_shared(weft_atomic_u32 *word, uint32_t seen, weft_time until)
{
    if (weft_load_u32(word, WEFT_ACQUIRE) != seen)
        return 0;
    if (until > WEFT_NOW && weft__look_shared(word, seen))
        return 0;
    return weft__sleep_shared(word, seen, until, WEFT_FOREVER, true);
}

void weft_wake_shared(weft_atomic_u32 *word, int32_t count)
{
    weft_seam_wake_shared(word, count);
}

void weft__ring_bell(weft_atomic_u32 *bell)
{
    weft_fetch_add_u32(bell, 1, WEFT_RELEASE);
    weft_seam_wake_shared(bell, WEFT_WAKE_ALL);
}
