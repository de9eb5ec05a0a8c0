/* SPDX-License-Identifier: MIT */
/* The mutex between processes. What it does when its owner is killed is in
 * test_shared_mutex_dead.c. */
#include "check.h"

#include "crew.h"
#include "fail.h"
#include "halt.h"
#include "weft/arena.h"
#include "weft/shared.h"

enum { PROCESSES = 4, ROUNDS = 20000 };

/* What the processes of a test share: plain numbers under a mutex. */
struct shared {
    weft_shared_mutex mutex;
    weft_shared_semaphore ready; /* released by a child when it is where the test wants it */
    weft_offset numbers;         /* struct numbers, guarded by mutex */
};

struct numbers {
    uint64_t left, right; /* equal whenever the mutex is free */
};

static struct numbers *make_shared(struct shared *s)
{
    CU_ASSERT_EQUAL_FATAL(weft_shared_mutex_create(&s->mutex), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&s->ready, 0), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&s->numbers, sizeof(struct numbers)), 0);
    return weft_shared_pointer(s->numbers);
}

static void close_shared(const struct shared *s)
{
    weft_shared_mutex_close(s->mutex);
    weft_shared_semaphore_close(s->ready);
    weft_shared_free(s->numbers);
}

/* ---- one process ------------------------------------------------------------------ */

static void it_is_free_at_first_and_after_release(void)
{
    weft_shared_mutex mutex = {0};

    CHECK_OK(weft_shared_mutex_create(&mutex));
    CU_ASSERT_NOT_EQUAL(mutex.at, 0);
    CHECK_OK(weft_shared_mutex_acquire(mutex, WEFT_NOW));
    CHECK_OK(weft_shared_mutex_release(mutex));
    CHECK_OK(weft_shared_mutex_acquire(mutex, weft_clock() - 1));
    CHECK_OK(weft_shared_mutex_release(mutex));
    weft_shared_mutex_close(mutex);
}

static void misuse_is_refused(void)
{
    const weft_shared_mutex none = {0};
    weft_shared_mutex mutex;

    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_shared_mutex_acquire(none, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    CHECK_OK(weft_shared_mutex_create(&mutex));
    expect_misuse(WEFT_EPERM);
    CHECK_ERROR(weft_shared_mutex_release(mutex), WEFT_EPERM);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EPERM);
    CHECK_ERROR(weft_shared_mutex_consistent(mutex), WEFT_EPERM);
    CHECK_MISUSE_SEEN();
    CHECK_OK(weft_shared_mutex_acquire(mutex, WEFT_NOW));
    CHECK_OK(weft_shared_mutex_consistent(mutex)); /* as it was before */
    expect_misuse(WEFT_EDEADLK);
    CHECK_ERROR(weft_shared_mutex_acquire(mutex, WEFT_FOREVER), WEFT_EDEADLK);
    CHECK_MISUSE_SEEN();
    CHECK_OK(weft_shared_mutex_release(mutex));
    weft_shared_mutex_close(mutex);
    expect_misuse(WEFT_EINVAL);
    CHECK_ERROR(weft_shared_mutex_acquire(mutex, WEFT_NOW), WEFT_EINVAL);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EINVAL);
    weft_shared_mutex_close(mutex);
    CHECK_MISUSE_SEEN();
}

static void close_of_no_mutex_does_nothing(void)
{
    weft_shared_mutex_close((weft_shared_mutex){0});
    CU_PASS("it came back");
}

static void any_number_that_is_no_mutex_is_refused(void)
{
    weft_shared_semaphore semaphore;
    weft_offset block;

    CHECK_OK(weft_shared_semaphore_create(&semaphore, 1));
    CHECK_OK(weft_shared_alloc(&block, 4096));
    const weft_offset numbers[] = {
        semaphore.at,         block,      block + 4,           block + 1024, 1, 64, 65536,
        (weft_offset)1 << 40, UINT64_MAX, UINT64_MAX / 64 * 64};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const weft_shared_mutex no_mutex = {numbers[i]};

        expect_misuse(WEFT_EINVAL);
        CHECK_ERROR(weft_shared_mutex_acquire(no_mutex, WEFT_FOREVER), WEFT_EINVAL);
        CHECK_MISUSE_SEEN();
        CHECK_SENTENCE("shared mutex");
        expect_misuse(WEFT_EINVAL);
        weft_shared_mutex_close(no_mutex);
        CHECK_MISUSE_SEEN();
    }
    CHECK_OK(weft_shared_semaphore_acquire(semaphore, WEFT_NOW));
    weft_shared_semaphore_close(semaphore);
    weft_shared_free(block);
}

static int create_and_close(void *context)
{
    weft_shared_mutex mutex = {7};
    int err = weft_shared_mutex_create(&mutex);

    (void)context;
    if (err == 0)
        weft_shared_mutex_close(mutex);
    else
        CU_ASSERT_EQUAL(mutex.at, 7);
    return err;
}

static void a_full_arena_is_an_error_at_creation(void)
{
    CU_ASSERT_TRUE(refuse_each_passage("arena.alloc", WEFT_ENOMEM, create_and_close, NULL) > 0);
}

struct thread_use {
    weft_shared_mutex mutex;
    int acquired, released; /* results of the thread; read after join */
};

static int try_as_another_thread(weft_task *task)
{
    struct thread_use *use = WEFT_ARG(task, struct thread_use *);

    use->acquired = weft_shared_mutex_acquire(use->mutex, WEFT_NOW);
    use->released = weft_shared_mutex_release(use->mutex);
    return 0;
}

