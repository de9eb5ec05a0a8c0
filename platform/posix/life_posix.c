/* SPDX-License-Identifier: MIT */
/*
 * Plain POSIX: who may be asked for. A child says by waitid() whether it has ended, also
 * before anybody collects it; a parent that has not changed lives. Of all others nothing is
 * known, since a number stays in use until its process is collected: their record lock
 * decides, and one that closed all its descriptors counts as dead for them.
 */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "life.h"

uint32_t weft__birth(void)
{
    return 0;
}

bool weft__lives(pid_t pid, uint32_t birth)
{
    siginfo_t info;

    (void)birth;
    memset(&info, 0, sizeof(info));
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
        return info.si_pid != pid;
    return pid == getppid();
}
