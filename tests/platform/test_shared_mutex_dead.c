/* SPDX-License-Identifier: MIT */
/* The mutex between processes when some of them die: holding it, waiting for it, taking it
 * over, anywhere. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "crew.h"
#include "halt.h"
#include "weft/arena.h"
#include "weft/barrier.h"
#include "weft/fault.h"
#include "weft/shared.h"

enum { PROCESSES = 4, KILLS = 20 };

/* What the processes of a test share: plain numbers under a mutex. */
struct shared {
    weft_shared_mutex mutex;
    weft_shared_semaphore ready; /* released by a child when it is where the test wants it */
    weft_offset numbers;         /* struct numbers, guarded by mutex */
};

struct numbers {
    uint64_t left, right; /* equal whenever the mutex is free and undamaged */
    uint64_t deaths;
};

static struct numbers *make_shared(struct shared *s)
{
    CU_ASSERT_EQUAL_FATAL(weft_shared_mutex_create(&s->mutex), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&s->ready, 0), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&s->numbers, sizeof(struct numbers)), 0);
    return weft_shared_pointer(s->numbers);
}

static void close_shared(const struct shared *s)
{
    weft_shared_mutex_close(s->mutex);
    weft_shared_semaphore_close(s->ready);
    weft_shared_free(s->numbers);
}

/* The caller holds it and makes the numbers good. */
static void mend(const struct shared *s)
{
    struct numbers *numbers = weft_shared_pointer(s->numbers);

    numbers->right = numbers->left;
    CHECK_OK(weft_shared_mutex_consistent(s->mutex));
    CHECK_OK(weft_shared_mutex_release(s->mutex));
}

static int hold_until_killed(weft_task *task)
{
    struct shared s = WEFT_ARG(task, struct shared);
    struct numbers *numbers = weft_shared_pointer(s.numbers);
    int err = weft_shared_mutex_acquire(s.mutex, SOON);

    REQUIRE(task, err == 0 || err == WEFT_EOWNERDEAD);
    numbers->left++; /* the right one is never reached */
    REQUIRE(task, weft_shared_semaphore_release(s.ready, 1) == 0);
    weft_sleep(WEFT_FOREVER);
    return 0;
}

/* Starts a process that holds the mutex, and kills it. Returns its pid. */
static uint64_t let_a_holder_die(const struct shared *s)
{
    weft_process *process = start_process(hold_until_killed, s, sizeof(*s));
    uint64_t pid = process ? weft_process_pid(process) : 0;

    CHECK_OK(weft_shared_semaphore_acquire(s->ready, SOON));
    CHECK_ERROR(weft_shared_mutex_acquire(s->mutex, WEFT_NOW), WEFT_ETIMEDOUT);
    kill_process(process);
    return pid;
}

/* ---- what the next owner is told ------------------------------------------------------- */

static void the_next_after_a_killed_owner_is_told_and_holds_it(void)
{
    struct shared s;
    struct numbers *numbers = make_shared(&s);
    char pid[32];

    for (uint64_t i = 1; i <= 3; i++) {
        snprintf(pid, sizeof(pid), "process %llu died", (unsigned long long)let_a_holder_die(&s));
        CHECK_ERROR(weft_shared_mutex_acquire(s.mutex, i == 1 ? WEFT_NOW : SOON), WEFT_EOWNERDEAD);
        CHECK_SENTENCE(pid);
        CU_ASSERT_EQUAL(numbers->left, i);
        CU_ASSERT_EQUAL(numbers->right, i - 1);
        mend(&s);
        CHECK_OK(weft_shared_mutex_acquire(s.mutex, WEFT_NOW));
        CHECK_OK(weft_shared_mutex_release(s.mutex));
    }
    close_shared(&s);
}

static int note_deaths(weft_task *task)
{
    struct shared s = WEFT_ARG(task, struct shared);
    struct numbers *numbers = weft_shared_pointer(s.numbers);
    int err = weft_shared_mutex_acquire(s.mutex, SOON);

    REQUIRE(task, err == 0 || err == WEFT_EOWNERDEAD);
    numbers->deaths += err == WEFT_EOWNERDEAD;
    REQUIRE(task, weft_shared_mutex_release(s.mutex) == 0);
    return 0;
}

static void each_owner_is_told_until_one_says_that_all_is_well(void)
{
    struct shared s;
    struct numbers *numbers = make_shared(&s);
    char pid[32];

    snprintf(pid, sizeof(pid), "process %llu died", (unsigned long long)let_a_holder_die(&s));
    join_process(start_process(note_deaths, &s, sizeof(s)));
    for (int i = 0; i < 2; i++) {
        CHECK_ERROR(weft_shared_mutex_acquire(s.mutex, WEFT_NOW), WEFT_EOWNERDEAD);
        CHECK_SENTENCE(pid);
        if (i == 0)
            CHECK_OK(weft_shared_mutex_release(s.mutex));
    }
    mend(&s);
    join_process(start_process(note_deaths, &s, sizeof(s)));
    CHECK_OK(weft_shared_mutex_acquire(s.mutex, WEFT_NOW));
    CU_ASSERT_EQUAL(numbers->deaths, 1);
    CHECK_OK(weft_shared_mutex_release(s.mutex));
    close_shared(&s);
}

