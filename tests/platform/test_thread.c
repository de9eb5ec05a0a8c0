/* SPDX-License-Identifier: MIT */
/* Starting and ending threads; test_thread_name.c has names, numbers and options. */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "fail.h"
#include "support.h"
#include "weft/event.h"

enum { MANY = 200, STARTERS = 4, EACH = 50 };

/* A thread that runs from `begun` until `let_go`. */
struct runner {
    weft_event begun, let_go;
    weft_atomic_u32 ended; /* raised as the last step of its function, release */
};

static int run_until_let_go(weft_task *task)
{
    struct runner *r = WEFT_ARG(task, struct runner *);

    weft_event_set(&r->begun);
    weft_event_wait(&r->let_go, SOON);
    weft_fetch_add_u32(&r->ended, 1, WEFT_RELEASE);
    return 0;
}

static bool has_ended(void *context)
{
    return weft_load_u32(&((struct runner *)context)->ended, WEFT_ACQUIRE) != 0;
}

struct addend {
    weft_atomic_u64 *sum;
    uint64_t number;
};

static int add_argument(weft_task *task)
{
    struct addend addend = WEFT_ARG(task, struct addend);

    weft_fetch_add_u64(addend.sum, addend.number, WEFT_RELAXED);
    return 0;
}

/* The argument is the same variable every time, changed right after each start. */
static void each_thread_gets_its_own_copy_of_the_argument(void)
{
    weft_atomic_u64 sum = {0};
    weft_thread *threads[MANY];
    struct addend argument;

    for (uint64_t i = 0; i < MANY; i++) {
        argument = (struct addend){&sum, i};
        CU_ASSERT_EQUAL_FATAL(
            weft_thread_start(&threads[i], add_argument, &argument, sizeof(argument)), 0);
        memset(&argument, 0, sizeof(argument));
    }
    join_threads(threads, MANY);
    CU_ASSERT_EQUAL(weft_load_u64(&sum, WEFT_RELAXED), (uint64_t)MANY * (MANY - 1) / 2);
}

static void join_waits_until_the_function_has_ended(void)
{
    struct runner r = {.begun = WEFT_EVENT_INIT};
    weft_thread *thread;

    start_threads(&thread, 1, run_until_let_go, &r);
    CHECK_OK(weft_event_wait(&r.begun, SOON));
    CU_ASSERT_TRUE(weft_thread_is_alive(thread));
    weft_event_set(&r.let_go);
    CHECK_OK(weft_thread_join(thread, WEFT_FOREVER));
    CU_ASSERT_TRUE(has_ended(&r));
}

