/* SPDX-License-Identifier: MIT */
/* POSIX has priorities of real-time threads only, and no affinity. */
#include "internal.h"
#include "seam.h"

int weft_seam_thread_priority(enum weft_priority priority)
{
    (void)priority;
    return weft__fail(WEFT_ENOTSUP, "thread priority: plain POSIX has none for ordinary threads");
}

int weft_seam_thread_affinity(const unsigned *cpus, size_t count)
{
    (void)count;
    return weft__fail(WEFT_ENOTSUP, "thread affinity: plain POSIX cannot choose CPU %u", cpus[0]);
}
