/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "crew.h"
#include "weft/barrier.h"

enum { PARTIES = 4, ROUNDS = 2000, CROWD = 6, TICKETS = 20000 };

static void one_party_passes_at_once_again_and_again(void)
{
    weft_barrier barrier = WEFT_BARRIER_INIT(1);

    for (int i = 0; i < 3; i++) {
        uint32_t index = 9;

        CHECK_OK(weft_barrier_wait(&barrier, &index, WEFT_NOW));
        CU_ASSERT_EQUAL(index, 0);
        CHECK_OK(weft_barrier_wait(&barrier, NULL, WEFT_FOREVER));
    }
}

static void a_barrier_for_nobody_is_misuse(void)
{
    static weft_barrier zero;

    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_barrier_wait(&zero, NULL, WEFT_FOREVER), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    CHECK_SENTENCE("barrier");
}

/* Threads that meet ROUNDS times and check that nobody is ahead. */
struct meeting {
    weft_barrier barrier;
    weft_atomic_u32 came;                     /* any thread, relaxed: ordered by the barrier */
    weft_atomic_u32 wrong;                    /* any thread, relaxed */
    weft_atomic_u32 indices[ROUNDS][PARTIES]; /* how often each was given, relaxed */
};

static int meet(weft_task *task)
{
    struct meeting *m = WEFT_ARG(task, struct meeting *);

    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t index = PARTIES;

        weft_fetch_add_u32(&m->came, 1, WEFT_RELAXED);
        if (weft_barrier_wait(&m->barrier, &index, WEFT_FOREVER) != 0 || index >= PARTIES) {
            weft_fetch_add_u32(&m->wrong, 1, WEFT_RELAXED);
            return 0;
        }
        weft_fetch_add_u32(&m->indices[round][index], 1, WEFT_RELAXED);
        uint32_t came = weft_load_u32(&m->came, WEFT_RELAXED);
        if (came < (round + 1) * PARTIES || came > (round + 2) * PARTIES)
            weft_fetch_add_u32(&m->wrong, 1, WEFT_RELAXED);
    }
    return 0;
}

static void nobody_passes_before_all_have_come_in_any_round(void)
{
    static struct meeting m;
    weft_thread *threads[PARTIES];
    int not_once = 0;

    m.barrier = (weft_barrier)WEFT_BARRIER_INIT(PARTIES);
    start_threads(threads, PARTIES, meet, &m);
    join_threads(threads, PARTIES);
    CU_ASSERT_EQUAL(weft_load_u32(&m.wrong, WEFT_RELAXED), 0);
    for (int round = 0; round < ROUNDS; round++)
        for (int index = 0; index < PARTIES; index++)
            not_once += weft_load_u32(&m.indices[round][index], WEFT_RELAXED) != 1;
    CU_ASSERT_EQUAL(not_once, 0);
}

/*
 * More threads than parties: two pass and others use the barrier on while one of the two
 * has not woken up yet. There are as many tickets as make full rounds, and who has one
 * waits, so nobody is left over.
 */
struct crowd {
    weft_barrier barrier;
    weft_atomic_u32 tickets; /* given out, relaxed */
    weft_atomic_u32 wrong;   /* any thread, relaxed */
};

static int pass_in_pairs(weft_task *task)
{
    struct crowd *c = WEFT_ARG(task, struct crowd *);

    while (weft_fetch_add_u32(&c->tickets, 1, WEFT_RELAXED) < TICKETS)
        if (weft_barrier_wait(&c->barrier, NULL, WEFT_FOREVER) != 0)
            weft_fetch_add_u32(&c->wrong, 1, WEFT_RELAXED);
    return 0;
}

static void a_thread_that_wakes_up_late_still_knows_that_its_round_was_full(void)
{
    struct crowd c = {WEFT_BARRIER_INIT(2), {0}, {0}};
    weft_thread *threads[CROWD];

    start_threads(threads, CROWD, pass_in_pairs, &c);
    join_threads(threads, CROWD);
    CU_ASSERT_EQUAL(weft_load_u32(&c.wrong, WEFT_RELAXED), 0);
}

