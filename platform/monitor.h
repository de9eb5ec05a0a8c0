/* SPDX-License-Identifier: MIT */
#ifndef WEFT_MONITOR_H
#define WEFT_MONITOR_H

/*
 * What portable/park.c needs from a system that cannot wait on an address: locks
 * that are there from the start, and conditions. monitor.c of the backend has it.
 */

#include <stdbool.h>

#include "weft/time.h"

/* Locks, one for each bucket of the parking lot. */
enum { WEFT_MONITORS = 256 };

/* What one thread at a time sleeps on. The system's own part follows in memory. */
typedef struct weft__condition {
    struct weft__condition *next; /* park.c's own */
} weft__condition;

/* The lock of this number is held. False: there is no memory for it; nobody has ever
 * held it. */
bool weft__monitor_enter(unsigned number);
void weft__monitor_leave(unsigned number);

/* A condition, which is never freed, or NULL. Its memory is not from weft_alloc(): the
 * user's allocator may sleep itself, and asks for its blocks back. */
weft__condition *weft__monitor_condition(void);

/* Leaves the lock, sleeps until a signal or `until`, and enters again. May return
 * early, for no reason, even at once. */
void weft__monitor_sleep(unsigned number, weft__condition *condition, weft_time until);

/* Wakes whoever sleeps on the condition now, if anybody does. */
void weft__monitor_signal(weft__condition *condition);

/* About 1 ms has passed. */
void weft__monitor_nap(void);

#endif
