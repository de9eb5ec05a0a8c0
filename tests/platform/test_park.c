/* SPDX-License-Identifier: MIT */
/* What can go wrong in the queues behind weft_wait() (portable/park.c). */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "weft/fault.h"
#include "weft/wait.h"

enum { SLEEPERS = 30, PAIRS = 40, ROUNDS = 20 };

struct sleeper {
    weft_atomic_u32 *word;
    weft_time until;
    int err; /* the sleeper's; read after join */
};

static int sleep_while_zero(weft_task *task)
{
    struct sleeper *s = WEFT_ARG(task, struct sleeper *);

    s->err = 0;
    while (s->err == 0 && weft_load_u32(s->word, WEFT_ACQUIRE) == 0)
        s->err = weft_wait(s->word, 0, s->until);
    return 0;
}

/* The word is set, and so many sleepers are woken one by one. */
static void wake_one_by_one(weft_atomic_u32 *word, int count)
{
    weft_store_u32(word, 1, WEFT_RELEASE);
    for (int i = 0; i < count; i++)
        weft_wake(word, 1);
}

static void who_gives_up_takes_no_wake_up_of_others(void)
{
    weft_atomic_u32 word = {0};
    struct sleeper sleepers[SLEEPERS];
    weft_thread *threads[SLEEPERS];

    for (int i = 0; i < SLEEPERS; i++) {
        bool patient = i % 3 == 1;
        sleepers[i] = (struct sleeper){&word, patient ? SOON : weft_in(WEFT_MS(i)), WEFT_EINVAL};
        start_threads(&threads[i], 1, sleep_while_zero, &sleepers[i]);
    }
    for (int i = 0; i < SLEEPERS; i++) {
        if (i % 3 == 1)
            continue;
        join_threads(&threads[i], 1);
        CU_ASSERT_EQUAL(sleepers[i].err, WEFT_ETIMEDOUT);
    }
    wake_one_by_one(&word, SLEEPERS / 3);
    for (int i = 1; i < SLEEPERS; i += 3) {
        join_threads(&threads[i], 1);
        CU_ASSERT_EQUAL(sleepers[i].err, 0);
    }
}

/* Two sleepers for each of so many words that some words share a place in any table. */
static void a_wake_of_one_word_leaves_the_sleepers_of_others_alone(void)
{
    static weft_atomic_u32 words[PAIRS];
    struct sleeper sleepers[2 * PAIRS];
    weft_thread *threads[2 * PAIRS];

    memset(words, 0, sizeof(words));
    for (int i = 0; i < 2 * PAIRS; i++) {
        sleepers[i] = (struct sleeper){&words[i / 2], SOON, WEFT_EINVAL};
        start_threads(&threads[i], 1, sleep_while_zero, &sleepers[i]);
    }
    for (int round = 0; round < ROUNDS; round++) /* wakes them for no reason */
        for (int i = 0; i < PAIRS; i++)
            weft_wake(&words[i], 1);
    for (int i = 0; i < PAIRS; i++)
        wake_one_by_one(&words[i], 2);
    join_threads(threads, (size_t)2 * PAIRS);
    for (int i = 0; i < 2 * PAIRS; i++)
        CU_ASSERT_EQUAL(sleepers[i].err, 0);
}

static int refuse_conditions(const char *point)
{
    return strcmp(point, "park.place") == 0 ? WEFT_ENOMEM : 0;
}

static void without_memory_to_sleep_with_a_wait_still_ends(void)
{
    weft_atomic_u32 word = {0};
    struct sleeper s = {&word, SOON, WEFT_EINVAL};
    struct sleeper late = {&word, weft_in(WEFT_MS(20)), WEFT_EINVAL};
    weft_thread *threads[2];

    weft_fault_hook(refuse_conditions);
    start_threads(&threads[0], 1, sleep_while_zero, &s);
    start_threads(&threads[1], 1, sleep_while_zero, &late);
    join_threads(&threads[1], 1);
    CU_ASSERT_EQUAL(late.err, WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= late.until);
    wake_one_by_one(&word, 1);
    join_threads(&threads[0], 1);
    CU_ASSERT_EQUAL(s.err, 0);
    weft_fault_hook(NULL);
}

/* The first other thread that gives up stands still before it has left its queue. */
static weft_atomic_u32 stands, may_go;
static unsigned tester; /* weft_thread_current_id() */

static int stand_still(const char *point)
{
    uint32_t nobody = 0;

    if (strcmp(point, "park.late") == 0 && weft_thread_current_id() != tester &&
        weft_cas_u32(&stands, &nobody, 1, WEFT_RELEASE))
        while (weft_load_u32(&may_go, WEFT_ACQUIRE) == 0)
            weft_sleep(WEFT_MS(1));
    return 0;
}

static bool one_stands(void *context)
{
    (void)context;
    return weft_load_u32(&stands, WEFT_ACQUIRE) != 0;
}

static int give_up_and_stand(weft_task *task)
{
    struct sleeper *s = WEFT_ARG(task, struct sleeper *);

    while (weft_load_u32(&stands, WEFT_RELAXED) == 0) /* a deadline may pass before the sleep */
        s->err = weft_wait(s->word, 0, weft_in(WEFT_MS(1)));
    return 0;
}

static void a_wake_up_passes_by_who_is_giving_up(void)
{
    weft_atomic_u32 word = {0};
    struct sleeper late = {&word, WEFT_NOW, WEFT_EINVAL};
    struct sleeper patient = {&word, SOON, WEFT_EINVAL};
    weft_thread *threads[2];

    weft_store_u32(&stands, 0, WEFT_RELAXED);
    weft_store_u32(&may_go, 0, WEFT_RELAXED);
    tester = weft_thread_current_id();
    weft_fault_hook(stand_still);
    start_threads(&threads[0], 1, give_up_and_stand, &late);
    CU_ASSERT_TRUE(eventually(one_stands, NULL));
    start_threads(&threads[1], 1, sleep_while_zero, &patient);
    weft_sleep(WEFT_MS(5)); /* it stands behind the late one now, or will not sleep at all */
    wake_one_by_one(&word, 1);
    join_threads(&threads[1], 1);
    CU_ASSERT_EQUAL(patient.err, 0);
    weft_store_u32(&may_go, 1, WEFT_RELEASE);
    join_threads(&threads[0], 1);
    CU_ASSERT_EQUAL(late.err, WEFT_ETIMEDOUT);
    weft_fault_hook(NULL);
}

const char *const suite_name = "park";
CU_TestInfo suite_cases[] = {
    {"who_gives_up_takes_no_wake_up_of_others", who_gives_up_takes_no_wake_up_of_others},
    {"a_wake_of_one_word_leaves_the_sleepers_of_others_alone",
     a_wake_of_one_word_leaves_the_sleepers_of_others_alone},
    {"a_wake_up_passes_by_who_is_giving_up", a_wake_up_passes_by_who_is_giving_up},
    {"without_memory_to_sleep_with_a_wait_still_ends",
     without_memory_to_sleep_with_a_wait_still_ends},
    CU_TEST_INFO_NULL,
};
