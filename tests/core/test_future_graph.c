/* SPDX-License-Identifier: MIT */
/*
 * Random graphs of chains and groups, run by four workers while the main thread builds,
 * cancels, interrupts and releases; then checked against a model that goes through the
 * same graph one node after the other.
 *
 * What a function makes of its argument depends on the argument alone, so the model
 * knows it. It does not know the schedule: which member's error a group gets, and which
 * cancel came in time. For the first it has sets of codes; a cancel it takes from the
 * record, where one was asked for.
 */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "weft/atomic.h"
#include "weft/event.h"
#include "weft/executor.h"
#include "weft/fault.h"
#include "weft/future.h"

enum { NODES = 120, MEMBERS = 4, GRAPHS = 200, WORKERS = 4 };

enum kind { LEAF, THEN, OTHERWISE, ALL, ANY, KINDS };

/* Of another size than an index or a weft_failure. */
struct value {
    int number, padding[2];
};

struct node {
    enum kind kind;
    unsigned members[MEMBERS], count; /* places of earlier nodes */
    int input;                        /* of a leaf */
    weft_future *future;              /* NULL: released */
    bool cancelled;                   /* weft_future_cancel() returned 0 */
    bool asked;                       /* so did that or interrupt, of it or a group above */
    weft_atomic_u32 ended;            /* calls of record(); the next three are its */
    int code, number;
    size_t index;
    bool ok; /* the model's, like the next two */
    unsigned codes;
    int expected;
};

static struct node nodes[NODES];
static weft_executor *pool;
static weft_event go;           /* some leaves wait for it */
static weft_atomic_u32 endings; /* of all nodes */
static weft_event all_ended;
static uint32_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % limit;
}

/* ---- what the functions do ------------------------------------------------------ */

enum { OF_A_GROUP = 1, OF_A_FAILURE = 7 }; /* numbers that stand for other arguments */

/* One in four fails, in one of two ways. */
static int outcome(int input, int *number)
{
    uint32_t hash = (uint32_t)input * 2654435761u;

    hash ^= hash >> 15;
    *number = (int)(hash & 0xffff);
    if (hash % 4 != 0)
        return 0;
    return hash % 8 == 0 ? WEFT_EFAILED : WEFT_ETOOBIG;
}

static int input_of(weft_task *task)
{
    switch (weft_task_argument_size(task)) {
    case sizeof(struct value):
        return WEFT_ARG(task, struct value).number;
    case sizeof(weft_failure):
        return OF_A_FAILURE;
    default:
        return OF_A_GROUP;
    }
}

static int step(weft_task *task)
{
    struct value value = {0};
    int input = input_of(task), code = outcome(input, &value.number);

    if (code != 0)
        return weft_task_fail(task, code, "input %d", input);
    return weft_task_return(task, &value, sizeof(value));
}

static int wait_and_step(weft_task *task)
{
    int err = weft_event_wait(&go, WEFT_FOREVER);

    return err != 0 ? err : step(task);
}

/* ---- the graph -------------------------------------------------------------------- */

static void record(weft_future *future, void *context)
{
    struct node *node = context;
    struct value value = {.number = OF_A_GROUP};
    size_t size = weft_future_size(future);

    node->code = weft_future_result(future, NULL, 0, WEFT_NOW);
    if (node->code == 0 && size == sizeof(value))
        node->code = weft_future_result(future, &value, sizeof(value), WEFT_NOW);
    if (node->code == 0 && size == sizeof(node->index))
        node->code = weft_future_result(future, &node->index, sizeof(node->index), WEFT_NOW);
    else if (node->code != 0 && node->code != WEFT_ECANCELED &&
             strncmp(weft_last_error(), "input ", 6) != 0)
        node->code = WEFT_EINVAL; /* the sentence was lost: not what the model expects */
    node->number = value.number;
    weft_fetch_add_u32(&node->ended, 1, WEFT_SEQ_CST);
    if (weft_fetch_add_u32(&endings, 1, WEFT_SEQ_CST) == NODES - 1)
        weft_event_set(&all_ended);
}

/* Some earlier node that was not released; leaves are never. */
static unsigned pick(unsigned below)
{
    unsigned place = random_below(below);

    while (!nodes[place].future)
        place = (place + 1) % below;
    return place;
}

static int make(struct node *node, unsigned place)
{
    weft_future *members[MEMBERS];
    struct value value = {.number = node->input};

    for (unsigned i = 0; i < node->count; i++) {
        node->members[i] = pick(place);
        members[i] = nodes[node->members[i]].future;
    }
    switch (node->kind) {
    case THEN:
        return weft_then(pool, &node->future, members[0], step);
    case OTHERWISE:
        return weft_otherwise(pool, &node->future, members[0], step);
    case ALL:
        return weft_future_all(&node->future, members, node->count);
    case ANY:
        return weft_future_any(&node->future, members, node->count);
    default:
        return weft_submit(pool, &node->future, random_below(4) == 0 ? wait_and_step : step, &value,
                           sizeof(value));
    }
}

static void disturb(unsigned below)
{
    struct node *node = &nodes[pick(below)];

    switch (random_below(24)) {
    case 0:
        if (weft_future_cancel(node->future) == 0)
            node->cancelled = node->asked = true;
        break;
    case 1:
        if (weft_future_interrupt(node->future) == 0)
            node->asked = true;
        break;
    case 2:
    case 3:
        if (node->kind == LEAF)
            break;
        weft_future_release(node->future);
        node->future = NULL;
        break;
    default:
        break;
    }
}

