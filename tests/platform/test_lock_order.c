/* SPDX-License-Identifier: MIT */
/* What builds with WEFT_CHECKS see: acquires against the order, and real circles. */
#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "support.h"
#include "weft/condition.h"
#include "weft/event.h"
#include "weft/mutex.h"
#include "weft/rwlock.h"

/* Counted by any thread; each case has at most one thread that tells of each. */
static weft_atomic_u32 misuses, circles;
static char told[512], circle[512]; /* the last sentences; read when the threads are joined */

static void count_misuse(int code, const char *sentence)
{
    bool is_circle = strstr(sentence, "would wait for itself") != NULL;

    if (code != WEFT_EDEADLK)
        return;
    snprintf(is_circle ? circle : told, sizeof(told), "%s", sentence);
    weft_fetch_add_u32(is_circle ? &circles : &misuses, 1, WEFT_RELEASE);
}

static void begin_counting(void)
{
    weft_store_u32(&misuses, 0, WEFT_RELAXED);
    weft_store_u32(&circles, 0, WEFT_RELAXED);
    told[0] = circle[0] = '\0';
    weft_on_misuse(count_misuse);
}

static uint32_t end_counting(void)
{
    weft_on_misuse(support_on_misuse);
    return weft_load_u32(&misuses, WEFT_ACQUIRE);
}

static void acquire_both(weft_mutex *first, weft_mutex *second)
{
    CHECK_OK(weft_mutex_acquire(first, WEFT_FOREVER));
    CHECK_OK(weft_mutex_acquire(second, WEFT_FOREVER));
    CHECK_OK(weft_mutex_release(second));
    CHECK_OK(weft_mutex_release(first));
}

struct pair {
    weft_mutex a, b;
};

static int acquire_b_then_a(weft_task *task)
{
    struct pair *pair = WEFT_ARG(task, struct pair *);

    weft_mutex_acquire(&pair->b, WEFT_FOREVER);
    weft_mutex_acquire(&pair->a, WEFT_FOREVER);
    weft_mutex_release(&pair->a);
    weft_mutex_release(&pair->b);
    return 0;
}

static void the_other_order_is_told_once_and_the_acquire_goes_on(void)
{
    struct pair pair = {WEFT_MUTEX_INIT, WEFT_MUTEX_INIT}, *argument = &pair;
    char a[32], b[32];
    weft_thread *thread = NULL;

    begin_counting();
    acquire_both(&pair.a, &pair.b);
    for (int i = 0; i < 3; i++) {
        CHECK_OK(weft_thread_start_with(&thread, acquire_b_then_a, &argument, sizeof(argument),
                                        &(weft_thread_options){.name = "worker-1"}));
        join_threads(&thread, 1);
    }
    acquire_both(&pair.a, &pair.b);
    CU_ASSERT_EQUAL(end_counting(), 1);
    snprintf(a, sizeof(a), "mutex 0x%" PRIxPTR " ", (uintptr_t)&pair.a);
    snprintf(b, sizeof(b), "mutex 0x%" PRIxPTR ",", (uintptr_t)&pair.b);
    CU_ASSERT_PTR_NOT_NULL(strstr(told, "lock order: worker-1 acquires "));
    CU_ASSERT_PTR_NOT_NULL(strstr(told, a));
    CU_ASSERT_PTR_NOT_NULL(strstr(told, b));
    CU_ASSERT_PTR_NOT_NULL(strstr(told, "MainThread acquired them the other way round"));
    CU_ASSERT_EQUAL(weft_mutex_owner(&pair.a), 0);
}

static void the_same_order_is_silent(void)
{
    weft_mutex a = WEFT_MUTEX_INIT, b = WEFT_MUTEX_INIT, c = WEFT_MUTEX_INIT;

    begin_counting();
    for (int i = 0; i < 3; i++) {
        acquire_both(&a, &b);
        acquire_both(&b, &c);
        acquire_both(&a, &c);
    }
    CU_ASSERT_EQUAL(end_counting(), 0);
}

static void a_circle_of_three_names_each_step(void)
{
    weft_mutex a = WEFT_MUTEX_INIT, b = WEFT_MUTEX_INIT, c = WEFT_MUTEX_INIT;
    char step[96];

    begin_counting();
    acquire_both(&a, &b);
    acquire_both(&b, &c);
    acquire_both(&c, &a);
    CU_ASSERT_EQUAL(end_counting(), 1);
    snprintf(step, sizeof(step), "acquired mutex 0x%" PRIxPTR " while it held mutex 0x%" PRIxPTR,
             (uintptr_t)&b, (uintptr_t)&a);
    CU_ASSERT_PTR_NOT_NULL(strstr(told, step));
    snprintf(step, sizeof(step), "acquired mutex 0x%" PRIxPTR " while it held mutex 0x%" PRIxPTR,
             (uintptr_t)&c, (uintptr_t)&b);
    CU_ASSERT_PTR_NOT_NULL(strstr(told, step));
}

