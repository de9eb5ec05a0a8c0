/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "crew.h"
#include "weft/event.h"
#include "weft/rwlock.h"

enum { READERS = 4, WRITERS = 2, ROUNDS = 3000 };

/* A thread that acquires for reading or writing, holds until `let_go`, and releases. */
struct user {
    weft_rwlock *lock;
    bool writes;
    weft_time until;
    weft_event entered, let_go;
    int err; /* of the acquire; read after join or `entered` */
    int order;
    weft_atomic_u32 *orders; /* counts who came in, relaxed: the lock orders it */
};

static int use(weft_task *task)
{
    struct user *u = WEFT_ARG(task, struct user *);

    u->err = u->writes ? weft_rwlock_acquire_write(u->lock, u->until)
                       : weft_rwlock_acquire_read(u->lock, u->until);
    if (u->orders)
        u->order = (int)weft_fetch_add_u32(u->orders, 1, WEFT_RELAXED);
    weft_event_set(&u->entered);
    weft_event_wait(&u->let_go, WEFT_FOREVER);
    if (u->err == 0)
        weft_rwlock_release(u->lock);
    return 0;
}

static weft_thread *start_user(struct user *u)
{
    weft_thread *thread;

    start_threads(&thread, 1, use, u);
    return thread;
}

static void end_user(struct user *u, weft_thread *thread)
{
    weft_event_set(&u->let_go);
    join_threads(&thread, 1);
}

/* For a caller that reads: a writer waits once readers are no longer let in. */
static bool a_writer_waits(void *lock)
{
    if (weft_rwlock_acquire_read(lock, WEFT_NOW) != 0)
        return true;
    weft_rwlock_release(lock);
    return false;
}

static void all_zero_is_a_free_lock(void)
{
    static weft_rwlock zero;
    weft_rwlock made = WEFT_RWLOCK_INIT;

    CHECK_OK(weft_rwlock_acquire_write(&zero, WEFT_NOW));
    CHECK_OK(weft_rwlock_release(&zero));
    CHECK_OK(weft_rwlock_acquire_read(&made, WEFT_NOW));
    CHECK_OK(weft_rwlock_release(&made));
}

