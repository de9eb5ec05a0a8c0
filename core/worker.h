/* SPDX-License-Identifier: MIT */
#ifndef WEFT_WORKER_H
#define WEFT_WORKER_H

/*
 * What a process pool and one of its workers share in the arena.
 *
 * A channel belongs to one worker process and the pool's parent: no lock, nobody else
 * touches it. Tasks stand in a ring of slots; number `position` has slot position %
 * WEFT__SLOTS, and the worker comes to the positions one after the other. A slot's state is
 * its stage and, but for a free one, its position:
 *
 *     FREE    -> QUEUED   parent, release, after it has written the task
 *     QUEUED  -> BEGUN    worker, compare-and-swap, acquire
 *     BEGUN   -> DONE     worker, release, after it has written the result
 *     DONE    -> FREE     parent, after it has read that (acquire)
 *     QUEUED  -> REVOKED  parent, compare-and-swap: taken back out of the middle
 *     REVOKED -> FREE     compare-and-swap: by the worker, which goes on to the next position;
 *                         or by the parent, if it is the last one, whose number is used again
 *     QUEUED  -> FREE     parent, compare-and-swap: taken back, likewise the last one
 *
 * So a task that has not begun has one owner at any time, and when the worker has died the
 * slots tell everything: DONE has a result, BEGUN is lost, QUEUED goes to another.
 *
 * Two doorbells. The worker sleeps on `asleep`, which it sets to 1 itself. Then it looks at
 * its slot again; the parent stores QUEUED and then looks at `asleep`. All four are seq_cst:
 * one of the two sees the other. Who wakes exchanges it for 0 first.
 * Likewise the parent (struct weft__bell): whoever collects results leaves a number in
 * `asleep` when it stops looking, another one each time, looks at the slots again, and then
 * sleeps on `word`; a worker stores DONE and then looks at `asleep`, and rings once for each
 * number. Workers only read it, so none can leave it wrong by dying. While short tasks follow
 * each other a worker tells of some together; the parent looks by itself, twice a millisecond,
 * as long as a worker has more than one.
 */

#include "internal.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/task.h"

enum {
    WEFT__SLOTS = 64,      /* a power of two */
    WEFT__SLOT_BYTES = 48, /* of an argument or a result that needs no block of its own */
    WEFT__SENTENCE = 256
};

enum weft__stage {
    WEFT__FREE,
    WEFT__QUEUED,
    WEFT__BEGUN,
    WEFT__DONE,
    WEFT__REVOKED,
    WEFT__STAGE_BITS = 3
};

enum weft__slot_flags {
    WEFT__MEASURE = 1, /* by the parent: take the time of this task */
    WEFT__OBEYED = 2   /* by the worker: it failed because it was asked to stop */
};

/* One task, and then what became of it. Small ones are in the first cache line. */
struct weft__task_slot {
    _Alignas(64) weft_atomic_u32 state;
    uint32_t flags;
    weft__function_ref function; /* the parent's, written before QUEUED */
    uint64_t size;               /* of the argument, later of the result */
    weft_offset block;           /* of a large one; 0: in bytes. That of a result is the worker's
                                    own until the parent publishes it */
    int32_t code;                /* the worker's, written before DONE */
    uint32_t took;               /* ns, the same; 0: not measured */
    char bytes[WEFT__SLOT_BYTES];
    weft_time when;              /* with MEASURE: of the submit; then how long it was queued */
};

_Static_assert(offsetof(struct weft__task_slot, bytes) % 16 == 0, "aligned for any type");

/* What the parent listens to: one for all workers of a pool. */
struct weft__bell {
    weft_atomic_u32 word;   /* raised by whoever rings */
    weft_atomic_u32 asleep; /* 0: somebody collects; otherwise rings are wanted */
};

enum weft__readiness {
    WEFT__STARTS,
    WEFT__READY,     /* initialized */
    WEFT__NOT_READY  /* the initializer failed: code and sentence say why */
};

struct weft__channel {
    weft_offset bell; /* struct weft__bell; this and the next ones are set before the start */
    bool initializes, finalizes;
    weft__function_ref initializer, finalizer;
    weft_offset argument; /* of both, argument_size bytes */
    uint64_t argument_size;
    _Alignas(64) weft_atomic_u32 asleep; /* see above */
    weft_atomic_u32 stop;  /* 1: end after what is in the ring; by the parent, release */
    weft_atomic_u32 ask;   /* state, while it runs, of the last task that was asked to stop; by
                              the parent, release; a thread of the worker sleeps on it */
    _Alignas(64) weft_atomic_u32 ready; /* enum weft__readiness; by the worker, release */
    uint32_t name; /* weft__arena_self() of the worker; 0: it has not come so far */
    int32_t code;  /* with NOT_READY, like the sentence */
    char sentence[WEFT__SENTENCE];
    _Alignas(64) struct weft__task_slot slots[WEFT__SLOTS];
    char sentences[WEFT__SLOTS][WEFT__SENTENCE]; /* of the slots with a code */
};

_Static_assert(sizeof(struct weft__task_slot) == 128 || sizeof(weft__function_ref) != 16,
               "two cache lines");

static inline uint32_t weft__slot_state(enum weft__stage stage, uint32_t position)
{
    return (uint32_t)stage | position << WEFT__STAGE_BITS;
}

static inline enum weft__stage weft__slot_stage(uint32_t state)
{
    return (enum weft__stage)(state & ((1u << WEFT__STAGE_BITS) - 1));
}

/* The worker process's function; its argument is the weft_offset of its channel. */
int weft__worker(weft_task *task);

/* ---- inside the worker --------------------------------------------------------- */

struct weft__worker_process;

/* worker_run.c: runs the task of a slot that has been begun, up to DONE. */
void weft__worker_process_run(struct weft__worker_process *worker, struct weft__task_slot *slot,
                              uint32_t begun);

/* Rings for the results that the parent has not been told of, if it sleeps. */
void weft__worker_tell(struct weft__worker_process *worker);

/* worker_ask.c: a thread that hears what the parent asks. */
int weft__worker_listen(struct weft__worker_process *worker);

/* Before a task: the token is as it should be for it. */
void weft__worker_token(struct weft__worker_process *worker, uint32_t begun);

#endif
