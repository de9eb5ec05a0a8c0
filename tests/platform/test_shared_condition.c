/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "crew.h"
#include "fail.h"
#include "halt.h"
#include "weft/arena.h"
#include "weft/shared.h"

enum { PROCESSES = 4, ROUNDS = 3000, KILLS = 12 };

/* A buffer of one number between processes. */
struct scene {
    weft_shared_mutex mutex; /* guards the numbers */
    weft_shared_condition full, empty;
    weft_shared_semaphore there; /* released by a child when it is where the test wants it */
    weft_offset numbers;         /* struct numbers */
};

struct numbers {
    uint32_t there; /* 0 or 1: a number is in the buffer */
    uint32_t value;
    uint32_t waiting; /* processes that wait for `open` */
    uint32_t open;
    uint64_t sum; /* of all that were taken */
};

static struct numbers *make_scene(struct scene *s)
{
    CU_ASSERT_EQUAL_FATAL(weft_shared_mutex_create(&s->mutex), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_condition_create(&s->full), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_condition_create(&s->empty), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&s->there, 0), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&s->numbers, sizeof(struct numbers)), 0);
    return weft_shared_pointer(s->numbers);
}

static void close_scene(const struct scene *s)
{
    weft_shared_mutex_close(s->mutex);
    weft_shared_condition_close(s->full);
    weft_shared_condition_close(s->empty);
    weft_shared_semaphore_close(s->there);
    weft_shared_free(s->numbers);
}

/* ---- one process ------------------------------------------------------------------ */

static void a_wait_ends_at_the_deadline_and_not_before(void)
{
    weft_time until = weft_in(WEFT_MS(70)); /* longer than one slice of a shared wait */
    struct scene s;
    int err = 0;

    make_scene(&s);
    CHECK_OK(weft_shared_condition_notify(s.full));
    CHECK_OK(weft_shared_condition_notify_all(s.full));
    CHECK_OK(weft_shared_mutex_acquire(s.mutex, WEFT_NOW));
    CHECK_ERROR(weft_shared_condition_wait(s.full, s.mutex, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_shared_condition_wait(s.full, s.mutex, weft_clock() - 1), WEFT_ETIMEDOUT);
    while (err == 0)
        err = weft_shared_condition_wait(s.full, s.mutex, until);
    CU_ASSERT_EQUAL(err, WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("shared condition");
    CHECK_OK(weft_shared_mutex_release(s.mutex)); /* it is held all the time */
    close_scene(&s);
}

static void who_waits_without_the_mutex_is_refused(void)
{
    struct scene s;

    make_scene(&s);
    expect_misuse(WEFT_EPERM);
    CHECK_ERROR(weft_shared_condition_wait(s.full, s.mutex, WEFT_FOREVER), WEFT_EPERM);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_shared_condition_wait(s.full, (weft_shared_mutex){s.there.at}, WEFT_FOREVER),
                WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    close_scene(&s);
}

static void what_is_no_condition_is_misuse(void)
{
    struct scene s;

    make_scene(&s);
    CHECK_OK(weft_shared_mutex_acquire(s.mutex, WEFT_NOW));
    const weft_offset numbers[] = {0, 3, s.mutex.at, (weft_offset)1 << 50};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const weft_shared_condition none = {numbers[i]};

        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_shared_condition_wait(none, s.mutex, WEFT_FOREVER), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_shared_condition_notify(none), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_shared_condition_notify_all(none), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
        CHECK_SENTENCE("shared condition");
    }
    CHECK_OK(weft_shared_mutex_release(s.mutex));
    weft_shared_condition_close((weft_shared_condition){0});
    close_scene(&s);
}

static int create_and_close(void *context)
{
    weft_shared_condition condition = {7};
    int err = weft_shared_condition_create(&condition);

    (void)context;
    if (err == 0)
        weft_shared_condition_close(condition);
    else
        CU_ASSERT_EQUAL(condition.at, 7);
    return err;
}

static void a_full_arena_is_an_error_at_creation(void)
{
    CU_ASSERT_TRUE(refuse_each_passage("arena.alloc", WEFT_ENOMEM, create_and_close, NULL) > 0);
}

/* ---- processes -------------------------------------------------------------------- */

/* 0 if the caller holds the mutex; who finds a dead owner carries on. */
static int lock(const struct scene *s)
{
    int err = weft_shared_mutex_acquire(s->mutex, SOON);

    return err == WEFT_EOWNERDEAD ? weft_shared_mutex_consistent(s->mutex) : err;
}

static int wait(const struct scene *s, weft_shared_condition condition, weft_time until)
{
    int err = weft_shared_condition_wait(condition, s->mutex, until);

    return err == WEFT_EOWNERDEAD ? weft_shared_mutex_consistent(s->mutex) : err;
}

static int take_one(const struct scene *s, weft_time until, uint32_t *value)
{
    struct numbers *numbers = weft_shared_pointer(s->numbers);
    int err = lock(s);

    if (err != 0)
        return err;
    while (numbers->there == 0 && err == 0)
        err = wait(s, s->full, until);
    if (numbers->there != 0) {
        *value = numbers->value;
        numbers->sum += numbers->value;
        numbers->there = 0;
        err = 0;
    }
    if (weft_shared_mutex_release(s->mutex) != 0)
        return WEFT_EFAILED;
    return err == 0 ? weft_shared_condition_notify(s->empty) : err;
}

static int put_one(const struct scene *s, uint32_t value)
{
    struct numbers *numbers = weft_shared_pointer(s->numbers);
    int err = lock(s);

    while (err == 0 && numbers->there != 0)
        err = wait(s, s->empty, SOON);
    if (err != 0)
        return err;
    numbers->value = value;
    numbers->there = 1;
    err = weft_shared_mutex_release(s->mutex);
    return err == 0 ? weft_shared_condition_notify(s->full) : err;
}

static int take_all(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);
    uint32_t value;
    int err;

    do { /* some give up and come back */
        err = take_one(&s, weft_in(WEFT_MS(1)), &value);
        REQUIRE(task, err == 0 || err == WEFT_ETIMEDOUT);
    } while (err != 0 || value != 0);
    return 0;
}