static void readers_share_it_and_keep_writers_out(void)
{
    weft_rwlock lock = WEFT_RWLOCK_INIT;
    struct user reader = {.lock = &lock, .until = WEFT_FOREVER};
    weft_thread *thread = start_user(&reader);
    weft_time until = weft_in(WEFT_MS(20));

    CHECK_OK(weft_event_wait(&reader.entered, SOON));
    CHECK_OK(weft_rwlock_acquire_read(&lock, WEFT_NOW));
    CHECK_OK(weft_rwlock_release(&lock));
    CHECK_ERROR(weft_rwlock_acquire_write(&lock, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_rwlock_acquire_write(&lock, weft_clock() - 1), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_rwlock_acquire_write(&lock, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    CHECK_SENTENCE("rwlock");
    end_user(&reader, thread);
    CU_ASSERT_EQUAL(reader.err, 0);
    CHECK_OK(weft_rwlock_acquire_write(&lock, WEFT_NOW));
    CHECK_OK(weft_rwlock_release(&lock));
}

static void a_writer_keeps_all_others_out(void)
{
    weft_rwlock lock = WEFT_RWLOCK_INIT;
    struct user writer = {.lock = &lock, .writes = true, .until = WEFT_FOREVER};
    weft_thread *thread = start_user(&writer);
    weft_time until = weft_in(WEFT_MS(20));

    CHECK_OK(weft_event_wait(&writer.entered, SOON));
    CHECK_ERROR(weft_rwlock_acquire_write(&lock, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_rwlock_acquire_read(&lock, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_rwlock_acquire_read(&lock, until), WEFT_ETIMEDOUT);
    CU_ASSERT_TRUE(weft_clock() >= until);
    end_user(&writer, thread);
    CU_ASSERT_EQUAL(writer.err, 0);
    CHECK_OK(weft_rwlock_acquire_read(&lock, WEFT_NOW));
    CHECK_OK(weft_rwlock_release(&lock));
}

static void who_waits_gets_in_when_the_holder_leaves(void)
{
    for (int writes = 0; writes < 2; writes++) {
        weft_rwlock lock = WEFT_RWLOCK_INIT;
        struct user user = {.lock = &lock, .writes = writes != 0, .until = WEFT_FOREVER};

        CHECK_OK(weft_rwlock_acquire_write(&lock, WEFT_NOW));
        weft_thread *thread = start_user(&user);
        CHECK_ERROR(weft_event_wait(&user.entered, weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
        CHECK_OK(weft_rwlock_release(&lock));
        CHECK_OK(weft_event_wait(&user.entered, SOON));
        end_user(&user, thread);
        CU_ASSERT_EQUAL(user.err, 0);
    }
}

static void a_writer_that_acquires_again_is_misuse(void)
{
    weft_rwlock lock = WEFT_RWLOCK_INIT;

    CHECK_OK(weft_rwlock_acquire_write(&lock, WEFT_NOW));
    expect_misuse(WEFT_EDEADLK);
    CHECK_ERROR(weft_rwlock_acquire_write(&lock, WEFT_FOREVER), WEFT_EDEADLK);
    CHECK_MISUSE_SEEN();
    expect_misuse(WEFT_EDEADLK);
    CHECK_ERROR(weft_rwlock_acquire_read(&lock, WEFT_FOREVER), WEFT_EDEADLK);
    CHECK_MISUSE_SEEN();
    CHECK_OK(weft_rwlock_release(&lock));
    CHECK_OK(weft_rwlock_acquire_read(&lock, WEFT_NOW));
    CHECK_OK(weft_rwlock_release(&lock));
}

static void release_of_what_one_does_not_hold_is_misuse(void)
{
    weft_rwlock lock = WEFT_RWLOCK_INIT;
    struct user writer = {.lock = &lock, .writes = true, .until = WEFT_FOREVER};

    expect_misuse(WEFT_EPERM);
    CHECK_ERROR(weft_rwlock_release(&lock), WEFT_EPERM);
    CHECK_MISUSE_SEEN();
    weft_thread *thread = start_user(&writer);
    CHECK_OK(weft_event_wait(&writer.entered, SOON));
    expect_misuse(WEFT_EPERM);
    CHECK_ERROR(weft_rwlock_release(&lock), WEFT_EPERM);
    CHECK_MISUSE_SEEN();
    CHECK_ERROR(weft_rwlock_acquire_read(&lock, WEFT_NOW), WEFT_ETIMEDOUT);
    end_user(&writer, thread);
}

static void a_writer_that_waits_goes_before_readers_that_come_later(void)
{
    weft_rwlock lock = WEFT_RWLOCK_INIT;
    weft_atomic_u32 orders = {0};
    struct user writer = {.lock = &lock, .writes = true, .until = WEFT_FOREVER, .orders = &orders};
    struct user reader = {.lock = &lock, .until = WEFT_FOREVER, .orders = &orders};

    CHECK_OK(weft_rwlock_acquire_read(&lock, WEFT_NOW));
    weft_thread *writing = start_user(&writer);
    CU_ASSERT_TRUE(eventually(a_writer_waits, &lock));
    weft_thread *reading = start_user(&reader);
    CHECK_ERROR(weft_event_wait(&reader.entered, weft_in(WEFT_MS(5))), WEFT_ETIMEDOUT);
    CHECK_OK(weft_rwlock_release(&lock));
    CHECK_OK(weft_event_wait(&writer.entered, SOON));
    end_user(&writer, writing);
    end_user(&reader, reading);
    CU_ASSERT_EQUAL(writer.err, 0);
    CU_ASSERT_EQUAL(reader.err, 0);
    CU_ASSERT_TRUE(writer.order < reader.order);
}

static void readers_go_on_when_the_writer_they_waited_for_gives_up(void)
{
    weft_rwlock lock = WEFT_RWLOCK_INIT;
    struct user writer = {.lock = &lock, .writes = true, .until = weft_in(WEFT_MS(100))};
    struct user reader = {.lock = &lock, .until = WEFT_FOREVER};

    CHECK_OK(weft_rwlock_acquire_read(&lock, WEFT_NOW));
    weft_thread *writing = start_user(&writer);
    while (!a_writer_waits(&lock) && !weft_event_is_set(&writer.entered))
        weft_sleep(WEFT_MS(1));
    weft_thread *reading = start_user(&reader);
    CHECK_OK(weft_event_wait(&reader.entered, SOON));
    CU_ASSERT_EQUAL(reader.err, 0);
    CHECK_OK(weft_event_wait(&writer.entered, SOON));
    CU_ASSERT_EQUAL(writer.err, WEFT_ETIMEDOUT);
    CHECK_OK(weft_rwlock_release(&lock));
    end_user(&writer, writing);
    end_user(&reader, reading);
}

/* ---- many at once ------------------------------------------------------------- */

struct record {
    weft_rwlock lock;
    long left, right;      /* guarded by lock: equal whenever nobody writes */
    weft_atomic_u32 wrong; /* any thread, relaxed */
    weft_atomic_u32 over;  /* set when the writers are done, relaxed */
};

static int write_both(weft_task *task)
{
    struct record *r = WEFT_ARG(task, struct record *);

    for (int i = 0; i < ROUNDS; i++) {
        while (weft_rwlock_acquire_write(&r->lock,
                                         i % 3 == 0 ? weft_in(WEFT_US(5)) : WEFT_FOREVER) != 0)
            continue;
        r->left++;
        r->right++;
        weft_rwlock_release(&r->lock);
    }
    return 0;
}

static int read_both(weft_task *task)
{
    struct record *r = WEFT_ARG(task, struct record *);

    while (weft_load_u32(&r->over, WEFT_RELAXED) == 0) {
        if (weft_rwlock_acquire_read(&r->lock, WEFT_FOREVER) != 0) {
            weft_fetch_add_u32(&r->wrong, 1, WEFT_RELAXED);
            return 0;
        }
        if (r->left != r->right)
            weft_fetch_add_u32(&r->wrong, 1, WEFT_RELAXED);
        weft_rwlock_release(&r->lock);
    }
    return 0;
}

static void readers_never_see_half_a_change(void)
{
    struct record r = {.left = 0};
    weft_thread *writers[WRITERS], *readers[READERS];

    start_threads(readers, READERS, read_both, &r);
    start_threads(writers, WRITERS, write_both, &r);
    join_threads(writers, WRITERS);
    weft_store_u32(&r.over, 1, WEFT_RELAXED);
    join_threads(readers, READERS);
    CU_ASSERT_EQUAL(weft_load_u32(&r.wrong, WEFT_RELAXED), 0);
    CU_ASSERT_EQUAL(r.left, WRITERS * ROUNDS);
    CHECK_OK(weft_rwlock_acquire_write(&r.lock, WEFT_NOW));
    CHECK_OK(weft_rwlock_release(&r.lock));
}

/* Hands reading from thread to thread so that somebody always reads. */
static int read_without_a_gap(weft_task *task)
{
    struct record *r = WEFT_ARG(task, struct record *);

    while (weft_load_u32(&r->over, WEFT_RELAXED) == 0) {
        if (weft_rwlock_acquire_read(&r->lock, WEFT_FOREVER) != 0)
            return 0;
        weft_sleep(WEFT_US(300));
        weft_rwlock_release(&r->lock);
    }
    return 0;
}

static void readers_that_never_pause_do_not_starve_a_writer(void)
{
    struct record r = {.left = 0};
    weft_thread *readers[READERS];

    start_threads(readers, READERS, read_without_a_gap, &r);
    for (int i = 0; i < 50; i++) {
        if (!CHECK_OK(weft_rwlock_acquire_write(&r.lock, WEFT_FOREVER)))
            break;
        weft_rwlock_release(&r.lock);
    }
    weft_store_u32(&r.over, 1, WEFT_RELAXED);
    join_threads(readers, READERS);
}

const char *const suite_name = "rwlock";
CU_TestInfo suite_cases[] = {
    {"all_zero_is_a_free_lock", all_zero_is_a_free_lock},
    {"readers_share_it_and_keep_writers_out", readers_share_it_and_keep_writers_out},
    {"a_writer_keeps_all_others_out", a_writer_keeps_all_others_out},
    {"who_waits_gets_in_when_the_holder_leaves", who_waits_gets_in_when_the_holder_leaves},
    {"a_writer_that_acquires_again_is_misuse", a_writer_that_acquires_again_is_misuse},
    {"release_of_what_one_does_not_hold_is_misuse", release_of_what_one_does_not_hold_is_misuse},
    {"a_writer_that_waits_goes_before_readers_that_come_later",
     a_writer_that_waits_goes_before_readers_that_come_later},
    {"readers_go_on_when_the_writer_they_waited_for_gives_up",
     readers_go_on_when_the_writer_they_waited_for_gives_up},
    {"readers_never_see_half_a_change", readers_never_see_half_a_change},
    {"readers_that_never_pause_do_not_starve_a_writer",
     readers_that_never_pause_do_not_starve_a_writer},
    CU_TEST_INFO_NULL,
};
