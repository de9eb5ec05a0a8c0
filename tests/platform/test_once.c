/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "crew.h"
#include "weft/barrier.h"
#include "weft/event.h"
#include "weft/once.h"

enum { THREADS = 4, ROUNDS = 3000 };

/* Fails as often as it is told to, and counts. */
struct work {
    weft_once *once;
    int failures_left;
    int runs;
};

static int work(void *context)
{
    struct work *w = context;

    w->runs++;
    if (w->failures_left == 0)
        return 0;
    w->failures_left--;
    return WEFT_EBUSY;
}

static void all_zero_is_not_done_yet(void)
{
    static weft_once zero;
    struct work w = {.runs = 0};

    CU_ASSERT_TRUE(sizeof(weft_once) <= 8);
    CU_ASSERT_FALSE(weft_once_done(&zero));
    CHECK_OK(weft_once_run(&zero, work, &w, WEFT_NOW));
    CU_ASSERT_TRUE(weft_once_done(&zero));
    CU_ASSERT_EQUAL(w.runs, 1);
}

static void the_second_call_does_not_run_the_function(void)
{
    weft_once once = WEFT_ONCE_INIT;
    struct work w = {.runs = 0};

    CHECK_OK(weft_once_run(&once, work, &w, WEFT_FOREVER));
    CHECK_OK(weft_once_run(&once, work, &w, WEFT_FOREVER));
    CHECK_OK(weft_once_run(&once, work, &w, WEFT_NOW));
    CU_ASSERT_EQUAL(w.runs, 1);
}

static void a_function_that_fails_is_tried_again_by_the_next_call(void)
{
    weft_once once = WEFT_ONCE_INIT;
    struct work w = {.failures_left = 2};

    CHECK_ERROR(weft_once_run(&once, work, &w, WEFT_FOREVER), WEFT_EBUSY);
    CU_ASSERT_FALSE(weft_once_done(&once));
    CHECK_ERROR(weft_once_run(&once, work, &w, WEFT_FOREVER), WEFT_EBUSY);
    CHECK_OK(weft_once_run(&once, work, &w, WEFT_FOREVER));
    CU_ASSERT_TRUE(weft_once_done(&once));
    CU_ASSERT_EQUAL(w.runs, 3);
}

static int call_itself(void *context)
{
    struct work *w = context;

    w->runs++;
    CU_ASSERT_FALSE(weft_once_done(w->once));
    return weft_once_run(w->once, call_itself, w, WEFT_FOREVER);
}

static void calling_it_from_inside_the_function_is_misuse(void)
{
    weft_once once = WEFT_ONCE_INIT;
    struct work w = {.once = &once};

    expect_misuse(WEFT_EDEADLK);
    CHECK_ERROR(weft_once_run(&once, call_itself, &w, WEFT_FOREVER), WEFT_EDEADLK);
    CHECK_MISUSE_SEEN();
    CU_ASSERT_EQUAL(w.runs, 1);
    CHECK_OK(weft_once_run(&once, work, &w, WEFT_NOW));
}

/* A function that runs from `begun` until `go_on`, then ends with `result`. */
struct slow {
    weft_once once;
    weft_event begun, go_on;
    int result;
    int written; /* by the function, read by who was told that it is done */
    int err;     /* of the thread that ran it; read after join */
};

static int run_slowly(void *context)
{
    struct slow *s = context;

    weft_event_set(&s->begun);
    weft_event_wait(&s->go_on, WEFT_FOREVER);
    s->written = 7;
    return s->result;
}

static int run_slowly_in_a_thread(weft_task *task)
{
    struct slow *s = WEFT_ARG(task, struct slow *);

    s->err = weft_once_run(&s->once, run_slowly, s, WEFT_FOREVER);
    return 0;
}

static weft_thread *start_slow(struct slow *s)
{
    weft_thread *thread;

    start_threads(&thread, 1, run_slowly_in_a_thread, s);
    CHECK_OK(weft_event_wait(&s->begun, SOON));
    return thread;
}

