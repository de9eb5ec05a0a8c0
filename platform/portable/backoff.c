/* SPDX-License-Identifier: MIT */
/*
 * How long to look again before sleeping. Waking a sleeper on an idle CPU takes tens of
 * microseconds, for it and for the waker; what comes sooner is better waited for awake.
 * With one CPU nothing comes while one looks: then only yields make sense, and few.
 */
#include "internal.h"
#include "seam.h"
#include "weft/thread.h"

enum { PAUSING = 6, YIELDING = 24 }; /* rounds of 1, 2, 4, ... pauses, then rounds of yields */

/* weft_cpu_count(), asked once; 0: not yet. Relaxed: any thread finds the same. */
static weft_atomic_u32 cpus;

static bool is_alone(void)
{
    uint32_t count = weft_load_u32(&cpus, WEFT_RELAXED);

    if (count == 0) {
        count = weft_cpu_count();
        weft_store_u32(&cpus, count, WEFT_RELAXED);
    }
    return count == 1;
}

bool weft__backoff(unsigned *round)
{
    if (*round == 0 && is_alone())
        *round = PAUSING + YIELDING - 2;
    if (*round >= PAUSING + YIELDING) {
        *round = 0;
        return false;
    }
    if (*round < PAUSING)
        for (unsigned i = 0; i < 1u << *round; i++)
            weft_cpu_pause();
    else
        weft_seam_yield();
    ++*round;
    return true;
}
