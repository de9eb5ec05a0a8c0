/* SPDX-License-Identifier: MIT */
/*
 * Wait and wake within the process: WaitOnAddress, which compares and falls asleep
 * in one step and wakes in the order of arrival.
 *
 * Windows counts in milliseconds of its own coarse clock and may be early, so the
 * wait is rounded up and weft_seam_clock() decides whether the time has come.
 */

#include <windows.h>

#include "weft/error.h"
#include "weft/wait.h"

#include "internal.h"
#include "seam.h"

/* One sleep at most: a day. Longer ones end early, and the caller sleeps again. */
enum { LONGEST_MS = 24 * 60 * 60 * 1000 };

int weft_seam_wait(weft_atomic_u32 *word, uint32_t seen, weft_time until)
{
    DWORD ms = (DWORD)weft__ms_until(until, LONGEST_MS);
    if (WaitOnAddress(word, &seen, sizeof(seen), ms))
        return 0;
    return weft_seam_clock() < until ? 0 : WEFT_ETIMEDOUT;
}

void weft_seam_wake(weft_atomic_u32 *word, int32_t count)
{
    if (count == WEFT_WAKE_ALL) {
        WakeByAddressAll(word);
        return;
    }
    for (int32_t i = 0; i < count; i++)
        WakeByAddressSingle(word);
}