static void waiting_for_another_thread_ends_at_the_deadline(void)
{
    struct slow s = {.err = WEFT_EINVAL};
    weft_thread *thread = start_slow(&s);
    weft_time until = weft_in(WEFT_MS(20));

    CHECK_ERROR(weft_once_run(&s.once, run_slowly, &s, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_once_run(&s.once, run_slowly, &s, weft_clock() - 1), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_once_run(&s.once, run_slowly, &s, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("once");
    CU_ASSERT_FALSE(weft_once_done(&s.once));
    weft_event_set(&s.go_on);
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(s.err, 0);
    CU_ASSERT_TRUE(weft_once_done(&s.once));
}

static void who_waited_sees_what_the_function_wrote(void)
{
    struct slow s = {.err = WEFT_EINVAL};
    weft_thread *thread = start_slow(&s);

    weft_event_set(&s.go_on);
    CHECK_OK(weft_once_run(&s.once, run_slowly, &s, WEFT_FOREVER));
    CU_ASSERT_EQUAL(s.written, 7);
    join_threads(&thread, 1);
}

static void who_waited_for_a_failure_tries_itself(void)
{
    struct slow s = {.result = WEFT_ELIMIT, .err = WEFT_EINVAL};
    struct work w = {.runs = 0};
    weft_thread *thread = start_slow(&s);

    weft_event_set(&s.go_on);
    CHECK_OK(weft_once_run(&s.once, work, &w, WEFT_FOREVER));
    CU_ASSERT_EQUAL(w.runs, 1);
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(s.err, WEFT_ELIMIT);
}

/* Threads that meet at a row of onces, each of which fails at first. */
struct race {
    weft_barrier start;
    weft_once onces[ROUNDS];
    struct work works[ROUNDS]; /* each guarded by its once */
    weft_atomic_u32 wrong;     /* any thread, relaxed */
};

static int race(weft_task *task)
{
    struct race *r = WEFT_ARG(task, struct race *);

    weft_barrier_wait(&r->start, NULL, WEFT_FOREVER);
    for (int i = 0; i < ROUNDS; i++) {
        int err;

        do
            err = weft_once_run(&r->onces[i], work, &r->works[i], WEFT_FOREVER);
        while (err == WEFT_EBUSY);
        if (err != 0 || r->works[i].runs != 3)
            weft_fetch_add_u32(&r->wrong, 1, WEFT_RELAXED);
    }
    return 0;
}

static void of_threads_that_race_exactly_one_succeeds(void)
{
    static struct race r;
    weft_thread *threads[THREADS];

    r.start = (weft_barrier)WEFT_BARRIER_INIT(THREADS);
    for (int i = 0; i < ROUNDS; i++)
        r.works[i].failures_left = 2;
    start_threads(threads, THREADS, race, &r);
    join_threads(threads, THREADS);
    CU_ASSERT_EQUAL(weft_load_u32(&r.wrong, WEFT_RELAXED), 0);
    for (int i = 0; i < ROUNDS; i++)
        if (r.works[i].runs != 3)
            CU_FAIL("a function ran too often, or not at all");
}

const char *const suite_name = "once";
CU_TestInfo suite_cases[] = {
    {"all_zero_is_not_done_yet", all_zero_is_not_done_yet},
    {"the_second_call_does_not_run_the_function", the_second_call_does_not_run_the_function},
    {"a_function_that_fails_is_tried_again_by_the_next_call",
     a_function_that_fails_is_tried_again_by_the_next_call},
    {"calling_it_from_inside_the_function_is_misuse",
     calling_it_from_inside_the_function_is_misuse},
    {"waiting_for_another_thread_ends_at_the_deadline",
     waiting_for_another_thread_ends_at_the_deadline},
    {"who_waited_sees_what_the_function_wrote", who_waited_sees_what_the_function_wrote},
    {"who_waited_for_a_failure_tries_itself", who_waited_for_a_failure_tries_itself},
    {"of_threads_that_race_exactly_one_succeeds", of_threads_that_race_exactly_one_succeeds},
    CU_TEST_INFO_NULL,
};
