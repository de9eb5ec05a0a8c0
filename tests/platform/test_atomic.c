/* SPDX-License-Identifier: MIT */
/* Each operation alone, then what only threads can show: nothing lost, torn or reordered. */
#include "check.h"

#include <stdlib.h>

#include "crew.h"
#include "weft/atomic.h"
#include "weft/barrier.h"

enum { THREADS = 4, ROUNDS = 200000 };

_Static_assert(_Alignof(weft_atomic_u64) == 8, "one access reads and writes it whole");

static void u32_operations_do_what_they_say(void)
{
    weft_atomic_u32 a = {0};
    uint32_t seen = 1;

    weft_store_u32(&a, 5, WEFT_RELEASE);
    CU_ASSERT_EQUAL(weft_load_u32(&a, WEFT_ACQUIRE), 5);
    CU_ASSERT_EQUAL(weft_exchange_u32(&a, 6, WEFT_ACQ_REL), 5);
    CU_ASSERT_EQUAL(weft_fetch_add_u32(&a, 2, WEFT_RELAXED), 6);
    CU_ASSERT_EQUAL(weft_fetch_sub_u32(&a, 9, WEFT_RELAXED), 8);
    CU_ASSERT_EQUAL(weft_load_u32(&a, WEFT_SEQ_CST), UINT32_MAX);
    CU_ASSERT_EQUAL(weft_fetch_and_u32(&a, 0xF0, WEFT_RELEASE), UINT32_MAX);
    CU_ASSERT_EQUAL(weft_fetch_or_u32(&a, 0x0F, WEFT_ACQUIRE), 0xF0);
    CU_ASSERT_FALSE(weft_cas_u32(&a, &seen, 7, WEFT_SEQ_CST));
    CU_ASSERT_EQUAL(seen, 0xFF);
    CU_ASSERT_TRUE(weft_cas_u32(&a, &seen, 7, WEFT_ACQ_REL));
    CU_ASSERT_EQUAL(weft_load_u32(&a, WEFT_RELAXED), 7);
}

static void u64_operations_use_all_64_bits(void)
{
    const uint64_t big = UINT64_C(0xFFFFFFFF00000001);
    weft_atomic_u64 a = {0};
    uint64_t seen = big;

    weft_store_u64(&a, UINT64_C(0xFFFFFFFF), WEFT_RELEASE);
    CU_ASSERT_EQUAL(weft_fetch_add_u64(&a, 2, WEFT_RELAXED), UINT64_C(0xFFFFFFFF));
    CU_ASSERT_EQUAL(weft_load_u64(&a, WEFT_ACQUIRE), UINT64_C(0x100000001));
    CU_ASSERT_EQUAL(weft_fetch_sub_u64(&a, UINT64_C(0x200000000), WEFT_RELAXED),
                    UINT64_C(0x100000001));
    CU_ASSERT_EQUAL(weft_exchange_u64(&a, 5, WEFT_ACQ_REL), big);
    CU_ASSERT_FALSE(weft_cas_u64(&a, &seen, 1, WEFT_RELEASE));
    CU_ASSERT_EQUAL(seen, 5);
    CU_ASSERT_TRUE(weft_cas_u64(&a, &seen, big, WEFT_RELAXED));
    CU_ASSERT_EQUAL(weft_fetch_and_u64(&a, ~UINT64_C(1), WEFT_RELAXED), big);
    CU_ASSERT_EQUAL(weft_fetch_or_u64(&a, 2, WEFT_RELAXED), UINT64_C(0xFFFFFFFF00000000));
    CU_ASSERT_EQUAL(weft_load_u64(&a, WEFT_SEQ_CST), UINT64_C(0xFFFFFFFF00000002));
}

static void pointer_operations_do_what_they_say(void)
{
    int one = 1, two = 2;
    weft_atomic_pointer a = {NULL};
    void *seen = &one;

    CU_ASSERT_PTR_NULL(weft_load_pointer(&a, WEFT_ACQUIRE));
    weft_store_pointer(&a, &two, WEFT_RELEASE);
    CU_ASSERT_FALSE(weft_cas_pointer(&a, &seen, &one, WEFT_ACQ_REL));
    CU_ASSERT_PTR_EQUAL(seen, &two);
    CU_ASSERT_TRUE(weft_cas_pointer(&a, &seen, &one, WEFT_ACQ_REL));
    CU_ASSERT_PTR_EQUAL(weft_exchange_pointer(&a, NULL, WEFT_SEQ_CST), &one);
}

