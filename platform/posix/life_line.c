/* SPDX-License-Identifier: MIT */
/*
 * Our ends of life lines: those of children, and the guard's. A process that the program
 * forks off has copies of them, with which it would keep our children alive after our end;
 * so it drops them first of all, in the handler that fork() calls. Nothing there may take a
 * lock: each end has a bit here, set and cleared by whoever opens and closes it.
 */
#include "life_line.h"

#include <unistd.h>

#include "weft/atomic.h"

enum { BITS = 32, WORDS = 2048 }; /* no process of ours has more descriptors than that */

static weft_atomic_u32 held[WORDS]; /* relaxed: a fork in the middle of a start is too early */

void weft__life_line_hold(int end)
{
    if (end / BITS < WORDS)
        weft_fetch_or_u32(&held[end / BITS], 1u << end % BITS, WEFT_RELAXED);
}

void weft__life_line_drop(int end)
{
    if (end / BITS < WORDS)
        weft_fetch_and_u32(&held[end / BITS], ~(1u << end % BITS), WEFT_RELAXED);
    close(end);
}

void weft__life_lines_forked(void)
{
    for (int word = 0; word < WORDS; word++) {
        uint32_t ends = weft_load_u32(&held[word], WEFT_RELAXED);

        for (int bit = 0; bit < BITS && ends != 0; bit++, ends >>= 1)
            if (ends & 1)
                close(word * BITS + bit);
    }
}
