/* SPDX-License-Identifier: MIT */
#ifndef WEFT_DIAGNOSIS_H
#define WEFT_DIAGNOSIS_H

/* What the doctor saw: between portable/doctor.c, which looks, and
 * portable/doctor_report.c, which puts it into words. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checks.h"
#include "weft/time.h"

enum {
    WEFT__MOST_THREADS = 1024, /* more are only counted */
    WEFT__MOST_WAITS = 2048,
    WEFT__MOST_HELD = 4096,
    WEFT__SEEN_NAME = 48
};

struct weft__seen_thread {
    unsigned id;
    char name[WEFT__SEEN_NAME];
    size_t first_held, held; /* places in `held` of the diagnosis */
    size_t more_held;        /* found no room there */
};

struct weft__seen_lock {
    const char *kind;
    uintptr_t object;
    weft_time since;
};

/* One place where a thread sleeps; a thread that waits for any of several has several. */
struct weft__seen_wait {
    unsigned id, owner; /* owner 0: not known */
    const char *what;
    const void *object;
    weft_time since;
    bool confirmed; /* it was there at the second look too */
};

struct weft__diagnosis {
    weft_time now;
    bool locked_out; /* the list of threads could not be had */
    size_t thread_count, more_threads;
    size_t wait_count, more_waits;
    size_t held_count;
    struct weft__seen_thread threads[WEFT__MOST_THREADS]; /* by id */
    struct weft__seen_wait waits[WEFT__MOST_WAITS];
    struct weft__seen_lock held[WEFT__MOST_HELD];
};

/* Text that grows up to its room, and is counted beyond. */
struct weft__text {
    char *at;
    size_t size;   /* room, with the ending 0 */
    size_t length; /* of the whole text */
};

void weft__diagnosis_write(const struct weft__diagnosis *seen, struct weft__text *text);

#endif
