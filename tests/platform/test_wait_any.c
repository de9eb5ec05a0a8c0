/* SPDX-License-Identifier: MIT */
/* Waiting for the first of several things. The cancel is in test_cancel.c. */
#include "check.h"

#include "crew.h"
#include "fail.h"
#include "weft/event.h"
#include "weft/semaphore.h"
#include "weft/wait.h"
#include "weft/wait_any.h"

enum { MANY = 40, OBSERVERS = 3, TAKERS = 3, PERMITS = 10000, ROUNDS = 2000 };

static void none_is_nothing_to_wait_for(void)
{
    weft_event event = WEFT_EVENT_INIT;
    weft_waitable one = weft_event_waitable(&event);
    size_t index = 7;

    CHECK_ERROR(weft_wait_any(&one, 0, &index, WEFT_FOREVER), WEFT_EINVAL);
    CU_ASSERT_EQUAL(index, 7);
}

static void the_first_that_is_ready_is_told(void)
{
    weft_event events[3] = {WEFT_EVENT_INIT, WEFT_EVENT_INIT, WEFT_EVENT_INIT};
    weft_waitable all[3];
    size_t index = 7;

    for (int i = 0; i < 3; i++)
        all[i] = weft_event_waitable(&events[i]);
    weft_event_set(&events[1]);
    weft_event_set(&events[2]);
    CHECK_OK(weft_wait_any(all, 3, &index, WEFT_FOREVER));
    CU_ASSERT_EQUAL(index, 1);
    weft_event_clear(&events[1]);
    CHECK_OK(weft_wait_any(all, 3, &index, WEFT_NOW));
    CU_ASSERT_EQUAL(index, 2);
}

