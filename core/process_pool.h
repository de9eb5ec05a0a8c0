/* SPDX-License-Identifier: MIT */
#ifndef WEFT_PROCESS_POOL_H
#define WEFT_PROCESS_POOL_H

/*
 * A pool of processes: lists of pending tasks, seats for workers with a channel each
 * (worker.h), a manager thread and a thread that starts processes.
 *
 * process_pool.c      create, shut down, close, figures
 * process_submit.c    what submitters do: bounds, blocks
 * process_delay.c     tasks that wait for their instant
 * process_list.c      pending tasks; which worker gets the next one
 * process_seat.c      the parent's side of a channel: put, take back, revoke
 * process_collect.c   results that are there become futures that are done
 * process_manager.c   the manager's rounds; when it sleeps
 * process_watch.c     what it does by the clock: tasks that stand behind a long one, limits,
 *                     tasks that go on after they were asked to stop
 * process_cancel.c    cancel and interrupt; tokens
 * process_end.c       workers that ended: what is lost, and what is not
 * process_start.c     the thread that starts workers
 * process_block.c     memory of tasks
 *
 * `mutex` guards all but what says otherwise. Submitters put a task into the ring of a
 * worker, or into a list. As long as tasks prove short, rings are filled deep, so that
 * hand-offs are few; with long ones each worker has one, and what stands behind a task that
 * turns out long is taken back within a millisecond.
 *
 * Results are collected by whoever has the `role`: the manager, or for some microseconds a
 * thread that waits for a future. It alone moves `taken`, without the mutex; the manager needs
 * it, too, to take a seat away. While nobody has the role, workers ring the bell. Callbacks
 * run in the manager alone.
 *
 * A task's future is PENDING until its result is collected: whether it has begun, only its slot
 * knows. It leaves PENDING by who collects a DONE slot; or under the mutex, by who has
 * taken it out of a list or won its slot from the worker.
 */

#include "future_block.h"
#include "pool.h"
#include "weft/condition.h"
#include "weft/event.h"
#include "weft/mutex.h"
#include "weft/process.h"
#include "weft/thread.h"
#include "worker.h"

enum { WEFT__CREW_NAME = 40, WEFT__PRIORITIES = 3, WEFT__STARTS_MOST = 10, WEFT__WAKES = 8 };

_Static_assert((int)WEFT__SLOT_BYTES == (int)WEFT__PAYLOAD, "a small result fits its future");

/* How often the manager looks at workers that should be at a task. */
#define WEFT__IDLE_PATROL WEFT_MS(20)

struct weft__process_pool;

enum weft__where { WEFT__NOWHERE, WEFT__IN_LIST, WEFT__IN_RING, WEFT__IN_TIME, WEFT__DOOMED };

/* Tokens of single tasks, each once. In a list of the pool. */
struct weft__watched {
    struct weft__watched *next;
    const weft_cancel *cancel;
    weft_atomic_u32 tasks; /* that have it and are not done. Changes with the mutex or the role
                              held, so relaxed; who has both may look at the token if it is
                              not 0 */
    bool requested;        /* its tasks have been told */
};

/* A task. Its memory is the pool's. A small argument lies in the future's payload until the
 * result takes its place. */
struct weft__work {
    _Alignas(64) weft_future own; /* first: of a submit; that of a weft_then() is elsewhere */
    weft_future *future; /* the producer's reference */
    struct weft__work *next, *previous; /* in its list */
    struct weft__process_pool *pool;
    weft__function_ref function;
    weft_offset large; /* argument; 0: small */
    size_t size;       /* of the argument */
    uint64_t number;   /* in the order of submits; equal priorities begin by it */
    weft_time submitted; /* 0: its time in the queue is not taken */
    weft_time limit;     /* 0: none */
    struct weft__watched *watched; /* NULL: no token of its own */
    struct weft__delayed *delayed; /* IN_TIME */
    uint32_t retries;              /* that are left */
    uint32_t tries;                /* that failed */
    uint32_t position;             /* IN_RING */
    unsigned seat;                 /* the same */
    uint8_t where;    /* enum weft__where */
    int8_t priority;  /* enum weft_priority */
    bool unheard;     /* it failed, and nobody has its future; the role's */
};

_Static_assert(sizeof(void *) != 8 || sizeof(struct weft__work) == 256,
               "each further line costs a first burst of tasks its share of page faults");

/* Before its future is done: the token need not live longer. With the role or the mutex. */
static inline void weft__work_unwatch(struct weft__work *work)
{
    if (work->watched)
        weft_fetch_sub_u32(&work->watched->tasks, 1, WEFT_RELAXED);
    work->watched = NULL;
}

struct weft__list {
    struct weft__work *first, *last;
};

