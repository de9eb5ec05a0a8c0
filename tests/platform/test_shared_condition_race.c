/* SPDX-License-Identifier: MIT */
/* The condition between processes: what happens between the steps of a wait. */
#include "check.h"

#include <string.h>

#include "crew.h"
#include "weft/fault.h"
#include "weft/shared.h"

static struct scene {
    weft_shared_mutex mutex;
    weft_shared_condition changed;
    weft_shared_semaphore there; /* released by a child that holds the mutex */
} scene;

static int hold_until_killed(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);

    REQUIRE(task, weft_shared_mutex_acquire(s.mutex, SOON) == 0);
    REQUIRE(task, weft_shared_semaphore_release(s.there, 1) == 0);
    weft_sleep(WEFT_FOREVER);
    return 0;
}

/* The wait has released the mutex. */
static bool is_between(const char *point)
{
    if (strcmp(point, "word_lock.released") != 0)
        return false;
    weft_fault_hook(NULL);
    return true;
}

static int notify(const char *point)
{
    if (is_between(point))
        CHECK_OK(weft_shared_condition_notify(scene.changed));
    return 0;
}

static int let_an_owner_die(const char *point)
{
    weft_process *owner;

    if (!is_between(point))
        return 0;
    owner = start_process(hold_until_killed, &scene, sizeof(scene));
    CHECK_OK(weft_shared_semaphore_acquire(scene.there, SOON));
    kill_process(owner);
    return 0;
}

static void make_scene(void)
{
    CU_ASSERT_EQUAL_FATAL(weft_shared_mutex_create(&scene.mutex), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_condition_create(&scene.changed), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&scene.there, 0), 0);
    CHECK_OK(weft_shared_mutex_acquire(scene.mutex, WEFT_NOW));
}

/* The main thread holds the mutex. */
static void close_scene(void)
{
    weft_fault_hook(NULL);
    CHECK_OK(weft_shared_mutex_release(scene.mutex));
    weft_shared_mutex_close(scene.mutex);
    weft_shared_condition_close(scene.changed);
    weft_shared_semaphore_close(scene.there);
}

static void a_notification_as_soon_as_the_mutex_is_free_counts(void)
{
    make_scene();
    weft_fault_hook(notify);
    CHECK_OK(weft_shared_condition_wait(scene.changed, scene.mutex, WEFT_NOW));
    close_scene();
}

static void who_comes_back_too_late_is_told_that_an_owner_died(void)
{
    make_scene();
    weft_fault_hook(let_an_owner_die);
    CHECK_ERROR(weft_shared_condition_wait(scene.changed, scene.mutex, WEFT_NOW), WEFT_EOWNERDEAD);
    CHECK_OK(weft_shared_mutex_consistent(scene.mutex));
    close_scene();
}

const char *const suite_name = "shared_condition_race";
CU_TestInfo suite_cases[] = {
    {"a_notification_as_soon_as_the_mutex_is_free_counts",
     a_notification_as_soon_as_the_mutex_is_free_counts},
    {"who_comes_back_too_late_is_told_that_an_owner_died",
     who_comes_back_too_late_is_told_that_an_owner_died},
    CU_TEST_INFO_NULL,
};
