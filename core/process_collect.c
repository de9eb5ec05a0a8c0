/* SPDX-License-Identifier: MIT */
/*
 * Results that are there become futures that are done.
 *
 * Who has the role does this, without the mutex: a DONE slot belongs to it alone. Usually that
 * is the manager. A thread that waits for a future takes the role for some microseconds before
 * it sleeps: if its result comes meanwhile, no third thread has to be woken for it. It leaves
 * futures that have callbacks, and failures that nobody will ask for, to the manager.
 *
 * `asleep` of the bell is 0 while somebody has the role. Who gives it back leaves a new number
 * there and then looks at the slots once more; a worker stores DONE and then looks at
 * `asleep`. All of it is seq_cst, so no result stays unseen by both.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "process_pool.h"
#include "promise.h"
#include "thread_pool.h"
#include "weft/wait.h"

/* `role`. WANTED: held, and others sleep on it. */
enum { FREE, HELD, WANTED };

enum { HAND_OVER_NS = 200, SOON_NS = 1000, LONG_NS = 10000000, LOOK_AGAIN = 256 };

static const uint32_t shallow_ns = 20000; /* about what it costs to wake a worker */
static const uint32_t deep_ns = 200000;

/* ---- the role ------------------------------------------------------------------------ */

static bool try_role(struct weft__process_pool *pool)
{
    uint32_t seen = FREE;

    if (weft_load_u32(&pool->role, WEFT_RELAXED) != FREE ||
        !weft_cas_u32(&pool->role, &seen, HELD, WEFT_ACQUIRE))
        return false;
    weft_store_u32(&pool->bell->asleep, 0, WEFT_RELAXED);
    return true;
}

void weft__role_take(struct weft__process_pool *pool)
{
    while (!try_role(pool)) {
        uint32_t seen = HELD;

        if (weft_cas_u32(&pool->role, &seen, WANTED, WEFT_RELAXED) || seen == WANTED)
            weft__wait_while(&pool->role, WANTED, "role in process pool", pool);
    }
}

bool weft__role_give(struct weft__process_pool *pool)
{
    bool due;

    if (++pool->number == 0)
        pool->number = 1;
    weft_store_u32(&pool->bell->asleep, pool->number, WEFT_SEQ_CST);
    due = weft__collect_is_due(pool);
    if (weft_exchange_u32(&pool->role, FREE, WEFT_RELEASE) == WANTED)
        weft_wake(&pool->role, WEFT_WAKE_ALL);
    return !due;
}

/* The stage of the worker's oldest task; FREE: it has none. */
static enum weft__stage head_stage(const struct weft__seat *seat)
{
    uint32_t taken = weft_load_u32(&seat->taken, WEFT_RELAXED);

    if (weft_load_u32(&seat->live, WEFT_ACQUIRE) == 0)
        return WEFT__FREE;
    return weft__slot_stage(weft_load_u32(&weft__seat_slot(seat, taken)->state, WEFT_SEQ_CST));
}

bool weft__collect_is_due(const struct weft__process_pool *pool)
{
    for (unsigned i = 0; i < pool->seat_count; i++)
        if (head_stage(&pool->seats[i]) == WEFT__DONE)
            return true;
    return false;
}

bool weft__collect_may_look(const struct weft__process_pool *pool)
{
    unsigned busy = 0;

    if (weft_load_u32(&pool->mean, WEFT_RELAXED) < SOON_NS)
        return true;
    for (unsigned i = 0; i < pool->seat_count; i++)
        busy += head_stage(&pool->seats[i]) != WEFT__FREE;
    return busy < pool->cpus;
}

/* ---- one result ---------------------------------------------------------------------- */

static void add(weft_atomic_u64 *figure, uint64_t more)
{
    weft_store_u64(figure, weft_load_u64(figure, WEFT_RELAXED) + more, WEFT_RELAXED);
}

static uint32_t depth_for(uint32_t total, uint32_t each)
{
    uint32_t depth = total / (each + HAND_OVER_NS);

    return depth < 1 ? 1 : depth < WEFT__SLOTS ? depth : WEFT__SLOTS;
}

