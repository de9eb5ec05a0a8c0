/* SPDX-License-Identifier: MIT */
/*
 * The list of live threads, their numbers and names.
 *
 * A thread that weft starts is listed by its starter, with its number, and taken off
 * by itself when its function has ended. Any other thread is listed when it first
 * asks for its number, as all of weft's locks do, and taken off by a thread-local
 * destructor. Where that cannot be had (no key, no memory) the thread is not listed:
 * a record that nobody takes off would be there for ever. (SDL runs destructors in its
 * own threads only: a thread that a program of that backend gets elsewhere stays.)
 *
 * The list is in the order of numbers; `lock` guards it. `current` is each thread's
 * own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "registry.h"
#include "seam.h"
#include "utf8.h"
#include "weft/mutex.h"
#include "weft/thread.h"

enum { NAME_SIZE = 32 };

/* Beside weft__self, which others ask for all the time. */
struct current {
    struct weft__thread_record *record;
    char name[NAME_SIZE]; /* of a thread that has no record */
};

/* The record of a thread that weft did not start. Not from weft_alloc(): such a thread
 * may outlive all that the program does with weft, and the allocator asks for its
 * blocks back. */
struct foreign {
    struct weft__thread_record record;
    char name[NAME_SIZE];
};

WEFT_THREAD_LOCAL struct weft__self weft__self;
static WEFT_THREAD_LOCAL struct current current;
static weft_atomic_u32 last_id; /* counts up, relaxed: only uniqueness matters */

static weft_mutex lock = WEFT__INNER_MUTEX_INIT;
static struct weft__thread_record *first, *last;
static uint64_t foreign_key; /* has each foreign thread's record; 0: not made yet */

void weft__threads_lock(void)
{
    weft_mutex_acquire(&lock, WEFT_FOREVER);
}

void weft__threads_unlock(void)
{
    weft_mutex_release(&lock);
}

bool weft__threads_lock_until(weft_time until)
{
    return weft_mutex_acquire(&lock, until) == 0;
}

bool weft__threads_locked_here(void)
{
    return weft__self.id != 0 && weft_mutex_owner(&lock) == weft__self.id;
}

struct weft__thread_record *weft__threads_first_locked(void)
{
    return first;
}

unsigned weft__thread_number(void)
{
    return weft_fetch_add_u32(&last_id, 1, WEFT_RELAXED) + 1;
}

void weft__thread_list_locked(struct weft__thread_record *record)
{
    struct weft__thread_record *before = last; /* nearly always the right place */

    while (before && before->id > record->id)
        before = before->previous;
    record->previous = before;
    record->next = before ? before->next : first;
    *(before ? &before->next : &first) = record;
    *(record->next ? &record->next->previous : &last) = record;
}

void weft__thread_unlist_locked(struct weft__thread_record *record)
{
    *(record->previous ? &record->previous->next : &first) = record->next;
    *(record->next ? &record->next->previous : &last) = record->previous;
}

/* The thread-local destructor: a foreign thread ends. */
static void leave(void *value)
{
    struct foreign *foreign = value;

    weft__self.id = foreign->record.id; /* should the system have taken it down before */
    weft__threads_lock();
    weft__thread_unlist_locked(&foreign->record);
    weft__threads_unlock();
    current.record = NULL;
    free(foreign);
}

/* A thread may have been taken for a foreign one: the user's allocator, which uses
 * weft, was called before the thread's function. */
void weft__thread_begin(struct weft__thread_record *record)
{
    struct weft__thread_record *before = current.record;

    if (before) {
        weft_seam_local_set(foreign_key, NULL);
        leave(before);
    }
    weft__self.id = record->id;
    current.record = record;
}

void weft__thread_end_locked(void)
{
    const char *name = current.record->name;

    snprintf(current.name, sizeof(current.name), "%.*s", (int)weft__utf8_fit(name, NAME_SIZE - 1),
             name);
    weft__thread_unlist_locked(current.record);
    current.record = NULL;
}

void weft__thread_waits_outside(const char *what, const void *object)
{
    struct weft__thread_record *record = current.record;

    if (!record)
        return;
    weft__threads_lock();
    record->outside = what;
    record->outside_object = object;
    record->outside_since = what ? weft_clock() : 0;
    weft__threads_unlock();
}

struct weft__thread_record *weft__thread_record(void)
{
    return current.record;
}

weft_thread *weft__thread_current(void)
{
    struct weft__thread_record *record = current.record;

    return record && record->started ? (weft_thread *)record : NULL;
}

/* ---- threads that weft did not start -------------------------------------------- */

static int set_destructor_locked(struct foreign *foreign)
{
    int err = 0;

    if (foreign_key == 0)
        err = weft_seam_local_create(&foreign_key, leave);
    if (err == 0)
        err = weft_seam_local_set(foreign_key, foreign);
    return err;
}

/* The number comes first: the lock below asks for it. */
static void introduce_foreign(void)
{
    struct foreign *foreign = malloc(sizeof(*foreign));
    int err = WEFT_ENOMEM;

    weft__self.id = weft__thread_number();
    if (weft__self.id == 1)
        memcpy(current.name, "MainThread", sizeof("MainThread"));
    else if (current.name[0] == '\0')
        snprintf(current.name, sizeof(current.name), "Foreign-%u", weft__self.id);
    if (!foreign)
        return;
    memset(foreign, 0, sizeof(*foreign));
    memcpy(foreign->name, current.name, sizeof(foreign->name));
    foreign->record.name = foreign->name;
    foreign->record.id = weft__self.id;
    weft__threads_lock();
    err = set_destructor_locked(foreign);
    if (err == 0)
        weft__thread_list_locked(&foreign->record);
    weft__threads_unlock();
    if (err == 0)
        current.record = &foreign->record;
    else
        free(foreign);
}

void weft__thread_call_itself(const char *name)
{
    snprintf(current.name, sizeof(current.name), "%s", name);
    weft_thread_current_id();
}

unsigned weft_thread_current_id(void)
{
    if (weft__self.id == 0)
        introduce_foreign();
    return weft__self.id;
}

const char *weft_thread_current_name(void)
{
    weft_thread_current_id();
    return current.record ? current.record->name : current.name;
}

size_t weft_thread_enumerate(weft_thread_visitor *visit, void *context)
{
    unsigned self = weft_thread_current_id();
    size_t count = 0;

    weft__threads_lock();
    for (struct weft__thread_record *thread = first; thread; thread = thread->next) {
        weft_thread_info info = {.id = thread->id,
                                 .name = thread->name,
                                 .daemon = thread->daemon,
                                 .started = thread->started,
                                 .current = thread->id == self};
        if (visit)
            visit(&info, context);
        count++;
    }
    weft__threads_unlock();
    return count;
}
