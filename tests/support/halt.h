/* SPDX-License-Identifier: MIT */
#ifndef WEFT_TESTS_HALT_H
#define WEFT_TESTS_HALT_H

/* Stopping a process, or a thread, in the middle of a call: at a fault point. */

#include <stdbool.h>
#include <stdint.h>

#include "weft/atomic.h"
#include "weft/shared.h"

/* From now on the n-th passage of the point (1: the next one) by any thread of the calling
 * process releases `told` and does not come back: the process waits to be killed. */
void halt_at(const char *point, uint32_t n, weft_shared_semaphore told);

/* From now on threads of the calling process stay at the point until so many have come
 * there, and go on together; later ones pass. NULL: none stays. */
void meet_at(const char *point, uint32_t count);

/* How many have come to the point of meet_at(). */
uint32_t met(void);

/* For eventually(): somebody has. The context is NULL. */
bool somebody_met(void *context);

#endif
