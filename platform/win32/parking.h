/* SPDX-License-Identifier: MIT */
#ifndef WEFT_PARKING_H
#define WEFT_PARKING_H

/* What arena.c and wait_shared.c, whose parking lot fills the reserved start of the
 * arena, tell each other. */

#include <windows.h>

#include "seam.h"

/* Names the kernel objects of a new arena, whose reserved part is committed; before any
 * other process maps it. */
int weft__parking_make(const weft_seam_arena *arena);

/* From now on this process parks in the arena. */
int weft__parking_use(const weft_seam_arena *arena);

/* A handle of the marked process, to wait for its end; NULL: it is gone, or cannot be
 * opened. */
HANDLE weft__mark_open(uint64_t mark);

/* What weft_seam_process_alive() says of a mark. */
bool weft__mark_lives(uint64_t mark);

#endif
