/* SPDX-License-Identifier: MIT */
/*
 * Processes, from the parent's side; begin.c is the child's.
 *
 * A child of this program gets numbers in its first argument: the handles of the arena,
 * of an event that asks it to end, of this process, whose end it watches, and of what is
 * handed over. Windows has no signals, so ends by force are told apart from exits by
 * their exit codes: those of launch.h, and those of exceptions.
 */

#include <stdio.h>

#include "launch.h"

#include "weft/error.h"
#include "weft/memory.h"

#include "command.h"
#include "internal.h"
#include "seam.h"
#include "wide.h"

/* POSIX numbers, which <signal.h> does not have all of here. */
enum { INTERRUPTED = 2, ILLEGAL = 4, TRAPPED = 5, ABORTED = 6, BUS = 7, ARITHMETIC = 8 };
enum { KILLED = 9, SEGMENT = 11, TERMINATED = 15 };

/* ---- starting --------------------------------------------------------------------- */

/* This program's file in UTF-16 and UTF-8, both from weft_alloc(). */
static int own_path(wchar_t **path, char **name)
{
    enum { LONGEST = 32768 };
    *name = NULL;
    *path = weft_alloc(LONGEST * sizeof(wchar_t));
    if (*path == NULL)
        return WEFT_ENOMEM;
    DWORD length = GetModuleFileNameW(NULL, *path, LONGEST);
    if (length == 0 || length == LONGEST)
        return weft__fail_system((long)GetLastError(), "path of this program");
    *name = weft__utf8(*path);
    return *name != NULL ? 0 : WEFT_ENOMEM;
}

/* What every child of this program inherits, and the argument that tells it. */
static int share_with_child(weft__launch *launch, const weft_seam_arena *arena, HANDLE stop,
                            size_t handed, char *mark, size_t size)
{
    HANDLE section, asked, parent;
    int err = weft__launch_share(launch, (HANDLE)arena->handle, 0, &section);
    if (err == 0)
        err = weft__launch_share(launch, stop, SYNCHRONIZE, &asked);
    if (err == 0)
        err = weft__launch_share(launch, GetCurrentProcess(), SYNCHRONIZE, &parent);
    if (err != 0)
        return err;
    int length =
        snprintf(mark, size, WEFT__CHILD_MARK "%llx,%llx,%llx,%llx",
                 (unsigned long long)(uintptr_t)section, (unsigned long long)arena->size,
                 (unsigned long long)(uintptr_t)asked, (unsigned long long)(uintptr_t)parent);
    for (size_t i = 0; i < handed; i++)
        length += snprintf(mark + length, size - (size_t)length, ",%llx",
                           (unsigned long long)(uintptr_t)launch->handed[i]);
    return 0;
}

int weft_seam_process_start(weft_seam_process *process, const weft_seam_arena *arena,
                            const char *start, const weft_process_options *options,
                            uintptr_t ends[3])
{
    char mark[sizeof(WEFT__CHILD_MARK) + 17 * (WEFT__FIXED + WEFT__HANDED)];
    wchar_t *path = NULL;
    char *name = NULL;
    wchar_t *command = NULL;
    /* As its parent: an unseen console would be one more process to start for each. */
    weft__launch launch = {.without_console = DETACHED_PROCESS};
    HANDLE stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (stop == NULL)
        return weft__fail_system((long)GetLastError(), "event that ends a child process");
    int err = own_path(&path, &name);
    if (err == 0)
        err = weft__launch_prepare(&launch, options, false);
    if (err == 0)
        err = share_with_child(&launch, arena, stop, options->hand_over_count, mark, sizeof(mark));
    if (err == 0)
        err = weft__command_line((const char *const[]){name, mark, start, NULL}, &command);
    if (err == 0)
        err = weft__launch_run(&launch, path, command, name, process, ends);
    weft__launch_end(&launch);
    weft_free(command);
    weft_free(name);
    weft_free(path);
    if (err != 0) {
        CloseHandle(stop);
        return err;
    }
    process->stop = (uintptr_t)stop;
    process->ours = true;
    return 0;
}

int weft_seam_process_open(weft_seam_process *process, const char *const *arguments,
                           const weft_process_options *options, uintptr_t ends[3])
{
    wchar_t *path = NULL;
    wchar_t *command = NULL;
    /* Others may need a console; a new one of their own would be seen. */
    weft__launch launch = {.without_console = CREATE_NO_WINDOW};
    int err = weft__program_find(arguments[0], &path);
    if (err == 0)
        err = weft__command_line(arguments, &command);
    if (err == 0)
        err = weft__launch_prepare(&launch, options, true);
    if (err == 0)
        err = weft__launch_run(&launch, path, command, arguments[0], process, ends);
    weft__launch_end(&launch);
    weft_free(command);
    weft_free(path);
    return err;
}

/* ---- ending ------------------------------------------------------------------------ */

/* The POSIX signal for an exit code that is no exit, 0 for one that is. Ctrl-C does not
 * reach a group of its own: that ends by Ctrl-Break, which weft_seam_process_terminate()
 * sends. */
