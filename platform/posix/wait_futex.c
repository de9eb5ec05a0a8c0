/* SPDX-License-Identifier: MIT */
#include "futex.h"
#include "seam.h"

int weft_seam_wait(weft_atomic_u32 *word, uint32_t seen, weft_time until)
{
    return weft__futex_wait(word, seen, until, WEFT__FUTEX_PRIVATE);
}

void weft_seam_wake(weft_atomic_u32 *word, int32_t count)
{
    weft__futex_wake(word, count, WEFT__FUTEX_PRIVATE);
}