static void what_one_process_puts_others_take_once(void)
{
    weft_process *processes[PROCESSES];
    struct scene s;
    const struct numbers *numbers = make_scene(&s);

    start_processes(processes, PROCESSES, take_all, &s, sizeof(s));
    for (uint32_t value = 1; value <= ROUNDS; value++)
        CHECK_OK(put_one(&s, value));
    for (int i = 0; i < PROCESSES; i++)
        CHECK_OK(put_one(&s, 0)); /* the end */
    join_processes(processes, PROCESSES);
    CU_ASSERT_EQUAL(numbers->sum, (uint64_t)ROUNDS * (ROUNDS + 1) / 2);
    close_scene(&s);
}

static int wait_until_open(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);
    struct numbers *numbers = weft_shared_pointer(s.numbers);

    REQUIRE(task, lock(&s) == 0);
    numbers->waiting++;
    REQUIRE(task, weft_shared_semaphore_release(s.there, 1) == 0);
    while (numbers->open == 0)
        REQUIRE(task, wait(&s, s.full, SOON) == 0);
    REQUIRE(task, weft_shared_mutex_release(s.mutex) == 0);
    return 0;
}

static void notify_all_lets_all_go(void)
{
    weft_process *processes[PROCESSES];
    struct scene s;
    struct numbers *numbers = make_scene(&s);

    start_processes(processes, PROCESSES, wait_until_open, &s, sizeof(s));
    for (int i = 0; i < PROCESSES; i++)
        CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
    CHECK_OK(lock(&s)); /* so all wait now */
    CU_ASSERT_EQUAL(numbers->waiting, PROCESSES);
    numbers->open = 1;
    CHECK_OK(weft_shared_condition_notify_all(s.full));
    CHECK_OK(weft_shared_mutex_release(s.mutex));
    join_processes(processes, PROCESSES);
    close_scene(&s);
}

/* ---- dead ones -------------------------------------------------------------------- */

static int hold_until_killed(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);

    REQUIRE(task, weft_shared_mutex_acquire(s.mutex, SOON) == 0);
    REQUIRE(task, weft_shared_semaphore_release(s.there, 1) == 0);
    weft_sleep(WEFT_FOREVER);
    return 0;
}

