/* SPDX-License-Identifier: MIT */
#ifndef WEFT_PROCESS_CHUNK_H
#define WEFT_PROCESS_CHUNK_H

/*
 * Several items of a map as one task of a pool of processes: one block of the arena with the
 * items, or where they lie, and with room for what each of them gives, or where that is to
 * be. A chunk is used again for the next items, so a map needs the memory of those that are
 * under way and no more.
 *
 * process_chunk.c  the iterator's side
 * chunk_worker.c   the worker's
 *
 * The iterator writes the block while no worker has it: before the task is submitted, and after its
 * future is done, when its worker has ended the task or is dead. In between it only raises
 * `abandoned`. A worker leaves its mark in `progress` before it begins an item, and after the
 * last one. So when it dies, all items before `progress` have results or failures, the one
 * at `progress` dies with it, and the rest is the same chunk, submitted again from there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "internal.h"
#include "weft/arena.h"
#include "weft/executor.h"

/* What an item left instead of a result. In the arena. */
struct weft__chunk_failure {
    weft_atomic_u64 next; /* offset of the next one, by place; 0: the last. Linked (release)
                             when it is whole */
    uint64_t place;
    int32_t code;
    uint32_t died; /* 1: its worker did */
    char sentence[256];
};

struct weft__chunk_head {
    weft__function_ref function;         /* set at creation, like the sizes */
    uint64_t item_size, result_size;
    uint64_t count;                      /* the iterator's, like the next three */
    uint64_t start;                      /* the first item that the task has to run */
    weft_offset items, results;          /* of the first one, behind the head or the caller's */
    weft_atomic_u64 progress;            /* the worker's (release) */
    weft_atomic_u64 first_failure, last_failure; /* offsets; of who has the block (release). The
                                            last one may be a step behind when a worker died */
    weft_atomic_u32 unknown;             /* 1: a failure for which there was no memory; the same */
    weft_atomic_u32 abandoned;           /* 1: nobody asks any more. The iterator's, relaxed */
};

/* Appends a failure; its place is behind those of all others. */
void weft__chunk_note(struct weft__chunk_head *head, uint64_t place, int code, bool died,
                      const char *sentence);

/* The task; its argument is the weft_offset of the block. */
int weft__process_chunk_run(weft_task *task);

/* ---- the iterator's side ---------------------------------------------------------- */

typedef struct weft__process_chunk weft__process_chunk;

/* What all chunks of a map have in common. */
struct weft__chunk_kind {
    weft_function *function;
    size_t item_size, result_size;
    size_t most;        /* items in one chunk */
    bool items_stay;    /* they lie in the arena, and are used where they are */
    bool results_there; /* so do the results, and are written where they are to be */
};

/* Bytes of the arena that a chunk takes; SIZE_MAX: more than there are. */
size_t weft__process_chunk_size(const struct weft__chunk_kind *kind);

int weft__process_chunk_create(weft__process_chunk **chunk, const struct weft__chunk_kind *kind);

/* The next items, of which none is under way yet. `results` is the place for the first of
 * them, where results_there. */
void weft__process_chunk_fill(weft__process_chunk *chunk, const void *items, size_t count,
                              void *results);

/* Items from `start` on run in the pool, each of them tried again as options->retries says. */
int weft__process_chunk_submit(weft__process_chunk *chunk, weft_executor *executor,
                               weft_future **future, const weft_submit_options *options,
                               weft_time until);

/* The future is done. False: its worker died, and there are items left to be submitted. */
bool weft__process_chunk_end(weft__process_chunk *chunk, weft_future *future, unsigned retries);

/* The items that are left will not be submitted: they fail with the last error. */
void weft__process_chunk_refuse(weft__process_chunk *chunk, int code);

/* Copies the results of all items, unless they are where they are to be, if none has failed;
 * otherwise false, and nothing. */
bool weft__process_chunk_take_all(const weft__process_chunk *chunk, void *results);

/* What the item at `place` gave: 0 and its result, or its error; *died: because its worker
 * did. Places are asked for in ascending order. */
int weft__process_chunk_result(weft__process_chunk *chunk, size_t place, void *result, bool *died);

/* Nobody will ask for what the future's task gives: it is cancelled, or ends after the item it
 * is at. */
void weft__process_chunk_abandon(weft__process_chunk *chunk, weft_future *future);

/* If the abandoned task uses the caller's items or results, it is asked to stop now. */
void weft__process_chunk_interrupt(const weft__process_chunk *chunk, weft_future *future);

/* The chunk, which was abandoned if its future is not NULL, is gone as soon as no worker uses
 * it. If that uses the caller's items or results, the call waits for it. */
void weft__process_chunk_close(weft__process_chunk *chunk, weft_future *future);

#endif