static int signal_of(DWORD code, bool group)
{
    static const struct {
        DWORD code;
        int signal;
    } table[] = {
        {STATUS_CONTROL_C_EXIT, INTERRUPTED},
        {EXCEPTION_ILLEGAL_INSTRUCTION, ILLEGAL},
        {EXCEPTION_PRIV_INSTRUCTION, ILLEGAL},
        {EXCEPTION_BREAKPOINT, TRAPPED},
        {0xC0000409u, ABORTED}, /* STATUS_STACK_BUFFER_OVERRUN: abort() of newer C libraries */
        {0xC0000374u, ABORTED}, /* STATUS_HEAP_CORRUPTION */
        {0xE06D7363u, ABORTED}, /* a C++ exception that nobody caught */
        {EXCEPTION_IN_PAGE_ERROR, BUS},
        {EXCEPTION_DATATYPE_MISALIGNMENT, BUS},
        {EXCEPTION_INT_DIVIDE_BY_ZERO, ARITHMETIC},
        {EXCEPTION_INT_OVERFLOW, ARITHMETIC},
        {EXCEPTION_FLT_DENORMAL_OPERAND, ARITHMETIC},
        {EXCEPTION_FLT_DIVIDE_BY_ZERO, ARITHMETIC},
        {EXCEPTION_FLT_INEXACT_RESULT, ARITHMETIC},
        {EXCEPTION_FLT_INVALID_OPERATION, ARITHMETIC},
        {EXCEPTION_FLT_OVERFLOW, ARITHMETIC},
        {EXCEPTION_FLT_STACK_CHECK, ARITHMETIC},
        {EXCEPTION_FLT_UNDERFLOW, ARITHMETIC},
        {EXCEPTION_ACCESS_VIOLATION, SEGMENT},
        {EXCEPTION_ARRAY_BOUNDS_EXCEEDED, SEGMENT},
        {EXCEPTION_GUARD_PAGE, SEGMENT},
        {EXCEPTION_STACK_OVERFLOW, SEGMENT},
    };
    if (code == STATUS_CONTROL_C_EXIT && group)
        return TERMINATED;
    if ((code & ~0xFFu) == WEFT__EXIT_SIGNAL)
        return (int)(code & 0xFFu);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].code == code)
            return table[i].signal;
    }
    return 0;
}

void weft_seam_process_wait(weft_seam_process *process, weft_process_status *status)
{
    DWORD code = 0;
    WaitForSingleObject((HANDLE)process->handle, INFINITE);
    GetExitCodeProcess((HANDLE)process->handle, &code);
    status->signal = signal_of(code, process->group);
    status->code = status->signal == 0 ? (int)code : 0;
}

static int end(weft_seam_process *process, int signal)
{
    HANDLE handle = (HANDLE)process->handle;
    if (TerminateProcess(handle, WEFT__EXIT_SIGNAL | (unsigned)signal))
        return 0;
    DWORD error = GetLastError();
    if (WaitForSingleObject(handle, 0) == WAIT_OBJECT_0)
        return 0; /* Windows denies access to what has ended */
    return weft__fail_system((long)error, "process %llu: signal %d",
                             (unsigned long long)process->pid, signal);
}

/* Whether Ctrl-Break can reach the process. To one without this console it would be sent
 * without an error, and without an effect. (Wine 8 sends none to any other process, and
 * says so: there the process is killed.) */
static bool shares_console(DWORD pid)
{
    enum { MOST = 512 }; /* with more of them on one console, it does not */
    DWORD pids[MOST];
    DWORD count = GetConsoleProcessList(pids, MOST);
    for (DWORD i = 0; i < count && count <= MOST; i++) {
        if (pids[i] == pid)
            return true;
    }
    return false;
}

int weft_seam_process_terminate(weft_seam_process *process)
{
    if (process->ours) {
        if (SetEvent((HANDLE)process->stop))
            return 0;
        return weft__fail_system((long)GetLastError(), "process %llu: the event that ends it",
                                 (unsigned long long)process->pid);
    }
    if (process->group && shares_console((DWORD)process->pid) &&
        GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, (DWORD)process->pid))
        return 0;
    return end(process, TERMINATED);
}

int weft_seam_process_kill(weft_seam_process *process)
{
    return end(process, KILLED);
}

int weft_seam_process_kill_tree(weft_seam_process *process)
{
    return weft__job_kill((HANDLE)process->life);
}

void weft_seam_process_close(weft_seam_process *process)
{
    CloseHandle((HANDLE)process->handle);
    if (process->ours)
        CloseHandle((HANDLE)process->stop);
    if (process->group)
        CloseHandle((HANDLE)process->life);
}

/* ---- this process ------------------------------------------------------------------- */

uint64_t weft_seam_process_pid(void)
{
    return GetCurrentProcessId();
}

void weft_seam_process_ignore_interrupt(void)
{
    SetConsoleCtrlHandler(NULL, TRUE);
}

void weft_seam_process_exit(int code)
{
    TerminateProcess(GetCurrentProcess(), (UINT)code);
}
