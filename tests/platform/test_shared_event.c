/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "crew.h"
#include "fail.h"
#include "halt.h"
#include "weft/arena.h"
#include "weft/atomic.h"
#include "weft/shared.h"

enum { PROCESSES = 4, ROUNDS = 2000 };

static void it_is_clear_until_set_and_from_clear_on(void)
{
    weft_shared_event event;
    weft_time until;

    CHECK_OK(weft_shared_event_create(&event));
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_FALSE(weft_shared_event_is_set(event));
        CHECK_ERROR(weft_shared_event_wait(event, WEFT_NOW), WEFT_ETIMEDOUT);
        CHECK_OK(weft_shared_event_clear(event));
        CHECK_OK(weft_shared_event_set(event));
        CHECK_OK(weft_shared_event_set(event));
        CU_ASSERT_TRUE(weft_shared_event_is_set(event));
        CHECK_OK(weft_shared_event_wait(event, WEFT_NOW));
        CHECK_OK(weft_shared_event_wait(event, WEFT_FOREVER));
        CHECK_OK(weft_shared_event_clear(event));
    }
    until = weft_in(WEFT_MS(70)); /* longer than one slice of a shared wait */
    CHECK_ERROR(weft_shared_event_wait(event, weft_clock() - 1), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_shared_event_wait(event, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("shared event");
    weft_shared_event_close(event);
}

static void what_is_no_event_is_misuse(void)
{
    weft_shared_semaphore semaphore;

    CHECK_OK(weft_shared_semaphore_create(&semaphore, 1));
    const weft_offset numbers[] = {0, 3, semaphore.at, (weft_offset)1 << 50};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const weft_shared_event none = {numbers[i]};

        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_shared_event_set(none), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_shared_event_clear(none), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_shared_event_wait(none, WEFT_NOW), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
        expect_misuse(WEFT_EINVAL);
        CU_ASSERT_FALSE(weft_shared_event_is_set(none));
        CHECK_MISUSE_SEEN();
        CHECK_SENTENCE("shared event");
    }
    weft_shared_semaphore_close(semaphore);
    weft_shared_event_close((weft_shared_event){0});
}

static int create_and_close(void *context)
{
    weft_shared_event event = {7};
    int err = weft_shared_event_create(&event);

    (void)context;
    if (err == 0)
        weft_shared_event_close(event);
    else
        CU_ASSERT_EQUAL(event.at, 7);
    return err;
}

static void a_full_arena_is_an_error_at_creation(void)
{
    CU_ASSERT_TRUE(refuse_each_passage("arena.alloc", WEFT_ENOMEM, create_and_close, NULL) > 0);
}

/* ---- threads ---------------------------------------------------------------------- */

struct thread_wait {
    weft_shared_event event;
    int err; /* read after join */
};

static int wait_for_it(weft_task *task)
{
    struct thread_wait *wait = WEFT_ARG(task, struct thread_wait *);

    wait->err = weft_shared_event_wait(wait->event, SOON);
    return 0;
}

static void a_set_that_is_cleared_at_once_misses_nobody_who_waits(void)
{
    struct thread_wait wait = {{0}, WEFT_EINVAL};
    weft_thread *thread;

    CHECK_OK(weft_shared_event_create(&wait.event));
    for (int i = 0; i < 20; i++) {
        meet_at("wait_shared.listed", 1);
        start_threads(&thread, 1, wait_for_it, &wait);
        CU_ASSERT_TRUE(eventually(somebody_met, NULL));
        CHECK_OK(weft_shared_event_set(wait.event));
        CHECK_OK(weft_shared_event_clear(wait.event));
        join_threads(&thread, 1);
        meet_at(NULL, 0);
        CU_ASSERT_EQUAL(wait.err, 0);
    }
    weft_shared_event_close(wait.event);
}

/* ---- processes -------------------------------------------------------------------- */

struct scene {
    weft_shared_event event, answer;
    weft_shared_semaphore there; /* released by a child when it is where the test wants it */
    weft_offset number;          /* weft_atomic_u32, relaxed: ordered by the event */
};

static weft_atomic_u32 *make_scene(struct scene *s)
{
    CU_ASSERT_EQUAL_FATAL(weft_shared_event_create(&s->event), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_event_create(&s->answer), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&s->there, 0), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&s->number, sizeof(weft_atomic_u32)), 0);
    return weft_shared_pointer(s->number);
}

static void close_scene(const struct scene *s)
{
    weft_shared_event_close(s->event);
    weft_shared_event_close(s->answer);
    weft_shared_semaphore_close(s->there);
    weft_shared_free(s->number);
}

