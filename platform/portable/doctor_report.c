/* SPDX-License-Identifier: MIT */
/*
 * The doctor's words: a line for each thread, a line for each circle.
 *
 * Who waits for one object that belongs to one thread points to that thread, so each
 * thread points to one other at most, and from every thread there is one way to go. A
 * way that comes back to where it began is a circle; its thread of the smallest number
 * tells of it.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "diagnosis.h"
#include "internal.h"

static void WEFT_PRINTF(2, 3) put(struct weft__text *text, const char *format, ...)
{
    size_t room = text->length < text->size ? text->size - text->length : 0;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(room > 0 ? text->at + text->length : NULL, room, format, arguments);
    va_end(arguments);
    text->length += length > 0 ? (size_t)length : 0;
}

static void put_duration(struct weft__text *text, weft_time from, weft_time to)
{
    int64_t tenths = to > from ? (to - from) / WEFT_MS(100) : 0;

    put(text, ", %" PRId64 ".%d s", tenths / 10, (int)(tenths % 10));
}

static const struct weft__seen_thread *find_thread(const struct weft__diagnosis *seen, unsigned id)
{
    for (size_t i = 0; i < seen->thread_count; i++)
        if (seen->threads[i].id == id)
            return &seen->threads[i];
    return NULL;
}

static void put_thread(struct weft__text *text, const struct weft__diagnosis *seen, unsigned id)
{
    const struct weft__seen_thread *thread = find_thread(seen, id);

    put(text, "%u", id);
    if (thread)
        put(text, " %s", thread->name);
}

/* A thread is named, anything else has its address. */
static void put_object(struct weft__text *text, const struct weft__diagnosis *seen,
                       const struct weft__seen_wait *wait)
{
    bool is_thread = strcmp(wait->what, "thread") == 0;
    const struct weft__seen_thread *thread = is_thread ? find_thread(seen, wait->owner) : NULL;

    put(text, "%s", wait->what);
    if (thread)
        put(text, " %s", thread->name);
    else if (wait->object)
        put(text, " 0x%" PRIxPTR, (uintptr_t)wait->object);
}

static void put_held(struct weft__text *text, const struct weft__diagnosis *seen,
                     const struct weft__seen_thread *thread)
{
    for (size_t i = 0; i < thread->held; i++) {
        const struct weft__seen_lock *lock = &seen->held[thread->first_held + i];

        put(text, "%s %s 0x%" PRIxPTR, i == 0 ? " holds" : ",", lock->kind, lock->object);
        put_duration(text, lock->since, seen->now);
    }
    if (thread->more_held > 0)
        put(text, " and %zu more", thread->more_held);
    if (thread->held > 0)
        put(text, ";");
}

static void put_waits(struct weft__text *text, const struct weft__diagnosis *seen, unsigned id)
{
    const struct weft__seen_wait *last = NULL;

    for (size_t i = 0; i < seen->wait_count; i++) {
        const struct weft__seen_wait *wait = &seen->waits[i];

        if (wait->id != id)
            continue;
        put(text, "%s ", last ? " or" : " waits for");
        if (last && last->what == wait->what)
            put(text, "0x%" PRIxPTR, (uintptr_t)wait->object);
        else
            put_object(text, seen, wait);
        if (wait->owner != 0 && strcmp(wait->what, "thread") != 0) {
            put(text, " of ");
            put_thread(text, seen, wait->owner);
        }
        last = wait;
    }
    if (last)
        put_duration(text, last->since, seen->now);
    else
        put(text, " runs");
}

/* ---- circles -------------------------------------------------------------------- */

/* The one wait of the thread, for something of one thread; NULL: it has none such. */
static const struct weft__seen_wait *link_of(const struct weft__diagnosis *seen, unsigned id)
{
    const struct weft__seen_wait *found = NULL;

    for (size_t i = 0; i < seen->wait_count; i++) {
        if (seen->waits[i].id != id)
            continue;
        if (found)
            return NULL;
        found = &seen->waits[i];
    }
    return found && found->confirmed && found->owner != 0 ? found : NULL;
}

static bool begins_circle(const struct weft__diagnosis *seen, unsigned id)
{
    const struct weft__seen_wait *link = link_of(seen, id);

    for (size_t i = 0; link && link->owner > id && i < seen->wait_count; i++)
        link = link_of(seen, link->owner);
    return link && link->owner == id;
}

static void put_circle(struct weft__text *text, const struct weft__diagnosis *seen, unsigned id)
{
    const struct weft__seen_wait *link = link_of(seen, id);

    put(text, "circle: ");
    put_thread(text, seen, id);
    do {
        put(text, " -> ");
        put_object(text, seen, link);
        put(text, " -> ");
        put_thread(text, seen, link->owner);
        link = link_of(seen, link->owner);
    } while (link->id != id);
    put(text, "\n");
}

/* ---- all of it ------------------------------------------------------------------ */

/* Threads that sleep and are in no list: weft could not list them, or it was locked. */
static void put_unlisted(struct weft__text *text, const struct weft__diagnosis *seen)
{
    for (size_t i = 0; i < seen->wait_count; i++) {
        unsigned id = seen->waits[i].id;
        bool told = find_thread(seen, id) != NULL;

        for (size_t before = 0; before < i; before++)
            told = told || seen->waits[before].id == id;
        if (told)
            continue;
        put(text, "%u:", id);
        put_waits(text, seen, id);
        put(text, "\n");
    }
}

void weft__diagnosis_write(const struct weft__diagnosis *seen, struct weft__text *text)
{
    if (seen->locked_out)
        put(text, "weft doctor: the list of threads is locked; those that wait:\n");
    else
        put(text, "weft doctor: %zu threads\n", seen->thread_count + seen->more_threads);
    for (size_t i = 0; i < seen->thread_count; i++) {
        const struct weft__seen_thread *thread = &seen->threads[i];

        put(text, "%u %s:", thread->id, thread->name);
        put_held(text, seen, thread);
        put_waits(text, seen, thread->id);
        put(text, "\n");
    }
    if (seen->more_threads == 0)
        put_unlisted(text, seen);
    else
        put(text, "... and %zu more\n", seen->more_threads);
    if (seen->more_waits > 0)
        put(text, "... and %zu more sleeps, of threads that seem to run\n", seen->more_waits);
    for (size_t i = 0; i < seen->wait_count; i++)
        if (begins_circle(seen, seen->waits[i].id))
            put_circle(text, seen, seen->waits[i].id);
}