static void sizes_are_those_of_the_plain_types(void)
{
    CU_ASSERT_EQUAL(sizeof(weft_atomic_u32), 4);
    CU_ASSERT_EQUAL(sizeof(weft_atomic_u64), 8);
    CU_ASSERT_EQUAL(sizeof(weft_atomic_pointer), sizeof(void *));
}

struct sums {
    weft_atomic_u32 added; /* all by any thread, relaxed */
    weft_atomic_u64 wide;
    weft_atomic_u32 swapped;
    weft_atomic_u32 numbers;
    weft_atomic_u32 bits;
};

static int add_in_every_way(weft_task *task)
{
    struct sums *s = WEFT_ARG(task, struct sums *);
    uint32_t mine = 1u << weft_fetch_add_u32(&s->numbers, 1, WEFT_RELAXED);

    for (int i = 0; i < ROUNDS; i++) {
        uint32_t seen = weft_load_u32(&s->swapped, WEFT_RELAXED);

        weft_fetch_add_u32(&s->added, 1, WEFT_RELAXED);
        weft_fetch_add_u64(&s->wide, UINT64_C(0x100000001), WEFT_RELAXED);
        while (!weft_cas_u32(&s->swapped, &seen, seen + 1, WEFT_RELAXED))
            continue;
        weft_fetch_or_u32(&s->bits, mine, WEFT_RELAXED);
        if (i < ROUNDS - 1)
            weft_fetch_and_u32(&s->bits, ~mine, WEFT_RELAXED);
    }
    return 0;
}

static void no_addition_of_any_thread_is_lost(void)
{
    struct sums s = {{0}, {0}, {0}, {0}, {0}};
    weft_thread *threads[THREADS];

    start_threads(threads, THREADS, add_in_every_way, &s);
    join_threads(threads, THREADS);
    CU_ASSERT_EQUAL(weft_load_u32(&s.added, WEFT_RELAXED), THREADS * ROUNDS);
    CU_ASSERT_EQUAL(weft_load_u64(&s.wide, WEFT_RELAXED),
                    (uint64_t)THREADS * ROUNDS * UINT64_C(0x100000001));
    CU_ASSERT_EQUAL(weft_load_u32(&s.swapped, WEFT_RELAXED), THREADS * ROUNDS);
    CU_ASSERT_EQUAL(weft_load_u32(&s.bits, WEFT_RELAXED), (1u << THREADS) - 1);
}

struct swaps {
    weft_atomic_u64 place;   /* any thread */
    weft_atomic_u32 numbers; /* any thread, relaxed */
    weft_atomic_u64 sum;     /* of what the threads hold at the end, relaxed */
};

static int swap_again_and_again(weft_task *task)
{
    struct swaps *s = WEFT_ARG(task, struct swaps *);
    uint64_t mine = UINT64_C(1) << 8 * weft_fetch_add_u32(&s->numbers, 1, WEFT_RELAXED);

    for (int i = 0; i < ROUNDS; i++)
        mine = weft_exchange_u64(&s->place, mine, WEFT_ACQ_REL);
    weft_fetch_add_u64(&s->sum, mine, WEFT_RELAXED);
    return 0;
}

static void exchange_neither_loses_nor_doubles_a_value(void)
{
    struct swaps s = {{0}, {0}, {0}};
    weft_thread *threads[THREADS];

    start_threads(threads, THREADS, swap_again_and_again, &s);
    join_threads(threads, THREADS);
    CU_ASSERT_EQUAL(weft_load_u64(&s.place, WEFT_RELAXED) + weft_load_u64(&s.sum, WEFT_RELAXED),
                    UINT64_C(0x01010101));
}

struct halves {
    weft_atomic_u64 value; /* the writer, relaxed: both halves are always equal */
    weft_atomic_u32 over;  /* the writer, release */
    weft_atomic_u32 torn;  /* the reader, relaxed */
};

static int look_for_torn_values(weft_task *task)
{
    struct halves *h = WEFT_ARG(task, struct halves *);

    do {
        uint64_t value = weft_load_u64(&h->value, WEFT_RELAXED);

        if (value >> 32 != (value & UINT32_MAX))
            weft_fetch_add_u32(&h->torn, 1, WEFT_RELAXED);
    } while (weft_load_u32(&h->over, WEFT_ACQUIRE) == 0);
    return 0;
}

