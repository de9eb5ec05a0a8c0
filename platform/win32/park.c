/* SPDX-License-Identifier: MIT */
/*
 * The parking lot's locks and places to sleep: slim reader-writer locks, and
 * WaitOnAddress, which compares and falls asleep in one step. A place is the address.
 *
 * Windows counts in milliseconds of its own coarse clock and may be early, so the
 * wait is rounded up and weft_seam_clock() decides whether the time has come.
 */

#include <windows.h>

#include "weft/error.h"

#include "internal.h"
#include "seam.h"

/* One sleep at most: a day. Longer ones end early, and the caller sleeps again. */
enum { LONGEST_MS = 24 * 60 * 60 * 1000 };

/* Each on a cache line of its own. Zero is SRWLOCK_INIT. */
struct lot {
    _Alignas(64) SRWLOCK lock;
};

static struct lot lots[WEFT_SEAM_LOTS];

bool weft_seam_lot_enter(unsigned number)
{
    AcquireSRWLockExclusive(&lots[number].lock);
    return true;
}

void weft_seam_lot_leave(unsigned number)
{
    ReleaseSRWLockExclusive(&lots[number].lock);
}

void *weft_seam_place_take(weft_atomic_u32 *over)
{
    return over;
}

void weft_seam_place_return(void *place)
{
    (void)place;
}

int weft_seam_park(void *place, weft_atomic_u32 *over, weft_time until)
{
    uint32_t asleep = 0;
    DWORD ms = until == WEFT_FOREVER ? INFINITE : (DWORD)weft__ms_until(until, LONGEST_MS);
    (void)place;
    if (WaitOnAddress(over, &asleep, sizeof(asleep), ms))
        return 0;
    return weft_seam_clock() < until ? 0 : WEFT_ETIMEDOUT;
}

void weft_seam_unpark(void *place)
{
    WakeByAddressSingle(place);
}

void weft_seam_nap(void)
{
    Sleep(1);
}
