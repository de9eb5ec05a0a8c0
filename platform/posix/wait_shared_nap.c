/* SPDX-License-Identifier: MIT */
/*
 * Waiting between processes where the system has nothing for it that survives the
 * death of a process: naps that grow from 50 us to 2 ms, with a look at the words
 * after each. No state is shared but the word itself, so no process can damage it;
 * a waiter costs a few hundred wake-ups per second.
 */
#include <time.h>

#include "seam.h"
#include "weft/error.h"

#define SHORTEST_NAP WEFT_US(50)
#define LONGEST_NAP WEFT_MS(2)

int weft_seam_wait_shared(weft_atomic_u32 *word, uint32_t seen, weft_time until,
                          const weft_atomic_u32 *over)
{
    weft_time nap = SHORTEST_NAP;

    while (weft_load_u32(word, WEFT_ACQUIRE) == seen &&
           !(over && weft_load_u32(over, WEFT_ACQUIRE) != 0)) {
        weft_time left = until == WEFT_FOREVER ? nap : until - weft_seam_clock();
        weft_time now = left < nap ? left : nap;

        if (left <= 0)
            return WEFT_ETIMEDOUT;
        struct timespec pause = {.tv_sec = 0, .tv_nsec = (long)now};
        nanosleep(&pause, NULL);
        nap = nap < LONGEST_NAP / 2 ? nap * 2 : LONGEST_NAP;
    }
    return 0;
}

void weft_seam_wake_shared(weft_atomic_u32 *word, int32_t count)
{
    (void)word; /* sleepers look by themselves */
    (void)count;
}
