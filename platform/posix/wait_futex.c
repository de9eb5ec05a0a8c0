/* SPDX-License-Identifier: MIT */
/*
 * Waiting within a process, on Linux: a private futex. FUTEX_WAIT_BITSET takes an
 * absolute time of CLOCK_MONOTONIC, which is weft's clock here, less the 1 ns by which
 * weft_seam_clock() is ahead.
 */
#include "futex.h"
#include "seam.h"
#include "weft/error.h"

int weft_seam_wait(weft_atomic_u32 *word, uint32_t seen, weft_time until)
{
    struct timespec end = weft__timespec(until - 1);
    bool late = weft__futex_sleep(word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, seen,
                                  until == WEFT_FOREVER ? NULL : &end);

    return late ? WEFT_ETIMEDOUT : 0;
}

void weft_seam_wake(weft_atomic_u32 *word, int32_t count)
{
    syscall(SYS_futex, &word->value, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, count, NULL, NULL, 0);
}
