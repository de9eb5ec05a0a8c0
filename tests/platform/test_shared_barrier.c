/* SPDX-License-Identifier: MIT */
/* The barrier between processes. What it does when parties die is in
 * test_shared_barrier_dead.c, and how calls interleave in test_shared_barrier_race.c. */
#include "check.h"

#include "crew.h"
#include "fail.h"
#include "halt.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/shared.h"

enum { PARTIES = 3, ROUNDS = 1000, CROWD = 5, TICKETS = 6000, MANY = 40 };

static void one_party_passes_at_once_again_and_again(void)
{
    weft_shared_barrier barrier;

    CHECK_OK(weft_shared_barrier_create(&barrier, 1));
    for (int i = 0; i < 3; i++) {
        uint32_t index = 9;

        CHECK_OK(weft_shared_barrier_wait(barrier, &index, WEFT_NOW));
        CU_ASSERT_EQUAL(index, 0);
        CHECK_OK(weft_shared_barrier_wait(barrier, NULL, WEFT_FOREVER));
    }
    weft_shared_barrier_close(barrier);
}

static void barriers_for_nobody_and_for_too_many_cannot_be_made(void)
{
    weft_shared_barrier barrier = {7};

    CHECK_ERROR(weft_shared_barrier_create(&barrier, 0), WEFT_EINVAL);
    CHECK_SENTENCE("shared barrier");
    CHECK_ERROR(weft_shared_barrier_create(&barrier, 1001), WEFT_EINVAL);
    CHECK_ERROR(weft_shared_barrier_create(&barrier, UINT32_MAX), WEFT_EINVAL);
    CU_ASSERT_EQUAL(barrier.at, 7);
    CHECK_OK(weft_shared_barrier_create(&barrier, 1000));
    weft_shared_barrier_close(barrier);
}

static void what_is_no_barrier_is_misuse(void)
{
    weft_shared_semaphore semaphore;

    CHECK_OK(weft_shared_semaphore_create(&semaphore, 1));
    const weft_offset numbers[] = {0, 3, semaphore.at, (weft_offset)1 << 50};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const weft_shared_barrier none = {numbers[i]};

        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_shared_barrier_wait(none, NULL, WEFT_FOREVER), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_shared_barrier_abort(none), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_shared_barrier_reset(none), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
        CHECK_SENTENCE("shared barrier");
    }
    weft_shared_semaphore_close(semaphore);
    weft_shared_barrier_close((weft_shared_barrier){0});
}

static int create_and_close(void *context)
{
    weft_shared_barrier barrier = {7};
    int err = weft_shared_barrier_create(&barrier, 100);

    (void)context;
    if (err == 0)
        weft_shared_barrier_close(barrier);
    else
        CU_ASSERT_EQUAL(barrier.at, 7);
    return err;
}

static void a_full_arena_is_an_error_at_creation(void)
{
    CU_ASSERT_TRUE(refuse_each_passage("arena.alloc", WEFT_ENOMEM, create_and_close, NULL) > 0);
}

/* ---- rounds ------------------------------------------------------------------------ */

/* Processes, each with a thread more, that meet again and again and check that nobody is
 * ahead. */
struct meeting {
    weft_shared_barrier barrier;
    weft_offset counts; /* struct counts */
};

struct counts {
    weft_atomic_u32 came;                         /* relaxed: ordered by the barrier */
    weft_atomic_u32 wrong;                        /* relaxed, as the next */
    weft_atomic_u32 indices[ROUNDS][2 * PARTIES]; /* how often each was given */
};

static int meet(weft_task *task)
{
    const struct meeting *m = WEFT_ARG(task, const struct meeting *);
    struct counts *counts = weft_shared_pointer(m->counts);

    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t index = 2 * PARTIES, came;

        weft_fetch_add_u32(&counts->came, 1, WEFT_RELAXED);
        if (weft_shared_barrier_wait(m->barrier, &index, SOON) != 0 || index >= 2 * PARTIES) {
            weft_fetch_add_u32(&counts->wrong, 1, WEFT_RELAXED);
            return 0;
        }
        weft_fetch_add_u32(&counts->indices[round][index], 1, WEFT_RELAXED);
        came = weft_load_u32(&counts->came, WEFT_RELAXED);
        if (came < (round + 1) * 2 * PARTIES || came > (round + 2) * 2 * PARTIES)
            weft_fetch_add_u32(&counts->wrong, 1, WEFT_RELAXED);
    }
    return 0;
}

