/* SPDX-License-Identifier: MIT */
#ifndef WEFT_SHARED_OBJECT_H
#define WEFT_SHARED_OBJECT_H

/*
 * What the objects of weft/shared.h have in common: they begin with a word that tells their
 * kind, and name processes, which may be dead, in what they say. Of platform/ only.
 */

#include <stddef.h>
#include <stdint.h>

#include "internal.h"
#include "weft/arena.h"
#include "weft/atomic.h"

/* First words: written at creation, 0 from the close on. */
enum weft__shared_kind {
    WEFT__SHARED_KIND = 0x7EF7A000,
    WEFT__SHARED_MUTEX,
    WEFT__SHARED_SEMAPHORE,
    WEFT__SHARED_RMUTEX,
    WEFT__SHARED_CONDITION,
    WEFT__SHARED_EVENT,
    WEFT__SHARED_BARRIER,
    WEFT__SHARED_QUEUE,
    WEFT__SHARED_PIPE
};

#define WEFT__SHARED_KINDS UINT32_C(15) /* the bits in which they differ */

/* An object of that kind, all zero behind its first word. Errors as weft_shared_alloc(). */
int weft__shared_create(weft_offset *at, enum weft__shared_kind kind, size_t size);

/* What this process knows of the arena, as objects are looked for all the time. Written, to the
 * same again, by whoever finds it out of date; `most` last (release). */
struct weft__shared_view {
    weft_atomic_pointer base; /* of the arena, here */
    weft_atomic_u64 self;     /* the calling process: a weft__shared_process */
    weft_atomic_u64 most;     /* an offset: up to there, blocks may be looked into */
};
extern struct weft__shared_view weft__shared_view;

/* What the offset leads to, for somebody who only hopes that it is an object; NULL: there cannot
 * be one. */
weft_atomic_u32 *weft__shared_find_slowly(weft_offset at);

/* The object of that kind; NULL: there is none, and weft__shared_refuse() says so. */
static inline void *weft__shared_find(weft_offset at, enum weft__shared_kind kind)
{
    uint64_t most = weft_load_u64(&weft__shared_view.most, WEFT_ACQUIRE);
    char *base = weft_load_pointer(&weft__shared_view.base, WEFT_RELAXED);
    weft_atomic_u32 *first = at - 1 < most && at % 64 == 0 ? (void *)(base + at)
                                                           : weft__shared_find_slowly(at);

    return first && weft_load_u32(first, WEFT_ACQUIRE) == (uint32_t)kind ? first : NULL;
}

/* Misuse, and its code: `what` at that place is none, or this process may not use it. */
int weft__shared_refuse(weft_offset at, const char *what);

/* The object is gone. 0 is no object and no misuse. */
void weft__shared_close(weft_offset at, enum weft__shared_kind kind, const char *what);

/* Fails with "<what> <at>: its wait was cancelled", or "...: <late>". */
int weft__shared_fail_wait(int err, const char *what, weft_offset at, const char *late);

/* A process as others may have to name it: its name in the arena << 32, + the low half of its
 * pid, or 0 if that is not known. */
typedef uint64_t weft__shared_process;

/* The calling one, which has found an object. */
static inline weft__shared_process weft__shared_self(void)
{
    return weft_load_u64(&weft__shared_view.self, WEFT_RELAXED);
}

/* The process of that name. `note` is what it wrote down of itself, or what another one did
 * if it died before. */
static inline weft__shared_process weft__shared_process_of(uint32_t name, weft__shared_process note)
{
    return note >> 32 == name ? note : (uint64_t)name << 32;
}

/* "process 4711" */
enum { WEFT__SHARED_PROCESS_TEXT = 48 };

const char *weft__shared_process_text(weft__shared_process process,
                                      char text[WEFT__SHARED_PROCESS_TEXT]);

#endif
