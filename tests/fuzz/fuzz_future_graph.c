/* SPDX-License-Identifier: MIT */
/*
 * Futures in graphs: promises made by hand, groups, chains in a pool, callbacks and
 * iterators, cancelled and released in any order.
 *
 * The input begins with its kind: with a pool, whose only worker waits at a gate during
 * each operation, so that what was submitted has not begun; or without, and then memory
 * may be refused.
 */
#include "graph.h"

#include <string.h>

#include "promise.h"
#include "weft/atomic.h"
#include "weft/error.h"

enum { CALLBACKS = 64 };

const char *const fuzz_name = "future_graph";

static struct callback {
    weft_atomic_u32 calls;
    int node; /* NONE: released since */
    bool added;
    bool releases; /* the consumer's reference, from inside */
    int code;      /* what the future said */
} callbacks[CALLBACKS];

void fuzz_prepare(void)
{
}

/* ---- helpers ----------------------------------------------------------------- */

static int free_node(void)
{
    for (int i = 0; i < NODES; i++)
        if (nodes[i].kind == FREE)
            return i;
    return NONE;
}

static bool is_needed(int i)
{
    for (int k = 0; k < NODES; k++)
        for (size_t m = 0; m < nodes[k].count; m++)
            if (nodes[k].kind != FREE && nodes[k].members[m] == i)
                return true;
    return is_listed(i);
}

/* A promise stays while its producer has it, and what others need of the model too. */
void forget_if_gone(int i)
{
    if (nodes[i].kind == FREE || nodes[i].future || nodes[i].producer || is_needed(i))
        return;
    for (int k = 0; k < CALLBACKS; k++)
        if (callbacks[k].added && callbacks[k].node == i)
            callbacks[k].node = NONE;
    nodes[i] = (struct node){0};
}

/* ---- new nodes --------------------------------------------------------------- */

static void add(int i, enum kind kind, weft_future *future, const int *members, size_t count)
{
    nodes[i] = (struct node){.kind = kind, .future = future, .created = operation, .count = count};
    for (size_t k = 0; k < count; k++)
        nodes[i].members[k] = members[k];
}

static void promise(void)
{
    int i = free_node();
    weft_future *future;

    if (i == NONE)
        return;
    refuse();
    future = weft__future_create();
    REQUIRE_EQUAL(future ? 0 : WEFT_ENOMEM, memory_or(0));
    if (!future)
        return;
    add(i, PROMISE, future, NULL, 0);
    nodes[i].producer = future;
}

static void group(enum kind kind)
{
    weft_future *futures[MEMBERS], *future;
    int members[MEMBERS];
    size_t count = choose_nodes(members, futures, MEMBERS, false);
    int i = free_node();
    int err;

    if (i == NONE)
        return;
    refuse();
    err = kind == ALL ? weft_future_all(&future, futures, count)
                      : weft_future_any(&future, futures, count);
    if (err == 0 && was_refused())
        refuse_allocation(0); /* it was for a sentence, which is left out then */
    REQUIRE_EQUAL(err, memory_or(kind == ANY && count == 0 ? WEFT_EINVAL : 0));
    if (err == 0)
        add(i, kind, future, members, count);
}

static void chain(enum kind kind)
{
    int source = choose_node();
    int i = free_node();
    weft_future *future;

    if (!pool || source == NONE || i == NONE)
        return;
    if (kind == THEN)
        REQUIRE_EQUAL(weft_then(pool, &future, nodes[source].future, follow), 0);
    else
        REQUIRE_EQUAL(weft_otherwise(pool, &future, nodes[source].future, recover), 0);
    add(i, kind, future, &source, 1);
}

/* ---- what happens to them ---------------------------------------------------- */

static void begin(int i)
{
    if (!nodes[i].producer)
        return;
    REQUIRE_EQUAL(weft__future_begin(nodes[i].producer), nodes[i].state == PENDING);
    if (nodes[i].state == PENDING)
        nodes[i].state = RUNNING;
}

static void finish(int i)
{
    static const int codes[] = {WEFT_EFAILED, WEFT_ELOST, WEFT_ECANCELED, WEFT_ETIMEDOUT};
    weft_future *producer = nodes[i].producer;
    unsigned what = take(input);
    uint8_t bytes[RESULT];
    size_t size = what % RESULT;

    if (!producer || nodes[i].state != RUNNING)
        return;
    memset(bytes, (int)what, sizeof(bytes));
    if (what < 0xC0) {
        REQUIRE_EQUAL(weft__future_keep(producer, bytes, size / 2), 0); /* the last one counts */
        REQUIRE_EQUAL(weft__future_keep(producer, bytes, size), 0);
        set_done(i, FINISHED, 0, bytes, size);
        weft__future_finish(producer, 0, NULL);
    } else {
        set_done(i, FINISHED, codes[what % 4], NULL, 0);
        weft__future_finish(producer, codes[what % 4], "the promise was broken");
    }
}

static void release_producer(int i)
{
    if (!is_done(i))
        return;
    weft_future_release(nodes[i].producer);
    nodes[i].producer = NULL;
    forget_if_gone(i);
}

static void cancel(int i)
{
    static const int expected[] = {0, WEFT_EBUSY, WEFT_ECLOSED, 0};

    if (i == NONE)
        return;
    REQUIRE_EQUAL(weft_future_cancel(nodes[i].future), expected[nodes[i].state]);
    model_cancel(i);
}

