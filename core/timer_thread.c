/* SPDX-License-Identifier: MIT */
/*
 * One thread calls what is due.
 *
 * `mutex` guards all fields, and each entry from the moment it is armed until it is
 * popped or withdrawn: `armed` tells, and changes only under the mutex, so a call and a
 * withdrawal have one winner. The thread sleeps on `changed` until the first instant; who
 * arms a new first entry, or withdraws the last one, wakes it.
 *
 * `reached` is the time when an entry was popped last. An instant before it becomes it when
 * it is armed, so every entry has its turn: what is armed after another one was due, and
 * would have been called, stands behind it, whatever its instant.
 *
 * The thread starts with the first entry and stays a second after the last. Whether it is
 * there is decided under the mutex too: who arms an entry either finds a thread that will
 * look at the heap again, or starts a new one.
 */
#include "timer.h"

#include "internal.h"
#include "weft/condition.h"
#include "weft/thread.h"

#define LINGER WEFT_S(1)

static struct {
    weft_mutex mutex; /* guards everything below */
    weft_condition changed, ended;
    weft__timer_heap heap;
    weft_time reached;
    uint64_t armed; /* entries ever: numbers them */
    bool running;   /* the thread is there, or about to be */
    unsigned hasty; /* who waits in weft__timers_end() */
} timers;

weft_time weft__timer_now(void)
{
    return weft_clock();
}

/* The entry that is due, out of the heap; NULL: none is, and *until is when to look again. */
static weft__timer_entry *pop_locked(weft_time *until)
{
    weft__timer_entry *first = timers.heap.root;
    weft_time now;

    *until = first ? first->at : WEFT_FOREVER;
    if (!first || first->at > (now = weft__timer_now()))
        return NULL;
    timers.reached = now;
    weft__timer_heap_remove(&timers.heap, first);
    return first;
}

/* Calls what is due until nothing is, with the mutex released meanwhile. */
static weft_time call_due_locked(void)
{
    weft__timer_entry *entry;
    weft_time until;

    while ((entry = pop_locked(&until))) {
        void (*call)(void *context) = entry->call;
        void *context = entry->context;

        weft_mutex_release(&timers.mutex);
        call(context); /* the entry may be gone from here on */
        weft_mutex_acquire(&timers.mutex, WEFT_FOREVER);
    }
    return until;
}

static int run_timers(weft_task *task)
{
    weft_time leave = 0; /* when; 0: not yet known, there are timers */

    (void)task;
    weft_mutex_acquire(&timers.mutex, WEFT_FOREVER);
    for (;;) {
        weft_time until = call_due_locked();

        if (timers.heap.count > 0) {
            leave = 0;
        } else {
            if (leave == 0)
                leave = weft_in(LINGER);
            if (timers.hasty > 0 || weft_clock() >= leave)
                break;
            until = leave;
        }
        (void)weft_condition_wait(&timers.changed, &timers.mutex, until);
    }
    timers.running = false;
    weft_condition_notify_all(&timers.ended);
    weft_mutex_release(&timers.mutex);
    return 0;
}

static int start_thread_locked(void)
{
    weft_thread_options options = {.name = "weft-timers", .daemon = true};
    int err;

    if (timers.running)
        return 0;
    err = weft_thread_start_with(NULL, run_timers, NULL, 0, &options);
    timers.running = err == 0;
    return err;
}

int weft__timer_call(weft__timer_entry *entry, weft_time at, void (*call)(void *context),
                     void *context)
{
    int err;

    weft_mutex_acquire(&timers.mutex, WEFT_FOREVER);
    err = start_thread_locked();
    if (err == 0) {
        if (entry->armed)
            weft__timer_heap_remove(&timers.heap, entry);
        entry->at = at < timers.reached ? timers.reached : at;
        entry->number = timers.armed++;
        entry->call = call;
        entry->context = context;
        weft__timer_heap_add(&timers.heap, entry);
        if (timers.heap.root == entry)
            weft_condition_notify(&timers.changed);
    }
    weft_mutex_release(&timers.mutex);
    return err;
}

bool weft__timer_withdraw(weft__timer_entry *entry)
{
    bool withdrawn;

    weft_mutex_acquire(&timers.mutex, WEFT_FOREVER);
    withdrawn = entry->armed;
    if (withdrawn)
        weft__timer_heap_remove(&timers.heap, entry);
    if (withdrawn && timers.heap.count == 0)
        weft_condition_notify(&timers.changed); /* its last second begins */
    weft_mutex_release(&timers.mutex);
    return withdrawn;
}

int weft__timers_end(weft_time until)
{
    int err = 0;

    weft_mutex_acquire(&timers.mutex, WEFT_FOREVER);
    timers.hasty++;
    weft_condition_notify(&timers.changed);
    while (timers.running && err == 0)
        err = weft_condition_wait(&timers.ended, &timers.mutex, until);
    timers.hasty--;
    if (!timers.running)
        err = 0;
    else
        err = weft__fail(err, "timers: %zu are armed", timers.heap.count);
    weft_mutex_release(&timers.mutex);
    return err;
}

bool weft__timers_running(void)
{
    bool running;

    weft_mutex_acquire(&timers.mutex, WEFT_FOREVER);
    running = timers.running;
    weft_mutex_release(&timers.mutex);
    return running;
}
