/* SPDX-License-Identifier: MIT */
/* The barrier between processes: calls that are held up while others go on. */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/fault.h"
#include "weft/semaphore.h"
#include "weft/shared.h"

/* A thread that waits in a barrier, or resets it. */
struct call {
    weft_shared_barrier barrier;
    weft_time until;
    bool resets;
    const char *point; /* where it is held up, at the how-many-eth passage; NULL: nowhere */
    uint32_t passage;
    weft_semaphore there, go_on; /* it is held up, and goes on */
    int err;                     /* read after join */
};

static WEFT_THREAD_LOCAL struct call *held; /* the thread's own, while it is to be held up */

static int hold_up(const char *point)
{
    struct call *call = held;

    if (!call || strcmp(point, call->point) != 0 || --call->passage > 0)
        return 0;
    held = NULL;
    weft_semaphore_release(&call->there, 1);
    (void)weft_semaphore_acquire(&call->go_on, SOON);
    return 0;
}

static int run_call(weft_task *task)
{
    struct call *call = WEFT_ARG(task, struct call *);

    held = call->point ? call : NULL;
    call->err = call->resets ? weft_shared_barrier_reset(call->barrier)
                             : weft_shared_barrier_wait(call->barrier, NULL, call->until);
    held = NULL;
    return 0;
}

/* The call is under way, and held up if it is to be. */
static weft_thread *start_call(struct call *call)
{
    weft_thread *thread;

    weft_fault_hook(hold_up);
    start_threads(&thread, 1, run_call, call);
    if (call->point)
        CHECK_OK(weft_semaphore_acquire(&call->there, SOON));
    return thread;
}

static void end_call(weft_thread *thread, struct call *call, int expected)
{
    if (call->point)
        weft_semaphore_release(&call->go_on, 1);
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(call->err, expected);
}

static struct call wait_of(weft_shared_barrier barrier, const char *point, uint32_t passage)
{
    return (struct call){.barrier = barrier, .until = SOON, .point = point, .passage = passage};
}

static void break_and_reset(weft_shared_barrier barrier, int times)
{
    for (int i = 0; i < times; i++) {
        CHECK_OK(weft_shared_barrier_abort(barrier));
        CHECK_OK(weft_shared_barrier_reset(barrier));
    }
}

/* Two threads meet in it. */
static void pass(weft_shared_barrier barrier)
{
    struct call call = wait_of(barrier, NULL, 0);
    weft_thread *thread = start_call(&call);

    CHECK_OK(weft_shared_barrier_wait(barrier, NULL, SOON));
    end_call(thread, &call, 0);
}

/* By then others have used the barrier on, full and broken. */
static void who_looks_late_is_told_of_its_own_round(void)
{
    weft_shared_barrier barrier;

    CHECK_OK(weft_shared_barrier_create(&barrier, 2));
    for (int i = 0; i < 12; i++) {
        struct call late = wait_of(barrier, "shared_barrier.came", 1);
        weft_thread *thread = start_call(&late);

        if (i % 2 == 0)
            CHECK_OK(weft_shared_barrier_wait(barrier, NULL, SOON));
        else
            break_and_reset(barrier, 1);
        pass(barrier);
        break_and_reset(barrier, i);
        pass(barrier);
        end_call(thread, &late, i % 2 == 0 ? 0 : WEFT_EBROKEN);
    }
    weft_shared_barrier_close(barrier);
}

