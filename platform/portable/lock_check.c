/* SPDX-License-Identifier: MIT */
/*
 * What each thread holds and waits for, in builds with WEFT_CHECKS.
 *
 * A circle is looked for by the thread that closes it: under the lock of the list of
 * threads it notes which mutex it wants, and follows from that mutex to its holder, to
 * the mutex that this one wants, and so on. Who has noted a mutex is on the way to it
 * until it crosses that out, under the same lock, and releases nothing meanwhile. So
 * each link stays as it was found, once it was found with the note of its thread, and
 * a circle is a deadlock and no passing appearance. Waits with a deadline are no links.
 */
#include "checks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "registry.h"
#include "seam.h"
#include "weft/thread.h"

enum { MOST_LINKS = 64, TEXT = 384 };

static weft_atomic_u32 last_number; /* of locks; relaxed: only uniqueness matters */

static bool is_inner(const weft_atomic_u32 *number)
{
    return (weft_load_u32(number, WEFT_RELAXED) & WEFT__INNER) != 0;
}

/* NULL: the thread is not listed, and nothing is known of it. */
static struct weft__held *own(void)
{
    struct weft__thread_record *record;

    weft_thread_current_id();
    record = weft__thread_record();
    return record ? &record->held : NULL;
}

/* The lock's number, given to it now if it has none, with these bits. */
static uint32_t number_of(weft_atomic_u32 *number, uint32_t bits)
{
    uint32_t seen = weft_load_u32(number, WEFT_RELAXED);
    uint32_t next = seen | bits;

    while (seen != next || seen % WEFT__INNER == 0) {
        if (seen % WEFT__INNER == 0)
            next = (weft_fetch_add_u32(&last_number, 1, WEFT_RELAXED) + 1) % WEFT__INNER | bits;
        if (weft_cas_u32(number, &seen, next, WEFT_RELAXED))
            break;
        next = seen | bits;
    }
    return next % WEFT__INNER;
}

void weft__check_wanted(enum weft__lock_kind kind, const void *lock, weft_atomic_u32 *number,
                        weft_time until)
{
    struct weft__ordered_lock next = {.kind = kind, .object = lock};
    struct weft__held *held;

    if (kind == WEFT__MUTEX && is_inner(number))
        return;
    next.number = number_of(number, kind == WEFT__MUTEX ? 0 : WEFT__INNER);
    held = until > WEFT_NOW ? own() : NULL;
    for (uint32_t i = 0; held && i < weft_load_u32(&held->count, WEFT_RELAXED); i++) {
        struct weft__held_lock *entry = &held->locks[i];
        struct weft__ordered_lock before = {
            .number = weft_load_u32(&entry->number, WEFT_RELAXED),
            .kind = (enum weft__lock_kind)weft_load_u32(&entry->kind, WEFT_RELAXED),
            .object = (const void *)(uintptr_t)weft_load_u64(&entry->object, WEFT_RELAXED)};

        if (before.number != next.number)
            weft__lock_order(&before, &next);
    }
}

void weft__check_acquired(enum weft__lock_kind kind, const void *lock,
                          const weft_atomic_u32 *number)
{
    struct weft__held *held = kind == WEFT__MUTEX && is_inner(number) ? NULL : own();
    uint32_t count = held ? weft_load_u32(&held->count, WEFT_RELAXED) : 0;
    struct weft__held_lock *entry;

    if (!held)
        return;
    if (count == WEFT__HELD_LOCKS) {
        held->others++;
        return;
    }
    entry = &held->locks[count];
    weft_store_u64(&entry->object, (uintptr_t)lock, WEFT_RELAXED);
    weft_store_u64(&entry->since, (uint64_t)weft_seam_clock(), WEFT_RELAXED);
    weft_store_u32(&entry->number, weft_load_u32(number, WEFT_RELAXED) % WEFT__INNER, WEFT_RELAXED);
    weft_store_u32(&entry->kind, (uint32_t)kind, WEFT_RELAXED);
    weft_store_u32(&held->count, count + 1, WEFT_RELEASE);
}

