/* SPDX-License-Identifier: MIT */
#include <time.h>

#include "seam.h"

weft_time weft_seam_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    /* One more: the clock of a machine that has just begun is not WEFT_NOW. */
    return WEFT_S(now.tv_sec) + now.tv_nsec + 1;
}
