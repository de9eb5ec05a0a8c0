/* SPDX-License-Identifier: MIT */
/*
 * How many workers there are: the thread that starts them, and when more or fewer are wanted.
 *
 * A start takes milliseconds, so it has a thread of its own; the manager goes on with results.
 * A process is unproven until it has initialized itself. After a failure the next one is
 * started when a pause is over and none is unproven, and never more than STARTS_MOST are
 * unproven or have failed in a row.
 *
 * With tasks_per_worker, a worker that comes near its end has a replacement beside it, on
 * standby, which begins to work when the old one gets no more tasks.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "process_pool.h"

#define FIRST_PAUSE WEFT_MS(10)    /* before a second start; doubles with each failure, */
#define LONGEST_PAUSE WEFT_MS(200) /* up to this */
#define SOON WEFT_S(1)             /* after it was ready a worker ends early */

static void pause_locked(struct weft__process_pool *pool, unsigned failures)
{
    weft_time pause = failures < 8 ? FIRST_PAUSE << failures : LONGEST_PAUSE;

    pool->next_start = weft_in(pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE);
}

void weft__worker_ended_locked(struct weft__process_pool *pool, const struct weft__seat *seat)
{
    bool had_tasks = seat->assigned > 0, was_sent = seat->killed || seat->stopped;

    if (had_tasks || was_sent || weft_clock() - seat->idle_since >= SOON)
        pool->vain_ends = 0;
    else if (pool->vain_ends++ > 0) /* one may be an accident */
        pause_locked(pool, pool->vain_ends - 2);
}

void weft__start_failed_locked(struct weft__process_pool *pool, int code, const char *reason)
{
    pause_locked(pool, pool->failed_starts);
    pool->failed_starts++;
    pool->start_error = code;
    snprintf(pool->reason, sizeof(pool->reason), "%.250s", reason);
    weft_condition_notify_all(&pool->crew);
}

/* ---- how many ------------------------------------------------------------------------ */

/* It is, or will be, a worker that stays. */
static bool stays(const struct weft__seat *seat)
{
    return seat->state != WEFT__EMPTY && !seat->retiring && !seat->killed;
}

unsigned weft__pool_crew_locked(const struct weft__process_pool *pool)
{
    unsigned count = 0;

    for (unsigned i = 0; i < pool->seat_count; i++)
        count += stays(&pool->seats[i]);
    return count;
}

bool weft__pool_is_broken_locked(const struct weft__process_pool *pool)
{
    if (pool->failed_starts < WEFT__STARTS_MOST)
        return false;
    for (unsigned i = 0; i < pool->seat_count; i++)
        if (pool->seats[i].state != WEFT__EMPTY)
            return false;
    return true;
}

bool weft__pool_gives_up_locked(const struct weft__process_pool *pool)
{
    return pool->refused || (pool->options.initializer && pool->failed_starts > 0) ||
           weft__pool_is_broken_locked(pool);
}

/* Workers that will soon have had all their tasks. */
static unsigned nearly_done_locked(const struct weft__process_pool *pool)
{
    uint64_t most = pool->options.tasks_per_worker;
    unsigned count = 0;

    for (unsigned i = 0; i < pool->seat_count && most > 0; i++) {
        const struct weft__seat *seat = &pool->seats[i];

        count +=
            stays(seat) && seat->ready && !seat->standby && most - seat->assigned <= most / 8 + 1;
    }
    return count < pool->target ? count : pool->target;
}

static bool is_wanting_locked(const struct weft__process_pool *pool)
{
    return weft__pool_crew_locked(pool) < pool->target + nearly_done_locked(pool);
}

static bool has_work_locked(const struct weft__process_pool *pool)
{
    return pool->pending > 0 || pool->delayed > 0 ||
           pool->put_count != weft_load_u32(&pool->collected_count, WEFT_ACQUIRE);
}

/* An empty seat for a worker that is to be started now; NULL: none is. *until: when that may
 * change by itself. */
static struct weft__seat *next_seat_locked(struct weft__process_pool *pool, weft_time *until)
{
    *until = WEFT_FOREVER;
    if (pool->killing || (pool->closed && !has_work_locked(pool)) ||
        pool->failed_starts + pool->unproven >= WEFT__STARTS_MOST ||
        (pool->failed_starts > 0 && pool->unproven > 0) ||
        (pool->creating && weft__pool_gives_up_locked(pool)) ||
        !is_wanting_locked(pool))
        return NULL;
    if (pool->failed_starts + pool->vain_ends > 0 && pool->next_start > weft_clock()) {
        *until = pool->next_start;
        return NULL;
    }
    for (unsigned i = 0; i < pool->seat_count; i++)
        if (pool->seats[i].state == WEFT__EMPTY)
            return &pool->seats[i];
    return NULL;
}

/* ---- one start ------------------------------------------------------------------------- */

static void set_up(const struct weft__process_pool *pool, struct weft__channel *channel)
{
    channel->bell = pool->bell_at;
    channel->initializes = pool->options.initializer != NULL;
    channel->finalizes = pool->options.finalizer != NULL;
    channel->initializer = pool->initializer;
    channel->finalizer = pool->finalizer;
    channel->argument = pool->argument_at;
    channel->argument_size = pool->options.argument_size;
}

