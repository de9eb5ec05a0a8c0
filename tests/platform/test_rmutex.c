/* SPDX-License-Identifier: MIT */
/* The mutex that its owner may acquire again. */
#include "check.h"

#include "crew.h"
#include "weft/event.h"
#include "weft/mutex.h"

enum { THREADS = 4, ROUNDS = 50000 };

static bool is_free_for_others(weft_rmutex *rmutex)
{
    return !weft_mutex_locked(&rmutex->mutex);
}

static void all_zero_is_a_free_mutex(void)
{
    static weft_rmutex zero;

    CHECK_OK(weft_rmutex_acquire(&zero, WEFT_NOW));
    CHECK_OK(weft_rmutex_release(&zero));
    CU_ASSERT_TRUE(is_free_for_others(&zero));
}

/* A thread that holds the mutex twice from `held` until `let_go`. */
struct holder {
    weft_rmutex rmutex;
    weft_event held, let_go;
};

static int hold(weft_task *task)
{
    struct holder *h = WEFT_ARG(task, struct holder *);

    weft_rmutex_acquire(&h->rmutex, WEFT_FOREVER);
    weft_rmutex_acquire(&h->rmutex, WEFT_FOREVER);
    weft_event_set(&h->held);
    weft_event_wait(&h->let_go, SOON);
    weft_rmutex_release(&h->rmutex);
    weft_rmutex_release(&h->rmutex);
    return 0;
}

static void it_is_free_after_as_many_releases(void)
{
    weft_rmutex rmutex = WEFT_RMUTEX_INIT;

    for (int i = 0; i < 3; i++)
        CHECK_OK(weft_rmutex_acquire(&rmutex, i == 0 ? WEFT_FOREVER : WEFT_NOW));
    CHECK_OK(weft_rmutex_release(&rmutex));
    CHECK_OK(weft_rmutex_release(&rmutex));
    CU_ASSERT_FALSE(is_free_for_others(&rmutex));
    CHECK_OK(weft_rmutex_release(&rmutex));
    CU_ASSERT_TRUE(is_free_for_others(&rmutex));
    expect_misuse(WEFT_EPERM);
    CHECK_ERROR(weft_rmutex_release(&rmutex), WEFT_EPERM);
    CHECK_MISUSE_SEEN();
}

static void it_keeps_strangers_out(void)
{
    struct holder h = {.held = WEFT_EVENT_INIT};
    weft_time until = weft_in(WEFT_MS(10));
    weft_thread *thread;

    start_threads(&thread, 1, hold, &h);
    CHECK_OK(weft_event_wait(&h.held, SOON));
    CHECK_ERROR(weft_rmutex_acquire(&h.rmutex, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_rmutex_acquire(&h.rmutex, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    expect_misuse(WEFT_EPERM);
    CHECK_ERROR(weft_rmutex_release(&h.rmutex), WEFT_EPERM);
    CHECK_MISUSE_SEEN();
    weft_event_set(&h.let_go);
    join_threads(&thread, 1);
    CHECK_OK(weft_rmutex_acquire(&h.rmutex, WEFT_NOW));
    CHECK_OK(weft_rmutex_release(&h.rmutex));
}

struct counter {
    weft_rmutex rmutex;
    long value; /* guarded by rmutex */
};

static int count_twice_in_turns(weft_task *task)
{
    struct counter *c = WEFT_ARG(task, struct counter *);

    for (int i = 0; i < ROUNDS; i++) {
        weft_rmutex_acquire(&c->rmutex, WEFT_FOREVER);
        weft_rmutex_acquire(&c->rmutex, WEFT_FOREVER);
        c->value++;
        weft_rmutex_release(&c->rmutex);
        c->value++;
        weft_rmutex_release(&c->rmutex);
    }
    return 0;
}

static void one_thread_at_a_time_is_inside(void)
{
    struct counter c = {.value = 0};
    weft_thread *threads[THREADS];

    start_threads(threads, THREADS, count_twice_in_turns, &c);
    join_threads(threads, THREADS);
    CU_ASSERT_EQUAL(c.value, 2 * THREADS * ROUNDS);
    CU_ASSERT_EQUAL(c.rmutex.depth, 0);
}

const char *const suite_name = "rmutex";
CU_TestInfo suite_cases[] = {
    {"all_zero_is_a_free_mutex", all_zero_is_a_free_mutex},
    {"it_is_free_after_as_many_releases", it_is_free_after_as_many_releases},
    {"it_keeps_strangers_out", it_keeps_strangers_out},
    {"one_thread_at_a_time_is_inside", one_thread_at_a_time_is_inside},
    CU_TEST_INFO_NULL,
};
