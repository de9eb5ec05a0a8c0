/* SPDX-License-Identifier: MIT */
/*
 * How many CPUs this process may use: its affinity mask, and the share that a job
 * object (a container, a scheduler) allows at most.
 */

#include <windows.h>

#include "seam.h"

static unsigned bits(DWORD_PTR mask)
{
    unsigned count = 0;
    for (; mask != 0; mask &= mask - 1)
        count++;
    return count;
}

/* Hundredths of a percent of the whole machine; 10000: no limit. */
static unsigned job_share(void)
{
    JOBOBJECT_CPU_RATE_CONTROL_INFORMATION rate;
    if (!QueryInformationJobObject(NULL, JobObjectCpuRateControlInformation, &rate, sizeof(rate),
                                   NULL))
        return 10000;
    DWORD needed = JOB_OBJECT_CPU_RATE_CONTROL_ENABLE | JOB_OBJECT_CPU_RATE_CONTROL_HARD_CAP;
    if ((rate.ControlFlags & needed) != needed || rate.CpuRate == 0 || rate.CpuRate > 10000)
        return 10000;
    return rate.CpuRate;
}

unsigned weft_seam_cpu_count(void)
{
    unsigned machine = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
    DWORD_PTR process = 0;
    DWORD_PTR system = 0;
    unsigned allowed = machine;
    /* A process whose threads are in several processor groups has no mask: it reads 0. */
    if (GetProcessAffinityMask(GetCurrentProcess(), &process, &system) && process != 0)
        allowed = bits(process);

    unsigned paid = (unsigned)(((uint64_t)machine * job_share() + 9999) / 10000);
    if (allowed > paid)
        allowed = paid;
    return allowed > 0 ? allowed : 1;
}
