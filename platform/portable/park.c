/* SPDX-License-Identifier: MIT */
/*
 * Waiting on an address: a hashed parking lot, as WebKit's ParkingLot and the futex
 * buckets of Linux, on a lock per bucket and a place to sleep from the seam.
 *
 * A word's address picks a bucket. The bucket's lock guards all of it but `sleepers`,
 * and the sleepers that stand in it. It holds one first-in first-out queue per word,
 * chained through their heads (as Go's semaphores are), so that joining, waking and
 * giving up cost the same among a thousand sleepers as alone, and the sleepers of
 * one word do not slow down those of another by being many.
 *
 * A sleep is a struct on its thread's stack, with one sleeper for each queue it stands
 * in. Who wants to end it (a waker, a cancel, the thread itself at its deadline) first
 * claims it by compare-exchange; one of them can. A waker takes a sleeper out of the
 * queue and then claims; if another was faster it goes on to the next sleeper. So a
 * sleep uses up one wake-up if it was woken and none otherwise.
 *
 * The waker then ends the sleep (portable/doze.c), which may be gone from that moment on,
 * and unparks its place: an address or an object that outlives it. The sleeper leaves the
 * queues in which it still stands under their locks, and needs none if it stood in one and
 * was woken.
 *
 * `sleepers` lets a waker that has nobody to wake pass without the lock. It changes
 * under the lock, and is touched by read-modify-write operations alone, which have
 * one order. If the waker's comes first, the sleeper's acquires what the waker's
 * released: the sleeper sees the word as the waker left it, and stays awake. If the
 * sleeper's comes first, the waker finds that somebody is there and takes the lock.
 * The same holds between a sleeper and a cancel, for the token instead of the word.
 */
#include "park.h"

#include "seam.h"
#include "weft/error.h"
#include "weft/fault.h"
#include "weft/thread.h"
#include "weft/wait.h"

/* On a cache line of its own: a busy bucket does not slow down its neighbours. */
struct bucket {
    _Alignas(64) weft_atomic_u32 sleepers; /* who stand in queues, or are about to */
    weft__sleeper *heads;
};

static struct bucket buckets[WEFT_SEAM_LOTS];

/* Fibonacci hashing: words that lie side by side land far apart. */
static unsigned bucket_of(const weft_atomic_u32 *word)
{
    uint64_t address = (uintptr_t)word;

    return (unsigned)((address * UINT64_C(0x9E3779B97F4A7C15)) >> 56) % WEFT_SEAM_LOTS;
}

/* ---- queues: under the lock of the bucket --------------------------------------- */

/* Where the head of the word's queue is noted, or will be. */
static weft__sleeper **queue_of(struct bucket *bucket, const weft_atomic_u32 *word)
{
    weft__sleeper **queue = &bucket->heads;

    while (*queue && (*queue)->word != word)
        queue = &(*queue)->other;
    return queue;
}

/* The queue is a ring: before its head stands the last one. */
static void insert(weft__sleeper **queue, weft__sleeper *sleeper)
{
    weft__sleeper *head = *queue;

    sleeper->queued = true;
    if (!head) {
        sleeper->next = sleeper;
        sleeper->previous = sleeper;
        sleeper->other = NULL;
        *queue = sleeper;
        return;
    }
    sleeper->next = head;
    sleeper->previous = head->previous;
    head->previous->next = sleeper;
    head->previous = sleeper;
    if (sleeper->flags & WEFT__FRONT) {
        sleeper->other = head->other;
        *queue = sleeper;
    }
}

static void take_out(struct bucket *bucket, weft__sleeper **queue, weft__sleeper *sleeper)
{
    weft__sleeper *next = sleeper->next;

    sleeper->queued = false;
    weft_fetch_sub_u32(&bucket->sleepers, 1, WEFT_ACQ_REL);
    if (next == sleeper) {
        *queue = sleeper->other;
        return;
    }
    sleeper->previous->next = next;
    next->previous = sleeper->previous;
    if (*queue == sleeper) {
        next->other = sleeper->other;
        *queue = next;
    }
}

/* ---- sleeping ------------------------------------------------------------------- */

