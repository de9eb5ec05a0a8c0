/* SPDX-License-Identifier: MIT */
/*
 * Futures that begin where others end.
 *
 * A link waits as the sequel of the source and holds the producer's reference of the
 * next future until a pool takes it, or the link itself ends the future. Whichever of
 * cancel, pool and link gets it out of PENDING first decides how it ends. The link needs
 * no more memory once it is made: only the pool's submit, and a copied result, do.
 */
#include <stdio.h>

#include "internal.h"
#include "pool.h"
#include "sequel.h"
#include "weft/memory.h"

struct link {
    struct weft__sequel sequel; /* first: of the source */
    weft_executor *executor;
    weft_function *function;
    weft_future *next;  /* the producer's reference */
    bool after_failure; /* weft_otherwise */
};

static void destroy(struct link *link)
{
    link->executor->kind->unpin(link->executor);
    weft_free(link);
}

/* The one place where a pool is given a future that exists already. Takes the producer's
 * reference on success. */
static int submit(struct link *link, const void *argument, size_t size)
{
    return link->executor->kind->submit_promise(link->executor, link->next, link->function,
                                                argument, size);
}

static int submit_failure(struct link *link, int code, const char *sentence)
{
    weft_failure failure = {.code = code};

    snprintf(failure.sentence, sizeof(failure.sentence), "%s", sentence);
    return submit(link, &failure, sizeof(failure));
}

static int submit_result(struct link *link, weft_future *done)
{
    size_t size;
    const void *result = weft__future_bytes(done, &size);

    return submit(link, result, size);
}

/* True: the pool has the next future now. False: it ends with the pool's refusal. */
static bool start(struct link *link, weft_future *done)
{
    char before[512]; /* whoever ended the source keeps its own last error */
    const char *sentence;
    int code = weft__future_error(done, &sentence), err;

    snprintf(before, sizeof(before), "%s", weft_last_error());
    err = code != 0 ? submit_failure(link, code, sentence) : submit_result(link, done);
    if (err == 0)
        return true;
    weft__sequel_finish(link->next, err, weft_last_error());
    weft__fail(err, "%s", before);
    return false;
}

/* The next future ends as the source has ended. */
static void pass_on(weft_future *next, weft_future *done)
{
    const char *sentence;
    const void *result;
    size_t size;
    int code = weft__future_error(done, &sentence);

    if (code == WEFT_ECANCELED && weft__future_withdraw(done)) { /* that is: it was cancelled */
        (void)weft__future_withdraw(next);
        return;
    }
    if (!weft__future_begin(next))
        return;
    result = weft__future_bytes(done, &size);
    if (code == 0 && size > 0) {
        code = weft__future_keep(next, result, size);
        sentence = weft_strerror(code);
    }
    weft__future_finish(next, code, sentence);
}

static void go_on(struct weft__sequel *sequel, weft_future *done)
{
    struct link *link = (struct link *)sequel;
    const char *sentence;
    bool taken = false;

    if (!weft_future_done(link->next)) { /* not cancelled meanwhile */
        (void)weft_fault_point("future_chain.go_on");
        if ((weft__future_error(done, &sentence) != 0) == link->after_failure)
            taken = start(link, done);
        else
            pass_on(link->next, done);
    }
    if (!taken) { /* it is done: were its source kept, a long chain would go link inside link */
        weft_future_release(weft__future_unfollow(link->next));
        weft_future_release(link->next);
    }
    destroy(link);
}

static int append(weft_executor *executor, weft_future **out, weft_future *future,
                  weft_function *function, bool after_failure)
{
    struct link *link;
    weft_future *next;
    int err;

    if (!function)
        return weft__misuse(WEFT_EINVAL, "future %p: no function to go on with", (void *)future);
    link = weft_alloc(sizeof(*link));
    next = link ? weft__future_create() : NULL;
    if (!next) {
        weft_free(link);
        return WEFT_ENOMEM;
    }
    *link = (struct link){.sequel = {.run = go_on},
                          .executor = executor,
                          .function = function,
                          .next = next,
                          .after_failure = after_failure};
    executor->kind->pin(executor); /* others may close it as soon as the source is done for them */
    weft__future_follow(next, future);
    err = weft__sequel_add(future, &link->sequel);
    if (err == 0) {
        *out = next;
        return 0;
    }
    (void)weft__future_withdraw(next); /* done: it follows nothing any more */
    weft_future_release(next);
    weft_future_release(next);
    destroy(link);
    return err;
}

int weft_then(weft_executor *executor, weft_future **next, weft_future *future,
              weft_function *function)
{
    return append(executor, next, future, function, false);
}

int weft_otherwise(weft_executor *executor, weft_future **next, weft_future *future,
                   weft_function *function)
{
    return append(executor, next, future, function, true);
}
