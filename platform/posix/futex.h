/* SPDX-License-Identifier: MIT */
#ifndef WEFT_POSIX_FUTEX_H
#define WEFT_POSIX_FUTEX_H

/* Linux futex(2), within a process and between processes. */

#include <stdint.h>

#include "weft/atomic.h"
#include "weft/time.h"

enum { WEFT__FUTEX_PRIVATE, WEFT__FUTEX_SHARED };

int weft__futex_wait(weft_atomic_u32 *word, uint32_t seen, weft_time until, int scope);
void weft__futex_wake(weft_atomic_u32 *word, int32_t count, int scope);

#endif
