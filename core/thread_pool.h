/* SPDX-License-Identifier: MIT */
#ifndef WEFT_THREAD_POOL_H
#define WEFT_THREAD_POOL_H

/*
 * A pool of threads: one list of tasks per priority, and a deque per worker.
 *
 * thread_pool.c    create, shut down, close, figures
 * thread_submit.c  what submitters do: blocks, bounds, the list
 * thread_delay.c   tasks that wait for their instant
 * thread_worker.c  what workers do: take, run, steal, sleep, end
 * thread_block.c   task blocks, cut from slabs and used again
 * thread_help.c    a worker that waits for a future of its pool
 * deque.h          the deques; both.c and parallel_for.c use them and the pool
 *
 * `mutex` guards what the struct says. A submitter appends one task under it; a worker
 * takes tasks off it in batches while they prove short (see thread_worker.c), keeps them
 * in its deque, where idle workers may steal them, and brings used blocks back in batches,
 * under `return_mutex`.
 * A worker that finds nothing looks again for some microseconds, then stands in the list
 * of idle workers and sleeps on a word of its own. Whoever adds work takes at most one
 * worker out of that list at a time: the woken one wakes the next if there is more to do.
 */

#include "deque.h"
#include "future_block.h"
#include "pool.h"
#include "task_ring.h"
#include "weft/compiler.h"
#include "weft/condition.h"
#include "weft/mutex.h"
#include "weft/thread.h"

enum { WEFT__LEVELS = 3, WEFT__POOL_NAME_SIZE = 40, WEFT__SLAB = 64, WEFT__USED = 128 };

struct weft__thread_pool;

enum weft__worker_state {
    WEFT__NO_WORKER,     /* the slot is free */
    WEFT__WORKER_STARTS, /* its initializer has not returned */
    WEFT__WORKER_WORKS,
    WEFT__WORKER_LEFT,   /* its thread is still to be joined */
    WEFT__WORKER_FAILED  /* its initializer failed */
};

struct weft__worker {
    struct weft__deque deque; /* first: it wants cache lines of its own */
    struct weft__thread_pool *pool;
    unsigned index;
    enum weft__worker_state state; /* guarded by the pool's mutex */
    weft_thread *thread;           /* written by who starts or joins it, under the mutex */
    bool unsettled;                /* its starter has not written `thread` yet, likewise */
    weft_atomic_u32 bell;          /* 1: wake up. Set (release) by who took it out of the idle
                                      list; cleared by itself */
    struct weft__worker *next_idle; /* guarded by the pool's mutex */
    bool is_idle;                   /* stands in that list; likewise */
    char name[WEFT__POOL_NAME_SIZE + 12]; /* set when it starts */
    unsigned batch;                 /* tasks to take at once; this and the next ones are the
                                       worker's own */
    unsigned taken;                 /* by the last taking */
    bool woken;                     /* was picked, and has not said so under the mutex yet */
    bool leaves;                    /* was idle for too long */
    uint32_t random;
    weft_future *used[WEFT__USED]; /* blocks to be given back */
    unsigned used_count;
    weft_atomic_u32 number; /* weft_thread_current_id(); stored by itself before it works,
                               relaxed: who looks for it has met it in a future */
    char *stack;            /* an address near its beginning; NULL before it runs */
    weft_atomic_u32 busy;                         /* tasks it is in; written by itself, relaxed */
    weft_atomic_u64 finished, failed, cancelled;  /* the same */
    weft_future *waits_for; /* guarded by the lock of thread_help.c */
};

/* Submitters and workers hand the mutex to each other all the time, and what they need with
 * it travels along: two lines behind it. What is looked at without the mutex, and the mutex
 * itself, which others try, have lines of their own. */