static int start(struct weft__process_pool *pool, unsigned number, weft_process **process,
                 weft_offset *at)
{
    char name[WEFT__CREW_NAME + 16];
    weft_process_options options = {.name = name, .daemon = true};
    int err = weft_shared_alloc(at, sizeof(struct weft__channel));

    if (err != 0)
        return err;
    set_up(pool, weft_shared_pointer(*at));
    snprintf(name, sizeof(name), "%s-%u", pool->name, number);
    err = weft_process_start_with(process, weft__worker, at, sizeof(*at), &options);
    if (err != 0)
        weft_shared_free(*at);
    return err;
}

static void take_seat_locked(struct weft__process_pool *pool, struct weft__seat *seat,
                             weft_process *process, weft_offset at)
{
    seat->state = WEFT__TAKEN;
    seat->process = process;
    seat->channel_at = at;
    seat->channel = weft_shared_pointer(at);
    seat->idle_since = weft_clock();
    pool->started++;
    weft_store_u32(&seat->live, 1, WEFT_RELEASE);
    weft__process_on_end(process, &pool->bell->word);
    weft_condition_notify_all(&pool->crew);
}

/* The mutex is released and held again meanwhile. */
static void start_locked(struct weft__process_pool *pool, struct weft__seat *seat)
{
    struct weft__wakes wakes = {.count = 0};
    weft_process *process;
    weft_offset at;
    int err;

    seat->state = WEFT__STARTING;
    pool->unproven++;
    pool->names++;
    weft_mutex_release(&pool->mutex);
    err = start(pool, pool->names, &process, &at); /* only this thread changes `names` */
    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    if (err == 0) {
        take_seat_locked(pool, seat, process, at);
    } else {
        seat->state = WEFT__EMPTY;
        pool->unproven--;
        pool->refused = true;
        weft__start_failed_locked(pool, err, weft_last_error());
    }
    weft__pool_rouse_locked(pool, &wakes);
    weft__wakes_send(&wakes);
}

int weft__pool_start_workers(weft_task *task)
{
    struct weft__process_pool *pool = WEFT_ARG(task, struct weft__process_pool *);

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    while (!pool->over) {
        weft_time until;
        struct weft__seat *seat = next_seat_locked(pool, &until);

        if (seat)
            start_locked(pool, seat);
        else
            (void)weft_condition_wait(&pool->starts, &pool->mutex, until);
    }
    weft_mutex_release(&pool->mutex);
    return 0;
}

/* ---- the manager's part ------------------------------------------------------------------ */

/* Whether a further worker would have enough to do: a millisecond, and nobody is idle. */
static bool is_short_locked(const struct weft__process_pool *pool)
{
    uint64_t backlog = (uint64_t)pool->pending * weft_load_u32(&pool->mean, WEFT_RELAXED);

    if (pool->pending == 0 || pool->unproven > 0 || pool->target >= pool->most)
        return false;
    for (unsigned i = 0; i < pool->seat_count; i++) {
        const struct weft__seat *seat = &pool->seats[i];

        if (stays(seat) && weft__seat_load(seat) == 0)
            return false;
    }
    return backlog >= (uint64_t)pool->target * WEFT_US(500);
}

/* Has been idle for too long, while there are more than there should be. */
static bool is_surplus(const struct weft__process_pool *pool, const struct weft__seat *seat,
                       struct weft__round *round)
{
    if (pool->target <= pool->base.workers || !seat->ready || seat->idle_since == 0)
        return false;
    if (round->now - seat->idle_since >= pool->options.idle)
        return true;
    weft__round_sooner(round, seat->idle_since + pool->options.idle);
    return false;
}

static void tend_seat_locked(struct weft__process_pool *pool, struct weft__seat *seat,
                             unsigned *workers, struct weft__round *round)
{
    if (stays(seat) && is_surplus(pool, seat, round)) {
        seat->retiring = true;
        pool->target--;
    }
    if (seat->retiring && !seat->stopped) {
        if (weft__seat_load(seat) == 0)
            weft__seat_stop_locked(pool, seat, &round->wakes);
        else
            weft__round_sooner(round, round->now + WEFT_MS(2));
    }
    if (!stays(seat) || !seat->ready)
        return;
    seat->standby = *workers >= pool->target;
    *workers += !seat->standby;
}

void weft__pool_staff_locked(struct weft__process_pool *pool, struct weft__round *round)
{
    unsigned workers = 0;

    if (is_short_locked(pool))
        pool->target++;
    /* Those that work already come first, so that they stay. */
    for (unsigned i = 0; i < pool->seat_count; i++)
        if (!pool->seats[i].standby)
            tend_seat_locked(pool, &pool->seats[i], &workers, round);
    for (unsigned i = 0; i < pool->seat_count; i++)
        if (pool->seats[i].standby)
            tend_seat_locked(pool, &pool->seats[i], &workers, round);
    pool->ready_count = workers;
    if (is_wanting_locked(pool))
        weft_condition_notify_all(&pool->starts);
}