static int exit_holding_it(weft_task *task)
{
    struct shared s = WEFT_ARG(task, struct shared);

    REQUIRE(task, weft_shared_mutex_acquire(s.mutex, SOON) == 0);
    exit(0);
}

static void an_owner_that_exits_has_died_too(void)
{
    struct shared s;

    make_shared(&s);
    join_process(start_process(exit_holding_it, &s, sizeof(s)));
    CHECK_ERROR(weft_shared_mutex_acquire(s.mutex, SOON), WEFT_EOWNERDEAD);
    mend(&s);
    close_shared(&s);
}

/* ---- who waits ------------------------------------------------------------------------- */

static int mend_in_turns(weft_task *task)
{
    struct shared s = WEFT_ARG(task, struct shared);
    struct numbers *numbers = weft_shared_pointer(s.numbers);
    int err = weft_shared_mutex_acquire(s.mutex, SOON);

    REQUIRE(task, err == 0 || err == WEFT_EOWNERDEAD);
    numbers->deaths += err == WEFT_EOWNERDEAD;
    if (err != 0)
        REQUIRE(task, weft_shared_mutex_consistent(s.mutex) == 0);
    REQUIRE(task, weft_shared_mutex_release(s.mutex) == 0);
    return 0;
}

static void of_many_that_wait_one_is_told_and_makes_it_good_for_all(void)
{
    weft_process *waiters[PROCESSES];
    struct shared s;
    struct numbers *numbers = make_shared(&s);
    weft_process *owner = start_process(hold_until_killed, &s, sizeof(s));

    CHECK_OK(weft_shared_semaphore_acquire(s.ready, SOON));
    start_processes(waiters, PROCESSES, mend_in_turns, &s, sizeof(s));
    weft_sleep(WEFT_MS(10)); /* most of them wait now; the outcome does not depend on it */
    kill_process(owner);
    join_processes(waiters, PROCESSES);
    CU_ASSERT_EQUAL(numbers->deaths, 1);
    close_shared(&s);
}

static void a_killed_waiter_takes_nothing_with_it(void)
{
    struct shared s;
    weft_process *waiter;

    make_shared(&s);
    CHECK_OK(weft_shared_mutex_acquire(s.mutex, WEFT_NOW));
    waiter = start_process(note_deaths, &s, sizeof(s));
    weft_sleep(WEFT_MS(10));
    kill_process(waiter);
    waiter = start_process(note_deaths, &s, sizeof(s));
    CHECK_OK(weft_shared_mutex_release(s.mutex));
    join_process(waiter);
    CHECK_OK(weft_shared_mutex_acquire(s.mutex, SOON));
    CHECK_OK(weft_shared_mutex_release(s.mutex));
    close_shared(&s);
}

/* ---- taking over ------------------------------------------------------------------------ */

/* Two threads that both know that the owner is dead before one of them takes over. */
struct takeover {
    weft_shared_mutex mutex;
    weft_barrier answered;                  /* both have been told whether they hold it */
    weft_atomic_u32 owners, late, releases; /* threads; relaxed */
};

static int take_over(weft_task *task)
{
    struct takeover *t = WEFT_ARG(task, struct takeover *);
    int err = weft_shared_mutex_acquire(t->mutex, WEFT_NOW);

    weft_fetch_add_u32(&t->owners, err == WEFT_EOWNERDEAD, WEFT_RELAXED);
    weft_fetch_add_u32(&t->late, err == WEFT_ETIMEDOUT, WEFT_RELAXED);
    if (weft_barrier_wait(&t->answered, NULL, SOON) != 0 || err != WEFT_EOWNERDEAD)
        return 0;
    if (weft_shared_mutex_release(t->mutex) == 0)
        weft_fetch_add_u32(&t->releases, 1, WEFT_RELAXED);
    return 0;
}

static void of_two_that_find_the_owner_dead_one_takes_over(void)
{
    struct shared s;
    struct takeover t = {.answered = WEFT_BARRIER_INIT(2)};
    weft_thread *threads[2];

    make_shared(&s);
    t.mutex = s.mutex;
    let_a_holder_die(&s);
    meet_at("word_lock.dead_owner", 2);
    expect_misuse(WEFT_EPERM); /* so that a failing release fails this test and no more */
    start_threads(threads, 2, take_over, &t);
    join_threads(threads, 2);
    (void)misuse_seen();
    CU_ASSERT_EQUAL(met(), 2);
    meet_at(NULL, 0);
    CU_ASSERT_EQUAL(weft_load_u32(&t.owners, WEFT_RELAXED), 1);
    CU_ASSERT_EQUAL(weft_load_u32(&t.late, WEFT_RELAXED), 1);
    CU_ASSERT_EQUAL(weft_load_u32(&t.releases, WEFT_RELAXED), 1);
    CHECK_ERROR(weft_shared_mutex_acquire(s.mutex, WEFT_NOW), WEFT_EOWNERDEAD);
    mend(&s);
    close_shared(&s);
}

