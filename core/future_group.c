/* SPDX-License-Identifier: MIT */
/*
 * One future for several: all of them, or any.
 *
 * Each member's sequel counts it off; the first that decides, or else the last, ends the
 * group's future. A member that decides does so before it counts itself off, so the last
 * one finds the decision made.
 *
 * The members are kept for cancel and interrupt until the group is done, and for as long
 * as an interrupt passes over them: these are the group's `users`. An interrupt may
 * come when the group is just done and gone; so both the step from 1 user to 0, which comes
 * after the future is done, and the look whether it is done, are taken under `lock`.
 */
#include "future_block.h"
#include "internal.h"
#include "sequel.h"
#include "weft/memory.h"
#include "weft/mutex.h"

struct member {
    struct weft__sequel sequel; /* first */
    struct group *group;
    weft_future *future; /* a reference, while the group has users */
};

struct group {
    struct weft__sequel over;   /* first: of the group's own future */
    weft_future *future;        /* the producer's reference */
    bool any;                   /* set at creation, like count */
    unsigned users;             /* guarded by `lock` */
    weft_atomic_u64 references; /* members' sequels to come, and one while there are users */
    weft_atomic_u64 undone;     /* members that were not counted off */
    size_t count;
    struct member members[];
};

static weft_mutex lock = WEFT_MUTEX_INIT; /* guards `users` of all groups */

static void drop(struct group *group, size_t references)
{
    if (weft_fetch_sub_u64(&group->references, references, WEFT_ACQ_REL) > references)
        return;
    weft_future_release(group->future);
    weft_free(group);
}

static void leave(struct group *group)
{
    bool last;

    weft_mutex_acquire(&lock, WEFT_FOREVER);
    last = --group->users == 0;
    weft_mutex_release(&lock);
    if (!last)
        return;
    for (size_t i = 0; i < group->count; i++)
        weft_future_release(group->members[i].future);
    drop(group, 1);
}

/* One more user, unless the future is done: then the group may be gone. */
static bool enter(struct group *group, weft_future *future)
{
    bool done;

    (void)weft_fault_point("future_group.interrupt");
    weft_mutex_acquire(&lock, WEFT_FOREVER);
    done = weft_future_done(future);
    if (!done)
        group->users++;
    weft_mutex_release(&lock);
    return !done;
}

/* Such a member is ended by its own members. */
static bool is_group(const weft_future *future)
{
    return (weft_load_u32(&future->state, WEFT_RELAXED) & WEFT__HOOKED) != 0;
}

/* weft_future_interrupt() of the group: of each member, which then end it. */
static void interrupt(weft_future *future, void *context)
{
    struct group *group = context;

    if (!enter(group, future))
        return;
    (void)weft_fault_point("future_group.interrupting");
    /* First what has not begun: when those that run have ended there is room for it. */
    for (size_t i = 0; i < group->count; i++)
        if (!is_group(group->members[i].future))
            (void)weft__future_withdraw(group->members[i].future);
    for (size_t i = 0; i < group->count; i++)
        (void)weft_future_interrupt(group->members[i].future);
    leave(group);
}

bool weft__group_visit(weft_future *future, bool needed,
                       bool (*visit)(weft_future *member, void *context), void *context)
{
    struct group *group = future->use.context;
    bool found = false;

    if (!enter(group, future))
        return false;
    for (size_t i = 0; i < group->count && !found && !(needed && group->any); i++)
        if (!weft_future_done(group->members[i].future))
            found = visit(group->members[i].future, context);
    leave(group);
    return found;
}

/* The group is done. If by weft_future_cancel(), the members are cancelled too. */
static void end(struct weft__sequel *sequel, weft_future *done)
{
    struct group *group = (struct group *)sequel;

    if (weft__future_withdraw(done)) /* that is: it was cancelled; no member does that */
        for (size_t i = 0; i < group->count; i++)
            (void)weft__future_withdraw(group->members[i].future);
    leave(group);
}

static void conclude(struct member *member, int code, const char *sentence)
{
    struct group *group = member->group;
    size_t index = (size_t)(member - group->members);

    if (!weft__future_begin(group->future))
        return;
    if (group->any && code == 0) {
        code = weft__future_keep(group->future, &index, sizeof(index));
        sentence = weft_strerror(code);
    }
    weft__future_finish(group->future, code, sentence);
}

static void count_off(struct weft__sequel *sequel, weft_future *done)
{
    struct member *member = (struct member *)sequel;
    struct group *group = member->group;
    const char *sentence;
    int code = weft__future_error(done, &sentence);
    bool decides = (code == 0) == group->any;

    if (decides)
        conclude(member, code, sentence);
    (void)weft_fault_point("future_group.decided");
    if (weft_fetch_sub_u64(&group->undone, 1, WEFT_ACQ_REL) == 1 && !decides)
        conclude(member, code, sentence);
    drop(group, 1);
}

static struct group *create(weft_future *const *futures, size_t count, bool any)
{
    struct group *group = NULL;

    if (count <= (SIZE_MAX - sizeof(*group)) / sizeof(group->members[0]))
        group = weft_alloc(sizeof(*group) + count * sizeof(group->members[0]));
    if (!group)
        return NULL;
    group->future = weft__future_create();
    if (!group->future) {
        weft_free(group);
        return NULL;
    }
    group->over.run = end;
    group->any = any;
    group->users = 1;
    group->count = count;
    weft_store_u64(&group->references, count + 1, WEFT_RELAXED);
    weft_store_u64(&group->undone, count, WEFT_RELAXED);
    weft__future_on_interrupt(group->future, interrupt, group);
    for (size_t i = 0; i < count; i++) {
        weft__future_retain(futures[i]);
        group->members[i] = (struct member){{.run = count_off}, group, futures[i]};
    }
    return group;
}

/* The group hears of each member, and of itself. `added` counts the members. */
static int listen(struct group *group, size_t *added)
{
    for (; *added < group->count; ++*added) {
        struct member *member = &group->members[*added];
        int err = weft__sequel_add(member->future, &member->sequel);

        if (err != 0)
            return err;
    }
    if (group->count == 0)
        weft__sequel_finish(group->future, 0, NULL);
    return weft__sequel_add(group->future, &group->over);
}

static int combine(weft_future **out, weft_future *const *futures, size_t count, bool any)
{
    struct group *group = create(futures, count, any);
    weft_future *future = group ? group->future : NULL;
    size_t added = 0;
    int err;

    if (!group)
        return WEFT_ENOMEM;
    err = listen(group, &added);
    if (err == 0) {
        *out = future; /* the consumer's reference: the group itself may be gone */
        return 0;
    }
    (void)weft__future_withdraw(future); /* not `end`: the members are left alone */
    drop(group, count - added);
    leave(group);
    weft_future_release(future);
    return err;
}

int weft_future_all(weft_future **all, weft_future *const *futures, size_t count)
{
    return combine(all, futures, count, false);
}

int weft_future_any(weft_future **any, weft_future *const *futures, size_t count)
{
    if (count == 0)
        return weft__fail(WEFT_EINVAL, "futures: any of none");
    return combine(any, futures, count, true);
}