static void a_deadline_that_passes_breaks_it_until_reset(void)
{
    weft_barrier barrier = WEFT_BARRIER_INIT(2);
    weft_time until = weft_in(WEFT_MS(20));

    CHECK_ERROR(weft_barrier_wait(&barrier, NULL, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("1 of 2");
    CHECK_ERROR(weft_barrier_wait(&barrier, NULL, WEFT_FOREVER), WEFT_EBROKEN);
    CHECK_SENTENCE("broken");
    weft_barrier_reset(&barrier);
    CHECK_ERROR(weft_barrier_wait(&barrier, NULL, WEFT_NOW), WEFT_ETIMEDOUT);
    weft_barrier_reset(&barrier);
    CHECK_ERROR(weft_barrier_wait(&barrier, NULL, weft_clock() - 1), WEFT_ETIMEDOUT);
}

struct waiter {
    weft_barrier barrier;
    weft_atomic_u32 errors; /* -err, summed by the waiters, relaxed */
};

static int wait_once(weft_task *task)
{
    struct waiter *w = WEFT_ARG(task, struct waiter *);

    weft_fetch_add_u32(&w->errors, (uint32_t)-weft_barrier_wait(&w->barrier, NULL, WEFT_FOREVER),
                       WEFT_RELAXED);
    return 0;
}

static void a_deadline_of_one_breaks_it_for_the_others(void)
{
    struct waiter w = {WEFT_BARRIER_INIT(4), {0}};
    weft_thread *threads[2];

    start_threads(threads, 2, wait_once, &w);
    CHECK_ERROR(weft_barrier_wait(&w.barrier, NULL, weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
    join_threads(threads, 2);
    CU_ASSERT_EQUAL(weft_load_u32(&w.errors, WEFT_RELAXED), (uint32_t)(-2 * WEFT_EBROKEN));
}

static void abort_breaks_it_for_those_who_wait_and_who_come_later(void)
{
    struct waiter w = {WEFT_BARRIER_INIT(3), {0}};
    weft_thread *threads[2];

    start_threads(threads, 2, wait_once, &w);
    weft_barrier_abort(&w.barrier);
    join_threads(threads, 2);
    CU_ASSERT_EQUAL(weft_load_u32(&w.errors, WEFT_RELAXED), (uint32_t)(-2 * WEFT_EBROKEN));
    CHECK_ERROR(weft_barrier_wait(&w.barrier, NULL, WEFT_FOREVER), WEFT_EBROKEN);
}

static void reset_breaks_it_for_those_who_wait_and_nobody_else(void)
{
    struct waiter w = {WEFT_BARRIER_INIT(2), {0}};
    weft_thread *thread;

    start_threads(&thread, 1, wait_once, &w);
    while (weft_thread_is_alive(thread)) { /* it may still be on its way into wait */
        weft_barrier_reset(&w.barrier);
        weft_sleep(WEFT_MS(1));
    }
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(weft_load_u32(&w.errors, WEFT_RELAXED), (uint32_t)-WEFT_EBROKEN);
    start_threads(&thread, 1, wait_once, &w);
    CHECK_OK(weft_barrier_wait(&w.barrier, NULL, WEFT_FOREVER));
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(weft_load_u32(&w.errors, WEFT_RELAXED), (uint32_t)-WEFT_EBROKEN);
}

static void after_abort_and_reset_it_is_as_new(void)
{
    struct waiter w = {WEFT_BARRIER_INIT(2), {0}};
    weft_thread *thread;
    uint32_t index = 9;

    weft_barrier_abort(&w.barrier);
    weft_barrier_reset(&w.barrier);
    start_threads(&thread, 1, wait_once, &w);
    CHECK_OK(weft_barrier_wait(&w.barrier, &index, WEFT_FOREVER));
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(weft_load_u32(&w.errors, WEFT_RELAXED), 0);
    CU_ASSERT_TRUE(index < 2);
}

const char *const suite_name = "barrier";
CU_TestInfo suite_cases[] = {
    {"one_party_passes_at_once_again_and_again", one_party_passes_at_once_again_and_again},
    {"a_barrier_for_nobody_is_misuse", a_barrier_for_nobody_is_misuse},
    {"nobody_passes_before_all_have_come_in_any_round",
     nobody_passes_before_all_have_come_in_any_round},
    {"a_thread_that_wakes_up_late_still_knows_that_its_round_was_full",
     a_thread_that_wakes_up_late_still_knows_that_its_round_was_full},
    {"a_deadline_that_passes_breaks_it_until_reset", a_deadline_that_passes_breaks_it_until_reset},
    {"a_deadline_of_one_breaks_it_for_the_others", a_deadline_of_one_breaks_it_for_the_others},
    {"abort_breaks_it_for_those_who_wait_and_who_come_later",
     abort_breaks_it_for_those_who_wait_and_who_come_later},
    {"reset_breaks_it_for_those_who_wait_and_nobody_else",
     reset_breaks_it_for_those_who_wait_and_nobody_else},
    {"after_abort_and_reset_it_is_as_new", after_abort_and_reset_it_is_as_new},
    CU_TEST_INFO_NULL,
};
