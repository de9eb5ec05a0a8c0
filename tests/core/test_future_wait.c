/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "crew.h"
#include "fail.h"
#include "tasks.h"
#include "weft/cancel.h"
#include "weft/event.h"
#include "weft/wait_any.h"

static void for_all(void)
{
    weft_future *f[3];

    open_pool(2);
    f[0] = submit(twice, 1);
    f[1] = hold(1);
    f[2] = submit(fail, 1);
    CHECK_ERROR(weft_future_wait(f, 3, WEFT_ALL_COMPLETED, weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
    open_gate();
    CHECK_OK(weft_future_wait(f, 3, WEFT_ALL_COMPLETED, SOON));
    for (int i = 0; i < 3; i++)
        CU_ASSERT_TRUE(weft_future_done(f[i]));
    release(f, 3);
    close_pool();
}

static void for_the_first(void)
{
    weft_future *f[2];

    open_pool(2);
    f[0] = hold(1);
    CHECK_ERROR(weft_future_wait(f, 1, WEFT_FIRST_COMPLETED, weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
    f[1] = submit(twice, 1);
    CHECK_OK(weft_future_wait(f, 2, WEFT_FIRST_COMPLETED, SOON));
    CU_ASSERT_TRUE(weft_future_done(f[1]));
    CU_ASSERT_FALSE(weft_future_done(f[0]));
    release(f, 2);
    close_pool();
}

/* Who asks again and again does not fill the memory. */
static void a_wait_that_gives_up_leaves_nothing(void)
{
    const enum weft_wait_for whats[] = {WEFT_FIRST_COMPLETED, WEFT_FIRST_FAILED};
    weft_future *f[3], *other[3];
    uint32_t blocks;

    watch_memory();
    open_pool(1);
    f[0] = hold(1);
    f[1] = submit(twice, 1);
    f[2] = then(f[1], twice);
    for (int i = 0; i < 3; i++) /* another's callback stands below, and later above */
        CHECK_OK(weft_future_on_done(f[i], tell, NULL));
    blocks = blocks_in_use();
    for (int i = 0; i < 100; i++)
        CHECK_ERROR(weft_future_wait(f, 3, whats[i % 2], weft_in(WEFT_US(10))), WEFT_ETIMEDOUT);
    for (int i = 0; i < 3; i++) {
        weft_completion *completion;

        other[i] = f[0]; /* one future may be there more than once */
        CHECK_OK(weft_as_completed(&completion, other, (size_t)i + 1));
        CHECK_OK(weft_future_on_done(f[0], tell, NULL));
        weft_completion_close(completion);
    }
    CU_ASSERT_EQUAL(blocks_in_use(), blocks + 3);
    open_gate();
    expect_result(f[2], 4);
    release(f, 3);
    close_pool();
    CU_ASSERT_EQUAL(weft_load_u32(&told, WEFT_SEQ_CST), 6); /* and takes nobody's callback */
    unwatch_memory();
}

enum { ROUNDS = 200 };

static int wait_in_vain(weft_task *task)
{
    weft_future **f = WEFT_ARG(task, weft_future **);
    int err = WEFT_ETIMEDOUT;

    while (err == WEFT_ETIMEDOUT)
        err = weft_future_wait(f, 2, WEFT_FIRST_COMPLETED, WEFT_NOW);
    return err;
}

/* Some give up, and others begin, while the futures get done. */
static void giving_up_and_the_end_meet(void)
{
    watch_memory();
    open_pool(2);
    for (int i = 0; i < ROUNDS; i++) {
        weft_future *f[2] = {submit(twice, i), submit(twice, i)};
        weft_thread *threads[3];

        start_threads(threads, 3, wait_in_vain, f);
        CHECK_OK(weft_future_on_done(f[0], tell, NULL));
        CHECK_OK(weft_future_on_done(f[1], tell, NULL));
        join_threads(threads, 3);
        release(f, 2);
    }
    close_pool();
    CU_ASSERT_EQUAL(weft_load_u32(&told, WEFT_SEQ_CST), 2 * ROUNDS);
    unwatch_memory();
}

static void for_the_first_that_fails(void)
{
    weft_future *f[3];

    open_pool(2);
    f[0] = hold(1);
    f[1] = submit(twice, 1);
    expect_result(f[1], 2); /* which is no reason to return */
    CHECK_ERROR(weft_future_wait(f, 2, WEFT_FIRST_FAILED, weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
    f[2] = submit(fail, 1);
    CHECK_OK(weft_future_wait(f, 3, WEFT_FIRST_FAILED, SOON));
    CU_ASSERT_TRUE(weft_future_done(f[2]));
    CU_ASSERT_FALSE(weft_future_done(f[0]));
    release(f, 3);
    close_pool();
}

static void for_the_first_that_fails_when_none_does(void)
{
    weft_future *f[3];

    open_pool(2);
    for (int i = 0; i < 3; i++)
        f[i] = submit(twice, i);
    CHECK_OK(weft_future_wait(f, 3, WEFT_FIRST_FAILED, SOON));
    for (int i = 0; i < 3; i++)
        CU_ASSERT_TRUE(weft_future_done(f[i]));
    release(f, 3);
    close_pool();
}

static void a_cancelled_one_has_failed(void)
{
    weft_future *f[2];

    open_pool(1);
    f[0] = hold(0);
    f[1] = submit(twice, 1);
    CHECK_OK(weft_future_cancel(f[1]));
    CHECK_OK(weft_future_wait(f, 2, WEFT_FIRST_FAILED, SOON));
    CU_ASSERT_FALSE(weft_future_done(f[0]));
    release(f, 2);
    close_pool();
}

static void for_none(void)
{
    CHECK_OK(weft_future_wait(NULL, 0, WEFT_ALL_COMPLETED, WEFT_NOW));
    CHECK_OK(weft_future_wait(NULL, 0, WEFT_FIRST_FAILED, WEFT_NOW));
    CHECK_ERROR(weft_future_wait(NULL, 0, WEFT_FIRST_COMPLETED, WEFT_NOW), WEFT_EINVAL);
}

static void groups_and_chains_are_futures_like_others(void)
{
    weft_future *f[4];

    open_pool(2);
    f[0] = hold(1);
    CHECK_OK(weft_then(pool, &f[1], f[0], fail));
    CHECK_OK(weft_future_all(&f[2], f, 2));
    CHECK_OK(weft_future_any(&f[3], f, 2));
    CHECK_ERROR(weft_future_wait(f, 4, WEFT_FIRST_FAILED, weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
    open_gate();
    CHECK_OK(weft_future_wait(f, 4, WEFT_FIRST_FAILED, SOON));
    CHECK_OK(weft_future_wait(f, 4, WEFT_ALL_COMPLETED, SOON));
    release(f, 4);
    close_pool();
}

static bool is_ready(weft_future *future)
{
    weft_waitable waitable = weft_future_waitable(future);
    weft_atomic_u32 *word = NULL;
    uint32_t seen = 0;
    bool ready;

    waitable.poll(waitable.object, WEFT_POLL_BEGIN, &word, &seen);
    ready = waitable.poll(waitable.object, WEFT_POLL_ASK, &word, &seen);
    waitable.poll(waitable.object, WEFT_POLL_END, &word, &seen);
    return ready;
}

static void a_waitable_is_ready_when_the_future_is_done(void)
{
    weft_future *f[2];

    open_pool(1);
    f[0] = hold(1);
    CHECK_OK(weft_future_all(&f[1], f, 1));
    CU_ASSERT_FALSE(is_ready(f[0]));
    CU_ASSERT_FALSE(is_ready(f[1]));
    open_gate();
    CHECK_OK(weft_future_wait(f, 2, WEFT_ALL_COMPLETED, SOON));
    CU_ASSERT_TRUE(is_ready(f[0]));
    CU_ASSERT_TRUE(is_ready(f[1]));
    release(f, 2);
    close_pool();
}

static void among_other_things(void)
{
    weft_event stop = WEFT_EVENT_INIT;
    weft_future *f[3];
    weft_waitable things[4];
    size_t which = 99;

    open_pool(1);
    f[0] = hold(1);
    f[1] = submit(fail, 1);
    CHECK_OK(weft_future_any(&f[2], f, 2));
    things[0] = weft_event_waitable(&stop);
    for (int i = 0; i < 3; i++)
        things[1 + i] = weft_future_waitable(f[i]);
    CHECK_ERROR(weft_wait_any(things, 4, &which, weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
    open_gate();
    CHECK_OK(weft_wait_any(things, 4, &which, SOON));
    CU_ASSERT_EQUAL(which, 1);
    CHECK_OK(weft_wait_any(things + 3, 1, &which, SOON));
    CU_ASSERT_EQUAL(which, 0);
    CHECK_OK(weft_wait_any(things + 2, 1, &which, SOON));
    release(f, 3);
    close_pool();
}

/* However the end of a future and the wait for it meet, the wait ends. */
static void a_wait_for_any_misses_no_end(void)
{
    open_pool(2);
    for (int i = 0; i < 2000; i++) {
        weft_future *f[2] = {submit(twice, i), NULL};
        weft_waitable things[2];
        size_t which;

        CHECK_OK(weft_then(pool, &f[1], f[0], add_one));
        things[0] = weft_future_waitable(f[1]);
        things[1] = weft_future_waitable(f[0]);
        CHECK_OK(weft_wait_any(things + i % 2, 1, &which, SOON));
        CU_ASSERT_TRUE(weft_future_done(f[1 - i % 2]));
        release(f, 2);
    }
    close_pool();
}

static void a_cancelled_caller_is_told(void)
{
    weft_cancel token = WEFT_CANCEL_INIT;
    const weft_cancel *before;
    weft_completion *completion;
    weft_future *f[1];
    size_t index;

    open_pool(1);
    f[0] = hold(1);
    CHECK_OK(weft_as_completed(&completion, f, 1));
    weft_cancel_request(&token);
    before = weft_cancel_enter(&token);
    CHECK_ERROR(weft_completion_next(completion, &index, SOON), WEFT_ECANCELED);
    CHECK_SENTENCE("cancelled");
    CHECK_ERROR(weft_future_wait(f, 1, WEFT_FIRST_FAILED, SOON), WEFT_ECANCELED);
    CHECK_SENTENCE("cancelled");
    CHECK_ERROR(weft_future_wait(f, 1, WEFT_FIRST_COMPLETED, SOON), WEFT_ECANCELED);
    weft_cancel_enter(before);
    open_gate();
    CHECK_OK(weft_completion_next(completion, &index, SOON)); /* the iterator goes on */
    weft_completion_close(completion);
    release(f, 1);
    close_pool();
}

static int wait_for_the_first_failure(void *futures)
{
    return weft_future_wait(futures, 2, WEFT_FIRST_FAILED, SOON);
}

static void each_allocation_refused(void)
{
    weft_future *f[2];

    watch_memory();
    open_pool(1);
    f[0] = submit(twice, 1);
    f[1] = submit(twice, 2);
    CHECK_OK(weft_future_wait(f, 2, WEFT_ALL_COMPLETED, SOON));
    for (uint32_t n = 1; n <= 5; n++) { /* the iterator, and two for each future */
        refuse_allocation(n);
        CHECK_ERROR(wait_for_the_first_failure(f), WEFT_ENOMEM);
    }
    refuse_allocation(0);
    CHECK_OK(wait_for_the_first_failure(f));
    release(f, 2);
    close_pool();
    unwatch_memory();
}

const char *const suite_name = "future_wait";
CU_TestInfo suite_cases[] = {
    {"for_all", for_all},
    {"for_the_first", for_the_first},
    {"a_wait_that_gives_up_leaves_nothing", a_wait_that_gives_up_leaves_nothing},
    {"giving_up_and_the_end_meet", giving_up_and_the_end_meet},
    {"for_the_first_that_fails", for_the_first_that_fails},
    {"for_the_first_that_fails_when_none_does", for_the_first_that_fails_when_none_does},
    {"a_cancelled_one_has_failed", a_cancelled_one_has_failed},
    {"for_none", for_none},
    {"groups_and_chains_are_futures_like_others", groups_and_chains_are_futures_like_others},
    {"a_waitable_is_ready_when_the_future_is_done", a_waitable_is_ready_when_the_future_is_done},
    {"among_other_things", among_other_things},
    {"a_wait_for_any_misses_no_end", a_wait_for_any_misses_no_end},
    {"a_cancelled_caller_is_told", a_cancelled_caller_is_told},
    {"each_allocation_refused", each_allocation_refused},
    CU_TEST_INFO_NULL,
};
