/* SPDX-License-Identifier: MIT */
/* macOS: the kernel's table of processes has their state and when they began. */
#include <errno.h>
#include <signal.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "life.h"

/* False: there is no such process, or it cannot be asked about. */
static bool look(pid_t pid, struct kinfo_proc *info)
{
    int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)pid};
    size_t size = sizeof(*info);

    return sysctl(name, 4, info, &size, NULL, 0) == 0 && size == sizeof(*info);
}

/* In units of 1/1024 s, about. */
static uint32_t birth_in(const struct kinfo_proc *info)
{
    return (uint32_t)info->kp_proc.p_starttime.tv_sec << 10 |
           (uint32_t)info->kp_proc.p_starttime.tv_usec >> 10;
}

uint32_t weft__birth(void)
{
    struct kinfo_proc info;

    return look(getpid(), &info) ? birth_in(&info) : 0;
}

bool weft__lives(pid_t pid, uint32_t birth)
{
    struct kinfo_proc info;

    if (look(pid, &info))
        return info.kp_proc.p_stat != SZOMB && (birth == 0 || birth_in(&info) == birth);
    return kill(pid, 0) == 0 || errno != ESRCH;
}
