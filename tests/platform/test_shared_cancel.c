/* SPDX-License-Identifier: MIT */
/* Cancels against waits for what processes share: each wait ends by them. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "crew.h"
#include "halt.h"
#include "weft/arena.h"
#include "weft/cancel.h"
#include "weft/fault.h"
#include "weft/shared.h"
#include "weft/wait.h"

/* One object of each kind, none of which lets a wait end by itself. */
struct objects {
    weft_shared_mutex mutex; /* held by the main thread, like the next */
    weft_shared_rmutex rmutex;
    weft_shared_mutex free; /* of the condition */
    weft_shared_condition condition;
    weft_shared_semaphore semaphore;
    weft_shared_event event;
    weft_shared_barrier barrier; /* for two */
    weft_atomic_u32 *word;       /* 0 */
    weft_offset word_at;
};

static struct objects make_objects(void)
{
    struct objects o;

    CU_ASSERT_EQUAL_FATAL(weft_shared_mutex_create(&o.mutex), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_rmutex_create(&o.rmutex), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_mutex_create(&o.free), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_condition_create(&o.condition), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&o.semaphore, 0), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_event_create(&o.event), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_barrier_create(&o.barrier, 2), 0);
    CU_ASSERT_EQUAL_FATAL(weft_shared_alloc(&o.word_at, sizeof(weft_atomic_u32)), 0);
    o.word = weft_shared_pointer(o.word_at);
    CHECK_OK(weft_shared_mutex_acquire(o.mutex, WEFT_NOW));
    CHECK_OK(weft_shared_rmutex_acquire(o.rmutex, WEFT_NOW));
    return o;
}

static void close_objects(const struct objects *o)
{
    CHECK_OK(weft_shared_mutex_release(o->mutex));
    CHECK_OK(weft_shared_rmutex_release(o->rmutex));
    weft_shared_mutex_close(o->mutex);
    weft_shared_rmutex_close(o->rmutex);
    weft_shared_mutex_close(o->free);
    weft_shared_condition_close(o->condition);
    weft_shared_semaphore_close(o->semaphore);
    weft_shared_event_close(o->event);
    weft_shared_barrier_close(o->barrier);
    weft_shared_free(o->word_at);
}

/* ---- one wait of each kind --------------------------------------------------------------- */

typedef int wait_function(const struct objects *o, weft_time until);

static int wait_for_mutex(const struct objects *o, weft_time until)
{
    int err = weft_shared_mutex_acquire(o->mutex, until);

    return err == 0 ? weft_shared_mutex_release(o->mutex) : err;
}

static int wait_for_rmutex(const struct objects *o, weft_time until)
{
    int err = weft_shared_rmutex_acquire(o->rmutex, until);

    return err == 0 ? weft_shared_rmutex_release(o->rmutex) : err;
}

static int wait_for_condition(const struct objects *o, weft_time until)
{
    int err = weft_shared_mutex_acquire(o->free, WEFT_FOREVER);

    while (err == 0)
        err = weft_shared_condition_wait(o->condition, o->free, until);
    if (weft_shared_mutex_release(o->free) != 0)
        return WEFT_EFAILED; /* it was to be held in any case */
    return err;
}

static int wait_for_semaphore(const struct objects *o, weft_time until)
{
    return weft_shared_semaphore_acquire(o->semaphore, until);
}

static int wait_for_event(const struct objects *o, weft_time until)
{
    return weft_shared_event_wait(o->event, until);
}

static int wait_for_barrier(const struct objects *o, weft_time until)
{
    int err = weft_shared_barrier_wait(o->barrier, NULL, until);

    (void)weft_shared_barrier_reset(o->barrier);
    return err;
}

/* One sleep, with no slices to wake it up. */
static int wait_for_word(const struct objects *o, weft_time until)
{
    int err = 0;

    while (err == 0)
        err = weft_wait_shared(o->word, 0, until);
    return err;
}

static int wait_once_for_word(const struct objects *o, weft_time until)
{
    return weft_wait_shared(o->word, 0, until);
}

static const struct kind {
    const char *name;
    wait_function *wait;
    bool locks;
} kinds[] = {{"mutex", wait_for_mutex, true},          {"rmutex", wait_for_rmutex, true},
             {"condition", wait_for_condition, false}, {"semaphore", wait_for_semaphore, false},
             {"event", wait_for_event, false},         {"barrier", wait_for_barrier, false},
             {"word", wait_for_word, false},           {"word", wait_once_for_word, false}};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) - 1 }; /* that wait on */

