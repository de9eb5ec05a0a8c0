/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdint.h>
#include <string.h>

#include "crew.h"
#include "deque.h"
#include "weft/atomic.h"

enum { THIEVES = 2, ENTRIES = 60000 };

static struct weft__deque deque;

/* Entry n as a pointer; 0 is none. */
static void *entry(uintptr_t n)
{
    return (void *)n;
}

/* Empty; `start`: how often it was used before. */
static void begin(uint64_t start)
{
    memset(&deque, 0, sizeof(deque));
    weft_store_u64(&deque.top, start, WEFT_RELAXED);
    weft_store_u64(&deque.bottom, start, WEFT_RELAXED);
}

static void the_owner_takes_the_newest_and_thieves_the_oldest(void)
{
    begin(0);
    CU_ASSERT_PTR_NULL(weft__deque_pop(&deque));
    CU_ASSERT_PTR_NULL(weft__deque_steal(&deque));
    CU_ASSERT_TRUE(weft__deque_is_empty(&deque));
    for (uintptr_t n = 1; n <= 4; n++)
        CU_ASSERT_TRUE(weft__deque_push(&deque, entry(n)));
    CU_ASSERT_FALSE(weft__deque_is_empty(&deque));
    CU_ASSERT_PTR_EQUAL(weft__deque_steal(&deque), entry(1));
    CU_ASSERT_PTR_EQUAL(weft__deque_pop(&deque), entry(4));
    CU_ASSERT_PTR_EQUAL(weft__deque_steal(&deque), entry(2));
    CU_ASSERT_PTR_EQUAL(weft__deque_pop(&deque), entry(3));
    CU_ASSERT_PTR_NULL(weft__deque_pop(&deque));
    CU_ASSERT_PTR_NULL(weft__deque_steal(&deque));
}

static void a_full_one_refuses(void)
{
    begin(0);
    for (uintptr_t n = 1; n <= WEFT__DEQUE; n++) {
        CU_ASSERT_EQUAL(weft__deque_room(&deque), WEFT__DEQUE + 1 - n);
        CU_ASSERT_TRUE(weft__deque_push(&deque, entry(n)));
    }
    CU_ASSERT_EQUAL(weft__deque_room(&deque), 0);
    CU_ASSERT_FALSE(weft__deque_push(&deque, entry(1000)));
    CU_ASSERT_PTR_EQUAL(weft__deque_steal(&deque), entry(1));
    CU_ASSERT_TRUE(weft__deque_push(&deque, entry(1000))); /* in the place of the first */
    CU_ASSERT_PTR_EQUAL(weft__deque_pop(&deque), entry(1000));
    for (uintptr_t n = WEFT__DEQUE; n >= 2; n--)
        CU_ASSERT_PTR_EQUAL(weft__deque_pop(&deque), entry(n));
    CU_ASSERT_TRUE(weft__deque_is_empty(&deque));
}

static void places_are_used_again(void)
{
    begin(WEFT__DEQUE - 3);
    for (uintptr_t round = 0; round < 100; round++) {
        for (uintptr_t n = 1; n <= 10; n++)
            CU_ASSERT_TRUE(weft__deque_push(&deque, entry(n)));
        for (uintptr_t n = 1; n <= 5; n++) {
            CU_ASSERT_PTR_EQUAL(weft__deque_steal(&deque), entry(n));
            CU_ASSERT_PTR_EQUAL(weft__deque_pop(&deque), entry(11 - n));
        }
        CU_ASSERT_PTR_NULL(weft__deque_pop(&deque));
        CU_ASSERT_PTR_NULL(weft__deque_steal(&deque));
    }
}

static void a_thief_leaves_what_its_word_forbids(void)
{
    weft_atomic_u32 word = {7};

    begin(0);
    CU_ASSERT_TRUE(weft__deque_push(&deque, entry(1)));
    CU_ASSERT_PTR_NULL(weft__deque_steal_unless(&deque, &word, 7));
    CU_ASSERT_PTR_EQUAL(weft__deque_steal_unless(&deque, &word, 8), entry(1));
    CU_ASSERT_PTR_NULL(weft__deque_steal_unless(&deque, &word, 8));
}