enum weft__seat_state { WEFT__EMPTY, WEFT__STARTING, WEFT__TAKEN };

/* A place for a worker process. `live`, `channel` and `process` change with the role and the
 * mutex held, but for the starter, which fills an empty seat under the mutex alone. */
struct weft__seat {
    weft_atomic_u32 live; /* 1: channel and process are there; release, acquire */
    struct weft__channel *channel;
    weft_process *process;
    weft_atomic_u32 taken; /* positions collected; by the role's holder, release */
    bool ended;            /* the manager's */
    weft_offset channel_at;
    enum weft__seat_state state;
    uint32_t put;       /* positions given out */
    uint32_t holes;     /* of them revoked, and not passed yet */
    bool ready;         /* initialized */
    bool standby;       /* may not be used yet: it will replace another one */
    bool retiring;      /* gets no more tasks, and ends when it has none */
    bool stopped;       /* has been told so */
    bool killed;
    uint64_t assigned;  /* tasks, ever */
    weft_time idle_since;    /* 0: has tasks */
    uint32_t head;           /* state of its oldest slot, when the manager saw it first; */
    weft_time head_since;    /* and when that was */
    uint32_t stalled;        /* 1 + position of a task that takes long; 0: none */
    uint32_t asked;          /* state of the task that was asked to stop; 0: none */
    weft_time grace;         /* that it was given for that */
    weft_time ends;          /* when it is killed, because of `asked` or `stopped`; 0: never */
    int verdict;             /* code of the task that its kill ends; 0: WEFT_ELOST */
    char sentence[WEFT__SENTENCE];           /* with `verdict` */
    struct weft__work *works[WEFT__SLOTS];   /* NULL: a hole. Of a DONE slot the role's */
};

/* Figures that the holder of the role writes, relaxed. */
struct weft__collected {
    weft_atomic_u64 finished, failed, bytes, timed, waited;
    weft_atomic_u64 waited_most;
};

struct weft__process_pool {
    weft_executor base;
    void *memory;              /* all of it. Set at creation, like what follows up to `role` */
    weft_pool_options options;
    char name[WEFT__CREW_NAME];
    unsigned most, seat_count, cpus;
    weft_offset bell_at, argument_at;
    struct weft__bell *bell;
    struct weft__seat *seats;
    weft__function_ref initializer, finalizer;
    weft_thread *manager, *starter;
    weft_event finished; /* no process is left, and none will be */
    _Alignas(64) weft_atomic_u32 role; /* process_collect.c */
    weft_atomic_u32 wanted;            /* waiters that would like it */
    weft_atomic_u32 sleeps;            /* 1: the manager may sleep on the bell; seq_cst against
                                          changes of its word in this process */
    weft_atomic_u32 mean;              /* ns that a task takes, about; by the role's holder,
                                          relaxed, like the next two */
    weft_atomic_u32 shallow;           /* tasks in a ring before another worker is woken */
    weft_atomic_u32 deep;              /* tasks in a ring at most */
    weft_atomic_u32 collected_count;   /* all `taken` together; the same, release */
    uint32_t number;                   /* of the bell's `asleep`; the role's */
    struct weft__work *untold;         /* done, with callbacks for the manager; the role's */
    struct weft__collected collected;
    _Alignas(64) weft_mutex mutex;     /* guards everything below, and seats */
    struct weft__work *unused;
    uint32_t put_count;                /* all `put` together */
    uint32_t pending;                  /* in the lists */
    struct weft__list lists[WEFT__PRIORITIES]; /* highest first */
    bool prioritized;                  /* a priority was used */
    unsigned hot;                      /* seat that got the last task */
    uint64_t submitted;
    uint64_t blocks_taken;
    unsigned ready_count;              /* seats that get tasks */
    unsigned room_waiters;
    uint32_t queued_most;
    weft_time patrol;                  /* the manager looks again after so many ns, if it is not
                                          rung before; WEFT_FOREVER: it does not */
    bool closed, killing, over, creating;
    bool pool_requested;               /* the pool's token: its tasks have been told */
    unsigned target;                   /* workers that there should be now */
    unsigned unproven;                 /* processes that have neither got ready nor ended */
    unsigned failed_starts;            /* in a row */
    unsigned vain_ends;                /* in a row: weft__worker_ended_locked() */
    weft_time next_start;              /* not before this, if one of the two is not 0 */
    bool refused;                      /* a start, ever, by the system */
    int start_error;                   /* of the last failed start, with `reason` */
    char reason[WEFT__SENTENCE];
    struct weft__watched *watched;
    struct weft__delayed *first_delayed;
    unsigned delayed;
    unsigned names;                    /* given to workers */
    uint64_t started, lost, retried, cancelled, bytes_out;
    weft_condition room;               /* a place is free */
    weft_condition starts;             /* a worker should be started, or no more */
    weft_condition crew;               /* a worker has got ready, or not */
    struct weft__slab *slabs;
    _Alignas(64) weft_mutex return_mutex; /* guards the rest; acquired last */
    struct weft__work *returned;
    uint64_t blocks_back;
    bool orphaned;
};

