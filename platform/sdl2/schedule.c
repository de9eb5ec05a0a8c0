/* SPDX-License-Identifier: MIT */
/* SDL sets priorities, without saying why it could not; of CPUs it knows the number only. */
#define SDL_MAIN_HANDLED

#include <SDL.h>

#include "internal.h"
#include "seam.h"

int weft_seam_thread_priority(enum weft_priority priority)
{
    SDL_ThreadPriority level = priority > WEFT_NORMAL   ? SDL_THREAD_PRIORITY_HIGH
                               : priority < WEFT_NORMAL ? SDL_THREAD_PRIORITY_LOW
                                                        : SDL_THREAD_PRIORITY_NORMAL;

    if (SDL_SetThreadPriority(level) != 0)
        return weft__fail(WEFT_EPERM, "thread priority: SDL refuses: %s", SDL_GetError());
    return 0;
}

int weft_seam_thread_affinity(const unsigned *cpus, size_t count)
{
    (void)count;
    return weft__fail(WEFT_ENOTSUP, "thread affinity: SDL cannot choose CPU %u", cpus[0]);
}
