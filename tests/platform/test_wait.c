/* SPDX-License-Identifier: MIT */
/* Sleeping on a word, in one process and between processes. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "weft/arena.h"
#include "weft/fault.h"
#include "weft/semaphore.h"
#include "weft/wait.h"

enum { ROUNDS = 5000, SHARED_ROUNDS = 300, SLEEPERS = 40 };

/* Sleeps until the word is no longer `seen`; 0 or WEFT_ETIMEDOUT. */
static int wait_while(weft_atomic_u32 *word, uint32_t seen, weft_time until)
{
    int err = 0;

    while (err == 0 && weft_load_u32(word, WEFT_ACQUIRE) == seen)
        err = weft_wait(word, seen, until);
    return err;
}

static int wait_shared_while(weft_atomic_u32 *word, uint32_t seen, weft_time until)
{
    int err = 0;

    while (err == 0 && weft_load_u32(word, WEFT_ACQUIRE) == seen) {
        weft_time slice = weft_in(WEFT_SHARED_SLICE);

        err = weft_wait_shared(word, seen, slice < until ? slice : until);
        if (err != 0 && weft_clock() < until)
            err = 0;
    }
    return err;
}

static void a_word_that_differs_is_not_waited_for(void)
{
    weft_atomic_u32 word = {1};

    CHECK_OK(weft_wait(&word, 0, WEFT_FOREVER));
    CHECK_OK(weft_wait(&word, 2, WEFT_NOW));
}

static void a_deadline_of_now_or_the_past_does_not_sleep(void)
{
    weft_atomic_u32 word = {0};

    CHECK_ERROR(weft_wait(&word, 0, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_wait(&word, 0, -1), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_wait(&word, 0, weft_clock() - 1), WEFT_ETIMEDOUT);
}

static void the_deadline_is_not_early(void)
{
    const weft_time durations[] = {1, WEFT_US(300), WEFT_MS(1) + 1, WEFT_MS(30)};
    weft_atomic_u32 word = {0};

    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
        weft_time until = weft_in(durations[i]);

        CHECK_ERROR(wait_while(&word, 0, until), WEFT_ETIMEDOUT);
        CU_ASSERT_TRUE(weft_clock() >= until);
    }
}

static void a_time_out_leaves_the_last_error_alone(void)
{
    weft_semaphore none = WEFT_SEMAPHORE_INIT(0);
    weft_atomic_u32 word = {0};
    char before[512];

    CHECK_ERROR(weft_semaphore_acquire(&none, WEFT_NOW), WEFT_ETIMEDOUT);
    snprintf(before, sizeof(before), "%s", weft_last_error());
    CHECK_ERROR(wait_while(&word, 0, weft_in(WEFT_MS(1))), WEFT_ETIMEDOUT);
    CU_ASSERT_STRING_EQUAL(weft_last_error(), before);
}

static void wake_does_not_touch_the_word(void)
{
    /* Nothing is at this address; reading it would crash. */
    uintptr_t nowhere = 4096;

    weft_wake((weft_atomic_u32 *)nowhere, 1);
    weft_wake((weft_atomic_u32 *)nowhere, WEFT_WAKE_ALL);
    CU_PASS("it came back");
}

struct sleeper {
    weft_atomic_u32 word;
    weft_time until;
    int err; /* the sleeper's; read after join */
};

static int sleep_while_zero(weft_task *task)
{
    struct sleeper *s = WEFT_ARG(task, struct sleeper *);

    s->err = wait_while(&s->word, 0, s->until);
    return 0;
}

static void a_deadline_in_a_hundred_days_is_no_deadline_yet(void)
{
    struct sleeper s = {{0}, weft_in(WEFT_S(100 * 86400)), WEFT_EINVAL};
    weft_thread *thread;

    start_threads(&thread, 1, sleep_while_zero, &s);
    CHECK_ERROR(weft_thread_join(thread, weft_in(WEFT_MS(30))), WEFT_ETIMEDOUT);
    weft_store_u32(&s.word, 1, WEFT_RELEASE);
    weft_wake(&s.word, 1);
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(s.err, 0);
}