static void the_deadline_is_not_early(void)
{
    weft_event event = WEFT_EVENT_INIT;
    weft_waitable twice[2] = {weft_event_waitable(&event), weft_event_waitable(&event)};
    weft_time until = weft_in(WEFT_MS(10));
    size_t index = 7;

    CHECK_ERROR(weft_wait_any(twice, 2, &index, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_wait_any(twice, 2, &index, weft_clock() - 1), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_wait_any(twice, 2, &index, until), WEFT_ETIMEDOUT);
    CHECK_SENTENCE("none of 2");
    CU_ASSERT_TRUE(weft_clock() >= until);
    CU_ASSERT_EQUAL(index, 7);
    CHECK_OK(weft_event_destroy(&event));
}

/* Waits for the first of many events; the thread records. */
struct watcher {
    weft_event *events;
    size_t count, index;
    int err;
};

static int watch(weft_task *task)
{
    struct watcher *w = WEFT_ARG(task, struct watcher *);
    weft_waitable all[MANY];

    for (size_t i = 0; i < w->count; i++)
        all[i] = weft_event_waitable(&w->events[i]);
    w->err = weft_wait_any(all, w->count, &w->index, SOON);
    return 0;
}

static void whichever_gets_ready_later_ends_the_wait(void)
{
    for (size_t ready = 0; ready < MANY; ready += 3) {
        weft_event events[MANY] = {WEFT_EVENT_INIT};
        struct watcher few = {events, ready + 1, MANY, WEFT_EINVAL};
        struct watcher many = {events, MANY, MANY, WEFT_EINVAL};
        weft_thread *threads[2];

        start_threads(&threads[0], 1, watch, &few);
        start_threads(&threads[1], 1, watch, &many);
        weft_sleep(WEFT_US(500)); /* they sleep now, or not yet: both is to be tried */
        weft_event_set(&events[ready]);
        join_threads(threads, 2);
        CU_ASSERT_EQUAL(few.err, 0);
        CU_ASSERT_EQUAL(few.index, ready);
        CU_ASSERT_EQUAL(many.err, 0);
        CU_ASSERT_EQUAL(many.index, ready);
        for (size_t i = 0; i < MANY; i++)
            CHECK_OK(weft_event_destroy(&events[i]));
    }
}

static int wait_for_many(void *context)
{
    weft_event *event = context;
    weft_waitable all[MANY];
    size_t index;

    for (size_t i = 0; i < MANY; i++)
        all[i] = weft_event_waitable(event);
    return weft_wait_any(all, MANY, &index, WEFT_FOREVER);
}

static void without_memory_it_fails(void)
{
    weft_event event = WEFT_EVENT_INIT;

    weft_event_set(&event);
    CU_ASSERT_EQUAL(refuse_each_allocation(wait_for_many, &event), 1);
}

/* Two events in turns: each of two threads waits for its own or the end, sets the other's. */
struct relay {
    weft_event turns[2], over;
    int err[2];
    weft_atomic_u32 sides;
};

static int run_relay(weft_task *task)
{
    struct relay *r = WEFT_ARG(task, struct relay *);
    uint32_t side = weft_fetch_add_u32(&r->sides, 1, WEFT_RELAXED);
    const weft_waitable mine[] = {weft_event_waitable(&r->over),
                                  weft_event_waitable(&r->turns[side])};

    for (int round = 0; round < ROUNDS && r->err[side] == 0; round++) {
        size_t index = 0;

        r->err[side] = weft_wait_any(mine, 2, &index, SOON);
        if (r->err[side] == 0 && index != 1)
            r->err[side] = WEFT_EFAILED;
        weft_event_clear(&r->turns[side]);
        weft_event_set(&r->turns[1 - side]);
    }
    return 0;
}

static void no_change_between_asking_and_sleeping_is_missed(void)
{
    struct relay r = {.err = {0, 0}};
    weft_thread *threads[2];

    start_threads(threads, 2, run_relay, &r);
    weft_event_set(&r.turns[0]);
    join_threads(threads, 2);
    CU_ASSERT_EQUAL(r.err[0], 0);
    CU_ASSERT_EQUAL(r.err[1], 0);
}

/* A semaphore that some watch and others take from. Each release wakes one taker: an
 * observer that used that wake-up up would leave the taker asleep beside the permit. */
struct market {
    weft_semaphore semaphore;
    weft_event over;
    weft_atomic_u32 taken; /* relaxed */
    weft_atomic_u32 failed;
};

static bool poll_semaphore(void *object, enum weft_poll what, weft_atomic_u32 **word,
                           uint32_t *seen)
{
    weft_semaphore *semaphore = object;

    if (what == WEFT_POLL_BEGIN)
        weft_fetch_add_u32(&semaphore->waiters, 1, WEFT_SEQ_CST);
    else if (what == WEFT_POLL_END)
        weft_fetch_sub_u32(&semaphore->waiters, 1, WEFT_SEQ_CST);
    if (what != WEFT_POLL_ASK)
        return false;
    *word = &semaphore->permits;
    *seen = 0;
    return weft_load_u32(&semaphore->permits, WEFT_SEQ_CST) > 0;
}

static int observe(weft_task *task)
{
    struct market *m = WEFT_ARG(task, struct market *);
    const weft_waitable things[] = {weft_event_waitable(&m->over), {&m->semaphore, poll_semaphore}};
    size_t index = 1;
    int err = 0;

    while (err == 0 && index != 0)
        err = weft_wait_any(things, 2, &index, SOON);
    weft_fetch_add_u32(&m->failed, err != 0, WEFT_RELAXED);
    return 0;
}

static int take(weft_task *task)
{
    struct market *m = WEFT_ARG(task, struct market *);
    int err = 0;

    while (err == 0 && !weft_event_is_set(&m->over)) {
        err = weft_semaphore_acquire(&m->semaphore, SOON);
        if (err == 0 && weft_fetch_add_u32(&m->taken, 1, WEFT_RELAXED) + 1 == PERMITS) {
            weft_event_set(&m->over);
            err = weft_semaphore_release(&m->semaphore, TAKERS); /* the others go home */
        }
    }
    weft_fetch_add_u32(&m->failed, err != 0, WEFT_RELAXED);
    return 0;
}

static void observers_use_up_no_wake_up(void)
{
    struct market m = {.taken = {0}};
    weft_thread *observers[OBSERVERS], *takers[TAKERS];

    start_threads(observers, OBSERVERS, observe, &m);
    start_threads(takers, TAKERS, take, &m);
    for (int i = 0; i < PERMITS; i++)
        CHECK_OK(weft_semaphore_release(&m.semaphore, 1));
    join_threads(takers, TAKERS);
    join_threads(observers, OBSERVERS);
    CU_ASSERT_EQUAL(weft_load_u32(&m.failed, WEFT_RELAXED), 0);
    CHECK_OK(weft_semaphore_destroy(&m.semaphore));
}

const char *const suite_name = "wait_any";
CU_TestInfo suite_cases[] = {
    {"none_is_nothing_to_wait_for", none_is_nothing_to_wait_for},
    {"the_first_that_is_ready_is_told", the_first_that_is_ready_is_told},
    {"the_deadline_is_not_early", the_deadline_is_not_early},
    {"whichever_gets_ready_later_ends_the_wait", whichever_gets_ready_later_ends_the_wait},
    {"without_memory_it_fails", without_memory_it_fails},
    {"no_change_between_asking_and_sleeping_is_missed",
     no_change_between_asking_and_sleeping_is_missed},
    {"observers_use_up_no_wake_up", observers_use_up_no_wake_up},
    CU_TEST_INFO_NULL,
};