static void a_new_mutex_in_the_same_memory_has_no_past(void)
{
    struct pair pair = {WEFT_MUTEX_INIT, WEFT_MUTEX_INIT};

    begin_counting();
    for (int i = 0; i < 10; i++) {
        acquire_both(i % 2 == 0 ? &pair.a : &pair.b, i % 2 == 0 ? &pair.b : &pair.a);
        pair.a = (weft_mutex)WEFT_MUTEX_INIT;
    }
    CU_ASSERT_EQUAL(end_counting(), 0);
}

static void an_acquire_that_does_not_wait_is_silent(void)
{
    struct pair pair = {WEFT_MUTEX_INIT, WEFT_MUTEX_INIT};

    begin_counting();
    acquire_both(&pair.a, &pair.b);
    CHECK_OK(weft_mutex_acquire(&pair.b, WEFT_FOREVER));
    CHECK_OK(weft_mutex_acquire(&pair.a, WEFT_NOW));
    CHECK_OK(weft_mutex_release(&pair.a));
    CHECK_OK(weft_mutex_release(&pair.b));
    CU_ASSERT_EQUAL(end_counting(), 0);
}

static void what_was_acquired_without_waiting_is_held_all_the_same(void)
{
    struct pair pair = {WEFT_MUTEX_INIT, WEFT_MUTEX_INIT};

    begin_counting();
    CHECK_OK(weft_mutex_acquire(&pair.a, WEFT_NOW));
    CHECK_OK(weft_mutex_acquire(&pair.b, SOON));
    CHECK_OK(weft_mutex_release(&pair.a)); /* not the last one first */
    CHECK_OK(weft_mutex_release(&pair.b));
    acquire_both(&pair.b, &pair.a);
    CU_ASSERT_EQUAL(end_counting(), 1);
}

static void a_reentrant_mutex_may_be_acquired_again(void)
{
    weft_rmutex r = WEFT_RMUTEX_INIT;
    weft_mutex m = WEFT_MUTEX_INIT;

    begin_counting();
    CHECK_OK(weft_rmutex_acquire(&r, WEFT_FOREVER));
    CHECK_OK(weft_mutex_acquire(&m, WEFT_FOREVER));
    CHECK_OK(weft_rmutex_acquire(&r, WEFT_FOREVER));
    CHECK_OK(weft_rmutex_release(&r));
    CHECK_OK(weft_mutex_release(&m));
    CHECK_OK(weft_rmutex_release(&r));
    CU_ASSERT_EQUAL(end_counting(), 0);
}

static void readers_writers_locks_have_an_order_too(void)
{
    weft_rwlock rwlock = WEFT_RWLOCK_INIT;
    weft_mutex mutex = WEFT_MUTEX_INIT;

    begin_counting();
    CHECK_OK(weft_rwlock_acquire_read(&rwlock, WEFT_FOREVER));
    CHECK_OK(weft_mutex_acquire(&mutex, WEFT_FOREVER));
    CHECK_OK(weft_mutex_release(&mutex));
    CHECK_OK(weft_rwlock_release(&rwlock));
    CU_ASSERT_EQUAL(weft_load_u32(&misuses, WEFT_RELAXED), 0);
    CHECK_OK(weft_mutex_acquire(&mutex, WEFT_FOREVER));
    CHECK_OK(weft_rwlock_acquire_write(&rwlock, WEFT_FOREVER));
    CHECK_OK(weft_rwlock_release(&rwlock));
    CHECK_OK(weft_mutex_release(&mutex));
    CU_ASSERT_EQUAL(end_counting(), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(told, "rwlock"));
}

static void a_condition_acquires_its_mutex_in_order(void)
{
    weft_condition condition = WEFT_CONDITION_INIT;
    weft_mutex outer = WEFT_MUTEX_INIT, inner = WEFT_MUTEX_INIT;

    begin_counting();
    CHECK_OK(weft_mutex_acquire(&outer, WEFT_FOREVER));
    CHECK_OK(weft_mutex_acquire(&inner, WEFT_FOREVER));
    CHECK_ERROR(weft_condition_wait(&condition, &inner, weft_in(WEFT_MS(1))), WEFT_ETIMEDOUT);
    CHECK_OK(weft_mutex_release(&inner));
    CHECK_OK(weft_mutex_release(&outer));
    CU_ASSERT_EQUAL(end_counting(), 0);
}

