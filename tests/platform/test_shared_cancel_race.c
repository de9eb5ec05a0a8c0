/* SPDX-License-Identifier: MIT */
/* Cancels against waits for what processes share: they take nothing with them. */
#include "check.h"

#include "crew.h"
#include "weft/cancel.h"
#include "weft/shared.h"

enum { WAITERS = 4, GIVEN = 3000, CANCELS = 200 };

/* Waiters whose tokens are cancelled or expire all the time share out permits. */
struct race {
    weft_shared_semaphore semaphore;
    weft_cancel over;
    weft_atomic_u32 got, cancelled;           /* by all waiters, relaxed */
    weft_atomic_u32 places;                   /* waiters that have begun */
    weft_atomic_u32 current[WAITERS];         /* number of the token of each */
    weft_cancel tokens[WAITERS][CANCELS + 1]; /* children of `over`; the last stays */
};

static int take_permits(weft_task *task)
{
    struct race *r = WEFT_ARG(task, struct race *);
    uint32_t place = weft_fetch_add_u32(&r->places, 1, WEFT_RELAXED), current = 0;

    while (!weft_cancel_requested(&r->over)) {
        weft_cancel *token = &r->tokens[place][current];

        if (current % 2 == 1 && current < CANCELS && token->expires == 0)
            token->expires = weft_in(WEFT_US(50));
        weft_cancel_enter(token);
        if (weft_shared_semaphore_acquire(r->semaphore, WEFT_FOREVER) == 0) {
            weft_fetch_add_u32(&r->got, 1, WEFT_RELAXED);
        } else if (current < CANCELS) {
            weft_fetch_add_u32(&r->cancelled, 1, WEFT_RELAXED);
            weft_store_u32(&r->current[place], ++current, WEFT_RELEASE);
        }
    }
    return 0;
}

static bool has_all(void *context)
{
    struct race *r = context;

    return weft_load_u32(&r->got, WEFT_RELAXED) == GIVEN;
}

static void no_permit_is_lost_between_cancels(void)
{
    static struct race r;
    weft_thread *threads[WAITERS];

    for (int i = 0; i < WAITERS; i++)
        for (int j = 0; j <= CANCELS; j++)
            r.tokens[i][j].parent = &r.over;
    CU_ASSERT_EQUAL_FATAL(weft_shared_semaphore_create(&r.semaphore, 0), 0);
    start_threads(threads, WAITERS, take_permits, &r);
    for (uint32_t given = 0; given < GIVEN; given++) {
        uint32_t place = given % WAITERS;
        uint32_t current = weft_load_u32(&r.current[place], WEFT_ACQUIRE);

        CHECK_OK(weft_shared_semaphore_release(r.semaphore, 1));
        if (current < CANCELS && current % 2 == 0)
            weft_cancel_request(&r.tokens[place][current]);
    }
    CU_ASSERT_TRUE(eventually(has_all, &r));
    weft_cancel_request(&r.over);
    join_threads(threads, WAITERS);
    CU_ASSERT_EQUAL(weft_load_u32(&r.got, WEFT_RELAXED), GIVEN);
    CHECK_ERROR(weft_shared_semaphore_acquire(r.semaphore, WEFT_NOW), WEFT_ETIMEDOUT);
    weft_shared_semaphore_close(r.semaphore);
}

const char *const suite_name = "shared_cancel_race";
CU_TestInfo suite_cases[] = {
    {"no_permit_is_lost_between_cancels", no_permit_is_lost_between_cancels},
    CU_TEST_INFO_NULL,
};
