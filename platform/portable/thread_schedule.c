/* SPDX-License-Identifier: MIT */
/* How the calling thread is scheduled, and on how many CPUs. */
#include "internal.h"
#include "seam.h"
#include "weft/thread.h"

enum { CPUS = 1024 };

int weft_thread_priority_set(enum weft_priority priority)
{
    return weft_seam_thread_priority(priority);
}

int weft_thread_affinity_set(const unsigned *cpus, size_t count)
{
    if (count == 0)
        return weft__fail(WEFT_EINVAL, "thread %s: no CPU to run on", weft_thread_current_name());
    for (size_t i = 0; i < count; i++)
        if (cpus[i] >= CPUS)
            return weft__fail(WEFT_EINVAL, "thread %s: there is no CPU %u",
                              weft_thread_current_name(), cpus[i]);
    return weft_seam_thread_affinity(cpus, count);
}

unsigned weft_cpu_count(void)
{
    return weft_seam_cpu_count();
}
