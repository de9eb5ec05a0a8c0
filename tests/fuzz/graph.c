/* SPDX-License-Identifier: MIT */
#include "graph.h"

#include <string.h>

#include "weft/atomic.h"
#include "weft/error.h"
#include "weft/event.h"
#include "weft/wait.h"

struct node nodes[NODES];
unsigned operation;
struct input *input;
bool may_refuse;
weft_executor *pool;

static weft_event at_the_gate;
static uint32_t gates;            /* that were shut; each lets through who is there once */
static weft_atomic_u32 gate_open; /* the last of them that was opened */

bool is_done(int i)
{
    return nodes[i].state == FINISHED || nodes[i].state == CANCELLED;
}

void set_done(int i, enum state state, int code, const void *bytes, size_t size)
{
    nodes[i].state = state;
    nodes[i].code = code;
    nodes[i].size = size;
    if (size > 0)
        memcpy(nodes[i].bytes, bytes, size);
    nodes[i].done = operation;
}

void model_cancel(int i)
{
    if (nodes[i].state != PENDING)
        return;
    set_done(i, CANCELLED, WEFT_ECANCELED, NULL, 0);
    if (nodes[i].kind == ALL || nodes[i].kind == ANY)
        for (size_t k = 0; k < nodes[i].count; k++)
            model_cancel(nodes[i].members[k]); /* none is a group */
}

/* ---- choosing ---------------------------------------------------------------- */

int choose_node(void)
{
    int i = (int)below(input, NODES);

    return nodes[i].kind != FREE && nodes[i].future ? i : NONE;
}

size_t choose_nodes(int *some, weft_future **futures, size_t most, bool groups)
{
    size_t wanted = below(input, (unsigned)most + 1);
    size_t count = 0;

    while (count < wanted && input->left > 0) {
        int i = choose_node();

        if (i == NONE || (!groups && (nodes[i].kind == ALL || nodes[i].kind == ANY)))
            continue;
        some[count] = i;
        futures[count++] = nodes[i].future;
    }
    return count;
}

void refuse(void)
{
    refuse_allocation(may_refuse && take(input) >= 0xC0 ? below(input, 4) + 1 : 0);
}

int memory_or(int err)
{
    int expected = was_refused() ? WEFT_ENOMEM : err;

    refuse_allocation(0);
    return expected;
}

/* ---- the pool ---------------------------------------------------------------- */

static int wait_at_the_gate(weft_task *task)
{
    uint32_t number = WEFT_ARG(task, uint32_t);
    uint32_t open;

    weft_event_set(&at_the_gate);
    while ((open = weft_load_u32(&gate_open, WEFT_ACQUIRE)) != number)
        (void)weft_wait(&gate_open, open, WEFT_FOREVER);
    return 0;
}

bool has_chains(void)
{
    for (int i = 0; i < NODES; i++)
        if ((nodes[i].kind == THEN || nodes[i].kind == OTHERWISE) && !is_done(i))
            return true;
    return false;
}

void shut_gate(void)
{
    gates++;
    weft_event_clear(&at_the_gate);
    REQUIRE_EQUAL(weft_submit(pool, NULL, wait_at_the_gate, &gates, sizeof(gates)), 0);
    REQUIRE_EQUAL(weft_event_wait(&at_the_gate, weft_in(WEFT_S(20))), 0);
}

void open_gate(void)
{
    weft_store_u32(&gate_open, gates, WEFT_RELEASE);
    weft_wake(&gate_open, WEFT_WAKE_ALL);
}

void rest(void)
{
    shut_gate();
    open_gate();
}

/* ---- functions in the pool --------------------------------------------------- */

/* What follow() makes of its argument: the same bytes, each one more; or a failure. */
static int followed(const uint8_t *bytes, size_t size, uint8_t *result)
{
    for (size_t i = 0; i < size; i++)
        result[i] = (uint8_t)(bytes[i] + 1);
    return size > 0 && bytes[0] % 4 == 0 ? WEFT_EFAILED : 0;
}

int follow(weft_task *task)
{
    size_t size = weft_task_argument_size(task);
    uint8_t result[RESULT];
    int code = followed(weft_task_argument(task, size), size, result);

    if (code != 0)
        return weft_task_fail(task, code, "nothing follows from that");
    return weft_task_return(task, result, size);
}

static int recovered(int failure)
{
    return failure == WEFT_ELOST ? WEFT_EPROTOCOL : 0;
}

int recover(weft_task *task)
{
    int failure = WEFT_ARG(task, weft_failure).code;
    int code = recovered(failure);

    if (code != 0)
        return weft_task_fail(task, code, "no recovery from that");
    return WEFT_RETURN(task, int, failure);
}

/* ---- what follows ------------------------------------------------------------ */