/* It has seen the first place taken when another takes the last one. */
static void who_looks_for_a_place_when_the_round_ends_comes_into_the_next(void)
{
    weft_shared_barrier barrier;

    CHECK_OK(weft_shared_barrier_create(&barrier, 2));
    for (uint32_t passage = 1; passage <= 3; passage++) {
        struct call first = wait_of(barrier, "shared_barrier.came", 1);
        struct call slow = wait_of(barrier, "shared_barrier.looks", passage);
        weft_thread *threads[2];

        threads[0] = start_call(&first);
        threads[1] = start_call(&slow);
        CHECK_OK(weft_shared_barrier_wait(barrier, NULL, SOON));
        end_call(threads[0], &first, 0);
        weft_semaphore_release(&slow.go_on, 1);
        CHECK_ERROR(weft_thread_join(threads[1], weft_in(WEFT_MS(2))), WEFT_ETIMEDOUT);
        CHECK_OK(weft_shared_barrier_wait(barrier, NULL, SOON));
        join_threads(&threads[1], 1);
        CU_ASSERT_EQUAL(slow.err, 0);
    }
    weft_shared_barrier_close(barrier);
}

/* It has looked at the first place, which is then taken in the next round. */
static void who_comes_slowly_takes_no_place_of_a_later_round(void)
{
    weft_shared_barrier barrier;
    weft_thread *threads[2];

    CHECK_OK(weft_shared_barrier_create(&barrier, 2));
    for (uint32_t passage = 1; passage <= 2; passage++) {
        struct call slow = wait_of(barrier, "shared_barrier.place_seen", passage);
        struct call next = wait_of(barrier, "shared_barrier.came", 1);

        threads[0] = start_call(&slow);
        pass(barrier);
        threads[1] = start_call(&next);
        end_call(threads[0], &slow, 0);
        end_call(threads[1], &next, 0);
    }
    weft_shared_barrier_close(barrier);
}

static void a_reset_that_comes_too_late_does_not_change_how_the_round_ended(void)
{
    weft_shared_barrier barrier;

    CHECK_OK(weft_shared_barrier_create(&barrier, 2));
    for (int i = 0; i < 3; i++) {
        struct call late = wait_of(barrier, "shared_barrier.came", 1);
        struct call reset = wait_of(barrier, "shared_barrier.resets", 1);
        weft_thread *threads[2];

        reset.resets = true;
        threads[0] = start_call(&late);
        threads[1] = start_call(&reset);
        CHECK_OK(weft_shared_barrier_wait(barrier, NULL, SOON));
        end_call(threads[1], &reset, 0);
        end_call(threads[0], &late, 0);
        pass(barrier);
    }
    weft_shared_barrier_close(barrier);
}

/* Two reset the same broken round; the barrier is whole, and stays so. */
static void a_second_reset_leaves_the_next_round_alone(void)
{
    weft_shared_barrier barrier;

    CHECK_OK(weft_shared_barrier_create(&barrier, 2));
    for (int i = 0; i < 3; i++) {
        struct call reset = wait_of(barrier, "shared_barrier.noted", 1);
        struct call waits = wait_of(barrier, "shared_barrier.came", 1);
        weft_thread *threads[2];

        reset.resets = true;
        CHECK_OK(weft_shared_barrier_abort(barrier));
        threads[0] = start_call(&reset);
        CHECK_OK(weft_shared_barrier_reset(barrier));
        threads[1] = start_call(&waits);
        end_call(threads[0], &reset, 0);
        CHECK_OK(weft_shared_barrier_wait(barrier, NULL, SOON));
        end_call(threads[1], &waits, 0);
    }
    weft_shared_barrier_close(barrier);
}

const char *const suite_name = "shared_barrier_race";
CU_TestInfo suite_cases[] = {
    {"who_looks_late_is_told_of_its_own_round", who_looks_late_is_told_of_its_own_round},
    {"who_looks_for_a_place_when_the_round_ends_comes_into_the_next",
     who_looks_for_a_place_when_the_round_ends_comes_into_the_next},
    {"who_comes_slowly_takes_no_place_of_a_later_round",
     who_comes_slowly_takes_no_place_of_a_later_round},
    {"a_reset_that_comes_too_late_does_not_change_how_the_round_ended",
     a_reset_that_comes_too_late_does_not_change_how_the_round_ended},
    {"a_second_reset_leaves_the_next_round_alone", a_second_reset_leaves_the_next_round_alone},
    CU_TEST_INFO_NULL,
};
