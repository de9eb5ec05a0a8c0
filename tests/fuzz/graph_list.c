/* SPDX-License-Identifier: MIT */
/* Futures in the order in which they get done, and waiting for several. */
#include "graph.h"

#include <string.h>

#include "weft/error.h"

enum { ITERATORS = 4, MOST_LISTED = 8 };

static struct iterator {
    weft_completion *completion; /* NULL: not in use */
    int listed[MOST_LISTED];
    bool told[MOST_LISTED];
    size_t count;
    unsigned created; /* in which operation: what was done by then has no order */
} iterators[ITERATORS];

static unsigned when(const struct iterator *it, size_t k)
{
    unsigned done = nodes[it->listed[k]].done;

    return done < it->created ? it->created : done;
}

bool is_listed(int i)
{
    for (int k = 0; k < ITERATORS; k++)
        for (size_t m = 0; m < iterators[k].count; m++)
            if (iterators[k].completion && iterators[k].listed[m] == i)
                return true;
    return false;
}

static void close_list(struct iterator *it)
{
    weft_completion_close(it->completion);
    it->completion = NULL;
    for (size_t k = 0; k < it->count; k++)
        forget_if_gone(it->listed[k]);
}

void close_lists(void)
{
    for (int k = 0; k < ITERATORS; k++)
        if (iterators[k].completion)
            close_list(&iterators[k]);
}

static void iterate(void)
{
    weft_future *futures[MOST_LISTED];
    struct iterator *it = &iterators[below(input, ITERATORS)];
    int err;

    if (it->completion) {
        close_list(it);
        return;
    }
    it->count = choose_nodes(it->listed, futures, MOST_LISTED, true);
    it->created = operation;
    memset(it->told, 0, sizeof(it->told));
    refuse();
    err = weft_as_completed(&it->completion, futures, it->count);
    REQUIRE_EQUAL(err, memory_or(0));
    if (err != 0)
        it->completion = NULL;
}

/* The next one told was done in no later operation than any other that is done. */
static void next(void)
{
    struct iterator *it = &iterators[below(input, ITERATORS)];
    size_t index = MOST_LISTED, told = 0;
    unsigned earliest = operation + 1;
    int err;

    if (!it->completion)
        return;
    for (size_t k = 0; k < it->count; k++) {
        told += it->told[k];
        if (!it->told[k] && is_done(it->listed[k]) && when(it, k) < earliest)
            earliest = when(it, k);
    }
    err = weft_completion_next(it->completion, &index, WEFT_NOW);
    if (err != 0) {
        REQUIRE_EQUAL(err, told == it->count ? WEFT_ECLOSED : WEFT_ETIMEDOUT);
        REQUIRE(earliest > operation);
        return;
    }
    REQUIRE(index < it->count && !it->told[index] && is_done(it->listed[index]));
    REQUIRE_EQUAL(when(it, index), earliest);
    it->told[index] = true;
}

static void wait(void)
{
    weft_future *futures[MOST_LISTED];
    int listed[MOST_LISTED];
    size_t count = choose_nodes(listed, futures, MOST_LISTED, true);
    enum weft_wait_for what = (enum weft_wait_for)below(input, 3);
    size_t done = 0, failed = 0;
    bool over;
    int err;

    for (size_t k = 0; k < count; k++) {
        done += is_done(listed[k]);
        failed += is_done(listed[k]) && nodes[listed[k]].code != 0;
    }
    over = done == count || (what == WEFT_FIRST_COMPLETED && done > 0) ||
           (what == WEFT_FIRST_FAILED && failed > 0);
    refuse();
    err = weft_future_wait(futures, count, what, WEFT_NOW);
    if (count == 0 && what == WEFT_FIRST_COMPLETED)
        REQUIRE_EQUAL(err, WEFT_EINVAL);
    else
        REQUIRE_EQUAL(err, memory_or(over ? 0 : WEFT_ETIMEDOUT));
    refuse_allocation(0);
}

void list_or_wait(void)
{
    unsigned what = below(input, 6);

    if (what < 2)
        wait();
    else if (what < 3)
        iterate();
    else
        next();
}
