/* SPDX-License-Identifier: MIT */
/*
 * CreateProcess with a list of the handles to inherit, so that whatever else is
 * inheritable here (sockets, files of other libraries) stays out of the child.
 *
 * What a process starts goes into a job object of its own, which kills all in it when
 * its last handle closes; only this process has one, so they die with it, at once and
 * with everything that they started. A system may refuse the job (an outer one that
 * does not allow nesting): children of this program then still watch their parent.
 */

#include "launch.h"

#include "weft/atomic.h"
#include "weft/error.h"
#include "weft/memory.h"

#include "internal.h"

/* A HANDLE, made by the first launch, closed by the end of the process. */
static weft_atomic_pointer job;

/* NULL: the system refuses one. */
static HANDLE job_of_this_process(void)
{
    void *seen = weft_load_pointer(&job, WEFT_ACQUIRE);
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
    if (weft_cas_pointer(&job, &seen, made, WEFT_ACQ_REL))
        return made;
    CloseHandle(made); /* another thread was faster */
    return seen;
}

/* ---- what is inherited ------------------------------------------------------------ */

int weft__launch_share(weft__launch *launch, HANDLE handle, DWORD access, HANDLE *copy)
{
    HANDLE self = GetCurrentProcess();
    DWORD options = access == 0 ? DUPLICATE_SAME_ACCESS : 0;
    if (!DuplicateHandle(self, handle, self, copy, access, TRUE, options))
        return weft__fail_system((long)GetLastError(), "handle for a child process");
    launch->heirs[launch->count++] = *copy;
    return 0;
}

/* This process's own stream. What it does not have, the child does not have. */
static void share_own(weft__launch *launch, int stream)
{
    static const DWORD numbers[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    HANDLE own = GetStdHandle(numbers[stream]);
    HANDLE self = GetCurrentProcess();
    HANDLE copy = NULL;
    if (own == NULL || own == INVALID_HANDLE_VALUE)
        return;
    if (!DuplicateHandle(self, own, self, &copy, 0, TRUE, DUPLICATE_SAME_ACCESS))
        return; /* closed behind Windows' back */
    launch->heirs[launch->count++] = copy;
    launch->streams[stream] = copy;
}

static int share_nothing(weft__launch *launch, int stream)
{
    SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof(inheritable), .bInheritHandle = TRUE};
    HANDLE nothing =
        CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                    &inheritable, OPEN_EXISTING, 0, NULL);
    if (nothing == INVALID_HANDLE_VALUE)
        return weft__fail_system((long)GetLastError(), "device NUL for a child process");
    launch->heirs[launch->count++] = nothing;
    launch->streams[stream] = nothing;
    return 0;
}

static int share_as(weft__launch *launch, int stream, enum weft_stream how, HANDLE pipe)
{
    if (how == WEFT_STREAM_NOTHING)
        return share_nothing(launch, stream);
    if (how == WEFT_STREAM_PIPE)
        return weft__launch_share(launch, pipe, 0, &launch->streams[stream]);
    share_own(launch, stream);
    return 0;
}

static int make_pipe(HANDLE *reader, HANDLE *writer)
{
    enum { BYTES = 65536 };
    if (!CreatePipe(reader, writer, NULL, BYTES))
        return weft__fail_system((long)GetLastError(), "pipe to a child process");
    return 0;
}

int weft__launch_streams(weft__launch *launch, const weft_process_options *options, HANDLE *input,
                         HANDLE *output)
{
    HANDLE in = NULL; /* the child's ends, until it has its own copies */
    HANDLE out = NULL;
    int err = 0;
    *input = NULL;
    *output = NULL;
    if (options->input == WEFT_STREAM_PIPE)
        err = make_pipe(&in, input);
    if (err == 0 && (options->output == WEFT_STREAM_PIPE || options->errors == WEFT_STREAM_PIPE))
        err = make_pipe(output, &out);
    if (err == 0)
        err = share_as(launch, 0, options->input, in);
    if (err == 0)
        err = share_as(launch, 1, options->output, out);
    if (err == 0)
        err = share_as(launch, 2, options->errors, out);
    if (in != NULL)
        CloseHandle(in);
    if (out != NULL)
        CloseHandle(out);
    return err;
}

void weft__launch_end(weft__launch *launch)
{
    for (size_t i = 0; i < launch->count; i++)
        CloseHandle(launch->heirs[i]);
    launch->count = 0;
}

/* ---- running it ------------------------------------------------------------------- */

/* Without the list the child would inherit whatever is inheritable here. */
static bool list_heirs(LPPROC_THREAD_ATTRIBUTE_LIST list, weft__launch *launch)
{
    return launch->count == 0 ||
           UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, launch->heirs,
                                     launch->count * sizeof(HANDLE), NULL, NULL);
}

/* Windows 10 puts the process into a listed job before its first instruction. */
static bool list_job(LPPROC_THREAD_ATTRIBUTE_LIST list, HANDLE *into)
{
    return UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_JOB_LIST, into, sizeof(*into),
                                     NULL, NULL);
}

/* `into` NULL: in no job. */
static bool create(weft__launch *launch, const wchar_t *program, wchar_t *command, HANDLE into,
                   LPPROC_THREAD_ATTRIBUTE_LIST list, PROCESS_INFORMATION *started)
{
    STARTUPINFOEXW info = {.StartupInfo = {.cb = sizeof(info), .dwFlags = STARTF_USESTDHANDLES},
                           .lpAttributeList = list};
    info.StartupInfo.hStdInput = launch->streams[0];
    info.StartupInfo.hStdOutput = launch->streams[1];
    info.StartupInfo.hStdError = launch->streams[2];
    if (!list_heirs(list, launch))
        return false;
    bool by_hand = into != NULL && !list_job(list, &into);
    DWORD flags = EXTENDED_STARTUPINFO_PRESENT;
    if (by_hand)
        flags |= CREATE_SUSPENDED;
    if (GetConsoleCP() == 0) /* no console here: the child must not open one */
        flags |= CREATE_NO_WINDOW;
    if (!CreateProcessW(program, command, NULL, NULL, launch->count > 0, flags, NULL, NULL,
                        &info.StartupInfo, started))
        return false;
    if (by_hand) {
        AssignProcessToJobObject(into, started->hProcess);
        ResumeThread(started->hThread);
    }
    CloseHandle(started->hThread);
    return true;
}

/* create() with an attribute list of its own; what GetLastError() said, or 0. */
static DWORD try_create(weft__launch *launch, const wchar_t *program, wchar_t *command, HANDLE into,
                        PROCESS_INFORMATION *started)
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
        if (!create(launch, program, command, into, list, started))
            error = GetLastError();
        DeleteProcThreadAttributeList(list);
    }
    weft_free(list);
    return error;
}

int weft__launch_run(weft__launch *launch, const wchar_t *program, wchar_t *command,
                     const char *name, PROCESS_INFORMATION *started)
{
    HANDLE into = job_of_this_process();
    DWORD error = try_create(launch, program, command, into, started);
    /* Wine says this, once in some thousand starts, of a process that ended before its
     * first instruction: nothing has run, so trying again is safe. */
    for (int again = 0; again < 3 && error == ERROR_INTERNAL_ERROR; again++)
        error = try_create(launch, program, command, into, started);
    /* The job itself may be what was denied. */
    if (error == ERROR_ACCESS_DENIED && into != NULL)
        error = try_create(launch, program, command, NULL, started);
    if (error == 0)
        return 0;
    return weft__fail_system((long)error, "program %.120s", name);
}