/* ---- one owner, two thieves --------------------------------------------------------- */

/* How often each entry was taken. */
static weft_atomic_u32 taken[ENTRIES + 1];
static weft_atomic_u32 owner_done, disorder;

static void note(void *got)
{
    weft_fetch_add_u32(&taken[(uintptr_t)got], 1, WEFT_RELAXED);
}

/* Takes from the top until the owner is done and nothing is left. */
static int steal_all(weft_task *task)
{
    struct weft__deque *from = WEFT_ARG(task, struct weft__deque *);
    uintptr_t newest = 0;

    for (;;) {
        bool done = weft_load_u32(&owner_done, WEFT_ACQUIRE) != 0;
        void *got = weft__deque_steal(from);

        if (!got && done && weft__deque_is_empty(from))
            return 0;
        if (!got)
            continue;
        /* What one thief gets comes in the order in which it was pushed: only the newest
         * entries are ever taken away at the other end, and numbers go up. */
        if ((uintptr_t)got <= newest)
            weft_fetch_add_u32(&disorder, 1, WEFT_RELAXED);
        newest = (uintptr_t)got;
        note(got);
    }
}

/* Pushes in bursts and pops some of each, so that it is often empty and at times full. */
static void own(unsigned burst_most, unsigned pops_of_8)
{
    uint32_t random = 12345;
    uintptr_t next = 1;
    void *got;

    while (next <= ENTRIES) {
        unsigned burst;

        random = random * 1664525u + 1013904223u;
        burst = 1 + (random >> 16) % burst_most;
        while (burst-- > 0 && next <= ENTRIES && weft__deque_push(&deque, entry(next)))
            next++;
        burst = (random >> 8) % burst_most * pops_of_8 / 8;
        while (burst-- > 0 && (got = weft__deque_pop(&deque)))
            note(got);
    }
    while ((got = weft__deque_pop(&deque)))
        note(got);
}

static void check_history(uint64_t start, unsigned burst_most, unsigned pops_of_8)
{
    weft_thread *thieves[THIEVES];
    size_t lost = 0, twice = 0;

    begin(start);
    memset(taken, 0, sizeof(taken));
    weft_store_u32(&owner_done, 0, WEFT_RELAXED);
    weft_store_u32(&disorder, 0, WEFT_RELAXED);
    start_threads(thieves, THIEVES, steal_all, &deque);
    own(burst_most, pops_of_8);
    weft_store_u32(&owner_done, 1, WEFT_RELEASE);
    join_threads(thieves, THIEVES);
    for (size_t n = 1; n <= ENTRIES; n++) {
        lost += weft_load_u32(&taken[n], WEFT_RELAXED) == 0;
        twice += weft_load_u32(&taken[n], WEFT_RELAXED) > 1;
    }
    CU_ASSERT_EQUAL(lost, 0);
    CU_ASSERT_EQUAL(twice, 0);
    CU_ASSERT_EQUAL(weft_load_u32(&disorder, WEFT_RELAXED), 0);
    CU_ASSERT_TRUE(weft__deque_is_empty(&deque));
}

static void nothing_is_lost_or_taken_twice(void)
{
    check_history(0, 2, 8);   /* nearly always empty: all fight for the last entry */
    check_history(0, 20, 4);
    check_history(0, 400, 2); /* often full */
    check_history(UINT64_C(1) << 40, 50, 4);
}

const char *const suite_name = "deque";
CU_TestInfo suite_cases[] = {
    {"the_owner_takes_the_newest_and_thieves_the_oldest",
     the_owner_takes_the_newest_and_thieves_the_oldest},
    {"a_full_one_refuses", a_full_one_refuses},
    {"places_are_used_again", places_are_used_again},
    {"a_thief_leaves_what_its_word_forbids", a_thief_leaves_what_its_word_forbids},
    {"nothing_is_lost_or_taken_twice", nothing_is_lost_or_taken_twice},
    CU_TEST_INFO_NULL,
};
