/* SPDX-License-Identifier: MIT */
/*
 * What the manager does by the clock, with the role and the mutex held.
 *
 * Slots have no times: the manager notes when it first saw a task running. While tasks stand
 * behind another one it looks twice a millisecond; when the first is still the same, the others
 * are given to other workers. Limits and the time that a task has after it was asked to stop
 * are kept in the same way.
 */
#include <inttypes.h>

#include "internal.h"
#include "process_pool.h"

#define STALL WEFT_US(500)

void weft__round_sooner(struct weft__round *round, weft_time at)
{
    if (at < round->until)
        round->until = at;
}

static double in_seconds(weft_time time)
{
    return (double)time / (double)WEFT_S(1);
}

/* The task that was seen to run still does, and none can begin behind it: a kill now is for
 * that one alone, or comes too late for it. */
static bool is_alone(struct weft__process_pool *pool, struct weft__seat *seat)
{
    (void)weft_fault_point("process_watch.overrun");
    weft__seat_empty_locked(pool, seat);
    return weft__seat_head(seat) == seat->head;
}

/* The kill that the task's limit, or the time that it had to stop, asks for. */
static void check_end(struct weft__process_pool *pool, struct weft__seat *seat,
                      const struct weft__work *work, struct weft__round *round)
{
    const char *name = weft_process_name(seat->process);
    uint64_t pid = weft_process_pid(seat->process);

    if (seat->asked == seat->head && seat->ends != 0) {
        if (round->now < seat->ends)
            weft__round_sooner(round, seat->ends);
        else if (is_alone(pool, seat))
            weft__seat_kill_locked(seat, WEFT_ECANCELED,
                                   "was asked to stop and had not after %g s: its worker %s (pid "
                                   "%" PRIu64 ") was killed",
                                   in_seconds(seat->grace), name, pid);
    }
    if (work->limit > 0 && !seat->killed) {
        if (round->now - seat->head_since < work->limit)
            weft__round_sooner(round, seat->head_since + work->limit);
        else if (is_alone(pool, seat))
            weft__seat_kill_locked(seat, WEFT_EOVERRUN,
                                   "ran longer than its limit of %g s: its worker %s (pid "
                                   "%" PRIu64 ") was killed",
                                   in_seconds(work->limit), name, pid);
    }
}

static void take_from_behind(struct weft__process_pool *pool, struct weft__seat *seat,
                             struct weft__round *round)
{
    uint32_t stalled = weft_load_u32(&seat->taken, WEFT_RELAXED) + 1;

    if (seat->stalled != stalled) {
        seat->stalled = stalled;
        weft__collect_learn(pool, (uint32_t)(round->now - seat->head_since));
    }
    weft__seat_empty_locked(pool, seat);
}

static void watch_seat(struct weft__process_pool *pool, struct weft__seat *seat,
                       struct weft__round *round)
{
    uint32_t head = weft__seat_head(seat);
    struct weft__work *work = seat->works[weft_load_u32(&seat->taken, WEFT_RELAXED) % WEFT__SLOTS];
    bool same = head == seat->head;

    if (!same) {
        seat->head = head;
        seat->head_since = round->now;
    }
    if (work && weft__slot_stage(head) == WEFT__BEGUN)
        check_end(pool, seat, work, round);
    else if (work && work->limit > 0)
        weft__round_sooner(round, round->now + STALL); /* its time has not begun */
    if (same && round->now - seat->head_since >= STALL &&
        (weft__slot_stage(head) == WEFT__BEGUN ||
         round->now - seat->head_since >= WEFT__IDLE_PATROL))
        take_from_behind(pool, seat, round);
    if (weft__seat_load(seat) > 1)
        weft__round_sooner(round, round->now + STALL);
    else if (weft__seat_load(seat) > 0)
        weft__round_sooner(round, round->now + WEFT__IDLE_PATROL);
}

void weft__watch_locked(struct weft__process_pool *pool, struct weft__round *round)
{
    for (unsigned i = 0; i < pool->seat_count; i++) {
        struct weft__seat *seat = &pool->seats[i];

        if (seat->state != WEFT__TAKEN || seat->killed)
            continue;
        if (weft__seat_load(seat) > 0)
            watch_seat(pool, seat, round);
        if (seat->stopped && seat->ends != 0 && seat->asked == 0) {
            if (round->now >= seat->ends)
                weft__seat_kill_locked(seat, WEFT_ELOST, "is no task");
            else
                weft__round_sooner(round, seat->ends);
        }
    }
}