static int meet_in_two_threads(weft_task *task)
{
    struct meeting m = WEFT_ARG(task, struct meeting);
    weft_thread *threads[2];

    start_threads(threads, 2, meet, &m);
    join_threads(threads, 2);
    return 0;
}

static void nobody_passes_before_all_have_come_in_any_round(void)
{
    weft_process *processes[PARTIES];
    const struct counts *counts;
    struct meeting m;
    int not_once = 0;

    CHECK_OK(weft_shared_barrier_create(&m.barrier, 2 * PARTIES));
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&m.counts, sizeof(struct counts)), 0);
    counts = weft_shared_pointer(m.counts);
    start_processes(processes, PARTIES, meet_in_two_threads, &m, sizeof(m));
    join_processes(processes, PARTIES);
    CU_ASSERT_EQUAL(weft_load_u32(&counts->wrong, WEFT_RELAXED), 0);
    for (int round = 0; round < ROUNDS; round++)
        for (int index = 0; index < 2 * PARTIES; index++)
            not_once += weft_load_u32(&counts->indices[round][index], WEFT_RELAXED) != 1;
    CU_ASSERT_EQUAL(not_once, 0);
    weft_shared_barrier_close(m.barrier);
    weft_shared_free(m.counts);
}

/*
 * More threads than parties: two pass and others use the barrier on while one of the two
 * has not woken up yet. There are as many tickets as make full rounds, and who has one
 * waits, so nobody is left over.
 */
struct crowd {
    weft_shared_barrier barrier;
    weft_atomic_u32 tickets; /* given out, relaxed */
    weft_atomic_u32 wrong;   /* any thread, relaxed */
};

static int pass_in_pairs(weft_task *task)
{
    struct crowd *c = WEFT_ARG(task, struct crowd *);

    while (weft_fetch_add_u32(&c->tickets, 1, WEFT_RELAXED) < TICKETS)
        if (weft_shared_barrier_wait(c->barrier, NULL, SOON) != 0)
            weft_fetch_add_u32(&c->wrong, 1, WEFT_RELAXED);
    return 0;
}

static void a_thread_that_wakes_up_late_still_knows_that_its_round_was_full(void)
{
    struct crowd c = {{0}, {0}, {0}};
    weft_thread *threads[CROWD];

    CHECK_OK(weft_shared_barrier_create(&c.barrier, 2));
    start_threads(threads, CROWD, pass_in_pairs, &c);
    join_threads(threads, CROWD);
    CU_ASSERT_EQUAL(weft_load_u32(&c.wrong, WEFT_RELAXED), 0);
    weft_shared_barrier_close(c.barrier);
}

/* ---- broken ------------------------------------------------------------------------ */

/* A thread in a barrier for two or three. */
struct waiter {
    weft_shared_barrier barrier;
    int err; /* read after join */
};

static int wait_in_it(weft_task *task)
{
    struct waiter *w = WEFT_ARG(task, struct waiter *);

    w->err = weft_shared_barrier_wait(w->barrier, NULL, SOON);
    return 0;
}

/* A thread has come to the barrier and waits, or is about to. */
static weft_thread *start_waiter(struct waiter *w)
{
    weft_thread *thread;

    meet_at("shared_barrier.came", 1);
    start_threads(&thread, 1, wait_in_it, w);
    CU_ASSERT_TRUE(eventually(somebody_met, NULL));
    meet_at(NULL, 0);
    return thread;
}

