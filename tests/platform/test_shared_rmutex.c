/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "crew.h"
#include "fail.h"
#include "weft/arena.h"
#include "weft/shared.h"

enum { PROCESSES = 3, ROUNDS = 5000, KILLS = 10 };

static void its_holder_acquires_it_again_and_releases_it_as_often(void)
{
    weft_shared_rmutex mutex;

    CHECK_OK(weft_shared_rmutex_create(&mutex));
    for (int i = 0; i < 3; i++)
        CHECK_OK(weft_shared_rmutex_acquire(mutex, i == 0 ? WEFT_NOW : WEFT_FOREVER));
    for (int i = 0; i < 3; i++)
        CHECK_OK(weft_shared_rmutex_release(mutex));
    expect_misuse(WEFT_EPERM);
    CHECK_ERROR(weft_shared_rmutex_release(mutex), WEFT_EPERM);
    CHECK_MISUSE_SEEN();
    weft_shared_rmutex_close(mutex);
}

static void what_is_no_rmutex_is_misuse(void)
{
    weft_shared_mutex mutex;

    CHECK_OK(weft_shared_mutex_create(&mutex));
    const weft_offset numbers[] = {0, 3, mutex.at, (weft_offset)1 << 50};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const weft_shared_rmutex none = {numbers[i]};

        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_shared_rmutex_acquire(none, WEFT_NOW), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_shared_rmutex_release(none), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_shared_rmutex_consistent(none), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
        CHECK_SENTENCE("shared rmutex");
    }
    weft_shared_mutex_close(mutex);
    weft_shared_rmutex_close((weft_shared_rmutex){0});
}

static int create_and_close(void *context)
{
    weft_shared_rmutex mutex = {7};
    int err = weft_shared_rmutex_create(&mutex);

    (void)context;
    if (err == 0)
        weft_shared_rmutex_close(mutex);
    else
        CU_ASSERT_EQUAL(mutex.at, 7);
    return err;
}

static void a_full_arena_is_an_error_at_creation(void)
{
    CU_ASSERT_TRUE(refuse_each_passage("arena.alloc", WEFT_ENOMEM, create_and_close, NULL) > 0);
}

/* ---- others ---------------------------------------------------------------------- */

struct shared {
    weft_shared_rmutex mutex;
    weft_shared_semaphore ready; /* released by a child when it is where the test wants it */
    weft_offset count;           /* uint64_t, guarded by mutex */
};

static uint64_t *make_shared(struct shared *s)
{
    CU_ASSERT_EQUAL_FATAL(weft_shared_rmutex_create(&s->mutex), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&s->ready, 0), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&s->count, sizeof(uint64_t)), 0);
    return weft_shared_pointer(s->count);
}

static void close_shared(const struct shared *s)
{
    weft_shared_rmutex_close(s->mutex);
    weft_shared_semaphore_close(s->ready);
    weft_shared_free(s->count);
}

struct thread_use {
    weft_shared_rmutex mutex;
    int acquired, waited, mended, released; /* results of the thread; read after join */
};

static int use_as_another_thread(weft_task *task)
{
    struct thread_use *use = WEFT_ARG(task, struct thread_use *);

    use->acquired = weft_shared_rmutex_acquire(use->mutex, WEFT_NOW);
    use->waited = weft_shared_rmutex_acquire(use->mutex, weft_in(WEFT_MS(8)));
    expect_misuse(WEFT_EPERM);
    use->mended = weft_shared_rmutex_consistent(use->mutex);
    expect_misuse(WEFT_EPERM);
    use->released = weft_shared_rmutex_release(use->mutex);
    return 0;
}

static void it_is_free_only_after_the_last_release(void)
{
    struct thread_use use = {{0}, 0, 0, 0, 0};
    weft_thread *thread;

    CHECK_OK(weft_shared_rmutex_create(&use.mutex));
    CHECK_OK(weft_shared_rmutex_acquire(use.mutex, WEFT_NOW));
    CHECK_OK(weft_shared_rmutex_acquire(use.mutex, WEFT_NOW));
    CHECK_OK(weft_shared_rmutex_release(use.mutex));
    start_threads(&thread, 1, use_as_another_thread, &use);
    join_threads(&thread, 1);
    CHECK_MISUSE_SEEN();
    CU_ASSERT_EQUAL(use.acquired, WEFT_ETIMEDOUT);
    CU_ASSERT_EQUAL(use.waited, WEFT_ETIMEDOUT);
    CU_ASSERT_EQUAL(use.mended, WEFT_EPERM);
    CU_ASSERT_EQUAL(use.released, WEFT_EPERM);
    CHECK_OK(weft_shared_rmutex_release(use.mutex));
    weft_shared_rmutex_close(use.mutex);
}

static int count_twice_deep(weft_task *task)
{
    struct shared s = WEFT_ARG(task, struct shared);
    uint64_t *count = weft_shared_pointer(s.count);

    for (int i = 0; i < ROUNDS; i++) {
        REQUIRE(task, weft_shared_rmutex_acquire(s.mutex, SOON) == 0);
        ++*count;
        REQUIRE(task, weft_shared_rmutex_acquire(s.mutex, WEFT_NOW) == 0);
        ++*count;
        REQUIRE(task, weft_shared_rmutex_release(s.mutex) == 0);
        ++*count;
        REQUIRE(task, weft_shared_rmutex_release(s.mutex) == 0);
    }
    return 0;
}

