/* SPDX-License-Identifier: MIT */
/*
 * A barrier between processes that has no lock: whoever is killed leaves nothing half done.
 *
 * `state` counts rounds. The parties of a round write themselves into `parties`, the first
 * place first, by compare-and-swap: number of the round and name of the process. Who takes
 * the last place ends the round by one more compare-and-swap on `state`, or who comes later
 * and finds all places taken. A place is free for the next round by having another round's
 * number, so nobody has to clear it.
 *
 * A round ends in three ways: the next one begins because all came; it is BROKEN; or the
 * barrier is reset, which breaks it first and then begins the next. Who learns late how its
 * round ended finds it in `broken`, which is written before the next round begins.
 *
 * `bell` is raised after each change of `state` (release) and looked at and slept on
 * (acquire). Who is to sleep says so in `state`, after it has read the bell: either the
 * change of state comes first, and the compare-and-swap fails, or whoever changes it sees
 * AWAITED, and wakes.
 *
 * Waiters sleep in slices, and before each ask whether the process in the place after theirs
 * lives: if one of a round is dead and another alive, one of the living stands before one of
 * the dead. Who comes last asks for all.
 */
#include "internal.h"
#include "park.h"
#include "shared_object.h"
#include "weft/error.h"
#include "weft/fault.h"
#include "weft/shared.h"
#include "weft/wait.h"

static const char what[] = "shared barrier";

enum { AWAITED = 1, BROKEN = 2, FLAGS = 3, ROUND = 4, MOST_PARTIES = 1000, HISTORY = 16 };

struct party {
    weft_atomic_u64 came;    /* low half of the round << 32, + name of the process */
    weft_atomic_u64 process; /* a weft__shared_process, by whoever came last */
};

struct shared_barrier {
    weft_atomic_u32 kind;
    uint32_t parties;      /* written at creation */
    weft_atomic_u64 state; /* rounds * ROUND + flags; at first one round */
    weft_atomic_u32 bell;
    weft_atomic_u64 dead; /* low half of a round << 32, + place of a process that died in it */
    weft_atomic_u64 broken[HISTORY]; /* the last round of that number modulo HISTORY that was
                                        broken and is over; only grows */
    struct party places[];
};

/* One call of weft_shared_barrier_wait(). */
struct visit {
    struct shared_barrier *object;
    weft_offset at;
    uint64_t round; /* * ROUND, as in `state` */
    uint32_t place;
};

static struct shared_barrier *find(weft_shared_barrier barrier)
{
    return weft__shared_find(barrier.at, WEFT__SHARED_BARRIER);
}

static uint32_t tag_of(uint64_t round)
{
    return (uint32_t)(round / ROUND);
}

static bool came(const struct shared_barrier *object, uint32_t place, uint64_t round)
{
    return weft_load_u64(&object->places[place].came, WEFT_ACQUIRE) >> 32 == tag_of(round);
}

/* How many have come in that round. */
static uint32_t count_came(const struct shared_barrier *object, uint64_t round)
{
    uint32_t count = 0;

    while (count < object->parties && came(object, count, round))
        count++;
    return count;
}

/* ---- changes of state ----------------------------------------------------------- */

/* From *seen, which is read anew if it was another one. */
static bool change(struct shared_barrier *object, uint64_t *seen, uint64_t next)
{
    bool awaited = (*seen & AWAITED) != 0;

    if (!weft_cas_u64(&object->state, seen, next, WEFT_ACQ_REL))
        return false;
    (void)weft_fault_point("shared_barrier.changed");
    weft_fetch_add_u32(&object->bell, 1, WEFT_RELEASE);
    if (awaited)
        weft_wake_shared(&object->bell, WEFT_WAKE_ALL);
    return true;
}

/* The round, if it goes on, ends: it is full, or broken. Whether the caller did that. */
static bool end_round(struct shared_barrier *object, uint64_t round, bool full)
{
    uint64_t seen = weft_load_u64(&object->state, WEFT_ACQUIRE);

    while ((seen & ~(uint64_t)AWAITED) == round)
        if (change(object, &seen, full ? round + ROUND : round | BROKEN))
            return true;
    return false;
}

/* The round is broken: that is noted, and the next one begins. */
static void begin_next(struct shared_barrier *object, uint64_t round)
{
    weft_atomic_u64 *note = &object->broken[round / ROUND % HISTORY];
    uint64_t last = weft_load_u64(note, WEFT_RELAXED);
    uint64_t seen = round | BROKEN;

    while (last < round && !weft_cas_u64(note, &last, round, WEFT_ACQ_REL))
        continue;
    (void)weft_fault_point("shared_barrier.noted");
    (void)change(object, &seen, round + ROUND);
}