static inline struct weft__process_pool *weft__process_pool_of(weft_executor *executor)
{
    return (struct weft__process_pool *)executor; /* base is its first field */
}

/* Workers to be woken when the mutex has been released: only the address is used then. */
struct weft__wakes {
    weft_atomic_u32 *words[WEFT__WAKES];
    unsigned count;
};

void weft__wakes_add(struct weft__wakes *wakes, weft_atomic_u32 *word);
void weft__wakes_send(struct weft__wakes *wakes);

/* ---- process_block.c ------------------------------------------------------------- */

/* Memory for a task, or NULL. */
struct weft__work *weft__block_take_locked(struct weft__process_pool *pool);
void weft__block_put_back_locked(struct weft__process_pool *pool, struct weft__work *work);
/* Frees the pool, at once or when its last block comes back. */
void weft__process_pool_free(struct weft__process_pool *pool);
/* As if one more block were out, and as if it came back. */
void weft__process_pool_pin(weft_executor *executor);
void weft__process_pool_unpin(weft_executor *executor);

/* ---- process_submit.c ------------------------------------------------------------ */

int weft__process_submit(weft_executor *executor, weft_future **future, weft_function *function,
                         const void *argument, size_t size, const weft_submit_options *options,
                         weft_time until);
int weft__process_submit_promise(weft_executor *executor, weft_future *promise,
                                 weft_function *function, const void *argument, size_t size);

/* The tasks that wait for a worker, about. */
uint32_t weft__pool_queued_locked(const struct weft__process_pool *pool);

/* Its place is free. */
void weft__pool_room_locked(struct weft__process_pool *pool);

/* ---- process_delay.c ------------------------------------------------------------- */

int weft__work_delay_locked(struct weft__process_pool *pool, struct weft__work *work, weft_time at);
/* Out of its place in time; false: the timer comes just now, and drops it. */
bool weft__work_undelay_locked(struct weft__process_pool *pool, struct weft__work *work);
/* All of them, one after the other; NULL: the first, and the last. */
struct weft__work *weft__delayed_next(struct weft__process_pool *pool, struct weft__work *after);

/* ---- process_list.c ---------------------------------------------------------------- */

void weft__list_append_locked(struct weft__process_pool *pool, struct weft__work *work);
/* By its number: what comes back from a worker goes to the front. */
void weft__list_return_locked(struct weft__process_pool *pool, struct weft__work *work);
void weft__list_remove_locked(struct weft__process_pool *pool, struct weft__work *work);

/* A new task goes to a worker or into its list. */
void weft__work_place_locked(struct weft__process_pool *pool, struct weft__work *work,
                             struct weft__wakes *wakes);
/* Gives pending tasks to workers. */
void weft__work_dispatch_locked(struct weft__process_pool *pool, struct weft__wakes *wakes);

/* ---- process_seat.c ------------------------------------------------------------------ */

static inline uint32_t weft__seat_load(const struct weft__seat *seat)
{
    return seat->put - weft_load_u32(&seat->taken, WEFT_ACQUIRE);
}

static inline struct weft__task_slot *weft__seat_slot(const struct weft__seat *seat,
                                                      uint32_t position)
{
    return &seat->channel->slots[position % WEFT__SLOTS];
}

void weft__seat_put_locked(struct weft__process_pool *pool, struct weft__seat *seat,
                           struct weft__work *work, struct weft__wakes *wakes);
/* The last task that has not begun, out of the ring; NULL: none. */
struct weft__work *weft__seat_take_back_locked(struct weft__process_pool *pool,
                                               struct weft__seat *seat);
/* All of them, back into their lists. */
void weft__seat_empty_locked(struct weft__process_pool *pool, struct weft__seat *seat);
/* Out of the ring, wherever it stands; false: it has begun. */
bool weft__work_revoke_locked(struct weft__process_pool *pool, struct weft__work *work);
/* With the role: passes positions that were revoked and that the worker has passed. True: there
 * were some. */
bool weft__seat_pass_holes_locked(struct weft__process_pool *pool, struct weft__seat *seat);
/* The worker is told to end. */
void weft__seat_stop_locked(struct weft__process_pool *pool, struct weft__seat *seat,
                            struct weft__wakes *wakes);
/* It ends by force. Code and sentence are those of the task that it is in. */
void weft__seat_kill_locked(struct weft__seat *seat, int code, const char *format, ...)
    WEFT_PRINTF(3, 4);
