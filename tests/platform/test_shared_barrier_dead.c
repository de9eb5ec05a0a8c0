/* SPDX-License-Identifier: MIT */
/* The barrier between processes when some of them die: waiting in it, ending a round,
 * anywhere. Nobody waits for the dead. */
#include "check.h"

#include <stdio.h>

#include "crew.h"
#include "halt.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/shared.h"

enum { PARTIES = 4, KILLS = 12 };

struct scene {
    weft_shared_barrier barrier;
    weft_shared_semaphore there; /* released by a child when it is where the test wants it */
    weft_offset told;            /* weft_atomic_u32: children that were told what they expect */
    uint32_t parties;
};

static void make_scene(struct scene *s, uint32_t parties)
{
    *s = (struct scene){.parties = parties};
    CU_ASSERT_EQUAL_FATAL(weft_shared_barrier_create(&s->barrier, parties), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&s->there, 0), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&s->told, sizeof(weft_atomic_u32)), 0);
}

static void close_scene(const struct scene *s)
{
    weft_shared_barrier_close(s->barrier);
    weft_shared_semaphore_close(s->there);
    weft_shared_free(s->told);
}

/* ---- waiting ----------------------------------------------------------------------- */

/* Comes in and dies there: it is killed at the point behind its coming. */
static int come_and_stop(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);

    halt_at("shared_barrier.came", 1, s.there);
    return weft_shared_barrier_wait(s.barrier, NULL, SOON);
}

/* One has come and died. Returns its pid. */
static uint64_t let_one_die(const struct scene *s)
{
    weft_process *process = start_process(come_and_stop, s, sizeof(*s));
    uint64_t pid = process ? weft_process_pid(process) : 0;

    CHECK_OK(weft_shared_semaphore_acquire(s->there, SOON));
    kill_process(process);
    return pid;
}

static void check_told(const struct scene *s, uint64_t pid)
{
    char text[64];

    snprintf(text, sizeof(text), "process %llu died", (unsigned long long)pid);
    for (int i = 0; i < 2; i++) { /* at once, and who comes later */
        CHECK_ERROR(weft_shared_barrier_wait(s->barrier, NULL, SOON), WEFT_EBROKEN);
        CHECK_SENTENCE(text);
    }
    CHECK_OK(weft_shared_barrier_reset(s->barrier));
}

static void a_party_that_died_before_breaks_it_for_who_comes(void)
{
    struct scene s;

    for (uint32_t parties = 2; parties <= 3; parties++) { /* the last one, and one before */
        make_scene(&s, parties);
        for (int i = 0; i < 3; i++)
            check_told(&s, let_one_die(&s));
        close_scene(&s);
    }
}

static int expect_broken(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);

    REQUIRE(task, weft_shared_semaphore_release(s.there, 1) == 0);
    REQUIRE(task, weft_shared_barrier_wait(s.barrier, NULL, SOON) == WEFT_EBROKEN);
    weft_fetch_add_u32(weft_shared_pointer(s.told), 1, WEFT_RELAXED);
    return 0;
}

static void all_who_wait_are_told_that_one_died(void)
{
    struct scene s;

    make_scene(&s, PARTIES);
    for (int i = 0; i < 4; i++) {
        weft_process *victim = start_process(come_and_stop, &s, sizeof(s));
        weft_process *processes[PARTIES - 2];
        weft_time until;
        int err;

        CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
        start_processes(processes, PARTIES - 2, expect_broken, &s, sizeof(s));
        for (int j = 0; j < PARTIES - 2; j++)
            CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
        weft_sleep(WEFT_MS(8)); /* they wait now, or will meet the dead one when they come */
        kill_process(victim);
        join_processes(processes, PARTIES - 2);
        until = weft_in(WEFT_MS(1));
        err = weft_shared_barrier_wait(s.barrier, NULL, until);
        CU_ASSERT_EQUAL(err, WEFT_EBROKEN);
        CHECK_OK(weft_shared_barrier_reset(s.barrier));
    }
    CU_ASSERT_EQUAL(weft_load_u32(weft_shared_pointer(s.told), WEFT_RELAXED), 4 * (PARTIES - 2));
    close_scene(&s);
}

/* ---- ending a round ---------------------------------------------------------------- */

static const char *const points[] = {"shared_barrier.came", "shared_barrier.changed",
                                     "shared_barrier.noted"};

struct ending {
    struct scene scene;
    size_t point;
};

