/* SPDX-License-Identifier: MIT */
/*
 * Waiting for the first of several things: one sleep in the queues of all their words.
 *
 * Each object says which word it changes when it gets ready, and what the word holds as
 * long as it is not. The sleep begins only if all of them still hold that (park.c), so
 * nothing that happens between asking and sleeping is missed. As an observer it uses up
 * no wake-up: who waits for the same object to take something from it is woken too.
 */
#include "weft/wait_any.h"

#include "internal.h"
#include "park.h"
#include "weft/memory.h"

enum { FEW = 16 }; /* that many need no memory */

static void end_all(const weft_waitable *objects, size_t count)
{
    for (size_t i = 0; i < count; i++)
        objects[i].poll(objects[i].object, WEFT_POLL_END, NULL, NULL);
}

static int begin_all(const weft_waitable *objects, size_t count)
{
    uint32_t err = 0;

    for (size_t i = 0; i < count; i++)
        if (objects[i].poll(objects[i].object, WEFT_POLL_BEGIN, NULL, &err)) {
            end_all(objects, i);
            return (int)err;
        }
    return 0;
}

/* Whether one is ready; if not, `sleepers` are what to sleep on. */
static bool ask_all(const weft_waitable *objects, weft__sleeper *sleepers, size_t count,
                    size_t *index)
{
    for (size_t i = 0; i < count; i++) {
        void *object = objects[i].object;

        sleepers[i] = (weft__sleeper){.mask = UINT32_MAX,
                                      .flags = WEFT__CANCELLABLE | WEFT__OBSERVER | WEFT__LOOK,
                                      .what = "any of several",
                                      .object = object};
        if (objects[i].poll(object, WEFT_POLL_ASK, &sleepers[i].word, &sleepers[i].expected)) {
            *index = i;
            return true;
        }
    }
    return false;
}

static int wait(const weft_waitable *objects, weft__sleeper *sleepers, size_t count, size_t *index,
                weft_time until)
{
    int err = begin_all(objects, count);
    bool ready;

    if (err != 0)
        return err;
    ready = ask_all(objects, sleepers, count, index);
    while (!ready && err != WEFT_ETIMEDOUT && err != WEFT_ECANCELED) {
        err = until <= WEFT_NOW ? WEFT_ETIMEDOUT : weft__park_any(sleepers, count, until);
        ready = ask_all(objects, sleepers, count, index);
    }
    end_all(objects, count);
    return ready ? 0 : err; /* what is ready beats deadline and cancel */
}

int weft_wait_any(const weft_waitable *objects, size_t count, size_t *index, weft_time until)
{
    weft__sleeper few[FEW], *sleepers = few;
    int err;

    if (count == 0)
        return weft__fail(WEFT_EINVAL, "wait for any: of no objects");
    if (count > FEW && count <= SIZE_MAX / sizeof(*sleepers))
        sleepers = weft_alloc(count * sizeof(*sleepers));
    if (!sleepers || count > SIZE_MAX / sizeof(*sleepers))
        return weft__fail(WEFT_ENOMEM, "wait for any: no memory for %zu objects", count);
    err = wait(objects, sleepers, count, index, until);
    if (sleepers != few)
        weft_free(sleepers);
    if (err == WEFT_ETIMEDOUT)
        return weft__fail(err, "wait for any: none of %zu objects was ready until the deadline",
                          count);
    if (err == WEFT_ECANCELED)
        return weft__fail(err, "wait for any: cancelled, and none of %zu objects was ready", count);
    return err;
}
