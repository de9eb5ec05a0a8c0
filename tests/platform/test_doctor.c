/* SPDX-License-Identifier: MIT */
/* weft_doctor(): what it says of threads that hang. test_doctor_report.c has the rest. */
#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "support.h"
#include "weft/condition.h"
#include "weft/doctor.h"
#include "weft/event.h"
#include "weft/mutex.h"
#include "weft/rwlock.h"
#include "weft/wait_any.h"

enum { TEXT = 128 * 1024, LINE = 256 };

static char text[TEXT];

/* What the report must contain, as soon as all threads stand where they are to. */
struct expected {
    const char *parts[4];
};

static bool is_reported(void *context)
{
    const struct expected *expected = context;

    if (weft_doctor_report(text, sizeof(text), NULL) != 0)
        return false;
    for (int i = 0; i < 4 && expected->parts[i]; i++)
        if (!strstr(text, expected->parts[i]))
            return false;
    return true;
}

static void check_report(const struct expected *expected)
{
    struct expected copy = *expected;

    if (eventually(is_reported, &copy))
        return;
    printf("\n%s", text);
    CU_FAIL("the report is another");
}

static size_t count(const char *part)
{
    size_t found = 0;

    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        found++;
    return found;
}

static weft_thread *start_named(const char *name, weft_function *function, void *shared)
{
    weft_thread *thread = NULL;

    CU_ASSERT_EQUAL_FATAL(weft_thread_start_with(&thread, function, &shared, sizeof(shared),
                                                 &(weft_thread_options){.name = name}),
                          0);
    return thread;
}

static void cancel_and_join(weft_thread *thread)
{
    CHECK_OK(weft_thread_cancel(thread));
    join_threads(&thread, 1);
}

/* ---- circles -------------------------------------------------------------------- */

/* A thread acquires `first`, meets the other, and wants `second`. */
struct side {
    weft_mutex *first, *second;
    weft_atomic_u32 *ready;
    unsigned id; /* of its thread; written before `ready` is raised */
};

static int hold_and_want(weft_task *task)
{
    struct side *side = WEFT_ARG(task, struct side *);

    side->id = weft_thread_current_id();
    weft_mutex_acquire(side->first, WEFT_FOREVER);
    weft_fetch_add_u32(side->ready, 1, WEFT_ACQ_REL);
    while (weft_load_u32(side->ready, WEFT_ACQUIRE) < 2)
        weft_sleep(WEFT_MS(1));
    if (weft_mutex_acquire(side->second, SOON) == 0)
        weft_mutex_release(side->second);
    weft_mutex_release(side->first);
    return 0;
}

static void two_threads_that_wait_for_each_other_are_a_circle(void)
{
    weft_mutex a = WEFT_MUTEX_INIT, b = WEFT_MUTEX_INIT;
    weft_atomic_u32 ready = {0};
    struct side left = {&a, &b, &ready, 0}, right = {&b, &a, &ready, 0};
    char of_left[LINE], of_right[LINE], circle[LINE];
    weft_thread *threads[2];

    weft_on_misuse(NULL); /* the order of these locks is wrong, as it must be here */
    threads[0] = start_named("left", hold_and_want, &left);
    threads[1] = start_named("right", hold_and_want, &right);
    while (weft_load_u32(&ready, WEFT_ACQUIRE) < 2)
        weft_sleep(WEFT_MS(1));
    snprintf(of_left, LINE, "waits for mutex 0x%" PRIxPTR " of %u right, ", (uintptr_t)&b,
             right.id);
    snprintf(of_right, LINE, "waits for mutex 0x%" PRIxPTR " of %u left, ", (uintptr_t)&a, left.id);
    snprintf(circle, LINE,
             "\ncircle: %u left -> mutex 0x%" PRIxPTR " -> %u right -> mutex 0x%" PRIxPTR
             " -> %u left\n",
             left.id, (uintptr_t)&b, right.id, (uintptr_t)&a, left.id);
    check_report(&(struct expected){{of_left, of_right, circle}});
    CU_ASSERT_EQUAL(count("circle"), 1);
    CU_ASSERT_EQUAL(count("\n1 MainThread: "), 1);
    cancel_and_join(threads[0]);
    join_threads(&threads[1], 1);
    CHECK_OK(weft_doctor_report(text, sizeof(text), NULL));
    CU_ASSERT_EQUAL(count("circle"), 0);
    CU_ASSERT_EQUAL(count("left"), 0);
    weft_on_misuse(support_on_misuse);
}

