/* SPDX-License-Identifier: MIT */
#ifndef WEFT_POSIX_LIFE_H
#define WEFT_POSIX_LIFE_H

/* life_*.c: whether a process lives that holds no lock to prove it. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What tells this process apart from a later one of the same number; 0: not known. */
uint32_t weft__birth(void);

/* False once the process of that number and birth has ended; where the system tells no more
 * than that the number is in use, once it is not. */
bool weft__lives(pid_t pid, uint32_t birth);

#endif
