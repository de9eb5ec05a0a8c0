/* SPDX-License-Identifier: MIT */
/* Sequels of futures, one after the other: see sequel.h. */
#include "sequel.h"

#include "internal.h"

struct list {
    struct weft__sequel *first, **last;
};

/* Of the calling thread, while it runs sequels. Each thread has its own. */
static WEFT_THREAD_LOCAL struct list *waiting;

static void set_off(weft_future *done, void *context)
{
    struct weft__sequel *sequel = context;
    struct list list = {sequel, &sequel->next};

    weft__future_retain(done); /* its owner lends it for this call alone */
    sequel->done = done;
    sequel->next = NULL;
    if (waiting) {
        *waiting->last = sequel;
        waiting->last = &sequel->next;
        return;
    }
    waiting = &list;
    while ((sequel = list.first)) {
        list.first = sequel->next;
        if (!list.first)
            list.last = &list.first;
        done = sequel->done;
        (void)weft_fault_point("sequel.run");
        sequel->run(sequel, done);
        weft_future_release(done);
    }
    waiting = NULL;
}

int weft__sequel_add(weft_future *future, struct weft__sequel *sequel)
{
    return weft_future_on_done(future, set_off, sequel);
}

void weft__sequel_finish(weft_future *future, int code, const char *sentence)
{
    if (weft__future_begin(future))
        weft__future_finish(future, code, sentence);
}