/* Of a group: of each member, which then decide. */
static void interrupt(int i)
{
    static const int expected[] = {0, 0, WEFT_ECLOSED, 0}; /* what runs is only asked */

    if (i == NONE)
        return;
    REQUIRE_EQUAL(weft_future_interrupt(nodes[i].future), expected[nodes[i].state]);
    if (is_done(i) || (nodes[i].kind != ALL && nodes[i].kind != ANY)) {
        model_cancel(i);
        return;
    }
    for (size_t k = 0; k < nodes[i].count; k++)
        model_cancel(nodes[i].members[k]);
}

static void ask_for_another_size(int i)
{
    uint8_t bytes[RESULT + 1];

    if (i == NONE || !is_done(i) || nodes[i].code != 0)
        return;
    expect_misuse(WEFT_EINVAL);
    REQUIRE_EQUAL(weft_future_result(nodes[i].future, bytes, nodes[i].size + 1, WEFT_NOW),
                  WEFT_EINVAL);
    require_misuse_seen();
}

/* Promises can always go; of the others the model must know how they end. */
static void release(int i)
{
    if (i == NONE || (nodes[i].kind != PROMISE && !is_done(i) && is_needed(i)))
        return;
    for (int k = 0; k < CALLBACKS; k++)
        if (callbacks[k].added && callbacks[k].node == i)
            callbacks[k].releases = false;
    weft_future_release(nodes[i].future);
    nodes[i].future = NULL;
    forget_if_gone(i);
}

static void note(weft_future *future, void *context)
{
    struct callback *callback = context;

    REQUIRE(weft_future_done(future));
    callback->code = weft_future_result(future, NULL, 0, WEFT_NOW);
    if (callback->releases) {
        nodes[callback->node].future = NULL;
        weft_future_release(future);
    }
    weft_fetch_add_u32(&callback->calls, 1, WEFT_ACQ_REL);
}

static void add_callback(int i)
{
    int k = 0;
    int err;

    while (k < CALLBACKS && callbacks[k].added)
        k++;
    if (i == NONE || k == CALLBACKS)
        return;
    callbacks[k] = (struct callback){.node = i};
    /* The only one, or another would find it gone; and not in the worker, that the model
     * does not wait for if it has no future. */
    callbacks[k].releases = nodes[i].kind == PROMISE && !is_done(i) && take(input) > 0xC0;
    for (int other = 0; other < CALLBACKS; other++)
        if (callbacks[other].added && callbacks[other].node == i && callbacks[other].releases)
            callbacks[k].releases = false;
    refuse();
    err = weft_future_on_done(nodes[i].future, note, &callbacks[k]);
    REQUIRE_EQUAL(err, memory_or(0));
    callbacks[k].added = err == 0;
}

/* ---- the whole ---------------------------------------------------------------- */

static void operate(void)
{
    unsigned what = below(input, 16);
    bool gated = has_chains();

    operation++;
    if (gated)
        shut_gate();
    if (what < 3)
        promise();
    else if (what < 5)
        group(what == 3 ? ALL : ANY);
    else if (what < 7)
        chain(what == 5 ? THEN : OTHERWISE);
    else if (what < 8)
        begin((int)below(input, NODES));
    else if (what < 10)
        finish((int)below(input, NODES));
    else if (what < 11)
        cancel(choose_node());
    else if (what < 12)
        release(choose_node());
    else if (what < 13)
        release_producer((int)below(input, NODES));
    else if (what < 14)
        add_callback(choose_node());
    else if (what < 15)
        list_or_wait();
    else if (below(input, 2))
        interrupt(choose_node());
    else
        ask_for_another_size(choose_node());
    if (gated)
        open_gate();
    gated = gated || has_chains();
    settle();
    if (gated)
        rest();
}

/* Each callback that was added came once, if its future is done. */
static void check_callbacks(bool at_the_end)
{
    for (int k = 0; k < CALLBACKS; k++) {
        const struct callback *callback = &callbacks[k];
        uint32_t calls = weft_load_u32(&callback->calls, WEFT_ACQUIRE);

        if (!callback->added)
            continue;
        if (callback->node == NONE) {
            REQUIRE(at_the_end ? calls == 1 : calls <= 1);
            continue;
        }
        REQUIRE_EQUAL(calls, is_done(callback->node));
        if (calls > 0)
            REQUIRE_EQUAL(callback->code, nodes[callback->node].code);
    }
}

/* Each promise is broken that was not kept: everything else ends by that. */
static void end(void)
{
    for (int i = 0; i < NODES; i++) {
        struct node *node = &nodes[i];

        if (node->kind != PROMISE || !node->producer)
            continue;
        if (weft__future_begin(node->producer) || node->state == RUNNING) {
            set_done(i, FINISHED, WEFT_EFAILED, NULL, 0);
            weft__future_finish(node->producer, WEFT_EFAILED, "the end");
        }
        weft_future_release(node->producer);
        node->producer = NULL;
    }
    operation++;
    settle();
    if (pool)
        rest();
    check_callbacks(true);
    close_lists();
    for (int i = 0; i < NODES; i++)
        weft_future_release(nodes[i].future);
    weft_executor_close(pool);
}

void fuzz(struct input *in)
{
    memset(nodes, 0, sizeof(nodes));
    memset(callbacks, 0, sizeof(callbacks));
    input = in;
    operation = 0;
    pool = NULL;
    may_refuse = take(in) % 4 != 0;
    if (!may_refuse) {
        pool = weft_thread_pool(&(weft_pool_options){.workers = 1});
        REQUIRE(pool != NULL);
    }
    while (in->left > 0) {
        operate();
        check_callbacks(false);
    }
    end();
}
