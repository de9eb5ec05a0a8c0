/* SPDX-License-Identifier: MIT */
#ifndef WEFT_PROCESS_POOL_H
#define WEFT_PROCESS_POOL_H

/*
 * A pool of processes: pending tasks, workers with a channel each (worker.h), and one
 * manager thread.
 *
 * process_pool.c   what the caller's threads do: submit, shut down, close
 * process_work.c   the tasks: pending, handed to a worker, finished
 * process_manager.c  the manager: collects, hands out, replaces workers that died
 *
 * `mutex` guards everything but the channels' own atomics. Whoever submits hands the
 * task to an idle worker at once, or leaves it pending. The manager sleeps on the bell,
 * a word in the arena that workers raise when a call is done and monitors when a
 * process has ended. Only the manager starts and forgets processes (weft_process_pool
 * does, before there is a manager); futures are finished with no lock held.
 *
 * A worker has one call at a time: a task never waits behind another one while a
 * worker is idle.
 */

#include "pool.h"
#include "weft/event.h"
#include "weft/mutex.h"
#include "weft/process.h"
#include "weft/thread.h"
#include "worker.h"

enum { WEFT__POOL_NAME = 40 };

struct weft__work {
    struct weft__work *next;
    weft_future *future; /* the producer's reference */
    weft_offset call;    /* struct weft__call */
    bool lost;           /* its worker died; `sentence` says how */
    char sentence[WEFT__SENTENCE];
};

struct weft__worker_slot {
    weft_process *process; /* NULL: none runs */
    weft_offset channel_at;
    struct weft__channel *channel;
    struct weft__work *running; /* what its ring holds; NULL: idle */
};

struct weft__process_pool {
    weft_executor base;
    weft_offset bell_at; /* set at creation, like bell, manager and name */
    weft_atomic_u32 *bell;
    weft_thread *manager;
    char name[WEFT__POOL_NAME];
    weft_event finished;              /* set by the manager when no process is left */
    weft_mutex mutex;                 /* guards everything below */
    struct weft__work *first, **last; /* pending */
    bool closed, stopping, killing;
    unsigned started;            /* numbers the workers' names */
    unsigned failed_starts;      /* in a row */
    weft_time next_start;        /* not before this */
    char reason[WEFT__SENTENCE]; /* of the last failed start */
    struct weft__worker_slot workers[];
};

/* ---- process_work.c; _locked: the caller holds the pool's mutex ---------------- */

/* A task with its call in the arena, the pool's future not yet in it. */
int weft__work_create(struct weft__work **work, weft_function *function, const void *argument,
                      size_t size);
void weft__work_destroy(struct weft__work *work);

void weft__work_append_locked(struct weft__process_pool *pool, struct weft__work *work);
void weft__work_prepend_locked(struct weft__process_pool *pool, struct weft__work *work);
struct weft__work *weft__work_take_all_locked(struct weft__process_pool *pool);

/* Hands pending tasks to idle workers. */
void weft__work_dispatch_locked(struct weft__process_pool *pool);

/* Ends the future with what the worker left, or with the loss, and frees the task. */
void weft__work_finish(struct weft__work *work);

/* ---- process_manager.c -------------------------------------------------------- */

/* Starts a process in an empty slot. */
int weft__worker_start(struct weft__process_pool *pool, struct weft__worker_slot *slot);

/* Frees the slot of a process that has ended. Its call, if it had begun, is lost and
 * goes on the list `done`; otherwise it is pending again. */
void weft__worker_forget_locked(struct weft__process_pool *pool, struct weft__worker_slot *slot,
                                struct weft__work **done);

/* No worker runs, and none will be started any more. */
bool weft__pool_is_broken_locked(const struct weft__process_pool *pool);

/* The manager thread; its argument is the pool. */
int weft__pool_manage(weft_task *task);

#endif