struct weft__thread_pool {
    weft_executor base;
    void *memory;                  /* all of it. Set at creation, like what follows up to
                                      `mutex` */
    struct weft__worker *workers;  /* behind the pool, on cache lines of their own */
    weft_pool_options options;     /* argument: the pool's own copy, behind the workers */
    weft_cancel stop;              /* the parent of its tasks' tokens */
    unsigned cpus;
    char name[WEFT__POOL_NAME_SIZE];
    _Alignas(64) weft_mutex mutex;        /* guards everything below */
    _Alignas(64) weft_atomic_u32 queued;  /* in the rings; written under the mutex, read by
                                             anybody as a hint, like idle_count */
    weft_atomic_u32 idle_count;
    _Alignas(64) uint64_t submitted;
    uint32_t queued_most;
    struct weft__worker *idle;  /* newest first: it has the warmest cache */
    weft_future **unused;       /* blocks for the next tasks; the last one is the next. Changes
                                   places with `returned` under both mutexes */
    size_t unused_count;
    unsigned alive;             /* workers that have not left */
    unsigned most;              /* slots in workers; never changes */
    unsigned room_waiters;
    bool closed;
    bool waking;                /* one that was picked has not come to the mutex yet */
    bool grows;                 /* beyond base.workers; false after a worker could not start */
    struct weft__task_ring rings[WEFT__LEVELS]; /* highest priority first */
    uint64_t taken;             /* blocks, ever */
    uint64_t stamps_free;       /* a bit per place in stamps */
    unsigned starting; /* of the workers alive: whose initializer has not returned */
    unsigned leaving;  /* of them: that were idle for too long */
    unsigned delayed;  /* tasks that wait for their instant */
    size_t unused_room; /* places in unused: for all blocks there are, at least */
    size_t blocks;      /* in slabs */
    struct weft__slab *slabs;
    _Alignas(64) weft_mutex return_mutex; /* guards the next four; acquired last */
    weft_future **returned; /* blocks that came back */
    size_t returned_count;
    uint64_t back; /* ever */
    bool orphaned; /* closed: the last block that comes back frees the pool */
    _Alignas(64) weft_time stamps[WEFT__STAMPS]; /* when tasks in the rings were submitted */
    uint64_t timed;
    weft_time waited_sum, waited_most;
    uint64_t cancelled;             /* before a worker took them */
    uint64_t ran_here, failed_here; /* tasks that their submitter ran */
    weft_atomic_u32 discarding;     /* 1: tasks are cancelled, not run; read by workers, relaxed */
    struct weft__delayed *first_delayed;
    weft_condition room;  /* a task was taken off a full ring */
    weft_condition ended; /* a worker left, has initialized itself, or is settled */
    char reason[256];     /* of the last worker that could not start */
};

static inline struct weft__thread_pool *weft__thread_pool_of(weft_executor *executor)
{
    return (struct weft__thread_pool *)executor; /* base is its first field */
}

/* Whether it is a pool of threads. */
bool weft__is_thread_pool(const weft_executor *executor);
bool weft__thread_pool_is_closed(weft_executor *executor);

/* The worker that the calling thread is; NULL: none. Set by it alone. */
extern WEFT_THREAD_LOCAL struct weft__worker *weft__worker_self;

static inline struct weft__worker *weft__worker_current(void)
{
    return weft__worker_self;
}

/* ---- thread_submit.c ------------------------------------------------------------ */

/* Room for one more task in a ring, beside those that wait for their instant. The mutex may
 * be released and held again meanwhile. */
int weft__thread_reserve_locked(struct weft__thread_pool *pool, enum weft_priority priority);

/* Appends a task for which there is room. */
void weft__thread_append_locked(struct weft__thread_pool *pool, weft_future *task,
                                enum weft_priority priority);

/* One more worker, if none is idle and the pool may grow; the mutex is released and held again
 * meanwhile. That none can be started is no failure: the others will come to the task. */
void weft__thread_grow_locked(struct weft__thread_pool *pool);

/* After work was added and the mutex released: who has to be woken, from
 * weft__thread_pick_idle_locked(), or NULL. */
struct weft__worker *weft__thread_pick_idle_locked(struct weft__thread_pool *pool);
void weft__thread_wake(struct weft__worker *worker);

/* All who are idle, out of their list, and after the mutex was released: awake. */
struct weft__worker *weft__thread_take_idle_locked(struct weft__thread_pool *pool);
void weft__thread_wake_all(struct weft__worker *worker);