static int wait_for_a_dead_one(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);
    int err = weft_shared_mutex_acquire(s.mutex, SOON);

    REQUIRE(task, weft_shared_semaphore_release(s.there, 1) == 0);
    while (err == 0)
        err = weft_shared_condition_wait(s.full, s.mutex, SOON);
    REQUIRE(task, err == WEFT_EOWNERDEAD);
    REQUIRE(task, weft_shared_mutex_consistent(s.mutex) == 0);
    return weft_shared_mutex_release(s.mutex);
}

static void who_comes_back_to_the_mutex_of_a_dead_owner_is_told(void)
{
    struct scene s;
    weft_process *waiter, *owner;

    make_scene(&s);
    waiter = start_process(wait_for_a_dead_one, &s, sizeof(s));
    CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
    owner = start_process(hold_until_killed, &s, sizeof(s));
    CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
    kill_process(owner);
    join_process(waiter);
    close_scene(&s);
}

static int stop_in_notify(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);
    struct numbers *numbers = weft_shared_pointer(s.numbers);

    REQUIRE(task, lock(&s) == 0);
    numbers->open = 1;
    REQUIRE(task, weft_shared_mutex_release(s.mutex) == 0);
    halt_at("shared_condition.notified", 1, s.there);
    return weft_shared_condition_notify_all(s.full);
}

static int stop_in_wait(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);

    REQUIRE(task, lock(&s) == 0);
    halt_at("shared_condition.waits", 1, s.there);
    return wait(&s, s.full, SOON);
}

static void killed_notifiers_and_waiters_leave_nobody_behind(void)
{
    struct scene s;
    struct numbers *numbers = make_scene(&s);

    for (int i = 0; i < 4; i++) {
        weft_process *killed, *waiter;

        numbers->open = 0;
        waiter = start_process(wait_until_open, &s, sizeof(s));
        CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
        killed = start_process(i % 2 == 0 ? stop_in_notify : stop_in_wait, &s, sizeof(s));
        CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
        kill_process(killed);
        if (i % 2 == 1) {
            CHECK_OK(lock(&s));
            numbers->open = 1;
            CHECK_OK(weft_shared_mutex_release(s.mutex));
            CHECK_OK(weft_shared_condition_notify(s.full));
        }
        join_process(waiter);
    }
    close_scene(&s);
}

static int take_for_ever(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);
    uint32_t value;

    for (;;)
        REQUIRE(task, take_one(&s, SOON, &value) == 0);
}

/* Two take what this one puts; one after the other is killed wherever it happens to be. */
static void killing_takers_at_any_moment_never_blocks_the_others(void)
{
    weft_process *processes[2];
    struct scene s;

    make_scene(&s);
    start_processes(processes, 2, take_for_ever, &s, sizeof(s));
    for (int i = 0; i < KILLS; i++) {
        weft_time until = weft_in(WEFT_US(300) * (i + 1));

        while (weft_clock() < until)
            CHECK_OK(put_one(&s, 1));
        kill_process(processes[i % 2]);
        CHECK_OK(put_one(&s, 1));
        processes[i % 2] = start_process(take_for_ever, &s, sizeof(s));
    }
    kill_process(processes[0]);
    kill_process(processes[1]);
    close_scene(&s);
}

const char *const suite_name = "shared_condition";
CU_TestInfo suite_cases[] = {
    {"a_wait_ends_at_the_deadline_and_not_before", a_wait_ends_at_the_deadline_and_not_before},
    {"who_waits_without_the_mutex_is_refused", who_waits_without_the_mutex_is_refused},
    {"what_is_no_condition_is_misuse", what_is_no_condition_is_misuse},
    {"a_full_arena_is_an_error_at_creation", a_full_arena_is_an_error_at_creation},
    {"what_one_process_puts_others_take_once", what_one_process_puts_others_take_once},
    {"notify_all_lets_all_go", notify_all_lets_all_go},
    {"who_comes_back_to_the_mutex_of_a_dead_owner_is_told",
     who_comes_back_to_the_mutex_of_a_dead_owner_is_told},
    {"killed_notifiers_and_waiters_leave_nobody_behind",
     killed_notifiers_and_waiters_leave_nobody_behind},
    {"killing_takers_at_any_moment_never_blocks_the_others",
     killing_takers_at_any_moment_never_blocks_the_others},
    CU_TEST_INFO_NULL,
};
