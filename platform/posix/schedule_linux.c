/* SPDX-License-Identifier: MIT */
/*
 * Linux gives each thread a nice value of its own, which POSIX has for processes only.
 * Who may not raise priorities may not go back from low to normal either.
 */
#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"
#include "seam.h"

enum { NICE_STEP = 5 };

int weft_seam_thread_priority(enum weft_priority priority)
{
    int nice_value = priority > WEFT_NORMAL ? -NICE_STEP : priority < WEFT_NORMAL ? NICE_STEP : 0;
    long self = syscall(SYS_gettid);

    if (setpriority(PRIO_PROCESS, (id_t)self, nice_value) != 0)
        return weft__fail_system(errno, "thread %ld: nice value %d refused", self, nice_value);
    return 0;
}

int weft_seam_thread_affinity(const unsigned *cpus, size_t count)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    for (size_t i = 0; i < count; i++)
        CPU_SET(cpus[i], &set);
    if (sched_setaffinity(0, sizeof(set), &set) != 0)
        return weft__fail_system(errno, "thread affinity: CPU %u and %zu others refused", cpus[0],
                                 count - 1);
    return 0;
}