static void wake_reaches_the_sleeper_of_its_word_among_many(void)
{
    static struct sleeper sleepers[SLEEPERS];
    weft_thread *threads[SLEEPERS];

    for (int i = 0; i < SLEEPERS; i++) {
        sleepers[i] = (struct sleeper){{0}, WEFT_FOREVER, WEFT_EINVAL};
        start_threads(&threads[i], 1, sleep_while_zero, &sleepers[i]);
    }
    for (int i = SLEEPERS - 1; i >= 0; i--) {
        weft_store_u32(&sleepers[i].word, 1, WEFT_RELEASE);
        weft_wake(&sleepers[i].word, 1);
        join_threads(&threads[i], 1);
        CU_ASSERT_EQUAL(sleepers[i].err, 0);
    }
}

struct dormitory {
    weft_atomic_u32 word;
    weft_atomic_u32 awake; /* sleepers that were woken in time, relaxed */
};

static int sleep_with_others(weft_task *task)
{
    struct dormitory *d = WEFT_ARG(task, struct dormitory *);

    if (wait_while(&d->word, 0, WEFT_FOREVER) == 0)
        weft_fetch_add_u32(&d->awake, 1, WEFT_RELAXED);
    return 0;
}

static void wake_all_reaches_all_sleepers_of_a_word(void)
{
    struct dormitory d = {{0}, {0}};
    weft_thread *threads[SLEEPERS];

    start_threads(threads, SLEEPERS, sleep_with_others, &d);
    weft_sleep(WEFT_MS(10)); /* most of them sleep now; the outcome does not depend on it */
    weft_store_u32(&d.word, 1, WEFT_RELEASE);
    weft_wake(&d.word, WEFT_WAKE_ALL);
    join_threads(threads, SLEEPERS);
    CU_ASSERT_EQUAL(weft_load_u32(&d.awake, WEFT_RELAXED), SLEEPERS);
}

/* Two sides count one word up in turns: the lost wake-up of any turn would stop both. */
struct turns {
    weft_atomic_u32 word;
    int err; /* the second side's; read after join */
};

static int take_turns(weft_atomic_u32 *word, uint32_t side)
{
    int err = 0;

    for (uint32_t turn = side; turn < 2 * ROUNDS && err == 0; turn += 2) {
        for (uint32_t seen = weft_load_u32(word, WEFT_ACQUIRE); seen != turn && err == 0;
             seen = weft_load_u32(word, WEFT_ACQUIRE))
            err = weft_wait(word, seen, WEFT_FOREVER);
        weft_store_u32(word, turn + 1, WEFT_RELEASE);
        weft_wake(word, 1);
    }
    return err;
}

static int take_odd_turns(weft_task *task)
{
    struct turns *t = WEFT_ARG(task, struct turns *);

    t->err = take_turns(&t->word, 1);
    return 0;
}

static void no_wake_up_between_check_and_sleep_is_lost(void)
{
    struct turns t = {{0}, WEFT_EINVAL};
    weft_thread *other;

    start_threads(&other, 1, take_odd_turns, &t);
    CHECK_OK(take_turns(&t.word, 0));
    join_threads(&other, 1);
    CHECK_OK(t.err);
    CU_ASSERT_EQUAL(weft_load_u32(&t.word, WEFT_RELAXED), 2 * ROUNDS);
}

static int refuse_all_memory_to_sleep(const char *point)
{
    return strcmp(point, "park.place") == 0 ? WEFT_ENOMEM : 0;
}