/* ---- the dead ------------------------------------------------------------------- */

static uint32_t name_at(const struct shared_barrier *object, uint32_t place)
{
    return (uint32_t)weft_load_u64(&object->places[place].came, WEFT_RELAXED);
}

/* The process in that place has died: the round is broken, and says so. */
static bool break_if_dead(struct shared_barrier *object, uint64_t round, uint32_t place)
{
    uint64_t dead = (uint64_t)tag_of(round) << 32 | place;

    if (weft__arena_process_alive(name_at(object, place)))
        return false;
    weft_store_u64(&object->dead, dead, WEFT_RELAXED);
    (void)end_round(object, round, false);
    return true;
}

/* All have come: so ends the round, unless one of them is dead. */
static void finish(struct shared_barrier *object, uint64_t round)
{
    uint32_t before = 0;

    for (uint32_t place = 0; place < object->parties; place++) {
        uint32_t name = name_at(object, place);

        if (name != before && break_if_dead(object, round, place))
            return;
        before = name;
    }
    (void)end_round(object, round, true);
}

/* What a waiter does before each sleep. */
static void look_after(const struct visit *visit)
{
    uint32_t count = count_came(visit->object, visit->round);

    if (count > 0)
        (void)break_if_dead(visit->object, visit->round, (visit->place + 1) % count);
}

/* ---- one wait ------------------------------------------------------------------- */

static int fail_broken(const struct visit *visit)
{
    const struct shared_barrier *object = visit->object;
    uint64_t dead = weft_load_u64(&object->dead, WEFT_RELAXED);
    char text[WEFT__SHARED_PROCESS_TEXT];
    const struct party *party;

    if (dead >> 32 != tag_of(visit->round) || !came(object, (uint32_t)dead, visit->round))
        return weft__fail(WEFT_EBROKEN, "%s %llu: broken", what, (unsigned long long)visit->at);
    party = &object->places[(uint32_t)dead];
    weft__shared_process_text(
        weft__shared_process_of((uint32_t)weft_load_u64(&party->came, WEFT_RELAXED),
                                weft_load_u64(&party->process, WEFT_RELAXED)),
        text);
    return weft__fail(WEFT_EBROKEN, "%s %llu: broken, as %s died while it waited", what,
                      (unsigned long long)visit->at, text);
}

/* One look at one place: false, if the caller has to look at another one. */
static bool take_place(struct visit *visit)
{
    struct shared_barrier *object = visit->object;
    weft_atomic_u64 *place = &object->places[visit->place].came;
    /* In this order: if the place belongs to a later round, the state does so, too. */
    uint64_t seen = weft_load_u64(place, WEFT_ACQUIRE);
    uint64_t round, mine;

    (void)weft_fault_point("shared_barrier.place_seen");
    round = weft_load_u64(&object->state, WEFT_ACQUIRE) & ~(uint64_t)AWAITED;
    mine = (uint64_t)tag_of(round) << 32 | weft__arena_self();
    (void)weft_fault_point("shared_barrier.looks");
    if (round != visit->round) {
        visit->round = round;
        visit->place = 0;
        return (round & BROKEN) != 0;
    }
    if (seen >> 32 != tag_of(round))
        return weft_cas_u64(place, &seen, mine, WEFT_ACQ_REL);
    if (++visit->place == object->parties) {
        finish(object, round); /* its last one has not done that yet */
        visit->place = 0;
    }
    return false;
}

/* The caller is in a round that goes on, or why not. */
static int come(struct visit *visit)
{
    while (!take_place(visit))
        continue;
    if ((visit->round & BROKEN) != 0)
        return fail_broken(visit);
    weft_store_u64(&visit->object->places[visit->place].process, weft__shared_self(), WEFT_RELAXED);
    (void)weft_fault_point("shared_barrier.came");
    return 0;
}

/* Whether the round is over; then *err says how it ended. */
static bool is_over(const struct visit *visit, int *err)
{
    const struct shared_barrier *object = visit->object;
    uint64_t state = weft_load_u64(&object->state, WEFT_ACQUIRE);

    if ((state & ~(uint64_t)AWAITED) == visit->round)
        return false;
    /* A round that came so much later that it took the place of this one's note tells
     * nothing: broken is the answer that nobody builds on. */
    if ((state & ~(uint64_t)FLAGS) == visit->round ||
        weft_load_u64(&object->broken[visit->round / ROUND % HISTORY], WEFT_ACQUIRE) >=
            visit->round)
        *err = fail_broken(visit);
    else
        *err = 0;
    return true;
}