void weft__collect_learn(struct weft__process_pool *pool, uint32_t took)
{
    uint32_t mean = weft_load_u32(&pool->mean, WEFT_RELAXED);
    uint32_t most = mean < LONG_NS ? 16 * mean + 2000 : LONG_NS * 16;

    /* One that was interrupted says little: the mean goes up in steps. */
    if (took > most)
        took = most;
    mean = took < mean ? mean - (mean - took) / 2 : mean + (took - mean) / 4;
    weft_store_u32(&pool->mean, mean, WEFT_RELAXED);
    weft_store_u32(&pool->shallow, depth_for(shallow_ns, mean), WEFT_RELAXED);
    weft_store_u32(&pool->deep, depth_for(deep_ns, mean), WEFT_RELAXED);
}

static void note_time(struct weft__collected *collected, weft_time waited)
{
    add(&collected->timed, 1);
    add(&collected->waited, (uint64_t)waited);
    if ((uint64_t)waited > weft_load_u64(&collected->waited_most, WEFT_RELAXED))
        weft_store_u64(&collected->waited_most, (uint64_t)waited, WEFT_RELAXED);
}

void weft__work_drop(struct weft__work *work)
{
    if (work->large != 0)
        weft_shared_free(work->large);
    weft_future_release(work->future);
}

/* In the manager's thread: whoever is to hear of the future's end does. */
static void tell(struct weft__work *work)
{
    const char *sentence;
    weft_task task;

    if (work->unheard) {
        weft__task_init(&task, NULL, 0, work->pool->name);
        task.code = weft__future_error(work->future, &sentence);
        snprintf(task.sentence, sizeof(task.sentence), "%s", sentence);
        weft__task_tell(&task);
    }
    weft__future_tell(work->future);
    weft__work_drop(work);
}

void weft__work_fail(struct weft__work *work, int code, const char *sentence)
{
    add(&work->pool->collected.failed, 1);
    weft__work_unwatch(work);
    work->unheard = weft__future_unheard(work->future);
    (void)weft__future_settle_error(work->future, code, sentence);
    tell(work);
}

/* The manager does the rest. */
static void leave_untold(struct weft__process_pool *pool, struct weft__work *work)
{
    work->next = pool->untold;
    pool->untold = work;
    if (!work->next)
        weft__ring_bell(&pool->bell->word);
}

static void finish(struct weft__process_pool *pool, struct weft__work *work, bool tells,
                   bool manager)
{
    if (!tells)
        weft__work_drop(work);
    else if (manager)
        tell(work);
    else
        leave_untold(pool, work);
}

/* The next position is free from here on. */
static void pass(struct weft__seat *seat, struct weft__task_slot *slot, uint32_t position)
{
    weft_store_u32(&slot->state, WEFT__FREE, WEFT_RELEASE);
    weft_store_u32(&seat->taken, position + 1, WEFT_RELEASE);
}

static void collect_failure(struct weft__process_pool *pool, struct weft__seat *seat,
                            struct weft__work *work, uint32_t position, bool manager)
{
    struct weft__task_slot *slot = weft__seat_slot(seat, position);
    char sentence[WEFT__SENTENCE];
    int code = slot->code;

    work->unheard = weft__future_unheard(work->future) && !(slot->flags & WEFT__OBEYED);
    memcpy(sentence, seat->channel->sentences[position % WEFT__SLOTS], sizeof(sentence));
    sentence[sizeof(sentence) - 1] = '\0';
    pass(seat, slot, position);
    add(&pool->collected.failed, 1);
    finish(pool, work, weft__future_settle_error(work->future, code, sentence) || work->unheard,
           manager);
}

static void collect_result(struct weft__process_pool *pool, struct weft__seat *seat,
                           uint32_t position, bool manager)
{
    struct weft__task_slot *slot = weft__seat_slot(seat, position);
    struct weft__work *work = seat->works[position % WEFT__SLOTS];
    weft_future *future = work->future;
    uint32_t flags = 0;

    if (slot->took != 0)
        weft__collect_learn(pool, slot->took);
    if (work->submitted != 0)
        note_time(&pool->collected, slot->when);
    weft__work_unwatch(work);
    if (slot->code != 0) {
        collect_failure(pool, seat, work, position, manager);
        return;
    }
    future->size = (size_t)slot->size;
    if (slot->block != 0) {
        weft__arena_publish(slot->block);
        future->payload.shared = slot->block;
        flags = WEFT__IN_ARENA;
    } else if (slot->size > 0) {
        memcpy(future->payload.bytes, slot->bytes, future->size);
    }
    pass(seat, slot, position);
    add(&pool->collected.bytes, future->size);
    add(&pool->collected.finished, 1);
    finish(pool, work, weft__future_settle(future, flags), manager);
}