/* 0: it stands in the queue now; otherwise what weft__park() is to return. */
static int join_queue(weft__sleeper *sleeper, struct weft__sleep *sleep)
{
    unsigned number = bucket_of(sleeper->word);
    struct bucket *bucket = &buckets[number];
    int err = 0;

    if (!weft_seam_lot_enter(number)) {
        weft_seam_nap();
        return WEFT__AWAKE;
    }
    weft_fetch_add_u32(&bucket->sleepers, 1, WEFT_ACQ_REL);
    if ((weft_load_u32(sleeper->word, WEFT_ACQUIRE) & sleeper->mask) != sleeper->expected)
        err = WEFT__AWAKE;
    else if (weft__cancel_is_requested(sleep->cancel))
        err = WEFT_ECANCELED;
    if (err == 0) {
        sleeper->sleep = sleep;
        insert(queue_of(bucket, sleeper->word), sleeper);
    } else {
        weft_fetch_sub_u32(&bucket->sleepers, 1, WEFT_ACQ_REL);
    }
    weft_seam_lot_leave(number);
    return err;
}

static void leave_queue(weft__sleeper *sleeper)
{
    unsigned number = bucket_of(sleeper->word);
    struct bucket *bucket = &buckets[number];

    weft_seam_lot_enter(number); /* cannot fail: it was entered before */
    if (sleeper->queued)
        take_out(bucket, queue_of(bucket, sleeper->word), sleeper);
    weft_seam_lot_leave(number);
}

static int sleep_in(weft__sleeper *sleepers, size_t count, struct weft__sleep *sleep,
                    weft_time until)
{
    size_t joined = 0;
    int err = 0;

    while (joined < count && err == 0) {
        err = join_queue(&sleepers[joined], sleep);
        joined += err == 0;
    }
    if (err == 0)
        err = weft__doze(sleep, until);
    else if (joined > 0 && !weft__sleep_claim(sleep))
        err = weft__doze(sleep, WEFT_FOREVER);
    if (err != WEFT__WOKEN || count > 1)
        for (size_t i = 0; i < joined; i++)
            leave_queue(&sleepers[i]);
    return err;
}

int weft__park_any(weft__sleeper *sleepers, size_t count, weft_time until)
{
    struct weft__sleep sleep = {.self = &weft__self, .since = weft_seam_clock()};
    weft_time ends = until;
    bool expires;
    int err;

    weft_thread_current_id(); /* from now on weft__self has it */
    if (sleepers[0].flags & WEFT__CANCELLABLE)
        sleep.cancel = weft__self.cancel;
    if (sleepers[0].flags & WEFT__LOOK)
        weft_store_u32(&sleep.over, WEFT__LOOKING, WEFT_RELAXED);
    if (sleep.cancel)
        ends = weft__cancel_expiry(sleep.cancel);
    expires = ends < until;
    if (!expires)
        ends = until;
    if (ends <= sleep.since)
        err = weft__cancel_is_requested(sleep.cancel) ? WEFT_ECANCELED : WEFT_ETIMEDOUT;
    else if (weft_fault_point("park.place") != 0 ||
             !(sleep.place = weft_seam_place_take(&sleep.over)))
        goto nap;
    else
        err = sleep_in(sleepers, count, &sleep, ends);
    if (sleep.place)
        weft_seam_place_return(sleep.place);
    return err == WEFT_ETIMEDOUT && expires ? WEFT_ECANCELED : err;

nap:
    /* No memory to sleep with. A wait may end for no reason; its caller's loop stays cool. */
    weft_seam_nap();
    return weft__cancel_is_requested(sleep.cancel) ? WEFT_ECANCELED : WEFT__AWAKE;
}

/* ---- waking --------------------------------------------------------------------- */

/* Places whose sleeps are over. They are unparked after the lock was left, or the woken
 * thread would run into it. */
struct due {
    size_t count;
    void *places[32];
};

static void unpark_all(struct due *due)
{
    for (size_t i = 0; i < due->count; i++)
        weft_seam_unpark(due->places[i]);
    due->count = 0;
}

