/* SPDX-License-Identifier: MIT */
/* Waiting for futures together: for the first failure, and among other things. */
#include "internal.h"
#include "promise_stub.h"

int weft__future_wait_first_failed(weft_future *const *futures, size_t count, weft_time until)
{
    weft_completion *completion;
    const char *sentence;
    size_t index;
    int err = weft_as_completed(&completion, futures, count);

    if (err != 0)
        return err;
    do
        err = weft_completion_next(completion, &index, until);
    while (err == 0 && weft__future_error(futures[index], &sentence) == 0);
    weft_completion_close(completion);
    return err == WEFT_ECLOSED ? 0 : err; /* closed: all are done */
}

static bool poll(void *object, enum weft_poll what, weft_atomic_u32 **word, uint32_t *seen)
{
    weft_future *future = object;

    if (what != WEFT_POLL_ASK)
        return false; /* the word is woken in any case */
    *word = weft__future_word(future);
    *seen =
        weft_load_u32(*word, WEFT_ACQUIRE); /* before the question: it changes with the answer */
    return weft_future_done(future);
}

weft_waitable weft_future_waitable(weft_future *future)
{
    return (weft_waitable){future, poll};
}
