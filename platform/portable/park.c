/* SPDX-License-Identifier: MIT */
/*
 * Waiting on an address where the system offers only locks and conditions: a
 * hashed parking lot, as WebKit's ParkingLot and the futex buckets of Linux.
 *
 * A word's address picks a bucket. The bucket's lock guards all of it but `sleepers`,
 * and the sleepers that stand in it. It holds one first-in first-out queue per word,
 * chained through their heads (as Go's semaphores are), so that joining, waking and
 * giving up cost the same among a thousand sleepers as alone, and the sleepers of
 * one word do not slow down those of another by being many.
 *
 * A sleeper is a node on its thread's stack with a condition of its own: a wake-up
 * reaches the thread that it is for, and no other. Only sleepers read the word; for
 * a waker it is an address that may no longer be memory.
 *
 * `sleepers` lets a waker that has nobody to wake pass without the lock. It changes
 * under the lock, and is touched by read-modify-write operations alone, which have
 * one order. If the waker's comes first, the sleeper's acquires what the waker's
 * released: the sleeper sees the word as the waker left it, and stays awake. If the
 * sleeper's comes first, the waker finds that somebody is there and takes the lock.
 *
 * Conditions are signalled after the lock was left, or the woken thread would run
 * into it. By then their sleepers may have moved on, so conditions are never freed:
 * a bucket keeps the idle ones. A signal that finds the next user is a wake-up for
 * no reason, after which that one looks at `woken` and sleeps on.
 */
#include "monitor.h"

#include <stddef.h>
#include <stdint.h>

#include "seam.h"
#include "weft/error.h"
#include "weft/fault.h"

struct sleeper {
    weft_atomic_u32 *word;
    struct sleeper *next;     /* in the queue of the word, which is a ring: */
    struct sleeper *previous; /* before its head stands the last one */
    struct sleeper *other;    /* of a head: the head of another word's queue, or NULL */
    weft__condition *condition;
    bool woken; /* by a waker, who has also taken it out of the queue */
};

/* On a cache line of its own: a busy bucket does not slow down its neighbours. */
struct bucket {
    _Alignas(64) weft_atomic_u32 sleepers; /* who stand in queues, or are about to */
    struct sleeper *heads;
    weft__condition *idle;
};

static struct bucket buckets[WEFT_MONITORS];

/* Fibonacci hashing: words that lie side by side land far apart. */
static unsigned bucket_of(const weft_atomic_u32 *word)
{
    uint64_t address = (uintptr_t)word;

    return (unsigned)((address * UINT64_C(0x9E3779B97F4A7C15)) >> 56) % WEFT_MONITORS;
}

/* Where the head of the word's queue is noted, or will be. */
static struct sleeper **queue_of(struct bucket *bucket, const weft_atomic_u32 *word)
{
    struct sleeper **queue = &bucket->heads;

    while (*queue && (*queue)->word != word)
        queue = &(*queue)->other;
    return queue;
}

static void append(struct sleeper **queue, struct sleeper *sleeper)
{
    struct sleeper *head = *queue;

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
}

static void take_out(struct sleeper **queue, struct sleeper *sleeper)
{
    struct sleeper *next = sleeper->next;

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

static weft__condition *take_condition(struct bucket *bucket)
{
    weft__condition *condition = bucket->idle;

    if (weft_fault_point("park.condition") != 0)
        return NULL;
    if (!condition)
        return weft__monitor_condition();
    bucket->idle = condition->next;
    return condition;
}

static void give_back(struct bucket *bucket, weft__condition *condition)
{
    condition->next = bucket->idle;
    bucket->idle = condition;
}

/* The caller holds the bucket's lock. */
static int sleep_locked(unsigned number, struct sleeper *self, weft_time until)
{
    struct bucket *bucket = &buckets[number];

    append(queue_of(bucket, self->word), self);
    while (!self->woken) {
        if (until != WEFT_FOREVER && weft_seam_clock() >= until) {
            take_out(queue_of(bucket, self->word), self);
            weft_fetch_sub_u32(&bucket->sleepers, 1, WEFT_ACQ_REL);
            return WEFT_ETIMEDOUT;
        }
        weft__monitor_sleep(number, self->condition, until);
    }
    return 0;
}

int weft_seam_wait(weft_atomic_u32 *word, uint32_t seen, weft_time until)
{
    struct sleeper self = {.word = word};
    unsigned number = bucket_of(word);
    struct bucket *bucket = &buckets[number];
    bool unchanged = true;
    int err = 0;

    if (!weft__monitor_enter(number))
        goto nap;
    weft_fetch_add_u32(&bucket->sleepers, 1, WEFT_ACQ_REL);
    unchanged = weft_load_u32(word, WEFT_ACQUIRE) == seen;
    if (unchanged)
        self.condition = take_condition(bucket);
    if (self.condition) {
        err = sleep_locked(number, &self, until);
        give_back(bucket, self.condition);
    } else {
        weft_fetch_sub_u32(&bucket->sleepers, 1, WEFT_ACQ_REL);
    }
    weft__monitor_leave(number);
    if (self.condition || !unchanged)
        return err;

nap:
    /* No memory to sleep with. A wait may end for no reason; its caller's loop stays cool. */
    weft__monitor_nap();
    return 0;
}

static void signal_all(weft__condition *const *conditions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        weft__monitor_signal(conditions[i]);
}

void weft_seam_wake(weft_atomic_u32 *word, int32_t count)
{
    enum { MOST_DUE = 32 };
    weft__condition *due[MOST_DUE];
    size_t waiting = 0;
    unsigned number = bucket_of(word);
    struct bucket *bucket = &buckets[number];

    /* Adding nothing takes its place in the order of changes, which a load does not. */
    if (weft_fetch_add_u32(&bucket->sleepers, 0, WEFT_ACQ_REL) == 0 || !weft__monitor_enter(number))
        return;
    struct sleeper **queue = queue_of(bucket, word);
    for (; count > 0 && *queue && (*queue)->word == word; count--) {
        struct sleeper *first = *queue;
        take_out(queue, first);
        weft_fetch_sub_u32(&bucket->sleepers, 1, WEFT_ACQ_REL);
        first->woken = true;
        if (waiting == MOST_DUE) {
            signal_all(due, waiting);
            waiting = 0;
        }
        due[waiting++] = first->condition;
    }
    weft__monitor_leave(number);
    signal_all(due, waiting);
}
