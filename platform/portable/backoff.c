/* SPDX-License-Identifier: MIT */
/*
 * Before sleeping: the CPU's pause a few times, each time twice as often, then the CPU to
 * others. In all about what falling asleep and being woken would cost. With one CPU the
 * other thread cannot come while this one spins: it goes to sleep at once.
 */
#include "internal.h"
#include "seam.h"
#include "weft/thread.h"
#include "weft/wait.h"

enum { PAUSES = 7, YIELDS = 10 };

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
    if (!has_several_cpus() || backoff->step == PAUSES + YIELDS)
        return false;
    if (backoff->step < PAUSES)
        for (unsigned i = 0; i < 1u << backoff->step; i++)
            weft_cpu_pause();
    else
        weft_seam_yield();
    backoff->step++;
    return true;
}

void weft__nap(void)
{
    static weft_atomic_u32 never;

    if (weft_wait(&never, 0, weft_in(WEFT_US(50))) != WEFT_ETIMEDOUT)
        weft_seam_yield();
}