/* As `until` of a submit: a full pool refuses it, whatever its when_full. */
#define WEFT__IF_ROOM INT64_MIN

int weft__thread_submit(weft_executor *executor, weft_future **future, weft_function *function,
                        const void *argument, size_t size, const weft_submit_options *options,
                        weft_time until);
int weft__thread_submit_promise(weft_executor *executor, weft_future *promise,
                                weft_function *function, const void *argument, size_t size);

/* ---- thread_block.c; _locked: the caller holds the mutex ------------------------- */

/* There is an unused block; the mutex may be released and held again meanwhile. */
int weft__thread_block_reserve_locked(struct weft__thread_pool *pool);
/* Takes one that is there. */
weft_future *weft__thread_block_take_locked(struct weft__thread_pool *pool);
/* The used ones of a worker come back. */
void weft__thread_block_return(struct weft__worker *worker);
/* Between them the pool's memory stays, whoever closes it. */
void weft__thread_pool_pin_locked(struct weft__thread_pool *pool);
void weft__thread_pool_unpin(struct weft__thread_pool *pool);

/* Frees the pool at once, or when its last block comes back. */
void weft__thread_pool_free(struct weft__thread_pool *pool);

/* ---- thread_delay.c -------------------------------------------------------------- */

/* Keeps a task until its instant; on failure the block is gone. */
int weft__thread_delay(struct weft__thread_pool *pool, weft_future *task,
                       const weft_submit_options *options);
/* Cancels all that wait for their instant. */
void weft__thread_delay_discard(struct weft__thread_pool *pool);

/* ---- thread_worker.c ------------------------------------------------------------- */

/* A thread for a free slot; the mutex is released and held again meanwhile. */
int weft__worker_start_locked(struct weft__thread_pool *pool, struct weft__worker *worker);
/* A free slot, or NULL. */
struct weft__worker *weft__worker_slot_locked(struct weft__thread_pool *pool);
/* Runs a task that the worker has begun; the producer's reference stays. */
void weft__worker_run(struct weft__worker *worker, weft_future *task);
/* Runs a task that nobody else can reach in the thread that submits it. */
void weft__task_run_here(struct weft__thread_pool *pool, weft_future *task);
/* The oldest task of a ring, which is not empty. */
weft_future *weft__thread_pop_locked(struct weft__thread_pool *pool, int level);
/* Takes an entry from another worker's deque. */
void *weft__worker_steal(struct weft__worker *from);
/* Runs an entry of a deque: a task or a branch of weft_both(). */
void weft__worker_run_entry(struct weft__worker *worker, void *entry);

/* ---- both.c ---------------------------------------------------------------------- */

/* Runs a branch that was stolen. */
void weft__branch_run(struct weft__worker *thief, void *entry);
bool weft__entry_is_branch(const void *entry);

/* ---- thread_help.c and future_wait.c ---------------------------------------------- */

/* Runs the future, or one that it waits for, if that is a task of this worker's pool which
 * has not begun (*did). 0;
 * WEFT_EDEADLK: misuse, that has been done too often within itself. */
int weft__thread_help(struct weft__worker *worker, weft_future *future, bool *did);

/* Work was added that a sleeping worker may wait for: they look again. The mutex must not be
 * held: what the search for circles releases may need it. */
void weft__thread_poke(struct weft__thread_pool *pool);

/* Between them others see what the worker waits for. WEFT_EDEADLK: misuse, that would wait
 * for this worker. */
int weft__thread_wait_begin(struct weft__worker *worker, weft_future *future);
void weft__thread_wait_end(struct weft__worker *worker);

/* The deadline has passed, or the caller is cancelled: then nothing is begun for a wait. */
bool weft__wait_is_over(weft_time until);

/* The future is done; as weft_future_result() waits. */
int weft__future_await(weft_future *future, weft_time until);

/* The same where the caller cannot go on before, whatever happens. Misuse is told. */
void weft__future_await_end(weft_future *future);

#endif