static void a_deadline_that_passes_breaks_it_until_reset(void)
{
    weft_time until = weft_in(WEFT_MS(20));
    weft_shared_barrier barrier;

    CHECK_OK(weft_shared_barrier_create(&barrier, 2));
    for (int i = 0; i < MANY; i++) {
        CHECK_ERROR(weft_shared_barrier_wait(barrier, NULL, i == 0 ? until : WEFT_NOW),
                    WEFT_ETIMEDOUT);
        CU_ASSERT_TRUE(weft_clock() >= until);
        CHECK_SENTENCE("1 of 2");
        CHECK_ERROR(weft_shared_barrier_wait(barrier, NULL, WEFT_FOREVER), WEFT_EBROKEN);
        CHECK_SENTENCE("broken");
        CHECK_OK(weft_shared_barrier_reset(barrier));
    }
    weft_shared_barrier_close(barrier);
}

static void who_waits_is_told_that_another_gave_up_aborted_or_reset(void)
{
    struct waiter w = {.err = WEFT_EINVAL};

    CHECK_OK(weft_shared_barrier_create(&w.barrier, 3));
    for (int i = 0; i < 3 * MANY; i++) {
        weft_thread *thread = start_waiter(&w);

        if (i % 3 == 0)
            CHECK_ERROR(weft_shared_barrier_wait(w.barrier, NULL, weft_clock() - 1),
                        WEFT_ETIMEDOUT);
        else if (i % 3 == 1)
            CHECK_OK(weft_shared_barrier_abort(w.barrier));
        if (i % 3 != 2) {
            CHECK_ERROR(weft_shared_barrier_wait(w.barrier, NULL, WEFT_FOREVER), WEFT_EBROKEN);
            CHECK_OK(weft_shared_barrier_abort(w.barrier)); /* twice is harmless */
        }
        CHECK_OK(weft_shared_barrier_reset(w.barrier));
        join_threads(&thread, 1);
        CU_ASSERT_EQUAL(w.err, WEFT_EBROKEN);
    }
    weft_shared_barrier_close(w.barrier);
}

static void after_reset_it_is_whole_and_empty(void)
{
    struct waiter w = {.err = WEFT_EINVAL};
    weft_thread *thread;

    CHECK_OK(weft_shared_barrier_create(&w.barrier, 2));
    CHECK_OK(weft_shared_barrier_reset(w.barrier));
    CHECK_OK(weft_shared_barrier_abort(w.barrier));
    CHECK_OK(weft_shared_barrier_reset(w.barrier));
    CHECK_OK(weft_shared_barrier_reset(w.barrier));
    for (int i = 0; i < 3; i++) {
        uint32_t index = 9;

        thread = start_waiter(&w);
        CHECK_OK(weft_shared_barrier_wait(w.barrier, &index, WEFT_NOW));
        CU_ASSERT_EQUAL(index, 1);
        join_threads(&thread, 1);
        CU_ASSERT_EQUAL(w.err, 0);
    }
    weft_shared_barrier_close(w.barrier);
}

const char *const suite_name = "shared_barrier";
CU_TestInfo suite_cases[] = {
    {"one_party_passes_at_once_again_and_again", one_party_passes_at_once_again_and_again},
    {"barriers_for_nobody_and_for_too_many_cannot_be_made",
     barriers_for_nobody_and_for_too_many_cannot_be_made},
    {"what_is_no_barrier_is_misuse", what_is_no_barrier_is_misuse},
    {"a_full_arena_is_an_error_at_creation", a_full_arena_is_an_error_at_creation},
    {"nobody_passes_before_all_have_come_in_any_round",
     nobody_passes_before_all_have_come_in_any_round},
    {"a_thread_that_wakes_up_late_still_knows_that_its_round_was_full",
     a_thread_that_wakes_up_late_still_knows_that_its_round_was_full},
    {"a_deadline_that_passes_breaks_it_until_reset", a_deadline_that_passes_breaks_it_until_reset},
    {"who_waits_is_told_that_another_gave_up_aborted_or_reset",
     who_waits_is_told_that_another_gave_up_aborted_or_reset},
    {"after_reset_it_is_whole_and_empty", after_reset_it_is_whole_and_empty},
    CU_TEST_INFO_NULL,
};
