/* SPDX-License-Identifier: MIT */
/*
 * The monotonic clock: QueryPerformanceCounter, which no change of the wall clock
 * touches and which goes on while the machine sleeps.
 *
 * Seconds and the rest are scaled apart: ticks * 10^9 would overflow after some
 * minutes. The frequency is fixed at boot, so racing writers store the same value.
 */

#include <windows.h>

#include "weft/atomic.h"

#include "seam.h"

static weft_atomic_u64 frequency; /* ticks per second; 0: not asked yet; relaxed */

static uint64_t ticks_per_second(void)
{
    uint64_t ticks = weft_load_u64(&frequency, WEFT_RELAXED);
    if (ticks == 0) {
        LARGE_INTEGER asked;
        QueryPerformanceFrequency(&asked);
        ticks = (uint64_t)asked.QuadPart;
        weft_store_u64(&frequency, ticks, WEFT_RELAXED);
    }
    return ticks;
}

weft_time weft_seam_clock(void)
{
    LARGE_INTEGER counter;
    QueryPerformanceCounter(&counter);
    uint64_t ticks = (uint64_t)counter.QuadPart;
    uint64_t rate = ticks_per_second();
    uint64_t ns = ticks / rate * 1000000000u + ticks % rate * 1000000000u / rate;
    return (weft_time)ns + 1; /* also at the first tick after boot it is > 0 */
}