/* The sleep is claimed and may be gone afterwards. */
static void end(struct weft__sleep *sleep, uint32_t how, struct due *due)
{
    void *place = weft__sleep_end(sleep, how);

    if (!place)
        return;
    if (due->count == sizeof(due->places) / sizeof(due->places[0]))
        unpark_all(due);
    due->places[due->count++] = place;
}

/* The first sleeper that nobody else has claimed, taken out and claimed; or NULL. */
static weft__sleeper *take_first(struct bucket *bucket, weft__sleeper **queue,
                                 const weft_atomic_u32 *word)
{
    while (*queue && (*queue)->word == word) {
        weft__sleeper *first = *queue;

        take_out(bucket, queue, first);
        if (weft__sleep_claim(first->sleep))
            return first;
    }
    return NULL;
}

void weft__unpark(weft_atomic_u32 *word, int32_t count)
{
    unsigned number = bucket_of(word);
    struct bucket *bucket = &buckets[number];
    struct due due = {.count = 0};
    weft__sleeper *first;

    /* Adding nothing takes its place in the order of changes, which a load does not. */
    if (weft_fetch_add_u32(&bucket->sleepers, 0, WEFT_ACQ_REL) == 0 || !weft_seam_lot_enter(number))
        return;
    weft__sleeper **queue = queue_of(bucket, word);
    while (count > 0 && (first = take_first(bucket, queue, word)) != NULL) {
        count -= (first->flags & WEFT__OBSERVER) == 0;
        end(first->sleep, WEFT__OVER_WOKEN, &due);
    }
    weft_seam_lot_leave(number);
    unpark_all(&due);
}

void weft__unpark_one(weft_atomic_u32 *word, weft__unparked *unparked, void *context)
{
    unsigned number = bucket_of(word);
    struct bucket *bucket = &buckets[number];
    struct due due = {.count = 0};

    if (weft_fault_point("park.lot") != 0 || !weft_seam_lot_enter(number)) {
        /* Nobody had slept there. Who does from now on meets the word as it is then, or
         * counts as a sleeper; of those the word does not tell, so all are woken. */
        unparked(context, NULL, false);
        weft__unpark(word, WEFT_WAKE_ALL);
        return;
    }
    weft__sleeper **queue = queue_of(bucket, word);
    weft__sleeper *first = take_first(bucket, queue, word);
    unparked(context, first, *queue && (*queue)->word == word);
    if (first)
        end(first->sleep, WEFT__OVER_WOKEN, &due);
    weft_seam_lot_leave(number);
    unpark_all(&due);
}

bool weft__park_has_sleepers(const weft_atomic_u32 *word)
{
    unsigned number = bucket_of(word);
    bool has;

    if (!weft_seam_lot_enter(number))
        return false;
    has = *queue_of(&buckets[number], word) != NULL;
    weft_seam_lot_leave(number);
    return has;
}

/* ---- visiting ------------------------------------------------------------------- */

static void visit_queue(struct bucket *bucket, weft__sleeper **queue, weft__park_visitor *visit,
                        void *context, struct due *due)
{
    weft__sleeper *last = (*queue)->previous, *next = *queue, *sleeper;

    do {
        sleeper = next;
        next = sleeper->next;
        if (weft_load_u32(&sleeper->sleep->claimed, WEFT_RELAXED) == 0 && visit(sleeper, context) &&
            weft__sleep_claim(sleeper->sleep)) {
            take_out(bucket, queue, sleeper);
            end(sleeper->sleep, WEFT__OVER_CANCELLED, due);
        }
    } while (sleeper != last);
}

void weft__park_visit(weft__park_visitor *visit, void *context)
{
    for (unsigned number = 0; number < WEFT_SEAM_LOTS; number++) {
        struct bucket *bucket = &buckets[number];
        struct due due = {.count = 0};

        if (weft_fetch_add_u32(&bucket->sleepers, 0, WEFT_ACQ_REL) == 0 ||
            !weft_seam_lot_enter(number))
            continue;
        weft__sleeper **queue = &bucket->heads;
        while (*queue) {
            const weft_atomic_u32 *word = (*queue)->word;

            visit_queue(bucket, queue, visit, context, &due);
            if (*queue && (*queue)->word == word)
                queue = &(*queue)->other;
        }
        weft_seam_lot_leave(number);
        unpark_all(&due);
    }
}