/* ---- all that are there --------------------------------------------------------------- */

static unsigned collect_seat(struct weft__process_pool *pool, struct weft__seat *seat, bool manager)
{
    uint32_t first = weft_load_u32(&seat->taken, WEFT_RELAXED), position = first;

    while (weft__slot_stage(weft_load_u32(&weft__seat_slot(seat, position)->state, WEFT_ACQUIRE)) ==
           WEFT__DONE)
        collect_result(pool, seat, position++, manager);
    return position - first;
}

unsigned weft__collect(struct weft__process_pool *pool, bool manager)
{
    uint32_t before = weft_load_u32(&pool->collected_count, WEFT_RELAXED);
    unsigned count = 0;

    for (unsigned i = 0; i < pool->seat_count; i++)
        if (weft_load_u32(&pool->seats[i].live, WEFT_ACQUIRE) != 0)
            count += collect_seat(pool, &pool->seats[i], manager);
    if (count > 0)
        weft_store_u32(&pool->collected_count, before + count, WEFT_RELEASE);
    return count;
}

void weft__collect_tell(struct weft__process_pool *pool)
{
    struct weft__work *work = pool->untold, *first = NULL;

    pool->untold = NULL;
    while (work) { /* the oldest first */
        struct weft__work *next = work->next;

        work->next = first;
        first = work;
        work = next;
    }
    while (first) {
        struct weft__work *next = first->next;

        tell(first);
        first = next;
    }
}

/* ---- who waits for a future ------------------------------------------------------------ */

/* Workers get the next tasks. */
static void refill(struct weft__process_pool *pool)
{
    struct weft__wakes wakes = {.count = 0};

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    weft__work_dispatch_locked(pool, &wakes);
    weft__pool_room_locked(pool);
    if (pool->closed)
        weft__pool_rouse_locked(pool, &wakes);
    weft_mutex_release(&pool->mutex);
    weft__wakes_send(&wakes);
}

/* With the role, until the future is done, waiting is over, the manager wants the role, or
 * nothing comes any more. True: there is no reason to sleep yet. */
static bool look(struct weft__process_pool *pool, weft_future *future, weft_time until)
{
    struct weft__backoff backoff = {0};
    unsigned count = 0;

    while (!weft_future_done(future)) {
        unsigned more = weft__collect(pool, false);

        count += more;
        if (weft_load_u32(&pool->role, WEFT_RELAXED) == WANTED)
            return true;
        if (more > 0) {
            refill(pool);
            backoff = (struct weft__backoff){0};
        } else if (!weft__collect_may_look(pool) || !weft__backoff(&backoff)) {
            return false;
        }
        if (count >= LOOK_AGAIN && weft__wait_is_over(until))
            return false;
        count %= LOOK_AGAIN;
    }
    return true;
}

/* A worker that was stopped rings no bell: while somebody sleeps, the manager looks now and
 * then. */
static void have_watched(struct weft__process_pool *pool)
{
    struct weft__wakes wakes = {.count = 0};

    weft_mutex_acquire(&pool->mutex, WEFT_FOREVER);
    weft__pool_look_within_locked(pool, WEFT__IDLE_PATROL, &wakes);
    weft_mutex_release(&pool->mutex);
    weft__wakes_send(&wakes);
}

bool weft__process_look(weft_future *future, weft_time until)
{
    struct weft__process_pool *pool = weft__process_pool_of(future->executor);
    struct weft__backoff backoff = {0};
    bool has = false, again = false;

    if (weft__pool_is_managed_here(pool))
        return false;
    weft_fetch_add_u32(&pool->wanted, 1, WEFT_RELAXED);
    while (!has && !weft_future_done(future)) {
        has = try_role(pool);
        if (!has && !weft__backoff(&backoff))
            break;
    }
    weft_fetch_sub_u32(&pool->wanted, 1, WEFT_RELAXED);
    if (has) {
        again = look(pool, future, until);
        if (!weft__role_give(pool))
            weft__ring_bell(&pool->bell->word);
    }
    if (again || weft_future_done(future))
        return true;
    have_watched(pool);
    return false;
}