/* Where sleeping takes memory (not on systems that have it built in). */
static void without_memory_waits_end_all_the_same(void)
{
    struct sleeper s = {{0}, WEFT_FOREVER, WEFT_EINVAL};
    weft_atomic_u32 word = {0};
    weft_time until = weft_in(WEFT_MS(5));
    weft_thread *thread;

    weft_fault_hook(refuse_all_memory_to_sleep);
    start_threads(&thread, 1, sleep_while_zero, &s);
    CHECK_ERROR(wait_while(&word, 0, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    weft_store_u32(&s.word, 1, WEFT_RELEASE);
    weft_wake(&s.word, 1);
    join_threads(&thread, 1);
    weft_fault_hook(NULL);
    CU_ASSERT_EQUAL(s.err, 0);
}

static void shared_waits_keep_deadlines_too(void)
{
    weft_offset at = 0;

    CHECK_OK(weft_shared_alloc(&at, sizeof(weft_atomic_u32)));
    weft_atomic_u32 *word = weft_shared_pointer(at);
    weft_time until = weft_in(WEFT_MS(20));
    CHECK_OK(weft_wait_shared(word, 1, WEFT_FOREVER));
    CHECK_ERROR(weft_wait_shared(word, 0, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_wait_shared(word, 0, weft_clock() - 1), WEFT_ETIMEDOUT);
    CHECK_ERROR(wait_shared_while(word, 0, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    weft_wake_shared(word, WEFT_WAKE_ALL);
    weft_shared_free(at);
}

static int take_shared_turns(weft_atomic_u32 *word, uint32_t side)
{
    int err = 0;

    for (uint32_t turn = side; turn < 2 * SHARED_ROUNDS && err == 0; turn += 2) {
        for (uint32_t seen = weft_load_u32(word, WEFT_ACQUIRE); seen != turn && err == 0;
             seen = weft_load_u32(word, WEFT_ACQUIRE))
            err = wait_shared_while(word, seen, SOON);
        weft_store_u32(word, turn + 1, WEFT_RELEASE);
        weft_wake_shared(word, 1);
    }
    return err;
}

static int take_odd_turns_in_a_process(weft_task *task)
{
    weft_atomic_u32 *word = weft_shared_pointer(WEFT_ARG(task, weft_offset));

    return take_shared_turns(word, 1);
}

static void processes_wake_each_other(void)
{
    weft_offset at = 0;

    CHECK_OK(weft_shared_alloc(&at, sizeof(weft_atomic_u32)));
    weft_atomic_u32 *word = weft_shared_pointer(at);
    weft_process *other = start_process(take_odd_turns_in_a_process, &at, sizeof(at));
    CHECK_OK(take_shared_turns(word, 0));
    join_process(other);
    CU_ASSERT_EQUAL(weft_load_u32(word, WEFT_RELAXED), 2 * SHARED_ROUNDS);
    weft_shared_free(at);
}

const char *const suite_name = "wait";
CU_TestInfo suite_cases[] = {
    {"a_word_that_differs_is_not_waited_for", a_word_that_differs_is_not_waited_for},
    {"a_deadline_of_now_or_the_past_does_not_sleep", a_deadline_of_now_or_the_past_does_not_sleep},
    {"the_deadline_is_not_early", the_deadline_is_not_early},
    {"a_time_out_leaves_the_last_error_alone", a_time_out_leaves_the_last_error_alone},
    {"wake_does_not_touch_the_word", wake_does_not_touch_the_word},
    {"a_deadline_in_a_hundred_days_is_no_deadline_yet",
     a_deadline_in_a_hundred_days_is_no_deadline_yet},
    {"wake_reaches_the_sleeper_of_its_word_among_many",
     wake_reaches_the_sleeper_of_its_word_among_many},
    {"wake_all_reaches_all_sleepers_of_a_word", wake_all_reaches_all_sleepers_of_a_word},
    {"no_wake_up_between_check_and_sleep_is_lost", no_wake_up_between_check_and_sleep_is_lost},
    {"without_memory_waits_end_all_the_same", without_memory_waits_end_all_the_same},
    {"shared_waits_keep_deadlines_too", shared_waits_keep_deadlines_too},
    {"processes_wake_each_other", processes_wake_each_other},
    CU_TEST_INFO_NULL,
};
