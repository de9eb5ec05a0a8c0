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

/* ns as the system takes them; times that 32 bits of seconds do not hold come early. */
static inline struct timespec weft__timespec(weft_time ns)
{
    if (ns > WEFT_S(INT32_MAX))
        ns = WEFT_S(INT32_MAX);
    return (struct timespec){.tv_sec = (time_t)(ns / WEFT_S(1)), .tv_nsec = (long)(ns % WEFT_S(1))};
}

/* True: the kernel says that the time is over. NULL: there is none. This call takes words of the
 * kernel's, also on 32-bit systems whose C library has a time_t of 64 bits. */
static inline bool weft__futex_sleep(weft_atomic_u32 *word, int operation, uint32_t seen,
                                     const struct timespec *time)
{
    __kernel_long_t words[2] = {0, 0};

    if (time) {
        words[0] = (__kernel_long_t)time->tv_sec;
        words[1] = (__kernel_long_t)time->tv_nsec;
    }
    return syscall(SYS_futex, &word->value, operation, seen, time ? words : NULL, NULL,
                   FUTEX_BITSET_MATCH_ANY) == -1 &&
           errno == ETIMEDOUT;
}

#endif
