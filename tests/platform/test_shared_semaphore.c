/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "crew.h"
#include "fail.h"
#include "halt.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/shared.h"

enum { PROCESSES = 4, ROUNDS = 10000, PERMITS = 2, KILLS = 12, ANSWERS = 3000 };

static void as_many_as_there_are_permits_get_one(void)
{
    weft_shared_semaphore semaphore;

    CHECK_OK(weft_shared_semaphore_create(&semaphore, 2));
    CHECK_OK(weft_shared_semaphore_acquire(semaphore, WEFT_NOW));
    CHECK_OK(weft_shared_semaphore_acquire(semaphore, WEFT_FOREVER));
    CHECK_ERROR(weft_shared_semaphore_acquire(semaphore, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_shared_semaphore_release(semaphore, 3));
    for (int i = 0; i < 3; i++)
        CHECK_OK(weft_shared_semaphore_acquire(semaphore, weft_clock() - 1));
    CHECK_ERROR(weft_shared_semaphore_acquire(semaphore, WEFT_NOW), WEFT_ETIMEDOUT);
    weft_shared_semaphore_close(semaphore);
}

static void acquire_gives_up_at_the_deadline_and_not_before(void)
{
    weft_shared_semaphore semaphore;
    weft_time until;

    CHECK_OK(weft_shared_semaphore_create(&semaphore, 0));
    until = weft_in(WEFT_MS(70)); /* longer than one slice of a shared wait */
    CHECK_ERROR(weft_shared_semaphore_acquire(semaphore, weft_clock() - 1), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_shared_semaphore_acquire(semaphore, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("shared semaphore");
    weft_shared_semaphore_close(semaphore);
}

static void too_many_permits_are_refused_and_nothing_is_released(void)
{
    weft_shared_semaphore semaphore;

    CHECK_OK(weft_shared_semaphore_create(&semaphore, 1));
    expect_misuse(WEFT_ETOOBIG);
    CHECK_ERROR(weft_shared_semaphore_release(semaphore, INT32_MAX), WEFT_ETOOBIG);
    CHECK_MISUSE_SEEN();
    CHECK_OK(weft_shared_semaphore_acquire(semaphore, WEFT_NOW));
    CHECK_ERROR(weft_shared_semaphore_acquire(semaphore, WEFT_NOW), WEFT_ETIMEDOUT);
    weft_shared_semaphore_close(semaphore);
}

static void what_is_no_semaphore_is_misuse(void)
{
    const weft_shared_semaphore none = {0};
    weft_shared_semaphore semaphore;

    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_shared_semaphore_acquire(none, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    CHECK_OK(weft_shared_semaphore_create(&semaphore, 1));
    weft_shared_semaphore_close(semaphore);
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_shared_semaphore_release(semaphore, 1), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    weft_shared_semaphore_close(semaphore);
    CHECK_MISUSE_SEEN();
    weft_shared_semaphore_close(none);
}

static int create_and_close(void *context)
{
    weft_shared_semaphore semaphore = {7};
    int err = weft_shared_semaphore_create(&semaphore, 1);

    (void)context;
    if (err == 0)
        weft_shared_semaphore_close(semaphore);
    else
        CU_ASSERT_EQUAL(semaphore.at, 7);
    return err;
}

static void a_full_arena_is_an_error_at_creation(void)
{
    CU_ASSERT_TRUE(refuse_each_passage("arena.alloc", WEFT_ENOMEM, create_and_close, NULL) > 0);
}

/* ---- processes -------------------------------------------------------------------- */

struct crowd {
    weft_shared_semaphore permits, started;
    weft_offset inside; /* two weft_atomic_u32: processes with a permit, and too many */
};

static weft_atomic_u32 *make_crowd(struct crowd *crowd, uint32_t permits)
{
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&crowd->permits, permits), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&crowd->started, 0), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&crowd->inside, 2 * sizeof(weft_atomic_u32)), 0);
    return weft_shared_pointer(crowd->inside);
}

static void close_crowd(const struct crowd *crowd)
{
    weft_shared_semaphore_close(crowd->permits);
    weft_shared_semaphore_close(crowd->started);
    weft_shared_free(crowd->inside);
}

