/* SPDX-License-Identifier: MIT */
/* Cancels against wake-ups: what is there reaches somebody, however many waits for it
 * are cancelled at the same moment. What is lost here is a hang. */
#include "check.h"

#include "crew.h"
#include "weft/cancel.h"
#include "weft/condition.h"
#include "weft/semaphore.h"

enum { WAITERS = 5, WAITS = 4000, AHEAD = 3 };

/* How long a race goes on: until so much was given and so many waits were cancelled, or until
 * the tokens are used up, on a machine where a wait is seldom met. */
enum { LEAST_GIVEN = 3000, LEAST_CANCELLED = 300, MOST_GIVEN = WAITERS * WAITS };

/* The tokens of one thread: a new one for each wait, the last of which are not cancelled. */
struct waiter {
    weft_atomic_u32 current;   /* number of the token of its present wait */
    weft_cancel tokens[WAITS]; /* children of race.over */
};

struct race {
    weft_cancel over;
    weft_semaphore semaphore;
    weft_atomic_u32 places;    /* waiters that have begun */
    weft_atomic_u32 got;       /* what the waiters have, and how many of their waits failed; */
    weft_atomic_u32 cancelled; /* both relaxed */
    weft_mutex mutex;          /* guards `there` */
    weft_condition came;
    uint32_t there;
    struct waiter waiters[WAITERS];
};

static struct race *new_race(void)
{
    static struct race race;

    race = (struct race){.there = 0};
    for (int i = 0; i < WAITERS; i++)
        for (int j = 0; j < WAITS; j++)
            race.waiters[i].tokens[j].parent = &race.over;
    return &race;
}

static struct waiter *take_place(struct race *r)
{
    return &r->waiters[weft_fetch_add_u32(&r->places, 1, WEFT_RELAXED)];
}

/* The next wait runs under a token that nobody has cancelled; every second one expires. */
static void enter_next(struct waiter *w)
{
    uint32_t next = weft_load_u32(&w->current, WEFT_RELAXED) + 1;

    if (next >= WAITS)
        return; /* the last one is not cancelled by itself */
    if (next % 2 == 0 && next < WAITS - 1)
        w->tokens[next].expires = weft_in(WEFT_US(next % 128));
    weft_store_u32(&w->current, next, WEFT_RELEASE);
    weft_cancel_enter(&w->tokens[next]);
}

static int take_permits(weft_task *task)
{
    struct race *r = WEFT_ARG(task, struct race *);
    struct waiter *w = take_place(r);

    while (!weft_cancel_requested(&r->over)) {
        enter_next(w);
        if (weft_semaphore_acquire(&r->semaphore, WEFT_FOREVER) == 0)
            weft_fetch_add_u32(&r->got, 1, WEFT_RELAXED);
        else
            weft_fetch_add_u32(&r->cancelled, 1, WEFT_RELAXED);
    }
    return 0;
}

static int take_tokens(weft_task *task)
{
    struct race *r = WEFT_ARG(task, struct race *);
    struct waiter *w = take_place(r);

    weft_mutex_acquire(&r->mutex, WEFT_FOREVER);
    while (!weft_cancel_requested(&r->over)) {
        int err = 0;

        enter_next(w);
        while (r->there == 0 && err == 0)
            err = weft_condition_wait(&r->came, &r->mutex, WEFT_FOREVER);
        weft_fetch_add_u32(&r->cancelled, err != 0, WEFT_RELAXED);
        if (err == 0) { /* who is cancelled leaves what is there to others */
            r->there--;
            weft_fetch_add_u32(&r->got, 1, WEFT_RELAXED);
        }
    }
    weft_mutex_release(&r->mutex);
    return 0;
}

/* Cancels whatever the waiters wait under; never the last token of each. */
static void cancel_some(struct race *r, uint32_t round)
{
    struct waiter *w = &r->waiters[round % WAITERS];
    uint32_t current = weft_load_u32(&w->current, WEFT_ACQUIRE);

    if (current < WAITS - 1)
        weft_cancel_request(&w->tokens[current]);
}

static int cancel_all_the_time(weft_task *task)
{
    struct race *r = WEFT_ARG(task, struct race *);

    for (uint32_t round = 0; !weft_cancel_requested(&r->over); round++) {
        cancel_some(r, round);
        if (round % 16 == 0)
            weft_sleep(WEFT_US(1));
    }
    return 0;
}

/* The waiters have all but so many of what was given: they are kept hungry, and one that
 * was lost is missed at the end. */
static bool have_all_but(struct race *r, uint32_t given, uint32_t ahead)
{
    weft_time until = SOON;
    uint32_t got;

    while ((got = weft_load_u32(&r->got, WEFT_RELAXED)) + ahead < given && weft_clock() < until)
        weft_sleep(WEFT_US(1));
    return got + ahead >= given;
}

/* Gives one thing after the other, until enough waits were cancelled in between. */
static void run_race(struct race *r, weft_function *wait, void (*give)(struct race *r))
{
    weft_thread *threads[WAITERS], *canceller;
    uint32_t given = 0;

    start_threads(threads, WAITERS, wait, r);
    start_threads(&canceller, 1, cancel_all_the_time, r);
    while (have_all_but(r, given, AHEAD) &&
           (given < LEAST_GIVEN ||
            (given < MOST_GIVEN &&
             weft_load_u32(&r->cancelled, WEFT_RELAXED) < LEAST_CANCELLED))) {
        give(r);
        given++;
    }
    CU_ASSERT_TRUE(have_all_but(r, given, 0));
    weft_cancel_request(&r->over);
    join_threads(threads, WAITERS);
    join_threads(&canceller, 1);
    CU_ASSERT_EQUAL(weft_load_u32(&r->got, WEFT_RELAXED), given);
}

static void release_one(struct race *r)
{
    weft_semaphore_release(&r->semaphore, 1);
}

static void no_permit_is_lost(void)
{
    struct race *r = new_race();

    run_race(r, take_permits, release_one);
    CHECK_ERROR(weft_semaphore_acquire(&r->semaphore, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_semaphore_destroy(&r->semaphore));
}

static void notify_one(struct race *r)
{
    weft_mutex_acquire(&r->mutex, WEFT_FOREVER);
    r->there++;
    weft_mutex_release(&r->mutex);
    weft_condition_notify(&r->came);
}

static void no_notification_is_lost(void)
{
    struct race *r = new_race();

    run_race(r, take_tokens, notify_one);
    CU_ASSERT_EQUAL(r->there, 0);
    CHECK_OK(weft_condition_destroy(&r->came));
}

const char *const suite_name = "cancel_race";
CU_TestInfo suite_cases[] = {
    {"no_permit_is_lost", no_permit_is_lost},
    {"no_notification_is_lost", no_notification_is_lost},
    CU_TEST_INFO_NULL,
};
