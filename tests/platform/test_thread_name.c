/* SPDX-License-Identifier: MIT */
/* Names, numbers, options, join_all and the count of CPUs. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "weft/event.h"

enum { THREADS = 50, TEXT = 200 };

/* What a thread says of itself; read after its join. */
struct identity {
    char name[TEXT];
    unsigned id, id_again;
    weft_event let_go;
    weft_event begun;
};

static int tell_identity(weft_task *task)
{
    struct identity *who = WEFT_ARG(task, struct identity *);

    snprintf(who->name, sizeof(who->name), "%s", weft_thread_current_name());
    who->id = weft_thread_current_id();
    who->id_again = weft_thread_current_id();
    weft_event_set(&who->begun);
    weft_event_wait(&who->let_go, SOON);
    return 0;
}

static weft_thread *start_named(struct identity *who, const weft_thread_options *options)
{
    weft_thread *thread = NULL;

    CU_ASSERT_EQUAL_FATAL(
        weft_thread_start_with(&thread, tell_identity, &who, sizeof(who), options), 0);
    return thread;
}

static void the_main_thread_has_its_name_and_number_one(void)
{
    CU_ASSERT_STRING_EQUAL(weft_thread_current_name(), "MainThread");
    CU_ASSERT_EQUAL(weft_thread_current_id(), 1);
}

static void a_thread_has_the_name_it_was_given(void)
{
    struct identity who = {.id = 0};
    char name[] = "reader \xe8\xaf\xbb\xe8\x80\x85";
    char expected[sizeof(name)];
    weft_thread *thread = start_named(&who, &(weft_thread_options){.name = name});

    snprintf(expected, sizeof(expected), "%s", name);
    memset(name, 'x', sizeof(name) - 1); /* the name was copied */
    CU_ASSERT_STRING_EQUAL(weft_thread_name(thread), expected);
    weft_event_set(&who.let_go);
    join_threads(&thread, 1);
    CU_ASSERT_STRING_EQUAL(who.name, expected);
}

static void a_long_name_is_kept_whole(void)
{
    struct identity who = {.id = 0};
    char name[150];
    weft_thread *thread;

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    thread = start_named(&who, &(weft_thread_options){.name = name});
    weft_event_set(&who.let_go);
    CU_ASSERT_STRING_EQUAL(weft_thread_name(thread), name);
    join_threads(&thread, 1);
    CU_ASSERT_STRING_EQUAL(who.name, name);
}

static void threads_without_a_name_are_counted(void)
{
    struct identity first = {.id = 0}, second = {.id = 0};
    weft_thread *threads[2] = {start_named(&first, NULL), start_named(&second, NULL)};
    int a = 0, b = 0;

    CU_ASSERT_EQUAL(sscanf(weft_thread_name(threads[0]), "Thread-%d", &a), 1);
    CU_ASSERT_EQUAL(sscanf(weft_thread_name(threads[1]), "Thread-%d", &b), 1);
    CU_ASSERT_TRUE(a >= 1);
    CU_ASSERT_EQUAL(b, a + 1);
    weft_event_set(&first.let_go);
    weft_event_set(&second.let_go);
    join_threads(threads, 2);
    CU_ASSERT_EQUAL(sscanf(first.name, "Thread-%d", &b), 1);
    CU_ASSERT_EQUAL(a, b);
}

static int compare_unsigned(const void *a, const void *b)
{
    unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;

    return (left > right) - (left < right);
}

static void numbers_are_never_given_twice(void)
{
    struct identity who[THREADS] = {{.id = 0}};
    unsigned ids[THREADS];
    weft_thread *threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        weft_event_set(&who[i].let_go);
        threads[i] = start_named(&who[i], NULL);
        if (i % 2 == 0) /* half of them end before the next begins */
            join_threads(&threads[i], 1);
    }
    for (int i = 1; i < THREADS; i += 2)
        join_threads(&threads[i], 1);
    for (int i = 0; i < THREADS; i++) {
        CU_ASSERT_EQUAL(who[i].id, who[i].id_again);
        ids[i] = who[i].id;
    }
    qsort(ids, THREADS, sizeof(ids[0]), compare_unsigned);
    CU_ASSERT_TRUE(ids[0] > 1);
    for (int i = 1; i < THREADS; i++)
        CU_ASSERT_TRUE(ids[i] > ids[i - 1]);
}

/* Touches so many bytes of its stack in pieces that the compiler cannot fold. */
static unsigned use_stack(unsigned char *above, size_t left)
{
    unsigned char piece[4096];

    memset(piece, (int)(left & 0xFF), sizeof(piece));
    piece[0] ^= *above;
    if (left <= sizeof(piece))
        return piece[0];
    return piece[left % sizeof(piece)] + use_stack(piece, left - sizeof(piece));
}