static int end_and_stop(weft_task *task)
{
    struct ending ending = WEFT_ARG(task, struct ending);

    halt_at(points[ending.point], 1, ending.scene.there);
    if (ending.point == 2)
        return weft_shared_barrier_reset(ending.scene.barrier);
    return weft_shared_barrier_wait(ending.scene.barrier, NULL, SOON);
}

struct thread_wait {
    weft_shared_barrier barrier;
    int err; /* read after join */
};

static int wait_in_it(weft_task *task)
{
    struct thread_wait *wait = WEFT_ARG(task, struct thread_wait *);

    wait->err = weft_shared_barrier_wait(wait->barrier, NULL, SOON);
    return 0;
}

/* The last one to come dies before it has ended the round, or after that, and one who resets
 * it in the middle of that. */
static void who_dies_while_it_ends_a_round_leaves_nobody_behind(void)
{
    struct ending ending;

    make_scene(&ending.scene, 2);
    for (ending.point = 0; ending.point < 3; ending.point++) {
        struct thread_wait wait = {ending.scene.barrier, WEFT_EINVAL};
        weft_process *process;
        weft_thread *thread;

        meet_at("shared_barrier.came", 1);
        start_threads(&thread, 1, wait_in_it, &wait);
        CU_ASSERT_TRUE(eventually(somebody_met, NULL));
        meet_at(NULL, 0);
        process = start_process(end_and_stop, &ending, sizeof(ending));
        CHECK_OK(weft_shared_semaphore_acquire(ending.scene.there, SOON));
        kill_process(process);
        join_threads(&thread, 1);
        CU_ASSERT_EQUAL(wait.err, ending.point == 1 ? 0 : WEFT_EBROKEN);
        CHECK_OK(weft_shared_barrier_reset(ending.scene.barrier));
        wait.err = WEFT_EINVAL;
        start_threads(&thread, 1, wait_in_it, &wait);
        CHECK_OK(weft_shared_barrier_wait(ending.scene.barrier, NULL, SOON));
        join_threads(&thread, 1);
        CU_ASSERT_EQUAL(wait.err, 0);
    }
    close_scene(&ending.scene);
}

/* ---- anywhere ---------------------------------------------------------------------- */

static int meet_for_ever(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);

    REQUIRE(task, weft_shared_semaphore_release(s.there, 1) == 0);
    for (;;) {
        int err = weft_shared_barrier_wait(s.barrier, NULL, SOON);

        REQUIRE(task, err == 0 || err == WEFT_EBROKEN);
        if (err != 0)
            weft_sleep(WEFT_US(100)); /* the parent resets it */
    }
}

/* Three meet without end. One after the other is killed wherever it happens to be, the rest
 * hear of it and go on with the next. */
static void killing_at_any_moment_never_blocks_the_others(void)
{
    weft_process *processes[2];
    struct scene s;
    int err, passed;

    make_scene(&s, 3);
    start_processes(processes, 2, meet_for_ever, &s, sizeof(s));
    for (int i = 0; i < KILLS; i++) {
        weft_time until = weft_in(WEFT_US(300) * (i + 1));

        CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
        if (i == 0)
            CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
        for (passed = 0; passed < 3 || weft_clock() < until;) {
            err = weft_shared_barrier_wait(s.barrier, NULL, SOON);
            CU_ASSERT_TRUE_FATAL(err == 0 || err == WEFT_EBROKEN);
            passed += err == 0;
            if (err != 0)
                CHECK_OK(weft_shared_barrier_reset(s.barrier));
        }
        kill_process(processes[i % 2]);
        do /* it may have died between two rounds: then this deadline tells the others */
            err = weft_shared_barrier_wait(s.barrier, NULL, weft_in(WEFT_MS(100)));
        while (err == 0);
        CU_ASSERT_TRUE(err == WEFT_EBROKEN || err == WEFT_ETIMEDOUT);
        CHECK_OK(weft_shared_barrier_reset(s.barrier));
        processes[i % 2] = start_process(meet_for_ever, &s, sizeof(s));
    }
    kill_process(processes[0]);
    kill_process(processes[1]);
    close_scene(&s);
}

const char *const suite_name = "shared_barrier_dead";
CU_TestInfo suite_cases[] = {
    {"a_party_that_died_before_breaks_it_for_who_comes",
     a_party_that_died_before_breaks_it_for_who_comes},
    {"all_who_wait_are_told_that_one_died", all_who_wait_are_told_that_one_died},
    {"who_dies_while_it_ends_a_round_leaves_nobody_behind",
     who_dies_while_it_ends_a_round_leaves_nobody_behind},
    {"killing_at_any_moment_never_blocks_the_others",
     killing_at_any_moment_never_blocks_the_others},
    CU_TEST_INFO_NULL,
};
