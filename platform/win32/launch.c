/* SPDX-License-Identifier: MIT */
/*
 * CreateProcess with what inherit.c, environment.c and job.c have put together.
 *
 * A system may refuse the job of this process (an outer one that does not allow nesting):
 * the child then starts without, and children of this program still watch their parent.
 * A group that was asked for is never left out.
 */

#include "launch.h"

#include "weft/error.h"
#include "weft/memory.h"

#include "internal.h"

int weft__launch_prepare(weft__launch *launch, const weft_process_options *options, bool tell)
{
    int err = options->group ? weft__job_create(&launch->group) : 0;
    if (err == 0 && options->folder != NULL)
        err = weft__folder(options->folder, &launch->folder);
    if (err == 0)
        err = weft__launch_streams(launch, options);
    if (err == 0)
        err = weft__launch_hand_over(launch, options);
    tell = tell && options->hand_over_count > 0;
    if (err == 0 && (tell || options->environment != NULL))
        err = weft__environment(options, tell ? launch->handed : NULL, &launch->environment);
    return err;
}

void weft__launch_end(weft__launch *launch)
{
    for (size_t i = 0; i < launch->count; i++)
        CloseHandle(launch->heirs[i]);
    for (int i = 0; i < 3; i++) {
        if (launch->ends[i] != NULL)
            CloseHandle(launch->ends[i]);
    }
    if (launch->group != NULL)
        CloseHandle(launch->group);
    weft_free(launch->folder);
    weft_free(launch->environment);
}

/* Without the list of handles the child would inherit whatever is inheritable here. */
static bool fill_list(LPPROC_THREAD_ATTRIBUTE_LIST list, weft__launch *launch, HANDLE *jobs,
                      size_t job_count)
{
    if (launch->count > 0 &&
        !UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, launch->heirs,
                                   launch->count * sizeof(HANDLE), NULL, NULL))
        return false;
    return job_count == 0 ||
           UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_JOB_LIST, jobs,
                                     job_count * sizeof(HANDLE), NULL, NULL);
}

static bool create(weft__launch *launch, const wchar_t *program, wchar_t *command,
                   LPPROC_THREAD_ATTRIBUTE_LIST list, PROCESS_INFORMATION *started)
{
    STARTUPINFOEXW info = {.StartupInfo = {.cb = sizeof(info), .dwFlags = STARTF_USESTDHANDLES},
                           .lpAttributeList = list};
    info.StartupInfo.hStdInput = launch->streams[0];
    info.StartupInfo.hStdOutput = launch->streams[1];
    info.StartupInfo.hStdError = launch->streams[2];
    DWORD flags = EXTENDED_STARTUPINFO_PRESENT | CREATE_UNICODE_ENVIRONMENT;
    if (GetConsoleCP() == 0)
        flags |= launch->without_console;
    if (launch->group != NULL) /* Ctrl-C reaches none of it */
        flags |= CREATE_NEW_PROCESS_GROUP;
    return CreateProcessW(program, command, NULL, NULL, launch->count > 0, flags,
                          launch->environment, launch->folder, &info.StartupInfo, started);
}

/* create() with an attribute list of its own; what GetLastError() said, or 0. */
static DWORD try_create(weft__launch *launch, const wchar_t *program, wchar_t *command,
                        HANDLE *jobs, size_t job_count, PROCESS_INFORMATION *started)
{
    DWORD error = 0;
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(NULL, 2, 0, &size);
    LPPROC_THREAD_ATTRIBUTE_LIST list = weft_alloc(size);
    if (list == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!InitializeProcThreadAttributeList(list, 2, 0, &size)) {
        error = GetLastError();
    } else {
        if (!fill_list(list, launch, jobs, job_count) ||
            !create(launch, program, command, list, started))
            error = GetLastError();
        DeleteProcThreadAttributeList(list);
    }
    weft_free(list);
    return error;
}

/* What the process now has is the caller's. */
static void hand_back(weft__launch *launch, const PROCESS_INFORMATION *started,
                      weft_seam_process *process, uintptr_t ends[3])
{
    CloseHandle(started->hThread);
    *process = (weft_seam_process){.pid = started->dwProcessId,
                                   .handle = (uintptr_t)started->hProcess,
                                   .group = launch->group != NULL,
                                   .life = (uintptr_t)launch->group};
    launch->group = NULL;
    for (int i = 0; i < 3; i++) {
        ends[i] = launch->ends[i] != NULL ? (uintptr_t)launch->ends[i] : UINTPTR_MAX;
        launch->ends[i] = NULL;
    }
}

int weft__launch_run(weft__launch *launch, const wchar_t *program, wchar_t *command,
                     const char *name, weft_seam_process *process, uintptr_t ends[3])
{
    PROCESS_INFORMATION started;
    HANDLE jobs[2]; /* the outer one first */
    size_t count = 0;
    HANDLE own = weft__job_of_this_process();
    if (own != NULL)
        jobs[count++] = own;
    if (launch->group != NULL)
        jobs[count++] = launch->group;

    DWORD error = try_create(launch, program, command, jobs, count, &started);
    /* Wine says this, once in some thousand starts, of a process that ended before its
     * first instruction: nothing has run, so trying again is safe. */
    for (int again = 0; again < 3 && error == ERROR_INTERNAL_ERROR; again++)
        error = try_create(launch, program, command, jobs, count, &started);
    /* The job itself may be what was denied. */
    if (error == ERROR_ACCESS_DENIED && own != NULL)
        error = try_create(launch, program, command, jobs + 1, count - 1, &started);
    if (error != 0)
        return weft__fail_system((long)error, "program %.120s", name);
    hand_back(launch, &started, process, ends);
    return 0;
}