static void more_locks_than_are_remembered_are_released_all_the_same(void)
{
    enum { MANY = 40 };
    weft_mutex many[MANY] = {WEFT_MUTEX_INIT};

    begin_counting();
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++)
            CHECK_OK(weft_mutex_acquire(&many[i], WEFT_FOREVER));
        for (int i = MANY - 1; i >= 0; i--)
            CHECK_OK(weft_mutex_release(&many[i]));
    }
    CU_ASSERT_EQUAL(end_counting(), 0);
}

static void so_many_locks_that_orders_are_forgotten_give_no_false_report(void)
{
    begin_counting();
    for (int i = 0; i < 20000; i++) {
        struct pair pair = {WEFT_MUTEX_INIT, WEFT_MUTEX_INIT};

        weft_mutex_acquire(i % 2 ? &pair.a : &pair.b, WEFT_FOREVER);
        weft_mutex_acquire(i % 2 ? &pair.b : &pair.a, WEFT_FOREVER);
        weft_mutex_release(&pair.a);
        weft_mutex_release(&pair.b);
    }
    CU_ASSERT_EQUAL(end_counting(), 0);
}

/* ---- circles ---------------------------------------------------------------------- */

/* Each thread acquires its own mutex, waits until the others have theirs, and wants that
 * of the next. */
enum { ROUND = 3 };

struct diners {
    weft_mutex forks[ROUND];
    weft_atomic_u32 seated, refused;
};

struct diner {
    struct diners *all;
    int place;
};

static int dine(weft_task *task)
{
    struct diner me = WEFT_ARG(task, struct diner);
    weft_mutex *left = &me.all->forks[me.place], *right = &me.all->forks[(me.place + 1) % ROUND];

    weft_mutex_acquire(left, WEFT_FOREVER);
    weft_fetch_add_u32(&me.all->seated, 1, WEFT_ACQ_REL);
    while (weft_load_u32(&me.all->seated, WEFT_ACQUIRE) < ROUND)
        weft_sleep(WEFT_MS(1));
    if (weft_mutex_acquire(right, WEFT_FOREVER) == WEFT_EDEADLK)
        weft_fetch_add_u32(&me.all->refused, 1, WEFT_RELAXED);
    else
        weft_mutex_release(right);
    weft_mutex_release(left);
    return 0;
}

static void the_thread_that_closes_a_circle_is_refused_and_the_others_go_on(void)
{
    struct diners diners = {.seated = {0}};
    weft_thread *threads[ROUND];

    begin_counting();
    for (int i = 0; i < ROUND; i++) {
        struct diner diner = {&diners, i};
        CU_ASSERT_EQUAL_FATAL(weft_thread_start(&threads[i], dine, &diner, sizeof(diner)), 0);
    }
    join_threads(threads, ROUND);
    CU_ASSERT_EQUAL(weft_load_u32(&diners.refused, WEFT_RELAXED), 1);
    CU_ASSERT_EQUAL(end_counting(), 1);
    CU_ASSERT_EQUAL(weft_load_u32(&circles, WEFT_ACQUIRE), 1);
    for (int i = 0; i < ROUND; i++) {
        char fork[40];

        snprintf(fork, sizeof(fork), "mutex 0x%" PRIxPTR " ->", (uintptr_t)&diners.forks[i]);
        CU_ASSERT_PTR_NOT_NULL(strstr(circle, fork));
    }
}

const char *const suite_name = "lock_order";
CU_TestInfo suite_cases[] = {
    {"the_other_order_is_told_once_and_the_acquire_goes_on",
     the_other_order_is_told_once_and_the_acquire_goes_on},
    {"the_same_order_is_silent", the_same_order_is_silent},
    {"a_circle_of_three_names_each_step", a_circle_of_three_names_each_step},
    {"a_new_mutex_in_the_same_memory_has_no_past", a_new_mutex_in_the_same_memory_has_no_past},
    {"an_acquire_that_does_not_wait_is_silent", an_acquire_that_does_not_wait_is_silent},
    {"what_was_acquired_without_waiting_is_held_all_the_same",
     what_was_acquired_without_waiting_is_held_all_the_same},
    {"a_reentrant_mutex_may_be_acquired_again", a_reentrant_mutex_may_be_acquired_again},
    {"readers_writers_locks_have_an_order_too", readers_writers_locks_have_an_order_too},
    {"a_condition_acquires_its_mutex_in_order", a_condition_acquires_its_mutex_in_order},
    {"more_locks_than_are_remembered_are_released_all_the_same",
     more_locks_than_are_remembered_are_released_all_the_same},
    {"so_many_locks_that_orders_are_forgotten_give_no_false_report",
     so_many_locks_that_orders_are_forgotten_give_no_false_report},
    {"the_thread_that_closes_a_circle_is_refused_and_the_others_go_on",
     the_thread_that_closes_a_circle_is_refused_and_the_others_go_on},
    CU_TEST_INFO_NULL,
};