/* A thread that waits under a token. */
struct wait {
    const struct objects *objects;
    const struct kind *kind;
    weft_cancel *cancel;
    weft_time until;
    int err; /* these two are read after join */
    char sentence[256];
};

static int run_wait(weft_task *task)
{
    struct wait *wait = WEFT_ARG(task, struct wait *);
    const weft_cancel *before = weft_cancel_enter(wait->cancel);

    wait->err = wait->kind->wait(wait->objects, wait->until);
    snprintf(wait->sentence, sizeof(wait->sentence), "%s", weft_last_error());
    weft_cancel_enter(before);
    return 0;
}

static struct wait wait_of(const struct objects *objects, size_t kind, weft_cancel *cancel)
{
    return (struct wait){.objects = objects,
                         .kind = &kinds[kind],
                         .cancel = cancel,
                         .until = kinds[kind].locks ? SOON : WEFT_FOREVER,
                         .err = WEFT_EINVAL};
}

static void check_cancelled(const struct wait *wait)
{
    if (wait->err != WEFT_ECANCELED)
        printf("\n    %s: %s; %s\n", wait->kind->name, weft_strerror(wait->err), wait->sentence);
    CU_ASSERT_EQUAL(wait->err, WEFT_ECANCELED);
    if (wait->kind->wait == wait_for_word)
        return; /* says nothing */
    CU_ASSERT_PTR_NOT_NULL(strstr(wait->sentence, wait->kind->name));
    CU_ASSERT_PTR_NOT_NULL(strstr(wait->sentence, "cancelled"));
}

/* ---- ends -------------------------------------------------------------------------------- */

/* Of the token itself, or of its parent. */
static void request_while_it_sleeps(const struct objects *o, size_t kind, bool parents)
{
    weft_cancel parent = WEFT_CANCEL_INIT;
    weft_cancel cancel = {.parent = &parent};
    struct wait wait = wait_of(o, kind, &cancel);
    weft_thread *thread;

    meet_at("wait_shared.listed", 1);
    start_threads(&thread, 1, run_wait, &wait);
    CU_ASSERT_TRUE(eventually(somebody_met, NULL));
    weft_cancel_request(parents ? &parent : &cancel);
    join_threads(&thread, 1);
    meet_at(NULL, 0);
    check_cancelled(&wait);
}

static void a_request_ends_each_kind_of_wait(void)
{
    struct objects o = make_objects();

    for (size_t kind = 0; kind < KINDS; kind++) {
        request_while_it_sleeps(&o, kind, false);
        request_while_it_sleeps(&o, kind, true);
    }
    close_objects(&o);
}

static weft_cancel *awaited_request; /* written before the hook is set */

/* Who has looked at its token for the last time but does not sleep yet waits there for the
 * request. (Where sleepers look by themselves there is no such place.) */
static int linger(const char *point)
{
    weft_time later;

    if (strcmp(point, "wait_shared.sleeps") != 0)
        return 0;
    while (!weft_cancel_requested(awaited_request))
        continue;
    for (later = weft_in(WEFT_MS(2)); weft_clock() < later;)
        continue; /* the request has tried to wake it by now */
    return 0;
}

static void a_request_between_the_check_and_the_sleep_is_not_lost(void)
{
    struct objects o = make_objects();

    for (int i = 0; i < 5; i++) {
        weft_cancel cancel = WEFT_CANCEL_INIT;
        struct wait wait = wait_of(&o, KINDS - 1, &cancel);
        weft_thread *thread;

        awaited_request = &cancel;
        weft_fault_hook(linger);
        start_threads(&thread, 1, run_wait, &wait);
        weft_sleep(WEFT_MS(1)); /* it is there, or will see the request before */
        weft_cancel_request(&cancel);
        join_threads(&thread, 1);
        weft_fault_hook(NULL);
        check_cancelled(&wait);
    }
    close_objects(&o);
}

static void a_word_that_has_changed_comes_before_a_cancel(void)
{
    struct objects o = make_objects();
    weft_cancel cancel = WEFT_CANCEL_INIT;
    struct wait wait = wait_of(&o, KINDS, &cancel);
    weft_thread *thread;

    meet_at("wait_shared.listed", 1);
    start_threads(&thread, 1, run_wait, &wait);
    CU_ASSERT_TRUE(eventually(somebody_met, NULL));
    weft_store_u32(o.word, 1, WEFT_RELEASE); /* and nobody is woken but by the cancel */
    weft_cancel_request(&cancel);
    join_threads(&thread, 1);
    meet_at(NULL, 0);
    CU_ASSERT_EQUAL(wait.err, 0);
    close_objects(&o);
}

