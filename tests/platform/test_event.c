/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "crew.h"
#include "weft/event.h"

enum { THREADS = 4, ROUNDS = 10000 };

static void all_zero_is_an_event_that_is_not_set(void)
{
    static weft_event zero;
    weft_event made = WEFT_EVENT_INIT;

    CU_ASSERT_TRUE(sizeof(weft_event) <= 8);
    CU_ASSERT_FALSE(weft_event_is_set(&zero));
    CU_ASSERT_FALSE(weft_event_is_set(&made));
    CHECK_ERROR(weft_event_wait(&zero, WEFT_NOW), WEFT_ETIMEDOUT);
}

static void set_lasts_until_clear(void)
{
    weft_event event = WEFT_EVENT_INIT;

    weft_event_set(&event);
    weft_event_set(&event);
    CU_ASSERT_TRUE(weft_event_is_set(&event));
    CHECK_OK(weft_event_wait(&event, WEFT_NOW));
    CHECK_OK(weft_event_wait(&event, WEFT_FOREVER));
    weft_event_clear(&event);
    CU_ASSERT_FALSE(weft_event_is_set(&event));
    CHECK_ERROR(weft_event_wait(&event, WEFT_NOW), WEFT_ETIMEDOUT);
}

static void clear_of_a_clear_event_changes_nothing(void)
{
    weft_event event = WEFT_EVENT_INIT;

    weft_event_clear(&event);
    CU_ASSERT_FALSE(weft_event_is_set(&event));
    weft_event_set(&event);
    CU_ASSERT_TRUE(weft_event_is_set(&event));
}

static void a_set_event_beats_a_deadline_that_passed(void)
{
    weft_event event = WEFT_EVENT_INIT;

    weft_event_set(&event);
    CHECK_OK(weft_event_wait(&event, weft_clock() - WEFT_S(1)));
}

static void wait_gives_up_at_the_deadline_and_not_before(void)
{
    weft_event event = WEFT_EVENT_INIT;
    weft_time until = weft_in(WEFT_MS(20));

    CHECK_ERROR(weft_event_wait(&event, weft_clock() - 1), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_event_wait(&event, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("event");
}

static void after_a_time_out_the_event_works_on(void)
{
    weft_event event = WEFT_EVENT_INIT;

    CHECK_ERROR(weft_event_wait(&event, weft_in(WEFT_MS(1))), WEFT_ETIMEDOUT);
    CU_ASSERT_FALSE(weft_event_is_set(&event));
    weft_event_clear(&event);
    CHECK_ERROR(weft_event_wait(&event, WEFT_NOW), WEFT_ETIMEDOUT);
    weft_event_set(&event);
    CHECK_OK(weft_event_wait(&event, WEFT_NOW));
}

struct waiters {
    weft_event go;
    int written;            /* before the set, read by the waiters */
    weft_atomic_u32 passed; /* waiters that saw it, relaxed */
};

static int wait_and_read(weft_task *task)
{
    struct waiters *w = WEFT_ARG(task, struct waiters *);

    if (weft_event_wait(&w->go, WEFT_FOREVER) == 0 && w->written == 7)
        weft_fetch_add_u32(&w->passed, 1, WEFT_RELAXED);
    return 0;
}

static void set_lets_all_waiters_go_and_shows_what_came_before(void)
{
    struct waiters w = {WEFT_EVENT_INIT, 0, {0}};
    weft_thread *threads[THREADS];

    start_threads(threads, THREADS, wait_and_read, &w);
    w.written = 7;
    weft_event_set(&w.go);
    join_threads(threads, THREADS);
    CU_ASSERT_EQUAL(weft_load_u32(&w.passed, WEFT_RELAXED), THREADS);
}

/* Two events thrown to and fro: a set that is lost stops the game. */
struct game {
    weft_event ping, pong;
    int err; /* the partner's; read after join */
};

static int answer(weft_task *task)
{
    struct game *g = WEFT_ARG(task, struct game *);

    g->err = 0;
    for (int i = 0; i < ROUNDS && g->err == 0; i++) {
        g->err = weft_event_wait(&g->ping, WEFT_FOREVER);
        weft_event_clear(&g->ping);
        weft_event_set(&g->pong);
    }
    return 0;
}

static void no_set_is_lost_in_thousands(void)
{
    struct game g = {WEFT_EVENT_INIT, WEFT_EVENT_INIT, WEFT_EINVAL};
    weft_thread *partner;
    int err = 0;

    start_threads(&partner, 1, answer, &g);
    for (int i = 0; i < ROUNDS && err == 0; i++) {
        weft_event_set(&g.ping);
        err = weft_event_wait(&g.pong, WEFT_FOREVER);
        weft_event_clear(&g.pong);
    }
    CHECK_OK(err);
    join_threads(&partner, 1);
    CHECK_OK(g.err);
}

/*
 * A set that is followed by a clear at once still lets those go who were waiting, also
 * when another wait has begun before they woke up.
 */
struct pulse {
    weft_event event;
    int err; /* the waiter's; read after join */
};

static int wait_for_a_pulse(weft_task *task)
{
    struct pulse *p = WEFT_ARG(task, struct pulse *);

    p->err = weft_event_wait(&p->event, weft_in(WEFT_S(20)));
    return 0;
}

/* The one look inside: from outside nobody can tell that a thread is in wait. */
static bool somebody_waits(void *event)
{
    return (weft_load_u32(&((weft_event *)event)->state, WEFT_ACQUIRE) & 1) != 0;
}

static void a_set_that_is_cleared_at_once_lets_waiters_go(void)
{
    for (int i = 0; i < 200; i++) {
        struct pulse p = {WEFT_EVENT_INIT, WEFT_EINVAL};
        weft_thread *waiter;

        start_threads(&waiter, 1, wait_for_a_pulse, &p);
        CU_ASSERT_TRUE(eventually(somebody_waits, &p.event));
        weft_event_set(&p.event);
        weft_event_clear(&p.event);
        (void)weft_event_wait(&p.event, WEFT_NOW);
        join_threads(&waiter, 1);
        if (!CHECK_OK(p.err))
            break;
    }
}

const char *const suite_name = "event";
CU_TestInfo suite_cases[] = {
    {"all_zero_is_an_event_that_is_not_set", all_zero_is_an_event_that_is_not_set},
    {"set_lasts_until_clear", set_lasts_until_clear},
    {"clear_of_a_clear_event_changes_nothing", clear_of_a_clear_event_changes_nothing},
    {"a_set_event_beats_a_deadline_that_passed", a_set_event_beats_a_deadline_that_passed},
    {"wait_gives_up_at_the_deadline_and_not_before", wait_gives_up_at_the_deadline_and_not_before},
    {"after_a_time_out_the_event_works_on", after_a_time_out_the_event_works_on},
    {"set_lets_all_waiters_go_and_shows_what_came_before",
     set_lets_all_waiters_go_and_shows_what_came_before},
    {"no_set_is_lost_in_thousands", no_set_is_lost_in_thousands},
    {"a_set_that_is_cleared_at_once_lets_waiters_go",
     a_set_that_is_cleared_at_once_lets_waiters_go},
    CU_TEST_INFO_NULL,
};
