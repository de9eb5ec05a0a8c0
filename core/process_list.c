/* SPDX-License-Identifier: MIT */
/*
 * Pending tasks, and which worker gets the next one.
 *
 * A list per priority, each in the order of the tasks' numbers, also when some come back
 * from a worker. A ring holds higher ones before lower ones, because the lower are taken back
 * before a higher one is put behind them.
 *
 * How many tasks may stand in a ring follows from the time that a task takes: waking another
 * worker must be worth it (`shallow`), and when all are awake, none should get so much that
 * it keeps another from its share (`deep`). More workers than CPUs are not woken for short
 * tasks: who is awake does them all.
 */
#include "process_pool.h"

/* A ring that may be this deep is one of short tasks. */
enum { SHORT_DEPTH = 4 };

#define STALL_PATROL WEFT_US(500) /* while tasks stand behind another one */
#define TOKEN_PATROL WEFT_MS(10)  /* while tasks have tokens of their own */
#define GROW_PATROL WEFT_MS(2)    /* while tasks wait and there could be more workers */

static struct weft__list *list_of(struct weft__process_pool *pool, const struct weft__work *work)
{
    return &pool->lists[WEFT_HIGH - work->priority];
}

/* Into the list, before `next`; NULL: at its end. */
static void insert(struct weft__process_pool *pool, struct weft__work *work,
                   struct weft__work *next)
{
    struct weft__list *list = list_of(pool, work);

    work->where = WEFT__IN_LIST;
    work->next = next;
    work->previous = next ? next->previous : list->last;
    *(work->previous ? &work->previous->next : &list->first) = work;
    *(next ? &next->previous : &list->last) = work;
    pool->pending++;
}

void weft__list_append_locked(struct weft__process_pool *pool, struct weft__work *work)
{
    insert(pool, work, NULL);
}

void weft__list_return_locked(struct weft__process_pool *pool, struct weft__work *work)
{
    struct weft__work *next = list_of(pool, work)->first;

    while (next && next->number < work->number)
        next = next->next;
    insert(pool, work, next);
}

void weft__list_remove_locked(struct weft__process_pool *pool, struct weft__work *work)
{
    struct weft__list *list = list_of(pool, work);

    *(work->previous ? &work->previous->next : &list->first) = work->next;
    *(work->next ? &work->next->previous : &list->last) = work->previous;
    work->where = WEFT__NOWHERE;
    pool->pending--;
}

static struct weft__work *first_locked(struct weft__process_pool *pool)
{
    int level = 0;

    while (!pool->lists[level].first)
        level++;
    return pool->lists[level].first;
}

/* ---- which worker --------------------------------------------------------------- */

static bool is_usable(const struct weft__seat *seat)
{
    return seat->ready && !seat->standby && !seat->retiring && !seat->killed;
}

static bool is_awake(const struct weft__seat *seat)
{
    return weft_load_u32(&seat->channel->asleep, WEFT_RELAXED) == 0;
}

/* It is in a task that takes long, or does not come to its tasks. */
static bool is_stalled(const struct weft__seat *seat)
{
    return seat->stalled == weft_load_u32(&seat->taken, WEFT_RELAXED) + 1;
}

/* The best of each kind that was met. */
struct choice {
    struct weft__seat *awake, *asleep, *busy;
    uint32_t least; /* load of `busy` */
    unsigned awake_count;
};

static void consider(struct choice *choice, struct weft__seat *seat, uint32_t shallow,
                     uint32_t deep)
{
    uint32_t load = weft__seat_load(seat);
    bool awake = is_awake(seat);

    if (is_stalled(seat) && (load > 0 || awake)) /* one without tasks has not woken up yet */
        return;
    choice->awake_count += awake || load > 0;
    if (awake && load < shallow) {
        if (!choice->awake)
            choice->awake = seat;
    } else if (!awake && load < shallow) {
        if (!choice->asleep)
            choice->asleep = seat;
    } else if (load < deep && (!choice->busy || load < choice->least)) {
        choice->busy = seat;
        choice->least = load;
    }
}

/* The worker that should get the next task; NULL: it had better wait. */
static struct weft__seat *choose_locked(struct weft__process_pool *pool)
{
    bool single = pool->options.when_full == WEFT_FULL_DROP_OLDEST && pool->options.capacity > 0;
    uint32_t shallow = single ? 1 : weft_load_u32(&pool->shallow, WEFT_RELAXED);
    uint32_t deep = single ? 1 : weft_load_u32(&pool->deep, WEFT_RELAXED);
    struct weft__seat *hot = &pool->seats[pool->hot];
    struct choice choice = {0};

    if (is_usable(hot) && weft__seat_load(hot) < shallow && is_awake(hot) && !is_stalled(hot))
        return hot;
    for (unsigned i = 0; i < pool->seat_count; i++)
        if (is_usable(&pool->seats[i]))
            consider(&choice, &pool->seats[i], shallow, deep);
    if (choice.awake)
        return choice.awake;
    if (choice.asleep && (deep < SHORT_DEPTH || choice.awake_count < pool->cpus))
        return choice.asleep;
    return choice.busy;
}

/* ---- handing over ---------------------------------------------------------------- */

static void give_locked(struct weft__process_pool *pool, struct weft__seat *seat,
                        struct weft__work *work, struct weft__wakes *wakes)
{
    uint64_t most = pool->options.tasks_per_worker;

    weft__seat_put_locked(pool, seat, work, wakes);
    pool->hot = work->seat;
    if (most > 0 && seat->assigned >= most && !seat->retiring) {
        seat->retiring = true;
        weft__pool_rouse_locked(pool, wakes);
    }
    if (weft__seat_load(seat) > 1 || work->limit > 0)
        weft__pool_look_within_locked(pool, STALL_PATROL, wakes);
}

void weft__work_dispatch_locked(struct weft__process_pool *pool, struct weft__wakes *wakes)
{
    while (pool->pending > 0) {
        struct weft__seat *seat = choose_locked(pool);
        struct weft__work *work = seat ? first_locked(pool) : NULL;

        if (!work)
            return;
        weft__list_remove_locked(pool, work);
        give_locked(pool, seat, work, wakes);
    }
}

/* What is lower and has not begun comes back from the workers. */
static void take_lower_locked(struct weft__process_pool *pool, enum weft_priority priority)
{
    for (unsigned i = 0; i < pool->seat_count; i++) {
        struct weft__seat *seat = &pool->seats[i];
        struct weft__work *work;

        while (seat->ready && weft__seat_load(seat) > 0) {
            work = seat->works[(seat->put - 1) % WEFT__SLOTS];
            if (work && work->priority >= priority)
                break;
            work = weft__seat_take_back_locked(pool, seat);
            if (!work)
                break;
            weft__list_return_locked(pool, work);
        }
    }
}

void weft__work_place_locked(struct weft__process_pool *pool, struct weft__work *work,
                             struct weft__wakes *wakes)
{
    struct weft__seat *seat;

    if (work->priority != WEFT_NORMAL)
        pool->prioritized = true;
    if (pool->prioritized)
        take_lower_locked(pool, work->priority);
    if (work->watched || pool->options.cancel)
        weft__pool_look_within_locked(pool, TOKEN_PATROL, wakes);
    seat = pool->pending == 0 ? choose_locked(pool) : NULL;
    if (seat) {
        give_locked(pool, seat, work, wakes);
        return;
    }
    weft__list_append_locked(pool, work);
    if (pool->prioritized)
        weft__work_dispatch_locked(pool, wakes);
    if (pool->options.workers_most > pool->target)
        weft__pool_look_within_locked(pool, GROW_PATROL, wakes);
}