static void a_u64_is_never_seen_half_written(void)
{
    struct halves h = {{0}, {0}, {0}};
    weft_thread *reader;

    start_threads(&reader, 1, look_for_torn_values, &h);
    for (uint64_t i = 0; i < 10 * ROUNDS; i++)
        weft_store_u64(&h.value, i << 32 | i, WEFT_RELAXED);
    weft_store_u32(&h.over, 1, WEFT_RELEASE);
    join_threads(&reader, 1);
    CU_ASSERT_EQUAL(weft_load_u32(&h.torn, WEFT_RELAXED), 0);
}

/* One flag for each message, so nobody has to spin until the other side is ready. */
struct message {
    int text; /* plain: written before `sent`, read after it was seen */
    weft_atomic_u32 sent;
};

struct post {
    weft_barrier start;
    struct message messages[ROUNDS];
    uint32_t wrong; /* the reader's */
};

static int read_messages(weft_task *task)
{
    struct post *p = WEFT_ARG(task, struct post *);

    weft_barrier_wait(&p->start, NULL, SOON);
    for (int i = 0; i < ROUNDS; i++) {
        if (weft_load_u32(&p->messages[i].sent, WEFT_ACQUIRE) == 0)
            continue;
        p->wrong += p->messages[i].text != i + 1;
    }
    return 0;
}

static void what_was_written_before_a_release_is_seen_after_an_acquire(void)
{
    struct post *p = calloc(1, sizeof(*p));
    weft_thread *reader;

    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    p->start = (weft_barrier)WEFT_BARRIER_INIT(2);
    start_threads(&reader, 1, read_messages, p);
    weft_barrier_wait(&p->start, NULL, SOON);
    for (int i = 0; i < ROUNDS; i++) {
        p->messages[i].text = i + 1;
        weft_store_u32(&p->messages[i].sent, 1, WEFT_RELEASE);
    }
    join_threads(&reader, 1);
    CU_ASSERT_EQUAL(p->wrong, 0);
    free(p);
}

/* Dekker's flags: without a full barrier both sides can miss the other's flag. */
struct flags {
    weft_barrier start;
    weft_atomic_u32 mine[2][ROUNDS];
    uint32_t other[2][ROUNDS]; /* what each side saw of the other's */
};

static void raise_and_look(struct flags *f, int side)
{
    weft_barrier_wait(&f->start, NULL, SOON);
    for (int i = 0; i < ROUNDS; i++) {
        weft_store_u32(&f->mine[side][i], 1, WEFT_RELAXED);
        weft_fence();
        f->other[side][i] = weft_load_u32(&f->mine[1 - side][i], WEFT_RELAXED);
    }
}

static int take_the_other_side(weft_task *task)
{
    raise_and_look(WEFT_ARG(task, struct flags *), 1);
    return 0;
}

static void of_two_that_raise_flags_with_a_fence_one_sees_the_other(void)
{
    struct flags *f = calloc(1, sizeof(*f));
    weft_thread *other;
    int missed = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    f->start = (weft_barrier)WEFT_BARRIER_INIT(2);
    start_threads(&other, 1, take_the_other_side, f);
    raise_and_look(f, 0);
    join_threads(&other, 1);
    for (int i = 0; i < ROUNDS; i++)
        missed += f->other[0][i] == 0 && f->other[1][i] == 0;
    CU_ASSERT_EQUAL(missed, 0);
    free(f);
}

const char *const suite_name = "atomic";
CU_TestInfo suite_cases[] = {
    {"u32_operations_do_what_they_say", u32_operations_do_what_they_say},
    {"u64_operations_use_all_64_bits", u64_operations_use_all_64_bits},
    {"pointer_operations_do_what_they_say", pointer_operations_do_what_they_say},
    {"sizes_are_those_of_the_plain_types", sizes_are_those_of_the_plain_types},
    {"no_addition_of_any_thread_is_lost", no_addition_of_any_thread_is_lost},
    {"exchange_neither_loses_nor_doubles_a_value", exchange_neither_loses_nor_doubles_a_value},
    {"a_u64_is_never_seen_half_written", a_u64_is_never_seen_half_written},
    {"what_was_written_before_a_release_is_seen_after_an_acquire",
     what_was_written_before_a_release_is_seen_after_an_acquire},
    {"of_two_that_raise_flags_with_a_fence_one_sees_the_other",
     of_two_that_raise_flags_with_a_fence_one_sees_the_other},
    CU_TEST_INFO_NULL,
};
