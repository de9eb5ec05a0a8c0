/* SPDX-License-Identifier: MIT */
/* Deadlines as the relative times that systems want: always rounded up. */
#include "internal.h"

int64_t weft__ms_until(weft_time until, int64_t most)
{
    weft_time left;

    if (until == WEFT_FOREVER)
        return most;
    left = until > 0 ? until - weft_clock() : 0;
    if (left <= 0)
        return 0;
    left = left / WEFT_MS(1) + (left % WEFT_MS(1) != 0);
    return left < most ? left : most;
}

weft_time weft__slice(weft_time until, weft_time slice)
{
    weft_time end = weft_in(slice);

    return until < end ? until : end;
}