static void another_thread_of_the_owner_is_a_stranger(void)
{
    struct thread_use use = {{0}, 0, 0};
    weft_thread *thread;

    CHECK_OK(weft_shared_mutex_create(&use.mutex));
    CHECK_OK(weft_shared_mutex_acquire(use.mutex, WEFT_NOW));
    expect_misuse(WEFT_EPERM);
    start_threads(&thread, 1, try_as_another_thread, &use);
    join_threads(&thread, 1);
    CHECK_MISUSE_SEEN();
    CU_ASSERT_EQUAL(use.acquired, WEFT_ETIMEDOUT);
    CU_ASSERT_EQUAL(use.released, WEFT_EPERM);
    CHECK_OK(weft_shared_mutex_release(use.mutex));
    weft_shared_mutex_close(use.mutex);
}

static int hold_for_a_moment(weft_task *task)
{
    weft_shared_mutex *mutex = WEFT_ARG(task, weft_shared_mutex *);
    int err = weft_shared_mutex_acquire(*mutex, SOON);

    return err == 0 ? weft_shared_mutex_release(*mutex) : err;
}

static bool one_has_come(void *context)
{
    (void)context;
    return met() == 1;
}

/* The mutex is free before its owner has come back from the release. */
static void an_owner_that_is_slow_to_leave_takes_nothing_from_the_next(void)
{
    weft_shared_mutex mutex, other;
    weft_thread *thread;

    CHECK_OK(weft_shared_mutex_create(&mutex));
    CHECK_OK(weft_shared_mutex_create(&other));
    meet_at("word_lock.released", 2);
    start_threads(&thread, 1, hold_for_a_moment, &mutex);
    CU_ASSERT_TRUE(eventually(one_has_come, NULL));
    CHECK_OK(weft_shared_mutex_acquire(mutex, WEFT_NOW));
    CHECK_OK(weft_shared_mutex_acquire(other, WEFT_NOW));
    CHECK_OK(weft_shared_mutex_release(other)); /* now the thread goes on */
    join_threads(&thread, 1);
    meet_at(NULL, 0);
    CHECK_OK(weft_shared_mutex_release(mutex));
    weft_shared_mutex_close(mutex);
    weft_shared_mutex_close(other);
}

/* ---- many processes ----------------------------------------------------------------- */

static int hold_until_killed(weft_task *task)
{
    struct shared s = WEFT_ARG(task, struct shared);
    int err = weft_shared_mutex_acquire(s.mutex, SOON);

    REQUIRE(task, err == 0);
    REQUIRE(task, weft_shared_semaphore_release(s.ready, 1) == 0);
    weft_sleep(WEFT_FOREVER);
    return 0;
}

static void acquire_gives_up_at_the_deadline_and_not_before(void)
{
    struct shared s;
    weft_time until;

    make_shared(&s);
    weft_process *process = start_process(hold_until_killed, &s, sizeof(s));
    CHECK_OK(weft_shared_semaphore_acquire(s.ready, SOON));
    until = weft_in(WEFT_MS(30));
    CHECK_ERROR(weft_shared_mutex_acquire(s.mutex, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_shared_mutex_acquire(s.mutex, weft_clock() - 1), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_shared_mutex_acquire(s.mutex, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("shared mutex");
    expect_misuse(WEFT_EPERM);
    CHECK_ERROR(weft_shared_mutex_release(s.mutex), WEFT_EPERM);
    CHECK_MISUSE_SEEN();
    kill_process(process);
    close_shared(&s);
}

static int count_in_turns(weft_task *task)
{
    struct shared s = WEFT_ARG(task, struct shared);
    struct numbers *numbers = weft_shared_pointer(s.numbers);

    for (int i = 0; i < ROUNDS; i++) {
        while (weft_shared_mutex_acquire(s.mutex, i % 5 == 0 ? weft_in(WEFT_US(20)) : SOON) != 0)
            continue;
        REQUIRE(task, numbers->left == numbers->right);
        numbers->left++;
        numbers->right++;
        REQUIRE(task, weft_shared_mutex_release(s.mutex) == 0);
    }
    return 0;
}

static void one_process_at_a_time_is_inside(void)
{
    weft_process *processes[PROCESSES];
    struct shared s;
    struct numbers *numbers = make_shared(&s);

    start_processes(processes, PROCESSES, count_in_turns, &s, sizeof(s));
    join_processes(processes, PROCESSES);
    CU_ASSERT_EQUAL(numbers->left, PROCESSES * ROUNDS);
    CU_ASSERT_EQUAL(numbers->right, PROCESSES * ROUNDS);
    CHECK_OK(weft_shared_mutex_acquire(s.mutex, WEFT_NOW));
    CHECK_OK(weft_shared_mutex_release(s.mutex));
    close_shared(&s);
}

const char *const suite_name = "shared_mutex";
CU_TestInfo suite_cases[] = {
    {"it_is_free_at_first_and_after_release", it_is_free_at_first_and_after_release},
    {"misuse_is_refused", misuse_is_refused},
    {"close_of_no_mutex_does_nothing", close_of_no_mutex_does_nothing},
    {"any_number_that_is_no_mutex_is_refused", any_number_that_is_no_mutex_is_refused},
    {"a_full_arena_is_an_error_at_creation", a_full_arena_is_an_error_at_creation},
    {"another_thread_of_the_owner_is_a_stranger", another_thread_of_the_owner_is_a_stranger},
    {"an_owner_that_is_slow_to_leave_takes_nothing_from_the_next",
     an_owner_that_is_slow_to_leave_takes_nothing_from_the_next},
    {"acquire_gives_up_at_the_deadline_and_not_before",
     acquire_gives_up_at_the_deadline_and_not_before},
    {"one_process_at_a_time_is_inside", one_process_at_a_time_is_inside},
    CU_TEST_INFO_NULL,
};