static int acquire_for_a_moment(weft_task *task)
{
    weft_mutex *mutex = WEFT_ARG(task, weft_mutex *);

    if (weft_mutex_acquire(mutex, SOON) == 0)
        weft_mutex_release(mutex);
    return 0;
}

struct parent {
    weft_mutex mutex;
    weft_thread *child;
};

static int hold_and_join(weft_task *task)
{
    struct parent *parent = WEFT_ARG(task, struct parent *);

    weft_mutex_acquire(&parent->mutex, WEFT_FOREVER);
    parent->child = start_named("child", acquire_for_a_moment, &parent->mutex);
    (void)weft_thread_join(parent->child, SOON);
    weft_mutex_release(&parent->mutex);
    return 0;
}

static void a_join_can_be_part_of_a_circle(void)
{
    struct parent parent = {.mutex = WEFT_MUTEX_INIT};
    weft_thread *thread = start_named("parent", hold_and_join, &parent);

    check_report(&(struct expected){{"parent -> thread child -> ", "circle: ", "of "}});
    CU_ASSERT_EQUAL(count("circle"), 1);
    cancel_and_join(thread);
    join_threads(&parent.child, 1);
}

/* ---- waits ---------------------------------------------------------------------- */

struct things {
    weft_mutex mutex;
    weft_condition condition;
    weft_event event, other;
    weft_rwlock rwlock;
    weft_thread *thread;
};

static int wait_for_event(weft_task *task)
{
    struct things *things = WEFT_ARG(task, struct things *);

    (void)weft_event_wait(&things->event, SOON);
    return 0;
}

static int wait_for_condition(weft_task *task)
{
    struct things *things = WEFT_ARG(task, struct things *);

    weft_mutex_acquire(&things->mutex, WEFT_FOREVER);
    (void)weft_condition_wait(&things->condition, &things->mutex, SOON);
    weft_mutex_release(&things->mutex);
    return 0;
}

static int wait_for_thread(weft_task *task)
{
    (void)weft_thread_join(WEFT_ARG(task, struct things *)->thread, SOON);
    return 0;
}

static int wait_to_read(weft_task *task)
{
    struct things *things = WEFT_ARG(task, struct things *);

    if (weft_rwlock_acquire_read(&things->rwlock, SOON) == 0)
        weft_rwlock_release(&things->rwlock);
    return 0;
}

static int wait_for_either(weft_task *task)
{
    struct things *things = WEFT_ARG(task, struct things *);
    const weft_waitable either[] = {weft_event_waitable(&things->event),
                                    weft_event_waitable(&things->other)};
    size_t which;

    return weft_wait_any(either, 2, &which, SOON) == WEFT_ECANCELED ? 0 : WEFT_EFAILED;
}

static int sleep_long(weft_task *task)
{
    (void)task;
    weft_sleep(WEFT_S(60));
    return 0;
}

static void check_wait(weft_function *function, struct things *things, const char *line)
{
    weft_thread *thread = start_named("waiter", function, things);

    check_report(&(struct expected){{line}});
    cancel_and_join(thread);
}

static void waits_are_named(void)
{
    struct things things = {.mutex = WEFT_MUTEX_INIT};
    char line[LINE], other[LINE];

    snprintf(line, LINE, " waiter: waits for event 0x%" PRIxPTR ", 0.", (uintptr_t)&things.event);
    check_wait(wait_for_event, &things, line);
    snprintf(line, LINE, " waiter: waits for condition 0x%" PRIxPTR ", 0.",
             (uintptr_t)&things.condition);
    check_wait(wait_for_condition, &things, line);
    check_wait(sleep_long, &things, " waiter: waits for sleep, 0.");
    things.thread = start_named("awaited", wait_for_event, &things);
    check_wait(wait_for_thread, &things, " waiter: waits for thread awaited, 0.");
    cancel_and_join(things.thread);

    weft_thread *thread = start_named("waiter", wait_for_either, &things);
    snprintf(line, LINE, " 0x%" PRIxPTR, (uintptr_t)&things.event);
    snprintf(other, LINE, " 0x%" PRIxPTR, (uintptr_t)&things.other);
    check_report(
        &(struct expected){{" waiter: waits for any of several 0x", line, " or 0x", other}});
    cancel_and_join(thread);
}

