/* SPDX-License-Identifier: MIT */
/*
 * The order in which locks are acquired, in builds with WEFT_CHECKS.
 *
 * "A is held while B is acquired" is an edge from A to B. Threads that go round a circle
 * of edges can meet in a deadlock, also if they never did so far: an edge that closes
 * one is told, once, by the thread that makes it (as Linux's lockdep and TSan do).
 *
 * Edges are in a table of SETS rows; the number of A picks the row, so all edges from A
 * are found together. A full row forgets an edge: that may miss a circle, and never
 * sees one that is none. Numbers are not given twice, so nothing has to be removed when
 * a lock goes away.
 *
 * `lock` guards the table. The keys of edges may be read without it (acquire, for the
 * release that put it there): most acquires only repeat an edge that is known.
 */
#include "checks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "utf8.h"
#include "weft/thread.h"

enum { SETS = 256, WAYS = 16, MOST_VISITED = 128, NAME_SIZE = 32, TEXT = 384 };

struct edge {
    weft_atomic_u64 key; /* number of `held` << 32 | number of `next`; 0: no edge */
    struct weft__ordered_lock held, next;
    char thread[NAME_SIZE]; /* that acquired them so first */
};

static weft_mutex lock = WEFT__INNER_MUTEX_INIT;
static struct edge edges[SETS][WAYS];
static unsigned char oldest[SETS];

static struct edge *row_of(uint32_t number)
{
    return edges[number * UINT32_C(2654435769) >> 24];
}

static uint64_t key_of(const struct weft__ordered_lock *held, const struct weft__ordered_lock *next)
{
    return (uint64_t)held->number << 32 | next->number;
}

static bool is_known(uint64_t key)
{
    const struct edge *row = row_of((uint32_t)(key >> 32));

    for (int i = 0; i < WAYS; i++)
        if (weft_load_u64(&row[i].key, WEFT_ACQUIRE) == key)
            return true;
    return false;
}

static void add_locked(const struct weft__ordered_lock *held, const struct weft__ordered_lock *next)
{
    struct edge *row = row_of(held->number);
    unsigned char *place = &oldest[(row - edges[0]) / WAYS];
    struct edge *edge = &row[*place];
    const char *name = weft_thread_current_name();

    *place = (unsigned char)((*place + 1) % WAYS);
    weft_store_u64(&edge->key, 0, WEFT_RELAXED);
    edge->held = *held;
    edge->next = *next;
    snprintf(edge->thread, sizeof(edge->thread), "%.*s", (int)weft__utf8_fit(name, NAME_SIZE - 1),
             name);
    weft_store_u64(&edge->key, key_of(held, next), WEFT_RELEASE);
}

/* ---- the way back --------------------------------------------------------------- */

/* Locks that were reached, each by an edge from one before. */
struct search {
    size_t count;
    uint32_t numbers[MOST_VISITED];
    size_t from[MOST_VISITED];
    const struct edge *by[MOST_VISITED];
};

static void reach(struct search *search, uint32_t number, size_t from, const struct edge *by)
{
    for (size_t i = 0; i < search->count; i++)
        if (search->numbers[i] == number)
            return;
    if (search->count == MOST_VISITED)
        return;
    search->numbers[search->count] = number;
    search->from[search->count] = from;
    search->by[search->count++] = by;
}

/* Breadth first, so the way is a shortest one. Its last place, or 0: there is no way. */
static size_t find_way_locked(struct search *search, uint32_t from, uint32_t to)
{
    search->count = 0;
    reach(search, from, 0, NULL);
    for (size_t i = 0; i < search->count; i++) {
        const struct edge *row = row_of(search->numbers[i]);

        if (search->numbers[i] == to)
            return i;
        for (int way = 0; way < WAYS; way++)
            if (weft_load_u64(&row[way].key, WEFT_RELAXED) >> 32 == search->numbers[i])
                reach(search, row[way].next.number, i, &row[way]);
    }
    return 0;
}

static size_t put_lock(char *text, size_t size, const struct weft__ordered_lock *named)
{
    return (size_t)snprintf(text, size, "%s 0x%" PRIxPTR,
                            named->kind == WEFT__MUTEX ? "mutex" : "rwlock",
                            (uintptr_t)named->object);
}

/* "MainThread acquired them the other way round", or each step of a longer way. */
static void describe_locked(const struct search *search, size_t last, char text[TEXT])
{
    size_t length = 0;

    if (search->from[last] == 0) {
        snprintf(text, TEXT, "%s acquired them the other way round", search->by[last]->thread);
        return;
    }
    for (size_t i = last; i != 0 && length + 1 < TEXT; i = search->from[i]) {
        const struct edge *edge = search->by[i];
        char held[64], next[64];

        put_lock(held, sizeof(held), &edge->held);
        put_lock(next, sizeof(next), &edge->next);
        length +=
            (size_t)snprintf(text + length, TEXT - length, "%s%s acquired %s while it held %s",
                             i == last ? "" : ", ", edge->thread, next, held);
    }
}

void weft__lock_order(const struct weft__ordered_lock *held, const struct weft__ordered_lock *next)
{
    uint64_t key = key_of(held, next);
    char before[TEXT], first[64], second[64];
    struct search search;
    size_t last = 0;

    if (is_known(key))
        return;
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    if (!is_known(key)) {
        last = find_way_locked(&search, next->number, held->number);
        if (last != 0)
            describe_locked(&search, last, before);
        add_locked(held, next);
    }
    weft_mutex_release(&lock);
    if (last == 0)
        return;
    put_lock(first, sizeof(first), held);
    put_lock(second, sizeof(second), next);
    weft__misuse(WEFT_EDEADLK, "lock order: %s acquires %s while it holds %s, but %s",
                 weft_thread_current_name(), second, first, before);
}
