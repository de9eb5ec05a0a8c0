/* SPDX-License-Identifier: MIT */
#ifndef WEFT_POSIX_FUTEX_H
#define WEFT_POSIX_FUTEX_H

/* Linux futex(2), which has no function in libc. */

#include <errno.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "weft/atomic.h"
#include "weft/time.h"

/* ns as the kernel takes them. */
static inline struct timespec weft__timespec(weft_time ns)
{
    return (struct timespec){.tv_sec = (time_t)(ns / WEFT_S(1)), .tv_nsec = (long)(ns % WEFT_S(1))};
}

/* True: the kernel says that the time is over. NULL: there is none. */
static inline bool weft__futex_sleep(weft_atomic_u32 *word, int operation, uint32_t seen,
                                     const struct timespec *time)
{
    return syscall(SYS_futex, &word->value, operation, seen, time, NULL, FUTEX_BITSET_MATCH_ANY) ==
               -1 &&
           errno == ETIMEDOUT;
}

#endif