static void build(bool disturbed)
{
    for (unsigned place = 0; place < NODES; place++) {
        struct node *node = &nodes[place];

        memset(node, 0, sizeof(*node));
        node->kind = place < 4 ? LEAF : (enum kind)random_below(KINDS);
        node->input = (int)random_below(1000);
        if (node->kind == THEN || node->kind == OTHERWISE)
            node->count = 1;
        else if (node->kind != LEAF)
            node->count = 1 + random_below(MEMBERS);
        CU_ASSERT_EQUAL_FATAL(make(node, place), 0);
        CU_ASSERT_EQUAL_FATAL(weft_future_on_done(node->future, record, node), 0);
        if (disturbed)
            disturb(place + 1);
        if (random_below(NODES) == 0)
            weft_event_set(&go);
    }
}

/* ---- the model ---------------------------------------------------------------------- */

static unsigned bit_of(int code)
{
    return code == WEFT_EFAILED ? 1 : code == WEFT_ETOOBIG ? 2 : code == WEFT_ECANCELED ? 4 : 8;
}

static void run_model(struct node *node, int input)
{
    int code = outcome(input, &node->expected);

    node->ok = code == 0;
    node->codes = code == 0 ? 0 : bit_of(code);
}

static void group_model(struct node *node)
{
    unsigned good = 0;

    for (unsigned i = 0; i < node->count; i++) {
        good += nodes[node->members[i]].ok;
        node->codes |= nodes[node->members[i]].codes;
    }
    node->ok = node->kind == ALL ? good == node->count : good > 0;
    node->expected = OF_A_GROUP;
    if (node->ok)
        node->codes = 0;
}

static void model(struct node *node)
{
    struct node *source = &nodes[node->members[0]];

    if (node->asked && node->code == WEFT_ECANCELED) {
        node->codes = bit_of(WEFT_ECANCELED);
    } else if (node->kind == LEAF) {
        run_model(node, node->input);
    } else if (node->kind == ALL || node->kind == ANY) {
        group_model(node);
    } else if (source->ok == (node->kind == THEN)) {
        run_model(node, source->ok ? source->expected : OF_A_FAILURE);
    } else {
        node->ok = source->ok;
        node->codes = source->codes;
        node->expected = source->expected;
    }
}

static bool as_expected(const struct node *node)
{
    if (weft_load_u32(&node->ended, WEFT_SEQ_CST) != 1)
        return false;
    if (node->cancelled && node->code != WEFT_ECANCELED)
        return false;
    if (!node->ok)
        return node->code != 0 && (node->codes & bit_of(node->code)) != 0;
    if (node->code == 0 && node->kind == ANY)
        return node->index < node->count && nodes[node->members[node->index]].ok;
    return node->code == 0 && node->number == node->expected;
}

static unsigned check(unsigned graph)
{
    unsigned mistakes = 0;

    for (unsigned place = NODES; place-- > 0;) /* what was asked of a group, was of its members */
        if (nodes[place].asked && (nodes[place].kind == ALL || nodes[place].kind == ANY))
            for (unsigned i = 0; i < nodes[place].count; i++)
                nodes[nodes[place].members[i]].asked = true;
    for (unsigned place = 0; place < NODES; place++) {
        struct node *node = &nodes[place];

        model(node);
        if (as_expected(node))
            continue;
        printf("\n    graph %u, node %u of kind %d: ended %u times, code %d, number %d; expected"
               " %s, codes %x, number %d\n",
               graph, place, (int)node->kind, (unsigned)weft_load_u32(&node->ended, WEFT_SEQ_CST),
               node->code, node->number, node->ok ? "a result" : "an error", node->codes,
               node->expected);
        mistakes++;
    }
    return mistakes;
}

static unsigned run(unsigned graph, bool disturbed)
{
    random_state = 2463534242u + graph;
    weft_event_clear(&go);
    weft_event_clear(&all_ended);
    weft_store_u32(&endings, 0, WEFT_SEQ_CST);
    pool = weft_thread_pool(&(weft_pool_options){.workers = WORKERS});
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    build(disturbed);
    for (unsigned i = 0; i < NODES && disturbed; i++)
        disturb(NODES);
    weft_event_set(&go);
    CHECK_OK(weft_event_wait(&all_ended, SOON));
    for (unsigned place = 0; place < NODES; place++)
        weft_future_release(nodes[place].future);
    CHECK_OK(weft_executor_shutdown(pool, WEFT_DRAIN, SOON));
    weft_executor_close(pool);
    return check(graph);
}

/* At every 16th fault point the thread stands still, and others overtake it. */
static int stand_still(const char *point)
{
    static weft_atomic_u32 passages;

    (void)point;
    if (weft_fetch_add_u32(&passages, 1, WEFT_RELAXED) % 16 == 0)
        (void)weft_sleep(WEFT_MS(1) / 20);
    return 0;
}

static void run_graphs(bool disturbed)
{
    unsigned mistakes = 0;

    watch_memory();
    for (unsigned graph = 0; graph < GRAPHS; graph++) {
        weft_fault_hook(graph % 2 == 0 ? NULL : stand_still);
        mistakes += run(graph, disturbed);
    }
    weft_fault_hook(NULL);
    CU_ASSERT_EQUAL(mistakes, 0);
    unwatch_memory();
}

static void graphs_end_as_the_model_says(void)
{
    run_graphs(false);
}

static void disturbed_graphs_end_as_the_model_says(void)
{
    run_graphs(true);
}

const char *const suite_name = "future_graph";
CU_TestInfo suite_cases[] = {
    {"graphs_end_as_the_model_says", graphs_end_as_the_model_says},
    {"disturbed_graphs_end_as_the_model_says", disturbed_graphs_end_as_the_model_says},
    CU_TEST_INFO_NULL,
};
