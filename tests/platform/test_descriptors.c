/* SPDX-License-Identifier: MIT */
/*
 * A process that closes every descriptor it has, as programs do before they become a
 * service. Weft's are among them; it is alive all the same, and so are the others to it.
 */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "internal.h"
#include "system.h"
#include "weft/arena.h"
#include "weft/fault.h"
#include "weft/shared.h"

enum { FIRST = 3, LAST = 1023, FILES = 40 };

struct scene {
    weft_shared_mutex held, other; /* by the child; by the parent */
    weft_shared_semaphore there, go;
    uint32_t parent; /* its name */
};

static struct scene make_scene(void)
{
    struct scene s;

    CU_ASSERT_EQUAL_FATAL(weft_shared_mutex_create(&s.held), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_mutex_create(&s.other), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&s.there, 0), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&s.go, 0), 0);
    CHECK_OK(weft_shared_mutex_acquire(s.other, WEFT_NOW));
    s.parent = weft__arena_self();
    return s;
}

static void close_scene(const struct scene *s)
{
    CHECK_OK(weft_shared_mutex_release(s->other));
    weft_shared_mutex_close(s->held);
    weft_shared_mutex_close(s->other);
    weft_shared_semaphore_close(s->there);
    weft_shared_semaphore_close(s->go);
}

static int close_all_and_hold(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);
    weft_offset at;

    REQUIRE(task, weft_shared_mutex_acquire(s.held, WEFT_NOW) == 0);
    close_descriptors(FIRST, LAST);
    /* Other files get the numbers of those that are gone. */
    for (int i = 0; i < FILES; i++)
        REQUIRE(task, tmpfile() != NULL);
    REQUIRE(task, weft_shared_semaphore_release(s.there, 1) == 0);
    REQUIRE(task, weft__arena_process_alive(s.parent));
    REQUIRE(task, weft_shared_mutex_acquire(s.other, weft_in(WEFT_MS(50))) == WEFT_ETIMEDOUT);
    REQUIRE(task, weft_shared_alloc(&at, 100) == 0);
    weft_shared_free(at);
    REQUIRE(task, weft_shared_semaphore_acquire(s.go, SOON) == 0);
    return weft_shared_mutex_release(s.held);
}

static void a_process_that_closes_all_descriptors_is_not_robbed_of_its_mutex(void)
{
    struct scene s = make_scene();

    if (no_descriptors) {
        skip(no_descriptors);
    } else {
        weft_process *process = start_process(close_all_and_hold, &s, sizeof(s));

        CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
        for (int i = 0; i < 10; i++)
            CHECK_ERROR(weft_shared_mutex_acquire(s.held, weft_in(WEFT_MS(30))), WEFT_ETIMEDOUT);
        CHECK_OK(weft_shared_semaphore_release(s.go, 1));
        join_process(process);
        CHECK_OK(weft_shared_mutex_acquire(s.held, WEFT_NOW));
        CHECK_OK(weft_shared_mutex_release(s.held));
    }
    close_scene(&s);
}

static void when_it_is_killed_the_next_owner_is_told(void)
{
    struct scene s = make_scene();

    if (no_descriptors) {
        skip(no_descriptors);
    } else {
        weft_process *process = start_process(close_all_and_hold, &s, sizeof(s));

        CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
        kill_process(process);
        CHECK_ERROR(weft_shared_mutex_acquire(s.held, SOON), WEFT_EOWNERDEAD);
        CHECK_OK(weft_shared_mutex_release(s.held));
    }
    close_scene(&s);
}

static int hold_for_ever(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);

    REQUIRE(task, weft_shared_mutex_acquire(s.held, WEFT_NOW) == 0);
    close_descriptors(FIRST, LAST);
    REQUIRE(task, weft_shared_semaphore_release(s.there, 1) == 0);
    weft_sleep(WEFT_FOREVER);
    return 0;
}