/* A copy of what the source ended with. */
static void pass_on(int i, const struct node *source)
{
    set_done(i, source->state, source->code, source->bytes, source->size);
}

static void settle_chain(int i)
{
    struct node *node = &nodes[i];
    const struct node *source = &nodes[node->members[0]];
    uint8_t result[RESULT];
    int code;

    if (!is_done(node->members[0]))
        return;
    if ((source->code != 0) != (node->kind == OTHERWISE)) {
        pass_on(i, source);
    } else if (node->kind == THEN) {
        code = followed(source->bytes, source->size, result);
        set_done(i, FINISHED, code, result, code == 0 ? source->size : 0);
    } else {
        code = recovered(source->code);
        set_done(i, FINISHED, code, &source->code, code == 0 ? sizeof(source->code) : 0);
    }
}

/* The operation in which a member was done, as the group sees it: those that were done when
 * it was made have no order. */
static unsigned when(const struct node *group, size_t k)
{
    const struct node *member = &nodes[group->members[k]];

    return member->done < group->created ? group->created : member->done;
}

/* How many members decide, when the first did, when the last was done. */
struct tally {
    size_t deciding, done;
    unsigned first, last;
};

static struct tally count_members(const struct node *group)
{
    struct tally tally = {0, 0, operation + 1, 0};

    for (size_t k = 0; k < group->count; k++) {
        if (!is_done(group->members[k]))
            continue;
        tally.done++;
        if (when(group, k) > tally.last)
            tally.last = when(group, k);
        if ((nodes[group->members[k]].code == 0) != (group->kind == ANY))
            continue;
        tally.deciding++;
        if (when(group, k) < tally.first)
            tally.first = when(group, k);
    }
    return tally;
}

/* Which member decides is not known here, if several are done in one operation: the group's
 * word is taken for it, and verified when all is known. */
static void settle_group(int i)
{
    struct node *group = &nodes[i];
    struct tally tally = count_members(group);
    size_t index = 0;
    bool has_index = group->kind == ANY && tally.deciding > 0;
    int code;

    if (tally.deciding == 0 && tally.done < group->count)
        return;
    code = weft_future_result(group->future, has_index ? &index : NULL,
                              has_index ? sizeof(index) : 0, weft_in(WEFT_S(20)));
    set_done(i, FINISHED, code, &index, has_index ? sizeof(index) : 0);
}

static bool is_right(const struct node *group, size_t k, const struct tally *tally)
{
    return is_done(group->members[k]) && nodes[group->members[k]].code == group->code &&
           when(group, k) == (tally->deciding > 0 ? tally->first : tally->last);
}

static void verify_group(const struct node *group)
{
    struct tally tally = count_members(group);
    bool right = group->kind == ALL && tally.deciding == 0 && group->code == 0;
    size_t index;

    if (group->kind == ANY && group->code == 0) {
        memcpy(&index, group->bytes, sizeof(index));
        REQUIRE(index < group->count && is_right(group, index, &tally));
        return;
    }
    for (size_t k = 0; k < group->count; k++)
        right = right || is_right(group, k, &tally);
    REQUIRE(right);
}

static bool is_group(const struct node *node)
{
    return node->kind == ALL || node->kind == ANY;
}

static void compare(const struct node *node)
{
    bool done = node->state == FINISHED || node->state == CANCELLED;
    uint8_t bytes[RESULT];

    if (!node->future)
        return;
    if (done)
        REQUIRE_EQUAL(weft_future_wait(&node->future, 1, WEFT_ALL_COMPLETED, weft_in(WEFT_S(20))),
                      0);
    REQUIRE_EQUAL(weft_future_done(node->future), done);
    REQUIRE_EQUAL(weft_future_running(node->future), node->state == RUNNING);
    REQUIRE_EQUAL(weft_future_size(node->future), done ? node->size : 0);
    REQUIRE_EQUAL(
        weft_future_result(node->future, bytes, done && node->code == 0 ? node->size : 1, WEFT_NOW),
        done ? node->code : WEFT_ETIMEDOUT);
    if (done && node->code == 0 && node->size > 0)
        REQUIRE(memcmp(bytes, node->bytes, node->size) == 0);
}

void settle(void)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < NODES; i++) {
            if (nodes[i].kind <= PROMISE || is_done(i))
                continue;
            if (is_group(&nodes[i]))
                settle_group(i);
            else
                settle_chain(i);
            changed = changed || is_done(i);
        }
    }
    for (int i = 0; i < NODES; i++) {
        if (is_group(&nodes[i]) && nodes[i].state == FINISHED && nodes[i].done == operation)
            verify_group(&nodes[i]);
        if (nodes[i].kind != FREE)
            compare(&nodes[i]);
    }
}
