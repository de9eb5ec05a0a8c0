/* SPDX-License-Identifier: MIT */
/*
 * Waiting between processes, on Linux: a futex that is not private. The kernel keeps
 * the sleepers, so nothing in shared memory can be left half done. FUTEX_WAIT takes
 * the time that is left: SDL's clock, which a sdl2 build has, is not the kernel's.
 */
#include "futex.h"
#include "seam.h"
#include "weft/error.h"
#include "weft/fault.h"

int weft_seam_wait_shared(weft_atomic_u32 *word, uint32_t seen, weft_time until,
                          const weft_atomic_u32 *over)
{
    weft_time left = until == WEFT_FOREVER ? 0 : until - weft_seam_clock();
    struct timespec time = weft__timespec(left > 0 ? left : 0);
    bool late;

    if (over && weft_load_u32(over, WEFT_ACQUIRE) != 0)
        return 0;
    (void)weft_fault_point("wait_shared.sleeps");
    late = weft__futex_sleep(word, FUTEX_WAIT, seen, until == WEFT_FOREVER ? NULL : &time);
    return late && weft_seam_clock() >= until ? WEFT_ETIMEDOUT : 0;
}

void weft_seam_wake_shared(weft_atomic_u32 *word, int32_t count)
{
    syscall(SYS_futex, &word->value, FUTEX_WAKE, count, NULL, NULL, 0);
}