/* The state of its oldest slot, of a live seat with tasks. */
uint32_t weft__seat_head(const struct weft__seat *seat);

/* ---- process_collect.c ----------------------------------------------------------------- */

/* Has the role, and gives it back. False: a result has come that nobody may have seen. */
void weft__role_take(struct weft__process_pool *pool);
bool weft__role_give(struct weft__process_pool *pool);
/* How many results were collected. The mutex is not held. */
unsigned weft__collect(struct weft__process_pool *pool, bool manager);
/* The manager: runs the callbacks of what others have collected. */
void weft__collect_tell(struct weft__process_pool *pool);
/* A task takes so many ns. */
void weft__collect_learn(struct weft__process_pool *pool, uint32_t took);
bool weft__collect_is_due(const struct weft__process_pool *pool);
/* Whether who waits for results may use up a CPU for it: there is one to spare, or the next
 * result comes at once. */
bool weft__collect_may_look(const struct weft__process_pool *pool);
/* The task is over: what the pool keeps for it goes. The future has ended, or will not. */
void weft__work_drop(struct weft__work *work);
/* Ends the task's future with an error, and drops it. The mutex is not held. */
void weft__work_fail(struct weft__work *work, int code, const char *sentence);

/* ---- process_manager.c, process_watch.c -------------------------------------------------- */

/* What a round has to do when the mutex is released: tasks whose futures end. */
struct weft__round {
    weft_time now, until; /* the next round, at the latest */
    bool again;           /* at once */
    struct weft__work *cancelled; /* a list by `next`; claimed already */
    struct weft__work *refused;   /* a list by `next`; nobody will run them */
    struct weft__work *lost;      /* one, with code and sentence */
    int code;
    char sentence[WEFT__SENTENCE];
    uint32_t buried; /* a worker's name in the arena; 0: none has ended */
    struct weft__wakes wakes;
};

int weft__pool_manage(weft_task *task);
/* It has something to do: at once, or within so many ns. */
void weft__pool_rouse_locked(struct weft__process_pool *pool, struct weft__wakes *wakes);
void weft__pool_look_within_locked(struct weft__process_pool *pool, weft_time period,
                                   struct weft__wakes *wakes);
/* True in the manager's thread of this pool. */
bool weft__pool_is_managed_here(const struct weft__process_pool *pool);
void weft__round_sooner(struct weft__round *round, weft_time at);

void weft__watch_locked(struct weft__process_pool *pool, struct weft__round *round);

/* ---- process_cancel.c -------------------------------------------------------------------- */

bool weft__process_withdraw(weft_future *future);
bool weft__process_running(weft_future *future);
void weft__process_interrupt(weft_future *future);
/* All that has not begun: to round->cancelled. */
void weft__pool_discard_locked(struct weft__process_pool *pool, struct weft__round *round);
/* The same, to round->refused. */
void weft__pool_refuse_locked(struct weft__process_pool *pool, struct weft__round *round);
/* Looks at the tokens. */
void weft__tokens_locked(struct weft__process_pool *pool, struct weft__round *round);
/* The entry of the token, with one more task; NULL: out of memory. */
struct weft__watched *weft__token_watch_locked(struct weft__process_pool *pool,
                                               const weft_cancel *cancel);
/* Ends the futures of a list of cancelled tasks. The mutex is not held. */
void weft__work_cancel_all(struct weft__work *works);

/* ---- process_end.c ------------------------------------------------------------------------ */

/* With the role: the worker has ended, and its seat is free. */
void weft__seat_forget_locked(struct weft__process_pool *pool, struct weft__seat *seat,
                              struct weft__round *round);

/* ---- process_start.c ---------------------------------------------------------------------- */

/* The thread that starts workers; its argument is the pool. */
int weft__pool_start_workers(weft_task *task);
/* No worker is there, and none will be. */
bool weft__pool_is_broken_locked(const struct weft__process_pool *pool);
/* At creation: there will not be all of them. */
bool weft__pool_gives_up_locked(const struct weft__process_pool *pool);
void weft__start_failed_locked(struct weft__process_pool *pool, int code, const char *reason);
/* A worker that was ready has ended. If that came early, by itself and without a task, and the
 * one before it likewise, the next start waits, as after one that failed. */
void weft__worker_ended_locked(struct weft__process_pool *pool, const struct weft__seat *seat);
/* Workers that are or will be used, without those that retire. */
unsigned weft__pool_crew_locked(const struct weft__process_pool *pool);
/* What the manager does about the number of workers: more, fewer, replaced. */
void weft__pool_staff_locked(struct weft__process_pool *pool, struct weft__round *round);

#endif
