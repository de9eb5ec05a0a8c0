/* SPDX-License-Identifier: MIT */
/*
 * Our ends of life lines: those of children, and the guard's. A process that the program
 * forks off has copies of them, with which it would keep our children alive after our end;
 * so it drops them first of all, in the handler that fork() calls. Nothing there may take a
 * lock: each end has a bit here, set and cleared by whoever opens and closes it.
 *
 * A program may close them together with all its other descriptors, and give their numbers
 * to other files, which are not ours to close. So each end also has here which pipe it is of.
 */
#include "life_line.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weft/atomic.h"

enum { BITS = 32, WORDS = 2048 }; /* no process of ours has more descriptors than that */

static weft_atomic_u32 held[WORDS]; /* relaxed: a fork in the middle of a start is too early */
static weft_atomic_u64 pipes[BITS * WORDS]; /* st_ino of the ends that are held; likewise */

void weft__life_line_hold(int end)
{
    struct stat now;

    if (end / BITS >= WORDS || fstat(end, &now) != 0)
        return;
    weft_store_u64(&pipes[end], (uint64_t)now.st_ino, WEFT_RELAXED);
    weft_fetch_or_u32(&held[end / BITS], 1u << end % BITS, WEFT_RELAXED);
}

static bool is_ours(int end)
{
    struct stat now;

    return fstat(end, &now) == 0 && S_ISFIFO(now.st_mode) &&
           (uint64_t)now.st_ino == weft_load_u64(&pipes[end], WEFT_RELAXED);
}

void weft__life_line_drop(int end)
{
    bool known = end / BITS < WORDS;

    if (known)
        weft_fetch_and_u32(&held[end / BITS], ~(1u << end % BITS), WEFT_RELAXED);
    if (!known || is_ours(end))
        close(end);
}

void weft__life_lines_forked(void)
{
    for (int word = 0; word < WORDS; word++) {
        uint32_t ends = weft_load_u32(&held[word], WEFT_RELAXED);

        for (int bit = 0; bit < BITS && ends != 0; bit++, ends >>= 1)
            if (ends & 1 && is_ours(word * BITS + bit))
                close(word * BITS + bit);
    }
}
