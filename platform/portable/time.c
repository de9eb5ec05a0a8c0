/* SPDX-License-Identifier: MIT */
#include "weft/time.h"

#include "internal.h"
#include "park.h"
#include "seam.h"

weft_time weft_clock(void)
{
    return weft_seam_clock();
}

weft_time weft_in(weft_time duration)
{
    weft_time now = weft_seam_clock();

    if (duration <= 0)
        return now;
    return duration > WEFT_FOREVER - now ? WEFT_FOREVER : now + duration;
}

int weft_sleep(weft_time duration)
{
    weft_atomic_u32 nobody_wakes = {0};
    weft__sleeper sleeper = {
        .word = &nobody_wakes, .mask = 1, .flags = WEFT__CANCELLABLE, .what = "sleep"};
    weft_time until = weft_in(duration);
    int err = WEFT__AWAKE;

    if (duration <= 0)
        return 0;
    while (err == WEFT__AWAKE || err == WEFT__WOKEN)
        err = weft__park(&sleeper, until);
    if (err == WEFT_ECANCELED)
        return weft__fail(err, "sleep: cancelled before its %lld ns were over",
                          (long long)duration);
    return 0;
}
