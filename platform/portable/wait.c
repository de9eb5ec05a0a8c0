/* SPDX-License-Identifier: MIT */
#include "weft/wait.h"

#include "internal.h"
#include "seam.h"
#include "weft/error.h"

static bool has_passed(weft_time until)
{
    return until <= 0 || (until != WEFT_FOREVER && until <= weft_seam_clock());
}

int weft_wait(weft_atomic_u32 *word, uint32_t seen, weft_time until)
{
    if (weft_load_u32(word, WEFT_ACQUIRE) != seen)
        return 0;
    if (has_passed(until))
        return WEFT_ETIMEDOUT;
    return weft_seam_wait(word, seen, until);
}

void weft_wake(weft_atomic_u32 *word, int32_t count)
{
    weft_seam_wake(word, count);
}

int weft_wait_shared(weft_atomic_u32 *word, uint32_t seen, weft_time until)
{
    if (weft_load_u32(word, WEFT_ACQUIRE) != seen)
        return 0;
    if (has_passed(until))
        return WEFT_ETIMEDOUT;
    return weft_seam_wait_shared(word, seen, until);
}

void weft_wake_shared(weft_atomic_u32 *word, int32_t count)
{
    weft_seam_wake_shared(word, count);
}

void weft__ring_bell(weft_atomic_u32 *bell)
{
    weft_fetch_add_u32(bell, 1, WEFT_RELEASE);
    weft_seam_wake_shared(bell, WEFT_WAKE_ALL);
}
