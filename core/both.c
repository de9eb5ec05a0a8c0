/* SPDX-License-Identifier: MIT */
/*
 * Fork and join of two branches on the caller's stack.
 *
 * The second branch stands in the worker's deque while the first one runs. Mostly it is
 * still there afterwards and runs at once: lazy task creation (Mohr, Kranz and Halstead,
 * 1991), as in Cilk and Rayon. If it was stolen, the caller steals from the thief, and
 * from nobody else: a thief's deque was empty when it stole, so what stands in it now was
 * split off by the stolen branch ("leapfrogging", Wagner and Calder, 1993), as long as the
 * branch is not done. A waiting worker so never begins work that its own does not need.
 *
 * `thief` is stored with release by the thief before it runs the branch; `state` with
 * release after it, as its last access: the branch's memory may be gone then.
 */
#include "internal.h"
#include "thread_pool.h"
#include "weft/parallel.h"
#include "weft/wait.h"

enum { UNDONE, AWAITED, DONE };

struct branch {
    weft_branch_function *run;
    void *context;
    const weft_cancel *cancel; /* what its owner works under */
    weft_atomic_pointer thief;
    weft_atomic_u32 state;
};

/* Entries of a deque are aligned; the lowest bit tells branches from tasks. */
static void *entry_of(struct branch *branch)
{
    return (char *)branch + 1;
}

bool weft__entry_is_branch(const void *entry)
{
    return ((uintptr_t)entry & 1) != 0;
}

void weft__branch_run(struct weft__worker *thief, void *entry)
{
    struct branch *branch = (struct branch *)((char *)entry - 1);
    const weft_cancel *before = weft_cancel_enter(branch->cancel);

    weft_store_pointer(&branch->thief, thief, WEFT_RELEASE);
    branch->run(branch->context);
    weft_cancel_enter(before);
    if (weft_exchange_u32(&branch->state, DONE, WEFT_ACQ_REL) == AWAITED)
        weft_wake(&branch->state, 1); /* the address only */
}

/* Something that the stolen branch has split off. The thief goes on to other work as soon as
 * it is done: what it does then is nothing to wait for. */
static void *steal_part(struct weft__worker *thief, const struct branch *branch)
{
    void *entry = NULL;

    while (!entry && !weft__deque_is_empty(&thief->deque) &&
           weft_load_u32(&branch->state, WEFT_ACQUIRE) != DONE)
        entry = weft__deque_steal_unless(&thief->deque, &branch->state, DONE);
    return entry;
}

/* Until the stolen branch is done: works on what it has split off. */
static void await(struct weft__worker *worker, struct branch *branch)
{
    const weft_cancel *before = weft_cancel_enter(NULL); /* the branch lies on this stack */
    struct weft__backoff backoff = {0};
    uint32_t seen;

    while ((seen = weft_load_u32(&branch->state, WEFT_ACQUIRE)) != DONE) {
        struct weft__worker *thief = weft_load_pointer(&branch->thief, WEFT_ACQUIRE);
        void *entry = thief ? steal_part(thief, branch) : NULL;

        if (entry) {
            weft__worker_run_entry(worker, entry);
            backoff = (struct weft__backoff){0};
        } else if (!weft__backoff(&backoff) &&
                   (seen == AWAITED ||
                    weft_cas_u32(&branch->state, &seen, AWAITED, WEFT_ACQUIRE))) {
            (void)weft__wait(&branch->state, AWAITED, WEFT_FOREVER, "branch", branch);
        }
    }
    weft_cancel_enter(before);
}

/* Work was put into a deque: somebody who sleeps could take it. */
static void offer(struct weft__thread_pool *pool)
{
    struct weft__worker *idle;

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    idle = weft__thread_pick_idle_locked(pool);
    weft_mutex_release(&pool->mutex);
    weft__thread_wake(idle);
}

void weft_both(weft_branch_function *a, void *a_context, weft_branch_function *b, void *b_context)
{
    struct weft__worker *worker = weft__worker_current();
    struct branch branch;

    if (!worker) {
        a(a_context);
        b(b_context);
        return;
    }
    branch.run = b;
    branch.context = b_context;
    branch.cancel = weft__self.cancel;
    weft_store_pointer(&branch.thief, NULL, WEFT_RELAXED);
    weft_store_u32(&branch.state, UNDONE, WEFT_RELAXED);
    if (!weft__deque_push(&worker->deque, entry_of(&branch))) {
        a(a_context);
        b(b_context);
        return;
    }
    if (weft_load_u32(&worker->pool->idle_count, WEFT_RELAXED) > 0)
        offer(worker->pool);
    a(a_context);
    if (weft__deque_pop(&worker->deque))
        b(b_context);
    else
        await(worker, &branch);
}
