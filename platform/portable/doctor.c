/* SPDX-License-Identifier: MIT */
/*
 * The doctor looks at all threads while some of them hang.
 *
 * It works without memory, so all it needs is static, and `busy` lets one thread at a
 * time use that. It takes the lock of the list of threads, and then those of the
 * parking lot one after the other, each for as long as it takes to copy; words are
 * found afterwards. If a visitor of the list hangs, there are no names.
 *
 * These looks are not at one moment, so the sleepers are looked at twice. A sleep that
 * was there both times lasted from the one to the other: all such sleeps have the time
 * between the two looks in common, and so have the circles that are made of them.
 */
#include "weft/doctor.h"

#include <stdio.h>
#include <string.h>

#include "diagnosis.h"
#include "internal.h"
#include "park.h"
#include "registry.h"
#include "seam.h"
#include "utf8.h"
#include "weft/cancel.h"
#include "weft/mutex.h"
#include "weft/thread.h"

enum { REPORT_SIZE = 128 * 1024 };

static weft_mutex busy = WEFT__INNER_MUTEX_INIT; /* guards these two */
static struct weft__diagnosis seen;
static char report[REPORT_SIZE];

static weft_mutex asking = WEFT__INNER_MUTEX_INIT; /* guards `asked` */
static bool asked;                                 /* weft_doctor_on_request() has succeeded */

static void see_held(struct weft__seen_thread *thread, const struct weft__held *held)
{
    static const char *const kinds[] = {"mutex", "rwlock", "rwlock"};
    uint32_t count = weft_load_u32(&held->count, WEFT_ACQUIRE);

    thread->first_held = seen.held_count;
    for (uint32_t i = 0; i < count && i < WEFT__HELD_LOCKS; i++) {
        const struct weft__held_lock *lock = &held->locks[i];

        if (seen.held_count == WEFT__MOST_HELD) {
            thread->more_held = count - i;
            return;
        }
        seen.held[seen.held_count++] = (struct weft__seen_lock){
            .kind = kinds[weft_load_u32(&lock->kind, WEFT_RELAXED) % 3],
            .object = (uintptr_t)weft_load_u64(&lock->object, WEFT_RELAXED),
            .since = (weft_time)weft_load_u64(&lock->since, WEFT_RELAXED)};
        thread->held++;
    }
}

/* The wait lasts until the thread ends, and the lock of the list keeps it from that: one
 * look is enough. */
static void see_joiner(const weft_thread *thread)
{
    if (thread->joiner == 0 || seen.wait_count == WEFT__MOST_WAITS)
        return;
    seen.waits[seen.wait_count++] = (struct weft__seen_wait){.id = thread->joiner,
                                                             .owner = thread->record.id,
                                                             .what = "thread",
                                                             .object = thread,
                                                             .since = thread->joined,
                                                             .confirmed = true};
}

/* Likewise what a thread waits for in the system: it takes the lock to leave off. */
static void see_outside(const struct weft__thread_record *record)
{
    if (!record->outside || seen.wait_count == WEFT__MOST_WAITS)
        return;
    seen.waits[seen.wait_count++] = (struct weft__seen_wait){.id = record->id,
                                                             .what = record->outside,
                                                             .object = record->outside_object,
                                                             .since = record->outside_since,
                                                             .confirmed = true};
}

static void see_threads(void)
{
    bool visiting = weft__threads_locked_here(); /* a visitor of the list calls the doctor */

    seen.locked_out = !visiting && !weft__threads_lock_until(weft_in(WEFT_S(1)));
    if (seen.locked_out)
        return;
    for (struct weft__thread_record *record = weft__threads_first_locked(); record;
         record = record->next) {
        struct weft__seen_thread *thread = &seen.threads[seen.thread_count];

        if (seen.thread_count == WEFT__MOST_THREADS) {
            seen.more_threads++;
            continue;
        }
        *thread = (struct weft__seen_thread){.id = record->id};
        memcpy(thread->name, record->name, weft__utf8_fit(record->name, WEFT__SEEN_NAME - 1));
        see_held(thread, &record->held);
        see_outside(record);
        if (record->started)
            see_joiner((const weft_thread *)record);
        seen.thread_count++;
    }
    if (!visiting)
        weft__threads_unlock();
}