static void one_process_at_a_time_is_inside(void)
{
    weft_process *processes[PROCESSES];
    struct shared s;
    const uint64_t *count = make_shared(&s);

    start_processes(processes, PROCESSES, count_twice_deep, &s, sizeof(s));
    join_processes(processes, PROCESSES);
    CU_ASSERT_EQUAL(*count, 3 * PROCESSES * ROUNDS);
    close_shared(&s);
}

/* ---- a dead holder ---------------------------------------------------------------- */

static int hold_until_killed(weft_task *task)
{
    struct shared s = WEFT_ARG(task, struct shared);

    for (int i = 0; i < 5; i++) {
        int err = weft_shared_rmutex_acquire(s.mutex, SOON);

        REQUIRE(task, err == 0 || (i == 0 && err == WEFT_EOWNERDEAD));
    }
    REQUIRE(task, weft_shared_semaphore_release(s.ready, 1) == 0);
    weft_sleep(WEFT_FOREVER);
    return 0;
}

static void after_a_dead_holder_it_is_held_once_and_told_until_consistent(void)
{
    struct shared s;

    make_shared(&s);
    for (int i = 0; i < 3; i++) {
        weft_process *process = start_process(hold_until_killed, &s, sizeof(s));

        CHECK_OK(weft_shared_semaphore_acquire(s.ready, SOON));
        kill_process(process);
        CHECK_ERROR(weft_shared_rmutex_acquire(s.mutex, SOON), WEFT_EOWNERDEAD);
        CHECK_SENTENCE("died");
        CHECK_OK(weft_shared_rmutex_acquire(s.mutex, SOON)); /* told at the first one only */
        CHECK_OK(weft_shared_rmutex_release(s.mutex));
        CHECK_OK(weft_shared_rmutex_release(s.mutex));
        CHECK_ERROR(weft_shared_rmutex_acquire(s.mutex, SOON), WEFT_EOWNERDEAD);
        if (i == 1)
            CHECK_OK(weft_shared_rmutex_consistent(s.mutex));
        CHECK_OK(weft_shared_rmutex_release(s.mutex));
        CHECK_ERROR(weft_shared_rmutex_acquire(s.mutex, SOON), i == 1 ? 0 : WEFT_EOWNERDEAD);
        CHECK_OK(weft_shared_rmutex_release(s.mutex));
    }
    close_shared(&s);
}

static int hold_in_turns_for_ever(weft_task *task)
{
    struct shared s = WEFT_ARG(task, struct shared);

    REQUIRE(task, weft_shared_semaphore_release(s.ready, 1) == 0);
    for (;;) {
        int err = weft_shared_rmutex_acquire(s.mutex, SOON);

        REQUIRE(task, err == 0 || err == WEFT_EOWNERDEAD);
        REQUIRE(task, weft_shared_rmutex_acquire(s.mutex, SOON) == 0);
        REQUIRE(task, weft_shared_rmutex_release(s.mutex) == 0);
        REQUIRE(task, weft_shared_rmutex_release(s.mutex) == 0);
    }
}

static void killing_at_any_moment_never_blocks_the_others(void)
{
    weft_process *processes[2];
    struct shared s;

    make_shared(&s);
    start_processes(processes, 2, hold_in_turns_for_ever, &s, sizeof(s));
    for (int i = 0; i < KILLS; i++) {
        CHECK_OK(weft_shared_semaphore_acquire(s.ready, SOON));
        weft_sleep(WEFT_US(200) * (i + 1));
        kill_process(processes[i % 2]);
        int err = weft_shared_rmutex_acquire(s.mutex, SOON);
        CU_ASSERT_TRUE(err == 0 || err == WEFT_EOWNERDEAD);
        CHECK_OK(weft_shared_rmutex_release(s.mutex));
        processes[i % 2] = start_process(hold_in_turns_for_ever, &s, sizeof(s));
    }
    kill_process(processes[0]);
    kill_process(processes[1]);
    close_shared(&s);
}

const char *const suite_name = "shared_rmutex";
CU_TestInfo suite_cases[] = {
    {"its_holder_acquires_it_again_and_releases_it_as_often",
     its_holder_acquires_it_again_and_releases_it_as_often},
    {"what_is_no_rmutex_is_misuse", what_is_no_rmutex_is_misuse},
    {"a_full_arena_is_an_error_at_creation", a_full_arena_is_an_error_at_creation},
    {"it_is_free_only_after_the_last_release", it_is_free_only_after_the_last_release},
    {"one_process_at_a_time_is_inside", one_process_at_a_time_is_inside},
    {"after_a_dead_holder_it_is_held_once_and_told_until_consistent",
     after_a_dead_holder_it_is_held_once_and_told_until_consistent},
    {"killing_at_any_moment_never_blocks_the_others",
     killing_at_any_moment_never_blocks_the_others},
    CU_TEST_INFO_NULL,
};
