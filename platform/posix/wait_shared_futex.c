/* SPDX-License-Identifier: MIT */
/*
 * Waiting between processes, on Linux: a futex that is not private. The kernel keeps
 * the sleepers, so nothing in shared memory can be left half done.
 */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "futex.h"
#include "seam.h"
#include "weft/error.h"

static int operation(int base, int scope)
{
    return scope == WEFT__FUTEX_PRIVATE ? base | FUTEX_PRIVATE_FLAG : base;
}

int weft__futex_wait(weft_atomic_u32 *word, uint32_t seen, weft_time until, int scope)
{
    /* WAIT_BITSET takes an absolute time of the monotonic clock; weft's is one ahead. */
    struct timespec end = {.tv_sec = (time_t)((until - 1) / WEFT_S(1)),
                           .tv_nsec = (long)((until - 1) % WEFT_S(1))};
    long result = syscall(SYS_futex, &word->value, operation(FUTEX_WAIT_BITSET, scope), seen,
                          until == WEFT_FOREVER ? NULL : &end, NULL, FUTEX_BITSET_MATCH_ANY);

    return result == -1 && errno == ETIMEDOUT ? WEFT_ETIMEDOUT : 0;
}

void weft__futex_wake(weft_atomic_u32 *word, int32_t count, int scope)
{
    syscall(SYS_futex, &word->value, operation(FUTEX_WAKE, scope), count, NULL, NULL, 0);
}

int weft_seam_wait_shared(weft_atomic_u32 *word, uint32_t seen, weft_time until)
{
    return weft__futex_wait(word, seen, until, WEFT__FUTEX_SHARED);
}

void weft_seam_wake_shared(weft_atomic_u32 *word, int32_t count)
{
    weft__futex_wake(word, count, WEFT__FUTEX_SHARED);
}