static int go_in_and_out(weft_task *task)
{
    struct crowd crowd = WEFT_ARG(task, struct crowd);
    weft_atomic_u32 *inside = weft_shared_pointer(crowd.inside);

    for (int i = 0; i < ROUNDS; i++) {
        weft_time until = i % 3 == 0 ? weft_in(WEFT_US(20)) : SOON;
        int err = weft_shared_semaphore_acquire(crowd.permits, until);

        REQUIRE(task, err == 0 || i % 3 == 0);
        if (err != 0)
            continue;
        if (weft_fetch_add_u32(&inside[0], 1, WEFT_SEQ_CST) >= PERMITS)
            weft_fetch_add_u32(&inside[1], 1, WEFT_RELAXED);
        weft_fetch_sub_u32(&inside[0], 1, WEFT_SEQ_CST);
        REQUIRE(task, weft_shared_semaphore_release(crowd.permits, 1) == 0);
    }
    return 0;
}

static void never_more_processes_are_inside_than_permits_and_none_is_lost(void)
{
    weft_process *processes[PROCESSES];
    struct crowd crowd;
    weft_atomic_u32 *inside = make_crowd(&crowd, PERMITS);

    start_processes(processes, PROCESSES, go_in_and_out, &crowd, sizeof(crowd));
    join_processes(processes, PROCESSES);
    CU_ASSERT_EQUAL(weft_load_u32(&inside[1], WEFT_RELAXED), 0);
    for (int i = 0; i < PERMITS; i++)
        CHECK_OK(weft_shared_semaphore_acquire(crowd.permits, WEFT_NOW));
    CHECK_ERROR(weft_shared_semaphore_acquire(crowd.permits, WEFT_NOW), WEFT_ETIMEDOUT);
    close_crowd(&crowd);
}

static int wait_for_a_permit(weft_task *task)
{
    struct crowd crowd = WEFT_ARG(task, struct crowd);

    REQUIRE(task, weft_shared_semaphore_release(crowd.started, 1) == 0);
    REQUIRE(task, weft_shared_semaphore_acquire(crowd.permits, SOON) == 0);
    return 0;
}

static void release_of_many_lets_as_many_processes_go(void)
{
    weft_process *processes[PROCESSES];
    struct crowd crowd;

    make_crowd(&crowd, 0);
    start_processes(processes, PROCESSES, wait_for_a_permit, &crowd, sizeof(crowd));
    for (int i = 0; i < PROCESSES; i++)
        CHECK_OK(weft_shared_semaphore_acquire(crowd.started, SOON));
    CHECK_OK(weft_shared_semaphore_release(crowd.permits, PROCESSES));
    join_processes(processes, PROCESSES);
    CHECK_ERROR(weft_shared_semaphore_acquire(crowd.permits, WEFT_NOW), WEFT_ETIMEDOUT);
    close_crowd(&crowd);
}

/* The wake-up for one permit may go to a waiter that was killed: others still get it. */
static void a_killed_waiter_does_not_keep_the_permit_from_others(void)
{
    weft_process *killed, *waiter;
    struct crowd crowd;

    make_crowd(&crowd, 0);
    for (int i = 0; i < 5; i++) {
        killed = start_process(wait_for_a_permit, &crowd, sizeof(crowd));
        waiter = start_process(wait_for_a_permit, &crowd, sizeof(crowd));
        CHECK_OK(weft_shared_semaphore_acquire(crowd.started, SOON));
        CHECK_OK(weft_shared_semaphore_acquire(crowd.started, SOON));
        weft_sleep(WEFT_MS(3)); /* both wait now, or will see the permit */
        kill_process(killed);
        CHECK_OK(weft_shared_semaphore_release(crowd.permits, 1));
        join_process(waiter);
    }
    CHECK_ERROR(weft_shared_semaphore_acquire(crowd.permits, WEFT_NOW), WEFT_ETIMEDOUT);
    close_crowd(&crowd);
}

static int stop_in_acquire(weft_task *task)
{
    struct crowd crowd = WEFT_ARG(task, struct crowd);

    halt_at("shared_semaphore.waits", 1, crowd.started);
    return weft_shared_semaphore_acquire(crowd.permits, SOON);
}

static int stop_in_release(weft_task *task)
{
    struct crowd crowd = WEFT_ARG(task, struct crowd);

    halt_at("shared_semaphore.released", 1, crowd.started);
    return weft_shared_semaphore_release(crowd.permits, 1);
}