static int sleep_once(const struct visit *visit, weft_time until)
{
    struct shared_barrier *object = visit->object;
    uint32_t seen = weft_load_u32(&object->bell, WEFT_ACQUIRE);
    uint64_t state = visit->round;

    if (!weft_cas_u64(&object->state, &state, state | AWAITED, WEFT_ACQ_REL) &&
        state != (visit->round | AWAITED))
        return 0;
    return weft__sleep_shared(&object->bell, seen, until, WEFT__LIVENESS_SLICE, true);
}

/* It gives up, for that reason, unless the round has ended in the last moment. */
static int give_up(const struct visit *visit, int err)
{
    uint32_t count = count_came(visit->object, visit->round);
    int end = 0;

    if (!end_round(visit->object, visit->round, false) && is_over(visit, &end))
        return end;
    return weft__fail(err, "%s %llu: %u of %u came until the %s", what,
                      (unsigned long long)visit->at, (unsigned)count,
                      (unsigned)visit->object->parties,
                      err == WEFT_ECANCELED ? "wait was cancelled" : "deadline");
}

static int wait_for_others(const struct visit *visit, weft_time until)
{
    struct shared_barrier *object = visit->object;
    uint32_t seen = weft_load_u32(&object->bell, WEFT_ACQUIRE);
    int end, err = until > WEFT_NOW ? 0 : WEFT_ETIMEDOUT;

    if (is_over(visit, &end))
        return end;
    if (err == 0)
        (void)weft__look_shared(&object->bell, seen);
    while (!is_over(visit, &end)) {
        if (err != 0)
            return give_up(visit, err);
        look_after(visit);
        err = sleep_once(visit, until);
    }
    return end;
}

/* ---- the barrier ---------------------------------------------------------------- */

int weft_shared_barrier_create(weft_shared_barrier *barrier, uint32_t parties)
{
    struct shared_barrier *object;
    int err;

    if (parties == 0 || parties > MOST_PARTIES)
        return weft__fail(WEFT_EINVAL, "%s: for %u parties cannot be", what, (unsigned)parties);
    err = weft__shared_create(&barrier->at, WEFT__SHARED_BARRIER,
                              sizeof(*object) + parties * sizeof(struct party));
    if (err != 0)
        return err;
    object = find(*barrier);
    object->parties = parties;
    weft_store_u64(&object->state, ROUND, WEFT_RELEASE);
    return 0;
}

int weft_shared_barrier_wait(weft_shared_barrier barrier, uint32_t *index, weft_time until)
{
    struct visit visit = {.object = find(barrier), .at = barrier.at};
    int err;

    if (!visit.object)
        return weft__shared_refuse(barrier.at, what);
    err = come(&visit);
    if (err != 0)
        return err;
    if (index)
        *index = visit.place;
    if (visit.place + 1 == visit.object->parties) {
        finish(visit.object, visit.round);
        (void)is_over(&visit, &err);
        return err;
    }
    return wait_for_others(&visit, until);
}

int weft_shared_barrier_abort(weft_shared_barrier barrier)
{
    struct shared_barrier *object = find(barrier);
    uint64_t state;

    if (!object)
        return weft__shared_refuse(barrier.at, what);
    state = weft_load_u64(&object->state, WEFT_ACQUIRE);
    while ((state & BROKEN) == 0)
        if (change(object, &state, (state & ~(uint64_t)FLAGS) | BROKEN))
            break;
    return 0;
}

int weft_shared_barrier_reset(weft_shared_barrier barrier)
{
    struct shared_barrier *object = find(barrier);
    uint64_t round;

    if (!object)
        return weft__shared_refuse(barrier.at, what);
    round = weft_load_u64(&object->state, WEFT_ACQUIRE) & ~(uint64_t)FLAGS;
    (void)weft_fault_point("shared_barrier.resets");
    (void)end_round(object, round, false);
    if (weft_load_u64(&object->state, WEFT_ACQUIRE) == (round | BROKEN))
        begin_next(object, round); /* otherwise all have just come, or another call did it */
    return 0;
}

void weft_shared_barrier_close(weft_shared_barrier barrier)
{
    weft__shared_close(barrier.at, WEFT__SHARED_BARRIER, what);
}
