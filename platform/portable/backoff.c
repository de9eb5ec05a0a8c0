/* SPDX-License-Identifier: MIT */
/*
 * Before sleeping: pauses, each time twice as many, then the CPU to others, in all for
 * about as long as falling asleep and being woken would take.
 *
 * With one CPU a pause brings nothing: the other thread runs only if this one lets it.
 * There, and where more threads than CPUs are busy, it is the yields that save sleeps; a
 * limit in time instead of their number was measured and lost a third of the items, since
 * one yield may well last longer than all of it. But a yield that lasts as long as a time slice
 * has met a thread that computes, and the next one would too: with four such threads on two
 * CPUs, forty yields take a second.
 */
#include "internal.h"
#include "seam.h"
#include "weft/thread.h"
#include "weft/wait.h"

enum {
    DOUBLINGS = 5, /* 31 pauses: half a microsecond or more */
    YIELDS = 40    /* some 15 us if nobody else is ready to run */
};

#define SLICE WEFT_MS(2) /* what a thread that computes may run at least */

static bool has_several_cpus(void)
{
    static weft_atomic_u32 count; /* 0: not asked yet */
    uint32_t seen = weft_load_u32(&count, WEFT_RELAXED);

    if (seen == 0) {
        seen = weft_cpu_count();
        weft_store_u32(&count, seen, WEFT_RELAXED);
    }
    return seen > 1;
}

bool weft__backoff(struct weft__backoff *backoff)
{
    weft_time before;

    if (backoff->doublings < DOUBLINGS && has_several_cpus()) {
        for (unsigned i = 0; i < 1u << backoff->doublings; i++)
            weft_cpu_pause();
        backoff->doublings++;
        return true;
    }
    if (backoff->yields == YIELDS)
        return false;
    before = weft_seam_clock();
    weft_seam_yield();
    backoff->yields = weft_seam_clock() - before < SLICE ? backoff->yields + 1 : YIELDS;
    return true;
}

void weft__nap(void)
{
    static weft_atomic_u32 never;

    if (weft_wait(&never, 0, weft_in(WEFT_US(50))) != WEFT_ETIMEDOUT)
        weft_seam_yield();
}