static int use_half_a_megabyte(weft_task *task)
{
    unsigned char above = 0;

    (void)task;
    return use_stack(&above, 512 * 1024) == 1 ? WEFT_EFAILED : 0;
}

static void a_stack_is_as_large_as_asked(void)
{
    const size_t sizes[] = {2 * 1024 * 1024, 4 * 1024 * 1024 + 1};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        weft_thread_options options = {.stack_size = sizes[i]};
        weft_thread *thread;

        if (CHECK_OK(weft_thread_start_with(&thread, use_half_a_megabyte, NULL, 0, &options)))
            join_threads(&thread, 1);
    }
}

static void a_tiny_stack_is_rounded_up(void)
{
    struct identity who = {.id = 0};
    weft_thread *thread = start_named(&who, &(weft_thread_options){.stack_size = 1});

    weft_event_set(&who.let_go);
    join_threads(&thread, 1);
    CU_ASSERT_TRUE(who.id > 1);
}

/* ---- join_all ----------------------------------------------------------------- */

static void join_all_waits_for_threads_with_and_without_a_handle(void)
{
    struct identity held = {.id = 0}, loose = {.id = 0}, *argument = &loose;
    weft_thread *thread = start_named(&held, &(weft_thread_options){.name = "held"});
    weft_time until = weft_in(WEFT_MS(20));

    CHECK_OK(weft_thread_start(NULL, tell_identity, &argument, sizeof(argument)));
    CHECK_ERROR(weft_thread_join_all(WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_thread_join_all(weft_clock() - 1), WEFT_ETIMEDOUT);
    weft_event_set(&loose.let_go);
    CHECK_ERROR(weft_thread_join_all(until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    weft_event_set(&held.let_go);
    CHECK_OK(weft_thread_join_all(SOON));
    CU_ASSERT_FALSE(weft_thread_is_alive(thread));
    CHECK_OK(weft_thread_join(thread, WEFT_NOW)); /* the handle is its owner's still */
}

static void join_all_names_a_thread_that_still_runs(void)
{
    struct identity who = {.id = 0};
    weft_thread *thread = start_named(&who, &(weft_thread_options){.name = "straggler"});

    CHECK_ERROR(weft_thread_join_all(WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_SENTENCE("straggler");
    weft_event_set(&who.let_go);
    join_threads(&thread, 1);
    CHECK_OK(weft_thread_join_all(WEFT_NOW));
}

static void join_all_does_not_wait_for_daemons(void)
{
    struct identity who = {.id = 0};
    weft_thread *thread = start_named(&who, &(weft_thread_options){.daemon = true});

    CHECK_OK(weft_event_wait(&who.begun, SOON));
    CHECK_OK(weft_thread_join_all(WEFT_NOW));
    CU_ASSERT_TRUE(weft_thread_is_alive(thread));
    weft_event_set(&who.let_go);
    join_threads(&thread, 1);
    CHECK_OK(weft_thread_join_all(WEFT_NOW));
}

struct last {
    int err; /* of join_all in the thread; read after its join */
};

static int join_all_others(weft_task *task)
{
    struct last *last = WEFT_ARG(task, struct last *);

    last->err = weft_thread_join_all(SOON);
    return 0;
}

static void join_all_does_not_wait_for_its_caller(void)
{
    struct last last = {WEFT_EINVAL};
    weft_thread *thread;

    start_threads(&thread, 1, join_all_others, &last);
    join_threads(&thread, 1);
    CU_ASSERT_EQUAL(last.err, 0);
}

static void there_is_at_least_one_cpu(void)
{
    CU_ASSERT_TRUE(weft_cpu_count() >= 1);
    CU_ASSERT_TRUE(weft_cpu_count() < 100000);
}

const char *const suite_name = "thread_name";
CU_TestInfo suite_cases[] = {
    {"the_main_thread_has_its_name_and_number_one", the_main_thread_has_its_name_and_number_one},
    {"a_thread_has_the_name_it_was_given", a_thread_has_the_name_it_was_given},
    {"a_long_name_is_kept_whole", a_long_name_is_kept_whole},
    {"threads_without_a_name_are_counted", threads_without_a_name_are_counted},
    {"numbers_are_never_given_twice", numbers_are_never_given_twice},
    {"a_stack_is_as_large_as_asked", a_stack_is_as_large_as_asked},
    {"a_tiny_stack_is_rounded_up", a_tiny_stack_is_rounded_up},
    {"join_all_waits_for_threads_with_and_without_a_handle",
     join_all_waits_for_threads_with_and_without_a_handle},
    {"join_all_names_a_thread_that_still_runs", join_all_names_a_thread_that_still_runs},
    {"join_all_does_not_wait_for_daemons", join_all_does_not_wait_for_daemons},
    {"join_all_does_not_wait_for_its_caller", join_all_does_not_wait_for_its_caller},
    {"there_is_at_least_one_cpu", there_is_at_least_one_cpu},
    CU_TEST_INFO_NULL,
};
