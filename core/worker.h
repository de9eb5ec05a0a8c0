/* SPDX-License-Identifier: MIT */
#ifndef WEFT_WORKER_H
#define WEFT_WORKER_H

/*
 * What a process pool and one of its workers share in the arena.
 *
 * A channel belongs to one worker process and the pool's parent: no lock, nobody else
 * touches it. Calls travel through a ring of offsets with three counts that only grow:
 *
 *     put    written by the parent after the call is in the ring   (release)
 *     begun  written by the worker before it runs the call         (release)
 *     done   written by the worker after it has left the result    (release)
 *
 * Each reader loads with acquire. When the worker dies, done <= begun <= put tells
 * everything: calls below done have results, a call below begun but not done was
 * running, and is lost; the rest never began, and goes to others.
 */

#include "internal.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/task.h"

enum {
    WEFT__RING = 8,           /* room for calls; a power of two */
    WEFT__INLINE_RESULT = 64, /* bytes of a result that need no block of their own */
    WEFT__SENTENCE = 256
};

/* One task. The parent allocates and frees it. */
struct weft__call {
    weft__function_ref function; /* these two, and the argument behind the struct, are the */
    uint64_t size;               /* parent's, written before `put` */
    int32_t code;                /* the rest is the worker's, written before `done` */
    uint64_t result_size;
    weft_offset result; /* 0: inline */
    char inline_result[WEFT__INLINE_RESULT];
    char sentence[WEFT__SENTENCE];
};

struct weft__channel {
    weft_offset pool_bell; /* a weft_atomic_u32 that the parent sleeps on */
    weft_atomic_u32 bell;  /* raised by the parent after each change; the worker sleeps on
                              it */
    weft_atomic_u32 ready; /* 1: the worker runs its loop (release) */
    weft_atomic_u32 stop;  /* 1: end after what is in the ring (release) */
    weft_atomic_u32 put, begun, done;
    weft_atomic_u64 calls[WEFT__RING]; /* offsets; ordered by put */
};

/* The worker process's function; its argument is the weft_offset of its channel. */
int weft__worker(weft_task *task);

#endif
