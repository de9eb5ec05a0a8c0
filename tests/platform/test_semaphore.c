/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdlib.h>

#include "crew.h"
#include "halt.h"
#include "weft/fault.h"
#include "weft/semaphore.h"

enum { THREADS = 4, ROUNDS = 10000, PERMITS = 2 };

static void all_zero_has_no_permit(void)
{
    static weft_semaphore zero;

    CHECK_ERROR(weft_semaphore_acquire(&zero, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_semaphore_release(&zero, 1));
    CHECK_OK(weft_semaphore_acquire(&zero, WEFT_NOW));
}

static void as_many_as_there_are_permits_get_one(void)
{
    weft_semaphore semaphore = WEFT_SEMAPHORE_INIT(3);

    for (int i = 0; i < 3; i++)
        CHECK_OK(weft_semaphore_acquire(&semaphore, WEFT_NOW));
    CHECK_ERROR(weft_semaphore_acquire(&semaphore, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_semaphore_release(&semaphore, 2));
    CHECK_OK(weft_semaphore_acquire(&semaphore, WEFT_FOREVER));
    CHECK_OK(weft_semaphore_acquire(&semaphore, WEFT_FOREVER));
    CHECK_ERROR(weft_semaphore_acquire(&semaphore, WEFT_NOW), WEFT_ETIMEDOUT);
}

static void acquire_gives_up_at_the_deadline_and_not_before(void)
{
    weft_semaphore semaphore = WEFT_SEMAPHORE_INIT(0);
    weft_time until = weft_in(WEFT_MS(20));

    CHECK_ERROR(weft_semaphore_acquire(&semaphore, weft_clock() - 1), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_semaphore_acquire(&semaphore, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("semaphore");
    CHECK_OK(weft_semaphore_release(&semaphore, 1));
    CHECK_OK(weft_semaphore_acquire(&semaphore, weft_clock() - 1)); /* a permit beats it */
}

static void too_many_permits_are_refused_and_nothing_is_released(void)
{
    weft_semaphore full = WEFT_SEMAPHORE_INIT(INT32_MAX);
    weft_semaphore one = WEFT_SEMAPHORE_INIT(1);

    expect_misuse(WEFT_ETOOBIG);
    CHECK_ERROR(weft_semaphore_release(&full, 1), WEFT_ETOOBIG);
    expect_misuse(WEFT_ETOOBIG);
    CHECK_ERROR(weft_semaphore_release(&one, INT32_MAX), WEFT_ETOOBIG);
    expect_misuse(WEFT_ETOOBIG);
    CHECK_ERROR(weft_semaphore_release(&one, UINT32_MAX), WEFT_ETOOBIG);
    CHECK_MISUSE_SEEN();
    CHECK_OK(weft_semaphore_acquire(&one, WEFT_NOW));
    CHECK_ERROR(weft_semaphore_acquire(&one, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_semaphore_acquire(&full, WEFT_NOW));
    CHECK_OK(weft_semaphore_release(&full, 1));
}

struct waiters {
    weft_semaphore semaphore;
    weft_atomic_u32 passed; /* any thread, relaxed */
};

static int take_one(weft_task *task)
{
    struct waiters *w = WEFT_ARG(task, struct waiters *);

    if (weft_semaphore_acquire(&w->semaphore, WEFT_FOREVER) == 0)
        weft_fetch_add_u32(&w->passed, 1, WEFT_RELAXED);
    return 0;
}

static void release_of_many_lets_as_many_waiters_go(void)
{
    struct waiters w = {WEFT_SEMAPHORE_INIT(0), {0}};
    weft_thread *threads[THREADS];

    start_threads(threads, THREADS, take_one, &w);
    weft_sleep(WEFT_MS(5)); /* most of them wait now; the outcome does not depend on it */
    CHECK_OK(weft_semaphore_release(&w.semaphore, THREADS));
    join_threads(threads, THREADS);
    CU_ASSERT_EQUAL(weft_load_u32(&w.passed, WEFT_RELAXED), THREADS);
    CHECK_ERROR(weft_semaphore_acquire(&w.semaphore, WEFT_NOW), WEFT_ETIMEDOUT);
}

struct crowd {
    weft_semaphore semaphore;
    weft_atomic_u32 inside;   /* threads with a permit, seq_cst */
    weft_atomic_u32 too_many; /* any thread, relaxed */
    weft_atomic_u32 stuck;    /* any thread, relaxed */
};

static int go_in_and_out(weft_task *task)
{
    struct crowd *c = WEFT_ARG(task, struct crowd *);

    for (int i = 0; i < ROUNDS; i++) {
        /* Short deadlines in between: who gives up must not take a permit with it. */
        if (weft_semaphore_acquire(&c->semaphore,
                                   i % 3 == 0 ? weft_in(WEFT_US(5)) : WEFT_FOREVER) != 0) {
            weft_fetch_add_u32(&c->stuck, i % 3 != 0, WEFT_RELAXED);
            continue;
        }
        if (weft_fetch_add_u32(&c->inside, 1, WEFT_SEQ_CST) >= PERMITS)
            weft_fetch_add_u32(&c->too_many, 1, WEFT_RELAXED);
        weft_fetch_sub_u32(&c->inside, 1, WEFT_SEQ_CST);
        weft_semaphore_release(&c->semaphore, 1);
    }
    return 0;
}

static void never_more_are_inside_than_permits_and_none_is_lost(void)
{
    struct crowd c = {WEFT_SEMAPHORE_INIT(PERMITS), {0}, {0}, {0}};
    weft_thread *threads[THREADS];

    start_threads(threads, THREADS, go_in_and_out, &c);
    join_threads(threads, THREADS);
    CU_ASSERT_EQUAL(weft_load_u32(&c.too_many, WEFT_RELAXED), 0);
    CU_ASSERT_EQUAL(weft_load_u32(&c.stuck, WEFT_RELAXED), 0);
    for (int i = 0; i < PERMITS; i++)
        CHECK_OK(weft_semaphore_acquire(&c.semaphore, WEFT_NOW));
    CHECK_ERROR(weft_semaphore_acquire(&c.semaphore, WEFT_NOW), WEFT_ETIMEDOUT);
}

/* One permit, and deadlines that come as it does: who gives up must not take it along. */
static int take_in_a_hurry(weft_task *task)
{
    struct crowd *c = WEFT_ARG(task, struct crowd *);

    for (int i = 0; i < ROUNDS; i++) {
        if (weft_semaphore_acquire(&c->semaphore, weft_in(WEFT_US(i % 60))) != 0)
            continue;
        for (int spin = 0; spin < i % 1000; spin++)
            weft_cpu_pause();
        weft_semaphore_release(&c->semaphore, 1);
    }
    return 0;
}

static void who_gives_up_takes_no_permit_along(void)
{
    struct crowd c = {WEFT_SEMAPHORE_INIT(1), {0}, {0}, {0}};
    weft_thread *threads[THREADS];

    start_threads(threads, THREADS, take_in_a_hurry, &c);
    join_threads(threads, THREADS);
    CHECK_OK(weft_semaphore_acquire(&c.semaphore, WEFT_NOW));
    CHECK_ERROR(weft_semaphore_acquire(&c.semaphore, WEFT_NOW), WEFT_ETIMEDOUT);
}

/* What is written before a release is read after the acquire that got that permit. */
struct relay {
    weft_semaphore forth, back;
    int baton; /* passed on by the semaphores */
    int err;   /* the partner's; read after join */
};

static int run_the_relay(weft_task *task)
{
    struct relay *r = WEFT_ARG(task, struct relay *);

    r->err = 0;
    for (int i = 0; i < ROUNDS && r->err == 0; i++) {
        r->err = weft_semaphore_acquire(&r->forth, WEFT_FOREVER);
        r->baton++;
        weft_semaphore_release(&r->back, 1);
    }
    return 0;
}

static void a_permit_passes_on_what_was_written_before(void)
{
    struct relay r = {WEFT_SEMAPHORE_INIT(0), WEFT_SEMAPHORE_INIT(0), 0, WEFT_EINVAL};
    weft_thread *partner;
    int err = 0;

    start_threads(&partner, 1, run_the_relay, &r);
    for (int i = 0; i < ROUNDS && err == 0; i++) {
        r.baton++;
        weft_semaphore_release(&r.forth, 1);
        err = weft_semaphore_acquire(&r.back, WEFT_FOREVER);
    }
    CHECK_OK(err);
    join_threads(&partner, 1);
    CHECK_OK(r.err);
    CU_ASSERT_EQUAL(r.baton, 2 * ROUNDS);
}

static int release_one(weft_task *task)
{
    return weft_semaphore_release(WEFT_ARG(task, weft_semaphore *), 1);
}

/* Only builds that watch memory can see it. */
static void who_got_the_permit_may_free_the_semaphore(void)
{
    static const char *const point = "semaphore.released";
    weft_semaphore *semaphore = calloc(1, sizeof(*semaphore));
    weft_thread *thread;

    meet_at(point, 2);
    start_threads(&thread, 1, release_one, semaphore);
    CHECK_OK(weft_semaphore_acquire(semaphore, SOON));
    CU_ASSERT_TRUE(eventually(somebody_met, NULL));
    free(semaphore);
    (void)weft_fault_point(point);
    join_threads(&thread, 1);
    meet_at(NULL, 0);
}

const char *const suite_name = "semaphore";
CU_TestInfo suite_cases[] = {
    {"all_zero_has_no_permit", all_zero_has_no_permit},
    {"as_many_as_there_are_permits_get_one", as_many_as_there_are_permits_get_one},
    {"acquire_gives_up_at_the_deadline_and_not_before",
     acquire_gives_up_at_the_deadline_and_not_before},
    {"too_many_permits_are_refused_and_nothing_is_released",
     too_many_permits_are_refused_and_nothing_is_released},
    {"release_of_many_lets_as_many_waiters_go", release_of_many_lets_as_many_waiters_go},
    {"never_more_are_inside_than_permits_and_none_is_lost",
     never_more_are_inside_than_permits_and_none_is_lost},
    {"who_gives_up_takes_no_permit_along", who_gives_up_takes_no_permit_along},
    {"a_permit_passes_on_what_was_written_before", a_permit_passes_on_what_was_written_before},
    {"who_got_the_permit_may_free_the_semaphore", who_got_the_permit_may_free_the_semaphore},
    CU_TEST_INFO_NULL,
};
