/* SPDX-License-Identifier: MIT */
/*
 * The manager thread of a process pool: collects, hands out, watches over the workers, and
 * sleeps on the bell in between.
 *
 * Before it sleeps it looks for some microseconds, unless a thread that waits for a future
 * would do that. It reads the bell's word before a round: what rings later ends its sleep.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "process_pool.h"
#include "weft/wait.h"

/* The pool that the calling thread manages; NULL: none. */
static WEFT_THREAD_LOCAL const struct weft__process_pool *managed;

bool weft__pool_is_managed_here(const struct weft__process_pool *pool)
{
    return managed == pool;
}

void weft__pool_rouse_locked(struct weft__process_pool *pool, struct weft__wakes *wakes)
{
    weft_fetch_add_u32(&pool->bell->word, 1, WEFT_SEQ_CST);
    if (weft_load_u32(&pool->sleeps, WEFT_SEQ_CST) != 0)
        weft__wakes_add(wakes, &pool->bell->word);
}

void weft__pool_look_within_locked(struct weft__process_pool *pool, weft_time period,
                                   struct weft__wakes *wakes)
{
    if (pool->patrol <= period)
        return;
    pool->patrol = period;
    weft__pool_rouse_locked(pool, wakes);
}

/* ---- a round ------------------------------------------------------------------------ */

/* Asked before results are collected: what a process did before it ended is visible then. */
static void note_ended(struct weft__process_pool *pool)
{
    for (unsigned i = 0; i < pool->seat_count; i++) {
        struct weft__seat *seat = &pool->seats[i];
        weft_waitable end;
        weft_atomic_u32 *word;
        uint32_t seen;

        seat->ended = false;
        if (weft_load_u32(&seat->live, WEFT_ACQUIRE) == 0)
            continue;
        end = weft_process_waitable(seat->process);
        seat->ended = end.poll(end.object, WEFT_POLL_ASK, &word, &seen);
    }
}

static void note_ready(struct weft__process_pool *pool, struct weft__seat *seat)
{
    if (seat->ready || weft_load_u32(&seat->channel->ready, WEFT_ACQUIRE) != WEFT__READY)
        return;
    seat->ready = true;
    seat->standby = true; /* until it is counted in */
    seat->idle_since = weft_clock();
    pool->unproven--;
    if (pool->failed_starts < WEFT__STARTS_MOST)
        pool->failed_starts = 0;
    weft_condition_notify_all(&pool->crew);
}

static void tend_locked(struct weft__process_pool *pool, struct weft__round *round)
{
    bool forgot = false;

    for (unsigned i = 0; i < pool->seat_count; i++) {
        struct weft__seat *seat = &pool->seats[i];
        bool passed;

        if (seat->state != WEFT__TAKEN)
            continue;
        note_ready(pool, seat);
        passed = seat->holes > 0 && weft__seat_pass_holes_locked(pool, seat);
        if (passed)
            round->again = true; /* there may be results behind them */
        if (seat->ended && (forgot || passed))
            round->again = true; /* one at a time, and after its results */
        else if (seat->ended)
            weft__seat_forget_locked(pool, seat, round);
        else if (weft__seat_load(seat) == 0 && seat->idle_since == 0)
            seat->idle_since = round->now;
        forgot = forgot || seat->state == WEFT__EMPTY;
    }
}

static bool has_crew_locked(const struct weft__process_pool *pool)
{
    for (unsigned i = 0; i < pool->seat_count; i++)
        if (pool->seats[i].state != WEFT__EMPTY)
            return true;
    return false;
}

/* The pool is shut down, and all is done: the workers end. */
static void close_locked(struct weft__process_pool *pool, struct weft__round *round)
{
    uint32_t ringed = pool->put_count - weft_load_u32(&pool->collected_count, WEFT_RELAXED);

    if (pool->pending == 0 && pool->delayed == 0 && ringed == 0)
        for (unsigned i = 0; i < pool->seat_count; i++)
            if (pool->seats[i].state == WEFT__TAKEN)
                weft__seat_stop_locked(pool, &pool->seats[i], &round->wakes);
    pool->over = pool->pending == 0 && pool->delayed == 0 && !has_crew_locked(pool);
    if (pool->over)
        weft_condition_notify_all(&pool->starts);
}

