/* SPDX-License-Identifier: MIT */
#ifndef WEFT_REGISTRY_H
#define WEFT_REGISTRY_H

/* The list of live threads: between portable/thread.c, which starts and ends them,
 * portable/thread_registry.c, which knows them all, and those who look at the list. */

#include <stdbool.h>
#include <stddef.h>

#include "checks.h"
#include "internal.h"
#include "seam.h"
#include "weft/thread.h"

/* A thread from its start, or its first use of weft, to its end. */
struct weft__thread_record {
    struct weft__thread_record *previous, *next; /* in the list; guarded by its lock */
    const char *name;                            /* lives as long as the record is listed */
    unsigned id;
    bool daemon;
    bool started; /* by weft: the record is the first member of a weft_thread */
    const char *outside; /* kind of object that the thread waits for in the system, not in the
                            parking lot; NULL: none. Guarded by the lock, like the next two */
    const void *outside_object;
    weft_time outside_since;
    struct weft__held held;
};

/* Guards the list. What is done under it is short and takes no other lock. */
void weft__threads_lock(void);
void weft__threads_unlock(void);

/* The same with a deadline; false: somebody else kept it. */
bool weft__threads_lock_until(weft_time until);

/* The calling thread has it. */
bool weft__threads_locked_here(void);

/* The thread with the smallest id; `next` has the others, in their order. */
struct weft__thread_record *weft__threads_first_locked(void);

/* The next number, which no thread has had. */
unsigned weft__thread_number(void);

/* The record, complete but for its links, is in the list, or no longer. */
void weft__thread_list_locked(struct weft__thread_record *record);
void weft__thread_unlist_locked(struct weft__thread_record *record);

/* The calling thread is the one of the record, until weft__thread_end_locked(), which
 * also takes it off the list. Its id and name stay: destructors run afterwards. */
void weft__thread_begin(struct weft__thread_record *record);
void weft__thread_end_locked(void);

/* The calling thread, which weft__thread_begin() does not know and which has not used
 * weft yet, is listed under this name. */
void weft__thread_call_itself(const char *name);

/* The doctor learns what the calling thread waits for in the system; NULL: it does no more. */
void weft__thread_waits_outside(const char *what, const void *object);

/* The calling thread's; NULL: weft did not list it, or not any more. */
struct weft__thread_record *weft__thread_record(void);

/* ---- between thread.c and thread_join.c ------------------------------------------- */

enum weft__handle { WEFT__HELD, WEFT__JOINING, WEFT__DETACHED };

enum { WEFT__THREAD_RESULT = 48 }; /* bytes of a result that need no block of their own */

struct weft_thread {
    struct weft__thread_record record; /* first; listed from the start to the function's end */
    weft_thread *next;                 /* in its bucket; guarded by the list's lock */
    enum weft__handle handle;          /* guarded by the list's lock, like the next two */
    unsigned joiner;                   /* the thread that waits in the system's join; 0: none */
    weft_time joined;                  /* since when */
    weft_atomic_u32 ended;             /* set to 1 by the thread, under the list's lock, with
                                          release; joiners sleep on it and read it with acquire */
    weft_seam_thread seam;             /* written by the starter before anyone has the handle */
    weft_seam_start start;             /* these four are written before the thread starts */
    weft_function *function;
    weft_task task;
    char *name;
    weft_cancel cancel; /* what the function runs under; its parent is the starter's choice */
    void *result; /* these three are the thread's until it has ended; inline, a block or NULL */
    size_t result_size;
    char inline_result[WEFT__THREAD_RESULT];
};

/* The object of the calling thread; NULL: weft did not start it, or it is ending. */
weft_thread *weft__thread_current(void);

/* Both the function and the handle are done with the object. */
void weft__thread_destroy(weft_thread *thread);

void weft__handle_add_locked(weft_thread *thread);
void weft__handle_remove_locked(const weft_thread *thread);

#endif