/* Slots and numbers of dead processes are given again, and no later one passes for them. */
static void another_process_does_not_pass_for_a_dead_one(void)
{
    if (no_descriptors) {
        skip(no_descriptors);
        return;
    }
    for (int i = 0; i < 5; i++) {
        struct scene dead = make_scene(), alive = make_scene();
        weft_process *first = start_process(hold_for_ever, &dead, sizeof(dead));
        weft_process *second;

        CHECK_OK(weft_shared_semaphore_acquire(dead.there, SOON));
        kill_process(first);
        second = start_process(hold_for_ever, &alive, sizeof(alive));
        CHECK_OK(weft_shared_semaphore_acquire(alive.there, SOON));
        CHECK_ERROR(weft_shared_mutex_acquire(dead.held, SOON), WEFT_EOWNERDEAD);
        CHECK_ERROR(weft_shared_mutex_acquire(alive.held, weft_in(WEFT_MS(30))), WEFT_ETIMEDOUT);
        CHECK_OK(weft_shared_mutex_release(dead.held));
        kill_process(second);
        close_scene(&dead);
        close_scene(&alive);
    }
}

static FILE *strangers[FILES];

/* 0: all of them can be written to. */
static int use_strangers(void)
{
    for (int i = 0; i < FILES; i++)
        if (fputs("x", strangers[i]) < 0 || fflush(strangers[i]) != 0)
            return 1;
    return 0;
}

static int sleep_for_ever(weft_task *task)
{
    (void)task;
    return weft_sleep(WEFT_FOREVER);
}

/* The numbers of the lines to a child are those of other files when it is closed. */
static int close_all_and_then_the_child(weft_task *task)
{
    weft_process *child = NULL;

    REQUIRE(task, weft_process_start(&child, sleep_for_ever, NULL, 0) == 0);
    close_descriptors(FIRST, LAST);
    for (int i = 0; i < FILES; i++)
        REQUIRE(task, (strangers[i] = tmpfile()) != NULL);
    REQUIRE(task, run_forked(use_strangers) == 0);
    REQUIRE(task, weft_process_kill(child) == 0);
    REQUIRE(task, weft_process_join(child, SOON) == 0);
    weft_process_close(child);
    REQUIRE(task, use_strangers() == 0);
    return 0;
}

static void files_with_the_numbers_of_life_lines_stay_open(void)
{
    if (no_descriptors)
        skip(no_descriptors);
    else
        join_process(start_process(close_all_and_then_the_child, NULL, 0));
}

static int hold_and_sleep(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);

    REQUIRE(task, weft_shared_mutex_acquire(s.held, WEFT_NOW) == 0);
    REQUIRE(task, weft_shared_semaphore_release(s.there, 1) == 0);
    weft_sleep(WEFT_FOREVER);
    return 0;
}

static int refuse_to_look(const char *point)
{
    return strcmp(point, "process.look") == 0 ? WEFT_ELIMIT : 0;
}

/* Nobody waits for the dead process either, so that the system keeps its number. */
static void who_has_no_descriptor_left_is_told_of_the_dead_too(void)
{
    struct scene s = make_scene();
    weft_process *process = start_process(hold_and_sleep, &s, sizeof(s));

    CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
    weft_fault_hook(refuse_to_look);
    CHECK_ERROR(weft_shared_mutex_acquire(s.held, weft_in(WEFT_MS(50))), WEFT_ETIMEDOUT);
    CHECK_OK(weft_process_kill(process));
    if (CHECK_ERROR(weft_shared_mutex_acquire(s.held, weft_in(WEFT_S(20))), WEFT_EOWNERDEAD))
        CHECK_OK(weft_shared_mutex_release(s.held));
    weft_fault_hook(NULL);
    kill_process(process);
    close_scene(&s);
}

const char *const suite_name = "descriptors";
CU_TestInfo suite_cases[] = {
    {"a_process_that_closes_all_descriptors_is_not_robbed_of_its_mutex",
     a_process_that_closes_all_descriptors_is_not_robbed_of_its_mutex},
    {"when_it_is_killed_the_next_owner_is_told", when_it_is_killed_the_next_owner_is_told},
    {"another_process_does_not_pass_for_a_dead_one", another_process_does_not_pass_for_a_dead_one},
    {"files_with_the_numbers_of_life_lines_stay_open",
     files_with_the_numbers_of_life_lines_stay_open},
    {"who_has_no_descriptor_left_is_told_of_the_dead_too",
     who_has_no_descriptor_left_is_told_of_the_dead_too},
    CU_TEST_INFO_NULL,
};