/* The pool is being closed: what runs is ended, who is idle may still finalize itself. */
static void kill_locked(struct weft__process_pool *pool, struct weft__round *round)
{
    weft_time grace = pool->options.grace;

    for (unsigned i = 0; i < pool->seat_count; i++) {
        struct weft__seat *seat = &pool->seats[i];

        if (seat->state != WEFT__TAKEN || seat->killed)
            continue;
        if (!seat->ready || weft__seat_load(seat) > 0) {
            weft__seat_kill_locked(seat, WEFT_ELOST,
                                   "lost: pool %s was closed, and its worker %s "
                                   "killed",
                                   pool->name, weft_process_name(seat->process));
        } else if (!seat->stopped || seat->ends == 0 || seat->asked != 0) {
            weft__seat_stop_locked(pool, seat, &round->wakes);
            seat->asked = 0;
            seat->ends = round->now + (grace > 0 && grace < WEFT_S(1) ? grace : WEFT_MS(100));
        }
    }
}

static void round_locked(struct weft__process_pool *pool, struct weft__round *round)
{
    tend_locked(pool, round);
    weft__tokens_locked(pool, round);
    if (pool->killing)
        kill_locked(pool, round);
    weft__watch_locked(pool, round);
    weft__pool_staff_locked(pool, round);
    weft__work_dispatch_locked(pool, &round->wakes);
    if (weft__pool_is_broken_locked(pool))
        weft__pool_refuse_locked(pool, round);
    weft__pool_room_locked(pool);
    if (pool->closed)
        close_locked(pool, round);
    if (pool->watched || (pool->options.cancel && !pool->pool_requested &&
                          (pool->pending > 0 || round->until != WEFT_FOREVER)))
        weft__round_sooner(round, round->now + WEFT_MS(10));
    else if (pool->pending > 0)
        weft__round_sooner(round, round->now + WEFT__IDLE_PATROL);
    pool->patrol = round->until == WEFT_FOREVER ? WEFT_FOREVER : round->until - round->now;
}

static void finish(struct weft__process_pool *pool, struct weft__round *round)
{
    char sentence[WEFT__SENTENCE + 64];

    weft__wakes_send(&round->wakes);
    weft__arena_bury(round->buried);
    weft__work_cancel_all(round->cancelled);
    if (round->lost)
        weft__work_fail(round->lost, round->code, round->sentence);
    while (round->refused) {
        struct weft__work *next = round->refused->next;

        snprintf(sentence, sizeof(sentence), "task %llu not run: no worker can be started: %s",
                 (unsigned long long)round->refused->number, pool->reason);
        weft__work_fail(round->refused, WEFT_ELOST, sentence);
        round->refused = next;
    }
}

/* With the role. True: nothing is left to do, ever. */
static bool step(struct weft__process_pool *pool, struct weft__round *round)
{
    bool over;

    (void)weft_fault_point("process_manager.round");
    memset(round, 0, sizeof(*round));
    round->until = WEFT_FOREVER;
    note_ended(pool);
    (void)weft__collect(pool, true);
    weft__collect_tell(pool);
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    round->now = weft_clock();
    round_locked(pool, round);
    over = pool->over;
    weft_mutex_release(&pool->mutex);
    finish(pool, round);
    return over;
}

/* ---- between rounds -------------------------------------------------------------------- */

/* With the role, for a moment. True: there is something to do. */
static bool look(struct weft__process_pool *pool, uint32_t seen)
{
    struct weft__backoff backoff = {0};

    while (weft__collect_may_look(pool) && weft__backoff(&backoff)) {
        if (weft__collect_is_due(pool) || weft_load_u32(&pool->bell->word, WEFT_RELAXED) != seen)
            return true;
        if (weft_load_u32(&pool->wanted, WEFT_RELAXED) > 0)
            return false;
    }
    return false;
}

/* A cancel of the pool's token ends it. */
static void sleep_until(struct weft__process_pool *pool, uint32_t seen, weft_time until)
{
    const weft_cancel *before =
        weft_cancel_enter(pool->pool_requested ? NULL : pool->options.cancel);

    weft_store_u32(&pool->sleeps, 1, WEFT_SEQ_CST);
    if (weft_load_u32(&pool->bell->word, WEFT_SEQ_CST) == seen)
        (void)weft__sleep_shared(&pool->bell->word, seen, until, WEFT_FOREVER, true);
    weft_store_u32(&pool->sleeps, 0, WEFT_RELAXED);
    weft_cancel_enter(before);
}

int weft__pool_manage(weft_task *task)
{
    struct weft__process_pool *pool = WEFT_ARG(task, struct weft__process_pool *);
    struct weft__round round;
    bool over = false;

    managed = pool;
    while (!over) {
        uint32_t seen = weft_load_u32(&pool->bell->word, WEFT_ACQUIRE);
        bool again, nothing;

        weft__role_take(pool);
        over = step(pool, &round);
        again = over || round.again || look(pool, seen);
        nothing = weft__role_give(pool);
        if (!again && nothing)
            sleep_until(pool, seen, round.until);
    }
    weft_event_set(&pool->finished);
    return 0;
}
