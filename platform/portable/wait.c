/* SPDX-License-Identifier: MIT */
#include "weft/wait.h"

#include "internal.h"
#include "park.h"
#include "seam.h"
#include "weft/error.h"

int weft__wait_for(weft_atomic_u32 *word, uint32_t seen, weft_time until, const char *what,
                   const void *object, const weft_atomic_u32 *owner)
{
    weft__sleeper sleeper = {.word = word,
                             .mask = UINT32_MAX,
                             .expected = seen,
                             .flags = WEFT__CANCELLABLE | WEFT__LOOK,
                             .what = what,
                             .object = object,
                             .owner = owner};
    int err;

    if (weft_load_u32(word, WEFT_ACQUIRE) != seen)
        return 0;
    if (until <= WEFT_NOW)
        return WEFT_ETIMEDOUT;
    err = weft__park(&sleeper, until);
    return err == WEFT__AWAKE ? 0 : err;
}

int weft__wait(weft_atomic_u32 *word, uint32_t seen, weft_time until, const char *what,
               const void *object)
{
    return weft__wait_for(word, seen, until, what, object, NULL);
}

void weft__wait_while(weft_atomic_u32 *word, uint32_t seen, const char *what, const void *object)
{
    const weft_cancel *before = weft_cancel_enter(NULL);

    while (weft_load_u32(word, WEFT_ACQUIRE) == seen)
        weft__wait(word, seen, WEFT_FOREVER, what, object);
    weft_cancel_enter(before);
}

int weft__fail_wait(int err, const char *what, const void *object, const char *late)
{
    return weft__fail(err, "%s %p: %s", what, object,
                      err == WEFT_ECANCELED ? "its wait was cancelled" : late);
}

int weft_wait(weft_atomic_u32 *word, uint32_t seen, weft_time until)
{
    return weft__wait(word, seen, until, "word", word);
}

void weft_wake(weft_atomic_u32 *word, int32_t count)
{
    weft__unpark(word, count);
}