/* ---- killed in a bad place ---------------------------------------------------------------- */

static const char *const points[] = {"shared_lock.taken", "word_lock.dead_owner",
                                     "word_lock.released"};

struct bad_place {
    struct shared shared;
    size_t point;
};

static int stop_in_a_bad_place(weft_task *task)
{
    struct bad_place place = WEFT_ARG(task, struct bad_place);
    int err;

    halt_at(points[place.point], 1, place.shared.ready);
    err = weft_shared_mutex_acquire(place.shared.mutex, SOON);
    REQUIRE(task, err == 0 || err == WEFT_EOWNERDEAD);
    return weft_shared_mutex_release(place.shared.mutex);
}

/* From the free mutex and from that of a dead owner. */
static void who_is_killed_in_the_middle_of_a_call_leaves_it_usable(void)
{
    struct bad_place place;

    make_shared(&place.shared);
    for (size_t i = 0; i < 2 * sizeof(points) / sizeof(points[0]); i++) {
        weft_process *process;
        int err;

        place.point = i / 2;
        if (i % 2 == 1)
            let_a_holder_die(&place.shared);
        else if (place.point == 1)
            continue; /* nobody dies */
        process = start_process(stop_in_a_bad_place, &place, sizeof(place));
        CHECK_OK(weft_shared_semaphore_acquire(place.shared.ready, SOON));
        kill_process(process);
        err = weft_shared_mutex_acquire(place.shared.mutex, SOON);
        CU_ASSERT_EQUAL(err, i % 2 == 0 && place.point == 2 ? 0 : WEFT_EOWNERDEAD);
        mend(&place.shared);
    }
    close_shared(&place.shared);
}

static int count_for_ever(weft_task *task)
{
    struct shared s = WEFT_ARG(task, struct shared);
    struct numbers *numbers = weft_shared_pointer(s.numbers);

    REQUIRE(task, weft_shared_semaphore_release(s.ready, 1) == 0);
    for (;;) {
        int err = weft_shared_mutex_acquire(s.mutex, SOON);

        REQUIRE(task, err == 0 || err == WEFT_EOWNERDEAD);
        REQUIRE(task, err == WEFT_EOWNERDEAD || numbers->left == numbers->right);
        if (err == WEFT_EOWNERDEAD)
            REQUIRE(task, weft_shared_mutex_consistent(s.mutex) == 0);
        numbers->left++;
        numbers->right = numbers->left;
        REQUIRE(task, weft_shared_mutex_release(s.mutex) == 0);
    }
}

/* Two count without end, one after the other is killed wherever it happens to be. */
static void killing_at_any_moment_never_blocks_the_others(void)
{
    weft_process *processes[2];
    struct shared s;

    make_shared(&s);
    start_processes(processes, 2, count_for_ever, &s, sizeof(s));
    for (int i = 0; i < KILLS; i++) {
        CHECK_OK(weft_shared_semaphore_acquire(s.ready, SOON));
        weft_sleep(WEFT_US(200) * (i + 1));
        kill_process(processes[i % 2]);
        int err = weft_shared_mutex_acquire(s.mutex, SOON);
        CU_ASSERT_TRUE(err == 0 || err == WEFT_EOWNERDEAD);
        mend(&s);
        processes[i % 2] = start_process(count_for_ever, &s, sizeof(s));
    }
    kill_process(processes[0]);
    kill_process(processes[1]);
    close_shared(&s);
}

const char *const suite_name = "shared_mutex_dead";
CU_TestInfo suite_cases[] = {
    {"the_next_after_a_killed_owner_is_told_and_holds_it",
     the_next_after_a_killed_owner_is_told_and_holds_it},
    {"each_owner_is_told_until_one_says_that_all_is_well",
     each_owner_is_told_until_one_says_that_all_is_well},
    {"an_owner_that_exits_has_died_too", an_owner_that_exits_has_died_too},
    {"of_many_that_wait_one_is_told_and_makes_it_good_for_all",
     of_many_that_wait_one_is_told_and_makes_it_good_for_all},
    {"a_killed_waiter_takes_nothing_with_it", a_killed_waiter_takes_nothing_with_it},
    {"of_two_that_find_the_owner_dead_one_takes_over",
     of_two_that_find_the_owner_dead_one_takes_over},
    {"who_is_killed_in_the_middle_of_a_call_leaves_it_usable",
     who_is_killed_in_the_middle_of_a_call_leaves_it_usable},
    {"killing_at_any_moment_never_blocks_the_others",
     killing_at_any_moment_never_blocks_the_others},
    CU_TEST_INFO_NULL,
};