static void join_gives_up_at_the_deadline_and_the_handle_stays(void)
{
    struct runner r = {.begun = WEFT_EVENT_INIT};
    weft_thread *thread;
    weft_time until;

    start_threads(&thread, 1, run_until_let_go, &r);
    until = weft_in(WEFT_MS(20));
    CHECK_ERROR(weft_thread_join(thread, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_thread_join(thread, weft_clock() - 1), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_thread_join(thread, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE(weft_thread_name(thread));
    CU_ASSERT_TRUE(weft_thread_is_alive(thread));
    weft_event_set(&r.let_go);
    join_threads(&thread, 1);
}

static void a_thread_that_has_ended_is_joined_now(void)
{
    struct runner r = {.let_go = WEFT_EVENT_INIT};
    weft_thread *thread;

    weft_event_set(&r.let_go);
    start_threads(&thread, 1, run_until_let_go, &r);
    while (weft_thread_is_alive(thread))
        weft_sleep(WEFT_MS(1));
    CHECK_OK(weft_thread_join(thread, WEFT_NOW));
}

/* ---- misuse ------------------------------------------------------------------- */

static void joining_twice_is_misuse(void)
{
    struct runner r = {.begun = WEFT_EVENT_INIT};
    weft_thread *thread;

    weft_event_set(&r.let_go);
    start_threads(&thread, 1, run_until_let_go, &r);
    join_threads(&thread, 1);
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_thread_join(thread, WEFT_FOREVER), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_thread_detach(thread), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_thread_join(NULL, WEFT_FOREVER), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
}

/* A thread that joins a thread, perhaps itself. */
struct joiner {
    weft_event handle_written, done;
    weft_thread *thread;
    int err; /* of the join; read after `done` */
};

static int join_the_thread(weft_task *task)
{
    struct joiner *j = WEFT_ARG(task, struct joiner *);

    weft_event_wait(&j->handle_written, SOON);
    do
        j->err = weft_thread_join(j->thread, SOON);
    while (j->err == WEFT_EBUSY);
    weft_event_set(&j->done);
    return 0;
}

static void joining_oneself_is_misuse(void)
{
    struct joiner j = {.err = 0};

    expect_misuse(WEFT_EDEADLK);
    start_threads(&j.thread, 1, join_the_thread, &j);
    weft_event_set(&j.handle_written);
    CHECK_OK(weft_event_wait(&j.done, SOON));
    CHECK_MISUSE_SEEN();
    CU_ASSERT_EQUAL(j.err, WEFT_EDEADLK);
    join_threads(&j.thread, 1);
}

static weft_atomic_u32 busy_misuses; /* counted by any thread, relaxed */

static void count_busy(int code, const char *sentence)
{
    (void)sentence;
    weft_fetch_add_u32(&busy_misuses, code == WEFT_EBUSY, WEFT_RELAXED);
}

static bool is_being_joined(void *thread)
{
    return weft_thread_join(thread, WEFT_NOW) == WEFT_EBUSY;
}

static void joining_what_another_thread_joins_is_misuse(void)
{
    struct runner r = {.begun = WEFT_EVENT_INIT};
    struct joiner j = {.handle_written = WEFT_EVENT_INIT};
    weft_thread *joiner;

    weft_on_misuse(count_busy);
    start_threads(&j.thread, 1, run_until_let_go, &r);
    start_threads(&joiner, 1, join_the_thread, &j);
    weft_event_set(&j.handle_written);
    CU_ASSERT_TRUE(eventually(is_being_joined, j.thread));
    CHECK_ERROR(weft_thread_detach(j.thread), WEFT_EBUSY);
    CU_ASSERT_TRUE(weft_load_u32(&busy_misuses, WEFT_RELAXED) >= 2);
    weft_event_set(&r.let_go);
    join_threads(&joiner, 1);
    CHECK_OK(j.err);
    weft_on_misuse(support_on_misuse);
}

/* ---- detached ----------------------------------------------------------------- */

static void a_detached_thread_runs_to_its_end_and_leaves_nothing(void)
{
    struct runner r = {.begun = WEFT_EVENT_INIT};
    weft_thread *thread;

    watch_memory();
    start_threads(&thread, 1, run_until_let_go, &r);
    CHECK_OK(weft_thread_detach(thread));
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_thread_join(thread, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    weft_event_set(&r.let_go);
    CU_ASSERT_TRUE(eventually(has_ended, &r));
    unwatch_memory();
}

static void detaching_a_thread_that_has_ended_leaves_nothing(void)
{
    struct runner r = {.begun = WEFT_EVENT_INIT};
    weft_thread *thread;

    watch_memory();
    weft_event_set(&r.let_go);
    start_threads(&thread, 1, run_until_let_go, &r);
    while (weft_thread_is_alive(thread))
        weft_sleep(WEFT_MS(1));
    CHECK_OK(weft_thread_detach(thread));
    unwatch_memory();
}

static void a_thread_without_a_handle_frees_itself(void)
{
    struct runner r = {.begun = WEFT_EVENT_INIT}, *argument = &r;

    watch_memory();
    weft_event_set(&r.let_go);
    for (int i = 0; i < 20; i++)
        CHECK_OK(weft_thread_start(NULL, run_until_let_go, &argument, sizeof(argument)));
    CHECK_OK(weft_thread_join_all(SOON));
    CU_ASSERT_EQUAL(weft_load_u32(&r.ended, WEFT_ACQUIRE), 20);
    unwatch_memory();
}

static void detach_of_null_does_nothing(void)
{
    CHECK_OK(weft_thread_detach(NULL));
}

/* ---- refused ------------------------------------------------------------------ */

static int start_and_join(void *context)
{
    struct runner *r = context;
    weft_thread *const untouched = (weft_thread *)context;
    weft_thread *thread = untouched;
    uint32_t before = weft_load_u32(&r->ended, WEFT_ACQUIRE);
    int err;

    err = weft_thread_start(&thread, run_until_let_go, &r, sizeof(r));
    if (err != 0) {
        CU_ASSERT_PTR_EQUAL(thread, untouched);
        CU_ASSERT_EQUAL(weft_load_u32(&r->ended, WEFT_ACQUIRE), before);
        return err;
    }
    return weft_thread_join(thread, SOON);
}

static void a_start_without_memory_leaves_everything_as_it_was(void)
{
    struct runner r = {.begun = WEFT_EVENT_INIT};

    weft_event_set(&r.let_go);
    CU_ASSERT_TRUE(refuse_each_allocation(start_and_join, &r) > 0);
    CU_ASSERT_EQUAL(weft_load_u32(&r.ended, WEFT_ACQUIRE), 1);
    CHECK_OK(weft_thread_join_all(WEFT_NOW));
}

static void a_start_that_the_system_refuses_leaves_everything_as_it_was(void)
{
    struct runner r = {.begun = WEFT_EVENT_INIT};

    weft_event_set(&r.let_go);
    CU_ASSERT_EQUAL(refuse_each_passage("thread.start", WEFT_ELIMIT, start_and_join, &r), 1);
    CU_ASSERT_EQUAL(weft_load_u32(&r.ended, WEFT_ACQUIRE), 1);
    CHECK_OK(weft_thread_join_all(WEFT_NOW));
}

static void an_argument_larger_than_memory_is_refused(void)
{
    weft_thread *thread = NULL;

    CHECK_ERROR(weft_thread_start(&thread, run_until_let_go, &thread, SIZE_MAX), WEFT_ENOMEM);
    CHECK_SENTENCE("memory");
    CU_ASSERT_PTR_NULL(thread);
}

static void a_refused_thread_among_many_leaves_the_others_alone(void)
{
    struct runner r = {.begun = WEFT_EVENT_INIT}, *argument = &r;
    weft_thread *threads[10];
    size_t started = 0;

    weft_event_set(&r.let_go);
    refuse_passage("thread.start", 6, WEFT_ELIMIT);
    for (int i = 0; i < 10; i++)
        started += weft_thread_start(&threads[started], run_until_let_go, &argument,
                                     sizeof(argument)) == 0;
    refuse_passage("thread.start", 0, 0);
    join_threads(threads, started);
    CU_ASSERT_EQUAL(started, 9);
    CU_ASSERT_EQUAL(weft_load_u32(&r.ended, WEFT_ACQUIRE), 9);
}

static void no_function_is_misuse(void)
{
    weft_thread *thread = NULL;

    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_thread_start(&thread, NULL, NULL, 0), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    CU_ASSERT_PTR_NULL(thread);
}

/* ---- many --------------------------------------------------------------------- */

static int start_others(weft_task *task)
{
    struct runner *r = WEFT_ARG(task, struct runner *);
    weft_thread *threads[3];

    for (int i = 0; i < EACH; i++) {
        start_threads(threads, 3, run_until_let_go, r);
        join_threads(threads, 2);
        (void)weft_thread_detach(threads[2]);
    }
    return 0;
}

static void threads_start_and_end_in_many_threads_at_once(void)
{
    struct runner r = {.begun = WEFT_EVENT_INIT};
    weft_thread *threads[STARTERS];

    watch_memory();
    weft_event_set(&r.let_go);
    start_threads(threads, STARTERS, start_others, &r);
    join_threads(threads, STARTERS);
    CHECK_OK(weft_thread_join_all(SOON));
    CU_ASSERT_EQUAL(weft_load_u32(&r.ended, WEFT_ACQUIRE), 3 * STARTERS * EACH);
    unwatch_memory();
}

const char *const suite_name = "thread";
CU_TestInfo suite_cases[] = {
    {"each_thread_gets_its_own_copy_of_the_argument",
     each_thread_gets_its_own_copy_of_the_argument},
    {"join_waits_until_the_function_has_ended", join_waits_until_the_function_has_ended},
    {"join_gives_up_at_the_deadline_and_the_handle_stays",
     join_gives_up_at_the_deadline_and_the_handle_stays},
    {"a_thread_that_has_ended_is_joined_now", a_thread_that_has_ended_is_joined_now},
    {"joining_twice_is_misuse", joining_twice_is_misuse},
    {"joining_oneself_is_misuse", joining_oneself_is_misuse},
    {"joining_what_another_thread_joins_is_misuse", joining_what_another_thread_joins_is_misuse},
    {"a_detached_thread_runs_to_its_end_and_leaves_nothing",
     a_detached_thread_runs_to_its_end_and_leaves_nothing},
    {"detaching_a_thread_that_has_ended_leaves_nothing",
     detaching_a_thread_that_has_ended_leaves_nothing},
    {"a_thread_without_a_handle_frees_itself", a_thread_without_a_handle_frees_itself},
    {"detach_of_null_does_nothing", detach_of_null_does_nothing},
    {"a_start_without_memory_leaves_everything_as_it_was",
     a_start_without_memory_leaves_everything_as_it_was},
    {"a_start_that_the_system_refuses_leaves_everything_as_it_was",
     a_start_that_the_system_refuses_leaves_everything_as_it_was},
    {"an_argument_larger_than_memory_is_refused", an_argument_larger_than_memory_is_refused},
    {"a_refused_thread_among_many_leaves_the_others_alone",
     a_refused_thread_among_many_leaves_the_others_alone},
    {"no_function_is_misuse", no_function_is_misuse},
    {"threads_start_and_end_in_many_threads_at_once",
     threads_start_and_end_in_many_threads_at_once},
    CU_TEST_INFO_NULL,
};