/* The object lives as long as its sleeper stands in the queue, whose lock is held. */
static unsigned owner_of(const weft__sleeper *sleeper)
{
    if (sleeper->owner)
        return weft_load_u32(sleeper->owner, WEFT_RELAXED);
    if (strcmp(sleeper->what, "mutex") == 0)
        return weft_mutex_owner(sleeper->object);
    if (strcmp(sleeper->what, "thread") == 0)
        return ((const weft_thread *)sleeper->object)->record.id;
    return 0;
}

static bool see_wait(const weft__sleeper *sleeper, void *context)
{
    (void)context;
    if (seen.wait_count == WEFT__MOST_WAITS) {
        seen.more_waits++;
        return false;
    }
    seen.waits[seen.wait_count++] = (struct weft__seen_wait){.id = sleeper->sleep->self->id,
                                                             .owner = owner_of(sleeper),
                                                             .what = sleeper->what,
                                                             .object = sleeper->object,
                                                             .since = sleeper->sleep->since};
    return false;
}

/* Mostly the next one that was seen before is met next: the search begins there. */
static bool see_again(const weft__sleeper *sleeper, void *context)
{
    size_t *next = context;

    for (size_t i = 0; i < seen.wait_count; i++) {
        size_t at = (*next + i) % seen.wait_count;
        struct weft__seen_wait *wait = &seen.waits[at];

        if (wait->id != sleeper->sleep->self->id || wait->object != sleeper->object ||
            wait->since != sleeper->sleep->since)
            continue;
        wait->owner = owner_of(sleeper);
        wait->confirmed = true;
        *next = at + 1;
        break;
    }
    return false;
}

/* The caller has `busy`. */
static void look_and_write(char *room, size_t size, size_t *length)
{
    const weft_cancel *token = weft_cancel_enter(NULL); /* who was cancelled may look too */
    struct weft__text text = {.at = room, .size = size};
    size_t next = 0;

    memset(&seen, 0, offsetof(struct weft__diagnosis, threads));
    see_threads();
    weft__park_visit(see_wait, NULL);
    weft__park_visit(see_again, &next);
    seen.now = weft_seam_clock();
    weft__diagnosis_write(&seen, &text);
    if (size > 0 && text.length >= size)
        room[weft__utf8_fit(room, size - 1)] = '\0';
    *length = text.length;
    weft_cancel_enter(token);
}

int weft_doctor_report(char *text, size_t size, size_t *length)
{
    size_t whole;

    weft_mutex_acquire(&busy, WEFT_FOREVER);
    look_and_write(text, size, &whole);
    weft_mutex_release(&busy);
    if (length)
        *length = whole;
    if (whole >= size)
        return weft__fail(WEFT_ETRUNCATED, "doctor: the report has %zu bytes, the room is for %zu",
                          whole, size);
    return 0;
}

void weft_doctor(void)
{
    size_t whole;

    weft_mutex_acquire(&busy, WEFT_FOREVER);
    look_and_write(report, sizeof(report), &whole);
    weft_seam_text_write(WEFT_SEAM_ERRORS, report, strlen(report));
    weft_mutex_release(&busy);
}

int weft_doctor_on_request(void)
{
    int err = 0;

    weft_mutex_acquire(&asking, WEFT_FOREVER);
    if (!asked && weft_fault_point("doctor.listen") != 0)
        err = weft__fail(WEFT_ELIMIT, "doctor: refused by a test");
    else if (!asked)
        err = weft_seam_doctor_listen(weft_doctor);
    if (err == 0)
        asked = true;
    weft_mutex_release(&asking);
    return err;
}
