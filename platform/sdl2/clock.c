/* SPDX-License-Identifier: MIT */
/*
 * The clock of SDL's performance counter.
 *
 * The first call of the counter sets SDL's timer up, which SDL does without a lock:
 * a second thread could meet a timer that is half set up and read the wall clock. So
 * the first call is made here, by one thread; `frequency` (release, acquire) tells
 * the others that it has been.
 */
#define SDL_MAIN_HANDLED

#include <SDL.h>

#include "seam.h"

static weft_atomic_u64 frequency; /* counts per second; 0: not asked yet */

static uint64_t ask_frequency(void)
{
    static SDL_SpinLock asking;
    uint64_t counts;

    /* Not a lock of weft: a thread that sleeps on one asks the clock. */
    SDL_AtomicLock(&asking);
    counts = SDL_GetPerformanceFrequency();
    weft_store_u64(&frequency, counts, WEFT_RELEASE);
    SDL_AtomicUnlock(&asking);
    return counts;
}

weft_time weft_seam_clock(void)
{
    uint64_t counts = weft_load_u64(&frequency, WEFT_ACQUIRE);
    uint64_t now;

    if (counts == 0)
        counts = ask_frequency();
    now = SDL_GetPerformanceCounter();
    /* Whole seconds apart: the product of all counts and 10^9 has no room in 64 bits. One
     * more: the clock of a machine that has just begun is not WEFT_NOW. */
    return WEFT_S(now / counts) + (weft_time)(now % counts * 1000000000u / counts) + 1;
}