static void move(struct weft__held_lock *to, const struct weft__held_lock *from)
{
    weft_store_u64(&to->object, weft_load_u64(&from->object, WEFT_RELAXED), WEFT_RELAXED);
    weft_store_u64(&to->since, weft_load_u64(&from->since, WEFT_RELAXED), WEFT_RELAXED);
    weft_store_u32(&to->number, weft_load_u32(&from->number, WEFT_RELAXED), WEFT_RELAXED);
    weft_store_u32(&to->kind, weft_load_u32(&from->kind, WEFT_RELAXED), WEFT_RELAXED);
}

/* The youngest entry of the lock: what was acquired last is mostly released first. */
static uint32_t find(const struct weft__held *held, const void *lock)
{
    uint32_t at = weft_load_u32(&held->count, WEFT_RELAXED);

    while (at > 0 && weft_load_u64(&held->locks[at - 1].object, WEFT_RELAXED) != (uintptr_t)lock)
        at--;
    return at; /* 0: none; otherwise one more than its place */
}

void weft__check_release(enum weft__lock_kind kind, const void *lock, const weft_atomic_u32 *number)
{
    struct weft__held *held;
    uint32_t at, count;

    /* A lock has the address of the mutex inside, whose release is not the lock's. */
    if (kind == WEFT__MUTEX && (is_inner(number) || weft_mutex_owner(lock) != weft__self.id))
        return;
    held = own();
    if (!held)
        return;
    at = find(held, lock);
    if (at == 0) {
        held->others -= held->others > 0;
        return;
    }
    count = weft_load_u32(&held->count, WEFT_RELAXED);
    for (; at < count; at++)
        move(&held->locks[at - 1], &held->locks[at]);
    weft_store_u32(&held->count, count - 1, WEFT_RELEASE);
}

/* ---- circles -------------------------------------------------------------------- */

static struct weft__thread_record *find_thread_locked(unsigned id)
{
    struct weft__thread_record *thread = weft__threads_first_locked();

    while (thread && thread->id != id)
        thread = thread->next;
    return thread;
}

/* Follows holders and what they want from the mutex on; true if that leads to `self`.
 * `text` tells the way. */
static bool leads_to_locked(const weft_mutex *mutex, unsigned self, char text[TEXT])
{
    size_t length = 0;

    for (int i = 0; i < MOST_LINKS; i++) {
        unsigned holder = weft_mutex_owner(mutex);
        struct weft__thread_record *thread = find_thread_locked(holder);
        const weft_mutex *wanted = thread ? thread->held.wanted : NULL;

        if (length < TEXT)
            length +=
                (size_t)snprintf(text + length, TEXT - length, " mutex 0x%" PRIxPTR " -> %u %s ->",
                                 (uintptr_t)mutex, holder, thread ? thread->name : "");
        if (holder == self)
            return true;
        /* Read again: it was the holder also after it had noted what it wants. */
        if (!wanted || weft_mutex_owner(mutex) != holder || wanted == mutex)
            return false;
        mutex = wanted;
    }
    return false;
}

int weft__check_wait(const weft_mutex *mutex, weft_time until)
{
    struct weft__held *held = until == WEFT_FOREVER && !is_inner(&mutex->number) ? own() : NULL;
    char text[TEXT];
    bool circle;

    if (!held || weft__threads_locked_here())
        return 0;
    weft__threads_lock();
    circle = leads_to_locked(mutex, weft__self.id, text);
    held->wanted = circle ? NULL : mutex;
    weft__threads_unlock();
    if (!circle)
        return 0;
    return weft__misuse(WEFT_EDEADLK, "mutex %p: %s would wait for itself: %u ->%.*s",
                        (const void *)mutex, weft_thread_current_name(), weft__self.id,
                        (int)strlen(text) - 3, text);
}

void weft__check_wait_over(const weft_mutex *mutex, weft_time until)
{
    struct weft__held *held = until == WEFT_FOREVER && !is_inner(&mutex->number) ? own() : NULL;

    if (!held || weft__threads_locked_here())
        return;
    weft__threads_lock();
    held->wanted = NULL;
    weft__threads_unlock();
}
