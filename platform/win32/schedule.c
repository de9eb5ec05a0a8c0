/* SPDX-License-Identifier: MIT */
/*
 * Priority and CPUs of the calling thread. A thread's mask has 64 bits, those of its
 * processor group: CPUs beyond are in other groups, where no mask reaches.
 */

#include <windows.h>

#include "weft/error.h"

#include "internal.h"
#include "seam.h"

enum { MASK_BITS = 8 * sizeof(DWORD_PTR) };

int weft_seam_thread_priority(enum weft_priority priority)
{
    int level = priority > WEFT_NORMAL   ? THREAD_PRIORITY_ABOVE_NORMAL
                : priority < WEFT_NORMAL ? THREAD_PRIORITY_BELOW_NORMAL
                                         : THREAD_PRIORITY_NORMAL;
    if (!SetThreadPriority(GetCurrentThread(), level))
        return weft__fail_system((long)GetLastError(), "thread priority %d", level);
    return 0;
}

int weft_seam_thread_affinity(const unsigned *cpus, size_t count)
{
    DWORD_PTR wanted = 0, process = 0, system = 0;
    for (size_t i = 0; i < count; i++) {
        if (cpus[i] >= MASK_BITS)
            return weft__fail(WEFT_EINVAL, "thread affinity: CPU %u is beyond the mask of %u",
                              cpus[i], (unsigned)MASK_BITS);
        wanted |= (DWORD_PTR)1 << cpus[i];
    }
    /* Windows refuses a mask with any bit that the process may not use; weft, with all. */
    if (GetProcessAffinityMask(GetCurrentProcess(), &process, &system))
        wanted &= process;
    if (wanted == 0)
        return weft__fail(WEFT_EINVAL, "thread affinity: none of %zu CPUs, among them %u, is there",
                          count, cpus[0]);
    if (SetThreadAffinityMask(GetCurrentThread(), wanted) == 0)
        return weft__fail_system((long)GetLastError(), "thread affinity: CPU %u", cpus[0]);
    return 0;
}