static void who_dies_in_the_middle_of_a_call_leaves_nobody_behind(void)
{
    struct crowd crowd;

    make_crowd(&crowd, 0);
    for (int i = 0; i < 4; i++) {
        weft_process *waiter = start_process(wait_for_a_permit, &crowd, sizeof(crowd));
        weft_process *killed;

        CHECK_OK(weft_shared_semaphore_acquire(crowd.started, SOON));
        weft_sleep(WEFT_MS(3)); /* it waits now, or will see the permit */
        killed =
            start_process(i % 2 == 0 ? stop_in_acquire : stop_in_release, &crowd, sizeof(crowd));
        CHECK_OK(weft_shared_semaphore_acquire(crowd.started, SOON));
        kill_process(killed);
        if (i % 2 == 0)
            CHECK_OK(weft_shared_semaphore_release(crowd.permits, 1));
        join_process(waiter);
    }
    CHECK_ERROR(weft_shared_semaphore_acquire(crowd.permits, WEFT_NOW), WEFT_ETIMEDOUT);
    close_crowd(&crowd);
}

static int take_for_ever(weft_task *task)
{
    struct crowd crowd = WEFT_ARG(task, struct crowd);

    for (;;)
        REQUIRE(task, weft_shared_semaphore_acquire(crowd.permits, SOON) == 0);
}

static void killing_takers_at_any_moment_never_blocks_the_others(void)
{
    weft_process *processes[2];
    struct crowd crowd;

    make_crowd(&crowd, 0);
    start_processes(processes, 2, take_for_ever, &crowd, sizeof(crowd));
    for (int i = 0; i < KILLS; i++) {
        weft_time until = weft_in(WEFT_US(300) * (i + 1));

        while (weft_clock() < until)
            CHECK_OK(weft_shared_semaphore_release(crowd.permits, 1));
        kill_process(processes[i % 2]);
        processes[i % 2] = start_process(wait_for_a_permit, &crowd, sizeof(crowd));
        do /* the other one takes some of them */
            CHECK_OK(weft_shared_semaphore_release(crowd.permits, 1));
        while (weft_process_join(processes[i % 2], weft_in(WEFT_MS(1))) == WEFT_ETIMEDOUT);
        join_process(processes[i % 2]);
        processes[i % 2] = start_process(take_for_ever, &crowd, sizeof(crowd));
    }
    kill_process(processes[0]);
    kill_process(processes[1]);
    close_crowd(&crowd);
}

static int answer_each(weft_task *task)
{
    struct crowd crowd = WEFT_ARG(task, struct crowd);

    for (int i = 0; i < ANSWERS; i++) {
        REQUIRE(task, weft_shared_semaphore_acquire(crowd.permits, SOON) == 0);
        REQUIRE(task, weft_shared_semaphore_release(crowd.started, 1) == 0);
    }
    return 0;
}

static void two_processes_answer_each_other(void)
{
    weft_process *process;
    struct crowd crowd;

    make_crowd(&crowd, 0);
    process = start_process(answer_each, &crowd, sizeof(crowd));
    for (int i = 0; i < ANSWERS; i++) {
        CHECK_OK(weft_shared_semaphore_release(crowd.permits, 1));
        CHECK_OK(weft_shared_semaphore_acquire(crowd.started, SOON));
    }
    join_process(process);
    close_crowd(&crowd);
}

const char *const suite_name = "shared_semaphore";
CU_TestInfo suite_cases[] = {
    {"as_many_as_there_are_permits_get_one", as_many_as_there_are_permits_get_one},
    {"acquire_gives_up_at_the_deadline_and_not_before",
     acquire_gives_up_at_the_deadline_and_not_before},
    {"too_many_permits_are_refused_and_nothing_is_released",
     too_many_permits_are_refused_and_nothing_is_released},
    {"what_is_no_semaphore_is_misuse", what_is_no_semaphore_is_misuse},
    {"a_full_arena_is_an_error_at_creation", a_full_arena_is_an_error_at_creation},
    {"never_more_processes_are_inside_than_permits_and_none_is_lost",
     never_more_processes_are_inside_than_permits_and_none_is_lost},
    {"release_of_many_lets_as_many_processes_go", release_of_many_lets_as_many_processes_go},
    {"a_killed_waiter_does_not_keep_the_permit_from_others",
     a_killed_waiter_does_not_keep_the_permit_from_others},
    {"who_dies_in_the_middle_of_a_call_leaves_nobody_behind",
     who_dies_in_the_middle_of_a_call_leaves_nobody_behind},
    {"killing_takers_at_any_moment_never_blocks_the_others",
     killing_takers_at_any_moment_never_blocks_the_others},
    {"two_processes_answer_each_other", two_processes_answer_each_other},
    CU_TEST_INFO_NULL,
};
