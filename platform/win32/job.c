/* SPDX-License-Identifier: MIT */
/*
 * Job objects: what a process has started, and they in turn, as one thing.
 *
 * What this process starts goes into one job, which kills all in it when its last handle
 * closes; only this process has one, so they die with it, at once and however it ends. A
 * child with a group of its own is in a second job too, nested in the first, by which it is
 * killed with all below it. That one kills nobody when it closes: what the child leaves
 * behind goes on until this process ends, as on POSIX.
 *
 * Windows 10 nests jobs, and puts a process into a list of them before its first
 * instruction. So does Wine 8, where all of this was tried: processes of processes are in
 * all jobs above them, TerminateJobObject() reaches them all with the exit code, and the
 * last handle of a process that was killed counts as closed.
 */

#include "launch.h"

#include "weft/atomic.h"
#include "weft/error.h"

#include "internal.h"

enum { KILLED = 9 };

/* A HANDLE, made by the first launch (set with release), closed by the end of the process. */
static weft_atomic_pointer own_job;

HANDLE weft__job_of_this_process(void)
{
    void *seen = weft_load_pointer(&own_job, WEFT_ACQUIRE);
    if (seen != NULL)
        return seen;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    HANDLE made = CreateJobObjectW(NULL, NULL);
    if (made == NULL)
        return NULL;
    if (!SetInformationJobObject(made, JobObjectExtendedLimitInformation, &limits,
                                 sizeof(limits))) {
        CloseHandle(made);
        return NULL;
    }
    if (weft_cas_pointer(&own_job, &seen, made, WEFT_ACQ_REL))
        return made;
    CloseHandle(made); /* another thread was faster */
    return seen;
}

int weft__job_create(HANDLE *job)
{
    *job = CreateJobObjectW(NULL, NULL);
    if (*job == NULL)
        return weft__fail_system((long)GetLastError(), "job for a group of processes");
    return 0;
}

int weft__job_kill(HANDLE job)
{
    if (TerminateJobObject(job, WEFT__EXIT_SIGNAL | KILLED))
        return 0;
    return weft__fail_system((long)GetLastError(), "group of processes: kill");
}
