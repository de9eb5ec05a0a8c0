/* SPDX-License-Identifier: MIT */
/*
 * Circles of waits within a pool of threads.
 *
 * From a future that runs the way goes to its worker, and on to what that one waits for;
 * from a future without a task to its source, or, if it needs all of its members, to each
 * of them. A future that stands in a list ends the way: somebody will run it.
 */
#include "circle.h"

#include <stdarg.h>
#include <stdio.h>

#include "promise.h"
#include "thread_pool.h"

enum { STEPS = 256 };

static void say(weft__circle *circle, const char *format, ...) WEFT_PRINTF(2, 3);

static void say(weft__circle *circle, const char *format, ...)
{
    size_t room = sizeof(circle->text) - circle->length;
    va_list arguments;
    int written;

    va_start(arguments, format);
    written = vsnprintf(circle->text + circle->length, room, format, arguments);
    va_end(arguments);
    if (written > 0)
        circle->length += (size_t)written < room ? (size_t)written : room - 1;
}

static struct weft__worker *worker_of(const struct weft__thread_pool *pool, uint32_t number)
{
    for (unsigned i = 0; i < pool->most && number != 0; i++)
        if (weft_load_u32(&pool->workers[i].number, WEFT_RELAXED) == number)
            return &pool->workers[i];
    return NULL;
}

/* Who runs the future, if it is a task of the worker's pool. */
static struct weft__worker *runner_of(const struct weft__worker *worker, const weft_future *future)
{
    uint32_t state = weft_load_u32(&future->state, WEFT_ACQUIRE);

    if (weft__future_stage(state) != WEFT__RUNNING || !(state & WEFT__TASK) ||
        future->executor != &worker->pool->base)
        return NULL;
    return worker_of(worker->pool, weft_load_u32(&future->use.runner, WEFT_ACQUIRE));
}

static bool leads_back(weft__circle *circle, weft_future *future);

static bool member_leads_back(weft_future *member, void *circle)
{
    return leads_back(circle, member);
}

/* On from a worker that is not the first one. */
static bool on_from(weft__circle *circle, const struct weft__worker *runner)
{
    if (!runner->waits_for)
        return false;
    say(circle, "; %s waits for future %p", runner->name, (void *)runner->waits_for);
    return leads_back(circle, runner->waits_for);
}

static bool step(weft__circle *circle, weft_future *future)
{
    struct weft__worker *runner = runner_of(circle->start, future);
    uint32_t state = weft_load_u32(&future->state, WEFT_ACQUIRE);
    weft_future *source;
    bool found;

    if (runner) {
        say(circle, ", run by %s", runner->name);
        return runner == circle->start || on_from(circle, runner);
    }
    if (weft__future_stage(state) != WEFT__PENDING || state & WEFT__TASK)
        return false;
    if (state & WEFT__HOOKED)
        return weft__group_visit(future, true, member_leads_back, circle);
    source = weft__future_source(future);
    if (!source)
        return false;
    say(circle, ", which needs future %p", (void *)source);
    found = leads_back(circle, source);
    weft_future_release(source);
    return found;
}

/* One step further; what was said of a way that leads nowhere is taken back. */
static bool leads_back(weft__circle *circle, weft_future *future)
{
    size_t length = circle->length;

    if (circle->steps++ < STEPS && step(circle, future))
        return true;
    circle->length = length;
    circle->text[length] = '\0';
    return false;
}

bool weft__circle_find(weft__circle *circle, const struct weft__worker *worker)
{
    circle->start = worker;
    circle->steps = 0;
    circle->length = 0;
    say(circle, "%s waits for future %p", worker->name, (void *)worker->waits_for);
    return leads_back(circle, worker->waits_for);
}