static void a_reader_waits_for_the_thread_that_writes(void)
{
    struct things things = {.mutex = WEFT_MUTEX_INIT};
    char line[LINE];

    CHECK_OK(weft_rwlock_acquire_write(&things.rwlock, WEFT_FOREVER));
    snprintf(line, LINE, " waiter: waits for rwlock 0x%" PRIxPTR " of 1 MainThread, 0.",
             (uintptr_t)&things.rwlock);
    check_wait(wait_to_read, &things, line);
    CHECK_OK(weft_rwlock_release(&things.rwlock));
}

static void what_a_thread_holds_is_told_in_builds_with_checks(void)
{
    weft_mutex mutex = WEFT_MUTEX_INIT;
    weft_rwlock rwlock = WEFT_RWLOCK_INIT;
    char line[LINE];

    CHECK_OK(weft_mutex_acquire(&mutex, WEFT_FOREVER));
    CHECK_OK(weft_rwlock_acquire_read(&rwlock, WEFT_FOREVER));
    CHECK_OK(weft_doctor_report(text, sizeof(text), NULL));
    if (count("holds") == 0) {
        skip("a build without WEFT_CHECKS");
    } else {
        snprintf(line, LINE,
                 "1 MainThread: holds mutex 0x%" PRIxPTR ", 0.0 s, rwlock 0x%" PRIxPTR
                 ", 0.0 s; runs\n",
                 (uintptr_t)&mutex, (uintptr_t)&rwlock);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, line));
    }
    CHECK_OK(weft_rwlock_release(&rwlock));
    CHECK_OK(weft_mutex_release(&mutex));
    CHECK_OK(weft_doctor_report(text, sizeof(text), NULL));
    CU_ASSERT_EQUAL(count("holds"), 0);
}

static void visit_for_long(const weft_thread_info *thread, void *context)
{
    struct things *things = context;

    if (!thread->current)
        return;
    weft_event_set(&things->other);
    (void)weft_event_wait(&things->event, SOON);
}

static int enumerate_for_long(weft_task *task)
{
    weft_thread_enumerate(visit_for_long, WEFT_ARG(task, struct things *));
    return 0;
}

static void it_reports_while_the_list_of_threads_is_locked(void)
{
    struct things things = {.mutex = WEFT_MUTEX_INIT};
    weft_thread *thread = start_named("visitor", enumerate_for_long, &things);
    char line[LINE];

    CHECK_OK(weft_event_wait(&things.other, SOON));
    snprintf(line, LINE, " waits for event 0x%" PRIxPTR, (uintptr_t)&things.event);
    check_report(&(struct expected){{"the list of threads is locked", line}});
    weft_event_set(&things.event);
    join_threads(&thread, 1);
}

const char *const suite_name = "doctor";
CU_TestInfo suite_cases[] = {
    {"two_threads_that_wait_for_each_other_are_a_circle",
     two_threads_that_wait_for_each_other_are_a_circle},
    {"a_join_can_be_part_of_a_circle", a_join_can_be_part_of_a_circle},
    {"waits_are_named", waits_are_named},
    {"a_reader_waits_for_the_thread_that_writes", a_reader_waits_for_the_thread_that_writes},
    {"what_a_thread_holds_is_told_in_builds_with_checks",
     what_a_thread_holds_is_told_in_builds_with_checks},
    {"it_reports_while_the_list_of_threads_is_locked",
     it_reports_while_the_list_of_threads_is_locked},
    CU_TEST_INFO_NULL,
};