static void a_token_that_was_requested_or_expires_ends_each_kind_of_wait(void)
{
    struct objects o = make_objects();

    for (size_t kind = 0; kind < KINDS; kind++) {
        weft_cancel requested = WEFT_CANCEL_INIT, expired = {.expires = weft_clock() - 1};
        weft_cancel expires = {.expires = weft_in(WEFT_MS(8))};
        weft_cancel *const cancels[] = {&requested, &expired, &expires};

        weft_cancel_request(&requested);
        for (size_t i = 0; i < 3; i++) {
            struct wait wait = wait_of(&o, kind, cancels[i]);
            weft_thread *thread;

            start_threads(&thread, 1, run_wait, &wait);
            join_threads(&thread, 1);
            check_cancelled(&wait);
        }
        CU_ASSERT_TRUE(weft_clock() >= expires.expires);
    }
    close_objects(&o);
}

/* ---- and does not end ---------------------------------------------------------------------- */

static void who_acquires_for_ever_has_it(void)
{
    struct objects o = make_objects();

    for (size_t kind = 0; kinds[kind].locks; kind++) {
        weft_cancel cancel = WEFT_CANCEL_INIT;
        struct wait wait = wait_of(&o, kind, &cancel);
        weft_thread *thread;

        wait.until = WEFT_FOREVER;
        start_threads(&thread, 1, run_wait, &wait);
        weft_sleep(WEFT_MS(8)); /* it waits now; the outcome does not depend on it */
        weft_cancel_request(&cancel);
        CHECK_ERROR(weft_thread_join(thread, weft_in(WEFT_MS(8))), WEFT_ETIMEDOUT);
        CHECK_OK(weft_shared_mutex_release(o.mutex));
        CHECK_OK(weft_shared_rmutex_release(o.rmutex));
        join_threads(&thread, 1);
        CU_ASSERT_EQUAL(wait.err, 0);
        CHECK_OK(weft_shared_mutex_acquire(o.mutex, WEFT_NOW));
        CHECK_OK(weft_shared_rmutex_acquire(o.rmutex, WEFT_NOW));
    }
    close_objects(&o);
}

static void what_is_there_is_taken_and_what_does_not_wait_is_not_told(void)
{
    weft_cancel cancel = WEFT_CANCEL_INIT;
    struct objects o = make_objects();
    const weft_cancel *before = weft_cancel_enter(&cancel);

    weft_cancel_request(&cancel);
    CHECK_OK(weft_shared_semaphore_release(o.semaphore, 1));
    CHECK_OK(weft_shared_semaphore_acquire(o.semaphore, WEFT_FOREVER));
    CHECK_ERROR(weft_shared_semaphore_acquire(o.semaphore, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_ERROR(weft_shared_event_wait(o.event, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_shared_event_set(o.event));
    CHECK_OK(weft_shared_event_wait(o.event, WEFT_FOREVER));
    CHECK_OK(weft_shared_mutex_acquire(o.free, SOON));
    CHECK_ERROR(weft_shared_condition_wait(o.condition, o.free, WEFT_NOW), WEFT_ETIMEDOUT);
    CHECK_OK(weft_shared_mutex_release(o.free));
    CHECK_OK(weft_wait_shared(o.word, 1, WEFT_FOREVER));
    weft_cancel_enter(before);
    close_objects(&o);
}

const char *const suite_name = "shared_cancel";
CU_TestInfo suite_cases[] = {
    {"a_request_ends_each_kind_of_wait", a_request_ends_each_kind_of_wait},
    {"a_request_between_the_check_and_the_sleep_is_not_lost",
     a_request_between_the_check_and_the_sleep_is_not_lost},
    {"a_word_that_has_changed_comes_before_a_cancel",
     a_word_that_has_changed_comes_before_a_cancel},
    {"a_token_that_was_requested_or_expires_ends_each_kind_of_wait",
     a_token_that_was_requested_or_expires_ends_each_kind_of_wait},
    {"who_acquires_for_ever_has_it", who_acquires_for_ever_has_it},
    {"what_is_there_is_taken_and_what_does_not_wait_is_not_told",
     what_is_there_is_taken_and_what_does_not_wait_is_not_told},
    CU_TEST_INFO_NULL,
};