static int wait_and_read(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);
    weft_atomic_u32 *number = weft_shared_pointer(s.number);

    REQUIRE(task, weft_shared_semaphore_release(s.there, 1) == 0);
    REQUIRE(task, weft_shared_event_wait(s.event, SOON) == 0);
    REQUIRE(task, weft_load_u32(number, WEFT_RELAXED) == 7);
    return 0;
}

static void set_lets_all_processes_go_and_shows_what_was_written_before(void)
{
    weft_process *processes[PROCESSES];
    struct scene s;
    weft_atomic_u32 *number = make_scene(&s);

    start_processes(processes, PROCESSES, wait_and_read, &s, sizeof(s));
    for (int i = 0; i < PROCESSES; i++)
        CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
    weft_sleep(WEFT_MS(3)); /* most of them sleep now; the outcome does not depend on it */
    weft_store_u32(number, 7, WEFT_RELAXED);
    CHECK_OK(weft_shared_event_set(s.event));
    join_processes(processes, PROCESSES);
    close_scene(&s);
}

static int answer_each(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);

    for (int i = 0; i < ROUNDS; i++) {
        REQUIRE(task, weft_shared_event_wait(s.event, SOON) == 0);
        REQUIRE(task, weft_shared_event_clear(s.event) == 0);
        REQUIRE(task, weft_shared_event_set(s.answer) == 0);
    }
    return 0;
}

static void two_processes_answer_each_other_and_miss_nothing(void)
{
    struct scene s;
    weft_process *process;

    make_scene(&s);
    process = start_process(answer_each, &s, sizeof(s));
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_OK(weft_shared_event_set(s.event));
        CHECK_OK(weft_shared_event_wait(s.answer, SOON));
        CHECK_OK(weft_shared_event_clear(s.answer));
    }
    join_process(process);
    close_scene(&s);
}

/* ---- dead ones -------------------------------------------------------------------- */

static int set_and_stop(weft_task *task)
{
    struct scene s = WEFT_ARG(task, struct scene);

    halt_at("shared_event.set", 1, s.there);
    return weft_shared_event_set(s.event);
}

static void waiters_of_a_killed_setter_go_on_all_the_same(void)
{
    struct scene s;
    weft_process *waiter, *setter;
    weft_atomic_u32 *number = make_scene(&s);

    weft_store_u32(number, 7, WEFT_RELAXED);
    waiter = start_process(wait_and_read, &s, sizeof(s));
    CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
    weft_sleep(WEFT_MS(3)); /* it sleeps now, or will see the set */
    setter = start_process(set_and_stop, &s, sizeof(s));
    CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
    kill_process(setter);
    join_process(waiter);
    CU_ASSERT_TRUE(weft_shared_event_is_set(s.event));
    close_scene(&s);
}

static void a_killed_waiter_takes_nothing_with_it(void)
{
    struct scene s;
    weft_process *killed, *waiter;
    weft_atomic_u32 *number = make_scene(&s);

    weft_store_u32(number, 7, WEFT_RELAXED);
    for (int i = 0; i < 5; i++) {
        killed = start_process(wait_and_read, &s, sizeof(s));
        waiter = start_process(wait_and_read, &s, sizeof(s));
        CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
        CHECK_OK(weft_shared_semaphore_acquire(s.there, SOON));
        weft_sleep(WEFT_MS(3)); /* both wait now, or will see the set */
        kill_process(killed);
        CHECK_OK(weft_shared_event_set(s.event));
        join_process(waiter);
        CHECK_OK(weft_shared_event_clear(s.event));
    }
    close_scene(&s);
}

const char *const suite_name = "shared_event";
CU_TestInfo suite_cases[] = {
    {"it_is_clear_until_set_and_from_clear_on", it_is_clear_until_set_and_from_clear_on},
    {"what_is_no_event_is_misuse", what_is_no_event_is_misuse},
    {"a_full_arena_is_an_error_at_creation", a_full_arena_is_an_error_at_creation},
    {"set_lets_all_processes_go_and_shows_what_was_written_before",
     set_lets_all_processes_go_and_shows_what_was_written_before},
    {"two_processes_answer_each_other_and_miss_nothing",
     two_processes_answer_each_other_and_miss_nothing},
    {"a_set_that_is_cleared_at_once_misses_nobody_who_waits",
     a_set_that_is_cleared_at_once_misses_nobody_who_waits},
    {"waiters_of_a_killed_setter_go_on_all_the_same",
     waiters_of_a_killed_setter_go_on_all_the_same},
    {"a_killed_waiter_takes_nothing_with_it", a_killed_waiter_takes_nothing_with_it},
    CU_TEST_INFO_NULL,
};
